//! What a model said about an utterance, in all the forms that files have.
//!
//! A prediction names its utterance by locale and id and has an intent, slots,
//! or both. Slots stand in an annotation or in a list with one label a word.
//! Predicted labels are always read bracket by bracket, in every locale: only
//! gold labels leak (see [`LabelMode`](crate::LabelMode)).

mod annotation;
mod files;
mod intent_scores;
mod line;
mod model;
mod reference;
mod writing;

pub(crate) use annotation::has_marks;
pub use annotation::{PredictedLabels, predicted_label, read_annotation};
pub use files::{OpenCorpus, PredictionFiles};
pub use line::parse_prediction;
pub use model::{PredictedSlots, Prediction};
pub use writing::{PredictionDetails, PredictionForm, WordPrediction};
