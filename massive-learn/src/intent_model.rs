//! A linear classifier of intents over hashed n-grams weighted by tf-idf.

use crate::dictionary::Dictionary;
use crate::intent_features::{Grams, intent_features};

/// The lengths of the two blocks, words and characters, where intents are learned:
/// characters say more.
pub(crate) const BLOCKS: [f32; 2] = [1.0, 1.4];

/// A feature of an utterance: its number and its weight.
pub(crate) type Weighted = (u32, f32);

/// Features and their inverse document frequencies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vocabulary {
    pub(crate) dictionary: Dictionary,
    /// Inverse document frequency of each feature.
    pub(crate) idf: Vec<f32>,
    pub(crate) grams: Grams,
}

/// What is used again from utterance to utterance.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    numbers: [Vec<u32>; 2],
}

impl Vocabulary {
    /// The features of texts with their words, and how many texts have each.
    pub(crate) fn of(texts: &[(&str, Vec<&str>)], grams: Grams) -> (Vocabulary, Vec<u32>) {
        let mut all: Vec<u32> = Vec::new();
        let mut keys: Vec<u32> = Vec::new();
        for (text, words) in texts {
            keys.clear();
            intent_features(text, words, grams, |_, key, _| keys.push(key));
            keys.sort_unstable();
            keys.dedup();
            all.extend(&keys);
        }
        all.sort_unstable();
        let (mut known, mut counts) = (Vec::new(), Vec::new());
        for same in all.chunk_by(|a, b| a == b) {
            known.push(same[0]);
            counts.push(same.len() as u32);
        }
        let rows = texts.len() as u32;
        let idf = counts.iter().map(|&count| inverse_frequency(rows, count)).collect();
        (Vocabulary { dictionary: Dictionary::new(known), idf, grams }, counts)
    }

    /// The weighted features of an utterance, as scikit-learn's
    /// `TfidfVectorizer(sublinear_tf=True)` weighs them: `(1 + ln tf) · idf`,
    /// each block (words, characters) scaled to its length in `blocks`.
    pub(crate) fn weigh(
        &self,
        text: &str,
        words: &[&str],
        blocks: [f32; 2],
        scratch: &mut Scratch,
        out: &mut Vec<Weighted>,
    ) {
        out.clear();
        scratch.numbers.iter_mut().for_each(Vec::clear);
        intent_features(text, words, self.grams, |block, key, _| {
            scratch.numbers[block as usize].extend(self.dictionary.get(key));
        });
        for (numbers, scale) in scratch.numbers.iter_mut().zip(blocks) {
            numbers.sort_unstable();
            let start = out.len();
            for same in numbers.chunk_by(|a, b| a == b) {
                let tf = if same.len() == 1 { 1.0 } else { 1.0 + (same.len() as f32).ln() };
                out.push((same[0], tf * self.idf[same[0] as usize]));
            }
            let length = out[start..].iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
            if length > 0.0 {
                out[start..].iter_mut().for_each(|(_, weight)| *weight *= scale / length);
            }
        }
    }
}

/// The inverse document frequency of a feature that `count` of `rows` rows have,
/// smoothed as by scikit-learn.
pub(crate) fn inverse_frequency(rows: u32, count: u32) -> f32 {
    ((1 + rows) as f32 / (1 + count) as f32).ln() + 1.0
}

/// Weights of every class for every feature, as bytes.
///
/// A feature that stood in one training row only has weights in proportion to
/// those of all others of that row, so that they share a direction: the row of
/// weights is kept once, and each feature has its scale.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct IntentModel {
    pub(crate) vocabulary: Vocabulary,
    /// Number of classes.
    pub(crate) classes: usize,
    pub(crate) bias: Vec<f32>,
    /// Number of each feature's row of weights.
    pub(crate) rows: Vec<u32>,
    /// What the row of each feature is multiplied by.
    pub(crate) scales: Vec<f32>,
    /// `classes` weights a row.
    pub(crate) weights: Vec<i8>,
    /// Margins times this, through a softmax, are probabilities.
    pub(crate) sharpness: f32,
}

impl IntentModel {
    /// The weights of a feature, to be multiplied by its scale.
    pub(crate) fn row(&self, feature: u32) -> &[i8] {
        &self.weights[self.rows[feature as usize] as usize * self.classes..][..self.classes]
    }

    /// The margins of the classes for features that the vocabulary weighed.
    pub(crate) fn margins(&self, features: &[Weighted], out: &mut Vec<f32>) {
        out.clear();
        out.extend_from_slice(&self.bias);
        for &(number, weight) in features {
            let scale = weight * self.scales[number as usize];
            for (margin, &weight) in out.iter_mut().zip(self.row(number)) {
                *margin += scale * f32::from(weight);
            }
        }
    }

    /// The probabilities of the classes, from their margins, in place.
    pub(crate) fn probabilities(&self, margins: &mut [f32]) {
        softmax(margins, self.sharpness);
    }
}

/// Margins times `sharpness` become probabilities.
pub(crate) fn softmax(margins: &mut [f32], sharpness: f32) {
    let most = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for margin in margins.iter_mut() {
        *margin = ((*margin - most) * sharpness).exp();
        sum += *margin;
    }
    margins.iter_mut().for_each(|margin| *margin /= sum);
}

/// Number of the largest value; the first of equal ones.
pub(crate) fn largest(values: &[f32]) -> usize {
    let mut best = 0;
    for (at, value) in values.iter().enumerate() {
        if *value > values[best] {
            best = at;
        }
    }
    best
}
