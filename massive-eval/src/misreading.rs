//! What is probably meant where more than half of the predictions have names or
//! brackets that were not understood, so that nothing is scored 0 in silence.

use std::fmt;

use massive_data::PredictedSlots;

use crate::evaluation::Evaluation;
use crate::known_names::KnownNames;
use crate::row_counts::RowCounts;
use crate::submission::Submission;

/// Characters of an example that are shown.
const SHOWN: usize = 60;

/// Something that was not understood in more than half of the predictions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misreading {
    /// What it is about.
    pub kind: Misread,
    /// The first such name or text.
    pub example: String,
    /// The name that is probably meant.
    pub meant: Option<String>,
}

/// What was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misread {
    /// Names of intents.
    Intents,
    /// Numbers in place of intents.
    IntentNumbers,
    /// Names of slots.
    Slots,
    /// `[label:value]`, without spaces.
    TightColons,
    /// `[value](label)`.
    Links,
    /// Brackets or colons of full width.
    FullWidth,
    /// `label: value`, without brackets.
    Pairs,
    /// Other brackets.
    Brackets,
    /// Slots whose values do not occur in the utterance.
    Unplaced,
}

impl Misreading {
    /// True if the tolerant reading understands it.
    pub fn is_read_tolerantly(&self) -> bool {
        match self.kind {
            Misread::Intents | Misread::Slots => self.meant.is_some(),
            Misread::TightColons | Misread::Links | Misread::FullWidth | Misread::Pairs => true,
            Misread::IntentNumbers | Misread::Brackets | Misread::Unplaced => false,
        }
    }
}

impl fmt::Display for Misreading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let example = self.example.escape_debug();
        let names = |f: &mut fmt::Formatter<'_>, what: &str| match &self.meant {
            Some(meant) => write!(f, "{what} are spelled another way: `{example}` for `{meant}`"),
            None => write!(f, "{what} are of another set of names, such as `{example}`"),
        };
        match self.kind {
            Misread::Intents => names(f, "most intents"),
            Misread::Slots => names(f, "most slots"),
            Misread::IntentNumbers => {
                write!(f, "most intents are class numbers, such as `{example}`, without a map")
            }
            Misread::TightColons => {
                write!(f, "most slots lack a space beside the colon: `{example}`")
            }
            Misread::Links => {
                write!(f, "most slots are written as links, [value](label): `{example}`")
            }
            Misread::FullWidth => {
                write!(f, "most slots have full-width brackets or colons: `{example}`")
            }
            Misread::Pairs => {
                write!(f, "most slots are pairs of label and value without brackets: `{example}`")
            }
            Misread::Brackets => write!(f, "most brackets open no slot: `{example}`"),
            Misread::Unplaced => {
                f.write_str("most slots have values that do not occur in their utterances")
            }
        }
    }
}

/// What was not understood in more than half of the predictions that have any
/// such thing.
pub fn misreadings(evaluation: &Evaluation, submission: &Submission) -> Vec<Misreading> {
    let rows = &evaluation.utterances;
    let known = KnownNames::of(rows);
    let has_slots = |row: &RowCounts| row.counts.slots.predicted > 0;
    let mut found = Vec::new();
    let unknown_intent = |row: &RowCounts| row.has_unknown_intent(&|name| known.has_intent(name));
    if is_usual(rows, unknown_intent, |row| row.predicted_intent.is_some()) {
        found.extend(intents(rows, &known, unknown_intent));
    }
    let unknown_slots = |row: &RowCounts| row.unknown_slots(&|name| known.has_slot(name)) > 0;
    if is_usual(rows, unknown_slots, has_slots) {
        found.extend(slots(rows, &known));
    }
    let unread = |row: &RowCounts| row.losses.unread;
    if is_usual(rows, unread, has_slots) {
        found.extend(brackets(rows, submission));
    }
    if is_usual(rows, |row| row.losses.unplaced > 0, has_slots) {
        let kind = Misread::Unplaced;
        found.push(Misreading { kind, example: String::new(), meant: None });
    }
    found
}

/// Whether more than half of the rows that are of a kind, or could be, are.
fn is_usual(
    rows: &[RowCounts],
    is: impl Fn(&RowCounts) -> bool,
    could_be: impl Fn(&RowCounts) -> bool,
) -> bool {
    let concerned = rows.iter().filter(|row| is(row)).count();
    2 * concerned > rows.iter().filter(|row| is(row) || could_be(row)).count()
}

fn intents(
    rows: &[RowCounts],
    known: &KnownNames<'_>,
    is_unknown: impl Fn(&RowCounts) -> bool,
) -> Option<Misreading> {
    let names = || rows.iter().filter(|row| is_unknown(row)).filter_map(predicted_intent);
    let example = names().next()?.to_owned();
    if names().all(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(Misreading { kind: Misread::IntentNumbers, example, meant: None });
    }
    let meant = names().find_map(|name| Some((name.to_owned(), known.intent_meant(name)?)));
    let (example, meant) = meant.map_or((example, None), |(name, meant)| (name, Some(meant)));
    Some(Misreading { kind: Misread::Intents, example, meant })
}

fn predicted_intent(row: &RowCounts) -> Option<&str> {
    row.predicted_intent.as_ref().map(|intent| intent.as_str())
}

fn slots(rows: &[RowCounts], known: &KnownNames<'_>) -> Option<Misreading> {
    let counts = || rows.iter().flat_map(|row| &row.slot_counts);
    let names = || {
        counts()
            .filter(|one| one.predicted > 0 && !one.slot.is_known())
            .map(|one| one.slot.as_str())
            .filter(|name| !known.has_slot(name))
    };
    let example = names().next()?.to_owned();
    let meant = names().find_map(|name| Some((name.to_owned(), known.slot_meant(name)?)));
    let (example, meant) = meant.map_or((example, None), |(name, meant)| (name, Some(meant)));
    Some(Misreading { kind: Misread::Slots, example, meant })
}

/// The spelling of the first annotation that was not understood.
fn brackets(rows: &[RowCounts], submission: &Submission) -> Option<Misreading> {
    let text = rows.iter().filter(|row| row.losses.unread).find_map(|row| {
        let prediction = submission.find(&row.key).map(|index| &submission.predictions()[index]);
        match &prediction?.slots {
            Some(PredictedSlots::Annotation(text)) => Some(text.clone().into_owned()),
            _ => None,
        }
    });
    let Some(text) = text else {
        let (kind, example) = (Misread::Brackets, String::new());
        return Some(Misreading { kind, example, meant: None });
    };
    let kind = if text.contains(['［', '【', '：']) {
        Misread::FullWidth
    } else if text.contains("](") {
        Misread::Links
    } else if !text.contains('[') {
        Misread::Pairs
    } else if text.contains(':') {
        Misread::TightColons
    } else {
        Misread::Brackets
    };
    let mut example: String = text.chars().take(SHOWN).collect();
    if example.len() < text.len() {
        example.push('…');
    }
    Some(Misreading { kind, example, meant: None })
}
