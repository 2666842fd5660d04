//! What was right in one utterance, and the sums of that.
//!
//! Every metric is a function of a sum of [`UtteranceCounts`], so that a locale,
//! a group of languages, a bootstrap resample and the whole corpus are the same
//! computation over different sums (the design of sacreBLEU; Post 2018).

use std::fmt;
use std::iter::Sum;
use std::ops::AddAssign;
use std::str::FromStr;

use massive_data::{Chunk, SlotName, chunks};

use crate::error::{Error, Result};

/// The slots of one utterance, counted as chunks over words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotCounts {
    /// Chunks in the gold labels.
    pub gold: u32,
    /// Chunks in the predicted labels.
    pub predicted: u32,
    /// Predicted chunks with the label, first and last word of a gold chunk.
    pub correct: u32,
}

/// What was right in one utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UtteranceCounts {
    /// Gold words.
    pub words: u32,
    /// Slots.
    pub slots: SlotCounts,
    /// The intent was right.
    pub intent_correct: bool,
    /// The intent and the label of every word were right.
    pub exact_match: bool,
}

/// Where chunks begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ChunkRule {
    /// A chunk is a maximal run of one label, as in the reference and in the
    /// corpus's own annotation.
    #[default]
    Runs,
    /// `B-` opens a chunk too, so that two neighbouring slots of one label are two
    /// (conlleval on BIO tags). Only for gold that has such tags.
    Bio,
}

impl ChunkRule {
    /// The name in options.
    pub fn name(self) -> &'static str {
        match self {
            ChunkRule::Runs => "runs",
            ChunkRule::Bio => "bio",
        }
    }

    /// What a signature says: `f1:chunk-micro` or `f1:chunk-bio`.
    pub fn signature(self) -> &'static str {
        match self {
            ChunkRule::Runs => "chunk-micro",
            ChunkRule::Bio => "chunk-bio",
        }
    }
}

impl fmt::Display for ChunkRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ChunkRule {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [ChunkRule::Runs, ChunkRule::Bio].into_iter().find(|rule| rule.name() == name).ok_or_else(
            || Error::request(format!("unknown chunk rule `{name}`: expected runs or bio")),
        )
    }
}

/// The chunks of labels of which some words have a `B-` ([`ChunkRule::Bio`]).
/// Words beyond `begins` have none.
///
/// ```
/// use massive_data::SlotName;
/// use massive_eval::counts::bio_chunks;
///
/// let date = SlotName::open("date");
/// let labels = [Some(&date), Some(&date), None];
/// let chunks = |begins: &[bool]| bio_chunks(&labels, begins).count();
/// assert_eq!((chunks(&[true, true]), chunks(&[true, false]), chunks(&[])), (2, 1, 1));
/// ```
pub fn bio_chunks<'l, L: Copy + PartialEq>(
    labels: &'l [Option<L>],
    begins: &'l [bool],
) -> impl Iterator<Item = Chunk<L>> + 'l {
    // Neighbours of one chunk are equal, those of two are not.
    let mut opened = 0usize;
    let marked = labels.iter().enumerate().map(move |(word, label)| {
        opened += usize::from(begins.get(word).copied().unwrap_or(false));
        label.map(|label| (label, opened))
    });
    chunks(marked).map(|chunk| Chunk { first: chunk.first, last: chunk.last, label: chunk.label.0 })
}

/// A label sequence: one entry a word, `None` outside every slot.
pub type Labels<'a> = [Option<&'a SlotName>];

/// Counts slots over words: conlleval's rule, which is seqeval's default mode
/// and the reference's `slot_micro_f1`.
///
/// A predicted chunk is correct if a gold chunk has the same label, first and
/// last word. Predicted labels beyond the gold ones are ignored; missing ones
/// are outside every slot.
pub fn count_slots(gold: &Labels<'_>, predicted: &Labels<'_>) -> SlotCounts {
    let predicted = &predicted[..predicted.len().min(gold.len())];
    count_chunks(chunks(gold.iter().copied()), chunks(predicted.iter().copied()))
}

/// Counts chunks, which come in the order of their words: a predicted one is
/// correct if a gold one has its label, first and last word.
pub fn count_chunks<L: PartialEq>(
    gold: impl Iterator<Item = Chunk<L>>,
    predicted: impl Iterator<Item = Chunk<L>>,
) -> SlotCounts {
    let mut counts = SlotCounts::default();
    let mut gold = gold.peekable();
    for chunk in predicted {
        counts.predicted += 1;
        while gold.next_if(|gold| gold.first < chunk.first).is_some() {
            counts.gold += 1;
        }
        if let Some(gold) = gold.next_if(|gold| gold.first == chunk.first) {
            counts.gold += 1;
            counts.correct += u32::from(gold == chunk);
        }
    }
    counts.gold += gold.count() as u32;
    counts
}

/// The slots of one label in one utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelCounts {
    /// The label.
    pub slot: SlotName,
    /// Gold slots.
    pub gold: u32,
    /// Predicted slots.
    pub predicted: u32,
    /// Predicted slots that are correct, as [`count_slots`] has it.
    pub correct: u32,
}

/// Counts slots label by label, those that occur, in the order of their names.
pub fn count_slots_by_label(gold: &Labels<'_>, predicted: &Labels<'_>) -> Box<[LabelCounts]> {
    let predicted = &predicted[..predicted.len().min(gold.len())];
    let mut counts: Vec<LabelCounts> = Vec::new();
    let mut add = |label: &SlotName, [gold, predicted, correct]: [u32; 3]| {
        let at = match counts.binary_search_by(|known| known.slot.cmp(label)) {
            Ok(at) => at,
            Err(at) => {
                let slot = label.clone();
                counts.insert(at, LabelCounts { slot, gold: 0, predicted: 0, correct: 0 });
                at
            }
        };
        counts[at].gold += gold;
        counts[at].predicted += predicted;
        counts[at].correct += correct;
    };
    for chunk in chunks(gold.iter().copied()) {
        add(chunk.label, [1, 0, 0]);
    }
    let mut gold_chunks = chunks(gold.iter().copied()).peekable();
    for chunk in chunks(predicted.iter().copied()) {
        while gold_chunks.next_if(|gold| gold.first < chunk.first).is_some() {}
        let correct = gold_chunks.peek() == Some(&chunk);
        add(chunk.label, [0, 1, u32::from(correct)]);
    }
    counts.into()
}

impl UtteranceCounts {
    /// Compares a prediction with the gold.
    ///
    /// `predicted` is cut or padded with no slot to the length of `gold`, as the
    /// reference does.
    pub fn of(intent_correct: bool, gold: &Labels<'_>, predicted: &Labels<'_>) -> Self {
        let labels_correct =
            (0..gold.len()).all(|word| gold[word] == predicted.get(word).copied().flatten());
        UtteranceCounts {
            words: gold.len() as u32,
            slots: count_slots(gold, predicted),
            intent_correct,
            exact_match: intent_correct && labels_correct,
        }
    }

    /// A row without prediction that counts as wrong: no exact match even
    /// where there is no gold slot.
    pub fn missing(gold: &Labels<'_>) -> Self {
        UtteranceCounts { exact_match: false, ..Self::of(false, gold, &[]) }
    }
}

/// A sum of counts over utterances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Utterances.
    pub utterances: u64,
    /// Gold words.
    pub words: u64,
    /// Utterances whose intent was right.
    pub intents_correct: u64,
    /// Utterances of which everything was right.
    pub exact_matches: u64,
    /// Gold slots.
    pub gold_slots: u64,
    /// Predicted slots.
    pub predicted_slots: u64,
    /// Correct slots.
    pub correct_slots: u64,
}

impl From<UtteranceCounts> for Counts {
    fn from(counts: UtteranceCounts) -> Self {
        Counts {
            utterances: 1,
            words: counts.words.into(),
            intents_correct: counts.intent_correct.into(),
            exact_matches: counts.exact_match.into(),
            gold_slots: counts.slots.gold.into(),
            predicted_slots: counts.slots.predicted.into(),
            correct_slots: counts.slots.correct.into(),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.utterances += other.utterances;
        self.words += other.words;
        self.intents_correct += other.intents_correct;
        self.exact_matches += other.exact_matches;
        self.gold_slots += other.gold_slots;
        self.predicted_slots += other.predicted_slots;
        self.correct_slots += other.correct_slots;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

impl Sum<UtteranceCounts> for Counts {
    fn sum<I: Iterator<Item = UtteranceCounts>>(counts: I) -> Counts {
        counts.map(Counts::from).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names() -> Vec<SlotName> {
        ["date", "time", "x-y"].into_iter().map(SlotName::open).collect()
    }

    fn labels<'a>(names: &'a [SlotName], indices: &[usize]) -> Vec<Option<&'a SlotName>> {
        indices.iter().map(|&index| names.get(index)).collect()
    }

    /// The definition, word for word: sets of (label, first, last).
    fn by_definition(gold: &Labels<'_>, predicted: &Labels<'_>) -> SlotCounts {
        let gold: Vec<_> = chunks(gold.iter().copied()).collect();
        let predicted: Vec<_> = chunks(predicted.iter().copied()).collect();
        SlotCounts {
            gold: gold.len() as u32,
            predicted: predicted.len() as u32,
            correct: predicted.iter().filter(|chunk| gold.contains(chunk)).count() as u32,
        }
    }

    proptest! {
        #[test]
        fn slots_are_counted_as_defined(
            rows in prop::collection::vec((0usize..4, 0usize..4), 0..12)
        ) {
            let names = names();
            let (gold, predicted): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let (gold, predicted) = (labels(&names, &gold), labels(&names, &predicted));
            let counts = count_slots(&gold, &predicted);
            prop_assert_eq!(counts, by_definition(&gold, &predicted));
            // By label they add up to the same.
            let by_label = count_slots_by_label(&gold, &predicted);
            let sum = |of: fn(&LabelCounts) -> u32| by_label.iter().map(of).sum::<u32>();
            prop_assert_eq!(
                (sum(|one| one.gold), sum(|one| one.predicted), sum(|one| one.correct)),
                (counts.gold, counts.predicted, counts.correct)
            );
            prop_assert!(by_label.windows(2).all(|two| two[0].slot < two[1].slot));
            // Swapping gold and predictions swaps precision and recall.
            let swapped = count_slots(&predicted, &gold);
            prop_assert_eq!(
                (swapped.gold, swapped.predicted, swapped.correct),
                (counts.predicted, counts.gold, counts.correct)
            );
        }

        #[test]
        fn predictions_are_cut_or_padded(
            gold in prop::collection::vec(0usize..4, 0..8),
            predicted in prop::collection::vec(0usize..4, 0..8),
        ) {
            let names = names();
            let (gold, predicted) = (labels(&names, &gold), labels(&names, &predicted));
            let mut fitted = predicted.clone();
            fitted.resize(gold.len(), None);
            prop_assert_eq!(
                UtteranceCounts::of(true, &gold, &predicted),
                UtteranceCounts::of(true, &gold, &fitted)
            );
            prop_assert_eq!(UtteranceCounts::of(true, &gold, &fitted).exact_match, gold == fitted);
        }
    }

    #[test]
    fn b_opens_a_chunk() {
        let date = SlotName::open("date");
        let labels = [Some(&date), Some(&date), Some(&date)];
        let count = |gold: &[bool], predicted: &[bool]| {
            count_chunks(bio_chunks(&labels, gold), bio_chunks(&labels, predicted))
        };
        let counts = count(&[true, false, true], &[false, false, true]);
        assert_eq!(counts, SlotCounts { gold: 2, predicted: 2, correct: 2 });
        let counts = count(&[true, false, true], &[true]);
        assert_eq!(counts, SlotCounts { gold: 2, predicted: 1, correct: 0 });
        assert_eq!(count(&[], &[]), count_slots(&labels, &labels));
        for rule in [ChunkRule::Runs, ChunkRule::Bio] {
            assert_eq!(rule.name().parse::<ChunkRule>().unwrap(), rule);
        }
    }

    #[test]
    fn a_missing_row_is_no_exact_match() {
        let counts = UtteranceCounts::missing(&[None, None]);
        assert_eq!(counts, UtteranceCounts { words: 2, ..Default::default() });
    }
}
