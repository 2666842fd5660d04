//! The encoding of Protocol Buffers, as far as ONNX needs it
//! (<https://protobuf.dev/programming-guides/encoding/>).

use crate::error::{Error, Result};

/// Messages in messages deeper than this are refused, as by other readers.
const DEEPEST: usize = 90;

/// What has numbered fields.
pub trait Message: Default {
    /// Its name, for messages.
    const NAME: &'static str;

    /// Takes a field; false if it is not known.
    ///
    /// # Errors
    /// A field that holds something else than it should.
    fn take(&mut self, number: u64, field: Field<'_>, depth: usize) -> Result<bool>;

    /// The fields that are not known, as bytes.
    fn unknown(&mut self) -> &mut Vec<u8>;

    /// Appends its fields.
    fn write(&self, out: &mut Vec<u8>);

    /// Reads a message.
    ///
    /// # Errors
    /// Bytes that are no such message.
    fn read(bytes: &[u8]) -> Result<Self> {
        Self::read_within(bytes, 0)
    }

    /// Reads a message that is so deep within others.
    ///
    /// # Errors
    /// Bytes that are no such message.
    fn read_within(mut bytes: &[u8], depth: usize) -> Result<Self> {
        if depth > DEEPEST {
            return Err(Error::new(format!("its messages are nested more than {DEEPEST} deep")));
        }
        let mut message = Self::default();
        while !bytes.is_empty() {
            let whole = bytes;
            let (number, field) =
                Field::next(&mut bytes).map_err(|error| error.at(format!("a {}", Self::NAME)))?;
            let known = message
                .take(number, field, depth)
                .map_err(|error| error.at(format!("field {number} of a {}", Self::NAME)))?;
            if !known {
                message.unknown().extend(&whole[..whole.len() - bytes.len()]);
            }
        }
        Ok(message)
    }
}

impl<M: Message> Message for Box<M> {
    const NAME: &'static str = M::NAME;

    fn take(&mut self, number: u64, field: Field<'_>, depth: usize) -> Result<bool> {
        (**self).take(number, field, depth)
    }

    fn unknown(&mut self) -> &mut Vec<u8> {
        (**self).unknown()
    }

    fn write(&self, out: &mut Vec<u8>) {
        (**self).write(out);
    }
}

/// What a field holds in the file.
#[derive(Debug, Clone, Copy)]
pub enum Field<'b> {
    /// A whole number.
    Number(u64),
    /// Eight bytes.
    Eight([u8; 8]),
    /// Bytes: a text, a message, several numbers.
    Bytes(&'b [u8]),
    /// Four bytes.
    Four([u8; 4]),
}

impl<'b> Field<'b> {
    /// The next field and its number.
    fn next(bytes: &mut &'b [u8]) -> Result<(u64, Field<'b>)> {
        let key = number(bytes)?;
        let field = match key & 7 {
            0 => Field::Number(number(bytes)?),
            1 => Field::Eight(fixed(bytes)?),
            2 => {
                let length = number(bytes)?;
                Field::Bytes(split(bytes, usize::try_from(length).map_err(|_| cut_short())?)?)
            }
            5 => Field::Four(fixed(bytes)?),
            wire => {
                return Err(Error::new(format!("wire type {wire}, which ONNX does not use")));
            }
        };
        Ok((key >> 3, field))
    }

    /// Puts what it holds into a value.
    ///
    /// # Errors
    /// It holds something else.
    pub fn into(self, value: &mut impl Value, depth: usize) -> Result<()> {
        value.add(self, depth)
    }

    fn bytes(self) -> Result<&'b [u8]> {
        match self {
            Field::Bytes(bytes) => Ok(bytes),
            _ => Err(Error::new("holds a number where bytes were expected")),
        }
    }
}

fn number(bytes: &mut &[u8]) -> Result<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let [byte] = fixed(bytes)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Error::new("a number of more than 64 bits"))
}

fn split<'b>(bytes: &mut &'b [u8], length: usize) -> Result<&'b [u8]> {
    let (taken, rest) = bytes.split_at_checked(length).ok_or_else(cut_short)?;
    *bytes = rest;
    Ok(taken)
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk::<N>().ok_or_else(cut_short)?;
    *bytes = rest;
    Ok(*taken)
}

fn cut_short() -> Error {
    Error::new("says that it is longer than the bytes that are there")
}

fn put_number(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn put_bytes(number: u64, bytes: &[u8], out: &mut Vec<u8>) {
    put_number(number << 3 | 2, out);
    put_number(bytes.len() as u64, out);
    out.extend(bytes);
}

/// What a field can be.
pub trait Value {
    /// Takes what a field holds; of a field that may be repeated one of several.
    ///
    /// # Errors
    /// It is something else.
    fn add(&mut self, field: Field<'_>, depth: usize) -> Result<()>;

    /// Appends the field.
    fn put(&self, number: u64, out: &mut Vec<u8>);
}

impl<M: Message> Value for Option<M> {
    fn add(&mut self, field: Field<'_>, depth: usize) -> Result<()> {
        if self.is_some() {
            return Err(Error::new("is there twice"));
        }
        *self = Some(M::read_within(field.bytes()?, depth + 1)?);
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        if let Some(message) = self {
            let mut inner = Vec::new();
            message.write(&mut inner);
            put_bytes(number, &inner, out);
        }
    }
}

impl<M: Message> Value for Vec<M> {
    fn add(&mut self, field: Field<'_>, depth: usize) -> Result<()> {
        self.push(M::read_within(field.bytes()?, depth + 1)?);
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        for message in self {
            let mut inner = Vec::new();
            message.write(&mut inner);
            put_bytes(number, &inner, out);
        }
    }
}

impl Value for Option<String> {
    fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
        *self = Some(text(field)?);
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        if let Some(text) = self {
            put_bytes(number, text.as_bytes(), out);
        }
    }
}

impl Value for Vec<String> {
    fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
        self.push(text(field)?);
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        self.iter().for_each(|text| put_bytes(number, text.as_bytes(), out));
    }
}

fn text(field: Field<'_>) -> Result<String> {
    let bytes = field.bytes()?.to_vec();
    String::from_utf8(bytes).map_err(|_| Error::new("holds a text that is not UTF-8"))
}

impl Value for Option<Vec<u8>> {
    fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
        *self = Some(field.bytes()?.to_vec());
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        if let Some(bytes) = self {
            put_bytes(number, bytes, out);
        }
    }
}

impl Value for Vec<Vec<u8>> {
    fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
        self.push(field.bytes()?.to_vec());
        Ok(())
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        self.iter().for_each(|bytes| put_bytes(number, bytes, out));
    }
}

/// Numbers that stand one after the other in one field.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Packed<N>(pub Vec<N>);

impl<N> std::ops::Deref for Packed<N> {
    type Target = Vec<N>;

    fn deref(&self) -> &Vec<N> {
        &self.0
    }
}

/// A number in a field.
pub trait Scalar: Copy {
    /// The wire type of one.
    const WIRE: u64;

    /// The number that a field of its wire type holds.
    fn of(field: Field<'_>) -> Option<Self>;

    /// The next one of several.
    ///
    /// # Errors
    /// Too few bytes.
    fn next(bytes: &mut &[u8]) -> Result<Self>;

    /// Appends it, without its key.
    fn put(self, out: &mut Vec<u8>);
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Scalar for $type {
            const WIRE: u64 = 0;

            fn of(field: Field<'_>) -> Option<Self> {
                // Cut to its width, as the encoding has it.
                if let Field::Number(value) = field { Some(value as $type) } else { None }
            }

            fn next(bytes: &mut &[u8]) -> Result<Self> {
                Ok(number(bytes)? as $type)
            }

            fn put(self, out: &mut Vec<u8>) {
                // Negative ones are widened with their sign.
                put_number(self as i64 as u64, out);
            }
        }
    )*};
}

whole_numbers!(i32, i64, u64);

macro_rules! real_numbers {
    ($($type:ty, $wire:literal, $field:ident);*) => {$(
        impl Scalar for $type {
            const WIRE: u64 = $wire;

            fn of(field: Field<'_>) -> Option<Self> {
                if let Field::$field(bytes) = field { Some(Self::from_le_bytes(bytes)) } else { None }
            }

            fn next(bytes: &mut &[u8]) -> Result<Self> {
                Ok(Self::from_le_bytes(fixed(bytes)?))
            }

            fn put(self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}

real_numbers!(f32, 5, Four; f64, 1, Eight);

/// One number, or several in one field.
fn add_numbers<N: Scalar>(numbers: &mut Vec<N>, field: Field<'_>) -> Result<()> {
    if let Field::Bytes(mut bytes) = field {
        while !bytes.is_empty() {
            numbers.push(N::next(&mut bytes)?);
        }
        return Ok(());
    }
    numbers.push(N::of(field).ok_or_else(no_number)?);
    Ok(())
}

fn no_number() -> Error {
    Error::new("holds no number of the type that was expected")
}

impl<N: Scalar> Value for Packed<N> {
    fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
        add_numbers(&mut self.0, field)
    }

    fn put(&self, number: u64, out: &mut Vec<u8>) {
        if !self.is_empty() {
            let mut inner = Vec::new();
            self.iter().for_each(|&value| value.put(&mut inner));
            put_bytes(number, &inner, out);
        }
    }
}

macro_rules! fields_of_numbers {
    ($($type:ty),*) => {$(
        impl Value for Option<$type> {
            fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
                *self = Some(<$type>::of(field).ok_or_else(no_number)?);
                Ok(())
            }

            fn put(&self, number: u64, out: &mut Vec<u8>) {
                if let Some(value) = self {
                    put_number(number << 3 | <$type>::WIRE, out);
                    Scalar::put(*value, out);
                }
            }
        }

        impl Value for Vec<$type> {
            fn add(&mut self, field: Field<'_>, _: usize) -> Result<()> {
                add_numbers(self, field)
            }

            fn put(&self, number: u64, out: &mut Vec<u8>) {
                for &value in self {
                    put_number(number << 3 | <$type>::WIRE, out);
                    Scalar::put(value, out);
                }
            }
        }
    )*};
}

fields_of_numbers!(i32, i64, f32);

#[cfg(test)]
mod tests {
    use super::super::message::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
    use super::*;

    fn bytes(message: &impl Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        bytes
    }

    #[test]
    fn messages_are_read_as_they_were_written() {
        let attribute = AttributeProto {
            name: Some("alpha".to_owned()),
            f: Some(-0.0),
            i: Some(-3),
            ints: vec![i64::MIN, 300],
            floats: vec![1.5],
            ..AttributeProto::default()
        };
        let tensor = TensorProto {
            dims: vec![2, 0],
            float_data: Packed(vec![0.25, f32::MAX]),
            uint64_data: Packed(vec![u64::MAX]),
            raw_data: Some(Vec::new()),
            ..TensorProto::default()
        };
        let inner = GraphProto { initializer: vec![tensor], ..GraphProto::default() };
        let branch = AttributeProto { g: Some(Box::new(inner)), ..AttributeProto::default() };
        let node = NodeProto {
            input: vec!["a".to_owned(), String::new()],
            attribute: vec![attribute, branch],
            ..NodeProto::default()
        };
        let graph = GraphProto { node: vec![node], ..GraphProto::default() };
        let model = ModelProto { graph: Some(graph), ir_version: Some(8), ..ModelProto::default() };
        assert_eq!(ModelProto::read(&bytes(&model)).unwrap(), model);
        // As protoc writes it: field 1, 150.
        let known = ModelProto { ir_version: Some(150), ..ModelProto::default() };
        assert_eq!(bytes(&known), [0x08, 0x96, 0x01]);
    }

    #[test]
    fn numbers_are_read_together_and_one_by_one() {
        let together = TensorProto::read(&[0x0a, 0x03, 0x01, 0xac, 0x02]).unwrap();
        let one_by_one = TensorProto::read(&[0x08, 0x01, 0x08, 0xac, 0x02]).unwrap();
        assert_eq!(together.dims, [1, 300]);
        assert_eq!(one_by_one, together);
    }

    #[test]
    fn unknown_fields_are_kept() {
        // Field 99, a number: 99 << 3 = 792 = 0x318; and one of bytes, in a graph.
        let file = [0x3a, 0x05, 0x9a, 0x06, 0x02, 0x41, 0x42, 0x98, 0x06, 0x07];
        let model = ModelProto::read(&file).unwrap();
        assert_eq!(model.unknown, [0x98, 0x06, 0x07]);
        assert_eq!(bytes(&model), file);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let message = |bytes: &[u8]| ModelProto::read(bytes).unwrap_err().to_string();
        assert!(message(&[0x3a, 0x05, 0x00]).contains("longer than the bytes"));
        assert!(message(&[0x0b]).contains("wire type 3"));
        assert!(message(&[0x08; 1]).contains("a ModelProto: says that it is longer"));
        assert!(message(&[0x38, 0x01]).contains("field 7 of a ModelProto: holds a number"));
        assert!(message(&[0x3a, 0x00, 0x3a, 0x00]).contains("is there twice"));
        assert!(message(&[0xff; 12]).contains("more than 64 bits"));
        let mut deep = Vec::new();
        for _ in 0..200 {
            // An attribute with a graph, in a node, in a graph.
            for number in [6, 5, 1] {
                let mut outer = Vec::new();
                put_bytes(number, &deep, &mut outer);
                deep = outer;
            }
        }
        let mut model = Vec::new();
        put_bytes(7, &deep, &mut model);
        assert!(message(&model).contains("nested"));
    }
}
