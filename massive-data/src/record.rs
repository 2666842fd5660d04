//! From a line of JSON to a typed value, and what to say when it fails.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::annotation::Annotation;
use crate::error::{Error, Result};
use crate::labels::{Label, LabelPolicy, SlotName, Vocabulary, belongs};
use crate::locale::{Locale, unknown_locale};
use crate::partition::{Partition, unknown_partition};
use crate::release_row::release_row;
use crate::utterance::{
    Gold, JudgedLanguage, Judgment, Method, Review, SlotMethod, Utterance, UtteranceId,
};

/// A string, or an integer as copies in the wild have it.
#[derive(Debug, Clone)]
pub(crate) struct Digits<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Digits<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DigitsVisitor;

        impl<'de> Visitor<'de> for DigitsVisitor {
            type Value = Digits<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string of digits or an integer")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(number.to_string())))
            }
        }

        deserializer.deserialize_any(DigitsVisitor)
    }
}

/// A row as it stands in a file, JSON or not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawRow<'a> {
    #[serde(borrow)]
    pub(crate) id: Digits<'a>,
    #[serde(borrow)]
    pub(crate) locale: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) partition: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) scenario: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) intent: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) utt: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) annot_utt: Option<Text<'a>>,
    #[serde(borrow)]
    pub(crate) worker_id: Digits<'a>,
    #[serde(borrow)]
    pub(crate) slot_method: Option<Vec<RawSlotMethod<'a>>>,
    #[serde(borrow)]
    pub(crate) judgments: Option<Vec<RawJudgment<'a>>>,
}

/// A borrowed string where one is possible; serde borrows a bare `Cow` only
/// when it is told so, and cannot be told so inside an `Option`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSlotMethod<'a> {
    #[serde(borrow)]
    pub(crate) slot: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) method: Cow<'a, str>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawJudgment<'a> {
    #[serde(borrow)]
    pub(crate) worker_id: Digits<'a>,
    pub(crate) intent_score: u8,
    pub(crate) slots_score: u8,
    pub(crate) grammar_score: u8,
    pub(crate) spelling_score: u8,
    #[serde(borrow)]
    pub(crate) language_identification: Option<Text<'a>>,
}

/// What decides whether a row is wanted.
#[derive(Deserialize)]
struct RawHeader<'a> {
    #[serde(borrow)]
    locale: Cow<'a, str>,
    #[serde(borrow)]
    partition: Cow<'a, str>,
}

/// Deserialises a line.
///
/// sonic-rs reads the corpus faster than serde_json; where it refuses a line,
/// serde_json has the last word and the better message.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T> {
    sonic_rs::from_str(line)
        .or_else(|_| serde_json::from_str(line).map_err(|error| json_error(line, &error)))
}

fn json_error(line: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // serde_json appends its own place.
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    let hint = if what.starts_with("trailing characters") {
        "; one JSON object a line is expected (were two files joined without a line break?)"
    } else if error.is_eof() {
        "; the line ends in the middle of an object"
    } else {
        ""
    };
    let message = match error.classify() {
        serde_json::error::Category::Data => what.to_owned(),
        _ => format!("not valid JSON: {what}{hint}"),
    };
    // Its column is a byte, and points at the last byte read.
    let byte = error.column().saturating_sub(1);
    let column = line.char_indices().take_while(|&(at, _)| at < byte).count() + 1;
    Error::line(message).at_column(column)
}

/// The column in `line` of a text that was borrowed from it, `offset` bytes
/// into the text; `None` where escapes forced a copy.
fn column_of(line: &str, text: &str, offset: usize) -> Option<usize> {
    let start = (text.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let end = start.checked_add(text.len())?;
    (end <= line.len()).then(|| line[..start + offset].chars().count() + 1)
}

trait InLine {
    /// Adds the column of `text` in `line`, where it can be known.
    fn in_line(self, line: &str, text: &str, offset: usize) -> Self;
}

impl InLine for Error {
    fn in_line(self, line: &str, text: &str, offset: usize) -> Self {
        match column_of(line, text, offset) {
            Some(column) => self.at_column(column),
            None => self,
        }
    }
}

/// Locale and partition of a row, without reading the rest of it.
pub(crate) fn parse_header(line: &str) -> Result<(Locale, Partition)> {
    let raw: RawHeader<'_> = from_json(line).map_err(|error| explain_row(line, error))?;
    Ok((parse_locale(line, &raw.locale)?, parse_partition(line, &raw.partition)?))
}

pub(crate) fn parse_locale(line: &str, tag: &str) -> Result<Locale> {
    Locale::from_tag(tag).ok_or_else(|| Error::line(unknown_locale(tag)).in_line(line, tag, 0))
}

pub(crate) fn parse_partition(line: &str, name: &str) -> Result<Partition> {
    Partition::from_name(name)
        .ok_or_else(|| Error::line(unknown_partition(name)).in_line(line, name, 0))
}

pub(crate) fn parse_id(line: &str, digits: &Digits<'_>) -> Result<UtteranceId> {
    digits.0.parse().map_err(|error: Error| error.in_line(line, &digits.0, 0))
}

fn parse_label<V: Vocabulary>(line: &str, name: &str, policy: LabelPolicy) -> Result<Label<V>> {
    Label::parse(name, policy)
        .map_err(|unknown| Error::line(unknown.to_string()).in_line(line, name, 0))
}

/// A method or language; both know their names.
fn parse_name<T: FromStr<Err = Error>>(line: &str, name: &str) -> Result<T> {
    name.parse().map_err(|error: Error| Error::line(error.message()).in_line(line, name, 0))
}

/// Reads one row of the corpus.
pub(crate) fn parse_utterance(line: &str, policy: LabelPolicy) -> Result<Utterance<'_>> {
    if let Some(utterance) = release_row(line, policy) {
        return Ok(utterance);
    }
    let raw: RawRow<'_> = from_json(line).map_err(|error| explain_row(line, error))?;
    check_row(line, raw, policy)
}

/// Gives a row its types. `line` is the text from which it was read, where it
/// was one, so that errors can name a column.
pub(crate) fn check_row<'a>(
    line: &str,
    raw: RawRow<'a>,
    policy: LabelPolicy,
) -> Result<Utterance<'a>> {
    let id = parse_id(line, &raw.id)?;
    let locale = parse_locale(line, &raw.locale)?;
    let record = |error: Error| error.at_record(format!("{locale} {id}"));
    let partition = parse_partition(line, &raw.partition).map_err(record)?;
    let review = parse_review(line, raw.slot_method, raw.judgments, policy).map_err(record)?;
    let gold = match (raw.scenario, raw.intent, raw.annot_utt) {
        (Some(scenario), Some(intent), Some(annot_utt)) => {
            Some(parse_gold(line, scenario, intent, annot_utt, review, policy).map_err(record)?)
        }
        (None, None, None) if review.is_none() => None,
        (scenario, intent, annotation) => {
            let missing: Vec<&str> =
                [("scenario", scenario), ("intent", intent), ("annot_utt", annotation)]
                    .into_iter()
                    .filter_map(|(name, field)| field.is_none().then_some(name))
                    .collect();
            return Err(record(Error::line(format!(
                "half a row: {} missing; a labelled row has scenario, intent and annot_utt, \
                 a held-out row none of them and no slot_method or judgments",
                missing.join(" and ")
            ))));
        }
    };
    let utterance = Utterance::unlabelled(id, locale, partition, raw.utt, raw.worker_id.0);
    match gold {
        Some(gold) => utterance.with_gold(gold).map_err(record),
        None => Ok(utterance),
    }
}

fn parse_gold<'a>(
    line: &str,
    scenario: Text<'a>,
    intent: Text<'a>,
    annot_utt: Text<'a>,
    review: Option<Review<'a>>,
    policy: LabelPolicy,
) -> Result<Gold<'a>> {
    let scenario: crate::Scenario = parse_label(line, &scenario.0, policy)?;
    let intent_name = intent.0;
    let intent: crate::Intent = parse_label(line, &intent_name, policy)?;
    if policy == LabelPolicy::Closed && !belongs(&intent_name, scenario.as_str()) {
        return Err(Error::line(format!(
            "intent `{intent}` is not one of scenario `{scenario}`: an intent is its scenario, \
             `_` and an action"
        ))
        .in_line(line, &intent_name, 0));
    }
    // Where a copy was needed the column within the annotation is all there is.
    let at = annot_utt.0.as_ptr() as usize;
    let start = at.checked_sub(line.as_ptr() as usize).filter(|&start| start < line.len());
    let annotation = Annotation::parse(annot_utt.0, policy).map_err(|error| {
        let message = Error::line(format!("annot_utt: {error}"));
        match start {
            Some(start) => message.at_column(line[..start + error.offset()].chars().count() + 1),
            None => message,
        }
    })?;
    Ok(Gold { scenario, intent, annotation, review })
}

fn parse_review<'a>(
    line: &str,
    slot_method: Option<Vec<RawSlotMethod<'a>>>,
    judgments: Option<Vec<RawJudgment<'a>>>,
    policy: LabelPolicy,
) -> Result<Option<Review<'a>>> {
    let (slot_method, judgments) = match (slot_method, judgments) {
        (None, None) => return Ok(None),
        (Some(slot_method), Some(judgments)) => (slot_method, judgments),
        (slot_method, _) => {
            let (present, missing) = match slot_method {
                Some(_) => ("slot_method", "judgments"),
                None => ("judgments", "slot_method"),
            };
            return Err(Error::line(format!(
                "{present} without {missing}: a localised row has both (each may be []), \
                 the English source neither"
            )));
        }
    };
    let slot_methods = slot_method
        .into_iter()
        .map(|raw| {
            let slot: SlotName = parse_label(line, &raw.slot, policy)?;
            let method: Method = parse_name(line, &raw.method)?;
            Ok(SlotMethod { slot, method })
        })
        .collect::<Result<_>>()?;
    let judgments =
        judgments.into_iter().map(|raw| parse_judgment(line, raw)).collect::<Result<_>>()?;
    Ok(Some(Review { slot_methods, judgments }))
}

/// The highest scores of a judgment.
pub(crate) mod most {
    pub(crate) const INTENT: u8 = 2;
    pub(crate) const SLOTS: u8 = 2;
    pub(crate) const GRAMMAR: u8 = 4;
    pub(crate) const SPELLING: u8 = 2;
}

fn parse_judgment<'a>(line: &str, raw: RawJudgment<'a>) -> Result<Judgment<'a>> {
    for (name, score, most) in [
        ("intent_score", raw.intent_score, most::INTENT),
        ("slots_score", raw.slots_score, most::SLOTS),
        ("grammar_score", raw.grammar_score, most::GRAMMAR),
        ("spelling_score", raw.spelling_score, most::SPELLING),
    ] {
        if score > most {
            return Err(Error::line(format!("judgment with {name} {score}; expected 0 to {most}")));
        }
    }
    let language_identification = raw
        .language_identification
        .map(|text| parse_name::<JudgedLanguage>(line, &text.0))
        .transpose()?;
    Ok(Judgment {
        worker_id: raw.worker_id.0,
        intent_score: raw.intent_score,
        slots_score: raw.slots_score,
        grammar_score: raw.grammar_score,
        spelling_score: raw.spelling_score,
        language_identification,
    })
}

/// Says more where a line is JSON but something else than a corpus row.
fn explain_row(line: &str, error: Error) -> Error {
    #[derive(Deserialize)]
    struct Prediction {
        pred_intent: Option<de::IgnoredAny>,
        pred_annot_utt: Option<de::IgnoredAny>,
        pred_slots: Option<de::IgnoredAny>,
        pred_labels: Option<de::IgnoredAny>,
    }
    match serde_json::from_str::<Prediction>(line) {
        Ok(p)
            if p.pred_intent.is_some()
                || p.pred_annot_utt.is_some()
                || p.pred_slots.is_some()
                || p.pred_labels.is_some() =>
        {
            Error::line("this is a row of predictions, not of the corpus; give the corpus here")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"id": "7", "locale": "de-DE", "partition": "test", "scenario": "alarm", "intent": "alarm_set", "utt": "weck mich um fünf", "annot_utt": "weck mich um [time : fünf]", "worker_id": "3", "slot_method": [{"slot": "time", "method": "translation"}], "judgments": [{"worker_id": "8", "intent_score": 1, "slots_score": 1, "grammar_score": 4, "spelling_score": 2, "language_identification": "target|english"}]}"#;

    fn parse(line: &str) -> Result<Utterance<'_>> {
        parse_utterance(line, LabelPolicy::Closed)
    }

    #[test]
    fn a_row_is_read_whole() {
        let row = parse(ROW).unwrap();
        assert_eq!(
            (row.id().number(), row.locale(), row.partition()),
            (7, Locale::DeDe, Partition::Test)
        );
        let gold = row.gold().unwrap();
        assert_eq!(gold.intent.as_str(), "alarm_set");
        let review = gold.review.as_ref().unwrap();
        assert_eq!(review.slot_methods[0].method, Method::Translation);
        assert_eq!(
            review.judgments[0].language_identification,
            Some(JudgedLanguage::TargetEnglish)
        );
        let slots = row.slots();
        assert_eq!(
            (slots[0].value, slots[0].bytes.clone(), slots[0].graphemes()),
            ("fünf", 13..18, 13..17)
        );
    }

    #[test]
    fn integers_stand_for_ids() {
        let line = ROW.replacen("\"7\"", "7", 1).replacen("\"3\"", "3", 1);
        let row = parse(&line).unwrap();
        assert_eq!((row.id().number(), row.worker_id()), (7, "3"));
    }

    #[test]
    fn irregularities_of_the_release_are_accepted() {
        for (from, to) in [
            (r#", "language_identification": "target|english""#, ""),
            (r#"[{"slot": "time", "method": "translation"}]"#, "[]"),
            (r#"{"slot": "time", "method""#, r#"{"slot": "date", "method""#),
            (r#"fünf", "annot"#, r#"f\u00fcnf", "annot"#),
        ] {
            let line = ROW.replacen(from, to, 1);
            assert_ne!(line, ROW);
            parse(&line).unwrap();
        }
        let held_out = r#"{"id":"7","locale":"de-DE","partition":"MMNLU-22","utt":"weck mich","worker_id":"3"}"#;
        assert!(parse(held_out).unwrap().gold().is_none());
    }

    #[test]
    fn everything_else_is_refused_with_its_column() {
        // Where the column points: the text of the line from there on.
        for (from, to, points_at, message) in [
            ("\"7\"", "\"07\"", "07\"", "id `07` is not a string of digits"),
            ("\"7\"", "7.5", "5, ", "invalid type: floating point"),
            ("\"7\"", "\"x\"", "x\"", "id `x` is not a string of digits"),
            ("de-DE", "de_DE", "de_DE", "unknown locale `de_DE`: did you mean de-DE?"),
            ("\"test\"", "\"tests\"", "tests", "unknown partition `tests`: did you mean test?"),
            ("\"alarm_set\"", "\"alarm_sett\"", "alarm_sett", "unknown intent `alarm_sett`"),
            (
                "\"alarm_set\"",
                "\"weather_query\"",
                "weather",
                "intent `weather_query` is not one of",
            ),
            ("[time : fünf]", "[tim : fünf]", "tim :", "annot_utt: unknown slot `tim`"),
            ("[time : fünf]", "[time fünf]", " fünf]", "annot_utt: expected ` : `"),
            ("[time : fünf]", "[time : fünff]", "", "annot_utt without its brackets is"),
            ("\"scenario\": \"alarm\", ", "", "", "half a row: scenario missing"),
            ("\"translation\"", "\"guess\"", "guess", "unknown method `guess`"),
            ("target|english", "english|target", "english|t", "unknown language_identification"),
            ("\"grammar_score\": 4", "\"grammar_score\": 5", "", "judgment with grammar_score 5"),
            ("\"utt\"", "\"uttt\"", "\": \"weck", "unknown field `uttt`"),
            ("\"}]}", "\"", "\"", "not valid JSON: EOF while parsing"),
            ("\"}]}", "\"}]} {}", "{}", "not valid JSON: trailing characters"),
        ] {
            let line = ROW.replacen(from, to, 1);
            let error = parse(&line).unwrap_err();
            assert!(error.message().starts_with(message), "{error}");
            assert!(error.is_bad_line());
            match error.place().and_then(|place| place.column) {
                Some(column) => {
                    let rest: String = line.chars().skip(column - 1).collect();
                    assert!(
                        !points_at.is_empty() && rest.starts_with(points_at),
                        "{error}: {rest}"
                    );
                }
                None => assert_eq!(points_at, "", "{error}"),
            }
        }
        let judged = ROW.find(", \"slot_method\"").unwrap();
        let to = ROW.find(", \"judgments\"").unwrap();
        let line = format!("{}{}", &ROW[..judged], &ROW[to..]);
        assert!(parse(&line).unwrap_err().message().starts_with("judgments without slot_method"));
    }

    #[test]
    fn predictions_are_recognised() {
        let line = r#"{"id": "1", "locale": "de-DE", "pred_intent": "alarm_set"}"#;
        assert!(parse(line).unwrap_err().message().starts_with("this is a row of predictions"));
    }
}
