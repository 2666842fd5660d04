//! A line of predictions as JSON.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::annotation::predicted_label;
use super::model::{PredictedSlots, Prediction};
use super::reference::reference_prediction;
use crate::error::{Error, Result};
use crate::json_line::{Digits, Text, from_json, parse_id, parse_locale};
use crate::locale::Locale;
use crate::segmentation::Segmentation;
use crate::words::words;

/// A line as it stands in the file. Fields that are not named are the model's
/// own business.
#[derive(Deserialize)]
struct RawPrediction<'a> {
    #[serde(borrow)]
    id: Digits<'a>,
    #[serde(borrow)]
    locale: Cow<'a, str>,
    #[serde(borrow)]
    utt: Option<RawWords<'a>>,
    #[serde(borrow)]
    pred_intent: Option<Text<'a>>,
    #[serde(borrow)]
    intent: Option<Text<'a>>,
    #[serde(borrow)]
    pred_labels: Option<Vec<Text<'a>>>,
    #[serde(borrow)]
    pred_annot_utt: Option<Text<'a>>,
    #[serde(borrow)]
    annot_utt: Option<Text<'a>>,
    pred_slots: Option<IgnoredAny>,
    partition: Option<IgnoredAny>,
    worker_id: Option<IgnoredAny>,
    slot_method: Option<IgnoredAny>,
    judgments: Option<IgnoredAny>,
}

/// The field `utt`: a text or a list of words.
enum RawWords<'a> {
    Text(Cow<'a, str>),
    List(Vec<Text<'a>>),
}

// By hand, since an untagged enum would copy every word before it is known
// whether anybody wants them.
impl<'de: 'a, 'a> Deserialize<'de> for RawWords<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct WordsVisitor;

        impl<'de> Visitor<'de> for WordsVisitor {
            type Value = RawWords<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of words")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(RawWords::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(RawWords::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut words = Vec::new();
                while let Some(word) = items.next_element()? {
                    words.push(word);
                }
                Ok(RawWords::List(words))
            }
        }

        deserializer.deserialize_any(WordsVisitor)
    }
}

/// The words of a text that has so many labels: cut as is usual in the locale,
/// unless only the other way gives as many.
fn words_for(text: &str, locale: Locale, labels: usize) -> Vec<String> {
    let usual = locale.segmentation();
    let other = match usual {
        Segmentation::WhiteSpace => Segmentation::Characters,
        Segmentation::Characters => Segmentation::WhiteSpace,
    };
    let cut = |segmentation| words(text, segmentation);
    let fitting = [usual, other].map(cut).into_iter().find(|words| words.len() == labels);
    fitting.unwrap_or_default().into_iter().map(str::to_owned).collect()
}

/// Reads one line of predictions.
///
/// # Errors
/// Not a JSON object, no or an invalid id or locale, a value of another type
/// than expected, slots without positions (`pred_slots` alone), neither intent
/// nor slots, or a row of the corpus.
pub fn parse_prediction(line: &str) -> Result<Prediction<'_>> {
    if let Some(prediction) = reference_prediction(line) {
        return Ok(prediction);
    }
    let raw: RawPrediction<'_> = from_json(line)?;
    let predicted = raw.pred_intent.is_some()
        || raw.pred_annot_utt.is_some()
        || raw.pred_labels.is_some()
        || raw.pred_slots.is_some();
    let of_corpus = [&raw.partition, &raw.worker_id, &raw.slot_method, &raw.judgments];
    if !predicted && of_corpus.iter().any(|field| field.is_some()) {
        return Err(Error::line(
            "this is a row of the corpus, not a prediction (it has partition, worker_id, slot_method \
             or judgments and no pred_… field); give the model's predictions here",
        ));
    }
    let id = parse_id(line, &raw.id)?;
    let locale = parse_locale(line, &raw.locale)?;
    let record = |error: Error| error.at_record(format!("{locale} {id}"));
    let slots = match (raw.pred_labels, raw.pred_annot_utt.or(raw.annot_utt)) {
        (Some(labels), _) => Some(PredictedSlots::Labels {
            words: raw.utt.and_then(|utt| {
                let words: Vec<String> = match utt {
                    RawWords::List(list) => {
                        list.into_iter().map(|word| word.0.into_owned()).collect()
                    }
                    RawWords::Text(text) => words_for(&text, locale, labels.len()),
                };
                (words.len() == labels.len()).then_some(words)
            }),
            labels: labels.iter().map(|label| predicted_label(&label.0)).collect(),
        }),
        (None, Some(annotation)) => Some(PredictedSlots::Annotation(annotation.0)),
        (None, None) => None,
    };
    if slots.is_none() && raw.pred_slots.is_some() {
        return Err(record(Error::line(
            "pred_slots has no positions, so the slots cannot be scored; \
             add pred_annot_utt or pred_labels",
        )));
    }
    let intent = raw.pred_intent.or(raw.intent).map(|intent| intent.0);
    if intent.is_none() && slots.is_none() {
        return Err(record(Error::line(
            "neither an intent (pred_intent) nor slots (pred_annot_utt or pred_labels)",
        )));
    }
    Ok(Prediction { id, locale, intent, slots })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::SlotName;

    #[test]
    fn all_forms_are_accepted() {
        let p =
            parse_prediction(r#"{"id": 7, "locale": "de-DE", "intent": "x", "annot_utt": "a"}"#)
                .unwrap();
        assert_eq!((p.id.number(), p.intent.as_deref()), (Some(7), Some("x")));
        assert_eq!(p.slots, Some(PredictedSlots::Annotation("a".into())));

        // pred_labels before pred_annot_utt before annot_utt, pred_intent before intent
        let p = parse_prediction(
            r#"{"id": "7", "locale": "de-DE", "intent": "x", "pred_intent": "y", "annot_utt": "a",
                "pred_annot_utt": "b", "utt": "c d", "pred_labels": ["O", "B-date"]}"#,
        )
        .unwrap();
        assert_eq!(p.intent.as_deref(), Some("y"));
        assert_eq!(
            p.slots,
            Some(PredictedSlots::Labels {
                labels: vec![None, Some(SlotName::open("date"))],
                words: Some(vec!["c".into(), "d".into()]),
            })
        );
        let p = parse_prediction(
            r#"{"id": "7", "locale": "de-DE", "annot_utt": "a", "pred_annot_utt": "b", "utt": ["c"]}"#,
        )
        .unwrap();
        assert_eq!(p.slots, Some(PredictedSlots::Annotation("b".into())));
        assert_eq!(p.intent, None);
    }

    #[test]
    fn what_is_no_prediction_is_refused() {
        for (line, message) in [
            (
                r#"{"id": "7", "locale": "de-DE", "pred_intent": "x", "pred_slots": []}"#,
                "pred_slots has no",
            ),
            (r#"{"id": "7", "locale": "de-DE"}"#, "neither an intent"),
            (
                r#"{"id": "7", "locale": "de-DE", "intent": "x", "partition": "test"}"#,
                "this is a row of the corpus",
            ),
            (r#"{"id": "7", "locale": "de-DE", "worker_id": 3}"#, "this is a row of the corpus"),
            (r#"{"id": "7", "pred_intent": "x"}"#, "missing field `locale`"),
            (
                r#"{"id": "7", "locale": "de-DEU", "pred_intent": "x"}"#,
                "unknown locale `de-DEU`: did you mean de-DE?",
            ),
            (
                r#"{"id": "a b", "locale": "de-DE", "pred_intent": "x"}"#,
                "id `a b` holds white space",
            ),
            (r#"{"id": "7", "locale": "de-DE", "pred_intent": 3}"#, "invalid type: integer `3`"),
            (
                r#"{"id": "7", "locale": "de-DE", "pred_intent": "x", "utt": 3}"#,
                "invalid type: integer `3`, expected a text or a list of words",
            ),
            (r#"[1]"#, "invalid"),
            (
                r#"{"id": "7", "locale": "de-DE", "intent": "x"}{}"#,
                "not valid JSON: trailing characters",
            ),
        ] {
            let error = parse_prediction(line).unwrap_err();
            assert!(error.message().starts_with(message), "{line}: {error}");
        }
    }
}
