//! Which neighbours decided what a memory says.

use serde::Serialize;

use crate::explain::Contribution;
use crate::memory::locale_memory::{LocaleMemory, MemoryWorkspace};
use crate::memory::rejection::Rejection;
use crate::memory::rows::Source;

/// Why a memory says what it says about an utterance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemoryExplanation {
    /// The intents with votes and their shares of them, 0 to 1, the best first.
    pub intents: Vec<(String, f32)>,
    /// True if the nearest row is not similar enough, so that nothing is said.
    pub rejected: bool,
    /// The threshold for that, if there is one.
    pub rejection: Option<Rejection>,
    /// The rows that voted, the nearest first.
    pub neighbours: Vec<Neighbour>,
    /// The words, each with its slot.
    pub words: Vec<RememberedWord>,
}

/// A row that voted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Neighbour {
    /// Its id.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
    /// Its intent.
    pub intent: String,
    /// Its text.
    pub text: String,
    /// How similar it is: the cosine, 0 to 1.
    pub similarity: f32,
    /// Its share of the votes, 0 to 1.
    pub share: f32,
    /// What it shares with the utterance, weightiest first; a weight is a part of
    /// the similarity.
    pub shared: Vec<Contribution>,
}

/// A word and its slot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RememberedWord {
    /// The word.
    pub word: String,
    /// Its slot, if it is in one.
    pub slot: Option<String>,
    /// How often the value that the word belongs to was seen as that slot, if it
    /// was; without it the pattern of the neighbours says so.
    pub seen: Option<u32>,
}

impl LocaleMemory {
    /// Explains what the memory says about an utterance, with the `top`
    /// weightiest features of each neighbour.
    pub fn explain(&self, text: &str, words: &[&str], top: usize) -> MemoryExplanation {
        let mut space = MemoryWorkspace::default();
        let (hits, labels) = self.decide(text, words, &mut space);
        let mut order: Vec<usize> =
            (0..space.shares.len()).filter(|&at| space.shares[at] > 0.0).collect();
        order.sort_by(|a, b| space.shares[*b].total_cmp(&space.shares[*a]).then(a.cmp(b)));
        let nearest = hits.first().map_or(0.0, |hit| hit.1);
        let voting = &hits[..hits.len().min(self.vote.neighbours)];
        let votes: f32 = voting.iter().map(|hit| self.vote.weight(*hit, nearest)).sum();
        let neighbours = voting.iter().map(|hit| {
            let row = &self.rows[hit.0 as usize];
            let theirs: Vec<&str> = row.words.iter().map(String::as_str).collect();
            let shared = self.index.shared(text, words, (&row.utt, &theirs), top);
            Neighbour {
                id: row.id.clone(),
                source: row.source,
                intent: row.intent.clone(),
                text: row.utt.clone(),
                similarity: hit.1,
                share: self.vote.weight(*hit, nearest) / votes,
                shared: shared
                    .into_iter()
                    .map(|(feature, weight)| Contribution { feature, weight })
                    .collect(),
            }
        });
        let values = self.values.find(words, labels.intent as u16);
        let seen = |at: usize, slot: usize| {
            let value = values.iter().find(|value| (value.first..=value.last).contains(&at))?;
            (usize::from(value.slot) == slot + 1).then_some(value.count)
        };
        MemoryExplanation {
            intents: order
                .iter()
                .map(|&at| (self.names.intents[at].clone(), space.shares[at]))
                .collect(),
            rejected: labels.rejected,
            rejection: self.rejection,
            neighbours: neighbours.collect(),
            words: (words.iter().zip(&labels.slots).enumerate())
                .map(|(at, (word, slot))| RememberedWord {
                    word: (*word).to_owned(),
                    slot: slot.map(|slot| self.names.slots[slot].clone()),
                    seen: slot.and_then(|slot| seen(at, slot)),
                })
                .collect(),
        }
    }
}
