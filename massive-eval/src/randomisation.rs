//! Approximate randomisation: is a difference between two systems more than
//! chance?
//!
//! If it did not matter which system an output comes from, swapping the two
//! outputs for some sources would leave as large a difference as often as not
//! (Noreen 1989, chapter 2; Yeh 2000 for F-scores). A trial swaps the outputs
//! for each source utterance with probability one half; with `c` of `n` trials
//! at least as far from 0 as the difference found, p = (c + 1) / (n + 1),
//! two-sided. All translations of a source are swapped together, since they are
//! not independent, as in the [intervals](crate::interval).
//!
//! # Many tests at once
//!
//! The same trials answer whether the new system is worse *anywhere*: on `all`
//! or in any locale, in any metric. Each difference is divided by its standard
//! deviation under swapping, which no swap changes, and held against the largest
//! of all in each trial, from the least to the most extreme (the step-down maxT
//! of Westfall & Young 1993, algorithm 4.1; Romano & Wolf 2005). So the rate of
//! equal systems found worse somewhere is the level itself, however many places
//! and metrics there are, and since the trials keep the correlation of these,
//! more is found than by Bonferroni's or Holm's correction. It is one-sided,
//! since the question is.
//!
//! # The generator
//!
//! In trial `t` the source at place `k` among the distinct ids compared, in their
//! order, is swapped if bit `k % 64` (the lowest is 0) of word `k / 64` (64
//! bits) is set in the ChaCha8 stream with the seed as `seed_from_u64` expands it
//! and stream number 2^32 + `t`, which no resample of the bootstrap has. So the
//! result depends on the seed, the ids and the counts, and neither on threads
//! nor on any order.

mod swaps;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use self::swaps::{Scratch, Swaps};
use crate::clusters::Clusters;
use crate::columns::Columns;

/// How many trials, and the seed of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Randomisation {
    /// Number of trials.
    pub trials: u32,
    /// The seed.
    pub seed: u64,
}

impl Default for Randomisation {
    /// 10,000 trials, seed 12345.
    fn default() -> Self {
        Randomisation { trials: 10_000, seed: 12_345 }
    }
}

/// The p-values of the differences between two systems, a list a place with a
/// value a metric, in the order in which their columns were given.
#[derive(Debug, Clone, PartialEq)]
pub struct PValues {
    /// All utterances pooled, two-sided.
    pub all: Vec<f64>,
    /// The mean over locales, two-sided.
    pub macro_: Vec<f64>,
    /// Each locale, two-sided, not corrected for their number.
    pub locales: Vec<Vec<f64>>,
    /// That the new system is worse, one-sided, corrected for all that is
    /// tested: of all utterances pooled.
    pub all_worse: Vec<f64>,
    /// The same of each locale.
    pub locales_worse: Vec<Vec<f64>>,
}

/// How much rounding may part two differences that are the same. Counting a
/// difference that is this little smaller errs towards p = 1.
const ROUNDING: f64 = 1e-12;

impl Randomisation {
    /// The smallest p-value that this many trials can give.
    pub fn smallest_p(self) -> f64 {
        self.p_value(0)
    }

    fn p_value(self, as_extreme: u32) -> f64 {
        (f64::from(as_extreme) + 1.0) / (f64::from(self.trials) + 1.0)
    }

    /// Tests the difference in each metric, per locale and overall.
    ///
    /// `columns` has an entry a metric: those of the baseline and those of the
    /// new system, on the rows of `clusters`.
    pub fn test(self, clusters: &Clusters, columns: &[[Columns; 2]]) -> PValues {
        let swaps = Swaps::of(clusters, columns);
        let family = Family::of(clusters, columns, &swaps);
        let none = || Counted { as_extreme: vec![0; swaps.values()], worse: vec![0; family.len()] };
        let counted = (0..self.trials)
            .into_par_iter()
            .fold(
                || (none(), Scratch::of(&swaps)),
                |(mut counted, mut scratch), trial| {
                    self.draw(trial, scratch.swapped());
                    swaps.swap(&mut scratch);
                    for ((count, drawn), found) in
                        counted.as_extreme.iter_mut().zip(&scratch.differences).zip(&swaps.found)
                    {
                        *count += u32::from(drawn.abs() >= found.abs() - ROUNDING);
                    }
                    family.count(&scratch.differences, &mut counted.worse);
                    (counted, scratch)
                },
            )
            .map(|(counted, _)| counted)
            .reduce(none, Counted::plus);
        let p_values: Vec<f64> =
            counted.as_extreme.iter().map(|&count| self.p_value(count)).collect();
        let mut worse = vec![1.0; swaps.values()];
        family.corrected(&counted.worse, |count| self.p_value(count), &mut worse);
        let metrics = columns.len();
        let row = |values: &[f64], at: usize| values[at * metrics..(at + 1) * metrics].to_vec();
        let locales = |values: &[f64]| {
            (0..clusters.locales().len()).map(|locale| row(values, 2 + locale)).collect()
        };
        PValues {
            all: row(&p_values, 0),
            macro_: row(&p_values, 1),
            locales: locales(&p_values),
            all_worse: row(&worse, 0),
            locales_worse: locales(&worse),
        }
    }

    /// Fills `swapped` with the sources that a trial swaps, a bit each.
    fn draw(self, trial: u32, swapped: &mut [u64]) {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream((1 << 32) + u64::from(trial));
        swapped.fill_with(|| generator.next_u64());
    }
}

/// How many trials were at least as extreme as what was found.
struct Counted {
    as_extreme: Vec<u32>,
    worse: Vec<u32>,
}

impl Counted {
    fn plus(mut self, other: Counted) -> Counted {
        for (sum, count) in self.as_extreme.iter_mut().zip(other.as_extreme) {
            *sum += count;
        }
        for (sum, count) in self.worse.iter_mut().zip(other.worse) {
            *sum += count;
        }
        self
    }
}

/// The tests that are one family, the most extreme first.
struct Family(Vec<Test>);

/// Is the new system worse in one place and metric?
struct Test {
    /// Its place among the differences.
    value: usize,
    /// 1 by the standard deviation of the difference, and the sign turned.
    scale: f64,
    /// What was found; the larger the worse.
    found: f64,
}

impl Family {
    /// All places but the mean over the locales, which is none of its own.
    fn of(clusters: &Clusters, columns: &[[Columns; 2]], swaps: &Swaps) -> Family {
        let all: Vec<_> = clusters.locales().iter().map(|(_, rows)| rows.clone()).collect();
        let places = std::iter::once((0, &all[..]))
            .chain(all.chunks(1).enumerate().map(|(at, rows)| (at + 2, rows)));
        let mut tests = Vec::new();
        for (place, rows) in places {
            for (metric, columns) in columns.iter().enumerate() {
                // Without any row that differs nothing can be worse.
                let deviation = clusters.swap_deviation(columns, rows).filter(|found| *found > 0.0);
                let Some(deviation) = deviation else { continue };
                let value = place * swaps.metrics + metric;
                let scale = -1.0 / deviation;
                tests.push(Test { value, scale, found: scale * swaps.found[value] });
            }
        }
        tests.sort_by(|a, b| b.found.total_cmp(&a.found));
        Family(tests)
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    /// Counts, for each test, a trial in which it or one that is less extreme
    /// than it was found is as extreme.
    fn count(&self, differences: &[f64], counts: &mut [u32]) {
        let mut largest = f64::NEG_INFINITY;
        for (test, count) in self.0.iter().zip(counts).rev() {
            largest = largest.max(test.scale * differences[test.value]);
            *count += u32::from(largest >= test.found - ROUNDING);
        }
    }

    /// Writes the corrected p-values to the places of their differences.
    fn corrected(&self, counts: &[u32], p_value: impl Fn(u32) -> f64, worse: &mut [f64]) {
        let mut highest: f64 = 0.0;
        for (test, &count) in self.0.iter().zip(counts) {
            highest = highest.max(p_value(count));
            worse[test.value] = highest;
        }
    }
}

#[cfg(test)]
mod tests;
