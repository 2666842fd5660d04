//! What is wrong with an output.

use std::collections::HashSet;
use std::fmt;

use massive_data::{LabelMap, words};

use super::format::{Format, INSIDE, INSIDE_PREFIX, Inside, Piece, sentinel};

/// The names that a model may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    intents: Vec<String>,
    slots: Vec<String>,
    known_intents: HashSet<String>,
    known_slots: HashSet<String>,
}

impl Names {
    /// These intents and slots; the label of words outside slots may be among
    /// the slots or not.
    pub fn new(
        intents: impl IntoIterator<Item = String>,
        slots: impl IntoIterator<Item = String>,
    ) -> Self {
        let intents: Vec<String> = intents.into_iter().collect();
        let slots: Vec<String> = slots.into_iter().collect();
        let known_intents = intents.iter().cloned().collect();
        let known_slots = slots.iter().cloned().collect();
        Names { intents, slots, known_intents, known_slots }
    }

    /// The intents, in the order they came.
    pub fn intents(&self) -> &[String] {
        &self.intents
    }

    /// The slots, in the order they came.
    pub fn slots(&self) -> &[String] {
        &self.slots
    }
}

impl Default for Names {
    /// Those of release 1.1.
    fn default() -> Self {
        let names = |map: LabelMap| map.names().map(|(_, name)| name.to_owned()).collect();
        let (intents, slots): (Vec<_>, Vec<_>) =
            (names(LabelMap::intents()), names(LabelMap::slots()));
        Names::new(intents, slots)
    }
}

/// Why an output is malformed: the first thing that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// There is nothing.
    Empty,
    /// It was still being written when it reached the length limit.
    Cut,
    /// It has not as many pieces as the format wants for this many words.
    Length {
        /// How many the format wants.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// A description or sentinel is not where it should be.
    Marker {
        /// What should be there.
        expected: String,
        /// What is there.
        found: String,
    },
    /// A label that the model does not have, or a mark with nothing to continue.
    UnknownLabel(String),
    /// An intent that the model does not have.
    UnknownIntent(String),
}

impl Fault {
    /// Its kind in one word, to count by.
    pub fn kind(&self) -> &'static str {
        match self {
            Fault::Empty => "empty",
            Fault::Cut => "cut",
            Fault::Length { .. } => "length",
            Fault::Marker { .. } => "marker",
            Fault::UnknownLabel(_) => "unknown_label",
            Fault::UnknownIntent(_) => "unknown_intent",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Empty => f.write_str("the output is empty"),
            Fault::Cut => f.write_str("the output was cut at the length limit"),
            Fault::Length { expected, found } => {
                write!(f, "the output has {found} pieces: expected {expected}")
            }
            Fault::Marker { expected, found } => {
                write!(f, "`{}` stands where `{expected}` should", found.escape_debug())
            }
            Fault::UnknownLabel(label) => write!(f, "unknown label `{}`", label.escape_debug()),
            Fault::UnknownIntent(intent) => {
                write!(f, "unknown intent `{}`", intent.escape_debug())
            }
        }
    }
}

impl Format {
    /// What is wrong with an output for an utterance of this many words; `None`
    /// if it is well-formed. Words that are repeated in it are not compared,
    /// only counted.
    pub fn fault(&self, output: &str, words: usize, names: &Names) -> Option<Fault> {
        let found: Vec<&str> = words::split(output).collect();
        if found.is_empty() {
            return Some(Fault::Empty);
        }
        let expected = self.pieces(words);
        if found.len() != expected.len() {
            return Some(Fault::Length { expected: expected.len(), found: found.len() });
        }
        let mut slot = None;
        for (piece, found) in expected.into_iter().zip(found) {
            let marker = match piece {
                Piece::Word(_) => continue,
                Piece::Description(text) => text.to_owned(),
                Piece::Sentinel(word) => sentinel(word),
                Piece::Label(_) => {
                    match self.slot_of(found, slot, names) {
                        Some(now) => slot = now,
                        None => return Some(Fault::UnknownLabel(found.to_owned())),
                    }
                    continue;
                }
                Piece::Intent if names.known_intents.contains(found) => continue,
                Piece::Intent => return Some(Fault::UnknownIntent(found.to_owned())),
            };
            if found != marker {
                return Some(Fault::Marker { expected: marker, found: found.to_owned() });
            }
        }
        None
    }

    /// The slot that a label puts its word in, `Some(None)` if none, where the
    /// word before is in `before`; `None` for what is no label there.
    fn slot_of<'a>(
        &self,
        label: &'a str,
        before: Option<&'a str>,
        names: &Names,
    ) -> Option<Option<&'a str>> {
        if label == self.outside.as_str() {
            return Some(None);
        }
        if names.known_slots.contains(label) {
            return Some(Some(label));
        }
        let continues = match self.inside {
            Inside::SlotName => false,
            Inside::InsideSlotName => label.strip_prefix(INSIDE_PREFIX) == before,
            Inside::Inside => label == INSIDE,
        };
        (continues && before.is_some()).then_some(before)
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::{IntentPlace, Layout};
    use super::*;

    #[test]
    fn what_the_format_writes_is_well_formed() {
        let words = ["on", "the", "first", "of", "may"];
        let labels = ["Other", "date", "date", "date", "time"];
        for layout in
            [Layout::Labels, Layout::WordsThenLabels, Layout::WordsWithLabels, Layout::Sentinels]
        {
            for inside in [Inside::SlotName, Inside::InsideSlotName, Inside::Inside] {
                for intent in [IntentPlace::First, IntentPlace::Last] {
                    for descriptions in [false, true] {
                        let format =
                            Format { layout, inside, intent, descriptions, ..Format::default() };
                        let output = format.target(&words, &labels, "alarm_set").unwrap();
                        assert_eq!(format.fault(&output, 5, &Names::default()), None, "{output}");
                        assert!(format.fault(&output, 4, &Names::default()).is_some(), "{output}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_first_fault_is_named() {
        let names = Names::default();
        let kind = |format: &Format, text, words| format.fault(text, words, &names).unwrap().kind();
        let format = Format::default();
        assert_eq!(kind(&format, " ", 1), "empty");
        assert_eq!(kind(&format, "date alarm_set", 2), "length");
        assert_eq!(kind(&format, "dates alarm_set", 1), "unknown_label");
        assert_eq!(kind(&format, "date alarm", 1), "unknown_intent");
        assert_eq!(kind(&format, "I alarm_set", 1), "unknown_label");
        let format = Format { descriptions: true, layout: Layout::Sentinels, ..format };
        assert_eq!(kind(&format, "annotations: <extra_id_0> date intent: alarm_set", 1), "marker");
        assert_eq!(kind(&format, "annotation: <extra_id_1> date intent: alarm_set", 1), "marker");
        let format = Format { inside: Inside::InsideSlotName, ..Format::default() };
        assert_eq!(format.fault("date I-date I-date alarm_set", 3, &names), None);
        assert_eq!(kind(&format, "date I-time alarm_set", 2), "unknown_label");
        assert_eq!(kind(&format, "Other I-time alarm_set", 2), "unknown_label");
    }
}
