//! Intent-and-slot models on the MASSIVE corpus.

pub mod batch;
pub mod device;
pub mod digest;
pub mod engine;
pub mod error;
pub mod folder;
pub mod heads;
pub mod predict;
pub mod predictor;
pub mod reference_text;
pub mod runtime;
pub mod text_to_text;
pub mod tokenize;

pub use device::Device;
pub use error::{Error, Result};
