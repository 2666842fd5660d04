//! How records differ from the release's rows, and what brings them to it.

use serde_json::{Value as Json, json};

use super::table::{Record, Row, Table};
use super::value::Value;

const FIELDS: [&str; 10] = [
    "id",
    "locale",
    "partition",
    "scenario",
    "intent",
    "utt",
    "annot_utt",
    "worker_id",
    "slot_method",
    "judgments",
];

const JUDGMENT: [&str; 6] = [
    "worker_id",
    "intent_score",
    "slots_score",
    "grammar_score",
    "spelling_score",
    "language_identification",
];

/// Counts what a record has that the release has not, and the other way round.
pub(super) fn differences(record: &Record, table: &mut Table) {
    let unknown: Vec<String> = record
        .fields
        .iter()
        .filter(|(name, _)| !FIELDS.contains(&name.as_str()))
        .map(|(name, _)| format!("the release has no field `{name}`"))
        .collect();
    for what in unknown {
        table.difference(what, record.file, record.line);
    }
    for name in &FIELDS[..8] {
        if record.first(&[name]).is_none() {
            table.difference(
                format!("the release has a field `{name}` that is missing here"),
                record.file,
                record.line,
            );
        }
    }
    let partition = record.first(&["partition"]).and_then(Value::as_text);
    if let Some(name) =
        partition.filter(|name| !matches!(*name, "train" | "dev" | "test" | "MMNLU-22"))
    {
        table.difference(
            format!("the release has no partition `{name}`"),
            record.file,
            record.line,
        );
    }
    for name in ["scenario", "intent"] {
        if matches!(record.first(&[name]), Some(Value::Number(_))) {
            table.difference(
                format!("`{name}` is a class number, in the release a name"),
                record.file,
                record.line,
            );
        }
    }
    for name in ["slot_method", "judgments"] {
        if matches!(record.first(&[name]), Some(Value::Object(_))) {
            table.difference(
                format!("`{name}` is one object of lists, in the release a list of objects"),
                record.file,
                record.line,
            );
        }
    }
}

/// A list of objects, from such a list or from an object of lists.
pub(super) fn rows_of(value: &Value) -> Vec<Json> {
    match value {
        Value::List(list) => list.iter().map(|row| without_nulls(row.to_json())).collect(),
        Value::Object(columns) => {
            let length = columns.iter().filter_map(|(_, list)| Some(list.as_list()?.len())).max();
            (0..length.unwrap_or(0))
                .map(|index| {
                    let cell = |list: &Value| list.as_list()?.get(index).map(Value::to_json);
                    let pairs =
                        columns.iter().filter_map(|(name, list)| Some((name.clone(), cell(list)?)));
                    without_nulls(Json::Object(pairs.collect()))
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

fn without_nulls(mut row: Json) -> Json {
    if let Json::Object(fields) = &mut row {
        fields.retain(|_, value| !value.is_null());
    }
    row
}

/// Scores as whole numbers: truth values are 0 and 1, decimal ones are rounded
/// and counted.
pub(super) fn whole_scores(judgments: &mut Json, row: &Row, table: &mut Table) {
    for judgment in judgments.as_array_mut().into_iter().flatten() {
        if let Json::Object(fields) = judgment {
            fields.retain(|name, _| JUDGMENT.contains(&name.as_str()));
        }
        for name in ["intent_score", "slots_score", "grammar_score", "spelling_score"] {
            let score = &mut judgment[name];
            if let Some(truth) = score.as_bool() {
                *score = json!(u8::from(truth));
            } else if let Some(number) = score.as_f64().filter(|_| !score.is_u64()) {
                if number.fract() != 0.0 {
                    table.note(
                        "scores of judges that are no whole numbers, rounded",
                        row.file,
                        row.line,
                    );
                }
                *score = json!(number.round().max(0.0) as u64);
            } else if score.is_null() {
                *score = json!(0);
            }
        }
    }
}
