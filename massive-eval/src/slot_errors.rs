//! What kind of error each slot is: the taxonomy.
//!
//! Gold and predicted chunks of an utterance are paired one to one, and each
//! pair, and each chunk that is left over, falls into exactly one
//! [`SlotClass`]. The classes refine the categories of MUC-5 (Chinchor &
//! Sundheim 1993, "MUC-5 evaluation metrics": correct, incorrect, partial,
//! missing, spurious) and SemEval-2013 task 9.1 (Segura-Bedmar et al. 2013), as
//! the Python package nervaluate counts them: each of its four schemes is a sum
//! of our classes, see [`Scheme`].

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;
use std::str::FromStr;

use massive_data::{Chunk, SlotName, chunks};
use serde::{Deserialize, Serialize};

use crate::counts::Labels;
use crate::error::{Error, Result};

/// What became of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotClass {
    /// Same label, same extent.
    Correct,
    /// Same label, overlapping, other extent.
    Boundary,
    /// Same extent, other label.
    Label,
    /// Overlapping, other extent and other label.
    LabelAndBoundary,
    /// A gold slot without a predicted one.
    Missed,
    /// A predicted slot without a gold one.
    Spurious,
}

impl SlotClass {
    /// All six, from right to wrong.
    pub const ALL: [SlotClass; 6] = [
        SlotClass::Correct,
        SlotClass::Boundary,
        SlotClass::Label,
        SlotClass::LabelAndBoundary,
        SlotClass::Missed,
        SlotClass::Spurious,
    ];

    /// The five that are errors.
    pub const ERRORS: [SlotClass; 5] = [
        SlotClass::Boundary,
        SlotClass::Label,
        SlotClass::LabelAndBoundary,
        SlotClass::Missed,
        SlotClass::Spurious,
    ];

    /// The name in options and documents.
    pub fn name(self) -> &'static str {
        match self {
            SlotClass::Correct => "correct",
            SlotClass::Boundary => "boundary",
            SlotClass::Label => "label",
            SlotClass::LabelAndBoundary => "label_and_boundary",
            SlotClass::Missed => "missed",
            SlotClass::Spurious => "spurious",
        }
    }

    /// The class of a pair, or of a chunk alone; `None` of nothing.
    fn of<L: PartialEq>(gold: Option<&Chunk<L>>, predicted: Option<&Chunk<L>>) -> Option<Self> {
        Some(match (gold, predicted) {
            (Some(gold), Some(predicted)) => {
                let extent = (gold.first, gold.last) == (predicted.first, predicted.last);
                match (extent, gold.label == predicted.label) {
                    (true, true) => SlotClass::Correct,
                    (false, true) => SlotClass::Boundary,
                    (true, false) => SlotClass::Label,
                    (false, false) => SlotClass::LabelAndBoundary,
                }
            }
            (Some(_), None) => SlotClass::Missed,
            (None, Some(_)) => SlotClass::Spurious,
            (None, None) => return None,
        })
    }
}

impl fmt::Display for SlotClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SlotClass {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        let wanted = name.replace('-', "_");
        SlotClass::ALL.into_iter().find(|class| class.name() == wanted).ok_or_else(|| {
            let names: Vec<&str> = SlotClass::ALL.into_iter().map(SlotClass::name).collect();
            Error::request(format!(
                "unknown class `{}`: expected one of {}",
                name.escape_debug(),
                names.join(", ")
            ))
        })
    }
}

/// A gold chunk and a predicted one, or one of them alone, with its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlotMatch<L> {
    /// What it is.
    pub class: SlotClass,
    /// The gold chunk; absent where the slot is spurious.
    pub gold: Option<Chunk<L>>,
    /// The predicted chunk; absent where the slot is missed.
    pub predicted: Option<Chunk<L>>,
}

impl<L> SlotMatch<L> {
    /// The label that the slot is counted under: the gold one, or the predicted
    /// one where there is no gold.
    pub fn label(&self) -> Option<&L> {
        self.gold.as_ref().or(self.predicted.as_ref()).map(|chunk| &chunk.label)
    }

    fn first_word(&self) -> usize {
        let first = |chunk: &Option<Chunk<L>>| chunk.as_ref().map_or(usize::MAX, |c| c.first);
        first(&self.gold).min(first(&self.predicted))
    }
}

/// Pairs the chunks of two label sequences over the same words, in the order of
/// their words.
///
/// `predicted` is cut or padded with no slot to the length of `gold`, as
/// everywhere in scoring.
///
/// ```
/// use massive_data::SlotName;
/// use massive_eval::slot_errors::{SlotClass, match_labels};
///
/// // set an alarm for | five am | tomorrow
/// let (time, date) = (SlotName::open("time"), SlotName::open("date"));
/// let gold = [None, None, Some(&time), Some(&time), Some(&date)];
/// let predicted = [None, None, None, Some(&time), None];
/// let classes: Vec<SlotClass> =
///     match_labels(&gold, &predicted).iter().map(|slot| slot.class).collect();
/// assert_eq!(classes, [SlotClass::Boundary, SlotClass::Missed]);
/// ```
pub fn match_labels<'l>(gold: &Labels<'l>, predicted: &Labels<'l>) -> Vec<SlotMatch<&'l SlotName>> {
    let predicted = &predicted[..predicted.len().min(gold.len())];
    let gold: Vec<_> = chunks(gold.iter().copied()).collect();
    let predicted: Vec<_> = chunks(predicted.iter().copied()).collect();
    match_chunks(&gold, &predicted)
}

/// Pairs gold and predicted chunks one to one, in the order of their words.
///
/// The chunks of each side must be in order and must not overlap each other, as
/// those of [`chunks`] are. Every overlapping pair is a candidate. Candidates
/// are taken best first, each unless one of its chunks is taken already: those
/// with the same label before others, then those whose extents differ in fewer
/// words (the distance of nervaluate's type scheme), then from left to right.
/// What is left over is missed or spurious. The result depends on nothing else.
pub fn match_chunks<L: Copy + PartialEq>(
    gold: &[Chunk<L>],
    predicted: &[Chunk<L>],
) -> Vec<SlotMatch<L>> {
    let mut candidates = overlapping(gold, predicted);
    candidates.sort_unstable_by_key(|&(g, p)| {
        let (gold, predicted) = (&gold[g], &predicted[p]);
        let distance = gold.first.abs_diff(predicted.first) + gold.last.abs_diff(predicted.last);
        (gold.label != predicted.label, distance, g, p)
    });
    let mut partner_of_gold = vec![None; gold.len()];
    let mut taken = vec![false; predicted.len()];
    for (g, p) in candidates {
        if partner_of_gold[g].is_none() && !taken[p] {
            partner_of_gold[g] = Some(p);
            taken[p] = true;
        }
    }
    let with_gold = gold
        .iter()
        .zip(partner_of_gold)
        .map(|(gold, partner)| (Some(*gold), partner.map(|p: usize| predicted[p])));
    let spurious = predicted
        .iter()
        .zip(taken)
        .filter(|(_, taken)| !taken)
        .map(|(predicted, _)| (None, Some(*predicted)));
    let mut matches: Vec<SlotMatch<L>> = with_gold
        .chain(spurious)
        .filter_map(|(gold, predicted)| {
            let class = SlotClass::of(gold.as_ref(), predicted.as_ref())?;
            Some(SlotMatch { class, gold, predicted })
        })
        .collect();
    matches.sort_by_key(SlotMatch::first_word);
    matches
}

/// The pairs of chunks that share a word, by their indices.
fn overlapping<L>(gold: &[Chunk<L>], predicted: &[Chunk<L>]) -> Vec<(usize, usize)> {
    let (mut g, mut p) = (0, 0);
    let mut pairs = Vec::new();
    while let (Some(gold), Some(predicted)) = (gold.get(g), predicted.get(p)) {
        if gold.first <= predicted.last && predicted.first <= gold.last {
            pairs.push((g, p));
        }
        if gold.last <= predicted.last {
            g += 1;
        } else {
            p += 1;
        }
    }
    pairs
}

/// How many slots fell into each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ClassCounts {
    /// Same label, same extent.
    pub correct: u64,
    /// Same label, overlapping, other extent.
    pub boundary: u64,
    /// Same extent, other label.
    pub label: u64,
    /// Overlapping, other extent and other label.
    pub label_and_boundary: u64,
    /// Gold slots without a predicted one.
    pub missed: u64,
    /// Predicted slots without a gold one.
    pub spurious: u64,
}

impl ClassCounts {
    /// How many fell into one class.
    pub fn get(&self, class: SlotClass) -> u64 {
        match class {
            SlotClass::Correct => self.correct,
            SlotClass::Boundary => self.boundary,
            SlotClass::Label => self.label,
            SlotClass::LabelAndBoundary => self.label_and_boundary,
            SlotClass::Missed => self.missed,
            SlotClass::Spurious => self.spurious,
        }
    }

    /// Counts one more.
    pub fn add(&mut self, class: SlotClass) {
        *match class {
            SlotClass::Correct => &mut self.correct,
            SlotClass::Boundary => &mut self.boundary,
            SlotClass::Label => &mut self.label,
            SlotClass::LabelAndBoundary => &mut self.label_and_boundary,
            SlotClass::Missed => &mut self.missed,
            SlotClass::Spurious => &mut self.spurious,
        } += 1;
    }

    /// Pairs, that is slots that are both in gold and predicted.
    fn paired(&self) -> u64 {
        self.correct + self.boundary + self.label + self.label_and_boundary
    }

    /// Gold slots: all but the spurious ones.
    pub fn gold(&self) -> u64 {
        self.paired() + self.missed
    }

    /// Predicted slots: all but the missed ones.
    pub fn predicted(&self) -> u64 {
        self.paired() + self.spurious
    }

    /// All that is not correct.
    pub fn errors(&self) -> u64 {
        SlotClass::ERRORS.into_iter().map(|class| self.get(class)).sum()
    }

    /// The counts as one of nervaluate's schemes has them.
    pub fn scheme(&self, scheme: Scheme) -> SchemeCounts {
        let (correct, incorrect, partial) = match scheme {
            Scheme::Strict => {
                (self.correct, self.boundary + self.label + self.label_and_boundary, 0)
            }
            Scheme::Exact => {
                (self.correct + self.label, self.boundary + self.label_and_boundary, 0)
            }
            Scheme::Partial => {
                (self.correct + self.label, 0, self.boundary + self.label_and_boundary)
            }
            Scheme::Type => (self.correct + self.boundary, self.label + self.label_and_boundary, 0),
        };
        SchemeCounts { correct, incorrect, partial, missed: self.missed, spurious: self.spurious }
    }
}

impl AddAssign for ClassCounts {
    fn add_assign(&mut self, other: ClassCounts) {
        self.correct += other.correct;
        self.boundary += other.boundary;
        self.label += other.label;
        self.label_and_boundary += other.label_and_boundary;
        self.missed += other.missed;
        self.spurious += other.spurious;
    }
}

impl Sum for ClassCounts {
    fn sum<I: Iterator<Item = ClassCounts>>(counts: I) -> ClassCounts {
        counts.fold(ClassCounts::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

impl FromIterator<SlotClass> for ClassCounts {
    fn from_iter<I: IntoIterator<Item = SlotClass>>(classes: I) -> ClassCounts {
        let mut counts = ClassCounts::default();
        for class in classes {
            counts.add(class);
        }
        counts
    }
}

/// What nervaluate takes to be right: its four schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Label and extent; this is the score's own rule.
    Strict,
    /// The extent, whatever the label.
    Exact,
    /// The extent, whatever the label; overlapping is half right.
    Partial,
    /// The label, if the extents overlap.
    Type,
}

/// Counts in the categories of MUC-5, as a [`Scheme`] sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SchemeCounts {
    /// Right.
    pub correct: u64,
    /// Paired and wrong.
    pub incorrect: u64,
    /// Paired and half right.
    pub partial: u64,
    /// In gold only.
    pub missed: u64,
    /// Predicted only.
    pub spurious: u64,
}

impl SchemeCounts {
    /// Share of predicted slots that are right, partial ones counting half; 0
    /// if none is predicted.
    pub fn precision(&self) -> f64 {
        self.share(self.correct + self.incorrect + self.partial + self.spurious)
    }

    /// Share of gold slots that were found, partial ones counting half; 0 if
    /// there is none.
    pub fn recall(&self) -> f64 {
        self.share(self.correct + self.incorrect + self.partial + self.missed)
    }

    /// The harmonic mean of the two; 0 if both are.
    pub fn f1(&self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 {
            return 0.0;
        }
        2.0 * precision * recall / (precision + recall)
    }

    fn share(&self, of: u64) -> f64 {
        if of == 0 { 0.0 } else { (self.correct as f64 + 0.5 * self.partial as f64) / of as f64 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::counts::count_slots;

    /// Labels written one a word, `-` outside every slot.
    fn labels(text: &str) -> Vec<Option<&str>> {
        text.split(' ').map(|label| (label != "-").then_some(label)).collect()
    }

    fn matched<'t>(gold: &'t str, predicted: &'t str) -> Vec<SlotMatch<&'t str>> {
        let gold: Vec<_> = chunks(labels(gold)).collect();
        let predicted: Vec<_> = chunks(labels(predicted)).collect();
        match_chunks(&gold, &predicted)
    }

    fn classes(gold: &str, predicted: &str) -> String {
        let names: Vec<&str> =
            matched(gold, predicted).iter().map(|slot| slot.class.name()).collect();
        names.join(" ")
    }

    #[test]
    fn each_class_by_example() {
        for (gold, predicted, expected) in [
            ("- a a", "- a a", "correct"),
            ("- a a", "- - a", "boundary"),
            ("- a a", "- b b", "label"),
            ("- a a", "b b -", "label_and_boundary"),
            ("- a a", "- - -", "missed"),
            ("- - -", "- a -", "spurious"),
            ("a - -", "- - a", "missed spurious"),
            ("-", "-", ""),
        ] {
            assert_eq!(classes(gold, predicted), expected, "{gold} | {predicted}");
        }
    }

    #[test]
    fn the_best_pair_is_taken_first() {
        // The same label wins over more words in common.
        assert_eq!(classes("a a a", "b b a"), "boundary spurious");
        // Then the closer extent.
        assert_eq!(classes("a a a a", "a - a a"), "boundary spurious");
        let slots = matched("a a a a", "a - a a");
        assert_eq!(slots[0].predicted.unwrap().first, 2);
        // Then the left one.
        let slots = matched("a a a", "a - a");
        assert_eq!(slots[0].predicted.unwrap().first, 0);
        // One prediction over two slots of gold: one is found, one missed.
        assert_eq!(classes("a - b", "a a a"), "boundary missed");
    }

    #[test]
    fn slots_come_in_the_order_of_their_words() {
        assert_eq!(classes("- - a", "b - -"), "spurious missed");
        assert_eq!(classes("a - b", "- c b"), "missed spurious correct");
    }

    #[test]
    fn names_read_back() {
        for class in SlotClass::ALL {
            assert_eq!(class.name().parse::<SlotClass>().unwrap(), class);
            assert_eq!(serde_json::to_value(class).unwrap(), class.name());
        }
        assert_eq!("label-and-boundary".parse::<SlotClass>().unwrap().name(), "label_and_boundary");
        let error = "wrong".parse::<SlotClass>().unwrap_err();
        assert!(error.to_string().contains("expected one of correct, boundary"));
    }

    fn sequences() -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
        let labels = || prop::collection::vec(0usize..4, 0..14);
        (labels(), labels())
    }

    proptest! {
        #[test]
        fn every_chunk_is_in_exactly_one_class((gold, predicted) in sequences()) {
            let names: Vec<SlotName> =
                ["date", "time", "x"].into_iter().map(SlotName::open).collect();
            let gold: Vec<_> = gold.iter().map(|&index| names.get(index)).collect();
            let predicted: Vec<_> = predicted.iter().map(|&index| names.get(index)).collect();
            let slots = match_labels(&gold, &predicted);
            // The chunks of either side are those of the labels, each once.
            let mut fitted = predicted.clone();
            fitted.resize(gold.len(), None);
            let mut found: Vec<_> = slots.iter().filter_map(|slot| slot.gold).collect();
            found.sort();
            prop_assert_eq!(found, chunks(gold.iter().copied()).collect::<Vec<_>>());
            let mut found: Vec<_> = slots.iter().filter_map(|slot| slot.predicted).collect();
            found.sort();
            prop_assert_eq!(found, chunks(fitted.iter().copied()).collect::<Vec<_>>());
            // Each is what its class says.
            for slot in &slots {
                if let (Some(gold), Some(predicted)) = (slot.gold, slot.predicted) {
                    prop_assert!(gold.first <= predicted.last && predicted.first <= gold.last);
                    let same_label = gold.label == predicted.label;
                    let same_extent =
                        (gold.first, gold.last) == (predicted.first, predicted.last);
                    let expected = match (same_label, same_extent) {
                        (true, true) => SlotClass::Correct,
                        (true, false) => SlotClass::Boundary,
                        (false, true) => SlotClass::Label,
                        (false, false) => SlotClass::LabelAndBoundary,
                    };
                    prop_assert_eq!(slot.class, expected);
                } else {
                    let expected =
                        if slot.gold.is_some() { SlotClass::Missed } else { SlotClass::Spurious };
                    prop_assert_eq!(slot.class, expected);
                }
            }
            // What is left over overlaps nothing else that is left over.
            for missed in slots.iter().filter(|slot| slot.class == SlotClass::Missed) {
                for spurious in slots.iter().filter(|slot| slot.class == SlotClass::Spurious) {
                    let (gold, predicted) = (missed.gold.unwrap(), spurious.predicted.unwrap());
                    prop_assert!(gold.last < predicted.first || predicted.last < gold.first);
                }
            }
            // The sums are those of the score.
            let counts: ClassCounts = slots.iter().map(|slot| slot.class).collect();
            let score = count_slots(&gold, &predicted);
            prop_assert_eq!(counts.gold(), u64::from(score.gold));
            prop_assert_eq!(counts.predicted(), u64::from(score.predicted));
            prop_assert_eq!(counts.correct, u64::from(score.correct));
        }

        #[test]
        fn gold_and_predicted_swap((gold, predicted) in sequences()) {
            let side = |labels: &[usize]| -> Vec<Chunk<usize>> {
                chunks(labels.iter().map(|&label| (label < 3).then_some(label))).collect()
            };
            let count = |gold: &[usize], predicted: &[usize]| -> ClassCounts {
                match_chunks(&side(gold), &side(predicted)).iter().map(|slot| slot.class).collect()
            };
            let (there, back) = (count(&gold, &predicted), count(&predicted, &gold));
            prop_assert_eq!(there.correct, back.correct);
            prop_assert_eq!(there.label, back.label);
            prop_assert_eq!(there.missed, back.spurious);
            prop_assert_eq!(there.boundary, back.boundary);
        }
    }
}
