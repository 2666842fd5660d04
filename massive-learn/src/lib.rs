//! Models that are trained in seconds on a CPU, from labelled utterances alone.
//!
//! A locale's model is linear: a support vector machine over n-grams of words
//! and characters finds the intent, a chain over words the slots, knowing the
//! intent. Everything is our own and deterministic: the same rows, settings and
//! seed give the same bytes, whatever the threads.
//!
//! A memory ([`LocaleMemory`]) trains nothing: it keeps rows, and says what the
//! rows nearest to an utterance say.

mod cost;
mod dictionary;
mod error;
mod explain;
mod folder;
mod hash;
mod intent_features;
mod intent_model;
mod intent_training;
mod locale_model;
mod locale_part;
mod memory;
mod named_rows;
mod parallel;
#[cfg(test)]
mod peers;
mod predictor;
mod row;
mod rows;
mod settings;
mod slot_features;
mod slot_model;
mod slot_training;
mod tags;
mod teacher;
mod train;
mod weights_file;

pub use error::{Error, Result};
pub use explain::{Contribution, ExplainedWord, Explanation};
pub use folder::{MANIFEST, Manifest, ModelKind, TrainedFolder, TrainedLocale, is_trained};
pub use locale_model::{Labels, LocaleModel, Names, Workspace};
pub use locale_part::LocalePart;
pub use memory::explain::{MemoryExplanation, Neighbour, RememberedWord};
pub use memory::locale_memory::LocaleMemory;
pub use memory::rejection::Rejection;
pub use memory::rows::{MemoryRow, MemoryRows, Source};
pub use named_rows::{Amount, NamedLocale, read_locales};
pub use parallel::train_locales;
pub use predictor::TrainedPredictor;
pub use rows::{LocaleRows, MemoryCorpus, read_memory, read_rows};
pub use settings::Settings;
pub use teacher::{Lesson, Teacher};
pub use train::{RowScore, TrainingReport, train_locale};
