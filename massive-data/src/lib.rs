//! Typed access to the MASSIVE corpus.
//!
//! [MASSIVE](https://arxiv.org/abs/2204.08582) holds parallel utterances to a
//! virtual assistant in 52 locales, each with an intent, a scenario and slots.
//! This crate reads them, and the predictions that models make about them.
//!
//! # The way of an utterance
//!
//! A line in a file → [`Corpus`] finds it, on all cores, and hands on only what
//! the [`Selection`] wants → [`Utterance`] gives it types → its [`Annotation`]
//! has slots with spans → [`Utterance::labelled_words`] gives words and labels,
//! as the reference implementation cuts them or bracket by bracket
//! ([`LabelMode`]) → [`chunks`] joins labels to slots over words.
//!
//! A model's output comes back through [`PredictionFiles`] as [`Prediction`]s.
//!
//! ```
//! use massive_data::{Corpus, LabelMode, Locale, Partition, Selection};
//!
//! let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let corpus = Corpus::open(folder)?.select(Selection {
//!     locales: [Locale::EN_US].into_iter().collect(),
//!     partition: Some(Partition::Test),
//! });
//! let (utterances, _) = corpus.read()?;
//! let utterance = &utterances[0];
//! assert_eq!(utterance.utt(), "will it rain in lisbon on thursday");
//! let words = utterance.labelled_words(LabelMode::Reference).unwrap();
//! let (word, slot) = words[4];
//! assert_eq!((word, slot.unwrap().as_str()), ("lisbon", "place_name"));
//! # Ok::<(), massive_data::Error>(())
//! ```
//!
//! Language facts are from WALS Online (CC BY 4.0); see [`locale`].

pub mod annotation;
mod blocks;
pub mod convert;
pub mod corpus;
pub mod corpus_source;
pub mod error;
pub mod findings;
mod forms;
mod gold_source;
mod guard;
mod input;
mod json;
mod json_line;
pub mod judgment_filter;
mod label_map;
pub mod labels;
mod language_facts;
mod likely_script;
pub mod locale;
pub mod locale_choice;
mod locale_filter;
mod locale_set;
mod locale_tag;
mod names;
mod numbers;
mod parquet_input;
pub mod partition;
pub mod prediction;
mod read_report;
mod reading;
mod record;
pub mod release;
mod release_row;
mod row_header;
pub mod sample;
mod scan;
mod script;
mod segmentation;
mod segmentations;
mod selection;
pub mod slurp;
pub mod spreadsheet;
pub mod stats;
pub mod table;
mod tar_names;
mod text_form;
pub mod usage;
pub mod utterance;
mod utterance_id;
pub mod validate;
mod white_space;
pub mod words;

pub use annotation::{Annotation, AnnotationError, Slot, grapheme_span};
pub use blocks::OnProgress;
pub use corpus::Corpus;
pub use corpus_source::CorpusSource;
pub use error::{Error, Place, Result};
pub use forms::{FormNote, FormOptions, Losses, Recognised};
pub use input::{MAX_EXPANSION, MAX_LINE};
pub use judgment_filter::{JudgedScore, JudgmentFilter};
pub use label_map::LabelMap;
pub use labels::{Intent, Label, LabelPolicy, OTHER, Scenario, SlotName, UnknownLabel};
pub use language_facts::{Politeness, WordOrder};
pub use locale::Locale;
pub use locale_choice::{ChosenLocales, LocaleChoice};
pub use locale_filter::{LocaleFilter, LocalePatterns};
pub use locale_set::LocaleSet;
pub use numbers::grouped;
pub use partition::Partition;
pub use prediction::{
    OpenCorpus, PredictedSlots, Prediction, PredictionDetails, PredictionFiles, PredictionForm,
    WordPrediction,
};
pub use read_report::{BadLines, LinePlace, ReadReport};
pub use reading::{Matching, Reading};
pub use script::{Direction, Script};
pub use segmentation::Segmentation;
pub use segmentations::Segmentations;
pub use selection::{Detail, Selection};
pub use utterance::{
    Gold, JudgedLanguage, Judgment, Method, Review, SlotMethod, SlotSpan, Utterance,
};
pub use utterance_id::UtteranceId;
pub use words::{Chunk, LabelMode, LabelledWord, chunks};
