//! How often the interval of a score covers its truth, by the number of ids, the
//! truth, the metric, and for one locale or several pooled.
//!
//! Sources differ in difficulty: the share of right answers of a source is drawn
//! from a beta distribution whose mean is the truth. Its translations share it,
//! and so do its slots, so that they are correlated (intraclass correlation
//! 0.05).

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use massive_data::{Locale, UtteranceId};
use massive_eval::clusters::Clusters;
use massive_eval::columns::{Average, Cell, Columns};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const TRUTHS: [f64; 4] = [0.5, 0.85, 0.95, 0.99];
const SIZES: [usize; 5] = [13, 30, 100, 300, 2_974];
const LOCALES: [Locale; 3] = [Locale::DE_DE, Locale::FR_FR, Locale::SW_KE];
/// Where the table stands, between lines that mark it.
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
const MARKS: [&str; 2] = ["<!-- coverage -->\n", "<!-- end of coverage -->\n"];

/// The gold slots of a source, as frequent as here listed: 1.1 on average.
const GOLD_SLOTS: [u32; 10] = [0, 0, 0, 1, 1, 1, 1, 2, 2, 3];

fn simulations(ids: usize) -> u64 {
    if ids > 1_000 { 1_000 } else { 4_000 }
}

struct Random(ChaCha8Rng);

impl Random {
    /// From 0 to under 1.
    fn uniform(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / 2f64.powi(32)
    }

    fn happens(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// From the standard normal distribution (Box & Muller 1958).
    fn normal(&mut self) -> f64 {
        let (one, other) = (1.0 - self.uniform(), self.uniform());
        (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
    }

    /// From a gamma distribution of this shape and scale 1 (Marsaglia & Tsang
    /// 2000).
    fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            return self.gamma(shape + 1.0) * (1.0 - self.uniform()).powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        loop {
            let x = self.normal();
            let v = (1.0 + x / (9.0 * d).sqrt()).powi(3);
            if v > 0.0 && (1.0 - self.uniform()).ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// From a beta distribution with the mean `mean` and a + b = 19.
    fn beta(&mut self, mean: f64) -> f64 {
        let (a, b) = (self.gamma(19.0 * mean), self.gamma(19.0 * (1.0 - mean)));
        a / (a + b)
    }
}

/// Draws ids with their rows in some locales, and says whether the interval of
/// each of the two kinds of metric, an accuracy and slot F1, covers the truth.
fn covers(random: &mut Random, truth: f64, ids: usize, locales: usize) -> [bool; 2] {
    let keys: Vec<_> = LOCALES[..locales]
        .iter()
        .flat_map(|&locale| (0..ids as u64).map(move |id| (locale, UtteranceId::from(id))))
        .collect();
    // Spurious slots come so often that the F1 is the truth.
    let spurious = 0.5 * (1.0 - truth);
    let gold_mean = GOLD_SLOTS.iter().sum::<u32>() as f64 / GOLD_SLOTS.len() as f64;
    let slot_right = truth * (1.0 + spurious / (2.0 * gold_mean));
    let mut cells = vec![[Cell::single(0.0, 0.0); 2]; keys.len()];
    for id in 0..ids {
        let (easy, slots_easy) = (random.beta(truth), random.beta(slot_right));
        let gold = GOLD_SLOTS[random.0.next_u32() as usize % GOLD_SLOTS.len()];
        for locale in 0..locales {
            let right = f64::from(u8::from(random.happens(easy)));
            let correct = (0..gold).filter(|_| random.happens(slots_easy)).count() as f64;
            let predicted = f64::from(gold) + f64::from(u8::from(random.happens(spurious)));
            cells[locale * ids + id] = [
                Cell::single(right, 1.0),
                Cell::single(2.0 * correct, f64::from(gold) + predicted),
            ];
        }
    }
    let clusters = Clusters::of(keys.iter());
    [0, 1].map(|metric| {
        let mut columns = Columns::new(Average::Plain);
        cells.iter().for_each(|cells| columns.push([cells[metric]]));
        let rows: Vec<_> = clusters.locales().iter().map(|(_, rows)| rows.clone()).collect();
        // Without any slot there is no interval, and nothing is claimed.
        let interval = clusters.pooled(&columns, &rows).and_then(|found| found.interval());
        interval.is_none_or(|[low, high]| (low..=high).contains(&truth))
    })
}

/// The share of simulations in which the truth is covered, for an accuracy and
/// slot F1.
fn coverage(truth: f64, ids: usize, locales: usize) -> [f64; 2] {
    let mut covered = [0u32; 2];
    for seed in 0..simulations(ids) {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // Another stream for every cell of the table.
        random.set_stream((1_000.0 * truth) as u64 * 1_000_000 + (ids * 10 + locales) as u64);
        let found = covers(&mut Random(random), truth, ids, locales);
        for (covered, found) in covered.iter_mut().zip(found) {
            *covered += u32::from(found);
        }
    }
    covered.map(|covered| f64::from(covered) / simulations(ids) as f64)
}

/// A row of the table: one number of ids.
struct Row {
    ids: usize,
    cells: Vec<f64>,
}

impl Row {
    fn of(ids: usize) -> Row {
        let cells = [1, LOCALES.len()].into_iter().flat_map(|locales| {
            let by_truth = TRUTHS.map(|truth| coverage(truth, ids, locales));
            [0, 1].map(|metric| by_truth.map(|both| both[metric])).concat()
        });
        Row { ids, cells: cells.collect() }
    }

    fn mean(&self) -> f64 {
        self.cells.iter().sum::<f64>() / self.cells.len() as f64
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| ids | accuracy, one locale | | | | slot F1, one locale | | | | accuracy, 3 locales | | | \
         | slot F1, 3 locales | | | | mean |\n|--:|",
    );
    text.push_str(&"--:|".repeat(17));
    text.push_str("\n| truth |");
    for truth in TRUTHS.iter().cycle().take(16) {
        let _ = write!(text, " {:.0} |", 100.0 * truth);
    }
    text.push_str(" |\n");
    for row in rows {
        let _ = write!(text, "| {} |", row.ids);
        for share in row.cells.iter().chain([&row.mean()]) {
            let _ = write!(text, " {:.1} |", 100.0 * share);
        }
        text.push('\n');
    }
    text
}

#[test]
#[ignore = "a simulation; run cargo test --workspace --test coverage -- --ignored"]
fn intervals_of_scores_cover_the_truth() {
    let rows = SIZES.map(Row::of);
    let table = table(&rows);
    eprint!("{table}");
    for row in &rows {
        let least = if row.ids < 100 { 0.87 } else { 0.91 };
        for share in &row.cells {
            assert!(*share >= least, "{} ids: {share}", row.ids);
        }
        let mean = row.mean();
        assert!((0.94..=0.975).contains(&mean), "{} ids: {mean} in the mean", row.ids);
    }
    let page = fs::read_to_string(PAGE).unwrap();
    let start = page.find(MARKS[0]).unwrap() + MARKS[0].len();
    let end = page.find(MARKS[1]).unwrap();
    if std::env::var_os("MASSIVE_UPDATE_DOCS").is_some() {
        let updated = format!("{}{table}{}", &page[..start], &page[end..]);
        fs::write(Path::new(PAGE), updated).unwrap();
    } else {
        assert_eq!(
            &page[start..end],
            table,
            "the table of docs/metrics.md is not what was found; MASSIVE_UPDATE_DOCS=1 writes it"
        );
    }
}
