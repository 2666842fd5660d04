//! The intervals of differences, and how often equal systems are told apart.
//!
//! Sources differ in difficulty, and the difficulty is shared by a source's
//! translations and by both systems, so that rows are as dependent as in a real
//! comparison. Every truth is a mean over the four difficulties.

use std::sync::Arc;

use massive_data::{Intent, LabelMode, Locale, Partition, UtteranceId};
use massive_eval::comparison::{Comparison, Difference, System};
use massive_eval::counts::SlotCounts;
use massive_eval::evaluation::Problems;
use massive_eval::row_counts::RowCounts;
use massive_eval::submission::Key;
use massive_eval::{
    CompareDocument, CompareOptions, Evaluation, Interval, Metric, MissingRows, PerMetric,
    Predicted, Randomisation, UtteranceCounts,
};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SIMULATIONS: u64 = 1_000;
const SOURCES: u64 = 400;
const LOCALES: [Locale; 3] = [Locale::DE_DE, Locale::FR_FR, Locale::SW_KE];
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

/// Two systems on three parallel locales, compared.
fn simulate(seed: u64, baseline: Model, new: Model, options: CompareOptions) -> Comparison {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let difficulties: Vec<usize> = (0..SOURCES).map(|_| random.next_u32() as usize % 4).collect();
    let (mut baseline_rows, mut new_rows) = (Vec::new(), Vec::new());
    for locale in LOCALES {
        for (id, &difficulty) in (0u64..).zip(&difficulties) {
            let key = (locale, UtteranceId::from(id));
            baseline_rows.push(scored(key.clone(), baseline.draw(difficulty, &mut random)));
            new_rows.push(scored(key, new.draw(difficulty, &mut random)));
        }
    }
    let (baseline, new) = (evaluation(baseline_rows), evaluation(new_rows));
    let baseline = System { name: "baseline", evaluation: &baseline };
    let new = System { name: "new", evaluation: &new };
    CompareDocument::new(baseline, &[new], &options).unwrap().comparisons.remove(0)
}

fn scored(key: Key, counts: UtteranceCounts) -> RowCounts {
    RowCounts {
        key,
        digest: 0,
        predicted: Predicted::BOTH,
        counts,
        slot_counts: Box::default(),
        intent: Intent::open("any"),
        predicted_intent: None,
        missing: false,
        malformed: false,
        misaligned: false,
        losses: Default::default(),
    }
}

fn evaluation(utterances: Vec<RowCounts>) -> Evaluation {
    Evaluation {
        partition: Partition::Test,
        labels: LabelMode::Reference,
        missing_rows: MissingRows::Error,
        filter: Default::default(),
        utterances,
        slu: None,
        predicted: Predicted::BOTH,
        gold_digest: "00000000".to_owned(),
        input: Default::default(),
        problems: Problems::default(),
        report: Arc::default(),
    }
}

/// Where differences are looked at.
const PLACES: [&str; 3] = ["all", "macro", "one locale"];

fn places(comparison: &Comparison) -> [&PerMetric<Option<Difference>>; 3] {
    let locale = &comparison.locales[LOCALES[0].tag()];
    [&comparison.all.metrics, &comparison.macro_.metrics, &locale.metrics]
}

/// The standard error of a share that should be `p`.
fn standard_error(p: f64) -> f64 {
    (p * (1.0 - p) / SIMULATIONS as f64).sqrt()
}

#[test]
#[ignore = "1,000 simulated comparisons; run cargo test --workspace --test coverage -- --ignored"]
fn intervals_cover_the_truth_at_the_nominal_rate() {
    let truth: Vec<f64> =
        NEW.truth().iter().zip(BASELINE.truth()).map(|(new, baseline)| new - baseline).collect();
    let mut covered = [[0u32; 3]; 3];
    for seed in 0..SIMULATIONS {
        let options = CompareOptions {
            interval: Interval::WilsonIds,
            randomisation: Randomisation { trials: 1, seed },
            ..CompareOptions::default()
        };
        let comparison = simulate(seed, BASELINE, NEW, options);
        for (place, covered) in places(&comparison).into_iter().zip(&mut covered) {
            for (index, metric) in Metric::PAPER.into_iter().enumerate() {
                let [low, high] = place.known(metric).unwrap().ci95.unwrap();
                covered[index] += u32::from((low..=high).contains(&truth[index]));
            }
        }
    }
    for (place, covered) in PLACES.into_iter().zip(covered) {
        for (metric, covered) in Metric::PAPER.into_iter().zip(covered) {
            let share = f64::from(covered) / SIMULATIONS as f64;
            eprintln!("{place}, {metric}: {:.1} % covered", 100.0 * share);
            let error = (share - 0.95).abs();
            assert!(error < 3.0 * standard_error(0.95), "{place}, {metric}: {share}");
        }
    }
}

#[test]
#[ignore = "1,000 simulated comparisons; run cargo test --workspace --test coverage -- --ignored"]
fn equal_systems_are_told_apart_no_more_often_than_alpha() {
    let mut rejected = [[0u32; 3]; 3];
    let mut failed = 0u32;
    for seed in 0..SIMULATIONS {
        let options = CompareOptions {
            interval: Interval::None,
            randomisation: Randomisation { trials: 999, seed },
            ..CompareOptions::default()
        };
        let comparison = simulate(seed, BASELINE, BASELINE, options);
        let tests = comparison.locales.values().chain([&comparison.all]);
        let worse = tests
            .flat_map(|place| place.metrics.iter())
            .any(|(_, found)| found.is_some_and(|found| found.p_worse.is_some_and(|p| p < 0.05)));
        failed += u32::from(worse);
        for (place, rejected) in places(&comparison).into_iter().zip(&mut rejected) {
            for (index, metric) in Metric::PAPER.into_iter().enumerate() {
                rejected[index] += u32::from(place.known(metric).unwrap().p < 0.05);
            }
        }
    }
    for (place, rejected) in PLACES.into_iter().zip(rejected) {
        for (metric, rejected) in Metric::PAPER.into_iter().zip(rejected) {
            let share = f64::from(rejected) / SIMULATIONS as f64;
            eprintln!("{place}, {metric}: {:.1} % told apart", 100.0 * share);
            assert!(share < 0.05 + 3.0 * standard_error(0.05), "{place}, {metric}: {share}");
            // A test that never decides would pass too.
            assert!(share > 0.02, "{place}, {metric}: {share}");
        }
    }
    // All metrics and places together, as --fail-if-worse asks.
    let share = f64::from(failed) / SIMULATIONS as f64;
    eprintln!("worse anywhere: {:.1} %", 100.0 * share);
    assert!((0.02..=0.06).contains(&share), "worse anywhere: {share}");
}
