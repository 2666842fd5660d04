//! Encoders made smaller: vocabularies trimmed to what languages use, weights in
//! fewer bits.
//!
//! A model folder is read, its ONNX graph and its tokenizer are rewritten, and a
//! folder of the same form is written, which runs wherever the first one ran:
//!
//! * [`trim`] keeps the pieces that the text of chosen locales uses, in the
//!   tokenizer and in the table of embeddings together;
//! * [`mod@quantize`] stores weights as 8-bit or 4-bit integers, in a form that both
//!   engines compute with, or as 16-bit floating point;
//! * [`prune`] sets weights to zero, [`compensate`] adds low-rank terms that make up
//!   for what was lost, both by what [`mod@calibrate`] saw on text;
//! * [`compress`](compress()) does what a [`Recipe`] says, in one pass, and writes down
//!   what it did ([`record`]).
//!
//! [`onnx`] reads and writes the files: with weights in files of their own, and
//! refusing what it would lose.

pub mod activations;
pub mod calibrate;
pub mod compensate;
pub mod compress;
pub mod error;
pub mod onnx;
pub mod prune;
pub mod quantize;
pub mod recipe;
pub mod record;
pub mod trim;

mod algebra;
mod graph;
mod tensor;

pub use compress::{Calibration, Request, compress};
pub use error::{Error, Result};
pub use recipe::Recipe;
pub use record::{RECORD, Record};
