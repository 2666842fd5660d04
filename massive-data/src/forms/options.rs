//! What the caller says about files that do not say it themselves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::error::{Error, Result};
use crate::segmentations::Segmentations;

use super::files::text_of;
use super::tags;
use super::value::{Value, parse};

/// How files of other forms than the release's are to be read.
#[derive(Debug, Clone, Default)]
pub struct FormOptions {
    /// The locale of rows that have none.
    pub locale: Option<String>,
    /// The partition of rows that have none.
    pub partition: Option<String>,
    /// The column that holds the text.
    pub text_column: Option<String>,
    /// The column that holds the annotation.
    pub annotation_column: Option<String>,
    /// The system whose predictions are meant, in a table of several.
    pub system: Option<String>,
    /// What of an id counts: the first group, or all that matches.
    pub id_pattern: Option<String>,
    /// Predictions stand in the order of the corpus.
    pub in_order: bool,
    /// Files that say what numbers mean.
    pub labels_maps: Vec<PathBuf>,
    /// Also read what models that write text produce.
    pub tolerant: bool,
    /// The locales that are cut into words otherwise than usual.
    pub segmentations: Segmentations,
}

/// Names of numbers.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    pub(crate) intents: Option<Vec<String>>,
    pub(crate) tags: Option<Vec<String>>,
}

impl FormOptions {
    /// True if something is asked of a corpus that only these readers can do.
    pub(crate) fn asks_of_corpus(&self) -> bool {
        self.text_column.is_some() || self.annotation_column.is_some() || self.id_pattern.is_some()
    }

    /// True if something is asked of predictions that only these readers can do.
    pub(crate) fn asks_of_predictions(&self) -> bool {
        self.tolerant
            || self.in_order
            || self.system.is_some()
            || self.id_pattern.is_some()
            || !self.labels_maps.is_empty()
    }

    pub(crate) fn id_regex(&self) -> Result<Option<Regex>> {
        let Some(pattern) = &self.id_pattern else { return Ok(None) };
        let compiled = Regex::new(pattern);
        compiled.map(Some).map_err(|_| {
            Error::request(format!("the pattern of ids `{pattern}` is no regular expression"))
        })
    }

    pub(crate) fn numbers(&self) -> Result<Numbers> {
        let mut numbers = Numbers::default();
        for path in &self.labels_maps {
            let file = path.display().to_string();
            let text = text_of(path).map_err(|error| error.at_file(&file))?;
            let names = names(&text).map_err(|error| error.at_file(&file))?;
            let outside = names.iter().any(|name| !name.is_empty() && tags::is_outside(name));
            let marked = names.iter().filter_map(|name| tags::read(name)).any(|tag| tag.marked);
            let of_slots = path.extension().is_some_and(|extension| extension == "slots");
            let place = if outside || marked || of_slots {
                &mut numbers.tags
            } else {
                &mut numbers.intents
            };
            *place = Some(names);
        }
        Ok(numbers)
    }

    /// A caller's path, in messages.
    pub(crate) fn names(paths: &[PathBuf]) -> String {
        paths
            .iter()
            .map(|path: &PathBuf| Path::display(path).to_string())
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// Names by number: a map of either direction, a list, `id2label`, or a name a line.
fn names(text: &str) -> Result<Vec<String>> {
    let trimmed = text.trim();
    if !trimmed.starts_with(['{', '[']) {
        return Ok(trimmed.lines().map(|line| line.trim().to_owned()).collect());
    }
    let value = parse(trimmed).map_err(|fault| {
        Error::input(format!("not a map of numbers and names: {}", fault.message))
    })?;
    let value = value.first(&["id2label", "label2id", "names", "labels"]).unwrap_or(&value);
    let pairs = match value {
        Value::List(list) => return Ok(list.iter().filter_map(Value::scalar).collect()),
        Value::Object(pairs) => pairs,
        _ => return Err(Error::input("not a map of numbers and names")),
    };
    let mut by_number: BTreeMap<usize, String> = BTreeMap::new();
    for (key, value) in pairs {
        let (number, name) = match (key.parse::<usize>(), value) {
            (Ok(number), Value::Text(name)) => (number, name.clone()),
            (_, value) => match value.as_index() {
                Some(number) => (number, key.clone()),
                None => {
                    return Err(Error::input(format!(
                        "not a map of numbers and names: at `{key}`"
                    )));
                }
            },
        };
        if number > 1 << 20 {
            return Err(Error::input(format!(
                "the number {number} in a map of names is too large"
            )));
        }
        if let Some(other) = by_number.insert(number, name.clone()) {
            return Err(Error::input(format!(
                "the map gives the number {number} twice, to `{other}` and to `{name}`"
            )));
        }
    }
    let last = by_number.last_key_value().map_or(0, |(last, _)| last + 1);
    Ok((0..last).map(|number| by_number.remove(&number).unwrap_or_default()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_all_kinds_name_numbers() {
        for text in [
            r#"{"0": "a", "1": "b"}"#,
            r#"{"a": 0, "b": 1}"#,
            r#"["a", "b"]"#,
            r#"{"id2label": {"0": "a", "1": "b"}}"#,
            "a\nb\n",
        ] {
            assert_eq!(names(text).unwrap(), ["a", "b"], "{text}");
        }
        let error = names(r#"{"a": 0, "b": 0}"#).unwrap_err();
        assert!(error.message().contains("the number 0 twice"), "{error}");
    }
}
