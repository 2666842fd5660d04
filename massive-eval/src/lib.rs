//! Scores for intent-and-slot predictions on MASSIVE.
//!
//! # The way of a score
//!
//! A [`Submission`] holds a system's predictions → [`pairing`] joins them with
//! the selected rows of a corpus → [`alignment`] brings predicted labels onto
//! the gold words → [`counts`] says what was right in each utterance →
//! sums of counts become [`metrics`], and what each source adds to them their
//! [`interval`]s → a [`ScoreDocument`] holds all of it. No rendering is in this
//! crate: `massive-report` makes tables, plots and pages of documents.
//!
//! Several submissions are scored in one pass, and a [`CompareDocument`] holds
//! each against a baseline: [`comparison`] takes their differences,
//! [`randomisation`] and [`significance`] say which of them chance may explain.
//!
//! A [`ReportDocument`] gathers scores, comparison and every utterance that is
//! wrong.
//!
//! [`request`] has all of it by the names of files, as the commands ask for it: typed
//! requests, typed outcomes, and [`request::Obstacle`]s where nothing can be scored.
//!
//! A metric is [`columns`] of counts and a fold: a locale, a group of languages, a resample
//! and the whole are the same computation on different sums.
//!
//! ```
//! use massive_data::{Corpus, LabelMode, Partition, PredictionFiles, Selection};
//! use massive_eval::{Evaluation, Metric, MissingRows, ScoreOptions, Submission};
//!
//! let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let files = PredictionFiles::open(&[format!("{fixtures}/predictions/good.jsonl").into()])?;
//! let (submission, bad_lines) = Submission::read(&files)?;
//! assert_eq!(bad_lines.count, 0);
//!
//! let partition = Partition::Test;
//! let corpus = Corpus::open(fixtures)?
//!     .select(Selection { locales: submission.locales().clone().into(), partition: Some(partition) });
//! let evaluation = Evaluation::run(
//!     &corpus, &submission, partition, LabelMode::Reference, MissingRows::Error,
//! )?;
//! let document = evaluation.document(&ScoreOptions::default());
//! assert_eq!(document.coverage.locales_scored, 51);
//! assert!(document.all.score(Metric::IntentAccuracy).unwrap().value > 0.8);
//! # Ok::<(), massive_eval::Error>(())
//! ```
//!
//! # Rows in memory, in any language
//!
//! Files are one source of rows among others. [`score_row`] counts what is right in
//! one row, [`Evaluation::from_rows`] adds rows up that were counted anywhere, in any
//! order and grouping; a locale is any BCP 47 tag, a made-up one too:
//!
//! ```
//! use massive_data::{LabelMode, LabelPolicy, Partition, PredictedSlots, Prediction, Utterance};
//! use massive_eval::evaluation::Settings;
//! use massive_eval::{Evaluation, Metric, ScoreOptions, score_row};
//!
//! let gold = Utterance::from_json(
//!     r#"{"id": "q-7", "locale": "qtz-ZZ", "partition": "test", "scenario": "fleet",
//!         "intent": "fleet_dock", "utt": "vel tarn osk", "annot_utt": "vel [bay : tarn osk]",
//!         "worker_id": "0", "slot_method": [], "judgments": []}"#,
//!     LabelPolicy::Open,
//! )?;
//! let prediction = Prediction {
//!     id: gold.id().clone(),
//!     locale: gold.locale(),
//!     intent: Some("fleet_dock".into()),
//!     slots: Some(PredictedSlots::Annotation("vel tarn [bay : osk]".into())),
//! };
//! let row = score_row(&gold, Some(&prediction), LabelMode::Reference)?;
//! assert_eq!((row.counts.slots.gold, row.counts.slots.correct), (1, 0));
//!
//! let evaluation = Evaluation::from_rows(Settings::reference(Partition::Test), [row])?;
//! let document = evaluation.document(&ScoreOptions::default());
//! let value = |metric| document.locales["qtz-ZZ"].metric(metric).unwrap().value;
//! assert_eq!((value(Metric::IntentAccuracy), value(Metric::SlotMicroF1)), (1.0, 0.0));
//! # Ok::<(), massive_eval::Error>(())
//! ```

pub mod alignment;
pub mod analysis;
pub mod bootstrap;
pub mod breakdown;
pub mod check;
pub mod clusters;
pub mod columns;
pub mod comparison;
pub mod counts;
pub mod counts_file;
pub mod counts_header;
pub mod counts_parts;
pub mod counts_table;
pub mod document;
pub mod error;
pub mod errors;
pub mod evaluation;
pub mod frame;
pub mod gold_rows;
pub mod interval;
mod intervals;
mod known_names;
pub mod leaderboard;
pub mod metrics;
pub mod misreading;
pub mod pairing;
pub mod per_metric;
pub mod randomisation;
pub mod report;
pub mod request;
mod row_columns;
pub mod row_counts;
pub mod signature;
pub mod significance;
pub mod slot_errors;
pub mod slu_counting;
pub mod slu_f1;
pub mod slurp_score;
pub mod submission;
pub mod toll;
pub mod wilson;

pub use analysis::{Analysis, AnalysisOptions};
pub use bootstrap::Bootstrap;
pub use breakdown::Breakdown;
pub use check::CheckReport;
pub use comparison::{CompareDocument, CompareOptions};
pub use counts::{ChunkRule, Counts, UtteranceCounts};
pub use counts_header::CountsHeader;
pub use counts_parts::CountsPart;
pub use document::{Grouping, ScoreDocument, ScoreOptions};
pub use error::{Error, Result};
pub use errors::ErrorsDocument;
pub use evaluation::{Evaluation, MissingRows};
pub use gold_rows::GoldRows;
pub use interval::Interval;
pub use metrics::{Metric, Predicted};
pub use per_metric::PerMetric;
pub use randomisation::Randomisation;
pub use report::{ReportDocument, ReportOptions};
pub use row_counts::{RowCounts, score_row};
pub use signature::{Signature, SignatureDifference};
pub use slot_errors::{ClassCounts, SlotClass, SlotMatch};
pub use submission::Submission;

/// The example in the documentation of the metrics.
#[cfg(doctest)]
#[doc = include_str!("../docs/metrics.md")]
pub struct MetricsDocumentation;

/// The examples in the documentation of the errors.
#[cfg(doctest)]
#[doc = include_str!("../docs/errors.md")]
pub struct ErrorsDocumentation;
