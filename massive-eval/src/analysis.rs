//! What a submission makes of each utterance, slot by slot, with all that its
//! errors can be told apart by.
//!
//! An analysis keeps the text of every scored row, its slots in their classes
//! and what is known of it: how its slots were localised, what its judges said,
//! whether its words occur in train. [`breakdown`](crate::breakdown) folds that
//! into figures by any key; [`errors`](crate::errors) lists it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use massive_data::words::is_space;
use massive_data::{
    Chunk, Corpus, Detail, Intent, JudgedScore, LabelMode, Locale, LocaleFilter, Method, Partition,
    Review, Scenario, Selection, SlotName, Utterance, UtteranceId, chunks,
};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::evaluation::{Evaluation, MissingRows, Observer, ScoredRow};
use crate::pairing::OtherRows;
use crate::row_counts::RowCounts;
use crate::slot_errors::{SlotMatch, match_labels};
use crate::submission::{Key, Submission};

/// What is analysed, and how.
#[derive(Debug, Clone, Copy)]
pub struct AnalysisOptions {
    /// The partition.
    pub partition: Partition,
    /// How gold labels are derived.
    pub labels: LabelMode,
    /// What is done about rows without a prediction.
    pub missing_rows: MissingRows,
    /// Whether to read train too, to see which words occur in it.
    pub train: bool,
}

/// All rows of one or several submissions, read with one pass over the corpus.
#[derive(Debug)]
pub struct Analysis {
    /// The score of the first submission, row by row.
    pub evaluation: Evaluation,
    /// Those of the others.
    pub others: Vec<Evaluation>,
    /// The rows, in the order of [`Evaluation::utterances`].
    pub rows: Vec<AnalysedRow>,
    english: HashMap<UtteranceId, Box<str>>,
}

/// A row and its gold.
#[derive(Debug)]
pub struct AnalysedRow {
    /// Its locale and id.
    pub key: Key,
    /// The gold scenario.
    pub scenario: Scenario,
    /// The gold intent.
    pub intent: Intent,
    /// What was said.
    pub utt: Box<str>,
    /// Where each word stands in `utt`, in bytes.
    pub words: Box<[Range<u32>]>,
    /// What its judges said; `None` of rows without judgments, as en-US.
    pub judged: Option<Judged>,
    /// Whether the same words, in this order, are an utterance of train in this
    /// locale; `None` where train was not read or is not there.
    pub in_train: Option<bool>,
    /// What is known of the gold slots, in their order.
    pub gold_slots: Box<[GoldSlot]>,
    /// The slots as each submission has them, in the order of their words.
    slots: Vec<Box<[SlotMatch<SlotName>]>>,
    /// Digest of its words.
    digest: u64,
}

/// Means over the judges of a row, in the order of [`JudgedScore::ALL`]. The 2
/// that intents and slots can get counts as 1, as in the judgment filters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged(pub [f32; 4]);

/// What is known of a gold slot beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GoldSlot {
    /// How it was carried over from English, where that is recorded.
    pub method: Option<Method>,
    /// Whether train knows it; `None` where train was not read or is not there.
    pub in_train: Option<InTrain>,
    /// Digests of its words, and of its words with its label.
    digests: [u64; 2],
}

/// What train, in the same locale, has of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InTrain {
    /// The same words with the same label.
    Seen,
    /// The same words, only with other labels.
    OtherLabel,
    /// No slot with these words.
    Unseen,
}

impl InTrain {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            InTrain::Seen => "seen",
            InTrain::OtherLabel => "other_label",
            InTrain::Unseen => "unseen",
        }
    }
}

/// An utterance as one submission has it.
#[derive(Debug, Clone, Copy)]
pub struct Analysed<'a> {
    /// The row.
    pub row: &'a AnalysedRow,
    /// Its intents and counts.
    pub scored: &'a RowCounts,
    /// Its slots, gold and predicted, in the order of their words.
    pub slots: &'a [SlotMatch<SlotName>],
}

impl<'a> Analysed<'a> {
    /// The slots with what is known of the gold ones.
    pub fn slots_with_facts(
        &self,
    ) -> impl Iterator<Item = (&'a SlotMatch<SlotName>, Option<&'a GoldSlot>)> {
        with_facts(self.slots, &self.row.gold_slots)
    }
}

/// Matches, which are in the order of their words, with the facts of gold slots,
/// which are in the order of those.
fn with_facts<'a>(
    slots: &'a [SlotMatch<SlotName>],
    facts: &'a [GoldSlot],
) -> impl Iterator<Item = (&'a SlotMatch<SlotName>, Option<&'a GoldSlot>)> {
    // A predicted slot that begins before an earlier gold one puts its match
    // before that one's, so the place among the matches says nothing.
    let number_of = |first: usize| {
        slots.iter().flat_map(|slot| &slot.gold).filter(|gold| gold.first < first).count()
    };
    slots.iter().map(move |slot| {
        let gold = slot.gold.as_ref();
        (slot, gold.and_then(|gold| facts.get(number_of(gold.first))))
    })
}

/// What is kept of the rows that are read besides.
struct OtherRow {
    english: Option<(UtteranceId, Box<str>)>,
    train: Option<TrainRow>,
}

struct TrainRow {
    utterance: u64,
    slots: Vec<[u64; 2]>,
}

/// What train has, by digests: exact but for collisions of 64 bits.
#[derive(Default)]
struct Train {
    utterances: HashSet<u64>,
    values: HashSet<u64>,
    labelled: HashSet<u64>,
}

impl Analysis {
    /// Analyses submissions on the selected rows of `corpus`. The English source
    /// is read besides whether it is selected or not, and train if asked for.
    ///
    /// As in scoring, missing, duplicate and unknown rows are found and
    /// reported; whether they stop anything is up to the caller.
    ///
    /// # Errors
    /// Those of [`Evaluation::run`]; train asked for while it is what is scored.
    pub fn run(
        corpus: &Corpus,
        first: &Submission,
        others: &[&Submission],
        options: AnalysisOptions,
    ) -> Result<Analysis> {
        let AnalysisOptions { partition, labels, missing_rows, train: with_train } = options;
        if with_train && partition == Partition::Train {
            return Err(Error::request(
                "partition train cannot be held against itself: every word of it occurs in train",
            ));
        }
        let english_rows = Selection {
            locales: LocaleFilter::from_iter([Locale::EN_US]),
            partition: Some(partition),
        };
        let train_rows = Selection {
            locales: corpus.selection().locales.clone(),
            partition: Some(Partition::Train),
        };
        let choices = [english_rows.clone(), train_rows.clone()];
        let look = |utterance: &Utterance<'_>| -> Option<OtherRow> {
            let (locale, of) = (utterance.locale(), utterance.partition());
            let english = english_rows
                .contains(locale, of)
                .then(|| (utterance.id().clone(), utterance.utt().into()));
            let train = (with_train && train_rows.contains(locale, of))
                .then(|| TrainRow::of(utterance, labels))
                .flatten();
            (english.is_some() || train.is_some()).then_some(OtherRow { english, train })
        };
        let selections = if with_train { &choices[..] } else { &choices[..1] };
        let observer = Observer {
            others: OtherRows { selections, detail: Detail::Everything, look },
            row: |row: &ScoredRow<'_>| AnalysedRow::of(row),
        };
        let mut english = HashMap::new();
        let mut train = Train::default();
        let (evaluation, others, mut rows) = Evaluation::run_observed(
            corpus,
            first,
            others,
            partition,
            labels,
            missing_rows,
            &observer,
            |kept: OtherRow| {
                english.extend(kept.english);
                train.extend(kept.train);
            },
        )?;
        if !train.utterances.is_empty() {
            rows.iter_mut().for_each(|row| train.look_up(row));
        }
        Ok(Analysis { evaluation, others, rows, english })
    }

    /// The English source of an utterance, where the corpus has it.
    pub fn english(&self, id: &UtteranceId) -> Option<&str> {
        self.english.get(id).map(AsRef::as_ref)
    }

    /// The evaluation of a submission, 0 being the first.
    pub fn evaluation_of(&self, system: usize) -> Option<&Evaluation> {
        match system.checked_sub(1) {
            None => Some(&self.evaluation),
            Some(other) => self.others.get(other),
        }
    }

    /// Whether a submission has an utterance wrong: what is no exact match; of a
    /// system that predicts intents or slots only, what is wrong in these.
    pub fn is_wrong(&self, system: usize, seen: &Analysed<'_>) -> bool {
        let counts = &seen.scored.counts;
        let Some(evaluation) = self.evaluation_of(system) else { return false };
        let slots = [counts.slots.gold, counts.slots.predicted];
        seen.scored.missing
            || match (evaluation.predicted.intents, evaluation.predicted.slots) {
                (true, true) => !counts.exact_match,
                (true, false) => !counts.intent_correct,
                (false, _) => slots.iter().any(|&all| all != counts.slots.correct),
            }
    }

    /// The utterances as a submission has them, 0 being the first, by locale and
    /// id; none if there is no such submission.
    ///
    /// Of a submission without any slots none are listed: they were not missed
    /// but never looked for.
    pub fn utterances(&self, system: usize) -> impl Iterator<Item = Analysed<'_>> {
        let evaluation = self.evaluation_of(system);
        let has_slots = evaluation.is_some_and(|evaluation| evaluation.predicted.slots);
        let scored = evaluation.map_or(&[][..], |evaluation| &evaluation.utterances);
        self.rows.iter().zip(scored).map(move |(row, scored)| {
            let slots = if has_slots { &row.slots[system][..] } else { &[] };
            Analysed { row, scored, slots }
        })
    }
}

impl AnalysedRow {
    fn of(row: &ScoredRow<'_>) -> AnalysedRow {
        let locale = row.utterance.locale();
        let review = row.gold.review.as_ref();
        let mut method_of = Methods::of(review);
        let gold_slots = chunks(row.labels.iter().copied())
            .map(|chunk| GoldSlot {
                method: method_of.next(chunk.label),
                in_train: None,
                digests: slot_digests(locale, row.words, &chunk),
            })
            .collect();
        let slots = row
            .systems
            .iter()
            .map(|system| {
                let predicted = system.as_ref().map_or(&[][..], |system| system.labels);
                match_labels(row.labels, predicted).into_iter().map(owned).collect()
            })
            .collect();
        AnalysedRow {
            key: (locale, row.utterance.id().clone()),
            scenario: row.gold.scenario.clone(),
            intent: row.gold.intent.clone(),
            utt: row.utterance.utt().into(),
            words: word_ranges(row.utterance.utt(), row.words),
            judged: review.and_then(Judged::of),
            in_train: None,
            gold_slots,
            slots,
            digest: digest(&(locale, row.words)),
        }
    }

    /// Where words stand in `utt`, from the first to the last, in bytes.
    pub fn bytes(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.words.get(first).map_or(0, |word| word.start as usize);
        let end = self.words.get(last).map_or(start, |word| word.end as usize);
        start..end.max(start)
    }

    /// The words of a chunk, as they stand in `utt`.
    pub fn value<L>(&self, chunk: &Chunk<L>) -> &str {
        self.utt.get(self.bytes(chunk.first, chunk.last)).unwrap_or_default()
    }
}

fn owned(slot: SlotMatch<&SlotName>) -> SlotMatch<SlotName> {
    let owned = |chunk: Chunk<&SlotName>| Chunk {
        first: chunk.first,
        last: chunk.last,
        label: chunk.label.clone(),
    };
    SlotMatch {
        class: slot.class,
        gold: slot.gold.map(owned),
        predicted: slot.predicted.map(owned),
    }
}

/// Where each word stands in `utt`: in its order, with any white space between
/// and, in the locales cut into characters, within them.
fn word_ranges(utt: &str, words: &[&str]) -> Box<[Range<u32>]> {
    let mut at = 0;
    let skip = |at: usize| utt.len() - utt[at..].trim_start_matches(is_space).len();
    let range = |word: &&str| {
        at = skip(at);
        let start = at;
        if utt[at..].starts_with(word) {
            at += word.len();
        } else {
            for c in word.chars() {
                let here = skip(at);
                if utt[here..].starts_with(c) {
                    at = here + c.len_utf8();
                }
            }
        }
        start as u32..at as u32
    };
    words.iter().map(range).collect()
}

impl Judged {
    fn of(review: &Review<'_>) -> Option<Judged> {
        let judges = review.judgments.len();
        (judges > 0).then(|| {
            Judged(JudgedScore::ALL.map(|score| {
                let given = review.judgments.iter();
                let sum: u32 =
                    given.map(|judgment| u32::from(score.of(judgment).min(score.best()))).sum();
                sum as f32 / judges as f32
            }))
        })
    }

    /// The mean of one score.
    pub fn mean(self, score: JudgedScore) -> f32 {
        self.0[score as usize]
    }
}

/// Deals the recorded methods out to the slots of a row: a repeated label takes
/// them in turn, and the last one again where too few are listed.
struct Methods<'r> {
    recorded: Vec<(&'r SlotName, Method)>,
    dealt: Vec<&'r SlotName>,
}

impl<'r> Methods<'r> {
    fn of(review: Option<&'r Review<'_>>) -> Self {
        let recorded = review.map_or(&[][..], |review| &review.slot_methods);
        let recorded = recorded.iter().map(|slot| (&slot.slot, slot.method)).collect();
        Methods { recorded, dealt: Vec::new() }
    }

    fn next(&mut self, label: &SlotName) -> Option<Method> {
        let of_label: Vec<(&'r SlotName, Method)> =
            self.recorded.iter().copied().filter(|(slot, _)| *slot == label).collect();
        let before = self.dealt.iter().filter(|dealt| **dealt == label).count();
        let (slot, method) = *of_label.get(before).or(of_label.last())?;
        self.dealt.push(slot);
        Some(method)
    }
}

fn digest(value: &impl Hash) -> u64 {
    // Keys are fixed, so that the result is the same in every run.
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn slot_digests(locale: Locale, words: &[&str], chunk: &Chunk<&SlotName>) -> [u64; 2] {
    let value = (locale, words.get(chunk.first..=chunk.last).unwrap_or_default());
    [digest(&value), digest(&(value, chunk.label.as_str()))]
}

impl TrainRow {
    fn of(utterance: &Utterance<'_>, labels: LabelMode) -> Option<TrainRow> {
        let locale = utterance.locale();
        let (words, labels): (Vec<&str>, Vec<Option<&SlotName>>) =
            utterance.labelled_words(labels)?.into_iter().unzip();
        let slots = chunks(labels).map(|chunk| slot_digests(locale, &words, &chunk)).collect();
        Some(TrainRow { utterance: digest(&(locale, &words[..])), slots })
    }
}

impl Extend<TrainRow> for Train {
    fn extend<I: IntoIterator<Item = TrainRow>>(&mut self, rows: I) {
        for row in rows {
            self.utterances.insert(row.utterance);
            for [value, labelled] in row.slots {
                self.values.insert(value);
                self.labelled.insert(labelled);
            }
        }
    }
}

impl Train {
    fn look_up(&self, row: &mut AnalysedRow) {
        row.in_train = Some(self.utterances.contains(&row.digest));
        for slot in &mut row.gold_slots {
            let [value, labelled] = slot.digests;
            slot.in_train = Some(if self.labelled.contains(&labelled) {
                InTrain::Seen
            } else if self.values.contains(&value) {
                InTrain::OtherLabel
            } else {
                InTrain::Unseen
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use massive_data::SlotMethod;

    use super::*;

    #[test]
    fn words_are_found_in_the_text() {
        let ranges = |utt: &str, words: &[&str]| -> Vec<String> {
            let ranges = word_ranges(utt, words);
            ranges.iter().map(|r| utt[r.start as usize..r.end as usize].to_owned()).collect()
        };
        assert_eq!(ranges("a  bc d", &["a", "bc", "d"]), ["a", "bc", "d"]);
        // Spaces in `utt` that the annotation does not have, and empty words.
        assert_eq!(ranges("今 日wi fi", &["今", "日", "wifi"]), ["今", "日", "wi fi"]);
        assert_eq!(ranges("a b", &["a", "", "b"]), ["a", "", "b"]);
        // What does not fit is empty, not a panic.
        assert_eq!(ranges("ab", &["x", "y"]), ["", ""]);
    }

    #[test]
    fn methods_are_dealt_in_turn() {
        let (date, time) = (SlotName::open("date"), SlotName::open("time"));
        let method = |slot: &SlotName, method| SlotMethod { slot: slot.clone(), method };
        let review = Review {
            slot_methods: vec![
                method(&date, Method::Translation),
                method(&time, Method::Unchanged),
                method(&date, Method::Localization),
            ],
            judgments: Vec::new(),
        };
        let mut methods = Methods::of(Some(&review));
        let dealt = [&date, &date, &date, &time, &SlotName::open("person")];
        assert_eq!(
            dealt.map(|label| methods.next(label)),
            [
                Some(Method::Translation),
                Some(Method::Localization),
                Some(Method::Localization),
                Some(Method::Unchanged),
                None
            ]
        );
    }

    #[test]
    fn facts_belong_to_their_gold_slot_wherever_the_predicted_one_begins() {
        let (date, time) = (SlotName::open("date"), SlotName::open("time"));
        let gold = [None, Some(&date), Some(&time), Some(&time)];
        let predicted = [Some(&time); 4];
        let slots: Vec<_> = match_labels(&gold, &predicted).into_iter().map(owned).collect();
        let fact = |method| GoldSlot { method: Some(method), in_train: None, digests: [0; 2] };
        let facts = [fact(Method::Translation), fact(Method::Unchanged)];
        let dealt: Vec<(&str, Option<Method>)> = with_facts(&slots, &facts)
            .map(|(slot, facts)| (slot.label().unwrap().as_str(), facts.unwrap().method))
            .collect();
        // The match of the later gold slot comes first.
        let (time, date) = (("time", Some(Method::Unchanged)), ("date", Some(Method::Translation)));
        assert_eq!(dealt, [time, date]);
    }
}
