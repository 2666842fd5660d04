//! Text-to-text models: an encoder and a decoder that writes labels and intent
//! as text.
//!
//! [`Format`] says what text: it turns words, labels and intent into what the
//! model reads and writes, and an output back into labels and intent.
//! A [`Generator`] runs the graphs: the encoder once, then the decoder for one id
//! after the other, by greedy or beam search, freely or held to well-formed
//! outputs. [`TextToTextModel`] makes a predictor of it.

mod beam;
mod constraint;
mod decoder;
mod fault;
mod format;
mod generator;
mod greedy;
mod model;
mod predictor;
mod reading;
mod reference_options;
mod scores;
mod search;
mod special_ids;
#[cfg(test)]
mod toy;

pub use decoder::DecoderGraphs;
pub use fault::{Fault, Names};
pub use format::{Format, Inside, IntentPlace, Layout, OutsideLabel, Piece};
pub use generator::{Generator, Graphs, Output, OutputScores, Request};
pub use model::{Generation, TextToText};
pub use predictor::TextToTextModel;
pub use reading::{Parsed, Reading};
pub use reference_options::{InputPrompt, ReferenceOptions};
pub use special_ids::SpecialIds;
