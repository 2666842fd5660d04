//! What an ONNX file says about itself, read without running it and without
//! reading its weights.

mod frame;
mod message;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use rten_onnx::onnx::{DataType, TypeProtoTensor, ValueInfoProto};
use rten_onnx::protobuf::{DecodeMessage, Fields};

use self::frame::{Frame, frame};
use self::message::{BoundedReader, Graph, Model, Weight};
use crate::engine::{Axis, ElementType, NO_TENSOR, Port};
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
    /// A file that cannot be read, is cut short or no ONNX graph; weights in a
    /// file of their own that is missing or too short.
    pub fn read(path: &Path) -> Result<GraphFacts> {
        let (file, length) = open(path)?;
        let mut reader = BoundedReader::new(BufReader::new(file), length);
        let mut model = Model::decode_fields(Fields::new(&mut reader, None))
            .map_err(|error| no_graph(path).with_source(error.to_string()))?;
        let graph = model.graph.take().ok_or_else(|| no_graph(path))?;
        let external = external_bytes(path, &graph.weights)?;
        Ok(GraphFacts {
            path: path.to_owned(),
            bytes: length + external,
            ir_version: model.ir_version,
            opset: model
                .opsets
                .iter()
                .filter(|opset| matches!(opset.domain.as_deref(), None | Some("" | "ai.onnx")))
                .find_map(|opset| opset.version),
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

    /// How many utterances it takes at once, if it takes no other number.
    pub fn fixed_batch(&self) -> Option<usize> {
        self.fixed_axis(0)
    }

    /// How many ids of each utterance it takes, if it takes no other number.
    pub fn fixed_length(&self) -> Option<usize> {
        self.fixed_axis(1)
    }

    fn fixed_axis(&self, place: usize) -> Option<usize> {
        let ids = self.inputs.iter().find(|port| port.name == "input_ids")?;
        match ids.axes.as_ref()?.get(place)? {
            Axis::Fixed(length) => Some(*length),
            Axis::Free(_) => None,
        }
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name == name)
    }
}

/// Opens a file that is whole and looks like a graph; it and its size.
fn open(path: &Path) -> Result<(File, u64)> {
    let shown = path.display();
    let unreadable = |error: io::Error| {
        let message = match error.kind() {
            io::ErrorKind::NotFound => {
                format!("{shown} is not there: an ONNX graph was expected")
            }
            _ => format!("{shown} cannot be read: {error}"),
        };
        Error::model(message).with_source(error)
    };
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::model(format!("{shown} is a folder: an ONNX graph was expected")));
    }
    let length = metadata.len();
    match frame(BufReader::new(&file), length).map_err(unreadable)? {
        Frame::Whole => {}
        Frame::Empty => {
            return Err(Error::model(format!("{shown} is empty: an ONNX graph was expected")));
        }
        Frame::CutShort(wanted) => {
            return Err(Error::model(format!(
                "{shown} is cut short: it has {length} bytes and says that it has {wanted} or \
                 more; copy or export it again"
            )));
        }
        Frame::Pointer => {
            return Err(Error::model(format!(
                "{shown} is a pointer of Git LFS, not the file itself; fetch it with \
                 `git lfs pull`"
            )));
        }
        Frame::Foreign => return Err(no_graph(path)),
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok((file, length))
}

fn no_graph(path: &Path) -> Error {
    Error::model(format!("{} is not an ONNX graph, or a damaged one", path.display()))
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
            None => ElementType::Other(NO_TENSOR.to_owned()),
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
