//! Intent-and-slot models on the MASSIVE corpus.

pub mod device;
pub mod engine;
pub mod error;
pub mod folder;
pub mod reference_text;
pub mod tokenize;

pub use device::Device;
pub use error::{Error, Result};
