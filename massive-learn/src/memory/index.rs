//! An exact index of rows by their n-grams: for every feature the rows that have
//! it, so that the cosine of a text with all rows is a sum over its features.

use crate::intent_features::{Grams, intent_features};
use crate::intent_model::{Scratch, Vocabulary, Weighted};

/// Words and characters count the same.
const EQUAL: [f32; 2] = [1.0, 1.0];

/// Rows by features, weighted by tf-idf as those of intents are.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Index {
    vocabulary: Vocabulary,
    /// Where each feature's postings start, and where the last ones end.
    starts: Vec<u32>,
    rows: Vec<u32>,
    weights: Vec<f32>,
    count: usize,
}

/// What is used again from search to search.
#[derive(Debug, Default)]
pub(crate) struct Search {
    scratch: Scratch,
    features: Vec<Weighted>,
    similarities: Vec<f32>,
}

/// A row and how similar it is: the cosine, 0 to 1.
pub(crate) type Hit = (u32, f32);

impl Index {
    /// The index of texts with their words.
    pub(crate) fn new(texts: &[(&str, Vec<&str>)], grams: Grams) -> Self {
        let (vocabulary, counts) = Vocabulary::of(texts, grams);
        let mut starts = vec![0u32];
        for count in &counts {
            starts.push(starts[starts.len() - 1] + count);
        }
        let total = starts[starts.len() - 1] as usize;
        let (mut rows, mut weights) = (vec![0; total], vec![0.0; total]);
        let mut ends = starts.clone();
        let (mut scratch, mut features) = Default::default();
        for (number, (text, words)) in (0..).zip(texts) {
            vocabulary.weigh(text, words, EQUAL, &mut scratch, &mut features);
            for &(feature, weight) in &features {
                let at = ends[feature as usize] as usize;
                (rows[at], weights[at]) = (number, weight);
                ends[feature as usize] += 1;
            }
        }
        Index { vocabulary, starts, rows, weights, count: texts.len() }
    }

    /// The `most` rows most similar to a text, but for `without`; of equal ones
    /// the first.
    pub(crate) fn nearest(
        &self,
        text: &str,
        words: &[&str],
        most: usize,
        without: Option<u32>,
        search: &mut Search,
    ) -> Vec<Hit> {
        self.vocabulary.weigh(text, words, EQUAL, &mut search.scratch, &mut search.features);
        let length = search.features.iter().map(|(_, weight)| weight * weight).sum::<f32>().sqrt();
        let similarities = &mut search.similarities;
        similarities.clear();
        similarities.resize(self.count, 0.0);
        for &(feature, weight) in &search.features {
            let range =
                self.starts[feature as usize] as usize..self.starts[feature as usize + 1] as usize;
            for (&row, other) in self.rows[range.clone()].iter().zip(&self.weights[range]) {
                similarities[row as usize] += weight * other;
            }
        }
        if let Some(row) = without {
            similarities[row as usize] = 0.0;
        }
        largest(similarities, most, 1.0 / (length * std::f32::consts::SQRT_2).max(1e-6))
    }

    /// The features that a text and a row share, weightiest first: name and part
    /// of the cosine.
    pub(crate) fn shared(
        &self,
        text: &str,
        words: &[&str],
        row: (&str, &[&str]),
        top: usize,
    ) -> Vec<(String, f32)> {
        let (mut scratch, mut ours, mut theirs) = Default::default();
        self.vocabulary.weigh(text, words, EQUAL, &mut scratch, &mut ours);
        self.vocabulary.weigh(row.0, row.1, EQUAL, &mut scratch, &mut theirs);
        let mut names = std::collections::BTreeMap::new();
        intent_features(text, words, self.vocabulary.grams, |_, key, name| {
            if let Some(feature) = self.vocabulary.dictionary.get(key) {
                names.entry(feature).or_insert_with(name);
            }
        });
        let weight = |feature: u32| theirs.iter().find(|(other, _)| *other == feature);
        let mut shared: Vec<(String, f32)> = (ours.iter())
            .filter_map(|(feature, ours)| Some((feature, ours * weight(*feature)?.1 / 2.0)))
            .map(|(feature, part)| (names.remove(feature).unwrap_or_default(), part))
            .collect();
        shared.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        shared.truncate(top);
        shared
    }
}

/// The `most` largest above 0, times `scale`, in descending order; of equal ones
/// the first.
fn largest(values: &[f32], most: usize, scale: f32) -> Vec<Hit> {
    let mut best: Vec<Hit> = Vec::with_capacity(most + 1);
    for (row, &value) in (0..).zip(values) {
        let enters = match best.last() {
            Some(last) if best.len() == most => value > last.1,
            _ => value > 0.0 && most > 0,
        };
        if enters {
            let at = best.partition_point(|hit| hit.1 >= value);
            best.insert(at, (row, value));
            best.truncate(most);
        }
    }
    best.iter_mut().for_each(|hit| hit.1 *= scale);
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The cosine by definition.
    fn cosine(index: &Index, a: &str, b: &str) -> f32 {
        let weigh = |text: &str| {
            let words: Vec<&str> = text.split(' ').collect();
            let (mut scratch, mut features) = Default::default();
            index.vocabulary.weigh(text, &words, EQUAL, &mut scratch, &mut features);
            features
        };
        let (a, b) = (weigh(a), weigh(b));
        let dot = |a: &[Weighted], b: &[Weighted]| -> f32 {
            a.iter().flat_map(|x| b.iter().filter(|y| x.0 == y.0).map(|y| x.1 * y.1)).sum()
        };
        dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt()
    }

    #[test]
    fn the_nearest_rows_are_those_of_the_largest_cosine() {
        let texts = [
            "wake me at five",
            "wake me up at nine",
            "play some jazz",
            "will it rain",
            "play jazz",
        ];
        let rows: Vec<(&str, Vec<&str>)> =
            texts.iter().map(|text| (*text, text.split(' ').collect())).collect();
        let index = Index::new(&rows, Grams::Words);
        let query = "please wake me at nine";
        let words: Vec<&str> = query.split(' ').collect();
        let found = index.nearest(query, &words, 3, None, &mut Search::default());
        let mut all: Vec<(u32, f32)> =
            (0..).zip(texts).map(|(row, text)| (row, cosine(&index, query, text))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        for (found, expected) in found.iter().zip(&all) {
            assert_eq!(found.0, expected.0);
            assert!((found.1 - expected.1).abs() < 1e-5, "{found:?} {expected:?}");
        }
        let same = index.nearest(texts[2], &rows[2].1, 1, None, &mut Search::default());
        assert!(same[0].0 == 2 && (same[0].1 - 1.0).abs() < 1e-5, "{same:?}");
        assert_ne!(index.nearest(texts[2], &rows[2].1, 1, Some(2), &mut Search::default())[0].0, 2);
    }
}
