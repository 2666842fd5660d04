//! Metrics against the golden files of the reference implementation. They lie
//! outside this repository; without them the tests say so and pass.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use massive_data::prediction::predicted_label;
use massive_data::{SlotName, chunks};
use massive_eval::metrics::reference_stderr;
use massive_eval::{Counts, Metric, UtteranceCounts};
use serde_json::Value;

#[path = "support/shared.rs"]
mod shared;
use shared::shared;

fn labels(value: &Value) -> Vec<Option<SlotName>> {
    strings(value).into_iter().map(predicted_label).collect()
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

fn references(labels: &[Option<SlotName>]) -> Vec<Option<&SlotName>> {
    labels.iter().map(Option::as_ref).collect()
}

fn assert_close(found: f64, golden: &Value, what: &str) {
    let golden = golden.as_f64().unwrap();
    assert!((found - golden).abs() < 1e-12, "{what}: {found} is not {golden}");
}

/// Every metric and standard error that `golden` names.
fn assert_metrics(counts: &Counts, golden: &Value, what: &str) {
    for metric in Metric::PAPER {
        let value = metric.of_counts(counts).unwrap();
        assert_close(value, &golden[metric.name()], &format!("{what}: {metric}"));
        let golden = &golden[format!("{metric}_stderr")];
        match reference_stderr(metric, value, counts) {
            Some(stderr) => assert_close(stderr, golden, &format!("{what}: {metric} stderr")),
            // The reference divides by zero words.
            None => assert!(golden.is_null(), "{what}: {metric} stderr"),
        }
    }
}

/// The lines of `edge_cases.jsonl`, whose bare `NaN` is no JSON.
fn edge_cases(shared: &std::path::Path) -> Vec<Value> {
    let text = fs::read_to_string(shared.join("oracle/eval/edge_cases.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(&line.replace("NaN", "null")).unwrap()).collect()
}

#[test]
fn edge_cases_about_scoring_hold() {
    let Some(shared) = shared() else { return };
    let cases = edge_cases(&shared);
    for line in [1, 2, 3, 4, 6, 9, 10, 11, 12, 22] {
        let case = &cases[line - 1];
        assert_eq!(case["fn"], "eval_preds");
        let args = &case["args"];
        let list = |name: &str| args[name].as_array().unwrap();
        let counts: Counts = (0..list("lab_slots").len())
            .map(|row| {
                let gold = labels(&list("lab_slots")[row]);
                let predicted = labels(&list("pred_slots")[row]);
                UtteranceCounts::of(
                    list("lab_intents")[row] == list("pred_intents")[row],
                    &references(&gold),
                    &references(&predicted),
                )
            })
            .sum();
        assert_metrics(&counts, &case["result"], &format!("line {line}"));
    }
}

#[test]
fn chunks_are_the_references_bio() {
    let Some(shared) = shared() else { return };
    let cases = edge_cases(&shared);
    for line in [26, 29] {
        let case = &cases[line - 1];
        assert_eq!(case["fn"], "convert_to_bio");
        let labels = labels(&case["args"][0]);
        let mut bio = vec!["O".to_owned(); labels.len()];
        for chunk in chunks(references(&labels)) {
            for (word, tag) in bio.iter_mut().enumerate().take(chunk.last + 1).skip(chunk.first) {
                let prefix = if word == chunk.first { "B" } else { "I" };
                *tag = format!("{prefix}-{}", chunk.label);
            }
        }
        assert_eq!(bio, strings(&case["result"]), "line {line}");
    }
}

#[test]
fn synthetic_predictions_too_short_and_too_long_score_the_same() {
    let Some(shared) = shared() else { return };
    let golden: Value = serde_json::from_reader(BufReader::new(
        File::open(shared.join("oracle/eval/synthetic_metrics.json")).unwrap(),
    ))
    .unwrap();
    let golden = golden["ignore_Other"].as_object().unwrap();
    let file = File::open(shared.join("oracle/eval/synthetic_preds.jsonl.gz")).unwrap();
    let rows: Vec<Value> = BufReader::new(GzDecoder::new(file))
        .lines()
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect();
    assert!(!rows.is_empty());
    for (locale, golden) in golden {
        let counts: Counts = rows
            .iter()
            .filter(|row| locale == "all" || row["locale"] == locale.as_str())
            .map(|row| {
                let (gold, predicted) = (labels(&row["slots"]), labels(&row["pred_slots"]));
                UtteranceCounts::of(
                    row["intent"] == row["pred_intent"],
                    &references(&gold),
                    &references(&predicted),
                )
            })
            .sum();
        assert_metrics(&counts, golden, locale);
    }
}
