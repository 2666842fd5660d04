//! Tables of text: comma, tab or semicolon between cells, names in the first line.

use crate::error::{Error, Result};

use super::table::Record;
use super::value::{Reader, Value};

/// The columns of MTOP's release, which has no header.
const MTOP: [&str; 8] =
    ["id", "intent", "slot", "utterance", "domain", "locale", "decoupled_form", "tokens_json"];

/// Names of which a header has at least one.
const KNOWN: [&str; 37] = [
    "id",
    "locale",
    "lang",
    "language",
    "utt",
    "text",
    "sentence",
    "utterance",
    "query",
    "intent",
    "pred_intent",
    "pred",
    "predicted_intent",
    "annot_utt",
    "pred_annot_utt",
    "label",
    "labels",
    "tags",
    "slots",
    "slot",
    "tokens",
    "words",
    "answer_annotation",
    "annotation",
    "gold",
    "pred_slots",
    "pred_labels",
    "prediction",
    "ner_tags",
    "en_query",
    "cs_query",
    "scenario",
    "output",
    "response",
    "source_annot",
    "raw",
    "pred_tags",
];

/// The byte between cells, if a line looks like a header.
pub(super) fn header(line: &str) -> Option<u8> {
    [b'\t', b';', b','].into_iter().find(|&delimiter| {
        let names = cells(line, delimiter);
        names.len() > 1 && names.iter().any(|name| KNOWN.contains(&clean(name).as_str()))
    })
}

/// True for a line of MTOP's release.
pub(super) fn is_mtop(line: &str) -> bool {
    let cells: Vec<&str> = line.split('\t').collect();
    cells.len() == MTOP.len() && cells[1].starts_with("IN:")
}

fn cells(line: &str, delimiter: u8) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .from_reader(line.as_bytes());
    let first = reader.records().next().and_then(std::result::Result::ok);
    first.map(|row| row.iter().map(str::to_owned).collect()).unwrap_or_default()
}

/// A column's name as it is looked up.
pub(super) fn clean(name: &str) -> String {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    name.to_lowercase().replace([' ', '-'], "_")
}

/// Reads a table.
pub(super) fn read(text: &str, file_name: &str) -> Result<(Vec<Record>, &'static str)> {
    let first = text.lines().next().unwrap_or_default();
    if is_mtop(first) {
        let names: Vec<String> = MTOP.iter().map(|&name| name.to_owned()).collect();
        return Ok((rows(text, b'\t', &names, false)?, "MTOP's table"));
    }
    let Some(delimiter) = header(first) else {
        return Err(Error::line(format!(
            "the first line of {file_name} names no column that is known (id, locale, utt, intent, \
             annot_utt, pred_intent, pred_annot_utt, …); a table needs its header",
        ))
        .at_line(1));
    };
    let names: Vec<String> = cells(first, delimiter).iter().map(|name| clean(name)).collect();
    let form = match delimiter {
        b'\t' => "a table with tabs",
        b';' => "a table with semicolons",
        _ => "a table with commas",
    };
    Ok((rows(text, delimiter, &names, true)?, form))
}

fn rows(text: &str, delimiter: u8, names: &[String], headed: bool) -> Result<Vec<Record>> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(headed)
        // A tab hardly ever stands in a cell, while quotes do.
        .quoting(delimiter != b'\t' || text.lines().next().is_some_and(|line| line.contains('"')))
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|_| Error::line("a row of the table cannot be read"))?;
        let line = row.position().map_or(0, csv::Position::line);
        if row.len() != names.len()
            && !(row.len() > names.len() && row.iter().skip(names.len()).all(str::is_empty))
        {
            return Err(Error::line(format!(
                "{} cells where the header names {}; is a quote missing, or a cell with the \
                 delimiter in it not quoted?",
                row.len(),
                names.len()
            ))
            .at_line(line));
        }
        let mut record = Record::new(line);
        for (name, cell) in names.iter().zip(row.iter()) {
            record.push(name, self::cell(cell));
        }
        records.push(record);
    }
    Ok(records)
}

/// A cell: a text, or the list or object that it holds as JSON or as Python
/// prints it.
fn cell(text: &str) -> Value {
    let trimmed = text.trim();
    let bracketed = (trimmed.starts_with('[') && trimmed.ends_with(']'))
        || (trimmed.starts_with('{') && trimmed.ends_with('}'));
    if bracketed {
        let mut reader = Reader::new(trimmed).python();
        if let Ok(value) = reader.value(0)
            && reader.at_end()
        {
            return value;
        }
    }
    if text.is_empty() || trimmed == "null" { Value::Null } else { Value::text(text) }
}
