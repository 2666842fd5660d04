//! What an ONNX file says about itself, read without running it and without
//! reading its weights.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::{Path, PathBuf};

use rten_onnx::onnx::{
    DataLocation, DataType, OperatorSetIdProto, StringStringEntryProto, TypeProtoTensor,
    ValueInfoProto,
};
use rten_onnx::protobuf::{
    DecodeMessage, ErrorKind, Fields, OwnedValues, ProtobufError, ReadValue,
};

use crate::engine::{Axis, ElementType, Port};
use crate::error::{Error, Result};

/// Facts about an ONNX graph.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphFacts {
    /// The file.
    pub path: PathBuf,
    /// Its size, files with external weights included.
    pub bytes: u64,
    /// The version of the ONNX format.
    pub ir_version: Option<i64>,
    /// The version of the default operator set.
    pub opset: Option<i64>,
    /// What wrote it.
    pub producer: Option<String>,
    /// Its inputs, in order.
    pub inputs: Vec<Port>,
    /// Its outputs, in order.
    pub outputs: Vec<Port>,
    /// Numbers in its weights.
    pub parameters: u64,
    /// The type that most of them have.
    pub precision: Precision,
    /// Rows of the table that `input_ids` look up, where it was found.
    pub embedding_rows: Option<usize>,
}

/// The type that most weights of a graph have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// 32-bit floating point.
    Fp32,
    /// 16-bit floating point.
    Fp16,
    /// 8-bit integers.
    Int8,
}

impl Precision {
    /// Its name, as on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Precision::Fp32 => "fp32",
            Precision::Fp16 => "fp16",
            Precision::Int8 => "int8",
        }
    }

    fn of(element: DataType) -> Option<Precision> {
        match element {
            DataType::FLOAT | DataType::DOUBLE => Some(Precision::Fp32),
            DataType::FLOAT16 | DataType::BFLOAT16 => Some(Precision::Fp16),
            DataType::INT8 | DataType::UINT8 => Some(Precision::Int8),
            _ => None,
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl GraphFacts {
    /// Reads the facts about the graph in `path`.
    ///
    /// # Errors
    /// A file that is missing, cut short or no ONNX graph; weights in a file of
    /// their own that is missing or too short.
    pub fn read(path: &Path) -> Result<GraphFacts> {
        let unreadable = |error: std::io::Error| {
            Error::model(format!("{} cannot be read: {error}", path.display())).with_source(error)
        };
        let file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut reader = BoundedReader::new(BufReader::new(file), length);
        let decoded = Model::decode_fields(Fields::new(&mut reader, None));
        let cut = reader.cut();
        let (model, graph) = match decoded {
            Ok(mut model) => match (model.graph.take(), model.ir_version) {
                (Some(_), Some(_)) if cut => return Err(cut_short(path, length)),
                (Some(graph), _) if !cut => (model, graph),
                _ => return Err(no_graph(path, length)),
            },
            Err(_) if reader.at_end() && reader.begins_well => {
                return Err(cut_short(path, length));
            }
            Err(_) => return Err(no_graph(path, length)),
        };
        let external = external_bytes(path, &graph.weights)?;
        Ok(GraphFacts {
            path: path.to_owned(),
            bytes: length + external,
            ir_version: model.ir_version,
            opset: model
                .opsets
                .iter()
                .find(|opset| opset.domain.as_deref().unwrap_or_default().is_empty())
                .and_then(|opset| opset.version),
            producer: model.producer.filter(|name| !name.is_empty()),
            parameters: graph.weights.iter().map(Weight::elements).sum(),
            precision: precision(&graph.weights),
            embedding_rows: embedding_rows(&graph),
            inputs: graph
                .inputs
                .iter()
                .filter(|input| {
                    // Old graphs list their weights among the inputs.
                    !graph.weights.iter().any(|weight| Some(&weight.name) == input.name.as_ref())
                })
                .map(port)
                .collect(),
            outputs: graph.outputs.iter().map(port).collect(),
        })
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

fn cut_short(path: &Path, length: u64) -> Error {
    Error::model(format!(
        "{}: the file is cut short ({length} bytes are there); fetch or export it again",
        path.display()
    ))
}

fn no_graph(path: &Path, length: u64) -> Error {
    Error::model(format!(
        "{}: not an ONNX graph, or a damaged one ({length} bytes)",
        path.display()
    ))
}

fn precision(weights: &[Weight]) -> Precision {
    let mut elements = BTreeMap::new();
    for weight in weights {
        if let Some(precision) = weight.element.and_then(Precision::of) {
            *elements.entry(precision).or_insert(0) += weight.elements();
        }
    }
    elements
        .into_iter()
        .max_by_key(|&(_, count)| count)
        .map_or(Precision::Fp32, |(precision, _)| precision)
}

/// The rows of the weight that is gathered by `input_ids`, looking through what
/// only converts them.
fn embedding_rows(graph: &Graph) -> Option<usize> {
    let mut ids = vec!["input_ids"];
    for node in &graph.nodes {
        let inputs: Vec<&str> = node.inputs.iter().map(String::as_str).collect();
        match (node.operator.as_str(), &inputs[..]) {
            ("Cast" | "Identity" | "Reshape", [input, ..]) if ids.contains(input) => {
                ids.extend(node.outputs.iter().map(String::as_str));
            }
            ("Gather", [table, indices, ..]) if ids.contains(indices) => {
                let weight = graph.weights.iter().find(|weight| weight.name == *table)?;
                return usize::try_from(*weight.dims.first()?).ok();
            }
            _ => {}
        }
    }
    None
}

/// Bytes in files beside the graph.
fn external_bytes(path: &Path, weights: &[Weight]) -> Result<u64> {
    let mut needed: BTreeMap<&str, u64> = BTreeMap::new();
    for weight in weights.iter().filter(|weight| weight.external) {
        let entry = |key: &str| {
            weight
                .entries
                .iter()
                .find(|entry| entry.key.as_deref() == Some(key))
                .and_then(|entry| entry.value.as_deref())
        };
        let number = |key: &str| entry(key).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let end = number("offset").saturating_add(number("length"));
        let longest = needed.entry(entry("location").unwrap_or_default()).or_default();
        *longest = end.max(*longest);
    }
    let mut total = 0;
    for (location, needed) in needed {
        let file = path.parent().unwrap_or(Path::new(".")).join(location);
        let length = std::fs::metadata(&file).map(|metadata| metadata.len()).map_err(|error| {
            Error::model(format!(
                "{}: its weights in {} cannot be read: {error}",
                path.display(),
                file.display()
            ))
            .with_source(error)
        })?;
        if length < needed {
            return Err(Error::model(format!(
                "{}: the file is cut short ({length} bytes are there, {} needs {needed}); \
                 fetch or export it again",
                file.display(),
                path.display()
            )));
        }
        total += length;
    }
    Ok(total)
}

fn port(value: &ValueInfoProto) -> Port {
    let tensor = value.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref());
    let element = tensor.and_then(|tensor| tensor.elem_type);
    Port {
        name: value.name.clone().unwrap_or_default(),
        element: match element {
            Some(DataType::FLOAT) => ElementType::F32,
            Some(DataType::FLOAT16) => ElementType::F16,
            Some(DataType::INT64) => ElementType::I64,
            Some(DataType::INT32) => ElementType::I32,
            Some(DataType::BOOL) => ElementType::Bool,
            Some(other) => ElementType::Other(other.to_string().to_lowercase()),
            None => ElementType::Other("unknown".to_owned()),
        },
        axes: tensor.and_then(axes),
    }
}

fn axes(tensor: &TypeProtoTensor) -> Option<Vec<Axis>> {
    let shape = tensor.shape.as_ref()?;
    let axis = |value: Option<i64>, name: Option<&String>| match value {
        Some(value) if value > 0 && value < i64::from(i32::MAX) => {
            Axis::Fixed(usize::try_from(value).unwrap_or(usize::MAX))
        }
        _ => Axis::Free(name.filter(|name| !name.is_empty()).cloned()),
    };
    Some(shape.dim.iter().map(|dim| axis(dim.dim_value, dim.dim_param.as_ref())).collect())
}

/// The tag of `ModelProto.ir_version`, which all writers put first.
const VERSION_FIELD: u8 = 0x08;

/// Reads values up to the end of a file and remembers whether more was wanted.
///
/// Lengths in a damaged file can be anything, so none is believed before it is
/// held against what is there.
struct BoundedReader<R> {
    inner: R,
    position: u64,
    length: u64,
    /// How often a field was looked for at the end: once in a whole file.
    ends: usize,
    beyond: bool,
    /// True if the first byte is that of a version of the format.
    begins_well: bool,
}

impl<R: BufRead + Seek> BoundedReader<R> {
    fn new(inner: R, length: u64) -> Self {
        BoundedReader { inner, position: 0, length, ends: 0, beyond: false, begins_well: false }
    }

    /// True if the file ends within a message.
    fn cut(&self) -> bool {
        self.beyond || self.ends > 1
    }

    /// True if more was wanted than is there, or the end was met.
    fn at_end(&self) -> bool {
        self.beyond || self.ends > 0
    }

    fn claim(&mut self, bytes: u64) -> Result<(), ProtobufError> {
        if bytes > self.length.saturating_sub(self.position) {
            self.beyond = true;
            return Err(ProtobufError::new(ErrorKind::Eof));
        }
        self.position += bytes;
        Ok(())
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtobufError> {
        self.claim(N as u64)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl<R: BufRead + Seek> ReadValue for BoundedReader<R> {
    type Types = OwnedValues;

    fn read_i32(&mut self) -> Result<i32, ProtobufError> {
        self.array().map(i32::from_le_bytes)
    }

    fn read_i64(&mut self) -> Result<i64, ProtobufError> {
        self.array().map(i64::from_le_bytes)
    }

    fn read_varint(&mut self) -> Result<u64, ProtobufError> {
        if self.position >= self.length {
            self.ends += 1;
            return Err(ProtobufError::new(ErrorKind::Eof));
        }
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            self.begins_well |= self.position == 1 && byte == VERSION_FIELD;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                // The decoder adds lengths to positions and trusts the sum.
                return Ok(value.min(1 << 62));
            }
        }
        Err(ProtobufError::new(ErrorKind::InvalidVarint))
    }

    fn read_bytes(&mut self, length: usize) -> Result<Vec<u8>, ProtobufError> {
        self.claim(length as u64)?;
        let mut bytes = vec![0; length];
        self.inner.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn read_string(&mut self, length: usize) -> Result<String, ProtobufError> {
        let bytes = self.read_bytes(length)?;
        String::from_utf8(bytes).map_err(|_| ProtobufError::new(ErrorKind::InvalidUtf8))
    }

    fn skip(&mut self, length: usize) -> Result<(), ProtobufError> {
        self.claim(length as u64)?;
        self.inner.seek_relative(i64::try_from(length).unwrap_or(i64::MAX))?;
        Ok(())
    }

    fn position(&self) -> u64 {
        self.position
    }
}

/// `ModelProto`, as far as it matters here.
#[derive(Default)]
struct Model {
    ir_version: Option<i64>,
    producer: Option<String>,
    opsets: Vec<OperatorSetIdProto>,
    graph: Option<Graph>,
}

impl DecodeMessage for Model {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut model = Model::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => model.ir_version = Some(field.get_int64()?),
                2 => model.producer = Some(field.read_string()?),
                7 => model.graph = Some(Graph::decode_field(&mut field)?),
                8 => model.opsets.push(OperatorSetIdProto::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(model)
    }
}

/// `GraphProto`, as far as it matters here.
#[derive(Default)]
struct Graph {
    nodes: Vec<Node>,
    weights: Vec<Weight>,
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<ValueInfoProto>,
}

impl DecodeMessage for Graph {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut graph = Graph::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => graph.nodes.push(Node::decode_field(&mut field)?),
                5 => graph.weights.push(Weight::decode_field(&mut field)?),
                11 => graph.inputs.push(ValueInfoProto::decode_field(&mut field)?),
                12 => graph.outputs.push(ValueInfoProto::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(graph)
    }
}

/// `NodeProto` without its attributes.
#[derive(Default)]
struct Node {
    inputs: Vec<String>,
    outputs: Vec<String>,
    operator: String,
}

impl DecodeMessage for Node {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut node = Node::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => node.inputs.push(field.read_string()?),
                2 => node.outputs.push(field.read_string()?),
                4 => node.operator = field.read_string()?,
                _ => field.skip()?,
            }
        }
        Ok(node)
    }
}

/// `TensorProto` without its data.
#[derive(Default)]
struct Weight {
    name: String,
    dims: Vec<i64>,
    element: Option<DataType>,
    external: bool,
    entries: Vec<StringStringEntryProto>,
}

impl Weight {
    fn elements(&self) -> u64 {
        let dims = self.dims.iter().map(|&dim| u64::try_from(dim).unwrap_or(0));
        dims.fold(1, u64::saturating_mul)
    }
}

impl DecodeMessage for Weight {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = OwnedValues>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut weight = Weight::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                1 => match field.get_int64() {
                    Ok(dim) => weight.dims.push(dim),
                    // Packed, as newer writers do.
                    Err(_) => {
                        for dim in field.read_repeated_int64()? {
                            weight.dims.push(dim?);
                        }
                    }
                },
                2 => weight.element = Some(DataType(field.get_enum()?)),
                8 => weight.name = field.read_string()?,
                13 => weight.entries.push(StringStringEntryProto::decode_field(&mut field)?),
                14 => weight.external = DataLocation(field.get_enum()?) == DataLocation::EXTERNAL,
                _ => field.skip()?,
            }
        }
        Ok(weight)
    }
}
