//! Intent-and-slot models on the MASSIVE corpus.
//!
//! A folder with an ONNX graph, a tokenizer and label maps becomes predictions:
//!
//! ```
//! use massive_data::{Locale, UtteranceId};
//! use massive_models::engine::{Builtin, SessionOptions};
//! use massive_models::folder::{Choice, ModelFolder};
//! use massive_models::predictor::{Extras, Model, Question};
//!
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/tiny");
//! let folder = ModelFolder::open(path.as_ref(), &Choice::default())?;
//! let model = massive_models::encoder_model(&folder, Extras::default()).unwrap();
//! let mut predictor = model.predictor(&Builtin, &SessionOptions::default())?;
//!
//! let words = ["will", "it", "rain", "in", "lisbon"].map(Box::from).to_vec();
//! let question = Question { id: UtteranceId::from(1), locale: Locale::EN_US, words };
//! let parses = predictor.predict(&[model.prepare(question)?])?;
//! assert_eq!(parses[0].intent.as_deref(), Some("weather_query"));
//! let labels = parses[0].labels.as_ref().unwrap();
//! assert_eq!(labels[4].as_ref().unwrap().as_str(), "place_name");
//! # Ok::<(), massive_models::Error>(())
//! ```
//!
//! # The way of an utterance
//!
//! [`folder`] recognises what is in a model's folder and checks it → [`tokenize`]
//! turns words into ids → [`batch`] puts utterances of like length together →
//! an [`engine`] runs the graphs: ONNX Runtime, which [`runtime`] finds, or the
//! built-in one → [`heads`] (joint models, pairs, models of one task) or
//! [`text_to_text`] turn logits into an intent and a label a word → [`predict`]
//! does all of it at the same time, over a corpus of any size, and hands out
//! answers in the order of the questions.
//!
//! Everything that can answer is a [`Model`](predictor::Model) whose loaded form
//! is a [`Predictor`](predictor::Predictor); the pipeline knows nothing else.

pub mod batch;
pub mod device;
pub mod digest;
pub mod engine;
pub mod error;
pub mod folder;
pub mod graph;
pub mod heads;
pub mod predict;
pub mod predictor;
pub mod reference_text;
pub mod runtime;
pub mod text_to_text;
pub mod tokenize;

pub use device::Device;
pub use error::{Error, Result};
pub use heads::encoder_model;
