//! Graphs of one operator, made in memory: to take rows of a tensor where it
//! lies, and to find out whether a device works.

use rten_onnx::onnx::{
    DataType, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TypeProto, TypeProtoTensor,
    ValueInfoProto,
};

use crate::error::{Error, Result};

/// `rows_of = data[rows]`, with `data` (of this type, any shape), `rows` (int64,
/// [rows]) and `rows_of` (as `data` but for its first axis).
pub(crate) fn gather(element: DataType) -> Result<Vec<u8>> {
    let inputs = vec![tensor("data", element), tensor("rows", DataType::INT64)];
    serialise("Gather", inputs, tensor("rows_of", element))
}

/// `same = data`, with `data` of float32 and any shape.
pub(crate) fn identity() -> Result<Vec<u8>> {
    serialise("Identity", vec![tensor("data", DataType::FLOAT)], tensor("same", DataType::FLOAT))
}

fn serialise(
    operator: &str,
    inputs: Vec<ValueInfoProto>,
    output: ValueInfoProto,
) -> Result<Vec<u8>> {
    let node = NodeProto {
        name: Some(operator.to_lowercase()),
        op_type: Some(operator.to_owned()),
        input: inputs.iter().filter_map(|input| input.name.clone()).collect(),
        output: output.name.iter().cloned().collect(),
        ..NodeProto::default()
    };
    let model = ModelProto {
        ir_version: Some(8),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(13) }],
        graph: Some(GraphProto {
            node: vec![node],
            input: inputs,
            output: vec![output],
            ..GraphProto::default()
        }),
        ..ModelProto::default()
    };
    model
        .write_buf()
        .map_err(|error| Error::runtime("a small graph could not be written").with_source(error))
}

fn tensor(name: &str, element: DataType) -> ValueInfoProto {
    let tensor = TypeProtoTensor { elem_type: Some(element), shape: None };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto { tensor_type: Some(tensor), ..TypeProto::default() }),
    }
}
