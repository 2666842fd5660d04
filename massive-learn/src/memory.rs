//! Memories: rows that are kept as they are, and found again by what they share
//! with an utterance. Nothing is trained, so that a row added is known at the next
//! prediction.
//!
//! The neighbours of an utterance vote for its intent; its slots are those of the
//! neighbours' words that stand in the place of its own, and of values seen
//! before. The idea is that of MATTER (Lee et al. 2024, "MATTER: Memory-Augmented
//! Transformer Using Heterogeneous Knowledge Sources"): rows of a corpus,
//! descriptions of labels and rows of one's own lie side by side.

pub(crate) mod align;
pub(crate) mod explain;
pub(crate) mod index;
pub(crate) mod locale_memory;
pub(crate) mod rejection;
pub(crate) mod rows;
pub(crate) mod values;
pub(crate) mod vote;
