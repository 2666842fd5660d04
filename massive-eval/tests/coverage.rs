//! Do the intervals and tests keep what they promise? A seeded simulation, in
//! which the truth is known.
//!
//! Sources differ in difficulty, and the difficulty is shared by a source's
//! translations and by both systems, so that rows are as dependent as in a real
//! comparison. Every truth is a mean over the four difficulties.

#![allow(clippy::print_stderr, reason = "a simulation reports what it found")]

use massive_data::{Locale, UtteranceId};
use massive_eval::counts::SlotCounts;
use massive_eval::interval::{Resampler, percentile_interval};
use massive_eval::randomisation::PairedCounts;
use massive_eval::submission::Key;
use massive_eval::{Bootstrap, Counts, Metric, Predicted, Randomisation, UtteranceCounts};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SIMULATIONS: u64 = 1_000;
const SOURCES: u64 = 400;
const LOCALES: [Locale; 3] = [Locale::DeDe, Locale::FrFr, Locale::SwKe];
const DIFFICULTIES: [f64; 4] = [0.0, 0.05, 0.15, 0.35];

/// A system, by how often it is right on the easiest sources.
#[derive(Clone, Copy)]
struct Model {
    intent: f64,
    slot: f64,
    spurious: f64,
}

/// Gold slots of a source; the harder it is, the more it has.
fn gold_slots(difficulty: usize) -> u32 {
    difficulty as u32
}

impl Model {
    fn intent_right(self, difficulty: usize) -> f64 {
        self.intent - DIFFICULTIES[difficulty]
    }

    fn slot_right(self, difficulty: usize) -> f64 {
        self.slot - DIFFICULTIES[difficulty]
    }

    fn exact(self, difficulty: usize) -> f64 {
        let slots = self.slot_right(difficulty).powi(gold_slots(difficulty) as i32);
        self.intent_right(difficulty) * slots * (1.0 - self.spurious)
    }

    fn draw(self, difficulty: usize, random: &mut ChaCha8Rng) -> UtteranceCounts {
        let mut happens = |p: f64| (random.next_u32() as f64) < p * 2f64.powi(32);
        let gold = gold_slots(difficulty);
        let correct = (0..gold).map(|_| u32::from(happens(self.slot_right(difficulty)))).sum();
        let spurious = u32::from(happens(self.spurious));
        let intent_correct = happens(self.intent_right(difficulty));
        UtteranceCounts {
            words: 5,
            // A gold slot that was not found was given another label.
            slots: SlotCounts { gold, predicted: gold + spurious, correct },
            intent_correct,
            exact_match: intent_correct && correct == gold && spurious == 0,
        }
    }

    /// The values that infinitely many sources would give.
    fn truth(self) -> [f64; 3] {
        let mean = |of: &dyn Fn(usize) -> f64| (0..4).map(of).sum::<f64>() / 4.0;
        let gold = mean(&|d| f64::from(gold_slots(d)));
        let correct = mean(&|d| f64::from(gold_slots(d)) * self.slot_right(d));
        [
            mean(&|d| self.intent_right(d)),
            2.0 * correct / (2.0 * gold + self.spurious),
            mean(&|d| self.exact(d)),
        ]
    }
}

const BASELINE: Model = Model { intent: 0.90, slot: 0.85, spurious: 0.10 };
const NEW: Model = Model { intent: 0.93, slot: 0.83, spurious: 0.05 };

/// The rows of three parallel locales, by locale and id.
fn simulate(seed: u64, baseline: Model, new: Model) -> Vec<PairedCounts> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let difficulties: Vec<usize> = (0..SOURCES).map(|_| random.next_u32() as usize % 4).collect();
    let mut rows = Vec::new();
    for locale in LOCALES {
        for (id, &difficulty) in (0u64..).zip(&difficulties) {
            rows.push(PairedCounts {
                key: (locale, UtteranceId::new(id)),
                baseline: baseline.draw(difficulty, &mut random),
                new: new.draw(difficulty, &mut random),
            });
        }
    }
    rows
}

/// The standard error of a share that should be `p`.
fn standard_error(p: f64) -> f64 {
    (p * (1.0 - p) / SIMULATIONS as f64).sqrt()
}

#[test]
#[ignore = "a simulation of a minute; CONTRIBUTING names the command"]
fn intervals_cover_the_truth_at_the_nominal_rate() {
    let truth: Vec<f64> =
        NEW.truth().iter().zip(BASELINE.truth()).map(|(new, baseline)| new - baseline).collect();
    let mut covered = [[0u32; 3]; 2];
    for seed in 0..SIMULATIONS {
        let rows = simulate(seed, BASELINE, NEW);
        let of = |counts: fn(&PairedCounts) -> UtteranceCounts| -> Vec<(Key, UtteranceCounts)> {
            rows.iter().map(|row| (row.key, counts(row))).collect()
        };
        let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
        let (baseline, new) = (of(|row| row.baseline), of(|row| row.new));
        let mut baseline = Resampler::new(bootstrap, &baseline);
        let mut new = Resampler::new(bootstrap, &new);
        let sets = [LOCALES.into_iter().collect(), LOCALES[..1].iter().copied().collect()];
        for (set, covered) in sets.into_iter().zip(&mut covered) {
            let sums: Vec<(Counts, Counts)> =
                baseline.pooled(set).into_iter().zip(new.pooled(set)).collect();
            for (index, metric) in Metric::ALL.into_iter().enumerate() {
                let value = |counts| metric.value(counts, Predicted::BOTH).unwrap();
                let differences =
                    sums.iter().map(|(baseline, new)| value(new) - value(baseline)).collect();
                let [low, high] = percentile_interval(differences).unwrap();
                covered[index] += u32::from((low..=high).contains(&truth[index]));
            }
        }
    }
    for (place, covered) in ["all", "one locale"].into_iter().zip(covered) {
        for (metric, covered) in Metric::ALL.into_iter().zip(covered) {
            let share = f64::from(covered) / SIMULATIONS as f64;
            eprintln!("{place}, {metric}: {:.1} % covered", 100.0 * share);
            let error = (share - 0.95).abs();
            assert!(error < 3.0 * standard_error(0.95), "{place}, {metric}: {share}");
        }
    }
}

#[test]
#[ignore = "a simulation of a minute; CONTRIBUTING names the command"]
fn equal_systems_are_told_apart_no_more_often_than_alpha() {
    let randomisation = Randomisation { trials: 999, ..Randomisation::default() };
    let mut rejected = [[0u32; 3]; 3];
    for seed in 0..SIMULATIONS {
        let rows = simulate(seed, BASELINE, BASELINE);
        let p = Randomisation { seed, ..randomisation }.test(&rows, Predicted::BOTH);
        for (p, rejected) in [p.all, p.macro_, p.locales[0].1].into_iter().zip(&mut rejected) {
            for (p, rejected) in p.into_iter().zip(rejected) {
                *rejected += u32::from(p.unwrap() < 0.05);
            }
        }
    }
    for (place, rejected) in ["all", "macro", "one locale"].into_iter().zip(rejected) {
        for (metric, rejected) in Metric::ALL.into_iter().zip(rejected) {
            let share = f64::from(rejected) / SIMULATIONS as f64;
            eprintln!("{place}, {metric}: {:.1} % told apart", 100.0 * share);
            assert!(share < 0.05 + 3.0 * standard_error(0.05), "{place}, {metric}: {share}");
            // A test that never decides would pass too.
            assert!(share > 0.02, "{place}, {metric}: {share}");
        }
    }
}
