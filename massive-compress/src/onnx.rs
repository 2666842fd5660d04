//! ONNX files, read whole and written whole.
//!
//! [`message`] has the messages of the format, [`wire`] their encoding, which keeps
//! fields that it does not know, [`mod@file`] reads and writes files, with weights in
//! files of their own.

pub mod file;
pub mod message;
pub mod wire;

pub use file::{External, Onnx};
