//! Intent-and-slot models on the MASSIVE corpus.

pub mod device;
pub mod engine;
pub mod error;
pub mod text_to_text;

pub use device::Device;
pub use error::{Error, Result};
