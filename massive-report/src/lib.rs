//! Scores of intent-and-slot predictions for readers: tables in a terminal,
//! Markdown, LaTeX, CSV and spreadsheets, plots, pages for a browser, and the
//! pages of a leaderboard.
//!
//! Whatever is shown is a document of [`massive_eval`] first, and what is here
//! only shows it: no figure is computed in this crate. A document that was read
//! from a file is shown as well as one that was just made:
//!
//! ```
//! use massive_data::{Corpus, LabelMode, Partition, PredictionFiles, Selection};
//! use massive_eval::{Evaluation, MissingRows, ScoreOptions, Submission};
//! use massive_report::table::TableOptions;
//! use massive_report::{SortBy, markdown, table};
//!
//! let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let files = PredictionFiles::open(&[format!("{fixtures}/predictions/good.jsonl").into()])?;
//! let (submission, _) = Submission::read(&files)?;
//! let partition = Partition::Test;
//! let corpus = Corpus::open(fixtures)?
//!     .select(Selection { locales: submission.locales().clone().into(), partition: Some(partition) });
//! let evaluation = Evaluation::run(
//!     &corpus, &submission, partition, LabelMode::Reference, MissingRows::Error,
//! )?;
//! let document = evaluation.document(&ScoreOptions::default());
//!
//! let shown = markdown::render(&document, SortBy::Locale);
//! assert!(shown.contains("| sw-KE |"));
//! let options = TableOptions { width: 80, colour: false, sort: SortBy::Locale };
//! assert!(table::render(&document, options).contains("sw-KE"));
//! # Ok::<(), massive_eval::Error>(())
//! ```
//!
//! Two parts cost much to compile and can be left out: feature `png` (plots as
//! pixels) and feature `xlsx` (workbooks). Both are on by default; without them
//! their functions say that they are missing.

pub mod comparison;
pub mod csv;
pub mod curve;
pub mod errors;
pub mod evalai;
pub mod html;
pub mod latex;
pub mod leaderboard;
pub mod markdown;
pub mod plot;
mod rows;
pub mod sheet;
pub mod short;
pub mod table;
pub mod usage;
#[cfg_attr(not(feature = "xlsx"), path = "xlsx_absent.rs")]
pub mod xlsx;

pub use rows::{SortBy, grouped, percent as percent_of, problem_lines};
