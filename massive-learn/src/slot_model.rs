//! A linear-chain tagger: weights of features and of steps from tag to tag,
//! and the best sequence by Viterbi's algorithm.

use crate::dictionary::Dictionary;
use crate::tags::Tags;

/// Weights of a tagger. A feature has weights only for the tags that it was
/// seen with in training.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights<T> {
    pub(crate) dictionary: Dictionary,
    pub(crate) tags: Tags,
    /// Where each feature's weights start, and where the last ones end.
    pub(crate) starts: Vec<u32>,
    /// Tag of each weight.
    pub(crate) tag_of: Vec<u8>,
    pub(crate) weights: Vec<T>,
    pub(crate) steps: Steps<T>,
}

/// Steps from tag to tag seen in training, sorted by the tag that they lead to
/// and then by the one that they come from; the other steps are not taken,
/// but for those from and to no slot.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Steps<T> {
    pub(crate) from: Vec<u8>,
    pub(crate) to: Vec<u8>,
    pub(crate) weights: Vec<T>,
}

/// A weight, whole or quantised.
pub(crate) trait Weight: Copy {
    /// Its value, up to the model's scale.
    fn value(self) -> f32;
}

impl Weight for f32 {
    #[inline]
    fn value(self) -> f32 {
        self
    }
}

impl Weight for i8 {
    #[inline]
    fn value(self) -> f32 {
        f32::from(self)
    }
}

/// Tables of one decoding, used again from utterance to utterance.
#[derive(Debug, Default)]
pub(crate) struct Lattice {
    /// Scores of the tags, tag by tag, word by word.
    pub(crate) emissions: Vec<f32>,
    best: Vec<f32>,
    back: Vec<u8>,
}

impl Lattice {
    /// A lattice without scores for `words` words.
    pub(crate) fn clear(&mut self, words: usize, tags: usize) {
        self.emissions.clear();
        self.emissions.resize(words * tags, 0.0);
    }
}

impl<T: Weight> Weights<T> {
    /// Adds the weights of a feature to the scores of a word.
    #[inline]
    pub(crate) fn add(&self, feature: u32, scores: &mut [f32]) {
        let range =
            self.starts[feature as usize] as usize..self.starts[feature as usize + 1] as usize;
        for (&tag, weight) in self.tag_of[range.clone()].iter().zip(&self.weights[range]) {
            scores[usize::from(tag)] += weight.value();
        }
    }

    /// The best sequence of tags and its score.
    pub(crate) fn decode(&self, lattice: &mut Lattice, words: usize, out: &mut Vec<u16>) -> f32 {
        out.clear();
        if words == 0 {
            return 0.0;
        }
        let count = self.tags.count();
        let begin = usize::from(self.tags.0);
        lattice.best.clear();
        lattice.best.extend_from_slice(&lattice.emissions[..count]);
        lattice.best[begin + 1..].fill(f32::NEG_INFINITY);
        lattice.back.clear();
        lattice.back.resize(words * count, 0);
        let mut next = vec![0.0f32; count];
        for word in 1..words {
            let back = &mut lattice.back[word * count..(word + 1) * count];
            // From no slot to any, with no weight unless a step has one.
            next[..=begin].fill(lattice.best[0]);
            next[begin + 1..].fill(f32::NEG_INFINITY);
            back.fill(0);
            let (from, to, weights) = (&self.steps.from, &self.steps.to, &self.steps.weights);
            for ((&from, &to), weight) in from.iter().zip(to).zip(weights) {
                let score = lattice.best[usize::from(from)] + weight.value();
                let (from, to) = (from, usize::from(to));
                if from == 0 && back[to] == 0 {
                    next[to] = score;
                } else if score > next[to] {
                    next[to] = score;
                    back[to] = from;
                }
            }
            let emissions = &lattice.emissions[word * count..(word + 1) * count];
            for ((best, next), emission) in lattice.best.iter_mut().zip(&next).zip(emissions) {
                *best = next + emission;
            }
        }
        let mut tag = 0;
        for (at, score) in lattice.best.iter().enumerate() {
            if *score > lattice.best[tag] {
                tag = at;
            }
        }
        let score = lattice.best[tag];
        out.resize(words, 0);
        for word in (0..words).rev() {
            out[word] = tag as u16;
            tag = usize::from(lattice.back[word * count + tag]);
        }
        score
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The score of a sequence, by definition; `None` if it is not to be taken.
    fn score(weights: &Weights<f32>, emissions: &[f32], tags: &[u16]) -> Option<f32> {
        let (count, begin) = (weights.tags.count(), weights.tags.0);
        let mut sum = 0.0;
        for (at, &tag) in tags.iter().enumerate() {
            sum += emissions[at * count + usize::from(tag)];
            if at == 0 {
                if tag > begin {
                    return None;
                }
                continue;
            }
            let steps = weights.steps.from.iter().zip(&weights.steps.to);
            let known = steps.zip(&weights.steps.weights).find(|((from, to), _)| {
                (u16::from(**from), u16::from(**to)) == (tags[at - 1], tag)
            });
            match known {
                Some((_, weight)) => sum += weight,
                None if tags[at - 1] == 0 && tag <= begin => {}
                None => return None,
            }
        }
        Some(sum)
    }

    fn sequences(words: usize, count: u16) -> Vec<Vec<u16>> {
        (0..words).fold(vec![Vec::new()], |all, _| {
            let longer = |tags: &Vec<u16>| {
                let tags = tags.clone();
                (0..count).map(move |tag| [tags.as_slice(), &[tag]].concat())
            };
            all.iter().flat_map(longer).collect()
        })
    }

    proptest! {
        /// Viterbi's best sequence is the best of all, tried one by one.
        #[test]
        fn the_best_sequence_is_found(
            words in 1usize..5,
            emissions in proptest::collection::vec(-9i8..9, 20),
            steps in proptest::collection::btree_map((0u8..5, 0u8..5), -9i8..9, 0..15),
        ) {
            let tags = Tags(2);
            let begin = |from: u8, to: u8| to <= 2 || (from != 0 && (from - 1) % 2 == (to - 1) % 2);
            let steps: Vec<_> = steps.into_iter().filter(|((to, from), _)| begin(*from, *to)).collect();
            let weights = Weights {
                dictionary: Dictionary::new(Vec::new()),
                tags,
                starts: vec![0],
                tag_of: Vec::new(),
                weights: Vec::new(),
                steps: Steps {
                    to: steps.iter().map(|((to, _), _)| *to).collect(),
                    from: steps.iter().map(|((_, from), _)| *from).collect(),
                    weights: steps.iter().map(|(_, weight)| f32::from(*weight)).collect(),
                },
            };
            let emissions: Vec<f32> = emissions.into_iter().map(f32::from).collect();
            let mut lattice = Lattice::default();
            lattice.clear(words, 5);
            lattice.emissions.copy_from_slice(&emissions[..words * 5]);
            let mut found = Vec::new();
            let best = weights.decode(&mut lattice, words, &mut found);
            let all = sequences(words, 5);
            let truth = all.iter().filter_map(|tags| score(&weights, &emissions, tags)).fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(best, truth);
            prop_assert_eq!(score(&weights, &emissions, &found), Some(truth));
        }
    }
}
