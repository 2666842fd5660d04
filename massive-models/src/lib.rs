//! Intent-and-slot models on the MASSIVE corpus.
//!
//! A folder with an ONNX graph, a tokenizer and label maps becomes predictions:
//!
//! ```
//! use std::sync::Arc;
//!
//! use massive_models::OnnxPredictor;
//! use massive_models::engine::{Builtin, SessionOptions};
//! use massive_models::folder::{Choice, ModelFolder};
//! use massive_predict::{Example, Extras, predict_all};
//!
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/tiny");
//! let folder = ModelFolder::open(path.as_ref(), &Choice::default())?;
//! let model = massive_models::encoder_model(&folder, Extras::default()).unwrap();
//! let predictor =
//!     OnnxPredictor::new(Box::new(model), Arc::new(Builtin), SessionOptions::default());
//!
//! let text = "will it rain in lisbon";
//! let example = Example::from_text("1".parse()?, "en-US".parse()?, text);
//! let predictions = predict_all(&predictor, vec![example])?;
//! assert_eq!(predictions[0].intent.as_deref(), Some("weather_query"));
//! let labels = predictions[0].labels.as_ref().unwrap();
//! assert_eq!(labels[4].as_ref().unwrap().as_str(), "place_name");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The way of an utterance
//!
//! [`folder`] recognises what is in a model's folder and checks it → [`tokenize`]
//! turns its words or its text into ids → an [`engine`] runs the graphs: ONNX
//! Runtime, which [`runtime`] finds, or the built-in one → [`heads`] (joint
//! models, pairs, models of one task) or [`text_to_text`] turn logits into an
//! intent and a label a word. Batches, threads and files are the business of
//! [`massive_predict`], to which each of these is a
//! [`Predictor`](massive_predict::Predictor).
//!
//! # ONNX Runtime and telemetry
//!
//! As it is loaded, ONNX Runtime queues a telemetry event and writes an id of the
//! device into the user's cache, unless `ORT_DISABLE_TELEMETRY=1` is in the
//! environment by then. The program `massive` sets it at its start; other
//! programs should do so too, before they start a thread.

pub mod device;
pub mod digest;
pub mod engine;
pub mod error;
pub mod folder;
pub mod graph;
pub mod guard;
pub mod heads;
pub mod model;
pub mod reference_text;
pub mod runtime;
pub mod text_to_text;
pub mod tokenize;

pub use device::Device;
pub use error::{Error, Result};
pub use heads::encoder_model;
pub use model::OnnxPredictor;
