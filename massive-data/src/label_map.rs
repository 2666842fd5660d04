//! Numbers for labels, as models use them: the `.intents` and `.slots` files of
//! the reference.

use std::collections::{BTreeMap, HashMap};

use crate::error::{Error, Result};
use crate::labels::{Intents, OTHER, SlotNames, Vocabulary};

/// Names by their numbers: `{"0": "alarm_query", …}` in a file.
///
/// The reference numbers labels anew in every run, so a number means nothing
/// without its map.
///
/// ```
/// use massive_data::LabelMap;
///
/// let map = LabelMap::from_json(r#"{"0": "Other", "1": "date"}"#)?;
/// assert_eq!(map.number("date"), Some(1));
/// assert_eq!(map.to_json()?, r#"{"0": "Other", "1": "date"}"#);
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelMap {
    names: BTreeMap<u32, String>,
    numbers: HashMap<String, u32>,
}

impl LabelMap {
    /// The release's intents in code-point order.
    pub fn intents() -> Self {
        LabelMap::of(Intents::NAMES.iter().copied())
    }

    /// `Other` and the release's slots in code-point order.
    pub fn slots() -> Self {
        LabelMap::of(std::iter::once(OTHER).chain(SlotNames::NAMES.iter().copied()))
    }

    fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let names: BTreeMap<u32, String> = (0..).zip(names.map(str::to_owned)).collect();
        let numbers = names.iter().map(|(&number, name)| (name.clone(), number)).collect();
        LabelMap { names, numbers }
    }

    /// Reads a map.
    ///
    /// # Errors
    /// Not an object of numbers and names, or a name that has two numbers.
    pub fn from_json(text: &str) -> Result<Self> {
        let expected = "expected one JSON object of numbers and names, as {\"0\": \"alarm_set\"}";
        let names: BTreeMap<u32, String> = serde_json::from_str(text)
            .map_err(|error| Error::input(format!("not a label map: {error}; {expected}")))?;
        let mut numbers = HashMap::with_capacity(names.len());
        for (&number, name) in &names {
            if let Some(other) = numbers.insert(name.clone(), number) {
                return Err(Error::input(format!(
                    "not a label map: `{}` is both {other} and {number}",
                    name.escape_debug()
                )));
            }
        }
        Ok(LabelMap { names, numbers })
    }

    /// The number of a name.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The names in the order of their numbers.
    pub fn names(&self) -> impl ExactSizeIterator<Item = (u32, &str)> {
        self.names.iter().map(|(&number, name)| (number, name.as_str()))
    }

    /// The number of a name, which is added if it is not there.
    pub(crate) fn number_or_add(&mut self, name: &str) -> u32 {
        if let Some(number) = self.number(name) {
            return number;
        }
        let after_last =
            self.names.last_key_value().map_or(Some(0), |(last, _)| last.checked_add(1));
        // A map that has the last number there is has gaps.
        let gap = || (0..).find(|number| !self.names.contains_key(number));
        let next = after_last.or_else(gap).unwrap_or_default();
        self.names.insert(next, name.to_owned());
        self.numbers.insert(name.to_owned(), next);
        next
    }

    /// The map as a file holds it.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn to_json(&self) -> Result<String> {
        crate::json::to_python_json(&self.names).map_err(Error::output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_of_the_release_start_with_no_slot() {
        assert_eq!(LabelMap::slots().names().next(), Some((0, OTHER)));
        assert_eq!((LabelMap::slots().names().len(), LabelMap::intents().names().len()), (56, 60));
    }

    #[test]
    fn a_new_name_gets_the_next_number() {
        let mut map = LabelMap::from_json(r#"{"3": "b", "1": "a"}"#).unwrap();
        assert_eq!((map.number_or_add("b"), map.number_or_add("c")), (3, 4));
        assert_eq!(map.to_json().unwrap(), r#"{"1": "a", "3": "b", "4": "c"}"#);
    }

    #[test]
    fn a_new_name_takes_no_number_from_another() {
        let mut map = LabelMap::from_json(r#"{"4294967295": "b", "0": "a"}"#).unwrap();
        assert_eq!(map.number_or_add("c"), 1);
        assert_eq!(map.to_json().unwrap(), r#"{"0": "a", "1": "c", "4294967295": "b"}"#);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        for (text, message) in [
            ("[]", "not a label map: invalid type: sequence"),
            (r#"{"x": "a"}"#, "not a label map: invalid"),
            (r#"{"0": "a", "1": "a"}"#, "not a label map: `a` is both 0 and 1"),
        ] {
            let error = LabelMap::from_json(text).unwrap_err();
            assert!(error.message().starts_with(message), "{error}");
        }
    }
}
