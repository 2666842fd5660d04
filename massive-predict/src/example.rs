//! What a prediction is wanted for.

use std::fmt;

use massive_data::words::words;
use massive_data::{Locale, Utterance, UtteranceId};

/// An utterance that wants a prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// Its id.
    pub id: UtteranceId,
    /// Its locale.
    pub locale: Locale,
    /// Its text, as the corpus has it under `utt`.
    pub text: Box<str>,
    /// Its words, as the reference cuts them: what labels are given to.
    pub words: Vec<Box<str>>,
}

impl Example {
    /// The example that a row of the corpus is.
    pub fn of(utterance: &Utterance<'_>) -> Self {
        Example {
            id: utterance.id().clone(),
            locale: utterance.locale(),
            text: utterance.utt().into(),
            words: utterance.words().into_iter().map(Box::from).collect(),
        }
    }

    /// A text, cut into words as its locale wants it.
    pub fn from_text(id: UtteranceId, locale: Locale, text: &str) -> Self {
        let words = words(text, locale.segmentation()).into_iter().map(Box::from).collect();
        Example { id, locale, text: text.into(), words }
    }
}

impl fmt::Display for Example {
    /// Locale and id, for messages.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.locale, self.id)
    }
}
