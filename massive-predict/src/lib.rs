//! From utterances to predictions, whatever makes them.
//!
//! ```text
//! Corpus ─► Example ─► Predictor::encode ─► batches of like length ─► Worker::predict ─► Prediction ─► line
//!              any thread, in parallel                 one worker a thread          in the order of the rows
//! ```
//!
//! A [`Predictor`] is anything that turns examples into predictions: an ONNX
//! graph, a linear model, a memory of training data, an endpoint, a function
//! ([`predictor::from_fn`]). [`pipeline`] runs one over examples of any number,
//! with memory that does not grow with them; [`corpus`] runs one over a corpus
//! and writes lines, into a [`Journal`] if the run is to survive an interruption.
//! The result depends neither on the number of threads nor on the batches.
//!
//! ```
//! use massive_predict::{Example, Prediction, predict_all, predictor};
//!
//! let rain = predictor::from_fn(|example: &Example| {
//!     let rains = example.words.iter().any(|word| &**word == "rain");
//!     let intent = if rains { "weather_query" } else { "general_quirky" };
//!     Ok(Prediction { intent: Some(intent.into()), ..Prediction::default() })
//! });
//! let example = Example::from_text("1".parse()?, "en-US".parse()?, "will it rain in lisbon");
//! let predictions = predict_all(&rain, vec![example])?;
//! assert_eq!(predictions[0].intent.as_deref(), Some("weather_query"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod atomic;
pub mod batch;
pub mod corpus;
pub mod error;
mod example;
pub mod journal;
pub mod line;
pub mod merge;
pub mod pipeline;
mod prediction;
pub mod predictor;
mod shard;

pub use error::{Error, ErrorKind, Result};
pub use example::Example;
pub use journal::{Fingerprint, Journal};
pub use prediction::{Extras, Predicted, Prediction, Scores, Usage};
pub use predictor::{Encoded, Predictor, Worker, predict_all};
pub use shard::Shard;
