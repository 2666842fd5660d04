//! The ids of utterances.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::white_space::is_space;

/// The id of an utterance: the same id in every locale is a translation of the
/// same English source.
///
/// An id is any text without white space. One of digits without leading zeros,
/// as the release has them, is a number. Numbers are ordered as numbers and come
/// before all other ids, which are ordered by their code points.
///
/// ```
/// use massive_data::UtteranceId;
///
/// let mut ids: Vec<UtteranceId> =
///     ["de-DE_0", "33/8", "10", "9", "09"].map(|id| id.parse().unwrap()).into();
/// ids.sort();
/// let sorted: Vec<String> = ids.iter().map(UtteranceId::to_string).collect();
/// assert_eq!(sorted, ["9", "10", "09", "33/8", "de-DE_0"]);
/// assert_eq!(ids[0], UtteranceId::from(9));
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct UtteranceId(Id);

/// Ids are kept by the million, so a text takes no more room than a number.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Id {
    Number(u64),
    /// A number of more digits than fit.
    Large(Arc<String>),
    Text(Arc<String>),
}

impl UtteranceId {
    /// Its number, where it is one that 64 bits hold.
    pub fn number(&self) -> Option<u64> {
        match self.0 {
            Id::Number(number) => Some(number),
            Id::Large(_) | Id::Text(_) => None,
        }
    }

    /// Bytes that stand for it in a seeded hash: those of the number, the lowest
    /// first, or of the text.
    pub fn hash_bytes(&self) -> impl AsRef<[u8]> + '_ {
        match &self.0 {
            Id::Number(number) => HashBytes::Number(number.to_le_bytes()),
            Id::Large(text) | Id::Text(text) => HashBytes::Text(text.as_bytes()),
        }
    }
}

enum HashBytes<'a> {
    Number([u8; 8]),
    Text(&'a [u8]),
}

impl AsRef<[u8]> for HashBytes<'_> {
    fn as_ref(&self) -> &[u8] {
        match self {
            HashBytes::Number(bytes) => bytes,
            HashBytes::Text(bytes) => bytes,
        }
    }
}

impl From<u64> for UtteranceId {
    fn from(number: u64) -> Self {
        UtteranceId(Id::Number(number))
    }
}

impl Ord for UtteranceId {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Id::Number(one), Id::Number(other)) => one.cmp(other),
            (Id::Number(_), _) => Ordering::Less,
            (_, Id::Number(_)) => Ordering::Greater,
            // Neither has leading zeros.
            (Id::Large(one), Id::Large(other)) => {
                one.len().cmp(&other.len()).then_with(|| one.cmp(other))
            }
            (Id::Large(_), Id::Text(_)) => Ordering::Less,
            (Id::Text(_), Id::Large(_)) => Ordering::Greater,
            (Id::Text(one), Id::Text(other)) => one.cmp(other),
        }
    }
}

impl PartialOrd for UtteranceId {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for UtteranceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Id::Number(number) => fmt::Display::fmt(number, f),
            Id::Large(text) | Id::Text(text) => f.pad(text),
        }
    }
}

impl fmt::Debug for UtteranceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UtteranceId({self})")
    }
}

impl FromStr for UtteranceId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits && (text == "0" || !text.starts_with('0')) {
            return Ok(UtteranceId(match text.parse() {
                Ok(number) => Id::Number(number),
                Err(_) => Id::Large(Arc::new(text.to_owned())),
            }));
        }
        if text.is_empty() {
            return Err(Error::line("an empty id; an id is a text without white space"));
        }
        if text.contains(is_space) {
            return Err(Error::line(format!(
                "id `{}` holds white space; an id is a text without it, such as \"42\"",
                text.escape_debug()
            )));
        }
        Ok(UtteranceId(Id::Text(Arc::new(text.to_owned()))))
    }
}

/// Written as a string, as the release has it.
impl Serialize for UtteranceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Read from a string or an integer.
impl<'de> Deserialize<'de> for UtteranceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = UtteranceId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string without white space or an integer")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                text.parse().map_err(|error: Error| E::custom(error.message()))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(UtteranceId::from(number))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                self.visit_str(&number.to_string())
            }
        }

        deserializer.deserialize_any(IdVisitor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> UtteranceId {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_come_first_and_compare_as_numbers() {
        let sorted = [
            "0",
            "7",
            "10",
            "18446744073709551615",
            "18446744073709551616",
            "99999999999999999999",
            "100000000000000000000",
            "-1",
            "007",
            "1.5",
            "33/8",
            "de-DE_0",
            "été",
        ];
        assert!(sorted.map(id).is_sorted_by(|a, b| a < b));
        assert_eq!(id("18446744073709551615").number(), Some(u64::MAX));
        assert_eq!(id("007").number(), None);
        assert_eq!(size_of::<UtteranceId>(), 16);
    }

    #[test]
    fn white_space_and_nothing_are_no_ids() {
        for text in ["", " ", "a b", "a\u{1c}b", "7\n", "\u{3000}7"] {
            assert!(text.parse::<UtteranceId>().unwrap_err().is_bad_line(), "{text:?}");
        }
        // Characters without width are not white space.
        assert_eq!(id("a\u{200b}").to_string(), "a\u{200b}");
    }

    proptest! {
        #[test]
        fn ids_are_written_as_they_were(text in "[^\\s\u{1c}-\u{1f}]{1,8}") {
            prop_assert_eq!(id(&text).to_string(), text);
        }

        #[test]
        fn the_order_is_one(texts in prop::collection::vec("[0-9a]{1,22}", 3)) {
            let ids: Vec<UtteranceId> = texts.iter().map(|text| id(text)).collect();
            prop_assert_eq!(ids[0].cmp(&ids[1]), ids[1].cmp(&ids[0]).reverse());
            prop_assert_eq!(ids[0] == ids[1], texts[0] == texts[1]);
            if ids[0] <= ids[1] && ids[1] <= ids[2] {
                prop_assert!(ids[0] <= ids[2]);
            }
        }
    }
}
