//! Predictions as lines.

use std::io::{self, Write};

use massive_data::{PredictionDetails, PredictionForm, WordPrediction};
use massive_models::predict::Answer;

/// Which words predictions hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// Those of the utterance.
    Own,
    /// Those that the reference would write.
    Reference,
}

/// Writes an answer as a line.
pub(crate) fn write(answer: &Answer, form: TextForm, out: &mut impl Write) -> io::Result<()> {
    let (question, parse) = (&answer.question, &answer.parse);
    let own: Vec<&str> = question.words.iter().map(|word| &**word).collect();
    let mut details = PredictionDetails::default();
    let words = match (form, &parse.words) {
        (TextForm::Reference, Some(words)) => {
            details.utt = Some(own);
            words.iter().map(String::as_str).collect()
        }
        _ => own,
    };
    if let Some(scores) = &parse.scores {
        details.intent_score = scores.intent;
        details.intent_margin = scores.margin;
        details.slot_scores = scores.slots.as_deref();
    }
    WordPrediction {
        id: question.id.clone(),
        locale: question.locale,
        words,
        intent: parse.intent.as_deref(),
        labels: parse.labels.as_ref().map(|labels| labels.iter().map(Option::as_ref).collect()),
    }
    .write_with(PredictionForm::Reference, &details, out)
}
