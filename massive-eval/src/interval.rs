//! Confidence intervals by the bootstrap over utterances.
//!
//! The percentile bootstrap (Efron & Tibshirani 1993, chapter 13) with source
//! utterances as clusters: the translations of one English source share an id
//! and are not independent, so they are drawn together (Field & Welsh 2007).
//!
//! # The generator
//!
//! Resample `r` of a set with `n` distinct ids draws `n` of them, sorted by
//! number, with replacement. Draw `k` is word `k` (32 bits, `w`) of the ChaCha8
//! stream with the seed as `seed_from_u64` expands it and stream number `r`; it
//! takes the id at index `floor(w * n / 2^32)`. So the result depends on the
//! seed, the ids and the counts, and neither on threads nor on any order. Two
//! systems resampled with one seed on the same rows draw the same ids, which
//! pairs them.

use std::collections::HashMap;
use std::sync::Arc;

use massive_data::{Locale, LocaleSet, UtteranceId};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::counts::{Counts, UtteranceCounts};
use crate::submission::Key;

/// How many resamples, and the seed of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: u32,
    /// The seed.
    pub seed: u64,
}

impl Default for Bootstrap {
    /// 1,000 resamples, seed 12345.
    fn default() -> Self {
        Bootstrap { resamples: 1_000, seed: 12_345 }
    }
}

/// The columns that metrics need, a value an id of the set; 0 where the locale
/// lacks the id.
const COLUMNS: usize = 6;

fn columns(counts: UtteranceCounts) -> [u32; COLUMNS] {
    [
        1,
        counts.intent_correct.into(),
        counts.exact_match.into(),
        counts.slots.gold,
        counts.slots.predicted,
        counts.slots.correct,
    ]
}

/// The rows of all locales, ready to be resampled by id.
#[derive(Debug)]
pub struct Resampler<'a> {
    bootstrap: Bootstrap,
    rows: &'a [(Key, UtteranceCounts)],
    locales: LocaleSet,
    sums: HashMap<(Locale, Ids), Sums>,
}

/// The distinct ids of a set of rows, sorted.
type Ids = Arc<[UtteranceId]>;

/// A sum a resample.
pub type Sums = Arc<[Counts]>;

impl<'a> Resampler<'a> {
    /// Prepares rows, sorted by locale and id.
    pub fn new(bootstrap: Bootstrap, rows: &'a [(Key, UtteranceCounts)]) -> Self {
        let locales = rows.iter().map(|(key, _)| key.0).collect();
        Resampler { bootstrap, rows, locales, sums: HashMap::new() }
    }

    fn rows_of(&self, locale: Locale) -> &'a [(Key, UtteranceCounts)] {
        let start = self.rows.partition_point(|(key, _)| key.0 < locale);
        let end = self.rows.partition_point(|(key, _)| key.0 <= locale);
        &self.rows[start..end]
    }

    /// The sums of each locale of `set` in each resample of the set's ids:
    /// the outer list follows the locales, the inner the resamples.
    ///
    /// `words` is 0 in them: no metric needs it.
    pub fn by_locale(&mut self, set: &LocaleSet) -> Vec<(Locale, Sums)> {
        let set = set.intersection(&self.locales);
        let mut ids: Vec<UtteranceId> = set
            .iter()
            .flat_map(|locale| self.rows_of(locale).iter().map(|(key, _)| key.1.clone()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let ids: Ids = ids.into();
        // Parallel locales have the same ids, so that their sums serve the
        // locale, its groups and the whole alike.
        let missing: Vec<Locale> =
            set.iter().filter(|&locale| !self.sums.contains_key(&(locale, ids.clone()))).collect();
        if !missing.is_empty() {
            for (locale, sums) in missing.iter().zip(self.resample(&missing, &ids)) {
                self.sums.insert((*locale, ids.clone()), sums.into());
            }
        }
        set.iter().map(|locale| (locale, self.sums[&(locale, ids.clone())].clone())).collect()
    }

    /// The pooled sums of `set` in each resample of its ids.
    pub fn pooled(&mut self, set: &LocaleSet) -> Vec<Counts> {
        let mut pooled = vec![Counts::default(); self.bootstrap.resamples as usize];
        for (_, sums) in self.by_locale(set) {
            for (total, &counts) in pooled.iter_mut().zip(sums.iter()) {
                *total += counts;
            }
        }
        pooled
    }

    fn resample(&self, locales: &[Locale], ids: &[UtteranceId]) -> Vec<Vec<Counts>> {
        let tables: Vec<[Column; COLUMNS]> = locales
            .iter()
            .map(|&locale| {
                let mut table: [Vec<u32>; COLUMNS] = std::array::from_fn(|_| vec![0; ids.len()]);
                let mut at = 0;
                for (key, counts) in self.rows_of(locale) {
                    // Rows and ids are both sorted.
                    at += ids[at..].partition_point(|id| *id < key.1);
                    for (column, value) in table.iter_mut().zip(columns(*counts)) {
                        column[at] = value;
                    }
                }
                table.map(Column::new)
            })
            .collect();
        let resamples = self.bootstrap.resamples as usize;
        let by_group: Vec<Vec<Vec<Counts>>> = (0..resamples.div_ceil(GROUP))
            .into_par_iter()
            .map(|group| {
                let group = GROUP * group..resamples.min(GROUP * (group + 1));
                let weights: Vec<Weights> = group
                    .map(|resample| Weights::draw(self.bootstrap.seed, resample as u32, ids.len()))
                    .collect();
                let weigh = |table| weights.iter().map(|weights| weights.weigh(table)).collect();
                tables.iter().map(weigh).collect()
            })
            .collect();
        (0..locales.len())
            .map(|index| by_group.iter().flat_map(|group| group[index].iter().copied()).collect())
            .collect()
    }
}

/// Resamples that are weighed together, so that the columns of a locale are
/// fetched once for all of them.
const GROUP: usize = 8;

/// A column of a locale, a value an id.
enum Column {
    /// The same value everywhere.
    Constant(u32),
    /// Values so small that every weighted sum fits 32 bits.
    Small(Vec<i16>),
    /// Any values.
    Any(Vec<u32>),
}

impl Column {
    fn new(values: Vec<u32>) -> Column {
        let (first, most) = (values.first().copied(), values.iter().copied().max());
        let (Some(first), Some(most)) = (first, most) else { return Column::Constant(0) };
        if values.iter().all(|&value| value == first) {
            return Column::Constant(first);
        }
        // The weights of a resample add up to the number of ids.
        let bound = u64::from(most) * values.len() as u64;
        let small = bound <= i32::MAX as u64 && values.len() <= i16::MAX as usize;
        match values.iter().map(|&value| i16::try_from(value).ok()).collect::<Option<Vec<i16>>>() {
            Some(values) if small => Column::Small(values),
            _ => Column::Any(values),
        }
    }
}

/// How often each id is drawn in a resample.
struct Weights {
    any: Vec<u32>,
    /// The same, for small columns; of use only where they fit.
    small: Vec<i16>,
}

impl Weights {
    fn draw(seed: u64, resample: u32, ids: usize) -> Weights {
        let mut any = vec![0; ids];
        draw(seed, resample, &mut any);
        let small = any.iter().map(|&weight| weight as i16).collect();
        Weights { any, small }
    }

    fn weigh(&self, table: &[Column; COLUMNS]) -> Counts {
        let sums = table.each_ref().map(|column| self.sum(column));
        let [
            utterances,
            intents_correct,
            exact_matches,
            gold_slots,
            predicted_slots,
            correct_slots,
        ] = sums;
        Counts {
            utterances,
            words: 0,
            intents_correct,
            exact_matches,
            gold_slots,
            predicted_slots,
            correct_slots,
        }
    }

    fn sum(&self, column: &Column) -> u64 {
        match column {
            Column::Constant(value) => u64::from(*value) * self.any.len() as u64,
            Column::Small(values) => {
                // Products of 16 bits into sums of 32 are what processors do at once,
                // and `Column::new` saw to it that they fit.
                let products = values.iter().zip(&self.small);
                let sum = products.fold(0i32, |sum, (&a, &b)| {
                    sum.wrapping_add(i32::from(a).wrapping_mul(i32::from(b)))
                });
                sum as u64
            }
            Column::Any(values) => {
                let products = values.iter().zip(&self.any);
                products.map(|(&a, &b)| u64::from(a) * u64::from(b)).sum()
            }
        }
    }
}

/// Fills `weights` with how often each of its positions is drawn.
fn draw(seed: u64, resample: u32, weights: &mut [u32]) {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(resample.into());
    weights.fill(0);
    let n = weights.len() as u64;
    for _ in 0..n {
        let index = (u64::from(generator.next_u32()) * n) >> 32;
        weights[index as usize] += 1;
    }
}

/// The 2.5th and 97.5th percentile of `values`, linearly interpolated (Hyndman &
/// Fan 1996, type 7); `None` if there is none.
pub fn percentile_interval(mut values: Vec<f64>) -> Option<[f64; 2]> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    Some([0.025, 0.975].map(|quantile| {
        let position = quantile * (values.len() - 1) as f64;
        let below = position.floor() as usize;
        let above = (below + 1).min(values.len() - 1);
        values[below] + (values[above] - values[below]) * (position - position.floor())
    }))
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::counts::SlotCounts;

    fn rows(locale: Locale, ids: impl IntoIterator<Item = u64>) -> Vec<(Key, UtteranceCounts)> {
        ids.into_iter()
            .map(|id| {
                let counts = UtteranceCounts {
                    words: 3,
                    slots: SlotCounts {
                        gold: (id % 3) as u32,
                        predicted: 1,
                        correct: (id % 2) as u32,
                    },
                    intent_correct: id % 5 != 0,
                    exact_match: id % 7 == 0,
                };
                ((locale, UtteranceId::from(id)), counts)
            })
            .collect()
    }

    #[test]
    fn percentiles_interpolate() {
        let values = (0..=100).rev().map(f64::from).collect();
        assert_eq!(percentile_interval(values), Some([2.5, 97.5]));
        assert_eq!(percentile_interval(vec![3.0]), Some([3.0, 3.0]));
        assert_eq!(percentile_interval(vec![]), None);
    }

    #[test]
    fn a_locale_alone_is_resampled_as_among_others_with_its_ids() {
        let mut all = rows(Locale::DE_DE, 0..50);
        all.extend(rows(Locale::FR_FR, 0..50));
        let both = LocaleSet::from_iter([Locale::DE_DE, Locale::FR_FR]);
        let bootstrap = Bootstrap::default();
        let together = Resampler::new(bootstrap, &all).by_locale(&both)[0].1.clone();
        let alone = Resampler::new(bootstrap, &all[..50]).by_locale(&both)[0].1.clone();
        assert_eq!(together, alone);
        assert!(alone.iter().all(|counts| counts.utterances == 50));
        assert!(alone.windows(2).any(|two| two[0] != two[1]));
    }

    /// The sums do not depend on how columns are held.
    #[test]
    fn small_and_large_values_are_weighed_alike() {
        let ids = 2_000;
        let weights = Weights::draw(7, 3, ids);
        assert_eq!(weights.any.iter().sum::<u32>(), ids as u32);
        for (most, is_small) in [(9, true), (70_000, false), (u32::MAX - 9, false)] {
            let values: Vec<u32> = (0..ids as u32).map(|at| most - at % 7).collect();
            let expected: u64 = values
                .iter()
                .zip(&weights.any)
                .map(|(&value, &weight)| u64::from(value) * u64::from(weight))
                .sum();
            let column = Column::new(values);
            assert_eq!(matches!(column, Column::Small(_)), is_small);
            assert_eq!(weights.sum(&column), expected);
        }
        assert_eq!(weights.sum(&Column::new(vec![3; ids])), 3 * ids as u64);
    }

    #[test]
    fn translations_are_drawn_together() {
        // The same counts in both locales: in every resample one is the other.
        let mut all = rows(Locale::DE_DE, 0..40);
        all.extend(rows(Locale::FR_FR, 0..40));
        let mut resampler = Resampler::new(Bootstrap::default(), &all);
        let sums = resampler.by_locale(&LocaleSet::RELEASE);
        assert_eq!(sums[0].1, sums[1].1);
        let pooled = resampler.pooled(&LocaleSet::RELEASE);
        assert_eq!(pooled[3].gold_slots, 2 * sums[0].1[3].gold_slots);
    }

    #[test]
    fn a_locale_without_some_ids_has_no_rows_for_them() {
        let mut all = rows(Locale::DE_DE, 0..30);
        all.extend(rows(Locale::FR_FR, 0..10));
        let mut resampler = Resampler::new(Bootstrap::default(), &all);
        let sums = resampler.by_locale(&LocaleSet::RELEASE);
        assert!(sums[0].1.iter().all(|counts| counts.utterances == 30));
        assert!(sums[1].1.iter().any(|counts| counts.utterances != 10));
    }
}
