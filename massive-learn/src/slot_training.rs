//! Training of slots: an averaged structured perceptron (Collins 2002), with a
//! margin (Taskar et al. 2003): in training each wrong tag is given a bonus, so
//! that what is right must win clearly.

use crate::dictionary::Dictionary;
use crate::hash::shuffle;
use crate::row::Row;
use crate::slot_features::{WordHashes, WordKind, intent_word_features, word_features};
use crate::slot_model::{Lattice, Steps, Weights};
use crate::tags::Tags;

/// How slots are trained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SlotSettings {
    /// What each wrong tag adds to the score of a hypothesis in training.
    pub(crate) margin: f32,
    pub(crate) kind: WordKind,
    pub(crate) seed: u64,
}

/// A row and the intent that the slots are to be found under: the one that the
/// intent model would say had it not seen the row, right or wrong, as it is for
/// new utterances.
pub(crate) struct Task<'a> {
    pub(crate) row: &'a Row,
    pub(crate) intent: u16,
}

/// A task's features.
struct Encoded {
    /// Numbers of the features of each word.
    features: Vec<u32>,
    /// Where each word's features start, and where the last ones end.
    starts: Vec<u32>,
    gold: Vec<u16>,
}

/// The perceptron's state: weights and the sums that average them.
pub(crate) struct Perceptron<'a> {
    tasks: &'a [Task<'a>],
    settings: SlotSettings,
    encoded: Vec<Encoded>,
    pub(crate) weights: Weights<f32>,
    sums: Vec<f32>,
    step_sums: Vec<f32>,
    updates: f32,
    lattice: Lattice,
    found: Vec<u16>,
}

fn hash_words(row: &Row) -> Vec<WordHashes> {
    row.word_list.iter().map(|word| WordHashes::new(word)).collect()
}

impl<'a> Perceptron<'a> {
    /// A perceptron that knows the features of `tasks`; `scenarios` are those
    /// of the intents.
    pub(crate) fn new(
        tasks: &'a [Task<'a>],
        scenarios: &[u16],
        slots: u16,
        settings: SlotSettings,
    ) -> Self {
        let tags = Tags(slots);
        let weights = observe(tasks, scenarios, tags, settings.kind);
        let encoded =
            tasks.iter().map(|task| encode(task, scenarios, &weights, settings.kind)).collect();
        let (sums, step_sums) =
            (vec![0.0; weights.weights.len()], vec![0.0; weights.steps.weights.len()]);
        Perceptron {
            tasks,
            settings,
            encoded,
            weights,
            sums,
            step_sums,
            updates: 1.0,
            lattice: Lattice::default(),
            found: Vec::new(),
        }
    }

    /// One pass over the rows; returns how many were wrong.
    pub(crate) fn pass(&mut self, number: usize) -> usize {
        let mut order: Vec<u32> = (0..self.tasks.len() as u32).collect();
        shuffle(&mut order, self.settings.seed.wrapping_mul(1000).wrapping_add(number as u64));
        let mut wrong = 0;
        for row in order {
            wrong += usize::from(self.learn(row as usize));
        }
        wrong
    }

    /// Learns from a row; true if it was wrong.
    fn learn(&mut self, number: usize) -> bool {
        self.fill(number);
        self.add_margin(number);
        let words = self.tasks[number].row.word_list.len();
        let mut found = std::mem::take(&mut self.found);
        self.weights.decode(&mut self.lattice, words, &mut found);
        let gold = std::mem::take(&mut self.encoded[number].gold);
        let wrong = found != gold;
        if wrong {
            self.update(number, &gold, &found);
        }
        self.encoded[number].gold = gold;
        self.found = found;
        self.updates += 1.0;
        wrong
    }

    /// Fills the lattice with the scores of a row's tags.
    fn fill(&mut self, number: usize) {
        let encoded = &self.encoded[number];
        let count = self.weights.tags.count();
        let words = encoded.starts.len() - 1;
        self.lattice.clear(words, count);
        for at in 0..words {
            let scores = &mut self.lattice.emissions[at * count..(at + 1) * count];
            let range = encoded.starts[at] as usize..encoded.starts[at + 1] as usize;
            for &feature in &encoded.features[range] {
                self.weights.add(feature, scores);
            }
        }
    }

    fn add_margin(&mut self, number: usize) {
        let count = self.weights.tags.count();
        for (at, &gold) in self.encoded[number].gold.iter().enumerate() {
            // Adding to all wrong tags is taking from the right one.
            self.lattice.emissions[at * count + usize::from(gold)] -= self.settings.margin;
        }
    }

    fn update(&mut self, number: usize, gold: &[u16], found: &[u16]) {
        for (at, (&right, &wrong)) in gold.iter().zip(found).enumerate() {
            if right != wrong {
                let encoded = &self.encoded[number];
                for place in encoded.starts[at] as usize..encoded.starts[at + 1] as usize {
                    let feature = self.encoded[number].features[place];
                    self.change(feature, right, 1.0);
                    self.change(feature, wrong, -1.0);
                }
            }
            if at > 0 && (right, gold[at - 1]) != (wrong, found[at - 1]) {
                self.change_step(gold[at - 1], right, 1.0);
                self.change_step(found[at - 1], wrong, -1.0);
            }
        }
    }

    #[inline]
    fn change(&mut self, feature: u32, tag: u16, by: f32) {
        let weights = &mut self.weights;
        let range = weights.starts[feature as usize] as usize
            ..weights.starts[feature as usize + 1] as usize;
        for at in range {
            if u16::from(weights.tag_of[at]) == tag {
                weights.weights[at] += by;
                self.sums[at] += by * self.updates;
            }
        }
    }

    fn change_step(&mut self, from: u16, to: u16, by: f32) {
        let steps = &mut self.weights.steps;
        let start = steps.to.partition_point(|&tag| u16::from(tag) < to);
        for at in start..steps.to.len() {
            if u16::from(steps.to[at]) != to {
                break;
            }
            if u16::from(steps.from[at]) == from {
                steps.weights[at] += by;
                self.step_sums[at] += by * self.updates;
            }
        }
    }

    /// The average of the weights over all rows seen.
    fn average(&self) -> (Vec<f32>, Vec<f32>) {
        let mean = |(weight, sum): (&f32, &f32)| weight - sum / self.updates;
        (
            self.weights.weights.iter().zip(&self.sums).map(mean).collect(),
            self.weights.steps.weights.iter().zip(&self.step_sums).map(mean).collect(),
        )
    }

    /// The averaged weights, and of several perceptrons of the same tasks their
    /// mean, as bytes; those that come to 0 are left out, and so are the lightest
    /// where there are more than `most`.
    pub(crate) fn quantise(&self, others: &[Perceptron<'_>], most: usize) -> Weights<i8> {
        let (mut weights, mut steps) = self.average();
        for (more_weights, more_steps) in others.iter().map(Perceptron::average) {
            weights.iter_mut().zip(more_weights).for_each(|(sum, weight)| *sum += weight);
            steps.iter_mut().zip(more_steps).for_each(|(sum, weight)| *sum += weight);
        }
        let all = weights.iter().chain(&steps);
        let heaviest = all.fold(0.0f32, |heaviest, weight| heaviest.max(weight.abs()));
        let scale = if heaviest > 0.0 { 127.0 / heaviest } else { 0.0 };
        let byte = |weight: &f32| (weight * scale).round() as i8;
        let least = least_kept(weights.iter().map(byte), most);
        let (mut keys, mut starts) = (Vec::new(), vec![0]);
        let (mut tag_of, mut bytes) = (Vec::new(), Vec::new());
        for (feature, &key) in self.weights.dictionary.keys().iter().enumerate() {
            let range =
                self.weights.starts[feature] as usize..self.weights.starts[feature + 1] as usize;
            for at in range {
                let weight = byte(&weights[at]);
                if weight.unsigned_abs() >= least {
                    tag_of.push(self.weights.tag_of[at]);
                    bytes.push(weight);
                }
            }
            if tag_of.len() > starts[starts.len() - 1] as usize {
                keys.push(key);
                starts.push(tag_of.len() as u32);
            }
        }
        Weights {
            dictionary: Dictionary::new(keys),
            tags: self.weights.tags,
            starts,
            tag_of,
            weights: bytes,
            steps: Steps {
                from: self.weights.steps.from.clone(),
                to: self.weights.steps.to.clone(),
                weights: steps.iter().map(byte).collect(),
            },
        }
    }
}

/// The least value, without sign and from 1 on, of which and above no more than
/// `most` are kept.
fn least_kept(bytes: impl Iterator<Item = i8>, most: usize) -> u8 {
    let mut counts = [0usize; 129];
    bytes.for_each(|byte| counts[usize::from(byte.unsigned_abs())] += 1);
    let mut kept = 0;
    for least in (1..129).rev() {
        kept += counts[least];
        if kept > most {
            return least as u8 + 1;
        }
    }
    1
}

/// Tags and features that go together in the rows, with weights of 0.
fn observe(tasks: &[Task<'_>], scenarios: &[u16], tags: Tags, kind: WordKind) -> Weights<f32> {
    let mut pairs: Vec<u64> = Vec::new();
    let mut steps: Vec<(u8, u8)> = Vec::new();
    for task in tasks {
        let words = task.row.words();
        let hashes = hash_words(task.row);
        let gold = tags.of(&task.row.slots);
        for (at, &tag) in gold.iter().enumerate() {
            let mut pair = |key: u32| pairs.push(u64::from(key) << 8 | u64::from(tag));
            word_features(&words, &hashes, at, kind, |key, _| pair(key));
            let which = (task.intent, scenarios[usize::from(task.intent)]);
            intent_word_features(&words, &hashes, at, which, |key, _| pair(key));
            // Any tag may come after no slot and before it.
            steps.push((0, tags.slot(tag) as u8));
            steps.push((tag as u8, 0));
            if at > 0 {
                steps.push((tag as u8, gold[at - 1] as u8));
            }
        }
        // No memory for what repeats.
        if pairs.len() > 1 << 23 {
            pairs.sort_unstable();
            pairs.dedup();
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    steps.sort_unstable();
    steps.dedup();
    let mut keys = Vec::new();
    let mut starts = Vec::new();
    let mut tag_of = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let key = (pair >> 8) as u32;
        if keys.last() != Some(&key) {
            keys.push(key);
            starts.push(tag_of.len() as u32);
        }
        tag_of.push(pair as u8);
    }
    starts.push(tag_of.len() as u32);
    Weights {
        dictionary: Dictionary::new(keys),
        tags,
        starts,
        weights: vec![0.0; tag_of.len()],
        tag_of,
        steps: Steps {
            to: steps.iter().map(|step| step.0).collect(),
            from: steps.iter().map(|step| step.1).collect(),
            weights: vec![0.0; steps.len()],
        },
    }
}

fn encode(task: &Task<'_>, scenarios: &[u16], weights: &Weights<f32>, kind: WordKind) -> Encoded {
    let words = task.row.words();
    let hashes = hash_words(task.row);
    let mut features = Vec::new();
    let mut starts = vec![0];
    for at in 0..words.len() {
        word_features(&words, &hashes, at, kind, |key, _| {
            features.extend(weights.dictionary.get(key));
        });
        let which = (task.intent, scenarios[usize::from(task.intent)]);
        intent_word_features(&words, &hashes, at, which, |key, _| {
            features.extend(weights.dictionary.get(key));
        });
        starts.push(features.len() as u32);
    }
    Encoded { features, starts, gold: weights.tags.of(&task.row.slots) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lightest_weights_are_left_out_first() {
        let bytes = [0i8, 1, -1, 3, -128, 7, 0, 2];
        let kept = |most| {
            let least = least_kept(bytes.into_iter(), most);
            bytes.iter().filter(|byte| byte.unsigned_abs() >= least).count()
        };
        assert_eq!([kept(9), kept(6), kept(5), kept(4), kept(1), kept(0)], [6, 6, 4, 4, 1, 0]);
    }
}
