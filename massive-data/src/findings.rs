//! How a check reports what it found: a number, per locale, and examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::locale::Locale;
use crate::utterance_id::UtteranceId;

/// How many examples a kind of finding lists.
pub const EXAMPLES: usize = 10;

/// How often something was found, and the first places.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Findings {
    /// How often.
    pub count: u64,
    /// How often in each locale, where the locale is known.
    pub locales: BTreeMap<String, u64>,
    /// The first ones.
    pub examples: Vec<Example>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Example {
    /// The locale, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The id, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Its line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What is wrong.
    pub message: String,
}

impl Findings {
    /// Adds a finding about an utterance; the message is made if it is listed.
    pub fn add(
        &mut self,
        key: (Locale, &UtteranceId),
        place: Option<(&str, u64)>,
        message: impl FnOnce() -> String,
    ) {
        let (locale, id) = key;
        self.count_in(locale, 1);
        if self.examples.len() < EXAMPLES {
            self.examples.push(Example {
                locale: Some(locale.tag().to_owned()),
                id: Some(id.to_string()),
                file: place.map(|(file, _)| file.to_owned()),
                line: place.map(|(_, line)| line),
                message: message(),
            });
        }
    }

    /// Counts findings of a locale that are not listed.
    pub fn count_in(&mut self, locale: Locale, count: u64) {
        self.count += count;
        *self.locales.entry(locale.tag().to_owned()).or_default() += count;
    }

    /// Adds a finding about something other than an utterance.
    pub fn add_example(&mut self, example: Example) {
        self.count += 1;
        if let Some(locale) = &example.locale {
            *self.locales.entry(locale.clone()).or_default() += 1;
        }
        if self.examples.len() < EXAMPLES {
            self.examples.push(example);
        }
    }

    /// Adds the findings of a later part of the input.
    pub fn merge(&mut self, later: Findings) {
        self.count += later.count;
        for (locale, count) in later.locales {
            *self.locales.entry(locale).or_default() += count;
        }
        let room = EXAMPLES.saturating_sub(self.examples.len());
        self.examples.extend(later.examples.into_iter().take(room));
    }
}

/// A line or file that cannot be read.
impl From<&Error> for Example {
    fn from(error: &Error) -> Self {
        let place = error.place();
        Example {
            file: place.and_then(|place| place.file.clone()),
            line: place.and_then(|place| place.line),
            message: match place.and_then(|place| place.column) {
                Some(column) => format!("column {column}: {}", error.message()),
                None => error.message().to_owned(),
            },
            ..Example::default()
        }
    }
}
