//! A folder with `seq.in`, `seq.out` and `label`, a line an utterance; and lines
//! of `word:TAG word:TAG <=> intent`.

use crate::error::{Error, Result};

use super::table::{Mended, Record};
use super::value::Value;

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Value {
    Value::List(words.map(Value::text).collect())
}

/// Reads the three files of a split; `tags` and `labels` may be absent.
pub(super) fn folder(words: &str, tags: Option<&str>, labels: Option<&str>) -> Result<Vec<Record>> {
    let count = words.trim_end().lines().count();
    for (name, other) in [("seq.out", tags), ("label", labels)] {
        let found = other.map(|text| text.trim_end().lines().count());
        if let Some(found) = found.filter(|found| *found != count) {
            return Err(Error::input(format!(
                "{name} has {found} lines, seq.in beside it {count}; they must have as many"
            )));
        }
    }
    let mut tags = tags.map(str::lines);
    let mut labels = labels.map(str::lines);
    let mut records = Vec::with_capacity(count);
    for (index, line) in words.trim_end().lines().enumerate() {
        let mut record =
            Record::new(index as u64 + 1).with("tokens", list(line.split_whitespace()));
        if let Some(line) = tags.as_mut().and_then(Iterator::next) {
            record.push("tags", list(line.split_whitespace()));
        }
        if let Some(line) = labels.as_mut().and_then(Iterator::next) {
            record.push("intent", Value::text(line.trim()));
        }
        records.push(record);
    }
    Ok(records)
}

/// True for a line with `<=>` before its intent.
pub(super) fn is_colon_line(line: &str) -> bool {
    line.contains(" <=> ") && line.contains(':')
}

/// Reads lines of words with their tags; what was mended comes with its line.
pub(super) fn colon_lines(text: &str) -> Result<(Vec<Record>, Mended)> {
    let (mut records, mut notes) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let number = index as u64 + 1;
        let Some((body, intent)) = line.rsplit_once("<=>") else {
            return Err(Error::line("no `<=>` before an intent").at_line(number));
        };
        let (mut words, mut tags) = (Vec::new(), Vec::new());
        for piece in body.split_whitespace() {
            // A word may hold a colon, a tag does not.
            let Some((word, tag)) = piece.rsplit_once(':') else {
                return Err(Error::line(format!("no `:` and tag after `{piece}`")).at_line(number));
            };
            if word.is_empty() {
                notes.push(("tags without a word were left out".to_owned(), number));
                continue;
            }
            words.push(Value::text(word));
            tags.push(Value::text(tag));
        }
        records.push(
            Record::new(number)
                .with("tokens", Value::List(words))
                .with("tags", Value::List(tags))
                .with("intent", Value::text(intent.trim())),
        );
    }
    Ok((records, notes))
}
