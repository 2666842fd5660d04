//! Language models behind endpoints, over the MASSIVE corpus.
//!
//! A [`Row`](row::Row) and its [shots] become a prompt by a
//! [`Template`](prompt::Template); an [`Endpoint`](endpoint::Endpoint) is asked,
//! within [limits](budget::Limits); the reply goes to a [log], on disk
//! before anything more is asked. What it says is [read](reply::read) from the
//! log, when the run is over or at any later time: [`replay`](replay::replay)
//! gives predictions, as any other model's, and a [block](usage::UsageBlock) of
//! tokens, money and time.

pub mod audit;
pub mod budget;
pub mod endpoint;
pub mod error;
#[cfg(feature = "fake")]
pub mod fake;
pub mod form;
pub mod log;
pub mod predictor;
pub mod prompt;
pub mod replay;
pub mod reply;
pub mod response;
pub mod row;
pub mod run;
pub mod shots;
mod stream;
pub mod usage;

pub use error::{Error, ErrorKind, Result};
pub use stream::MAX_REPLY;
