//! Scores for intent-and-slot predictions on MASSIVE.
//!
//! # The way of a score
//!
//! A [`Submission`] holds a system's predictions → [`pairing`] joins them with
//! the selected rows of a corpus → [`alignment`] brings predicted labels onto
//! the gold words → [`counts`] says what was right in each utterance →
//! sums of counts become [`metrics`], and resampled sums their [`interval`]s →
//! a [`ScoreDocument`] holds all of it. No rendering is in this crate: `massive-report`
//! makes tables, plots and pages of documents.
//!
//! Several submissions are scored in one pass, and a [`CompareDocument`] holds
//! each against a baseline: [`comparison`] takes their differences,
//! [`randomisation`] and [`significance`] say which of them chance may explain.
//!
//! A [`ReportDocument`] gathers scores, comparison and every utterance that is
//! wrong.
//!
//! A metric is counts and a fold: a locale, a group of languages, a resample
//! and the whole are the same computation on different sums.
//!
//! ```
//! use massive_data::{Corpus, LabelMode, Partition, PredictionFiles, Selection};
//! use massive_eval::{Bootstrap, Evaluation, MissingRows, Submission};
//!
//! let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let files = PredictionFiles::open(&[format!("{fixtures}/predictions/good.jsonl").into()])?;
//! let (submission, bad_lines) = Submission::read(&files)?;
//! assert_eq!(bad_lines.count, 0);
//!
//! let partition = Partition::Test;
//! let corpus = Corpus::open(fixtures)?
//!     .select(Selection { locales: submission.locales(), partition: Some(partition) });
//! let evaluation = Evaluation::run(
//!     &corpus, &submission, partition, LabelMode::Reference, MissingRows::Error,
//! )?;
//! let document = evaluation.document(Some(Bootstrap::default()), &[]);
//! assert_eq!(document.coverage.locales_scored, 51);
//! assert!(document.all.intent_acc.unwrap().value > 0.8);
//! # Ok::<(), massive_eval::Error>(())
//! ```

pub mod alignment;
pub mod analysis;
pub mod breakdown;
pub mod check;
pub mod comparison;
pub mod counts;
pub mod document;
pub mod error;
pub mod errors;
pub mod evaluation;
pub mod frame;
pub mod interval;
pub mod leaderboard;
pub mod metrics;
pub mod pairing;
pub mod randomisation;
pub mod report;
pub mod significance;
pub mod slot_errors;
pub mod slu_f1;
pub mod slurp_score;
pub mod submission;

pub use analysis::{Analysis, AnalysisOptions};
pub use breakdown::Breakdown;
pub use check::CheckReport;
pub use comparison::{CompareDocument, CompareOptions};
pub use counts::{Counts, UtteranceCounts};
pub use document::{Grouping, ScoreDocument};
pub use error::{Error, Result};
pub use errors::ErrorsDocument;
pub use evaluation::{Evaluation, MissingRows};
pub use interval::Bootstrap;
pub use metrics::{Metric, Predicted};
pub use randomisation::Randomisation;
pub use report::{ReportDocument, ReportOptions};
pub use slot_errors::{ClassCounts, SlotClass, SlotMatch};
pub use submission::Submission;

/// The example in the documentation of the metrics.
#[cfg(doctest)]
#[doc = include_str!("../../docs/metrics.md")]
pub struct MetricsDocumentation;

/// The examples in the documentation of the errors.
#[cfg(doctest)]
#[doc = include_str!("../../docs/errors.md")]
pub struct ErrorsDocumentation;
