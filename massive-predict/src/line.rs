//! Predictions as lines.

use std::io::{self, Write};

use massive_data::{PredictionDetails, PredictionForm, WordPrediction};

use crate::prediction::Predicted;

/// Which words a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LineWords {
    /// Those of the utterance.
    #[default]
    Own,
    /// Those that the reference would write: [`Prediction::words`](crate::Prediction::words)
    /// where they are there, with the utterance's own beside them.
    Reference,
}

/// Writes a prediction as one line of JSON.
///
/// # Errors
/// Those of `out`, and [`io::ErrorKind::InvalidInput`] if words and labels differ
/// in number.
pub fn write(predicted: &Predicted, form: LineWords, out: &mut impl Write) -> io::Result<()> {
    let (example, prediction) = (&predicted.example, &predicted.prediction);
    let own: Vec<&str> = example.words.iter().map(|word| &**word).collect();
    let mut details = PredictionDetails::default();
    let words = match (form, &prediction.words) {
        (LineWords::Reference, Some(words)) => {
            details.utt = Some(own);
            words.iter().map(String::as_str).collect()
        }
        _ => own,
    };
    if let Some(scores) = &prediction.scores {
        details.intent_score = scores.intent;
        details.intent_margin = scores.margin;
        details.slot_scores = scores.slots.as_deref();
        details.intent_scores =
            scores.top_intents.iter().map(|(name, score)| (&**name, *score)).collect();
    }
    let labels = prediction.labels.as_ref();
    WordPrediction {
        id: example.id.clone(),
        locale: example.locale,
        words,
        intent: prediction.intent.as_deref(),
        labels: labels.map(|labels| labels.iter().map(Option::as_ref).collect()),
    }
    .write_with(PredictionForm::Reference, &details, out)
}
