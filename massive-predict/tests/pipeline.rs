//! A mock over made-up rows: the result depends neither on threads nor on
//! batches nor on interruptions.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use massive_data::{Corpus, SlotName};
use massive_predict::batch::BatchLimits;
use massive_predict::corpus::{Request, Target, predict};
use massive_predict::journal::{FORMAT, Start};
use massive_predict::line::LineWords;
use massive_predict::pipeline::Limits;
use massive_predict::{
    Error, ErrorKind, Example, Fingerprint, Journal, Prediction, Predictor, Result, Shard,
    predict_all, predictor,
};
use proptest::prelude::*;

fn corpus() -> Corpus {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/mini");
    Corpus::open(folder).unwrap()
}

/// A predictor whose answer depends on every word.
fn mock() -> impl Predictor {
    predictor::from_fn(|example: &Example| Ok(prediction(example)))
}

fn prediction(example: &Example) -> Prediction {
    let label = |word: &str| (word.len() % 2 == 1).then(|| SlotName::open("date"));
    Prediction {
        intent: Some(format!("intent_{}", example.text.len()).into()),
        labels: Some(example.words.iter().map(|word| label(word)).collect()),
        ..Prediction::default()
    }
}

fn limits(rows: usize, length: usize, window: usize) -> Limits {
    Limits { batch: BatchLimits { rows, length }, window }
}

fn run(
    predictor: &dyn Predictor,
    threads: usize,
    limits: Limits,
    shard: Shard,
    target: &mut Target<'_>,
) -> Result<u64> {
    let request = Request {
        corpus: &corpus(),
        shard,
        predictor,
        workers: (0..threads).map(|_| predictor.worker()).collect::<Result<_>>()?,
        limits,
        words: LineWords::Own,
        stop: &AtomicBool::new(false),
        on_row: &|| {},
    };
    predict(request, target).map(|outcome| outcome.rows)
}

fn lines(threads: usize, limits: Limits, shard: Shard) -> String {
    let mut out = Vec::new();
    run(&mock(), threads, limits, shard, &mut Target::Stream(&mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

fn fingerprint(model: &str) -> Fingerprint {
    Fingerprint {
        format: FORMAT.to_owned(),
        tool: "1".to_owned(),
        model: model.into(),
        engine: "mock".to_owned(),
        corpus: "mini".into(),
        options: "none".into(),
    }
}

/// What comes of it on one thread, a row at a time.
fn one_by_one() -> &'static String {
    static LINES: OnceLock<String> = OnceLock::new();
    LINES.get_or_init(|| lines(1, limits(1, 1, 1), Shard::WHOLE))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn lines_depend_neither_on_threads_nor_on_batches(
        threads in 1usize..5, rows in 1usize..40, length in 1usize..400, window in 1usize..300,
    ) {
        let whole = one_by_one();
        prop_assert!(whole.lines().count() > 100);
        prop_assert_eq!(&lines(threads, limits(rows, length, window), Shard::WHOLE), whole);
    }
}

#[test]
fn shards_hold_every_line_once() {
    let whole = lines(1, limits(8, 64, 100), Shard::WHOLE);
    let shards: Vec<String> =
        (1..=3).map(|i| lines(2, limits(8, 64, 100), Shard::new(i, 3).unwrap())).collect();
    let mut shards: Vec<_> = shards.iter().map(|lines| lines.lines()).collect();
    for (number, line) in whole.lines().enumerate() {
        assert_eq!(shards[number % 3].next(), Some(line));
    }
    assert!(shards.iter_mut().all(|lines| lines.next().is_none()));
}

/// A mock that fails at its `at`-th example.
fn failing(at: u64) -> impl Predictor {
    let seen = AtomicU64::new(0);
    predictor::from_fn(move |example: &Example| {
        if seen.fetch_add(1, Ordering::Relaxed) == at {
            return Err(Error::predictor("killed"));
        }
        Ok(prediction(example))
    })
}

#[test]
fn a_run_that_ended_early_is_gone_on_with() {
    let whole = lines(1, limits(8, 64, 100), Shard::WHOLE);
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.jsonl");
    let open = |model, start| Journal::open(&output, &fingerprint(model), start);
    let nothing = open("mock", Start::Resume).unwrap_err();
    assert_eq!(nothing.kind(), ErrorKind::NothingToResume);

    let mut start = Start::New;
    // Each run comes further than the one before it.
    for at in [150, 90, 60] {
        let mut target = Target::Journal(open("mock", start).unwrap());
        let error = run(&failing(at), 2, limits(4, 64, 32), Shard::WHOLE, &mut target);
        assert_eq!(error.unwrap_err().to_string(), "killed");
        let Target::Journal(journal) = target else { unreachable!() };
        let left = std::fs::read_to_string(journal.path()).unwrap();
        assert!(whole.starts_with(&left) && journal.rows() == left.lines().count() as u64);
        assert!(journal.rows() > 0);
        // A line that was not finished when the power went.
        std::fs::write(journal.path(), left + "{\"id\": \"").unwrap();
        start = Start::Resume;
    }
    assert_eq!(open("mock", Start::New).unwrap_err().kind(), ErrorKind::Unfinished);
    let changed = open("other", Start::Resume).unwrap_err();
    assert_eq!(changed.kind(), ErrorKind::Changed);
    assert!(changed.to_string().ends_with("the model changed since"), "{changed}");

    let mut target = Target::Journal(open("mock", Start::Resume).unwrap());
    run(&mock(), 3, limits(8, 64, 100), Shard::WHOLE, &mut target).unwrap();
    let Target::Journal(journal) = target else { unreachable!() };
    journal.finish(&output).unwrap();
    assert_eq!(std::fs::read_to_string(&output).unwrap(), whole);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn rows_of_another_corpus_are_not_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("out.jsonl");
    drop(Journal::open(&output, &fingerprint("mock"), Start::New).unwrap());
    let line = "{\"id\": \"999999\", \"locale\": \"de-DE\", \"pred_intent\": \"x\"}\n";
    std::fs::write(massive_predict::journal::path_of(&output), line).unwrap();
    let journal = Journal::open(&output, &fingerprint("mock"), Start::Resume).unwrap();
    let result = run(&mock(), 1, limits(8, 64, 100), Shard::WHOLE, &mut Target::Journal(journal));
    assert_eq!(result.unwrap_err().kind(), ErrorKind::Damaged);
}

#[test]
fn what_another_predictor_encoded_is_refused() {
    let example = Example::from_text("1".parse().unwrap(), "en-US".parse().unwrap(), "a b");
    let encoded = mock().encode(example.clone()).unwrap();
    assert_eq!(encoded.length(), 2);
    assert_eq!(encoded.input::<String>().unwrap_err().kind(), ErrorKind::Request);
    assert_eq!(predict_all(&mock(), vec![example.clone()]).unwrap(), [prediction(&example)]);
}
