//! From the fields of a record, whatever they are called, to a row.

use crate::error::{Error, Result};

use super::brackets;
use super::options::FormOptions;
use super::table::{Record, Row, Slots, Span};
use super::tags;
use super::value::{Reader, Value};

/// Whose fields are wanted where a record holds both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Gold,
    Predicted,
}

const TEXT: &[&str] = &[
    "utt",
    "text",
    "sentence",
    "utterance",
    "query",
    "comment_text",
    "input_text",
    "transcription",
];
const TOKENS: &[&str] = &["tokens", "words", "token", "utt", "text"];

const GOLD_INTENT: &[&str] = &[
    "true_intent",
    "target_intent",
    "gold_intent",
    "intent_true",
    "intent_str",
    "gold",
    "target",
    "intent",
    "label",
    "intent_label",
    "intent_name",
    "intent_idx",
];
const PREDICTED_INTENT: &[&str] = &[
    "pred_intent",
    "predicted_intent",
    "intent_pred",
    "prediction_intent",
    "intent_prediction",
    "pred",
    "predicted",
    "predicted_label",
    "pred_label",
    "intent",
    "intent_str",
    "intent_name",
    "label",
    "intent_idx",
];
const GOLD_SLOTS: &[&str] = &[
    "true_slots",
    "target_tags",
    "target_slots",
    "gold_slots",
    "gold_tags",
    "true_tags",
    "true_labels",
    "slots",
    "entities",
    "ner_tags",
    "tags",
    "slot_labels",
    "slot",
    "bio",
    "labels",
    "spans",
    "label",
];
const PREDICTED_SLOTS: &[&str] = &[
    "pred_labels",
    "pred_tags",
    "predicted_tags",
    "predicted_slots",
    "slots_pred",
    "pred_slots",
    "predicted_entities",
    "pred_entities",
    "entities",
    "slots",
    "ner_tags",
    "tags",
    "slot_labels",
    "labels",
    "bio",
    "slot",
    "spans",
    "filler",
];
const GOLD_ANNOTATION: &[&str] =
    &["annot_utt", "annotation", "answer_annotation", "sentence_annotation", "annotated"];
const PREDICTED_ANNOTATION: &[&str] = &[
    "pred_annot_utt",
    "pred_annotation",
    "annot_utt",
    "annotation",
    "answer_annotation",
    "sentence_annotation",
];

/// Fields of generated text.
const GENERATED: &[&str] = &[
    "raw",
    "output",
    "response",
    "generated_text",
    "prediction",
    "completion",
    "generation",
    "messages",
    "choices",
];

/// Makes a row of a record.
pub(crate) fn row(record: &Record, side: Side, options: &FormOptions) -> Result<Row> {
    let located = |error: Error| error.at_line(record.line);
    let mut row = Row { file: record.file, line: record.line, ..Row::default() };
    let text = |names: &[&str]| record.first(names).and_then(Value::scalar);
    row.id = text(&[
        "id",
        "uid",
        "utterance_id",
        "example_id",
        "sample_id",
        "slurp_id",
        "answerid",
        "idx",
    ]);
    row.locale = text(&["locale", "language", "lang", "source_language", "language_code"]);
    row.partition = text(&["partition", "split"]);
    row.scenario = record.first(&["scenario_str", "scenario", "domain"]).cloned();
    row.worker_id = text(&["worker_id"]);
    row.slot_method = record.first(&["slot_method"]).cloned();
    row.judgments = record.first(&["judgments"]).cloned();
    row.tokens = record.first(TOKENS).and_then(tokens);
    row.text = record.first(TEXT).and_then(Value::as_text).map(str::to_owned);
    let (intents, slots, annotations) = match side {
        Side::Gold => (GOLD_INTENT, GOLD_SLOTS, GOLD_ANNOTATION),
        Side::Predicted => (PREDICTED_INTENT, PREDICTED_SLOTS, PREDICTED_ANNOTATION),
    };
    row.intent = record.first(intents).filter(|value| is_intent(value)).map(intent_name);
    if side == Side::Predicted && row.intent.is_none() && record.first(&["action"]).is_some() {
        row.intent = text(&["action"]).map(Value::Text);
    }
    join_action(record, &mut row);
    row.slots = named_annotation(record, options, &mut row)?;
    if row.slots == Slots::None {
        row.slots = pick_slots(record, side, slots, annotations, &row).map_err(located)?;
    }
    row.lenient = record.first(&["annotation", "answer_annotation"]).is_some();
    if side == Side::Predicted {
        generated(record, &mut row, options);
    }
    parses(record, &mut row, options);
    Ok(row)
}

/// Tags and pairs before annotations in predictions, as always; the other way
/// round in gold.
fn pick_slots(
    record: &Record,
    side: Side,
    slots: &[&str],
    annotations: &[&str],
    row: &Row,
) -> Result<Slots> {
    let annotation = || {
        annotations.iter().find_map(|name| {
            let text = record.first(&[name])?.as_text()?;
            Some(Slots::Annotation(text.to_owned()))
        })
    };
    if side == Side::Gold
        && let Some(found) = annotation()
    {
        return Ok(found);
    }
    let tags_first = slots.iter().find_map(|name| {
        let value = record.first(&[name])?;
        Some((*name, value))
            .filter(|(name, value)| *name != "label" || matches!(value, Value::List(_)))
    });
    match tags_first {
        // What has no positions waits for what has.
        Some(("pred_slots", _)) | None if annotation().is_some() => {
            Ok(annotation().unwrap_or_default())
        }
        Some((name, value)) if Some(value) != row.intent.as_ref() => read_slots(name, value, row),
        _ => Ok(annotation().unwrap_or_else(|| {
            // An empty cell says that there are no slots.
            let is_there = |name: &&str| *name != "label" && record.has(name);
            let empty = slots.iter().chain(annotations).any(is_there);
            if empty { Slots::Values(Vec::new()) } else { Slots::None }
        })),
    }
}

fn is_intent(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::Number(_) => true,
        Value::Object(_) => value.first(&["name", "intentName", "label"]).is_some(),
        _ => false,
    }
}

fn intent_name(value: &Value) -> Value {
    value.first(&["name", "intentName", "label"]).unwrap_or(value).clone()
}

/// Scenario and action apart make the intent.
fn join_action(record: &Record, row: &mut Row) {
    let Some(scenario) = row.scenario.as_ref().and_then(Value::as_text).map(str::to_owned) else {
        return;
    };
    let action = record.first(&["action"]).and_then(Value::as_text);
    let intent = row.intent.as_ref().and_then(Value::as_text);
    let full = |name: &str| {
        crate::labels::Intent::known(name).is_some()
            || name.starts_with(&format!("{scenario}_"))
            || name.starts_with("IN:")
            || name.contains('_') && name.to_lowercase().starts_with(&scenario.to_lowercase())
    };
    let joined = |action: &str| format!("{scenario}_{}", action.to_lowercase());
    match (intent, action) {
        (Some(intent), _) if full(intent) => {}
        (_, Some(action)) => row.intent = Some(Value::Text(joined(action))),
        (Some(intent), None) => {
            let known = crate::labels::Intent::known(&joined(intent)).is_some();
            let upper = intent.chars().all(|c| !c.is_lowercase());
            if known || (upper && record.first(&["domain"]).is_some()) {
                row.intent = Some(Value::Text(joined(intent)));
            }
        }
        (None, None) => {}
    }
}

/// The annotation and text of the columns that were named.
fn named_annotation(record: &Record, options: &FormOptions, row: &mut Row) -> Result<Slots> {
    if let Some(name) = &options.text_column {
        row.text = record.first(&[name]).and_then(Value::as_text).map(str::to_owned);
    }
    let Some(name) = &options.annotation_column else { return Ok(Slots::None) };
    let value = record.first(&[name]).and_then(Value::as_text);
    Ok(value.map_or(Slots::None, |text| Slots::Annotation(text.to_owned())))
}

fn tokens(value: &Value) -> Option<Vec<String>> {
    value
        .as_list()?
        .iter()
        .map(|word| word.scalar().or_else(|| word.first(&["surface", "text", "word"])?.scalar()))
        .collect()
}

/// Slots under a name, in whichever of their shapes.
pub(crate) fn read_slots(name: &str, value: &Value, row: &Row) -> Result<Slots> {
    let unclear = |what: &str| Err(Error::line(format!("`{name}` {what}")));
    match value {
        Value::Text(text) => Ok(text_slots(text)),
        Value::List(list) => match list.first() {
            None if row.tokens.as_ref().is_some_and(|tokens| !tokens.is_empty())
                && name.contains("tag") =>
            {
                Ok(Slots::Tags(Vec::new()))
            }
            None => Ok(Slots::Pairs(Vec::new())),
            Some(Value::Object(_)) => objects(name, list),
            Some(Value::List(_)) => lists(name, list),
            Some(_) => Ok(Slots::Tags(list.clone())),
        },
        Value::Object(pairs) => {
            let mut values = Vec::new();
            for (label, value) in pairs {
                match value {
                    Value::Null => {}
                    Value::List(list) => {
                        values.extend(list.iter().filter_map(|v| Some((label.clone(), filler(v)?))))
                    }
                    value => match filler(value) {
                        Some(text) => values.push((label.clone(), text)),
                        None => return unclear("holds a value that is neither a text nor a list"),
                    },
                }
            }
            Ok(Slots::Values(values))
        }
        _ => unclear("is neither tags, slots in brackets, spans nor label and value"),
    }
}

/// Slots in one text: spans, tags, or an annotation.
fn text_slots(text: &str) -> Slots {
    let spans: Option<Vec<Span>> =
        text.split(',').filter(|part| !part.trim().is_empty()).map(colon_span).collect();
    if let Some(spans) = spans.filter(|spans| !spans.is_empty()) {
        return Slots::Spans(spans);
    }
    if brackets::read(text).slots() > 0 {
        return Slots::Annotation(text.to_owned());
    }
    Slots::Tags(text.split_whitespace().map(Value::text).collect())
}

/// `13:25:SL:DATE_TIME` or `13:25:label`.
fn colon_span(text: &str) -> Option<Span> {
    let mut parts = text.trim().splitn(3, ':');
    let start = parts.next()?.trim().parse().ok()?;
    let end = parts.next()?.trim().parse().ok()?;
    let label = parts.next()?;
    let label = label.strip_prefix("SL:").unwrap_or(label);
    Some(Span { start, end, label: label.trim().to_owned(), text: None })
}

fn filler(value: &Value) -> Option<String> {
    value
        .scalar()
        .or_else(|| value.first(&["value", "text", "filler", "rawValue", "word"]).and_then(filler))
}

const LABEL: &[&str] =
    &["type", "slot", "name", "slotName", "slot_name", "label", "entity", "entity_group"];
const VALUE: &[&str] = &["rawValue", "filler", "text", "word", "value", "slotValue", "raw_value"];
const START: &[&str] = &["start", "start_offset", "start_byte", "begin", "start_char", "start_pos"];
const END: &[&str] =
    &["end", "end_offset", "limit_byte", "end_byte", "stop", "end_char", "end_pos"];

fn objects(name: &str, list: &[Value]) -> Result<Slots> {
    let (mut spans, mut words, mut values) = (Vec::new(), Vec::new(), Vec::new());
    for slot in list {
        // Label Studio keeps its labels a level lower.
        let slot = slot.get("value").filter(|inner| inner.first(START).is_some()).unwrap_or(slot);
        let label = slot
            .first(LABEL)
            .and_then(Value::scalar)
            .or_else(|| slot.get("labels")?.as_list()?.first()?.scalar());
        let Some(label) = label else {
            return Err(Error::line(format!(
                "a slot under `{name}` has no label (type, slot, name, label, entity, …)"
            )));
        };
        let text = slot.first(VALUE).and_then(filler);
        let range = slot.get("range").unwrap_or(slot);
        let places = (
            range.first(START).and_then(Value::as_index),
            range.first(END).and_then(Value::as_index),
        );
        if let (Some(start), Some(end)) = places {
            spans.push(Span { start, end, label, text });
        } else if let Some(span) = slot.get("span").and_then(Value::as_list) {
            words.push((span.iter().filter_map(Value::as_index).collect(), label));
        } else if let Some(list) = slot.first(VALUE).and_then(Value::as_list) {
            values.extend(list.iter().filter_map(|v| Some((label.clone(), filler(v)?))));
        } else if let Some(text) = text {
            values.push((label, text));
        } else {
            return Err(Error::line(format!("the slot `{label}` has neither a place nor a value")));
        }
    }
    match (spans.is_empty(), words.is_empty(), values.is_empty()) {
        (_, true, true) => Ok(Slots::Spans(spans)),
        (true, false, true) => Ok(Slots::Words(words)),
        (true, true, false) => Ok(Slots::Values(values)),
        _ => Err(Error::line(format!("some slots under `{name}` have a place and others none"))),
    }
}

fn lists(name: &str, list: &[Value]) -> Result<Slots> {
    let (mut pairs, mut spans) = (Vec::new(), Vec::new());
    for slot in list {
        match slot.as_list().unwrap_or_default() {
            [a, b] => match (filler(a), filler(b)) {
                (Some(a), Some(b)) => pairs.push((a, b)),
                _ => return Err(Error::line(format!("a pair under `{name}` is not of two texts"))),
            },
            [start, end, label] => match (start.as_index(), end.as_index(), label.scalar()) {
                (Some(start), Some(end), Some(label)) => {
                    spans.push(Span { start, end, label, text: None });
                }
                _ => {
                    return Err(Error::line(format!(
                        "under `{name}` [start, end, label] is expected"
                    )));
                }
            },
            other => {
                return Err(Error::line(format!(
                    "a slot of {} parts under `{name}`; expected [text, label] or [start, end, label]",
                    other.len()
                )));
            }
        }
    }
    Ok(if spans.is_empty() { Slots::Pairs(pairs) } else { Slots::Spans(spans) })
}

/// What stands in generated text, where nothing else says it.
fn generated(record: &Record, row: &mut Row, options: &FormOptions) {
    if row.intent.is_some() && row.slots != Slots::None {
        return;
    }
    let Some(value) = record.first(GENERATED) else { return };
    let text = match value {
        Value::Object(_) => return from_object(value, row),
        value => generated_text(value),
    };
    let Some(text) = text else { return };
    if let Some(at) = text.find('{') {
        let mut reader = Reader::new(&text[at..]).mend();
        match reader.value(0) {
            Ok(value) => {
                row.malformed |= reader.cut;
                return from_object(&value, row);
            }
            Err(_) => row.malformed = true,
        }
    }
    let text = text.trim().trim_matches('`').trim();
    if row.slots == Slots::None && brackets::read(text).slots() > 0 {
        row.slots = Slots::Annotation(text.to_owned());
    } else if row.intent.is_none() && options.tolerant || !text.contains(char::is_whitespace) {
        row.intent.get_or_insert_with(|| Value::text(text.trim_end_matches(['.', '!', '"'])));
    }
}

/// A text, or that of the last message of the assistant.
fn generated_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.clone()),
        Value::List(list) => {
            let of_assistant = |message: &&Value| {
                message.get("role").and_then(Value::as_text) == Some("assistant")
            };
            let last = list.iter().rev().find(of_assistant).or_else(|| list.last())?;
            let last = last.get("message").unwrap_or(last);
            last.first(&["content", "text", "generated_text"]).and_then(generated_text)
        }
        _ => None,
    }
}

fn from_object(value: &Value, row: &mut Row) {
    let Value::Object(fields) = value else { return };
    let record = Record { fields: fields.clone(), ..Record::new(row.line) };
    if row.intent.is_none() {
        row.intent =
            record.first(PREDICTED_INTENT).filter(|value| is_intent(value)).map(intent_name);
        row.scenario = record.first(&["scenario", "domain"]).cloned().or(row.scenario.take());
        join_action(&record, row);
    }
    if row.slots == Slots::None {
        let found =
            pick_slots(&record, Side::Predicted, PREDICTED_SLOTS, PREDICTED_ANNOTATION, row);
        row.slots = found.unwrap_or_default();
    }
}

/// Semantic parses hold text, intent and slots at once.
fn parses(record: &Record, row: &mut Row, options: &FormOptions) {
    let (text, parse) = match &options.annotation_column {
        Some(_) => (None, None),
        None if options.text_column.as_deref() == Some("en_query") => {
            (Some("en_query"), Some("en_parse"))
        }
        None => (Some("cs_query"), Some("cs_parse")),
    };
    if let (Some(text), Some(parse)) = (text, parse)
        && row.slots == Slots::None
        && let Some(parsed) = record.first(&[parse]).and_then(Value::as_text)
    {
        row.text = record.first(&[text]).and_then(Value::as_text).map(str::to_owned);
        row.slots = Slots::Annotation(parsed.to_owned());
    }
    if let Slots::Annotation(text) = &row.slots
        && brackets::is_parse(text)
        && row.intent.is_none()
    {
        row.intent = brackets::read_parse(text).map(|(intent, _)| Value::Text(intent));
    }
}

/// The tags of a row as names, numbers resolved.
pub(crate) fn tag_names(
    tags: &[Value],
    names: Option<&[String]>,
) -> Result<Vec<Option<tags::Tag>>> {
    tags.iter()
        .map(|tag| match tag {
            Value::Null => Ok(None),
            Value::Number(number) => match names {
                Some(names) => {
                    let name = tag.as_index().and_then(|index| names.get(index));
                    name.map(|name| tags::read(name)).ok_or_else(|| {
                        Error::line(format!("the tag number {number} has no name in the map"))
                    })
                }
                None => Err(Error::line(format!(
                    "tags are numbers ({number}) and nothing says what they mean; a map of numbers \
                     and names is needed"
                ))),
            },
            tag => tag
                .scalar()
                .map(|tag| tags::read(&tag))
                .ok_or_else(|| Error::line("a tag that is neither a text nor a number")),
        })
        .collect()
}
