//! The labels of a model's outputs, by their numbers.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use massive_data::prediction::predicted_label;
use massive_data::{Intent, LabelMap, SlotName};

use crate::error::{Error, Result};

/// Names in the order of their numbers, and where they come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labels {
    names: Vec<String>,
    source: PathBuf,
}

impl Labels {
    /// The labels of a map in a file, as the reference writes them.
    ///
    /// # Errors
    /// A file that cannot be read or is no map; numbers that are not 0, 1, 2, ….
    pub fn read(path: &Path) -> Result<Labels> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Error::model(format!("{} cannot be read: {error}", path.display())))?;
        let map = LabelMap::from_json(&text)
            .map_err(|error| Error::model(format!("{}: {}", path.display(), error.message())))?;
        Self::in_order(map.names().map(|(number, name)| (u64::from(number), name)), path)
    }

    /// The labels of an `id2label` in `path`.
    ///
    /// # Errors
    /// Numbers that are not 0, 1, 2, ….
    pub fn of_config(id2label: &BTreeMap<String, String>, path: &Path) -> Result<Labels> {
        let mut numbered = Vec::with_capacity(id2label.len());
        for (number, name) in id2label {
            let number = number.parse().map_err(|_| {
                Error::model(format!(
                    "{}: id2label has `{}` where a number is expected",
                    path.display(),
                    number.escape_debug()
                ))
            })?;
            numbered.push((number, name.as_str()));
        }
        numbered.sort_unstable();
        Self::in_order(numbered.into_iter(), path)
    }

    fn in_order<'a>(names: impl Iterator<Item = (u64, &'a str)>, source: &Path) -> Result<Labels> {
        let mut all = Vec::new();
        for (number, name) in names {
            if number != all.len() as u64 {
                return Err(Error::model(format!(
                    "{}: label number {} is missing; a map has every number from 0",
                    source.display(),
                    all.len()
                )));
            }
            all.push(name.to_owned());
        }
        if all.is_empty() {
            return Err(Error::model(format!("{}: the label map is empty", source.display())));
        }
        Ok(Labels { names: all, source: source.to_owned() })
    }

    /// The names.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The file that they come from.
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// The slots that the names mean; `None` is outside every slot.
    pub fn slots(&self) -> Vec<Option<SlotName>> {
        self.names.iter().map(|name| predicted_label(name)).collect()
    }

    /// True if slots begin and go on (`B-x`, `I-x`).
    pub fn is_bio(&self) -> bool {
        self.names.iter().any(|name| name.starts_with("B-"))
    }

    /// The names that are no intents of the release.
    pub fn unknown_intents(&self) -> Vec<&str> {
        self.names.iter().map(String::as_str).filter(|name| Intent::known(name).is_none()).collect()
    }

    /// The names that are no slots of the release.
    pub fn unknown_slots(&self) -> Vec<&str> {
        self.names
            .iter()
            .filter(|name| predicted_label(name).is_some_and(|slot| !slot.is_known()))
            .map(String::as_str)
            .collect()
    }

    /// True if nobody gave them names: `LABEL_0`, ….
    pub fn are_placeholders(&self) -> bool {
        self.names.iter().enumerate().all(|(number, name)| *name == format!("LABEL_{number}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.intents");
        std::fs::write(&path, r#"{"0": "alarm_set", "2": "alarm_query"}"#).unwrap();
        let error = Labels::read(&path).unwrap_err();
        assert!(error.to_string().contains("label number 1 is missing"), "{error}");
    }

    #[test]
    fn numbers_of_a_configuration_are_sorted_as_numbers() {
        let map = (0..12).map(|number| (number.to_string(), format!("B-x{number}"))).collect();
        let labels = Labels::of_config(&map, Path::new("config.json")).unwrap();
        assert_eq!(labels.names()[10], "B-x10");
        assert!(labels.is_bio());
        assert_eq!(labels.slots()[2].as_ref().unwrap().as_str(), "x2");
    }
}
