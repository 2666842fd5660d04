//! Encoders made smaller: vocabularies trimmed to what languages use, weights in
//! fewer bits.
//!
//! A model folder is read, its ONNX graph and its tokenizer are rewritten, and a
//! folder of the same form is written, which runs wherever the first one ran:
//!
//! * [`trim`] keeps the pieces that the text of chosen locales uses, in the
//!   tokenizer and in the table of embeddings together;
//! * [`quantize`] stores weights as 8-bit or 4-bit integers, in a form that both
//!   engines compute with;
//! * [`compress`](compress()) does what a [`Recipe`] says, in one pass, and writes down
//!   what it did ([`record`]).
//!
//! [`onnx`] reads and writes the files: with weights in files of their own, and
//! refusing what it would lose.

pub mod compress;
pub mod error;
pub mod onnx;
pub mod quantize;
pub mod recipe;
pub mod record;
pub mod trim;

mod graph;
mod tensor;

pub use compress::{Request, compress};
pub use error::{Error, Result};
pub use recipe::Recipe;
pub use record::{RECORD, Record};
