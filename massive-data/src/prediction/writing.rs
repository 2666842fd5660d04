//! Predictions as they are written.

use std::io::{self, Write};

use serde::Serialize;

use crate::json::to_python_json;
use crate::labels::{OTHER, SlotName};
use crate::locale::Locale;
use crate::utterance_id::UtteranceId;
use crate::words::chunks;

/// The form in which a prediction is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PredictionForm {
    /// As the reference writes it: `pred_slots` and `pred_annot_utt`.
    #[default]
    Reference,
    /// With one label a word: `pred_labels`.
    Labels,
}

/// A prediction over words, to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WordPrediction<'a> {
    /// The id of the utterance.
    pub id: UtteranceId,
    /// Its locale.
    pub locale: Locale,
    /// Its words.
    pub words: Vec<&'a str>,
    /// The predicted intent, if any.
    pub intent: Option<&'a str>,
    /// The predicted label of each word, if slots were predicted.
    pub labels: Option<Vec<Option<&'a SlotName>>>,
}

/// What a line may say besides a prediction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PredictionDetails<'a> {
    /// What stands under `utt`, where that is not the prediction's words: the
    /// reference writes the utterance's own there, and words rebuilt from the
    /// model's vocabulary into the slots.
    pub utt: Option<Vec<&'a str>>,
    /// The probability of the intent.
    pub intent_score: Option<f64>,
    /// How much more probable it is than the next one.
    pub intent_margin: Option<f64>,
    /// The mean probability of each slot's labels, in the order of the slots.
    pub slot_scores: Option<&'a [f64]>,
    /// The most probable intents with their probabilities, the best first; left
    /// out where there are none.
    pub intent_scores: Vec<(&'a str, f64)>,
}

/// A line as it is written.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    locale: &'a str,
    utt: &'a [&'a str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_intent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_slots: Option<Vec<(String, &'a str)>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_annot_utt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_labels: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_intent_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_intent_margin: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pred_slot_scores: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pred_intent_scores: Vec<(&'a str, f64)>,
}

impl WordPrediction<'_> {
    /// Writes the prediction as one line.
    ///
    /// # Errors
    /// Those of `out`, and [`io::ErrorKind::InvalidInput`] if words and labels
    /// differ in number.
    pub fn write(&self, form: PredictionForm, out: &mut impl Write) -> io::Result<()> {
        self.write_with(form, &PredictionDetails::default(), out)
    }

    /// Writes the prediction as one line, with details; how sure the model is
    /// goes to the fields `pred_intent_score`, `pred_intent_margin`,
    /// `pred_slot_scores` and `pred_intent_scores`, rounded to six digits.
    ///
    /// # Errors
    /// As [`WordPrediction::write`].
    pub fn write_with(
        &self,
        form: PredictionForm,
        details: &PredictionDetails<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let rounded = |score: f64| (score * 1e6).round() / 1e6;
        if self.labels.as_ref().is_some_and(|labels| labels.len() != self.words.len()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "a label for every word is needed",
            ));
        }
        let labels = self.labels.as_deref();
        let reference = labels.filter(|_| form == PredictionForm::Reference);
        let line = Line {
            id: self.id.to_string(),
            locale: self.locale.tag(),
            utt: details.utt.as_ref().unwrap_or(&self.words),
            pred_intent: self.intent,
            pred_slots: reference.map(|labels| {
                chunks(labels.iter().copied())
                    .map(|chunk| {
                        (self.words[chunk.first..=chunk.last].join(" "), chunk.label.as_str())
                    })
                    .collect()
            }),
            pred_annot_utt: reference.map(|labels| annotate(&self.words, labels)),
            pred_labels: labels.filter(|_| form == PredictionForm::Labels).map(|labels| {
                labels.iter().map(|label| label.map_or(OTHER, SlotName::as_str)).collect()
            }),
            pred_intent_score: details.intent_score.map(rounded),
            pred_intent_margin: details.intent_margin.map(rounded),
            pred_slot_scores: details
                .slot_scores
                .map(|scores| scores.iter().copied().map(rounded).collect()),
            pred_intent_scores: details
                .intent_scores
                .iter()
                .map(|&(name, score)| (name, rounded(score)))
                .collect(),
        };
        writeln!(out, "{}", to_python_json(&line)?)
    }
}

/// Words joined by a space, with their slots in brackets.
fn annotate(words: &[&str], labels: &[Option<&SlotName>]) -> String {
    let mut text = String::new();
    let mut chunks = chunks(labels.iter().copied()).peekable();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        if let Some(chunk) = chunks.peek().filter(|chunk| chunk.first == index) {
            text.extend(["[", chunk.label.as_str(), " : "]);
        }
        text.push_str(word);
        if chunks.next_if(|chunk| chunk.last == index).is_some() {
            text.push(']');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::prediction::line::parse_prediction;
    use crate::segmentation::Segmentation;

    #[test]
    fn the_reference_form_is_written_as_the_reference_does() {
        let (date, time) = (SlotName::open("date"), SlotName::open("time"));
        let prediction = WordPrediction {
            id: UtteranceId::from(7),
            locale: Locale::DE_DE,
            words: vec!["ab", "cd", "é", "f"],
            intent: Some("alarm_set"),
            labels: Some(vec![Some(&date), Some(&date), Some(&time), None]),
        };
        let mut out = Vec::new();
        prediction.write(PredictionForm::Reference, &mut out).unwrap();
        prediction.write(PredictionForm::Labels, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            concat!(
                r#"{"id": "7", "locale": "de-DE", "utt": ["ab", "cd", "é", "f"], "pred_intent": "alarm_set", "#,
                r#""pred_slots": [["ab cd", "date"], ["é", "time"]], "#,
                r#""pred_annot_utt": "[date : ab cd] [time : é] f"}"#,
                "\n",
                r#"{"id": "7", "locale": "de-DE", "utt": ["ab", "cd", "é", "f"], "pred_intent": "alarm_set", "#,
                r#""pred_labels": ["date", "date", "time", "Other"]}"#,
                "\n",
            )
        );
    }

    proptest! {
        #[test]
        fn words_and_labels_survive_writing(
            rows in prop::collection::vec(("[^\\s\\[\\]:\u{1c}-\u{1f}]{1,4}", prop::option::of("[a-z]{1,4}")), 0..8),
            form in prop::sample::select(vec![PredictionForm::Reference, PredictionForm::Labels]),
        ) {
            let slots: Vec<Option<SlotName>> =
                rows.iter().map(|(_, slot)| slot.as_deref().map(SlotName::open)).collect();
            let written = WordPrediction {
                id: UtteranceId::from(1),
                locale: Locale::DE_DE,
                words: rows.iter().map(|(word, _)| word.as_str()).collect(),
                intent: None,
                labels: Some(slots.iter().map(Option::as_ref).collect()),
            };
            let mut line = Vec::new();
            written.write(form, &mut line).unwrap();
            let line = String::from_utf8(line).unwrap();
            let read = parse_prediction(&line).unwrap();
            let labels = read.slots.as_ref().unwrap().labels(Segmentation::WhiteSpace);
            prop_assert_eq!(labels.words.unwrap(), written.words);
            prop_assert_eq!(labels.labels, slots);
            prop_assert!(!labels.malformed);
        }
    }
}
