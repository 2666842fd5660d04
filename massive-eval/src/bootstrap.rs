//! The bootstrap over utterances, in clusters of one source each.
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
use std::ops::Range;
use std::sync::Arc;

use massive_data::{Locale, LocaleSet};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::clusters::Clusters;
use crate::columns::{Cell, Columns, Sums};

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

/// The rows of all locales, ready to be resampled by id.
#[derive(Debug)]
pub struct Resampler<'a> {
    bootstrap: Bootstrap,
    clusters: &'a Clusters,
    columns: Vec<&'a Columns>,
    sums: HashMap<(Locale, Ids), Resamples>,
}

/// The clusters of a set of rows, sorted.
type Ids = Arc<[u32]>;

/// The sums of each metric, an entry a resample.
pub type Resamples = Arc<[Vec<Sums>]>;

impl<'a> Resampler<'a> {
    /// Prepares the columns of some metrics on the rows of `clusters`.
    pub fn new(bootstrap: Bootstrap, clusters: &'a Clusters, columns: Vec<&'a Columns>) -> Self {
        Resampler { bootstrap, clusters, columns, sums: HashMap::new() }
    }

    /// The sums of each locale of `set` in each resample of the set's ids.
    pub fn by_locale(&mut self, set: &LocaleSet) -> Vec<(Locale, Resamples)> {
        let rows = self.clusters.of_locales(set);
        let mut ids: Vec<u32> = rows
            .iter()
            .flat_map(|(_, rows)| rows.clone().map(|row| self.clusters.of_row(row)))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let ids: Ids = ids.into();
        // Parallel locales have the same ids, so that their sums serve the
        // locale, its groups and the whole alike.
        let missing: Vec<_> = rows
            .iter()
            .filter(|(locale, _)| !self.sums.contains_key(&(*locale, ids.clone())))
            .collect();
        if !missing.is_empty() {
            let tables: Vec<Vec<Table>> = missing
                .iter()
                .map(|(_, rows)| {
                    let table = |columns| Table::of(columns, self.clusters, rows.clone(), &ids);
                    self.columns.iter().map(|columns| table(*columns)).collect()
                })
                .collect();
            for ((locale, _), sums) in missing.iter().zip(self.resample(&tables, ids.len())) {
                self.sums.insert((*locale, ids.clone()), sums.into());
            }
        }
        rows.iter()
            .map(|(locale, _)| (*locale, self.sums[&(*locale, ids.clone())].clone()))
            .collect()
    }

    /// The pooled sums of each metric over `set`, an entry a resample of its ids.
    pub fn pooled(&mut self, set: &LocaleSet) -> Vec<Vec<Sums>> {
        let mut locales = self.by_locale(set).into_iter();
        let Some((_, first)) = locales.next() else { return Vec::new() };
        let mut pooled: Vec<Vec<Sums>> = first.to_vec();
        for (_, sums) in locales {
            for (total, sums) in pooled.iter_mut().flatten().zip(sums.iter().flatten()) {
                *total += sums;
            }
        }
        pooled
    }

    /// The sums of each locale, given as tables of the metrics.
    fn resample(&self, locales: &[Vec<Table>], ids: usize) -> Vec<Vec<Vec<Sums>>> {
        let resamples = self.bootstrap.resamples as usize;
        let by_group: Vec<Vec<Vec<Vec<Sums>>>> = (0..resamples.div_ceil(GROUP))
            .into_par_iter()
            .map(|group| {
                let group = GROUP * group..resamples.min(GROUP * (group + 1));
                let weights: Vec<Weights> = group
                    .map(|resample| Weights::draw(self.bootstrap.seed, resample as u32, ids))
                    .collect();
                let weigh = |tables: &Vec<Table>| -> Vec<Vec<Sums>> {
                    let of = |weights: &Weights| {
                        tables.iter().map(|table| table.weigh(weights)).collect()
                    };
                    weights.iter().map(of).collect()
                };
                locales.iter().map(weigh).collect()
            })
            .collect();
        (0..locales.len())
            .map(|index| by_group.iter().flat_map(|group| group[index].iter().cloned()).collect())
            .collect()
    }
}

/// Resamples that are weighed together, so that the columns of a locale are
/// fetched once for all of them.
const GROUP: usize = 8;

/// A metric in one locale: the part, whole and weight of each class.
struct Table {
    empty: Sums,
    classes: Vec<[Column; 3]>,
}

impl Table {
    fn of(columns: &Columns, clusters: &Clusters, rows: Range<usize>, ids: &[u32]) -> Table {
        let mut classes: Vec<[Vec<f64>; 3]> = Vec::new();
        for row in rows {
            let Ok(at) = ids.binary_search(&clusters.of_row(row)) else { continue };
            for cell in columns.row(row) {
                let class = cell.class as usize;
                if class >= classes.len() {
                    classes.resize_with(class + 1, || [(); 3].map(|()| vec![0.0; ids.len()]));
                }
                let values = [cell.part, cell.whole, cell.weight];
                for (column, value) in classes[class].iter_mut().zip(values) {
                    column[at] += value;
                }
            }
        }
        let classes = classes.into_iter().map(|columns| columns.map(Column::new)).collect();
        Table { empty: columns.sum([]), classes }
    }

    fn weigh(&self, weights: &Weights) -> Sums {
        let mut sums = self.empty.clone();
        for (class, columns) in self.classes.iter().enumerate() {
            let [part, whole, weight] = columns.each_ref().map(|column| weights.sum(column));
            sums.add(&[Cell { class: class as u32, part, whole, weight }]);
        }
        sums
    }
}

/// A column of a locale, a value an id.
enum Column {
    /// The same value everywhere.
    Constant(f64),
    /// Whole numbers so small that every weighted sum fits 32 bits.
    Small(Vec<i16>),
    /// Any values.
    Any(Vec<f64>),
}

impl Column {
    fn new(values: Vec<f64>) -> Column {
        let Some(&first) = values.first() else { return Column::Constant(0.0) };
        if values.iter().all(|&value| value == first) {
            return Column::Constant(first);
        }
        let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
        let whole = values.iter().all(|value| value.fract() == 0.0);
        // The weights of a resample add up to the number of ids.
        let small = most * values.len() as f64 <= f64::from(i32::MAX)
            && most <= f64::from(i16::MAX)
            && values.len() <= i16::MAX as usize;
        if whole && small {
            return Column::Small(values.iter().map(|&value| value as i16).collect());
        }
        Column::Any(values)
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

    fn sum(&self, column: &Column) -> f64 {
        match column {
            Column::Constant(value) => value * self.any.len() as f64,
            Column::Small(values) => {
                // Products of 16 bits into sums of 32 are what processors do at once,
                // and `Column::new` saw to it that they fit.
                let products = values.iter().zip(&self.small);
                let sum = products.fold(0i32, |sum, (&a, &b)| {
                    sum.wrapping_add(i32::from(a).wrapping_mul(i32::from(b)))
                });
                f64::from(sum)
            }
            Column::Any(values) => {
                let products = values.iter().zip(&self.any);
                products.map(|(&a, &b)| a * f64::from(b)).sum()
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
    use massive_data::UtteranceId;

    use super::*;
    use crate::columns::Average;
    use crate::submission::Key;

    fn keys(locale: Locale, ids: std::ops::Range<u64>) -> Vec<Key> {
        ids.map(|id| (locale, UtteranceId::from(id))).collect()
    }

    /// A metric that depends on the id alone, with one and with three classes.
    fn columns(keys: &[Key]) -> [Columns; 2] {
        let number = |key: &Key| key.1.to_string().parse::<u32>().unwrap();
        let mut found = [(); 2].map(|()| Columns::new(Average::Plain));
        for key in keys {
            let id = number(key);
            found[0].push([Cell::single(f64::from(id % 2), 1.0)]);
            let cell = Cell::single(f64::from(id % 2), f64::from(id % 7));
            found[1].push([Cell { class: id % 3, ..cell }]);
        }
        found
    }

    fn by_locale(keys: &[Key], set: &LocaleSet) -> Vec<(Locale, Resamples)> {
        let (clusters, columns) = (Clusters::of(keys.iter()), columns(keys));
        let columns = columns.iter().collect();
        Resampler::new(Bootstrap::default(), &clusters, columns).by_locale(set)
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
        let all = [keys(Locale::DE_DE, 0..50), keys(Locale::FR_FR, 0..50)].concat();
        let both = LocaleSet::from_iter([Locale::DE_DE, Locale::FR_FR]);
        let together = by_locale(&all, &both);
        let alone = by_locale(&all[..50], &both);
        assert_eq!(together[0], alone[0]);
        assert!(alone[0].1.windows(2).any(|two| two[0] != two[1]));
        // Translations are drawn together: the same counts in both locales.
        assert_eq!(together[0].1, together[1].1);
    }

    #[test]
    fn pooled_sums_are_those_of_the_locales() {
        let all = [keys(Locale::DE_DE, 0..30), keys(Locale::FR_FR, 0..10)].concat();
        let (clusters, columns) = (Clusters::of(all.iter()), columns(&all));
        let mut resampler =
            Resampler::new(Bootstrap::default(), &clusters, columns.iter().collect());
        let both = LocaleSet::from_iter([Locale::DE_DE, Locale::FR_FR]);
        let locales = resampler.by_locale(&both);
        let pooled = resampler.pooled(&both);
        assert_eq!(pooled.len(), 1_000);
        for (resample, pooled) in pooled.iter().enumerate() {
            for (metric, pooled) in pooled.iter().enumerate() {
                let mut sum = locales[0].1[resample][metric].clone();
                sum += &locales[1].1[resample][metric];
                assert_eq!(&sum, pooled);
            }
        }
        // A locale without some ids has no rows for them.
        assert!(locales[1].1.windows(2).any(|two| two[0] != two[1]));
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
            let column = Column::new(values.into_iter().map(f64::from).collect());
            assert_eq!(matches!(column, Column::Small(_)), is_small);
            assert_eq!(weights.sum(&column), expected as f64);
        }
        assert_eq!(weights.sum(&Column::new(vec![3.0; ids])), 3.0 * ids as f64);
    }
}
