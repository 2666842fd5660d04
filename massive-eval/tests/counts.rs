//! Rows that are counted apart, sent as tables and merged in any order give the
//! very document of one run.

use std::sync::Arc;

use massive_data::{
    Corpus, JudgmentFilter, LabelMode, Partition, PredictionFiles, ReadReport, Selection,
};
use massive_eval::evaluation::Settings;
use massive_eval::{
    CountsPart, Evaluation, MissingRows, RowCounts, ScoreOptions, Submission, counts_file,
    counts_table,
};
use proptest::prelude::*;

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");

/// The shared submission and the release where they are here, else our own.
fn evaluation() -> Evaluation {
    let (corpus, predictions) = match massive_testdata::shared(&["oracle/submission", "massive"]) {
        Some(shared) => {
            let folder = shared.join("oracle/submission");
            let mut files: Vec<_> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.to_string_lossy().contains(".jsonl"))
                .collect();
            files.sort();
            (shared.join("massive/amazon-massive-dataset-1.1.tar.gz"), files)
        }
        None => (MINI.into(), vec![format!("{MINI}/predictions/good.jsonl").into()]),
    };
    let (submission, bad) =
        Submission::read(&PredictionFiles::open(&predictions).unwrap()).unwrap();
    assert_eq!(bad.count, 0);
    let corpus = Corpus::open(corpus).unwrap().select(Selection {
        locales: submission.locales().clone().into(),
        partition: Some(Partition::Test),
    });
    let (labels, missing) = (LabelMode::Reference, MissingRows::Error);
    Evaluation::run(&corpus, &submission, Partition::Test, labels, missing).unwrap()
}

fn settings(of: &Evaluation) -> Settings {
    Settings {
        partition: of.partition,
        labels: of.labels,
        input: of.input.clone(),
        missing_rows: of.missing_rows,
        filter: JudgmentFilter::default(),
        report: Arc::new(ReadReport {
            locales: of.report.locales.clone(),
            ..ReadReport::default()
        }),
    }
}

fn json(evaluation: &Evaluation) -> String {
    let options =
        ScoreOptions { metrics: massive_eval::Metric::ALL[..7].into(), ..Default::default() };
    serde_json::to_string(&evaluation.document(&options)).unwrap()
}

/// A number that looks drawn, of a seed and another number.
fn drawn(seed: u64, number: u64) -> u64 {
    let mixed =
        (seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 29)
}

#[test]
fn parts_merge_to_the_same_document() {
    let whole = evaluation();
    let expected = json(&whole);
    for (parts, seed) in [(1, 1), (7, 2), (500, 3)] {
        let mut split: Vec<Vec<RowCounts>> = vec![Vec::new(); parts];
        for (number, row) in whole.utterances.iter().enumerate() {
            split[(drawn(seed, number as u64) % parts as u64) as usize].push(row.clone());
        }
        split.sort_by_key(|part| drawn(seed + 9, part.len() as u64));
        let sent = split.iter().flat_map(|part| {
            let batch = counts_table::to_batch("system", part).unwrap();
            assert_eq!(batch.schema(), counts_table::schema());
            counts_table::from_batch(&batch).unwrap().remove("system").unwrap_or_default()
        });
        let merged = Evaluation::from_rows(settings(&whole), sent).unwrap();
        assert!(json(&merged) == expected, "{parts} parts give another document");
    }
}

#[test]
fn files_of_counts_merge_to_the_same_document() {
    let whole = evaluation();
    let folder = tempfile::tempdir().unwrap();
    let part = |parts: &[usize]| {
        let rows = whole.utterances.iter().enumerate();
        let rows = rows.filter(|(number, _)| parts.contains(&(number % 5)));
        let rows = rows.map(|(_, row)| row.clone());
        let mut evaluation = Evaluation::from_rows(settings(&whole), rows).unwrap();
        // A part knows how many rows the corpus has: it lacks the others.
        let path = folder.path().join(format!("counts-{parts:?}.parquet"));
        let lacking = whole.utterances.len() - evaluation.utterances.len();
        let absent = whole.utterances.iter().enumerate();
        let absent = absent.filter(|(number, _)| !parts.contains(&(number % 5)));
        evaluation.utterances.extend(
            absent.map(|(_, row)| RowCounts { missing: true, ..row.clone() }).take(lacking),
        );
        let file = std::fs::File::create(&path).unwrap();
        counts_file::write(&CountsPart::of(&evaluation, "system").unwrap(), file).unwrap();
        path
    };
    let paths = [part(&[3]), part(&[0, 4]), part(&[1, 2])];
    assert_eq!(json(&counts_file::merge(&paths, None).unwrap()), json(&whole));
    let error = counts_file::merge(&paths[..2], None).unwrap_err().to_string();
    assert!(error.contains("rows are in none of these tables"), "{error}");
    let error = counts_file::merge(&[format!("{MINI}/mini.tar.gz").into()], None).unwrap_err();
    assert!(error.to_string().contains("is no table of counts"), "{error}");
}

#[test]
fn a_part_that_came_twice_counts_once_and_one_that_differs_is_refused() {
    let whole = evaluation();
    let rows: Vec<RowCounts> = whole.utterances.iter().take(50).cloned().collect();
    let once = Evaluation::from_rows(settings(&whole), rows.clone()).unwrap();
    let twice =
        Evaluation::from_rows(settings(&whole), rows.iter().chain(&rows[10..20]).cloned()).unwrap();
    assert_eq!(json(&once), json(&twice));
    let mut other = rows[3].clone();
    other.counts.exact_match = !other.counts.exact_match;
    let error =
        Evaluation::from_rows(settings(&whole), rows.into_iter().chain([other])).unwrap_err();
    assert!(error.to_string().contains("counted twice, with different results"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_digest_of_gold_sees_every_row(changed in 0usize..40, bit in 0u32..64) {
        let mut rows: Vec<u64> = (0..40).map(|number| drawn(5, number)).collect();
        let before = massive_eval::row_counts::gold_digest(rows.iter().copied());
        rows[changed] ^= 1 << bit;
        prop_assert_ne!(before, massive_eval::row_counts::gold_digest(rows));
    }
}
