//! The messages of an ONNX file, as far as they matter here: everything but the
//! weights' values and the operators' attributes.

use std::io::{BufRead, Seek};

use rten_onnx::onnx::{
    DataLocation, DataType, OperatorSetIdProto, StringStringEntryProto, ValueInfoProto,
};
use rten_onnx::protobuf::{
    DecodeMessage, ErrorKind, Fields, OwnedValues, ProtobufError, ReadValue,
};

/// Reads values up to the end of a file.
///
/// Lengths in a damaged file can be anything, so none is believed before it is
/// held against what is there.
pub(super) struct BoundedReader<R> {
    inner: R,
    position: u64,
    length: u64,
}

impl<R: BufRead + Seek> BoundedReader<R> {
    pub(super) fn new(inner: R, length: u64) -> Self {
        BoundedReader { inner, position: 0, length }
    }

    fn claim(&mut self, bytes: u64) -> Result<(), ProtobufError> {
        if bytes > self.length.saturating_sub(self.position) {
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
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
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
pub(super) struct Model {
    pub(super) ir_version: Option<i64>,
    pub(super) producer: Option<String>,
    pub(super) opsets: Vec<OperatorSetIdProto>,
    pub(super) graph: Option<Graph>,
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
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) weights: Vec<Weight>,
    pub(super) inputs: Vec<ValueInfoProto>,
    pub(super) outputs: Vec<ValueInfoProto>,
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
pub(super) struct Node {
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) operator: String,
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
pub(super) struct Weight {
    pub(super) name: String,
    pub(super) dims: Vec<i64>,
    pub(super) element: Option<DataType>,
    pub(super) external: bool,
    pub(super) entries: Vec<StringStringEntryProto>,
}

impl Weight {
    /// Numbers in it.
    pub(super) fn elements(&self) -> u64 {
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
