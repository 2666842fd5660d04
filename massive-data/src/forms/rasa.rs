//! Rasa's training data: `nlu.yml` and `nlu.md`.

use super::table::Record;
use super::value::Value;

/// True for Rasa's YAML.
pub(super) fn is_yaml(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "nlu:")
        && text
            .lines()
            .any(|line| line.trim_start().trim_start_matches("- ").starts_with("intent:"))
}

/// True for Rasa's Markdown.
pub(super) fn is_markdown(text: &str) -> bool {
    text.lines().any(|line| line.trim_start().starts_with("## intent:"))
}

fn example(line: u64, intent: &str, text: &str) -> Record {
    Record::new(line)
        .with("annotation", Value::text(text.trim()))
        .with("intent", Value::text(intent))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    text.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\''])).unwrap_or(text)
}

/// The examples of all intents; synonyms, lookups and expressions hold none.
pub(super) fn yaml(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut intent: Option<String> = None;
    let mut examples = false;
    for (index, line) in text.lines().enumerate() {
        let body = line.trim();
        let key = body.strip_prefix("- ").unwrap_or(body);
        let dashed = body.starts_with("- ");
        if let Some(name) = key.strip_prefix("intent:") {
            intent = Some(unquoted(name).to_owned());
            examples = false;
        } else if ["synonym:", "lookup:", "regex:"].iter().any(|other| key.starts_with(other)) {
            intent = None;
            examples = false;
        } else if key.starts_with("examples:") {
            examples = true;
        } else if !line.starts_with([' ', '\t', '-']) && body.ends_with(':') {
            intent = None;
            examples = false;
        } else if examples
            && dashed
            && let Some(intent) = &intent
        {
            let text = key.strip_prefix("text:").map_or(key, |text| text);
            let text = text.trim().trim_start_matches('|');
            if !text.trim().is_empty() {
                records.push(example(index as u64 + 1, intent, text));
            }
        }
    }
    records
}

/// The examples below `## intent:name`.
pub(super) fn markdown(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut intent = None;
    for (index, line) in text.lines().enumerate() {
        let body = line.trim();
        if let Some(title) = body.strip_prefix("## ") {
            intent = title.strip_prefix("intent:").map(str::trim);
        } else if let (Some(intent), Some(text)) =
            (intent, body.strip_prefix(['-', '*', '+']).filter(|text| text.starts_with(' ')))
        {
            records.push(example(index as u64 + 1, intent, text));
        }
    }
    records
}
