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
    /// Slots: the most weights that are kept, the weightiest first.
    pub most_slot_weights: usize,
    /// About how many bytes a model's file may have: half of them for intents, half
    /// for slots.
    pub bytes: Option<usize>,
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
            most_slot_weights: usize::MAX,
            bytes: None,
            rare: false,
        }
    }
}

/// Bytes that a file has whatever the features: names and steps from tag to tag.
const NAMES: usize = 10_000;

impl Settings {
    /// The same, with what is kept of a model of so many intents as
    /// [`Settings::bytes`] demands. A feature of intents is taken to have its own row
    /// of weights, a weight of slots to need 6 bytes.
    pub(crate) fn limited(self, intents: usize) -> Settings {
        let Some(bytes) = self.bytes else { return self };
        let half = bytes.saturating_sub(NAMES) / 2;
        let features = half / (intents + 12);
        Settings {
            most_rows: self.most_rows.min(features),
            most_features: self.most_features.min(features),
            most_slot_weights: self.most_slot_weights.min(half / 6),
            ..self
        }
    }

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
