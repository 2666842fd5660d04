//! What must not change a score: the order of the predictions and the files
//! that they lie in.

use std::path::PathBuf;
use std::sync::LazyLock;

use massive_data::{Corpus, LabelMode, Partition, PredictionFiles, Selection};
use massive_eval::{
    Bootstrap, Evaluation, Grouping, Interval, Metric, MissingRows, ScoreDocument, ScoreOptions,
    Submission,
};
use proptest::prelude::*;
use tempfile::TempDir;

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");

static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = std::fs::read_to_string(format!("{MINI}/predictions/good.jsonl")).unwrap();
    text.lines().map(|line| format!("{line}\n")).collect()
});

static ONE_FILE: LazyLock<[ScoreDocument; 2]> =
    LazyLock::new(|| score(&[format!("{MINI}/predictions/good.jsonl").into()]));

/// With either kind of interval.
fn score(files: &[PathBuf]) -> [ScoreDocument; 2] {
    let files = PredictionFiles::open(files).unwrap();
    let (submission, bad) = Submission::read(&files).unwrap();
    assert_eq!(bad.count, 0);
    let partition = Partition::Test;
    let corpus = Corpus::open(MINI).unwrap().select(Selection {
        locales: submission.locales().clone().into(),
        partition: Some(partition),
    });
    let evaluation =
        Evaluation::run(&corpus, &submission, partition, LabelMode::Reference, MissingRows::Error)
            .unwrap();
    assert!(evaluation.problems.missing.is_empty());
    let bootstrap = Interval::Bootstrap(Bootstrap { resamples: 50, seed: 7 });
    [Interval::WilsonIds, bootstrap].map(|interval| {
        evaluation.document(&ScoreOptions {
            interval,
            groupings: Grouping::ALL.into(),
            metrics: Metric::ALL.into(),
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn order_and_files_do_not_matter(
        order in Just((0..LINES.len()).collect::<Vec<_>>()).prop_shuffle(),
        cuts in prop::collection::vec(0..LINES.len(), 0..4),
    ) {
        let folder = TempDir::new().unwrap();
        let mut cuts = cuts;
        cuts.extend([0, LINES.len()]);
        cuts.sort_unstable();
        let files: Vec<PathBuf> = cuts
            .windows(2)
            .enumerate()
            .map(|(number, ends)| {
                let path = folder.path().join(format!("{number}.jsonl"));
                let text: String = order[ends[0]..ends[1]].iter().map(|&line| LINES[line].as_str()).collect();
                std::fs::write(&path, text).unwrap();
                path
            })
            .collect();
        prop_assert_eq!(&score(&files), &*ONE_FILE);
        prop_assert_eq!(&score(&[folder.path().to_owned()]), &*ONE_FILE);
    }
}

#[test]
fn the_intervals_do_not_depend_on_threads() {
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let document = alone.install(|| score(&[format!("{MINI}/predictions/good.jsonl").into()]));
    assert_eq!(document, *ONE_FILE);
}

#[test]
fn the_archive_is_the_folder() {
    let read = |path: &str| Corpus::open(format!("{MINI}/{path}")).unwrap().read().unwrap().0;
    assert_eq!(read("mini.tar.gz"), read("data"));
}
