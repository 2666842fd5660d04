//! SLU-F1: slots compared by their words, near misses counting in part.
//!
//! Source: Bastianelli, Vanzo, Swietojanski & Rieser 2020, "SLURP: A Spoken
//! Language Understanding Resource Package" (EMNLP), section 5, and the
//! evaluation code released with it, whose figures these are. See
//! `docs/errors.md`.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use massive_data::SlotName;
use massive_data::slurp::{SlurpEntity, SlurpFrame};
use serde::{Deserialize, Serialize};

/// True and false positives and false negatives of one label, in parts.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Positives {
    /// True positives.
    pub tp: f64,
    /// False positives.
    pub fp: f64,
    /// False negatives.
    #[serde(rename = "fn")]
    pub fn_: f64,
}

impl Positives {
    /// Precision; 0 where nothing was predicted.
    pub fn precision(&self) -> f64 {
        ratio(self.tp, self.tp + self.fp)
    }

    /// Recall; 0 where nothing was to be found.
    pub fn recall(&self) -> f64 {
        ratio(self.tp, self.tp + self.fn_)
    }

    /// The harmonic mean of the two; 0 where both are.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        2.0 * ratio(precision * recall, precision + recall)
    }
}

fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 0.0 } else { part / whole }
}

impl AddAssign for Positives {
    fn add_assign(&mut self, other: Positives) {
        self.tp += other.tp;
        self.fp += other.fp;
        self.fn_ += other.fn_;
    }
}

/// Positives by label.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally(BTreeMap<String, Positives>);

impl Tally {
    fn of(&mut self, label: &str) -> &mut Positives {
        if !self.0.contains_key(label) {
            self.0.insert(label.to_owned(), Positives::default());
        }
        self.0.entry(label.to_owned()).or_default()
    }

    /// Counts one label against another, as of a scenario.
    pub fn add_label(&mut self, gold: &str, predicted: &str) {
        if gold == predicted {
            self.of(gold).tp += 1.0;
        } else {
            self.of(predicted).fp += 1.0;
            self.of(gold).fn_ += 1.0;
        }
    }

    /// Counts slots of which label and words must be equal.
    pub fn add_exact(&mut self, gold: &[SlurpEntity], predicted: &[SlurpEntity]) {
        let mut gold: Vec<&SlurpEntity> = gold.iter().collect();
        for entity in predicted {
            match gold.iter().position(|gold| *gold == entity) {
                Some(found) => {
                    gold.remove(found);
                    self.of(&entity.label).tp += 1.0;
                }
                None => self.of(&entity.label).fp += 1.0,
            }
        }
        for entity in gold {
            self.of(&entity.label).fn_ += 1.0;
        }
    }

    /// Counts slots by label, with the distance of their words as error.
    ///
    /// Predicted slots take, in their order, the gold slot of the same label
    /// whose words are nearest, the first of several. Such a pair is one true
    /// positive, and its distance is both a false positive and a false negative.
    /// What is left over counts in full.
    pub fn add_by_distance(
        &mut self,
        gold: &[SlurpEntity],
        predicted: &[SlurpEntity],
        distance: fn(&str, &str) -> f64,
    ) {
        let mut gold: Vec<&SlurpEntity> = gold.iter().collect();
        for entity in predicted {
            let mut nearest: Option<(usize, f64)> = None;
            for (index, candidate) in gold.iter().enumerate() {
                if candidate.label == entity.label {
                    let away = distance(&candidate.filler, &entity.filler);
                    if nearest.is_none_or(|(_, nearest)| away < nearest) {
                        nearest = Some((index, away));
                    }
                }
            }
            let counts = self.of(&entity.label);
            match nearest {
                Some((index, away)) => {
                    gold.remove(index);
                    *counts += Positives { tp: 1.0, fp: away, fn_: away };
                }
                None => counts.fp += 1.0,
            }
        }
        for entity in gold {
            self.of(&entity.label).fn_ += 1.0;
        }
    }

    /// The sum over all labels.
    pub fn total(&self) -> Positives {
        let mut sum = Positives::default();
        self.0.values().for_each(|counts| sum += *counts);
        sum
    }

    /// Scores overall and by label.
    pub fn scores(&self) -> LabelScores {
        let labels: BTreeMap<String, LabelScore> =
            self.0.iter().map(|(label, counts)| (label.clone(), LabelScore::of(counts))).collect();
        let mean = |value: fn(&LabelScore) -> f64| {
            ratio(labels.values().map(value).sum(), labels.len() as f64)
        };
        LabelScores {
            micro: LabelScore::of(&self.total()),
            macro_: MeanScore {
                precision: mean(|score| score.precision),
                recall: mean(|score| score.recall),
                f1: mean(|score| score.f1),
            },
            labels,
        }
    }
}

impl AddAssign<&Tally> for Tally {
    fn add_assign(&mut self, other: &Tally) {
        for (label, counts) in &other.0 {
            *self.of(label) += *counts;
        }
    }
}

/// The error rate of `hypothesis` over words: edits (insertions, deletions and
/// substitutions) by the number of words of `truth`. It can exceed 1. Without
/// words in `truth` it is 0 or 1, where SLURP's code would stop.
pub fn word_distance(truth: &str, hypothesis: &str) -> f64 {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let (truth, hypothesis) = (words(truth), words(hypothesis));
    if truth.is_empty() {
        return if hypothesis.is_empty() { 0.0 } else { 1.0 };
    }
    strsim::generic_levenshtein(&truth, &hypothesis) as f64 / truth.len() as f64
}

/// The Levenshtein distance over characters (code points), by the length of the
/// longer text; 0 of two empty ones.
pub fn char_distance(truth: &str, hypothesis: &str) -> f64 {
    let longest = truth.chars().count().max(hypothesis.chars().count());
    if longest == 0 {
        return 0.0;
    }
    strsim::levenshtein(truth, hypothesis) as f64 / longest as f64
}

/// The three countings of slots on which SLU-F1 rests.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SluCounts {
    /// Label and words are equal.
    pub exact: Tally,
    /// By the distance of words.
    pub word: Tally,
    /// By the distance of characters.
    pub char: Tally,
}

impl SluCounts {
    /// Counts the slots of an utterance.
    pub fn add(&mut self, gold: &[SlurpEntity], predicted: &[SlurpEntity]) {
        self.exact.add_exact(gold, predicted);
        self.word.add_by_distance(gold, predicted, word_distance);
        self.char.add_by_distance(gold, predicted, char_distance);
    }

    /// SLU-F1's counts: the sum of those by words and by characters.
    pub fn slu(&self) -> Tally {
        let mut sum = self.word.clone();
        sum += &self.char;
        sum
    }
}

impl AddAssign<&SluCounts> for SluCounts {
    fn add_assign(&mut self, other: &SluCounts) {
        self.exact += &other.exact;
        self.word += &other.word;
        self.char += &other.char;
    }
}

/// The counts of one row, in little memory: exact, by words and by characters of
/// each label that occurs.
#[derive(Debug, Clone, PartialEq)]
pub struct SluRow(Box<[(SlotName, [Positives; 3])]>);

impl From<&SluCounts> for SluRow {
    fn from(counts: &SluCounts) -> SluRow {
        let tallies = [&counts.exact, &counts.word, &counts.char];
        let of = |label: &String| {
            let positives = tallies.map(|tally| tally.0.get(label).copied().unwrap_or_default());
            (SlotName::open(label), positives)
        };
        // A label that occurs is in all three.
        SluRow(counts.exact.0.keys().map(of).collect())
    }
}

impl SluRow {
    /// The counts of SLU-F1 over all labels: those by words and by characters.
    pub fn slu(&self) -> Positives {
        let mut sum = Positives::default();
        for (_, [_, word, char]) in &self.0 {
            sum += *word;
            sum += *char;
        }
        sum
    }
}

impl AddAssign<&SluRow> for SluCounts {
    fn add_assign(&mut self, row: &SluRow) {
        for (label, [exact, word, char]) in &row.0 {
            *self.exact.of(label.as_str()) += *exact;
            *self.word.of(label.as_str()) += *word;
            *self.char.of(label.as_str()) += *char;
        }
    }
}

/// Scores with what they come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LabelScore {
    /// Precision.
    pub precision: f64,
    /// Recall.
    pub recall: f64,
    /// F1.
    pub f1: f64,
    /// The counts.
    #[serde(flatten)]
    pub counts: Positives,
}

impl LabelScore {
    fn of(counts: &Positives) -> LabelScore {
        LabelScore {
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            counts: *counts,
        }
    }
}

/// Plain means over labels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MeanScore {
    /// Mean precision.
    pub precision: f64,
    /// Mean recall.
    pub recall: f64,
    /// Mean F1.
    pub f1: f64,
}

/// Scores overall and by label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelScores {
    /// Of all labels pooled.
    pub micro: LabelScore,
    /// The mean over the labels.
    #[serde(rename = "macro")]
    pub macro_: MeanScore,
    /// Each label.
    pub labels: BTreeMap<String, LabelScore>,
}

/// What SLU-F1 consists of, in the score document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SluParts {
    /// The F1 of its part by words.
    pub word_f1: f64,
    /// The F1 of its part by characters.
    pub char_f1: f64,
    /// The mean of SLU-F1 over the labels.
    pub macro_f1: f64,
    /// SLU-F1 of each label; of `all` only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub slots: BTreeMap<String, LabelScore>,
}

/// All figures of SLURP's evaluation of one submission.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SlurpCounts {
    /// Scenarios.
    pub scenario: Tally,
    /// Actions.
    pub action: Tally,
    /// Intents, that is both.
    pub intent: Tally,
    /// Slots.
    pub slots: SluCounts,
}

impl SlurpCounts {
    /// Counts an utterance.
    pub fn add(&mut self, gold: &SlurpFrame, predicted: &SlurpFrame) {
        self.scenario.add_label(&gold.scenario, &predicted.scenario);
        self.action.add_label(&gold.action, &predicted.action);
        self.intent.add_label(&gold.intent(), &predicted.intent());
        self.slots.add(&gold.entities, &predicted.entities);
    }

    /// Counts an utterance of which nothing is predicted.
    pub fn add_missing(&mut self, gold: &SlurpFrame) {
        self.scenario.of(&gold.scenario).fn_ += 1.0;
        self.action.of(&gold.action).fn_ += 1.0;
        self.intent.of(&gold.intent()).fn_ += 1.0;
        self.slots.add(&gold.entities, &[]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn entities(list: &[(&str, &str)]) -> Vec<SlurpEntity> {
        list.iter()
            .map(|(label, filler)| SlurpEntity {
                label: (*label).to_owned(),
                filler: (*filler).to_owned(),
            })
            .collect()
    }

    #[test]
    fn distances_are_those_of_slurp() {
        assert_eq!(word_distance("bob", "bob smith jones"), 2.0);
        assert_eq!(word_distance("new york city", "new yorc"), 2.0 / 3.0);
        assert_eq!((word_distance("", ""), word_distance("", "a")), (0.0, 1.0));
        assert_eq!(char_distance("kitten", "sitting"), 3.0 / 7.0);
        assert_eq!(char_distance("", ""), 0.0);
        // Code points, not bytes.
        assert_eq!(char_distance("é", "e"), 1.0);
    }

    #[test]
    fn a_near_miss_is_an_error_in_part() {
        let gold = entities(&[("person", "bob smith"), ("date", "today")]);
        let predicted = entities(&[("person", "bob"), ("time", "noon")]);
        let mut counts = SluCounts::default();
        counts.add(&gold, &predicted);
        let word = counts.word.scores();
        assert_eq!(word.labels["person"].counts, Positives { tp: 1.0, fp: 0.5, fn_: 0.5 });
        assert_eq!(word.labels["date"].counts, Positives { tp: 0.0, fp: 0.0, fn_: 1.0 });
        assert_eq!(word.labels["time"].counts, Positives { tp: 0.0, fp: 1.0, fn_: 0.0 });
        let slu = counts.slu().scores();
        assert_eq!(slu.micro.counts.tp, 2.0);
        assert_eq!(counts.exact.total(), Positives { tp: 0.0, fp: 2.0, fn_: 2.0 });
    }

    #[test]
    fn predictions_take_the_nearest_gold_slot_in_their_order() {
        let gold = entities(&[("person", "ann"), ("person", "bob")]);
        let predicted = entities(&[("person", "bob"), ("person", "carl")]);
        let mut tally = Tally::default();
        tally.add_by_distance(&gold, &predicted, word_distance);
        assert_eq!(tally.total(), Positives { tp: 2.0, fp: 1.0, fn_: 1.0 });
    }

    proptest! {
        #[test]
        fn the_gold_itself_scores_one(fillers in prop::collection::vec("[ab]{1,3}( [ab]{1,3})?", 1..5)) {
            let gold: Vec<SlurpEntity> = fillers
                .iter()
                .enumerate()
                .map(|(index, filler)| SlurpEntity {
                    label: ["x", "y"][index % 2].to_owned(),
                    filler: filler.clone(),
                })
                .collect();
            let mut counts = SluCounts::default();
            counts.add(&gold, &gold);
            let scores = counts.slu().scores();
            prop_assert_eq!((scores.micro.f1, scores.macro_.f1), (1.0, 1.0));
            prop_assert_eq!(counts.exact.total().f1(), 1.0);
        }

        #[test]
        fn distances_are_zero_of_equals_only(a in "[abé ]{0,8}", b in "[abé ]{0,8}") {
            prop_assert_eq!(char_distance(&a, &a), 0.0);
            prop_assert_eq!(char_distance(&a, &b) == 0.0, a == b);
            prop_assert!(char_distance(&a, &b) <= 1.0);
            prop_assert_eq!(char_distance(&a, &b), char_distance(&b, &a));
        }
    }
}
