//! The messages of ONNX, as far as they are changed here.
//!
//! Names and numbers of the fields are those of the public `onnx.proto` (IR
//! version 12). What is never looked into (types, functions, training) is kept
//! as the bytes that it is, and so are fields that are not known here.

use super::wire::{Field, Message, Packed};
use crate::error::Result;

/// Structures of numbered fields, and how they are read and written.
macro_rules! messages {
    ($($(#[$about:meta])* pub struct $name:ident {
        $($(#[$doc:meta])* $number:literal => $field:ident: $type:ty,)*
    })*) => {$(
        $(#[$about])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub struct $name {
            $($(#[$doc])* pub $field: $type,)*
            /// Fields that are not known here, as the bytes that they are.
            pub unknown: Vec<u8>,
        }

        impl Message for $name {
            const NAME: &'static str = stringify!($name);

            fn take(&mut self, number: u64, field: Field<'_>, depth: usize) -> Result<bool> {
                match number {
                    $($number => field.into(&mut self.$field, depth)?,)*
                    _ => return Ok(false),
                }
                Ok(true)
            }

            fn unknown(&mut self) -> &mut Vec<u8> {
                &mut self.unknown
            }

            fn write(&self, out: &mut Vec<u8>) {
                $(super::wire::Value::put(&self.$field, $number, out);)*
                out.extend(&self.unknown);
            }
        }
    )*};
}

messages! {
    /// A whole model.
    pub struct ModelProto {
        /// The version of the format.
        1 => ir_version: Option<i64>,
        /// What wrote it.
        2 => producer_name: Option<String>,
        /// Its version.
        3 => producer_version: Option<String>,
        /// Whose model it is.
        4 => domain: Option<String>,
        /// The model's own version.
        5 => model_version: Option<i64>,
        /// A text about it.
        6 => doc_string: Option<String>,
        /// The graph.
        7 => graph: Option<GraphProto>,
        /// The sets of operators that it uses.
        8 => opset_import: Vec<OperatorSetIdProto>,
        /// Names and values.
        14 => metadata_props: Vec<StringStringEntryProto>,
        /// Kept as it is.
        20 => training_info: Vec<Vec<u8>>,
        /// Kept as they are.
        25 => functions: Vec<Vec<u8>>,
        /// Kept as it is.
        26 => configuration: Vec<Vec<u8>>,
    }

    /// A set of operators and its version.
    pub struct OperatorSetIdProto {
        /// Whose it is; empty for ONNX's own.
        1 => domain: Option<String>,
        /// Its version.
        2 => version: Option<i64>,
    }

    /// A name and a value.
    pub struct StringStringEntryProto {
        /// The name.
        1 => key: Option<String>,
        /// The value.
        2 => value: Option<String>,
    }

    /// A graph: nodes in an order in which they can run.
    pub struct GraphProto {
        /// The nodes.
        1 => node: Vec<NodeProto>,
        /// Its name.
        2 => name: Option<String>,
        /// The weights.
        5 => initializer: Vec<TensorProto>,
        /// A text about it.
        10 => doc_string: Option<String>,
        /// The inputs; in old files the weights are among them.
        11 => input: Vec<ValueInfoProto>,
        /// The outputs.
        12 => output: Vec<ValueInfoProto>,
        /// Types of what lies between.
        13 => value_info: Vec<ValueInfoProto>,
        /// Kept as they are.
        14 => quantization_annotation: Vec<Vec<u8>>,
        /// Kept as they are.
        15 => sparse_initializer: Vec<Vec<u8>>,
        /// Names and values.
        16 => metadata_props: Vec<StringStringEntryProto>,
    }

    /// A name with its type.
    pub struct ValueInfoProto {
        /// The name.
        1 => name: Option<String>,
        /// Its type, kept as it is.
        2 => r#type: Option<Vec<u8>>,
        /// A text about it.
        3 => doc_string: Option<String>,
        /// Names and values.
        4 => metadata_props: Vec<StringStringEntryProto>,
    }

    /// An operator at work.
    pub struct NodeProto {
        /// The values that it reads; empty for one that is left out.
        1 => input: Vec<String>,
        /// The values that it makes.
        2 => output: Vec<String>,
        /// Its name.
        3 => name: Option<String>,
        /// The operator.
        4 => op_type: Option<String>,
        /// Its settings.
        5 => attribute: Vec<AttributeProto>,
        /// A text about it.
        6 => doc_string: Option<String>,
        /// Whose operator it is; empty for ONNX's own.
        7 => domain: Option<String>,
        /// Which function of the same name.
        8 => overload: Option<String>,
        /// Names and values.
        9 => metadata_props: Vec<StringStringEntryProto>,
        /// Kept as they are.
        10 => device_configurations: Vec<Vec<u8>>,
    }

    /// A setting of an operator.
    pub struct AttributeProto {
        /// Its name.
        1 => name: Option<String>,
        /// A number.
        2 => f: Option<f32>,
        /// A whole number.
        3 => i: Option<i64>,
        /// A text.
        4 => s: Option<Vec<u8>>,
        /// A tensor.
        5 => t: Option<TensorProto>,
        /// A graph, as the branch of an `If`.
        6 => g: Option<Box<GraphProto>>,
        /// Numbers.
        7 => floats: Vec<f32>,
        /// Whole numbers.
        8 => ints: Vec<i64>,
        /// Texts.
        9 => strings: Vec<Vec<u8>>,
        /// Tensors.
        10 => tensors: Vec<TensorProto>,
        /// Graphs.
        11 => graphs: Vec<GraphProto>,
        /// A text about it.
        13 => doc_string: Option<String>,
        /// A type, kept as it is.
        14 => tp: Option<Vec<u8>>,
        /// Types, kept as they are.
        15 => type_protos: Vec<Vec<u8>>,
        /// Which of these it holds.
        20 => r#type: Option<i32>,
        /// The attribute of the function around it that it takes.
        21 => ref_attr_name: Option<String>,
        /// Kept as it is.
        22 => sparse_tensor: Option<Vec<u8>>,
        /// Kept as they are.
        23 => sparse_tensors: Vec<Vec<u8>>,
    }

    /// Numbers with a shape.
    pub struct TensorProto {
        /// Its shape, outermost axis first.
        1 => dims: Vec<i64>,
        /// The type of its elements; see [`data_type`].
        2 => data_type: Option<i32>,
        /// Kept as it is.
        3 => segment: Option<Vec<u8>>,
        /// Elements of 32-bit floating point.
        4 => float_data: Packed<f32>,
        /// Elements of whole numbers up to 32 bits, and of 16-bit floating point.
        5 => int32_data: Packed<i32>,
        /// Texts.
        6 => string_data: Vec<Vec<u8>>,
        /// Elements of 64-bit whole numbers.
        7 => int64_data: Packed<i64>,
        /// Its name.
        8 => name: Option<String>,
        /// All elements, in little-endian order.
        9 => raw_data: Option<Vec<u8>>,
        /// Elements of 64-bit floating point.
        10 => double_data: Packed<f64>,
        /// Elements of whole numbers without a sign.
        11 => uint64_data: Packed<u64>,
        /// A text about it.
        12 => doc_string: Option<String>,
        /// Where its elements are, if in another file.
        13 => external_data: Vec<StringStringEntryProto>,
        /// 1 if they are in another file.
        14 => data_location: Option<i32>,
        /// Names and values.
        16 => metadata_props: Vec<StringStringEntryProto>,
    }
}

/// Types of elements, by the numbers of `TensorProto.DataType`.
pub mod data_type {
    /// 32-bit floating point.
    pub const FLOAT: i32 = 1;
    /// 8-bit whole numbers without a sign.
    pub const UINT8: i32 = 2;
    /// 8-bit whole numbers.
    pub const INT8: i32 = 3;
    /// 64-bit whole numbers.
    pub const INT64: i32 = 7;
    /// 16-bit floating point.
    pub const FLOAT16: i32 = 10;
}

/// Types of attributes, by the numbers of `AttributeProto.AttributeType`.
pub mod attribute_type {
    /// A whole number.
    pub const INT: i32 = 2;
}

impl NodeProto {
    /// A node of this operator, with this one output.
    pub fn new(operator: &str, inputs: &[&str], output: &str) -> Self {
        NodeProto {
            input: inputs.iter().map(|&name| name.to_owned()).collect(),
            output: vec![output.to_owned()],
            name: Some(format!("{output}/{operator}")),
            op_type: Some(operator.to_owned()),
            ..NodeProto::default()
        }
    }

    /// The same node with one more whole number.
    #[must_use]
    pub fn with_int(mut self, name: &str, value: i64) -> Self {
        self.attribute.push(AttributeProto {
            name: Some(name.to_owned()),
            i: Some(value),
            r#type: Some(attribute_type::INT),
            ..AttributeProto::default()
        });
        self
    }

    /// The attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<&AttributeProto> {
        self.attribute.iter().find(|attribute| attribute.name.as_deref() == Some(name))
    }

    /// The operator, where it is one of ONNX's own.
    pub fn standard(&self) -> &str {
        match self.domain.as_deref() {
            None | Some("" | "ai.onnx") => self.op_type.as_deref().unwrap_or_default(),
            Some(_) => "",
        }
    }

    /// What to call it in a message.
    pub fn shown(&self) -> String {
        let operator = self.op_type.as_deref().unwrap_or("?");
        match self.name.as_deref().filter(|name| !name.is_empty()) {
            Some(name) => format!("{operator} `{name}`"),
            None => format!(
                "{operator} of `{}`",
                self.output.first().map(String::as_str).unwrap_or_default()
            ),
        }
    }
}
