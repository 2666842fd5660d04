//! A prediction and its slots.

use std::borrow::Cow;

use super::annotation::{PredictedLabels, read_annotation};
use crate::labels::SlotName;
use crate::locale::Locale;
use crate::segmentation::Segmentation;
use crate::utterance_id::UtteranceId;

/// One prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prediction<'a> {
    /// The id of the utterance.
    pub id: UtteranceId,
    /// Its locale.
    pub locale: Locale,
    /// The predicted intent, any name; `None` if the model predicts none.
    pub intent: Option<Cow<'a, str>>,
    /// The predicted slots; `None` if the model predicts none.
    pub slots: Option<PredictedSlots<'a>>,
}

/// Predicted slots, as the file has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PredictedSlots<'a> {
    /// An annotated text. Its words are what is aligned with the gold words.
    Annotation(Cow<'a, str>),
    /// One label a word, `None` being outside every slot.
    Labels {
        /// The labels.
        labels: Vec<Option<SlotName>>,
        /// The words that they belong to, where the file gives as many.
        words: Option<Vec<String>>,
    },
}

impl PredictedSlots<'_> {
    /// The words and labels, for an utterance cut in this way.
    pub fn labels(&self, segmentation: Segmentation) -> PredictedLabels<'_> {
        match self {
            PredictedSlots::Annotation(text) => read_annotation(text, segmentation),
            PredictedSlots::Labels { labels, words } => PredictedLabels {
                words: words.as_ref().map(|words| words.iter().map(String::as_str).collect()),
                labels: labels.clone(),
                malformed: false,
                marked: false,
            },
        }
    }

    /// The same slots, owning their texts.
    pub fn into_owned(self) -> PredictedSlots<'static> {
        match self {
            PredictedSlots::Annotation(text) => {
                PredictedSlots::Annotation(Cow::Owned(text.into_owned()))
            }
            PredictedSlots::Labels { labels, words } => PredictedSlots::Labels { labels, words },
        }
    }
}
