//! The figures of a group, made of its sums.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use massive_data::{Chunk, SlotName, UtteranceId};
use serde::{Deserialize, Serialize};

use super::Chosen;
use crate::analysis::Analysed;
use crate::columns::{Average, Cell, Columns};
use crate::metrics::Predicted;
use crate::slot_errors::{ClassCounts, SlotMatch};
use crate::wilson::Clustered;

/// The figures of a set of utterances or slots.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Of the utterances; absent where slots were grouped.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub utterances: Option<UtteranceFigures>,
    /// Of the slots; `None` if no slots were predicted.
    pub slots: Option<SlotFigures>,
}

/// How many utterances were right.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct UtteranceFigures {
    /// Utterances.
    pub count: u64,
    /// Those with the right intent.
    pub intents_correct: u64,
    /// Those with everything right.
    pub exact_matches: u64,
    /// Intent accuracy; `None` if no intents were predicted, or of nothing.
    pub intent_acc: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub intent_acc_ci95: Option<[f64; 2]>,
    /// Exact match; `None` if one of the two was not predicted, or of nothing.
    pub ex_match_acc: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub ex_match_acc_ci95: Option<[f64; 2]>,
}

/// How many slots were right, and what the others were.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SlotFigures {
    /// Gold slots.
    pub gold: u64,
    /// Predicted slots; `None` where only gold slots can be grouped.
    pub predicted: Option<u64>,
    /// The classes. A pair is counted under its gold label; of a label by itself
    /// they add up to its gold slots and those predicted where there is none.
    pub classes: ClassCounts,
    /// Share of the predicted slots that are correct.
    pub precision: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub precision_ci95: Option<[f64; 2]>,
    /// Share of the gold slots that are correct.
    pub recall: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub recall_ci95: Option<[f64; 2]>,
    /// The harmonic mean of the two, the slot micro-F1 of the group.
    pub f1: Option<f64>,
    /// Its 95 % interval.
    #[serde(default)]
    pub f1_ci95: Option<[f64; 2]>,
}

/// Sums over a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Sums {
    pub(super) utterances: u64,
    pub(super) intents_correct: u64,
    pub(super) exact_matches: u64,
    pub(super) classes: ClassCounts,
    pub(super) predicted: u64,
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Sums) {
        self.utterances += other.utterances;
        self.intents_correct += other.intents_correct;
        self.exact_matches += other.exact_matches;
        self.classes += other.classes;
        self.predicted += other.predicted;
    }
}

impl Sums {
    pub(super) fn of(utterance: &Analysed<'_>, chosen: &impl Chosen) -> Sums {
        let counts = &utterance.scored.counts;
        let is_chosen =
            |chunk: &Option<Chunk<SlotName>>| chunk.as_ref().is_some_and(|c| chosen.slot(&c.label));
        let counted = |slot: &&SlotMatch<SlotName>| slot.label().is_some_and(|l| chosen.slot(l));
        Sums {
            utterances: 1,
            intents_correct: counts.intent_correct.into(),
            exact_matches: counts.exact_match.into(),
            classes: utterance.slots.iter().filter(counted).map(|slot| slot.class).collect(),
            predicted: utterance.slots.iter().filter(|s| is_chosen(&s.predicted)).count() as u64,
        }
    }
}

/// The sums of a group, in all and source by source: translations of one source
/// are not independent, so the intervals of the figures take them together.
#[derive(Debug, Clone, Default)]
pub(super) struct GroupSums {
    all: Sums,
    by_source: BTreeMap<UtteranceId, Sums>,
}

impl GroupSums {
    pub(super) fn add(&mut self, id: &UtteranceId, sums: Sums) {
        self.all += sums;
        match self.by_source.get_mut(id) {
            Some(known) => *known += sums,
            None => {
                self.by_source.insert(id.clone(), sums);
            }
        }
    }

    /// The interval of the ratio of two counts.
    fn interval(&self, part: fn(&Sums) -> u64, whole: fn(&Sums) -> u64) -> Option<[f64; 2]> {
        let cell = |sums: &Sums| [Cell::single(part(sums) as f64, whole(sums) as f64)];
        let mut sums = Columns::new(Average::Plain).sum([]);
        sums.add(&cell(&self.all));
        let linear = sums.linear()?;
        let residuals = self.by_source.values().map(|sums| linear.residual(&cell(sums)));
        let with_whole = self.by_source.values().filter(|sums| whole(sums) > 0).count();
        Clustered {
            value: linear.value,
            squares: residuals.map(|residual| residual * residual).sum(),
            clusters: self.by_source.len(),
            with_whole,
        }
        .interval()
    }

    pub(super) fn figures(
        &self,
        predicted: Predicted,
        of_utterances: bool,
        counts_predicted: bool,
    ) -> Figures {
        Figures {
            utterances: of_utterances.then(|| self.utterance_figures(predicted)),
            slots: predicted.slots.then(|| self.slot_figures(counts_predicted)),
        }
    }

    fn utterance_figures(&self, predicted: Predicted) -> UtteranceFigures {
        let sums = &self.all;
        let share = |part: u64| (sums.utterances > 0).then(|| part as f64 / sums.utterances as f64);
        let interval = |part| self.interval(part, |sums| sums.utterances);
        let exact = predicted.intents && predicted.slots;
        UtteranceFigures {
            count: sums.utterances,
            intents_correct: sums.intents_correct,
            exact_matches: sums.exact_matches,
            intent_acc: share(sums.intents_correct).filter(|_| predicted.intents),
            intent_acc_ci95: interval(|sums| sums.intents_correct).filter(|_| predicted.intents),
            ex_match_acc: share(sums.exact_matches).filter(|_| exact),
            ex_match_acc_ci95: interval(|sums| sums.exact_matches).filter(|_| exact),
        }
    }

    fn slot_figures(&self, counts_predicted: bool) -> SlotFigures {
        let sums = &self.all;
        let (correct, gold) = (sums.classes.correct, sums.classes.gold());
        // As in the score: a ratio over nothing is 0.
        let ratio =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let is_pair = |interval: Option<[f64; 2]>| interval.filter(|_| counts_predicted);
        SlotFigures {
            gold,
            predicted: counts_predicted.then_some(sums.predicted),
            classes: sums.classes,
            precision: counts_predicted.then(|| ratio(correct, sums.predicted)),
            precision_ci95: is_pair(
                self.interval(|sums| sums.classes.correct, |sums| sums.predicted),
            ),
            recall: (counts_predicted || gold > 0).then(|| ratio(correct, gold)),
            recall_ci95: self.interval(|sums| sums.classes.correct, |sums| sums.classes.gold()),
            f1: counts_predicted.then(|| ratio(2 * correct, gold + sums.predicted)),
            f1_ci95: is_pair(self.interval(
                |sums| 2 * sums.classes.correct,
                |sums| sums.classes.gold() + sums.predicted,
            )),
        }
    }
}
