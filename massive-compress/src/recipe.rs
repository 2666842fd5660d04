//! What is to be done to a model.

use serde::{Deserialize, Serialize};

use crate::quantize::Weights;

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Keep the pieces that the train partition uses, and no other.
    pub trim_vocabulary: bool,
    /// How weights are stored; as they are if this is absent.
    pub weights: Option<Weights>,
}
