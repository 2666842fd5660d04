//! Text-to-text models: an encoder and a decoder that writes labels and intent
//! as text.
//!
//! [`Format`] says what text: it turns words, labels and intent into what the
//! model reads and writes, and an output back into labels and intent.

mod fault;
mod format;
mod reading;
mod reference_options;

pub use fault::{Fault, Names};
pub use format::{Format, Inside, IntentPlace, Layout, OutsideLabel, Piece};
pub use reading::{Parsed, Reading};
pub use reference_options::{InputPrompt, ReferenceOptions};
