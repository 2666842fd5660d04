//! Model folders: what is in them, what kind of model that makes, and whether
//! it can be used.
//!
//! A folder is recognised from its files alone; a manifest ([`MANIFEST`]) can
//! name what its files do not show. [`ModelFolder::open`] wants a usable folder;
//! [`examine`] says all that is right and wrong with any.

mod config;
pub mod document;
mod examine;
mod graph_files;
mod labels;
mod manifest;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use massive_predict::Example;
use serde::{Deserialize, Serialize};

pub use self::config::{Config, DEFAULT_MAX_LENGTH};
pub use self::examine::{Examination, Problem, Severity, examine};
pub use self::labels::Labels;
pub use self::manifest::{
    MANIFEST, MANIFEST_FORMAT, Manifest, ManifestLabels, ManifestOutputs, ManifestPair,
};
use crate::error::{Error, Result};
pub use crate::graph::{GraphFacts, Precision};
use crate::text_to_text::Format;
use crate::tokenize::{Sequence, Tokenizer};

/// What a model in a folder does, and in how many graphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One graph gives intent and slot logits.
    Joint,
    /// One graph gives intent logits, another slot logits.
    Pair,
    /// An encoder and a decoder write the answer as text.
    TextToText,
    /// One graph gives intent logits; no slots are predicted.
    Intent,
    /// One graph gives slot logits; no intent is predicted.
    Slots,
}

impl Kind {
    /// Its name, as in manifests.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Joint => "joint",
            Kind::Pair => "pair",
            Kind::TextToText => "text-to-text",
            Kind::Intent => "intent",
            Kind::Slots => "slots",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Which of a folder's files are wanted, where there is a choice.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The graph of this precision.
    pub precision: Option<Precision>,
    /// The graph in this file, named from the folder.
    pub graph: Option<PathBuf>,
    /// The tokenizer in this file.
    pub tokenizer: Option<PathBuf>,
    /// The most ids to take, if fewer than the model can.
    pub max_length: Option<usize>,
    /// A second folder, with the slot model of a pair.
    pub slot_model: Option<PathBuf>,
}

/// A folder with a model that can be used.
#[derive(Debug, Clone)]
pub struct ModelFolder {
    /// Where it is.
    pub path: PathBuf,
    /// What readers call it.
    pub name: String,
    /// The graphs and what goes with them.
    pub parts: Parts,
}

/// The graphs of a model.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "a run has one of them")]
pub enum Parts {
    /// One encoder with one head or two.
    Encoder(EncoderFolder),
    /// An encoder for the intent and one for the slots.
    Pair {
        /// Its intent head is there.
        intent: EncoderFolder,
        /// Its slot head is there.
        slots: EncoderFolder,
    },
    /// An encoder and a decoder.
    TextToText(TextToTextFolder),
}

/// An encoder with heads, and what it needs.
#[derive(Debug, Clone)]
pub struct EncoderFolder {
    /// The graph.
    pub graph: GraphFacts,
    /// The tokenizer.
    pub tokenizer: Arc<Tokenizer>,
    /// The output with intent logits, `[batch, intents]`.
    pub intent: Option<Head>,
    /// The output with slot logits, `[batch, sequence, slots]`.
    pub slots: Option<Head>,
    /// The most ids that it takes.
    pub max_length: usize,
    /// The id that fills a batch.
    pub pad_id: i64,
    /// What it reads of an utterance.
    pub input: InputForm,
}

/// What a model reads of an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputForm {
    /// Its text, encoded whole: `tokenizer(text)` in Python.
    Text,
    /// Its words, each encoded by itself: `is_split_into_words=True`.
    Words,
}

impl InputForm {
    /// Its name, as in manifests.
    pub fn name(self) -> &'static str {
        match self {
            InputForm::Text => "text",
            InputForm::Words => "words",
        }
    }
}

/// An output of a graph whose last axis are labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The output.
    pub output: String,
    /// The labels.
    pub labels: Labels,
}

/// The graphs of a text-to-text model.
#[derive(Debug, Clone)]
pub struct TextToTextFolder {
    /// The folder.
    pub folder: PathBuf,
    /// The encoder.
    pub encoder: GraphFacts,
    /// The decoders: the first step, later ones, or both in one.
    pub decoders: Vec<GraphFacts>,
    /// The tokenizer.
    pub tokenizer: Arc<Tokenizer>,
    /// The most ids that it takes.
    pub max_length: usize,
    /// What the manifest says about the format.
    pub format: Option<Format>,
}

impl ModelFolder {
    /// Opens the model in a folder, or the one that the graph in a file belongs to.
    ///
    /// # Errors
    /// A folder without a model, or anything in it that makes it unusable;
    /// [`examine`] lists all of that.
    pub fn open(path: &Path, choice: &Choice) -> Result<ModelFolder> {
        let examination = examine(path, choice);
        let mut errors =
            examination.problems.iter().filter(|problem| problem.severity == Severity::Error);
        match (errors.next(), examination.model) {
            (None, Some(model)) => Ok(model),
            (Some(first), _) => {
                let more = match errors.count() {
                    0 => String::new(),
                    count => format!(
                        " ({count} more; `massive model inspect {}` lists all)",
                        path.display()
                    ),
                };
                Err(Error::model(format!("{}{more}", first.message)))
            }
            (None, None) => Err(Error::model(format!("{}: no model in it", path.display()))),
        }
    }

    /// What kind of model it is.
    pub fn kind(&self) -> Kind {
        match &self.parts {
            Parts::Encoder(encoder) => encoder.kind(),
            Parts::Pair { .. } => Kind::Pair,
            Parts::TextToText(_) => Kind::TextToText,
        }
    }

    /// All of its graphs.
    pub fn graphs(&self) -> Vec<&GraphFacts> {
        match &self.parts {
            Parts::Encoder(encoder) => vec![&encoder.graph],
            Parts::Pair { intent, slots } => vec![&intent.graph, &slots.graph],
            Parts::TextToText(model) => {
                std::iter::once(&model.encoder).chain(&model.decoders).collect()
            }
        }
    }

    /// The tokenizer, that of the intent model in a pair.
    pub fn tokenizer(&self) -> &Arc<Tokenizer> {
        match &self.parts {
            Parts::Encoder(encoder) | Parts::Pair { intent: encoder, .. } => &encoder.tokenizer,
            Parts::TextToText(model) => &model.tokenizer,
        }
    }

    /// What it reads of an utterance; in a pair what the intent model reads.
    pub fn input(&self) -> InputForm {
        match &self.parts {
            Parts::Encoder(encoder) | Parts::Pair { intent: encoder, .. } => encoder.input,
            Parts::TextToText(_) => InputForm::Words,
        }
    }

    /// The most ids that it takes.
    pub fn max_length(&self) -> usize {
        match &self.parts {
            Parts::Encoder(encoder) => encoder.max_length,
            Parts::Pair { intent, slots } => intent.max_length.min(slots.max_length),
            Parts::TextToText(model) => model.max_length,
        }
    }
}

impl EncoderFolder {
    /// The ids of an example, as the model reads it.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    pub fn encode(&self, example: &Example) -> Result<Sequence> {
        let tokenizer = &self.tokenizer;
        match self.input {
            InputForm::Words => tokenizer.encode(&example.words, self.max_length),
            InputForm::Text => {
                tokenizer.encode_text(&example.text, &example.words, self.max_length)
            }
        }
    }

    /// What its heads make it.
    pub fn kind(&self) -> Kind {
        match (&self.intent, &self.slots) {
            (Some(_), Some(_)) => Kind::Joint,
            (Some(_), None) => Kind::Intent,
            (None, _) => Kind::Slots,
        }
    }
}
