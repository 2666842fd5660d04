//! Two systems compared: a system with itself, with a copy that is broken in a
//! known place, and what must not change a comparison.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use massive_data::{Corpus, LabelMode, LocaleFilter, Partition, PredictionFiles, Selection};
use massive_eval::comparison::{Difference, FEWEST_DISCORDANT, System, Undecidable, Verdict};
use massive_eval::{
    Bootstrap, CompareDocument, CompareOptions, Evaluation, Interval, Metric, MissingRows,
    Randomisation, Submission,
};
use proptest::prelude::*;
use serde_json::Value;

#[path = "support/shared.rs"]
mod shared;
use shared::shared;

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");

fn predictions(name: &str) -> PathBuf {
    Path::new(MINI).join("predictions").join(name)
}

fn read(path: &Path) -> Submission {
    let files = PredictionFiles::open(&[path.to_owned()]).unwrap();
    let (submission, bad) = Submission::read(&files).unwrap();
    assert_eq!(bad.count, 0);
    submission
}

fn compare(
    corpus: &Path,
    baseline: &Submission,
    new: &Submission,
    options: CompareOptions,
) -> CompareDocument {
    let partition = Partition::Test;
    let selection =
        Selection { locales: baseline.locales().clone().into(), partition: Some(partition) };
    let corpus = Corpus::open(corpus).unwrap().select(selection);
    let (baseline, new) = Evaluation::run_several(
        &corpus,
        baseline,
        &[new],
        partition,
        LabelMode::Reference,
        MissingRows::Error,
    )
    .unwrap();
    assert!(baseline.problems.missing.is_empty() && new[0].problems.missing.is_empty());
    let baseline = System { name: "baseline", evaluation: &baseline };
    let new = System { name: "new", evaluation: &new[0] };
    CompareDocument::new(baseline, &[new], &options).unwrap()
}

fn quick() -> CompareOptions {
    CompareOptions {
        interval: Interval::Bootstrap(Bootstrap { resamples: 50, seed: 7 }),
        randomisation: Randomisation { trials: 100, seed: 7 },
        ..CompareOptions::default()
    }
}

/// Every difference: on `all`, `macro` and each locale.
fn differences(document: &CompareDocument) -> Vec<(String, Metric, Difference)> {
    let comparison = &document.comparisons[0];
    let locales = comparison.locales.iter().map(|(tag, place)| (tag.as_str(), &place.metrics));
    [("all", &comparison.all.metrics), ("macro", &comparison.macro_.metrics)]
        .into_iter()
        .chain(locales)
        .flat_map(|(name, metrics)| {
            Metric::PAPER
                .into_iter()
                .filter_map(move |metric| Some((name.to_owned(), metric, *metrics.known(metric)?)))
        })
        .collect()
}

fn assert_all_equal(document: &CompareDocument) {
    assert!(document.comparisons[0].identical);
    let differences = differences(document);
    assert_eq!(differences.len(), 3 * 53);
    for (name, metric, found) in differences {
        assert_eq!(found.difference, 0.0, "{name} {metric}");
        assert_eq!((found.ci95, found.discordant), (None, 0), "{name} {metric}");
        assert_eq!(found.undecidable, Some(Undecidable::Identical), "{name} {metric}");
        assert_eq!(found.p_worse.unwrap_or(1.0), 1.0, "{name} {metric}");
        assert_eq!(found.relative_error_change.unwrap_or(0.0), 0.0, "{name} {metric}");
        assert_eq!(found.p, 1.0, "{name} {metric}");
        assert_eq!(found.p_holm.unwrap_or(1.0), 1.0, "{name} {metric}");
        assert_eq!(found.mcnemar.map_or(1.0, |test| test.p), 1.0, "{name} {metric}");
        assert_eq!(found.verdict, Verdict::Undecided, "{name} {metric}");
    }
}

/// The broken locale, and no other, is lost: in intent accuracy, and in exact
/// match too, since an utterance whose intent became wrong is no exact match
/// any more. Slots are untouched.
fn assert_broken(document: &CompareDocument, locale: &str, broken: u64) {
    let comparison = &document.comparisons[0];
    for metric in [Metric::IntentAccuracy, Metric::ExactMatch] {
        let verdicts = comparison.verdicts.known(metric).unwrap();
        assert_eq!(verdicts.lost, [locale], "{metric}");
        assert_eq!(verdicts.won, [] as [&str; 0], "{metric}");
        assert_eq!(verdicts.undecided.len(), 50, "{metric}");
    }
    let slots = comparison.verdicts.known(Metric::SlotMicroF1).unwrap();
    assert_eq!(slots.undecided.len(), 51);
    for (name, metric, found) in differences(document) {
        if metric == Metric::SlotMicroF1 || ![locale, "all", "macro"].contains(&name.as_str()) {
            assert_eq!((found.difference, found.p), (0.0, 1.0), "{name} {metric}");
        }
    }
    let found = comparison.locales[locale].metrics.known(Metric::IntentAccuracy).unwrap();
    let mcnemar = found.mcnemar.unwrap();
    assert_eq!((mcnemar.baseline_only, mcnemar.new_only), (broken, 0));
    let share = broken as f64 / comparison.locales[locale].utterances as f64;
    assert!((found.difference + share).abs() < 1e-12);
    assert!(found.p_worse.unwrap() < 0.05);
    // Too few rows differ for an interval unless there are 20.
    assert_eq!(found.ci95.is_some(), broken >= FEWEST_DISCORDANT);
    if let Some([low, high]) = found.ci95 {
        assert!(low <= found.difference && found.difference <= high && high < 0.0);
    }
}

/// Copies predictions, making the first `broken` intents of `locale` that are
/// `right` wrong.
fn break_intents(
    lines: impl Iterator<Item = String>,
    locale: &str,
    broken: u64,
    right: impl Fn(&Value) -> bool,
    mut out: impl Write,
) {
    let mut left = broken;
    for line in lines {
        if left > 0 && line.contains(locale) {
            let mut row: Value = serde_json::from_str(&line).unwrap();
            if row["locale"] == locale && right(&row) {
                row["pred_intent"] = "no_such_intent".into();
                left -= 1;
                writeln!(out, "{row}").unwrap();
                continue;
            }
        }
        writeln!(out, "{line}").unwrap();
    }
    assert_eq!(left, 0);
}

#[test]
fn a_system_equals_itself() {
    let good = read(&predictions("good.jsonl"));
    let options = CompareOptions::default();
    assert_all_equal(&compare(Path::new(MINI), &good, &good, options));
}

#[test]
fn a_broken_locale_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broken.jsonl");
    let lines = BufReader::new(File::open(predictions("good.jsonl")).unwrap()).lines();
    // With 13 rows a locale, one in twenty is none: all of them are broken.
    let out = File::create(&path).unwrap();
    break_intents(lines.map(Result::unwrap), "de-DE", 13, |_| true, out);
    let good = read(&predictions("good.jsonl"));
    let document = compare(Path::new(MINI), &good, &read(&path), CompareOptions::default());
    assert_broken(&document, "de-DE", 13);
}

/// The shared submission against itself and against a copy of which 5 % of the
/// Swahili intents are wrong that were right.
#[test]
fn of_a_real_submission_the_broken_locale_is_named() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz");
    let path = shared.join("oracle/submission/predictions.jsonl.gz");
    let submission = read(&path);
    let options = CompareOptions::default();
    assert_all_equal(&compare(&corpus, &submission, &submission, options.clone()));

    let swahili = Selection {
        locales: LocaleFilter::from_patterns("sw-KE").unwrap(),
        partition: Some(Partition::Test),
    };
    let (gold, _) = Corpus::open(&corpus).unwrap().select(swahili).read().unwrap();
    let right = |row: &Value| {
        let of = |utterance: &&massive_data::Utterance<'_>| utterance.id().to_string() == row["id"];
        gold.iter().find(of).unwrap().gold().unwrap().intent.as_str() == row["pred_intent"]
    };
    let broken = gold.len() as u64 / 20;
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join("broken.jsonl.gz");
    let lines = BufReader::new(GzDecoder::new(File::open(&path).unwrap())).lines();
    let file = BufWriter::new(File::create(&copy).unwrap());
    let mut out = GzEncoder::new(file, Compression::fast());
    break_intents(lines.map(Result::unwrap), "sw-KE", broken, right, &mut out);
    out.finish().unwrap().flush().unwrap();
    assert_broken(&compare(&corpus, &submission, &read(&copy), options), "sw-KE", broken);
}

#[test]
fn swapping_the_systems_negates_differences_and_keeps_p() {
    let (good, poor) = (read(&predictions("good.jsonl")), read(&predictions("poor.jsonl")));
    let one = differences(&compare(Path::new(MINI), &good, &poor, quick()));
    let other = differences(&compare(Path::new(MINI), &poor, &good, quick()));
    assert_eq!(one.len(), other.len());
    for ((name, metric, one), (.., other)) in one.iter().zip(&other) {
        assert_eq!(one.difference, -other.difference, "{name} {metric}");
        assert_eq!((one.baseline, one.new), (other.new, other.baseline), "{name} {metric}");
        assert_eq!((one.p, one.p_holm), (other.p, other.p_holm), "{name} {metric}");
        assert_eq!(one.mcnemar.map(|test| test.p), other.mcnemar.map(|test| test.p));
        assert_eq!(one.ci95.is_some(), other.ci95.is_some(), "{name} {metric}");
        if let (Some([low, high]), Some([other_low, other_high])) = (one.ci95, other.ci95) {
            assert!((low + other_high).abs() < 1e-12 && (high + other_low).abs() < 1e-12);
        }
        let swapped = match other.verdict {
            Verdict::Won => Verdict::Lost,
            Verdict::Lost => Verdict::Won,
            Verdict::Undecided => Verdict::Undecided,
        };
        assert_eq!(one.verdict, swapped, "{name} {metric}");
    }
}

#[test]
fn evaluations_of_different_rows_do_not_compare() {
    let good = read(&predictions("good.jsonl"));
    let score = |locales: &str| {
        let locales = LocaleFilter::from_patterns(locales).unwrap();
        let selection = Selection { locales, partition: Some(Partition::Test) };
        let corpus = Corpus::open(MINI).unwrap().select(selection);
        Evaluation::run(&corpus, &good, Partition::Test, LabelMode::Reference, MissingRows::Error)
            .unwrap()
    };
    let (german, welsh) = (score("de-DE"), score("cy-GB"));
    let baseline = System { name: "german", evaluation: &german };
    let new = System { name: "welsh", evaluation: &welsh };
    let error = CompareDocument::new(baseline, &[new], &quick()).unwrap_err();
    assert!(error.to_string().starts_with("german and welsh were scored on different rows"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_order_of_rows_and_the_number_of_threads_change_nothing(
        order in Just((0..663usize).collect::<Vec<_>>()).prop_shuffle(),
        threads in 1..5usize,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("shuffled.jsonl");
        let text = fs::read_to_string(predictions("poor.jsonl")).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        prop_assert_eq!(lines.len(), order.len());
        let shuffled: String = order.iter().map(|&line| format!("{}\n", lines[line])).collect();
        fs::write(&path, shuffled).unwrap();
        let good = read(&predictions("good.jsonl"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let found =
            pool.install(|| compare(Path::new(MINI), &good, &read(&path), quick()));
        let poor = read(&predictions("poor.jsonl"));
        prop_assert_eq!(found, compare(Path::new(MINI), &good, &poor, quick()));
    }
}
