//! From an output back to labels and intent.

use std::fmt;
use std::str::FromStr;

use massive_data::words;

use super::format::{Format, INSIDE, INSIDE_PREFIX, Inside, IntentPlace, Layout};
use crate::error::{Error, Result};

/// How the marks of the inside formats are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reading {
    /// As the reference does: a mark takes what is *written* for the word before
    /// it, so that the third word of a slot has a mark for its label.
    #[default]
    Compatible,
    /// As it was meant: a mark continues the slot before it, however long.
    Corrected,
}

impl Reading {
    /// The name in options.
    pub fn name(self) -> &'static str {
        match self {
            Reading::Compatible => "compatible",
            Reading::Corrected => "corrected",
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Reading {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Reading::Compatible, Reading::Corrected].into_iter().find(|r| r.name() == name).ok_or_else(
            || {
                Error::request(format!(
                    "unknown reading `{}`: expected compatible or corrected",
                    name.escape_debug()
                ))
            },
        )
    }
}

/// What an output says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed<'a> {
    /// The intent; empty if there is none.
    pub intent: &'a str,
    /// The labels, of which a malformed output may have too many or too few.
    pub labels: Vec<&'a str>,
}

impl<'a> Parsed<'a> {
    /// The labels for this many words: what is too much is cut off, what is
    /// missing is the label of `format` for words outside slots.
    pub fn fitted(&self, words: usize, format: &'a Format) -> Vec<&'a str> {
        let missing = std::iter::repeat(format.outside.as_str());
        self.labels.iter().copied().chain(missing).take(words).collect()
    }
}

impl Format {
    /// Reads an output, well-formed or not; nothing is an error. An empty one,
    /// on which the reference fails, has an empty intent and no labels.
    pub fn read<'a>(&'a self, output: &'a str, reading: Reading) -> Parsed<'a> {
        let pieces: Vec<&str> = words::split(output).collect();
        let described = usize::from(self.descriptions);
        // The description and the intent are one piece each, wherever they are:
        // the reference counts pieces and does not look at what they are.
        let (intent, rest) = match self.intent {
            IntentPlace::First => (pieces.get(described), between(&pieces, 1 + 2 * described, 0)),
            IntentPlace::Last => (pieces.last(), between(&pieces, described, 1 + described)),
        };
        let mut labels: Vec<&str> = match self.layout {
            Layout::Labels => rest.to_vec(),
            Layout::WordsThenLabels => {
                // As many words as labels. Of the two descriptions one is off
                // already; the other takes the place of a word dropped here.
                let rest = between(rest, described, 0);
                rest[rest.len() / 2..].to_vec()
            }
            Layout::WordsWithLabels | Layout::Sentinels => {
                rest.iter().copied().skip(1).step_by(2).collect()
            }
        };
        self.resolve(&mut labels, reading);
        Parsed { intent: intent.copied().unwrap_or_default(), labels }
    }

    /// Replaces the marks of the inside formats by labels.
    fn resolve<'a>(&'a self, labels: &mut [&'a str], reading: Reading) {
        let outside = self.outside.as_str();
        let is_inside = |label: &str| match self.inside {
            Inside::SlotName => false,
            Inside::InsideSlotName => label.starts_with(INSIDE_PREFIX),
            Inside::Inside => label == INSIDE,
        };
        match reading {
            Reading::Compatible => {
                for word in (1..labels.len()).rev() {
                    if labels[word] != outside && is_inside(labels[word]) {
                        labels[word] = labels[word - 1];
                    }
                }
            }
            Reading::Corrected => {
                let mut previous = outside;
                for label in labels {
                    if is_inside(label) {
                        // A name says more than what stands before it.
                        *label = match label.strip_prefix(INSIDE_PREFIX) {
                            Some("") => outside,
                            Some(name) => name,
                            None => previous,
                        };
                    }
                    previous = label;
                }
            }
        }
    }
}

/// The pieces but for so many at the start and at the end.
fn between<'p, 'a>(pieces: &'p [&'a str], start: usize, end: usize) -> &'p [&'a str] {
    pieces.get(start..pieces.len().saturating_sub(end)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_slot_survives_only_the_corrected_reading() {
        let words = ["on", "the", "first", "of", "may"];
        let labels = ["Other", "date", "date", "date", "date"];
        for inside in [Inside::SlotName, Inside::InsideSlotName, Inside::Inside] {
            let format = Format { inside, ..Format::default() };
            let output = format.target(&words, &labels, "alarm_set").unwrap();
            assert_eq!(format.read(&output, Reading::Corrected).labels, labels, "{output}");
            let compatible = format.read(&output, Reading::Compatible).labels;
            assert_eq!(compatible == labels, inside == Inside::SlotName, "{output}");
        }
    }

    #[test]
    fn a_mark_with_nothing_to_continue_is_outside_in_the_corrected_reading() {
        let format = Format { inside: Inside::Inside, ..Format::default() };
        let parsed = format.read("I I Other I date I alarm_set", Reading::Corrected);
        assert_eq!(parsed.labels, ["Other", "Other", "Other", "Other", "date", "date"]);
    }

    #[test]
    fn labels_are_cut_or_padded_to_the_words() {
        let format = Format::default();
        let parsed = format.read("date time alarm_set", Reading::default());
        assert_eq!(parsed.fitted(1, &format), ["date"]);
        assert_eq!(parsed.fitted(3, &format), ["date", "time", "Other"]);
    }

    #[test]
    fn nothing_is_an_empty_intent() {
        for descriptions in [false, true] {
            for intent in [IntentPlace::First, IntentPlace::Last] {
                for layout in [Layout::Labels, Layout::WordsThenLabels, Layout::Sentinels] {
                    let format = Format { descriptions, intent, layout, ..Format::default() };
                    for text in ["", " \t"] {
                        let parsed = format.read(text, Reading::Compatible);
                        assert_eq!(parsed, Parsed { intent: "", labels: vec![] });
                    }
                }
            }
        }
    }

    #[test]
    fn readings_are_read_as_they_are_written() {
        for reading in [Reading::Compatible, Reading::Corrected] {
            assert_eq!(reading.to_string().parse::<Reading>().unwrap(), reading);
        }
        assert!("right".parse::<Reading>().is_err());
    }
}
