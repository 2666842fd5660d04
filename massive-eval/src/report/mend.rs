//! What to mend first: how much exact match would gain if one class of error
//! were right.

use std::collections::BTreeMap;

use massive_data::SlotName;
use serde::{Deserialize, Serialize};

use crate::analysis::{Analysed, Analysis};
use crate::slot_errors::{SlotClass, SlotMatch};

/// What a class of errors is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MendKind {
    /// A gold intent that is not predicted.
    Intent,
    /// A slot: gold ones of this label that are not correct, and spurious ones
    /// with it.
    Slot,
}

impl MendKind {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            MendKind::Intent => "intent",
            MendKind::Slot => "slot",
        }
    }
}

/// A class of errors, and what its repair would gain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mend {
    /// What it is about.
    pub kind: MendKind,
    /// The intent or the slot's label.
    pub name: String,
    /// Utterances with such an error.
    pub utterances: u64,
    /// Those of them that have no other error, so that they would be exact
    /// matches.
    pub gained: u64,
    /// `gained` as a share of all utterances: how much exact match would rise.
    pub gain: f64,
    /// The same by locale, where there is such an error.
    pub locales: BTreeMap<String, LocaleMend>,
}

/// What a repair would gain in one locale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocaleMend {
    /// Utterances with such an error.
    pub utterances: u64,
    /// Those of them that would be exact matches.
    pub gained: u64,
    /// `gained` as a share of the locale's utterances.
    pub gain: f64,
}

/// Utterances with an error, and those that have no other.
#[derive(Default, Clone, Copy)]
struct Tally {
    utterances: u64,
    gained: u64,
}

type Class<'a> = (MendKind, &'a str);

/// All classes of errors of a system, those that gain most first; none of a
/// system that predicts intents or slots only, which has no exact match.
pub(super) fn mend(analysis: &Analysis, system: usize) -> Vec<Mend> {
    let both = analysis
        .evaluation_of(system)
        .is_some_and(|evaluation| evaluation.predicted.intents && evaluation.predicted.slots);
    if !both {
        return Vec::new();
    }
    let mut sizes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut tallies: BTreeMap<Class<'_>, BTreeMap<&str, Tally>> = BTreeMap::new();
    for utterance in analysis.utterances(system) {
        let tag = utterance.row.key.0.tag();
        *sizes.entry(tag).or_default() += 1;
        // What is not predicted at all belongs to no class.
        if utterance.scored.missing {
            continue;
        }
        let classes = classes(&utterance);
        let alone = classes.len() == 1;
        for class in classes {
            let tally = tallies.entry(class).or_default().entry(tag).or_default();
            tally.utterances += 1;
            tally.gained += u64::from(alone);
        }
    }
    let total: u64 = sizes.values().sum();
    let mut mends: Vec<Mend> = tallies
        .into_iter()
        .map(|(class, locales)| Mend::of(class, &locales, &sizes, total))
        .collect();
    // Those that gain the same stay in the order of their names.
    mends.sort_by_key(|mend| std::cmp::Reverse((mend.gained, mend.utterances)));
    mends
}

/// The classes of the errors of an utterance, each once.
fn classes<'a>(utterance: &Analysed<'a>) -> Vec<Class<'a>> {
    let wrong = utterance.slots.iter().filter(|slot| slot.class != SlotClass::Correct);
    let mut classes: Vec<Class<'a>> =
        wrong.filter_map(|slot| Some((MendKind::Slot, label(slot)?))).collect();
    if !utterance.scored.counts.intent_correct {
        classes.push((MendKind::Intent, utterance.row.intent.as_str()));
    }
    classes.sort_unstable();
    classes.dedup();
    classes
}

/// The gold label, or the predicted one of a spurious slot.
fn label(slot: &SlotMatch<SlotName>) -> Option<&str> {
    slot.gold.as_ref().or(slot.predicted.as_ref()).map(|chunk| chunk.label.as_str())
}

impl Mend {
    fn of(
        (kind, name): Class<'_>,
        locales: &BTreeMap<&str, Tally>,
        sizes: &BTreeMap<&str, u64>,
        total: u64,
    ) -> Mend {
        let share = |gained: u64, of: u64| gained as f64 / of.max(1) as f64;
        let sum = |count: fn(&Tally) -> u64| locales.values().map(count).sum::<u64>();
        let gained = sum(|tally| tally.gained);
        let locales = locales.iter().map(|(&tag, &Tally { utterances, gained })| {
            let size = sizes.get(tag).copied().unwrap_or(0);
            (tag.to_owned(), LocaleMend { utterances, gained, gain: share(gained, size) })
        });
        Mend {
            kind,
            name: name.to_owned(),
            utterances: sum(|tally| tally.utterances),
            gained,
            gain: share(gained, total),
            locales: locales.collect(),
        }
    }
}
