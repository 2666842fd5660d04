//! What an ONNX file says about itself, read without its weights.
//!
//! Both engines start here, so that a file that is missing, cut short or no
//! graph at all gets the same message whatever is to run it, and ports have the
//! types that the file gives them: an engine may have narrowed them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use rten_onnx::onnx::{DataType, OperatorSetIdProto, ValueInfoProto};
use rten_onnx::protobuf::{
    DecodeMessage, Fields, OwnedValues, ProtobufError, ReadValue, ValueReader,
};

use crate::engine::guard::guarded;
use crate::engine::{Axis, ElementType, Port};
use crate::error::{Error, Result};

/// What stands at the head of a graph.
#[derive(Debug)]
pub(crate) struct Header {
    /// Inputs that a run has to give: those that are not weights.
    pub(crate) inputs: Vec<Port>,
    /// Outputs.
    pub(crate) outputs: Vec<Port>,
    /// The version of the standard operators.
    pub(crate) opset: i64,
}

/// Reads the head of the graph in `path`.
///
/// # Errors
/// A file that cannot be read, is cut short, is no ONNX graph, or has a port
/// that is no tensor.
pub(crate) fn read(path: &Path) -> Result<Header> {
    let shown = path.display();
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => {
            Error::model(format!("{shown} is not there: an ONNX graph was expected"))
        }
        _ => Error::model(format!("{shown} cannot be read: {error}")),
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Error::model(format!("{shown} is a folder: an ONNX graph was expected")));
    }
    match frame(BufReader::new(file), metadata.len()).map_err(unreadable)? {
        Frame::Whole => {}
        Frame::Empty => {
            return Err(Error::model(format!("{shown} is empty: an ONNX graph was expected")));
        }
        Frame::CutShort(wanted) => {
            return Err(Error::model(format!(
                "{shown} is cut short: it has {} bytes and says that it has {wanted} or more; \
                 copy or export it again",
                metadata.len()
            )));
        }
        Frame::Pointer => {
            return Err(Error::model(format!(
                "{shown} is a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`"
            )));
        }
        Frame::Foreign => return Err(no_graph(path)),
    }
    let reader = ValueReader::from_file(File::open(path).map_err(unreadable)?);
    let model = guarded(|| Model::decode(reader))
        .map_err(|panic| no_graph(path).with_source(panic))?
        .map_err(|error| no_graph(path).with_source(error))?;
    let graph = model.graph.ok_or_else(|| no_graph(path))?;
    let opset = model
        .opsets
        .iter()
        .filter(|opset| matches!(opset.domain.as_deref(), None | Some("" | "ai.onnx")))
        .find_map(|opset| opset.version)
        .ok_or_else(|| {
            Error::model(format!(
                "{shown} does not say which opset it was written in; export it again"
            ))
        })?;
    let given = |port: &&ValueInfoProto| {
        // Older files list their weights among the inputs.
        port.name.as_ref().is_some_and(|name| !graph.weights.contains(name))
    };
    Ok(Header {
        inputs: graph
            .inputs
            .iter()
            .filter(given)
            .map(|port| to_port(port, path))
            .collect::<Result<_>>()?,
        outputs: graph.outputs.iter().map(|port| to_port(port, path)).collect::<Result<_>>()?,
        opset,
    })
}

fn no_graph(path: &Path) -> Error {
    Error::model(format!("{} is not an ONNX graph", path.display()))
}

/// What the outermost fields of a file say about it.
enum Frame {
    Whole,
    Empty,
    /// The file should have this many bytes at least.
    CutShort(u64),
    /// Git LFS left a note instead of the file.
    Pointer,
    Foreign,
}

/// Walks over the outermost fields of a serialised model. A parser would take a
/// file that ends between two fields of the graph for a whole one; its length
/// tells.
fn frame(mut file: impl BufRead + Seek, size: u64) -> io::Result<Frame> {
    const IR_VERSION: u64 = 1;
    const GRAPH: u64 = 7;

    if size == 0 {
        return Ok(Frame::Empty);
    }
    if file.fill_buf()?.starts_with(b"version https://git-lfs") {
        return Ok(Frame::Pointer);
    }
    let (mut has_version, mut has_graph) = (false, false);
    let mut at = 0;
    while at < size {
        let Some(tag) = varint(&mut file, &mut at)? else { return Ok(Frame::Foreign) };
        let length = match tag & 7 {
            0 => {
                if varint(&mut file, &mut at)?.is_none() && at < size {
                    return Ok(Frame::Foreign);
                }
                0
            }
            1 => 8,
            2 => match varint(&mut file, &mut at)? {
                Some(length) => length,
                None => return Ok(if has_version { Frame::CutShort(at) } else { Frame::Foreign }),
            },
            5 => 4,
            _ => return Ok(Frame::Foreign),
        };
        match tag >> 3 {
            0 => return Ok(Frame::Foreign),
            IR_VERSION => has_version = true,
            GRAPH => has_graph = true,
            _ => {}
        }
        let end = at.saturating_add(length);
        if end > size {
            return Ok(if has_version { Frame::CutShort(end) } else { Frame::Foreign });
        }
        at = file.seek(SeekFrom::Start(end))?;
    }
    Ok(if has_version && has_graph { Frame::Whole } else { Frame::Foreign })
}

/// A number in base 128, least significant digit first; `None` if there is none.
fn varint(file: &mut impl Read, at: &mut u64) -> io::Result<Option<u64>> {
    let mut value = 0_u64;
    for place in 0..10 {
        let mut byte = [0];
        if file.read(&mut byte)? == 0 {
            return Ok(None);
        }
        *at += 1;
        value |= u64::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] & 0x80 == 0 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

/// `ModelProto` without what is not asked for here.
#[derive(Default)]
struct Model {
    graph: Option<Graph>,
    opsets: Vec<OperatorSetIdProto>,
}

impl DecodeMessage for Model {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = Self::Types>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut model = Model::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                7 => model.graph = Some(Graph::decode_field(&mut field)?),
                8 => model.opsets.push(OperatorSetIdProto::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(model)
    }
}

/// `GraphProto` with the names of its weights and not their values.
#[derive(Default)]
struct Graph {
    weights: Vec<String>,
    inputs: Vec<ValueInfoProto>,
    outputs: Vec<ValueInfoProto>,
}

impl DecodeMessage for Graph {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = Self::Types>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut graph = Graph::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                5 => graph.weights.push(Weight::decode_field(&mut field)?.0),
                11 => graph.inputs.push(ValueInfoProto::decode_field(&mut field)?),
                12 => graph.outputs.push(ValueInfoProto::decode_field(&mut field)?),
                _ => field.skip()?,
            }
        }
        Ok(graph)
    }
}

/// The name of a `TensorProto`.
#[derive(Default)]
struct Weight(String);

impl DecodeMessage for Weight {
    type Types = OwnedValues;

    fn decode_fields<R: ReadValue<Types = Self::Types>>(
        mut fields: Fields<'_, R>,
    ) -> Result<Self, ProtobufError> {
        let mut weight = Weight::default();
        while let Some(mut field) = fields.next()? {
            match field.number() {
                8 => weight.0 = field.read_string()?,
                _ => field.skip()?,
            }
        }
        Ok(weight)
    }
}

fn to_port(info: &ValueInfoProto, path: &Path) -> Result<Port> {
    let name = info.name.clone().unwrap_or_default();
    let Some(tensor) = info.r#type.as_ref().and_then(|kind| kind.tensor_type.as_ref()) else {
        return Err(Error::model(format!(
            "{}: `{}` is no tensor, and only tensors can go into a graph or come out of it",
            path.display(),
            name.escape_debug()
        )));
    };
    let element = match tensor.elem_type.unwrap_or(DataType(0)) {
        DataType::FLOAT => ElementType::F32,
        DataType::FLOAT16 => ElementType::F16,
        DataType::INT64 => ElementType::I64,
        DataType::INT32 => ElementType::I32,
        DataType::BOOL => ElementType::Bool,
        other => ElementType::Other(other.to_string().to_lowercase()),
    };
    let axes = tensor.shape.as_ref().map(|shape| {
        shape
            .dim
            .iter()
            .map(|axis| match axis.dim_value.map(usize::try_from) {
                Some(Ok(length)) => Axis::Fixed(length),
                _ => Axis::Free(axis.dim_param.clone().filter(|name| !name.is_empty())),
            })
            .collect()
    });
    Ok(Port { name, element, axes })
}
