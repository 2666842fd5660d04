//! The memory of one locale, ready to be asked.

use crate::intent_features::Grams;
use crate::locale_model::{Labels, Names};
use crate::memory::index::{Hit, Index, Search};
use crate::memory::rejection::Rejection;
use crate::memory::rows::{MemoryRow, MemoryRows};
use crate::memory::values::Values;
use crate::memory::vote::Vote;

/// The rows of a locale with their index.
#[derive(Debug, Clone, PartialEq)]
pub struct LocaleMemory {
    pub(crate) names: Names,
    pub(crate) rows: Vec<MemoryRow>,
    /// Number of each row's intent.
    pub(crate) intents: Vec<u16>,
    /// For each row the slots of its words: 0, or 1 and the slot's number.
    slots: Vec<Vec<u16>>,
    pub(crate) index: Index,
    pub(crate) values: Values,
    pub(crate) vote: Vote,
    pub(crate) rejection: Option<Rejection>,
}

/// Memory that is used again from utterance to utterance.
#[derive(Debug, Default)]
pub(crate) struct MemoryWorkspace {
    search: Search,
    /// The share of the votes of each intent.
    pub(crate) shares: Vec<f32>,
}

impl LocaleMemory {
    /// Indexes rows; `neighbours` of them vote.
    pub fn new(rows: MemoryRows, neighbours: usize, rejection: Option<Rejection>) -> Self {
        let (intents, slots) = rows.labels();
        let owned = |names: std::collections::BTreeSet<&str>| {
            names.into_iter().map(str::to_owned).collect::<Vec<String>>()
        };
        let mut names = Names {
            locale: rows.locale().to_owned(),
            intents: owned(intents),
            slots: owned(slots),
            scenarios: Vec::new(),
        };
        names.number_scenarios();
        let texts: Vec<(&str, Vec<&str>)> = (rows.rows().iter())
            .map(|row| (row.utt.as_str(), row.words.iter().map(String::as_str).collect()))
            .collect();
        let index = Index::new(&texts, Grams::of(texts.iter().map(|(text, _)| *text)));
        let numbered = |row: &MemoryRow| {
            let row = names.row(row.utt.clone(), row.words.clone(), &row.intent, &row.labels);
            (row.intent, row.slots)
        };
        let (intents, slots): (Vec<u16>, Vec<Vec<u16>>) = rows.rows().iter().map(numbered).unzip();
        let counted: Vec<_> = (texts.into_iter().zip(&slots).zip(&intents))
            .map(|(((_, words), slots), intent)| (words, slots.as_slice(), *intent))
            .collect();
        let values = Values::of(&counted);
        let vote = Vote { neighbours: neighbours.max(1), ..Vote::default() };
        let rows = rows.into_rows();
        LocaleMemory { names, rows, intents, slots, index, values, vote, rejection }
    }

    /// What its numbers are called.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// How similar the nearest row is to a text: the cosine, 0 to 1.
    pub fn similarity(&self, text: &str, words: &[&str]) -> f32 {
        let hits = self.index.nearest(text, words, 1, None, &mut Search::default());
        hits.first().map_or(0.0, |hit| hit.1)
    }

    /// The similarities with their nearest other rows of at most `most` of its
    /// own rows, evenly taken.
    pub fn left_out_similarities(&self, most: usize) -> Vec<f32> {
        let step = self.rows.len().div_ceil(most.max(1)).max(1);
        let mut search = Search::default();
        let similarity = |(number, row): (usize, &MemoryRow)| {
            let words: Vec<&str> = row.words.iter().map(String::as_str).collect();
            let hits = self.index.nearest(&row.utt, &words, 1, Some(number as u32), &mut search);
            hits.first().map_or(0.0, |hit| hit.1)
        };
        self.rows.iter().enumerate().step_by(step).map(similarity).collect()
    }

    /// The intent and slots of an utterance with these words.
    pub(crate) fn predict(
        &self,
        text: &str,
        words: &[&str],
        space: &mut MemoryWorkspace,
    ) -> Labels {
        self.decide(text, words, space).1
    }

    /// The neighbours, in descending order of similarity, and what they say.
    pub(crate) fn decide(
        &self,
        text: &str,
        words: &[&str],
        space: &mut MemoryWorkspace,
    ) -> (Vec<Hit>, Labels) {
        let hits = self.index.nearest(text, words, self.vote.search(), None, &mut space.search);
        space.shares.clear();
        space.shares.resize(self.names.intents.len(), 0.0);
        self.vote.intents(&hits, |row| self.intents[row as usize], &mut space.shares);
        let nearest = hits.first().map_or(0.0, |hit| hit.1);
        let rejected = hits.is_empty() || self.rejection.is_some_and(|one| nearest < one.threshold);
        let mut labels = Labels::of_probabilities(&space.shares);
        labels.rejected = rejected;
        labels.slots = vec![None; words.len()];
        if !rejected {
            let slots = self.vote.slots(
                words,
                labels.intent as u16,
                self.patterns(&hits, labels.intent as u16),
                &self.values,
                self.names.slots.len(),
            );
            labels.slots = slots.into_iter().map(|slot| usize::from(slot).checked_sub(1)).collect();
        }
        (hits, labels)
    }

    /// The neighbours with an intent: similarity, words and slots.
    fn patterns<'a>(
        &'a self,
        hits: &'a [Hit],
        intent: u16,
    ) -> impl Iterator<Item = (f32, &'a [String], &'a [u16])> {
        hits.iter().filter(move |hit| self.intents[hit.0 as usize] == intent).map(|hit| {
            let row = hit.0 as usize;
            (hit.1, self.rows[row].words.as_slice(), self.slots[row].as_slice())
        })
    }
}
