//! What a predictor says about an example.

use std::sync::Arc;
use std::time::Duration;

use massive_data::SlotName;

use crate::example::Example;

/// What a predictor says about an example.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    /// The intent; `None` if it predicts none.
    pub intent: Option<Arc<str>>,
    /// A label for each word, `None` outside every slot; `None` as a whole if it
    /// predicts no slots.
    pub labels: Option<Vec<Option<SlotName>>>,
    /// The words as the model saw them, where [`Extras::words`] asks for them.
    pub words: Option<Vec<String>>,
    /// How sure it is, where [`Extras::scores`] asks for it.
    pub scores: Option<Scores>,
    /// What a model that writes text wrote, where it is kept.
    pub raw: Option<Box<str>>,
    /// What the prediction cost, where that is known.
    pub usage: Option<Usage>,
    /// Words that did not fit into the model; they are outside every slot.
    pub truncated: usize,
    /// True if a text that the model wrote is not of the expected form.
    pub malformed: bool,
}

/// How sure a predictor is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// The probability of the intent, 0 to 1.
    pub intent: Option<f64>,
    /// How much more probable it is than the next one.
    pub margin: Option<f64>,
    /// For each slot over words, in order, the mean probability of its words'
    /// labels.
    pub slots: Option<Vec<f64>>,
    /// The most probable intents with their probabilities, the best first; as
    /// many as [`Extras::top_intents`] asks for, where the predictor can say.
    pub top_intents: Vec<(Arc<str>, f64)>,
}

/// What a prediction cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens that were read.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// From asking to the whole answer.
    pub latency: Duration,
}

/// What is wanted besides intents and labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// [`Prediction::scores`].
    pub scores: bool,
    /// [`Prediction::words`].
    pub words: bool,
    /// How many of [`Scores::top_intents`].
    pub top_intents: usize,
}

/// An example and what was predicted for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Predicted {
    /// The example.
    pub example: Example,
    /// The prediction.
    pub prediction: Prediction,
}
