//! What a model said about an utterance, in all the forms that files have.
//!
//! A prediction names its utterance by locale and id and has an intent, slots,
//! or both. Slots stand in an annotation or in a list with one label a word.
//! Predicted labels are always read bracket by bracket, in every locale: only
//! gold labels leak (see [`LabelMode`](crate::LabelMode)).

use std::borrow::Cow;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};

use crate::blocks::{OnProgress, map_blocks};
use crate::corpus::{LinePlace, utf8};
use crate::error::{Error, Result};
use crate::input::Input;
use crate::json::to_python_json;
use crate::labels::{OTHER, SlotName};
use crate::locale::{Locale, Segmentation};
use crate::record::{Digits, Text, from_json, parse_id, parse_locale};
use crate::reference_prediction::reference_prediction;
use crate::utterance::UtteranceId;
use crate::words::{chunks, push_words, split, words};

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

/// Words and their labels, read from a prediction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PredictedLabels<'a> {
    /// The words; `None` where only labels were given.
    pub words: Option<Vec<&'a str>>,
    /// A label a word.
    pub labels: Vec<Option<SlotName>>,
    /// True if a slot was opened inside a slot or never closed.
    pub malformed: bool,
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

/// Most annotations have no more words.
const USUAL_WORDS: usize = 16;

/// Reads an annotation as a model wrote it, whatever it is.
///
/// A piece `[x…` before a piece `:` opens a slot; inside a slot a piece that
/// ends in `]` closes it, and a lone `]` is an empty word; all other brackets
/// and colons are text. An opening inside a slot closes that slot first, and
/// one still open at the end ends there: both make the result `malformed`.
///
/// ```
/// use massive_data::{Segmentation, prediction::read_annotation};
///
/// let read = read_annotation("wake me at [time : five [date : today]", Segmentation::WhiteSpace);
/// assert_eq!(read.words.unwrap(), ["wake", "me", "at", "five", "today"]);
/// assert_eq!(read.labels[3].as_ref().unwrap().as_str(), "time");
/// assert!(read.malformed);
/// ```
pub fn read_annotation(text: &str, segmentation: Segmentation) -> PredictedLabels<'_> {
    let mut words = Vec::with_capacity(USUAL_WORDS);
    let mut labels: Vec<Option<SlotName>> = Vec::with_capacity(USUAL_WORDS);
    let mut malformed = false;
    // The label in force inside a slot, which may be `Other`.
    let mut slot: Option<Option<SlotName>> = None;
    let mut pieces = split(text).peekable();
    while let Some(piece) = pieces.next() {
        let name = piece.strip_prefix('[').filter(|name| !name.is_empty());
        if let Some(name) = name
            && pieces.next_if_eq(&":").is_some()
        {
            malformed |= slot.is_some();
            slot = Some(predicted_label(name));
            continue;
        }
        let closing = slot.as_ref().and_then(|_| piece.strip_suffix(']'));
        push_words(closing.unwrap_or(piece), segmentation, &mut words);
        labels.resize(words.len(), slot.clone().flatten());
        if closing.is_some() {
            slot = None;
        }
    }
    malformed |= slot.is_some();
    PredictedLabels { words: Some(words), labels, malformed }
}

/// The slot that a predicted label names: none for `Other` and `O`, `x` for
/// `B-x` and `I-x`.
pub fn predicted_label(name: &str) -> Option<SlotName> {
    if name == OTHER || name == "O" {
        return None;
    }
    let name = name.strip_prefix("B-").or_else(|| name.strip_prefix("I-")).unwrap_or(name);
    Some(SlotName::open(name))
}

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
                    RawWords::Text(text) => {
                        words(&text, locale.segmentation()).into_iter().map(str::to_owned).collect()
                    }
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
    /// goes to the fields `pred_intent_score`, `pred_intent_margin` and
    /// `pred_slot_scores`, rounded to six digits.
    ///
    /// # Errors
    /// As [`WordPrediction::write`].
    pub fn write_with(
        &self,
        form: PredictionForm,
        details: &PredictionDetails<'_>,
        out: &mut impl Write,
    ) -> io::Result<()> {
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
        }
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

/// Files of predictions that together are one submission.
#[derive(Clone)]
pub struct PredictionFiles {
    inputs: Vec<Input>,
    progress: Option<OnProgress>,
}

impl fmt::Debug for PredictionFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredictionFiles").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl PredictionFiles {
    /// Opens files, folders of files and archives; `-` is standard input.
    ///
    /// # Errors
    /// As [`Corpus::open`](crate::Corpus::open), and standard input named twice.
    pub fn open(paths: &[PathBuf]) -> Result<PredictionFiles> {
        if paths.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
            return Err(Error::request("standard input (-) can be read only once"));
        }
        let inputs = paths.iter().map(|path| Input::open(path)).collect::<Result<_>>()?;
        Ok(PredictionFiles { inputs, progress: None })
    }

    /// Reports the bytes consumed, from another thread.
    #[must_use]
    pub fn on_progress(mut self, progress: OnProgress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Bytes to be consumed, where that is known.
    pub fn size(&self) -> Option<u64> {
        self.inputs.iter().map(Input::size).sum()
    }

    /// The files that are read, in order; `None` if some of it is a pipe or
    /// standard input, which can be read once only.
    pub fn files(&self) -> Option<Vec<&Path>> {
        let files: Option<Vec<Vec<&Path>>> = self.inputs.iter().map(Input::files).collect();
        Some(files?.concat())
    }

    /// Maps every line on all cores and takes the results in order.
    ///
    /// A line that is not a prediction comes as an error, with its place, and
    /// reading goes on: whether that is tolerable is up to `sink`.
    ///
    /// # Errors
    /// Input that cannot be read or decompressed, and any error of `sink`.
    pub fn for_each<T: Send>(
        &self,
        map: impl Fn(Prediction<'_>) -> T + Sync,
        mut sink: impl FnMut(LinePlace<'_>, Result<T>) -> Result<()>,
    ) -> Result<()> {
        let mut consumed_before = 0;
        for input in &self.inputs {
            let progress = self.progress.clone().map(|progress| -> OnProgress {
                std::sync::Arc::new(move |bytes| progress(consumed_before + bytes))
            });
            map_blocks(
                input,
                &mut |_| true,
                progress.as_ref(),
                &|lines| {
                    lines
                        .map(|(number, line)| {
                            let prediction = utf8(line).and_then(parse_prediction);
                            (number, prediction.map(&map).map_err(|error| error.at_line(number)))
                        })
                        .collect::<Vec<_>>()
                },
                &mut |place, values| {
                    values.into_iter().try_for_each(|(number, value)| {
                        let file = &place.member.name;
                        let line = place.lines_before + number;
                        let value = value
                            .map_err(|error| error.shift_lines(place.lines_before).at_file(file));
                        sink(LinePlace { file, line }, value)
                    })
                },
            )?;
            consumed_before += input.size().unwrap_or(0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, segmentation: Segmentation) -> (Vec<String>, Vec<String>, bool) {
        let read = read_annotation(text, segmentation);
        (
            read.words.unwrap().into_iter().map(str::to_owned).collect(),
            read.labels
                .iter()
                .map(|label| label.as_ref().map_or("-".into(), ToString::to_string))
                .collect(),
            read.malformed,
        )
    }

    #[test]
    fn predicted_annotations_are_read_whatever_they_are() {
        for (text, words, labels, malformed) in [
            ("", "", "", false),
            ("a [time : five am] b", "a|five|am|b", "-|time|time|-", false),
            ("[time : ]", "", "time", false),
            ("[time : a ] b", "a||b", "time|time|-", false),
            ("[time : a]]", "a]", "time", false),
            ("] [ : a : [b] x]", "]|[|:|a|:|[b]|x]", "-|-|-|-|-|-|-", false),
            ("[time a] [date", "[time|a]|[date", "-|-|-", false),
            ("[time : a [date : b] c", "a|b|c", "time|date|-", true),
            ("[time : a b", "a|b", "time|time", true),
            ("[time :", "", "", true),
            ("[Other : a] [B-time : b] [O : c]", "a|b|c", "-|time|-", false),
            ("[time : a : b]", "a|:|b", "time|time|time", false),
        ] {
            let (found, found_labels, found_malformed) = read(text, Segmentation::WhiteSpace);
            assert_eq!(found.join("|"), words, "{text}");
            assert_eq!(found_labels.join("|"), labels, "{text}");
            assert_eq!(found_malformed, malformed, "{text}");
        }
    }

    #[test]
    fn characters_are_words_unless_a_piece_is_ascii() {
        let (words, labels, _) =
            read("[media_type : b. 今日] は wifi 日]", Segmentation::Characters);
        assert_eq!(words.join("|"), "b.|今|日|は|wifi|日|]");
        assert_eq!(labels.join("|"), "media_type|media_type|media_type|-|-|-|-");
    }

    #[test]
    fn all_forms_are_accepted() {
        let p =
            parse_prediction(r#"{"id": 7, "locale": "de-DE", "intent": "x", "annot_utt": "a"}"#)
                .unwrap();
        assert_eq!((p.id.number(), p.intent.as_deref()), (7, Some("x")));
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
                r#"{"id": "7", "locale": "dd-DE", "pred_intent": "x"}"#,
                "unknown locale `dd-DE`: did you mean de-DE?",
            ),
            (r#"{"id": "a", "locale": "de-DE", "pred_intent": "x"}"#, "id `a` is not"),
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

    #[test]
    fn the_reference_form_is_written_as_the_reference_does() {
        let (date, time) = (SlotName::open("date"), SlotName::open("time"));
        let prediction = WordPrediction {
            id: UtteranceId::new(7),
            locale: Locale::DeDe,
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
                id: UtteranceId::new(1),
                locale: Locale::DeDe,
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

        #[test]
        fn a_word_has_a_label(text in r"[\[\]: a-c日]{0,24}") {
            for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
                let read = read_annotation(&text, segmentation);
                prop_assert_eq!(read.words.unwrap().len(), read.labels.len());
            }
        }
    }
}
