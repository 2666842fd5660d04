//! Approximate randomisation: is a difference between two systems more than
//! chance?
//!
//! If it did not matter which system an output comes from, swapping the two
//! outputs for some sources would leave as large a difference as often as not
//! (Noreen 1989, chapter 2; Yeh 2000 for F-scores). A trial swaps the outputs
//! for each source utterance with probability one half; with `c` of `n` trials
//! at least as far from 0 as the difference found, p = (c + 1) / (n + 1),
//! two-sided. All translations of a source are swapped together, since they are
//! not independent, as in the [bootstrap](crate::interval).
//!
//! # The generator
//!
//! In trial `t` the source at place `k` among the distinct ids compared, sorted
//! by number, is swapped if bit `k % 64` (the lowest is 0) of word `k / 64` (64
//! bits) is set in the ChaCha8 stream with the seed as `seed_from_u64` expands it
//! and stream number 2^32 + `t`, which no resample of the bootstrap has. So the
//! result depends on the seed, the ids and the counts, and neither on threads
//! nor on any order.

use massive_data::{Locale, UtteranceId};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use crate::counts::{Counts, UtteranceCounts};
use crate::metrics::{Metric, Predicted, mean_over};
use crate::submission::Key;

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

impl Randomisation {
    /// The smallest p-value that this many trials can give.
    pub fn smallest_p(self) -> f64 {
        self.p_value(0)
    }

    fn p_value(self, as_extreme: u32) -> f64 {
        (f64::from(as_extreme) + 1.0) / (f64::from(self.trials) + 1.0)
    }
}

/// What one utterance says about two systems.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedCounts {
    /// The utterance.
    pub key: Key,
    /// What the baseline had right.
    pub baseline: UtteranceCounts,
    /// What the new system had right.
    pub new: UtteranceCounts,
}

/// A value for each metric, in the order of [`Metric::ALL`]; `None` where it
/// cannot be computed.
pub type PerMetric = [Option<f64>; 3];

/// The two-sided p-values of the differences between two systems.
#[derive(Debug, Clone, PartialEq)]
pub struct PValues {
    /// All utterances pooled.
    pub all: PerMetric,
    /// The mean over locales.
    pub macro_: PerMetric,
    /// Each locale, in code-point order, not corrected for their number.
    pub locales: Vec<(Locale, PerMetric)>,
}

/// How much rounding may part two differences that are the same. Counting a
/// difference that is this little smaller errs towards p = 1.
const ROUNDING: f64 = 1e-12;

impl Randomisation {
    /// Tests the difference in each metric, per locale and overall.
    ///
    /// `rows` are sorted by locale and id; `predicted` is what both systems
    /// predict.
    pub fn test(self, rows: &[PairedCounts], predicted: Predicted) -> PValues {
        let mut ids: Vec<&UtteranceId> = rows.iter().map(|row| &row.key.1).collect();
        ids.sort_unstable();
        ids.dedup();
        let words = ids.len().div_ceil(64);
        let locales: Vec<Swaps> =
            rows.chunk_by(|a, b| a.key.0 == b.key.0).map(|rows| Swaps::of(rows, &ids)).collect();
        let found = differences(&locales, &vec![0; words], predicted);
        let none = || vec![[0u32; 3]; found.len()];
        let as_extreme = (0..self.trials)
            .into_par_iter()
            .fold(
                || (none(), vec![0u64; words]),
                |(mut counts, mut swapped), trial| {
                    self.draw(trial, &mut swapped);
                    let drawn = differences(&locales, &swapped, predicted);
                    for (counts, (drawn, found)) in counts.iter_mut().zip(drawn.iter().zip(&found))
                    {
                        for metric in 0..3 {
                            counts[metric] +=
                                u32::from(is_as_extreme(drawn[metric], found[metric]));
                        }
                    }
                    (counts, swapped)
                },
            )
            .map(|(counts, _)| counts)
            .reduce(none, |mut sum, counts| {
                for (sum, counts) in sum.iter_mut().flatten().zip(counts.iter().flatten()) {
                    *sum += counts;
                }
                sum
            });
        let mut p_values = found.iter().zip(&as_extreme).map(|(found, counts)| {
            std::array::from_fn(|metric| found[metric].map(|_| self.p_value(counts[metric])))
        });
        PValues {
            all: p_values.next().unwrap_or_default(),
            macro_: p_values.next().unwrap_or_default(),
            locales: locales.iter().map(|swaps| swaps.locale).zip(p_values).collect(),
        }
    }

    /// Fills `swapped` with the sources that a trial swaps, a bit each.
    fn draw(self, trial: u32, swapped: &mut [u64]) {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream((1 << 32) + u64::from(trial));
        swapped.fill_with(|| generator.next_u64());
    }
}

/// True if a trial's difference is at least as far from 0 as the one found.
fn is_as_extreme(drawn: Option<f64>, found: Option<f64>) -> bool {
    match (drawn, found) {
        (Some(drawn), Some(found)) => drawn.abs() >= found.abs() - ROUNDING,
        _ => false,
    }
}

/// New minus baseline in each metric once some sources are swapped: pooled,
/// the mean over locales, then each locale.
fn differences(locales: &[Swaps], swapped: &[u64], predicted: Predicted) -> Vec<PerMetric> {
    let sums: Vec<[Counts; 2]> = locales.iter().map(|locale| locale.swap(swapped)).collect();
    let pooled = [0, 1].map(|system| sums.iter().map(|sums| sums[system]).sum::<Counts>());
    let mean = Metric::ALL.map(|metric| {
        let mean =
            |system: usize| mean_over(sums.iter().map(|sums| &sums[system]), metric, predicted);
        Some(mean(1)? - mean(0)?)
    });
    let difference = |sums: &[Counts; 2]| {
        Metric::ALL.map(|metric| {
            Some(metric.value(&sums[1], predicted)? - metric.value(&sums[0], predicted)?)
        })
    };
    [difference(&pooled), mean].into_iter().chain(sums.iter().map(difference)).collect()
}

/// A locale, ready for its outputs to be swapped.
struct Swaps {
    locale: Locale,
    baseline: Counts,
    new: Counts,
    /// New minus baseline of what the systems can differ in, by source: right
    /// intents, exact matches, predicted and correct slots.
    columns: [BitPlanes; 4],
}

impl Swaps {
    /// Rows of one locale, whose ids are all in `ids`; both are sorted.
    fn of(rows: &[PairedCounts], ids: &[&UtteranceId]) -> Swaps {
        let mut columns = [(); 4].map(|()| vec![0i32; ids.len()]);
        let mut at = 0;
        for row in rows {
            at += ids[at..].partition_point(|&id| *id < row.key.1);
            let (baseline, new) = (columns_of(row.baseline), columns_of(row.new));
            for (column, (baseline, new)) in columns.iter_mut().zip(baseline.iter().zip(new)) {
                column[at] = new - baseline;
            }
        }
        Swaps {
            locale: rows[0].key.0,
            baseline: rows.iter().map(|row| row.baseline).sum(),
            new: rows.iter().map(|row| row.new).sum(),
            columns: columns.map(|column| BitPlanes::of(&column)),
        }
    }

    /// The sums of baseline and new once the outputs for `swapped` change places.
    fn swap(&self, swapped: &[u64]) -> [Counts; 2] {
        let moved = self.columns.each_ref().map(|column| column.sum_over(swapped));
        [shifted(self.baseline, moved), shifted(self.new, moved.map(|sum| -sum))]
    }
}

fn columns_of(counts: UtteranceCounts) -> [i32; 4] {
    [
        counts.intent_correct.into(),
        counts.exact_match.into(),
        counts.slots.predicted as i32,
        counts.slots.correct as i32,
    ]
}

fn shifted(counts: Counts, [intents, exact, predicted, correct]: [i64; 4]) -> Counts {
    Counts {
        intents_correct: counts.intents_correct.saturating_add_signed(intents),
        exact_matches: counts.exact_matches.saturating_add_signed(exact),
        predicted_slots: counts.predicted_slots.saturating_add_signed(predicted),
        correct_slots: counts.correct_slots.saturating_add_signed(correct),
        ..counts
    }
}

/// Small integers, a bit of each in every plane: two's complement, lowest bit
/// first. Their sum over a set is a few counts of bits, 64 of them at a time.
struct BitPlanes(Vec<Vec<u64>>);

impl BitPlanes {
    fn of(values: &[i32]) -> BitPlanes {
        // The fewest bits that hold each value and its sign; none if all are 0.
        let bits = |value: i32| match value {
            0 => 0,
            _ => i32::BITS + 1 - value.unsigned_abs().leading_zeros(),
        };
        let width = values.iter().map(|&value| bits(value)).max().unwrap_or(0).min(i32::BITS);
        let plane = |bit: u32| {
            let word = |values: &[i32]| {
                let bits = values.iter().enumerate().map(|(at, value)| (at, value >> bit & 1));
                bits.fold(0u64, |word, (at, bit)| word | (bit as u64) << at)
            };
            values.chunks(64).map(word).collect()
        };
        BitPlanes((0..width).map(plane).collect())
    }

    fn sum_over(&self, set: &[u64]) -> i64 {
        let mut sum = 0;
        for (bit, plane) in self.0.iter().enumerate() {
            let ones: u64 =
                plane.iter().zip(set).map(|(a, b)| u64::from((a & b).count_ones())).sum();
            let weighted = (ones as i64) << bit;
            // The highest bit of two's complement weighs negatively.
            sum += if bit + 1 == self.0.len() { -weighted } else { weighted };
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::counts::SlotCounts;

    fn counts() -> impl Strategy<Value = (UtteranceCounts, UtteranceCounts)> {
        let one = |gold: u32| {
            (any::<bool>(), any::<bool>(), 0..4u32, 0..4u32).prop_map(
                move |(intent, labels, predicted, correct)| UtteranceCounts {
                    words: 4,
                    slots: SlotCounts {
                        gold,
                        predicted,
                        correct: correct.min(gold).min(predicted),
                    },
                    intent_correct: intent,
                    exact_match: intent && labels,
                },
            )
        };
        (0..4u32).prop_flat_map(move |gold| (one(gold), one(gold)))
    }

    /// Up to 40 sources in up to three locales, some of them missing.
    fn rows() -> impl Strategy<Value = Vec<PairedCounts>> {
        let locales = [Locale::DE_DE, Locale::FR_FR, Locale::SW_KE];
        prop::collection::btree_map((0..3usize, 0..70u64), counts(), 1..90).prop_map(move |rows| {
            rows.into_iter()
                .map(|((locale, id), (baseline, new))| PairedCounts {
                    key: (locales[locale], UtteranceId::from(id)),
                    baseline,
                    new,
                })
                .collect()
        })
    }

    fn swap(rows: &[PairedCounts]) -> Vec<PairedCounts> {
        rows.iter()
            .map(|row| PairedCounts { baseline: row.new, new: row.baseline, ..row.clone() })
            .collect()
    }

    /// The definition, row by row.
    fn by_definition(test: Randomisation, rows: &[PairedCounts], of: Option<Locale>) -> PerMetric {
        let mut ids: Vec<&UtteranceId> = rows.iter().map(|row| &row.key.1).collect();
        ids.sort_unstable();
        ids.dedup();
        let difference = |swapped: &[u64]| {
            let mut sums = [Counts::default(); 2];
            for row in rows.iter().filter(|row| of.is_none_or(|locale| row.key.0 == locale)) {
                let place = ids.binary_search(&&row.key.1).unwrap();
                let swap = (swapped[place / 64] >> (place % 64)) as usize & 1;
                sums[swap] += row.baseline.into();
                sums[1 - swap] += row.new.into();
            }
            Metric::ALL.map(|metric| {
                let [baseline, new] = sums.map(|sum| metric.value(&sum, Predicted::BOTH).unwrap());
                new - baseline
            })
        };
        let mut swapped = vec![0; ids.len().div_ceil(64)];
        let found = difference(&swapped);
        let mut as_extreme = [0; 3];
        for trial in 0..test.trials {
            test.draw(trial, &mut swapped);
            let drawn = difference(&swapped);
            for metric in 0..3 {
                as_extreme[metric] +=
                    u32::from(drawn[metric].abs() >= found[metric].abs() - ROUNDING);
            }
        }
        as_extreme.map(|count| Some((f64::from(count) + 1.0) / (f64::from(test.trials) + 1.0)))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn bit_planes_add_up(values in prop::collection::vec(-9..9i32, 0..200), seed: u64) {
            let mut set = vec![0; values.len().div_ceil(64)];
            Randomisation { trials: 1, seed }.draw(0, &mut set);
            let chosen = |at: usize| set[at / 64] >> (at % 64) & 1 == 1;
            let expected: i64 = (0..values.len())
                .filter(|&at| chosen(at))
                .map(|at| i64::from(values[at]))
                .sum();
            prop_assert_eq!(BitPlanes::of(&values).sum_over(&set), expected);
        }

        #[test]
        fn a_trial_is_what_is_defined(rows in rows(), seed: u64) {
            let test = Randomisation { trials: 60, seed };
            let p_values = test.test(&rows, Predicted::BOTH);
            prop_assert_eq!(p_values.all, by_definition(test, &rows, None));
            for (locale, found) in p_values.locales {
                prop_assert_eq!(found, by_definition(test, &rows, Some(locale)));
            }
        }

        #[test]
        fn swapping_the_systems_keeps_p(rows in rows(), seed: u64) {
            let test = Randomisation { trials: 100, seed };
            prop_assert_eq!(
                test.test(&rows, Predicted::BOTH),
                test.test(&swap(&rows), Predicted::BOTH)
            );
        }

        #[test]
        fn threads_change_nothing(rows in rows(), seed: u64, threads in 1..5usize) {
            let test = Randomisation { trials: 100, seed };
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            prop_assert_eq!(
                pool.install(|| test.test(&rows, Predicted::BOTH)),
                test.test(&rows, Predicted::BOTH)
            );
        }

        #[test]
        fn a_system_is_no_better_than_itself(rows in rows()) {
            let same: Vec<_> =
                rows.iter().map(|row| PairedCounts { new: row.baseline, ..row.clone() }).collect();
            let p_values = Randomisation::default().test(&same, Predicted::BOTH);
            prop_assert_eq!(p_values.all, [Some(1.0); 3]);
            prop_assert_eq!(p_values.macro_, [Some(1.0); 3]);
            prop_assert!(p_values.locales.iter().all(|(_, p)| *p == [Some(1.0); 3]));
        }
    }

    #[test]
    fn what_one_system_does_not_predict_is_not_tested() {
        let row = PairedCounts {
            key: (Locale::DE_DE, UtteranceId::from(1)),
            baseline: UtteranceCounts::default(),
            new: UtteranceCounts::default(),
        };
        let slots_only = Predicted { intents: false, slots: true };
        let p_values = Randomisation::default().test(&[row], slots_only);
        assert_eq!(p_values.all, [None, Some(1.0), None]);
        assert!(Randomisation::default().test(&[], Predicted::BOTH).locales.is_empty());
    }
}
