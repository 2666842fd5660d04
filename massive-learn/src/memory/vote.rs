//! From neighbours to an intent and slots.

use crate::memory::align::project;
use crate::memory::index::Hit;
use crate::memory::values::Values;

/// How neighbours vote.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vote {
    /// Neighbours that vote for the intent.
    pub(crate) neighbours: usize,
    /// A neighbour whose cosine is `d` less than the nearest one's has
    /// `exp(-sharpness · d)` votes.
    pub(crate) sharpness: f32,
    /// Neighbours with the chosen intent whose slots are looked at.
    pub(crate) patterns: usize,
    /// Votes of a value seen before, in shares of all votes of patterns.
    pub(crate) value: f32,
}

/// The values were chosen on dev rows of six locales.
impl Default for Vote {
    fn default() -> Self {
        Vote { neighbours: 10, sharpness: 4.0, patterns: 10, value: 1.1 }
    }
}

impl Vote {
    /// How many neighbours are looked for.
    pub(crate) fn search(&self) -> usize {
        (4 * self.neighbours).max(4 * self.patterns)
    }

    /// How many votes a neighbour has.
    pub(crate) fn weight(&self, hit: Hit, nearest: f32) -> f32 {
        ((hit.1 - nearest) * self.sharpness).exp()
    }

    /// The share of the votes for each intent, for hits in descending order.
    pub(crate) fn intents(&self, hits: &[Hit], intent_of: impl Fn(u32) -> u16, out: &mut [f32]) {
        out.fill(0.0);
        let nearest = hits.first().map_or(0.0, |hit| hit.1);
        let mut sum = 0.0;
        for hit in hits.iter().take(self.neighbours) {
            let weight = self.weight(*hit, nearest);
            out[usize::from(intent_of(hit.0))] += weight;
            sum += weight;
        }
        if sum > 0.0 {
            out.iter_mut().for_each(|share| *share /= sum);
        }
    }

    /// The slot of each word, 0 outside: what the patterns of neighbours with
    /// the intent say, each with its votes, and values seen before.
    pub(crate) fn slots<'a>(
        &self,
        words: &[&str],
        intent: u16,
        patterns: impl Iterator<Item = (f32, &'a [String], &'a [u16])>,
        values: &Values,
        slots: usize,
    ) -> Vec<u16> {
        let width = slots + 1;
        let mut votes = vec![0.0f32; words.len() * width];
        let (mut all, mut nearest) = (0.0, None);
        for (similarity, theirs, theirs_slots) in patterns.take(self.patterns) {
            let nearest = *nearest.get_or_insert(similarity);
            let weight = self.weight((0, similarity), nearest);
            all += weight;
            let theirs: Vec<&str> = theirs.iter().map(String::as_str).collect();
            let projected = project(words, &theirs, theirs_slots, values);
            for (at, slot) in projected.into_iter().enumerate() {
                votes[at * width + usize::from(slot)] += weight;
            }
        }
        let all = if all > 0.0 { all } else { 1.0 };
        for value in values.find(words, intent) {
            for at in value.first..=value.last {
                votes[at * width + usize::from(value.slot)] += self.value * all;
            }
        }
        votes.chunks_exact(width).map(most).collect()
    }
}

/// Number of the most votes; of equal ones the first.
fn most(votes: &[f32]) -> u16 {
    let mut best = 0;
    for (at, vote) in votes.iter().enumerate() {
        if *vote > votes[best] {
            best = at;
        }
    }
    best as u16
}
