//! A row of the corpus: from JSON to an utterance, and what to say when it fails.

use std::borrow::Cow;
use std::str::FromStr;

use serde::Deserialize;
use serde::de;

use crate::annotation::Annotation;
use crate::error::{Error, Result};
use crate::json_line::{Digits, InLine, Text, from_json, parse_id, parse_locale, parse_partition};
use crate::labels::{Label, LabelPolicy, SlotName, Vocabulary, belongs};
use crate::release_row::release_row;
use crate::segmentations::Segmentations;
use crate::utterance::{
    Gold, JudgedLanguage, Judgment, Method, Review, SlotMethod, Utterance, most,
};

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

fn parse_label<V: Vocabulary>(line: &str, name: &str, policy: LabelPolicy) -> Result<Label<V>> {
    Label::parse(name, policy)
        .map_err(|unknown| Error::line(unknown.to_string()).in_line(line, name, 0))
}

/// A method or language; both know their names.
fn parse_name<T: FromStr<Err = Error>>(line: &str, name: &str) -> Result<T> {
    name.parse().map_err(|error: Error| Error::line(error.message()).in_line(line, name, 0))
}

impl<'a> Utterance<'a> {
    /// Reads one line of a corpus of JSON lines.
    ///
    /// ```
    /// use massive_data::{LabelPolicy, Utterance};
    ///
    /// let line = r#"{"id": "7", "locale": "de-DE", "partition": "MMNLU-22", "utt": "ja", "worker_id": "3"}"#;
    /// let utterance = Utterance::from_json(line, LabelPolicy::Closed)?;
    /// assert_eq!((utterance.id().number(), utterance.utt()), (Some(7), "ja"));
    /// # Ok::<(), massive_data::Error>(())
    /// ```
    ///
    /// # Errors
    /// Whatever is not a row of the corpus, with the column at fault where it is
    /// known.
    pub fn from_json(line: &'a str, policy: LabelPolicy) -> Result<Self> {
        parse_utterance(line, policy, &Segmentations::default())
    }
}

/// Reads one row of the corpus.
pub(crate) fn parse_utterance<'a>(
    line: &'a str,
    policy: LabelPolicy,
    segmentations: &Segmentations,
) -> Result<Utterance<'a>> {
    if segmentations.are_usual()
        && let Some(utterance) = release_row(line, policy)
    {
        return Ok(utterance);
    }
    let raw: RawRow<'_> = from_json(line).map_err(|error| explain_row(line, error))?;
    check_row(line, raw, policy, segmentations)
}

/// Gives a row its types. `line` is the text from which it was read, where it
/// was one, so that errors can name a column.
pub(crate) fn check_row<'a>(
    line: &str,
    raw: RawRow<'a>,
    policy: LabelPolicy,
    segmentations: &Segmentations,
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
    let utterance = Utterance::unlabelled(id.clone(), locale, partition, raw.utt, raw.worker_id.0)
        .segmented(segmentations.of(locale))?;
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
pub(crate) fn explain_row(line: &str, error: Error) -> Error {
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
    use crate::locale::Locale;
    use crate::partition::Partition;
    use crate::segmentations::Segmentations;

    const ROW: &str = r#"{"id": "7", "locale": "de-DE", "partition": "test", "scenario": "alarm", "intent": "alarm_set", "utt": "weck mich um fünf", "annot_utt": "weck mich um [time : fünf]", "worker_id": "3", "slot_method": [{"slot": "time", "method": "translation"}], "judgments": [{"worker_id": "8", "intent_score": 1, "slots_score": 1, "grammar_score": 4, "spelling_score": 2, "language_identification": "target|english"}]}"#;

    fn parse(line: &str) -> Result<Utterance<'_>> {
        parse_utterance(line, LabelPolicy::Closed, &Segmentations::default())
    }

    #[test]
    fn a_row_is_read_whole() {
        let row = parse(ROW).unwrap();
        assert_eq!(
            (row.id().number(), row.locale(), row.partition()),
            (Some(7), Locale::DE_DE, Partition::Test)
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
        assert_eq!((row.id().number(), row.worker_id()), (Some(7), "3"));
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
            ("\"7\"", "\"0 7\"", "0 7\"", "id `0 7` holds white space"),
            ("\"7\"", "7.5", "5, ", "invalid type: floating point"),
            ("de-DE", "de_DEU", "de_DEU", "unknown locale `de_DEU`: did you mean de-DE?"),
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
