//! What people ask for by the names of files: typed requests, typed outcomes.
//!
//! A request says which predictions are held against which [`Rows`] → it is run,
//! and a [`ReadingObserver`] learns of what is read → its outcome holds what was
//! found out, or an [`Error`](crate::Error) with the [`Obstacle`]s says why
//! nothing was. What is done with an outcome, and how it is shown, is up to
//! whoever asked: a command, a server, a notebook.
//!
//! ```
//! use massive_data::Partition;
//! use massive_eval::Metric;
//! use massive_eval::request::{Rows, ScoreRequest, Silent};
//!
//! let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
//! let request = ScoreRequest::new(
//!     vec![format!("{fixtures}/predictions/good.jsonl").into()],
//!     Rows::all(fixtures, Partition::Test),
//! );
//! let scored = request.run(&Silent)?;
//! assert!(scored.document().all.score(Metric::IntentAccuracy).unwrap().value > 0.8);
//! # Ok::<(), massive_eval::Error>(())
//! ```

mod analysis;
mod check;
mod compare;
mod observer;
mod obstacle;
mod read;
mod report;
mod rows;
mod score;
mod unfit;

pub use analysis::{Analysed, AnalysisRequest};
pub use check::CheckRequest;
pub use compare::{CompareRequest, Compared};
pub use observer::{Reading, ReadingObserver, Silent};
pub use obstacle::{Obstacle, Unfit, UnknownRows};
pub use report::{ReportRequest, Reported};
pub use rows::Rows;
pub use score::{ScoreRequest, Scored};
