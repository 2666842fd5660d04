//! JSON lines, one array, an object that holds rows, and Snips' datasets.

use crate::error::{Error, Result};

use super::snips;
use super::table::Record;
use super::value::{Fault, Reader, Value, parse};

/// Keys under which an object holds its rows.
const LISTS: [&str; 12] = [
    "predictions",
    "data",
    "rows",
    "test_data_annotation",
    "results",
    "examples",
    "utterances",
    "per_sample_results",
    "samples",
    "records",
    "items",
    "train_data_annotation",
];

/// Reads a text of JSON; the records and what the form is called.
pub(super) fn read(text: &str) -> Result<(Vec<Record>, &'static str)> {
    let start = text.trim_start();
    if start.starts_with('[') || !first_line_is_whole(start) {
        return document(text);
    }
    let first = parse(start.lines().next().unwrap_or_default()).ok();
    let one = start.trim_end().lines().count() == 1;
    if one && first.as_ref().is_some_and(|value| holds_rows(value) || !is_row(value)) {
        return document(text);
    }
    let mut records = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index as u64 + 1;
        let read = parse(line).map_err(|fault| at_line(line, number, &fault));
        records.push(match read.and_then(|value| record(value, number)) {
            Ok(record) => record,
            Err(error) => Record { fault: Some(error), ..Record::new(number) },
        });
    }
    Ok((records, "JSON lines"))
}

fn first_line_is_whole(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    let more = text[line.len()..].trim_start().starts_with('{');
    more || parse(line).is_ok()
}

/// True if an object has a field that rows have.
fn is_row(value: &Value) -> bool {
    const FIELDS: [&str; 16] = [
        "id",
        "locale",
        "utt",
        "text",
        "tokens",
        "words",
        "sentence",
        "utterance",
        "query",
        "intent",
        "pred_intent",
        "label",
        "slots",
        "entities",
        "tags",
        "ner_tags",
    ];
    value.first(&FIELDS).is_some()
}

fn holds_rows(value: &Value) -> bool {
    list_of(value).is_some() || snips::is_dataset(value) || rasa_examples(value).is_some()
}

fn list_of(value: &Value) -> Option<&[Value]> {
    let list = value.first(&LISTS)?.as_list()?;
    let rows = list.iter().all(|row| matches!(row, Value::Object(_)));
    // A row may have such a field, too.
    let is_row = value.first(&["id", "utt", "text", "intent", "pred_intent"]).is_some();
    (rows && !is_row).then_some(list)
}

fn rasa_examples(value: &Value) -> Option<&Value> {
    value.get("rasa_nlu_data")?.get("common_examples")
}

fn at_line(line: &str, number: u64, fault: &Fault) -> Error {
    let column = line.get(..fault.at).map_or(0, |before| before.chars().count()) + 1;
    Error::line(format!("not valid JSON: {}", fault.message)).at_line(number).at_column(column)
}

fn record(value: Value, line: u64) -> Result<Record> {
    match value {
        Value::Object(fields) => Ok(Record { line, fields, ..Record::default() }),
        Value::List(_) => {
            Err(Error::line("a list where an object with named fields is expected").at_line(line))
        }
        _ => Err(Error::line("a single value where an object with named fields is expected")
            .at_line(line)),
    }
}

/// A text that is one value, over as many lines as it likes.
fn document(text: &str) -> Result<(Vec<Record>, &'static str)> {
    let fault = |fault: Fault| {
        let before = &text[..fault.at.min(text.len())];
        let line = memchr::memchr_iter(b'\n', before.as_bytes()).count() as u64 + 1;
        Error::line(format!("not valid JSON: {}", fault.message)).at_line(line)
    };
    let mut reader = Reader::new(text);
    if reader.take(b'[') {
        return Ok((elements(&mut reader, text, fault)?, "a JSON array"));
    }
    let value = reader.value(0).map_err(fault)?;
    if !reader.at_end() {
        return Err(fault(Fault {
            at: reader.at,
            message: "more follows after the end of the object".to_owned(),
        }));
    }
    if let Some(records) = snips::read(&value) {
        return Ok((records, "a Snips dataset"));
    }
    let (list, form) = match (list_of(&value), rasa_examples(&value)) {
        (Some(list), _) => (list.to_vec(), "a JSON object that holds rows"),
        (None, Some(Value::List(list))) => (list.clone(), "Rasa's JSON"),
        _ => return lone_object(value),
    };
    let mut records = Vec::with_capacity(list.len());
    for (index, row) in list.into_iter().enumerate() {
        records.push(record(row, index as u64 + 1)?);
    }
    Ok((records, form))
}

/// An object that holds no list of rows: a row, a report of figures, or else.
fn lone_object(value: Value) -> Result<(Vec<Record>, &'static str)> {
    let Value::Object(pairs) = &value else {
        return Err(Error::line("an object or a list of objects is expected"));
    };
    if pairs
        .iter()
        .any(|(_, value)| value.get("precision").is_some() && (value.get("recall").is_some()))
    {
        return Err(Error::input(
            "this is a report of figures (precision, recall, f1-score by label), it holds no rows; \
             give the predictions themselves",
        ));
    }
    let keys: Vec<&str> = pairs.iter().take(5).map(|(key, _)| key.as_str()).collect();
    if !is_row(&value) {
        return Err(Error::input(format!(
            "one JSON object with {}, in which no list of rows was found; expected a list of \
             objects, or one under predictions, data or rows",
            keys.join(", ")
        )));
    }
    Ok((vec![record(value, 1)?], "a JSON object"))
}

fn elements(
    reader: &mut Reader<'_>,
    text: &str,
    fault: impl Fn(Fault) -> Error,
) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    let (mut counted, mut line) = (0, 1);
    if reader.take(b']') {
        return Ok(records);
    }
    let lines = memchr::memchr_iter(b'\n', text.trim().as_bytes()).count();
    loop {
        reader.skip_space();
        line += memchr::memchr_iter(b'\n', &text.as_bytes()[counted..reader.at]).count() as u64;
        counted = reader.at;
        let value = reader.value(0).map_err(&fault)?;
        // Where all stand on one line, the number of the element says more.
        let number = if lines == 0 { records.len() as u64 + 1 } else { line };
        records.push(record(value, number)?);
        if reader.take(b']') {
            break;
        }
        if !reader.take(b',') {
            let message = "a comma or ] is expected after an element of the list".to_owned();
            return Err(fault(Fault { at: reader.at, message }));
        }
    }
    if reader.at_end() {
        return Ok(records);
    }
    let message = "more follows after the end of the list; are these two files in one?".to_owned();
    Err(fault(Fault { at: reader.at, message }))
}
