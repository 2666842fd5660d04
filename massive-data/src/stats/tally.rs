//! The counts of one group.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use unicode_normalization::is_nfc;

use crate::judgment_filter::JudgedScore;
use crate::labels::{Intent, Scenario, SlotName};
use crate::utterance::{JudgedLanguage, Judgment, Method, Review, Utterance};
use crate::words::{LabelMode, ZERO_WIDTH, chunks, has_invisible_word, is_zero_width};

/// Everything that is counted about a group of rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    pub(super) rows: u64,
    pub(super) rows_with_slots: u64,
    pub(super) slots: u64,
    pub(super) words: u64,
    pub(super) chunks: u64,
    pub(super) utt_chars: u64,
    pub(super) intents: BTreeSet<Intent>,
    pub(super) scenarios: BTreeSet<Scenario>,
    pub(super) slot_types: BTreeSet<SlotName>,
    /// Hashes of 64 bits stand for the words: among a million of them two
    /// coincide with a chance under 1 in 10 million.
    pub(super) distinct_words: HashSet<u64>,
    /// Rows by their number of words.
    pub(super) lengths: BTreeMap<usize, u64>,
    pub(super) methods: [u64; Method::ALL.len()],
    pub(super) judgments: JudgmentTally,
    /// Rows of `utt` with each of [`ZERO_WIDTH`].
    pub(super) zero_width: [u64; ZERO_WIDTH.len()],
    pub(super) zero_width_rows: u64,
    pub(super) invisible_word_rows: u64,
    pub(super) non_nfc_rows: u64,
}

/// What the judges of a group said.
#[derive(Debug, Clone, Default)]
pub(super) struct JudgmentTally {
    /// Localised rows by their number of judgments.
    pub(super) rows: BTreeMap<usize, u64>,
    pub(super) judgments: u64,
    pub(super) sums: [u64; 4],
    /// Rows whose judges, two at least, gave the same score.
    pub(super) agreed: [u64; 4],
    pub(super) languages: [u64; JudgedLanguage::ALL.len()],
}

impl JudgmentTally {
    /// Rows with two judgments at least.
    pub(super) fn comparable(&self) -> u64 {
        self.rows.range(2..).map(|(_, rows)| rows).sum()
    }

    fn add(&mut self, judgments: &[Judgment<'_>]) {
        *self.rows.entry(judgments.len()).or_default() += 1;
        self.judgments += judgments.len() as u64;
        for (index, score) in JudgedScore::ALL.into_iter().enumerate() {
            let mut values = judgments.iter().map(|judgment| score.of(judgment));
            self.sums[index] += values.clone().map(u64::from).sum::<u64>();
            let first = values.next();
            let agreed = judgments.len() > 1 && values.all(|value| Some(value) == first);
            self.agreed[index] += u64::from(agreed);
        }
        for language in judgments.iter().filter_map(|judgment| judgment.language_identification) {
            self.languages[language as usize] += 1;
        }
    }

    fn merge(&mut self, other: JudgmentTally) {
        add_counts(&mut self.rows, other.rows);
        self.judgments += other.judgments;
        add_all(&mut self.sums, &other.sums);
        add_all(&mut self.agreed, &other.agreed);
        add_all(&mut self.languages, &other.languages);
    }
}

impl Tally {
    /// Adds a row; of its slots, words and methods only those of `only`, if
    /// given.
    pub(super) fn add(
        &mut self,
        utterance: &Utterance<'_>,
        labels: LabelMode,
        only: Option<&SlotName>,
    ) {
        let wanted = |name: &SlotName| only.is_none_or(|only| only == name);
        self.rows += 1;
        self.utt_chars += utterance.utt().chars().count() as u64;
        if let Some(gold) = utterance.gold() {
            if !gold.intent.is_absent() {
                insert(&mut self.intents, &gold.intent);
                insert(&mut self.scenarios, &gold.scenario);
            }
            let mut slots = 0;
            for slot in gold.annotation.slots().filter(|slot| wanted(slot.name)) {
                slots += 1;
                insert(&mut self.slot_types, slot.name);
            }
            self.slots += slots;
            self.rows_with_slots += u64::from(slots > 0);
            if let Some(review) = &gold.review {
                self.add_review(review, wanted);
            }
        }
        let words: Vec<&str> = match utterance.labelled_words(labels) {
            Some(labelled) => {
                let labels = labelled.iter().map(|(_, label)| *label);
                let found = chunks(labels).filter(|chunk| wanted(chunk.label)).count();
                self.chunks += found as u64;
                let words = labelled.iter().filter(|(_, label)| {
                    only.is_none_or(|only| label.is_some_and(|label| label == only))
                });
                words.map(|(word, _)| *word).collect()
            }
            None => utterance.words(),
        };
        self.words += words.len() as u64;
        *self.lengths.entry(words.len()).or_default() += 1;
        self.distinct_words.extend(words.iter().map(|word| hash(word)));
        self.add_text(utterance);
    }

    fn add_review(&mut self, review: &Review<'_>, wanted: impl Fn(&SlotName) -> bool) {
        for slot in review.slot_methods.iter().filter(|slot| wanted(&slot.slot)) {
            self.methods[slot.method as usize] += 1;
        }
        self.judgments.add(&review.judgments);
    }

    fn add_text(&mut self, utterance: &Utterance<'_>) {
        let utt = utterance.utt();
        if utt.is_ascii() {
            return;
        }
        self.non_nfc_rows += u64::from(!is_nfc(utt));
        if !utt.contains(is_zero_width) {
            return;
        }
        self.zero_width_rows += 1;
        for (rows, c) in self.zero_width.iter_mut().zip(ZERO_WIDTH) {
            *rows += u64::from(utt.contains(c));
        }
        self.invisible_word_rows += u64::from(has_invisible_word(utt));
    }

    /// Adds what was counted elsewhere.
    pub(super) fn merge(&mut self, other: Tally) {
        self.rows += other.rows;
        self.rows_with_slots += other.rows_with_slots;
        self.slots += other.slots;
        self.words += other.words;
        self.chunks += other.chunks;
        self.utt_chars += other.utt_chars;
        self.intents.extend(other.intents);
        self.scenarios.extend(other.scenarios);
        self.slot_types.extend(other.slot_types);
        self.distinct_words.extend(other.distinct_words);
        add_counts(&mut self.lengths, other.lengths);
        add_all(&mut self.methods, &other.methods);
        self.judgments.merge(other.judgments);
        add_all(&mut self.zero_width, &other.zero_width);
        self.zero_width_rows += other.zero_width_rows;
        self.invisible_word_rows += other.invisible_word_rows;
        self.non_nfc_rows += other.non_nfc_rows;
    }

    /// The number of words that a share of the rows does not exceed (the
    /// nearest rank).
    pub(super) fn length_at(&self, share: f64) -> Option<usize> {
        let rank = (share * self.rows as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        self.lengths.iter().find_map(|(&length, &rows)| {
            seen += rows;
            (seen >= rank).then_some(length)
        })
    }
}

fn insert<T: Ord + Clone>(set: &mut BTreeSet<T>, value: &T) {
    if !set.contains(value) {
        set.insert(value.clone());
    }
}

fn hash(word: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    word.hash(&mut hasher);
    hasher.finish()
}

fn add_counts(to: &mut BTreeMap<usize, u64>, from: BTreeMap<usize, u64>) {
    for (key, count) in from {
        *to.entry(key).or_default() += count;
    }
}

fn add_all<const N: usize>(to: &mut [u64; N], from: &[u64; N]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}
