//! How a model is trained.

use crate::intent_training::IntentSettings;
use crate::slot_features::WordKind;
use crate::slot_training::SlotSettings;

/// How a model is trained. The values of [`Settings::default`] were chosen on
/// dev rows of six locales.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// What the orders of the rows are drawn from.
    pub seed: u64,
    /// Intents: the cost of an error against that of large weights.
    pub cost: f32,
    /// Slots: most passes over the rows.
    pub passes: usize,
    /// Slots: perceptrons that see the rows in different orders; the model is their
    /// mean.
    pub voters: usize,
    /// Intents: the most rows of weights that are kept, the weightiest first.
    pub most_rows: usize,
    /// Intents: the most features that are kept, the weightiest first.
    pub most_features: usize,
    /// Whether an intent or slot may have a single example.
    pub rare: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            seed: 1,
            cost: 0.5,
            passes: 8,
            voters: 3,
            most_rows: 50_000,
            most_features: 250_000,
            rare: false,
        }
    }
}

impl Settings {
    pub(crate) fn intents(&self) -> IntentSettings {
        IntentSettings {
            cost: self.cost,
            passes: 20,
            tolerance: 0.3,
            most_rows: self.most_rows,
            most_features: self.most_features,
            seed: self.seed,
        }
    }

    /// How the perceptron of this number is trained.
    pub(crate) fn slots(&self, kind: WordKind, voter: usize) -> SlotSettings {
        let seed = self.seed.wrapping_add((voter as u64) << 32);
        SlotSettings { margin: 1.0, kind, seed }
    }
}
