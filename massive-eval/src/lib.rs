//! Scores for intent-and-slot predictions on MASSIVE.
pub mod alignment;
pub mod counts;
pub mod document;
pub mod error;
pub mod evaluation;
pub mod interval;
pub mod metrics;
pub mod pairing;
pub mod submission;
