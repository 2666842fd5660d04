//! Snips' datasets: texts in pieces, one intent a list.

use super::table::Record;
use super::value::Value;

/// The lists of utterances with their intents: `{"intents": {…}}` or an intent a
/// key, as in Snips' benchmark.
fn lists(value: &Value) -> Option<Vec<(&str, &[Value])>> {
    let Value::Object(pairs) = value.get("intents").unwrap_or(value) else { return None };
    let lists: Option<Vec<_>> = pairs
        .iter()
        .map(|(intent, list)| {
            let list = list.get("utterances").unwrap_or(list).as_list()?;
            list.iter().all(|row| row.get("data").is_some()).then_some((intent.as_str(), list))
        })
        .collect();
    lists.filter(|lists| lists.iter().any(|(_, list)| !list.is_empty()))
}

pub(super) fn is_dataset(value: &Value) -> bool {
    lists(value).is_some()
}

/// The utterances, each with its line in the order of the file.
pub(super) fn read(value: &Value) -> Option<Vec<Record>> {
    let language = value.get("language").cloned().unwrap_or(Value::Null);
    let mut records = Vec::new();
    for (intent, list) in lists(value)? {
        for row in list {
            let mut text = String::new();
            let mut spans = Vec::new();
            for piece in row.get("data")?.as_list()? {
                let words = piece.get("text")?.as_text()?;
                let start = text.chars().count();
                text.push_str(words);
                if let Some(label) = piece.first(&["slot_name", "entity"]) {
                    let end = text.chars().count();
                    spans.push(Value::Object(vec![
                        ("start".to_owned(), Value::Number(start.to_string())),
                        ("end".to_owned(), Value::Number(end.to_string())),
                        ("entity".to_owned(), label.clone()),
                    ]));
                }
            }
            records.push(
                Record::new(records.len() as u64 + 1)
                    .with("text", Value::Text(text))
                    .with("entities", Value::List(spans))
                    .with("intent", Value::text(intent))
                    .with("language", language.clone()),
            );
        }
    }
    Some(records)
}
