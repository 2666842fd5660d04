//! What is to be done to a model.

use serde::{Deserialize, Serialize};

use crate::compensate::Compensation;
use crate::prune::{Method, Prune};
use crate::quantize::Weights;

/// What is to be done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Keep the pieces that the train partition uses, and no other.
    pub trim_vocabulary: bool,
    /// How weights are stored; as they are if this is absent.
    pub weights: Option<Weights>,
    /// Which weights become zero.
    #[serde(default)]
    pub prune: Option<Prune>,
    /// The low-rank term that makes up for what rounding and zeros lose.
    #[serde(default)]
    pub compensate: Option<Compensation>,
}

impl Recipe {
    /// Whether it cannot be followed without calibration text.
    pub fn needs_activations(&self) -> bool {
        self.prune.is_some_and(|how| how.method == Method::Wanda)
            || self.compensate.is_some_and(|how| how.init.needs_activations())
    }

    /// Whether it changes weights, beside leaving out rows of tables.
    pub fn changes_weights(&self) -> bool {
        self.weights.is_some() || self.prune.is_some() || self.compensate.is_some()
    }
}
