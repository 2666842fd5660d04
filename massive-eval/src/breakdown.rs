//! Figures of a submission broken down by what its utterances and slots have in
//! common.
//!
//! Every breakdown is the same fold: each utterance, or each slot, falls into
//! the group of its key, and a group's figures are a function of its sums.

mod figures;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use massive_data::error::nearest;
use massive_data::{Intent, JudgedScore, Method, Scenario, SlotName};
use serde::{Deserialize, Serialize};

use crate::analysis::{Analysed, Analysis, GoldSlot, InTrain};
use crate::document::Grouping;
use crate::error::{Error, Result};
use crate::metrics::Predicted;
use crate::row_counts::scenario_of;
use crate::slot_errors::SlotMatch;

pub use self::figures::{Figures, SlotFigures, UtteranceFigures};
use self::figures::{GroupSums, Sums};

/// What figures are broken down by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Breakdown {
    /// The slot's label.
    Slot,
    /// The locale.
    Locale,
    /// The gold scenario.
    Scenario,
    /// The gold intent.
    Intent,
    /// How the slot was carried over from English.
    Method,
    /// Words in the utterance.
    Length,
    /// Whether the same utterance occurs in train.
    TrainUtterance,
    /// Whether the same slot occurs in train.
    TrainSlot,
    /// One of the four scores of the judges.
    Judged(JudgedScore),
    /// What languages are grouped by.
    Language(Grouping),
}

impl Breakdown {
    /// All of them.
    pub const ALL: [Breakdown; 16] = [
        Breakdown::Slot,
        Breakdown::Locale,
        Breakdown::Scenario,
        Breakdown::Intent,
        Breakdown::Method,
        Breakdown::Length,
        Breakdown::TrainUtterance,
        Breakdown::TrainSlot,
        Breakdown::Judged(JudgedScore::Intent),
        Breakdown::Judged(JudgedScore::Slots),
        Breakdown::Judged(JudgedScore::Grammar),
        Breakdown::Judged(JudgedScore::Spelling),
        Breakdown::Language(Grouping::Script),
        Breakdown::Language(Grouping::Family),
        Breakdown::Language(Grouping::Genus),
        Breakdown::Language(Grouping::Order),
    ];

    /// The name in options and documents.
    pub fn name(self) -> &'static str {
        match self {
            Breakdown::Slot => "slot",
            Breakdown::Locale => "locale",
            Breakdown::Scenario => "scenario",
            Breakdown::Intent => "intent",
            Breakdown::Method => "method",
            Breakdown::Length => "length",
            Breakdown::TrainUtterance => "train_utterance",
            Breakdown::TrainSlot => "train_slot",
            Breakdown::Judged(score) => score.name(),
            Breakdown::Language(grouping) => grouping.name(),
        }
    }

    /// What the groups are, for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Breakdown::Slot => "slots",
            Breakdown::Locale => "locales",
            Breakdown::Scenario => "scenarios",
            Breakdown::Intent => "intents",
            Breakdown::Method => "how the slot was carried over from English",
            Breakdown::Length => "words in the utterance",
            Breakdown::TrainUtterance => "whether the same utterance is in train",
            Breakdown::TrainSlot => "whether the same slot is in train",
            Breakdown::Judged(JudgedScore::Intent) => "judges who accept the intent",
            Breakdown::Judged(JudgedScore::Slots) => "judges who accept the slots",
            Breakdown::Judged(JudgedScore::Grammar) => "mean grammar score, 0 to 4",
            Breakdown::Judged(JudgedScore::Spelling) => "mean spelling score, 0 to 2",
            Breakdown::Language(Grouping::Script) => "scripts",
            Breakdown::Language(Grouping::Family) => "language families",
            Breakdown::Language(Grouping::Genus) => "language genera",
            Breakdown::Language(Grouping::Order) => "dominant word orders",
        }
    }

    /// True if slots fall into groups, false if utterances do.
    pub fn is_of_slots(self) -> bool {
        matches!(self, Breakdown::Slot | Breakdown::Method | Breakdown::TrainSlot)
    }

    /// True if train has to be read for it.
    pub fn needs_train(self) -> bool {
        matches!(self, Breakdown::TrainUtterance | Breakdown::TrainSlot)
    }

    /// The group of an utterance, with what it is ordered by.
    fn of_utterance(self, utterance: &Analysed<'_>) -> Name {
        let row = utterance.row;
        match self {
            Breakdown::Locale => Name::plain(row.key.0.tag()),
            Breakdown::Scenario => Name::plain(row.scenario.as_str()),
            Breakdown::Intent => Name::plain(row.intent.as_str()),
            Breakdown::Length => Name::length(row.words.len()),
            Breakdown::TrainUtterance => match row.in_train {
                Some(true) => Name::ordered(0, "seen"),
                Some(false) => Name::ordered(1, "unseen"),
                None => Name::unknown(),
            },
            Breakdown::Judged(score) => match row.judged {
                Some(judged) => Name::judged(score, judged.mean(score)),
                None => Name::ordered(u16::MAX, "not judged"),
            },
            Breakdown::Language(grouping) => Name::plain(grouping.of(row.key.0)),
            Breakdown::Slot | Breakdown::Method | Breakdown::TrainSlot => Name::unknown(),
        }
    }

    /// The group of a slot.
    fn of_slot(self, slot: &SlotMatch<SlotName>, facts: Option<&GoldSlot>) -> Name {
        let Some(facts) = facts.filter(|_| self != Breakdown::Slot) else {
            return match (self, slot.label()) {
                (Breakdown::Slot, Some(label)) => Name::plain(label.as_str()),
                _ => Name::ordered(u16::MAX, "no gold slot"),
            };
        };
        match self {
            Breakdown::TrainSlot => match facts.in_train {
                Some(seen) => Name::ordered(seen as u16, seen.name()),
                None => Name::unknown(),
            },
            _ => match facts.method {
                Some(method) => Name::ordered(method_order(method), method.name()),
                None => Name::ordered(u16::MAX - 1, "not recorded"),
            },
        }
    }
}

fn method_order(method: Method) -> u16 {
    Method::ALL.iter().position(|known| *known == method).map_or(u16::MAX - 2, |at| at as u16)
}

impl fmt::Display for Breakdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Breakdown {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.replace('-', "_");
        let names = || Breakdown::ALL.into_iter().map(Breakdown::name);
        Breakdown::ALL.into_iter().find(|by| by.name() == wanted).ok_or_else(|| {
            let hint = nearest(&wanted, names())
                .map_or_else(String::new, |near| format!("; did you mean {near}?"));
            Error::request(format!(
                "unknown breakdown `{}`: expected one of {}{hint}",
                name.escape_debug(),
                names().collect::<Vec<_>>().join(", ")
            ))
        })
    }
}

/// The name of a group, which comes in this order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    order: u16,
    text: String,
}

impl Name {
    fn ordered(order: u16, text: &str) -> Name {
        Name { order, text: text.to_owned() }
    }

    fn plain(text: &str) -> Name {
        Name::ordered(0, text)
    }

    fn unknown() -> Name {
        Name::ordered(u16::MAX, "unknown")
    }

    /// Lengths in bins that hold about as much of the corpus each.
    fn length(words: usize) -> Name {
        const BINS: [(usize, &str); 7] = [
            (1, "0–1"),
            (3, "2–3"),
            (5, "4–5"),
            (7, "6–7"),
            (10, "8–10"),
            (15, "11–15"),
            (25, "16–25"),
        ];
        let bin = BINS.iter().position(|(last, _)| words <= *last);
        match bin {
            Some(bin) => Name::ordered(bin as u16, BINS[bin].1),
            None => Name::ordered(BINS.len() as u16, "26–"),
        }
    }

    fn judged(score: JudgedScore, mean: f32) -> Name {
        let best = f32::from(score.best());
        if mean >= best {
            let all = if best > 1.0 { format!("{best}") } else { "all judges".to_owned() };
            return Name { order: 100, text: all };
        }
        if best > 1.0 {
            let from = mean.floor();
            let text = format!("{from} to under {}", from + 1.0);
            return Name { order: from as u16, text };
        }
        if mean > 0.5 {
            Name::ordered(2, "most")
        } else if mean > 0.0 {
            Name::ordered(1, "half or fewer")
        } else {
            Name::ordered(0, "none")
        }
    }
}

/// A group with its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Two labels that were confused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confused {
    /// What it was.
    pub gold: String,
    /// What was predicted; `None` if nothing was.
    pub predicted: Option<String>,
    /// How often.
    pub count: u64,
}

/// What was taken for what, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Labels of slots that were paired (classes `label` and
    /// `label_and_boundary`).
    pub slots: Vec<Confused>,
    /// Intents.
    pub intents: Vec<Confused>,
    /// Scenarios; that of a predicted intent is what stands before its first
    /// underscore.
    pub scenarios: Vec<Confused>,
}

/// Which utterances and slots enter the figures.
pub trait Chosen {
    /// True if an utterance does.
    fn utterance(&self, utterance: &Analysed<'_>) -> bool;
    /// True if slots with this label do.
    fn slot(&self, label: &SlotName) -> bool;
}

/// Everything does.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

impl Chosen for Everything {
    fn utterance(&self, _: &Analysed<'_>) -> bool {
        true
    }

    fn slot(&self, _: &SlotName) -> bool {
        true
    }
}

/// The figures of all chosen utterances of a submission together.
pub fn totals(analysis: &Analysis, system: usize, chosen: &impl Chosen) -> Figures {
    let mut sums = GroupSums::default();
    for utterance in analysis.utterances(system).filter(|row| chosen.utterance(row)) {
        sums.add(&utterance.row.key.1, Sums::of(&utterance, chosen));
    }
    sums.figures(predicted(analysis, system), true, true)
}

/// The figures of the groups of a breakdown, in their order.
pub fn break_down(
    analysis: &Analysis,
    system: usize,
    by: Breakdown,
    chosen: &impl Chosen,
) -> Vec<Group> {
    let mut groups: BTreeMap<Name, GroupSums> = BTreeMap::new();
    for utterance in analysis.utterances(system).filter(|row| chosen.utterance(row)) {
        let id = &utterance.row.key.1;
        let mut add = |name, sums| groups.entry(name).or_default().add(id, sums);
        if !by.is_of_slots() {
            add(by.of_utterance(&utterance), Sums::of(&utterance, chosen));
            continue;
        }
        for (slot, facts) in utterance.slots_with_facts() {
            if slot.label().is_some_and(|label| chosen.slot(label)) {
                let classes = std::iter::once(slot.class).collect();
                add(by.of_slot(slot, facts), Sums { classes, ..Sums::default() });
            }
            // A predicted label may be another one than the pair is counted under.
            if by == Breakdown::Slot
                && let Some(predicted) = &slot.predicted
                && chosen.slot(&predicted.label)
            {
                let name = Name::plain(predicted.label.as_str());
                add(name, Sums { predicted: 1, ..Sums::default() });
            }
        }
    }
    let predicted = predicted(analysis, system);
    let counts_predicted = !matches!(by, Breakdown::Method | Breakdown::TrainSlot);
    groups
        .into_iter()
        .map(|(name, sums)| Group {
            name: name.text,
            figures: sums.figures(predicted, !by.is_of_slots(), counts_predicted),
        })
        .collect()
}

/// What was taken for what among the chosen utterances and slots.
pub fn confusion(analysis: &Analysis, system: usize, chosen: &impl Chosen) -> Confusion {
    let mut slots: BTreeMap<(&SlotName, &SlotName), u64> = BTreeMap::new();
    let mut intents: BTreeMap<(&Intent, Option<&Intent>), u64> = BTreeMap::new();
    let mut scenarios: BTreeMap<(&Scenario, Option<&str>), u64> = BTreeMap::new();
    let has_intents = predicted(analysis, system).intents;
    for utterance in analysis.utterances(system).filter(|row| chosen.utterance(row)) {
        for slot in utterance.slots {
            if let (Some(gold), Some(predicted)) = (&slot.gold, &slot.predicted)
                && gold.label != predicted.label
                && (chosen.slot(&gold.label) || chosen.slot(&predicted.label))
            {
                *slots.entry((&gold.label, &predicted.label)).or_default() += 1;
            }
        }
        if !has_intents || utterance.scored.counts.intent_correct {
            continue;
        }
        let intent = utterance.scored.predicted_intent.as_ref();
        *intents.entry((&utterance.row.intent, intent)).or_default() += 1;
        let scenario = intent.map(scenario_of);
        if scenario != Some(utterance.row.scenario.as_str()) {
            *scenarios.entry((&utterance.row.scenario, scenario)).or_default() += 1;
        }
    }
    Confusion {
        slots: most_first(
            slots
                .into_iter()
                .map(|((gold, predicted), n)| (gold.as_str(), Some(predicted.as_str()), n)),
        ),
        intents: most_first(intents.into_iter().map(|((gold, predicted), n)| {
            (gold.as_str(), predicted.map(|intent| intent.as_str()), n)
        })),
        scenarios: most_first(
            scenarios.into_iter().map(|((gold, predicted), n)| (gold.as_str(), predicted, n)),
        ),
    }
}

fn most_first<'n>(pairs: impl Iterator<Item = (&'n str, Option<&'n str>, u64)>) -> Vec<Confused> {
    let mut pairs: Vec<Confused> = pairs
        .map(|(gold, predicted, count)| Confused {
            gold: gold.to_owned(),
            predicted: predicted.map(str::to_owned),
            count,
        })
        .collect();
    // They come by name, and stay so where they are as frequent.
    pairs.sort_by_key(|pair| std::cmp::Reverse(pair.count));
    pairs
}

fn predicted(analysis: &Analysis, system: usize) -> Predicted {
    let nothing = Predicted { intents: false, slots: false };
    analysis.evaluation_of(system).map_or(nothing, |evaluation| evaluation.predicted)
}

impl InTrain {
    /// All three, in their order.
    pub const ALL: [InTrain; 3] = [InTrain::Seen, InTrain::OtherLabel, InTrain::Unseen];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_with_either_dash() {
        for by in Breakdown::ALL {
            assert_eq!(by.name().parse::<Breakdown>().unwrap(), by);
            assert_eq!(by.name().replace('_', "-").parse::<Breakdown>().unwrap(), by);
        }
        let error = "scirpt".parse::<Breakdown>().unwrap_err().to_string();
        assert!(error.ends_with("did you mean script?"), "{error}");
    }

    #[test]
    fn lengths_fall_into_bins_in_order() {
        let names: Vec<String> =
            [0, 1, 2, 3, 5, 6, 10, 11, 25, 26, 99].map(|n| Name::length(n).text).into();
        assert_eq!(
            names,
            ["0–1", "0–1", "2–3", "2–3", "4–5", "6–7", "8–10", "11–15", "16–25", "26–", "26–"]
        );
        assert!(Name::length(9) < Name::length(26));
    }

    #[test]
    fn judgments_fall_into_bins_in_order() {
        let grammar = |mean| Name::judged(JudgedScore::Grammar, mean);
        assert_eq!(grammar(4.0).text, "4");
        assert_eq!(grammar(11.0 / 3.0).text, "3 to under 4");
        assert!(grammar(0.2) < grammar(3.9) && grammar(3.9) < grammar(4.0));
        let slots = |mean| Name::judged(JudgedScore::Slots, mean).text;
        assert_eq!(
            [1.0, 2.0 / 3.0, 0.5, 0.0].map(slots),
            ["all judges", "most", "half or fewer", "none"]
        );
    }

    #[test]
    fn the_scenario_of_an_intent() {
        assert_eq!(scenario_of(&Intent::open("audio_volume_up")), "audio");
        assert_eq!(scenario_of(&Intent::open("nonsense")), "nonsense");
        for intent in <massive_data::labels::Intents as massive_data::labels::Vocabulary>::NAMES {
            let intent = Intent::open(intent);
            assert!(Scenario::known(scenario_of(&intent)).is_some(), "{intent}");
        }
    }
}
