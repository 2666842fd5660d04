//! SLU-F1 and its parts against the figures of SLURP's own evaluation. The files
//! lie outside this repository; without them the test says so and passes.

use std::collections::BTreeMap;

use massive_data::slurp::{is_slurp_gold, read_gold, read_predictions};
use massive_eval::MissingRows;
use massive_eval::slurp_score::score;

#[path = "support/shared.rs"]
mod shared;
use shared::shared;

/// Precision, recall, F1, true positives, false positives, false negatives by
/// label, `OVERALL` included, a block a kind of score.
fn golden(text: &str) -> Vec<(String, BTreeMap<String, Vec<f64>>)> {
    let mut blocks: Vec<(String, BTreeMap<String, Vec<f64>>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.trim_end().split('\t').collect();
        if fields[1] == "Precision" {
            blocks.push((fields[0].to_owned(), BTreeMap::new()));
            continue;
        }
        let numbers = fields[1..].iter().map(|field| field.trim().parse().unwrap()).collect();
        blocks.last_mut().unwrap().1.insert(fields[0].to_owned(), numbers);
    }
    blocks
}

#[track_caller]
fn assert_close(found: &[f64], golden: &[f64], what: &str) {
    assert!(found.len() <= golden.len());
    for (found, golden) in found.iter().zip(golden) {
        let tolerance = 1e-12 * golden.abs().max(1.0) * 10.0;
        assert!((found - golden).abs() <= tolerance, "{what}: {found} is not {golden}");
    }
}

#[test]
fn figures_are_those_of_slurps_own_evaluation() {
    let Some(shared) = shared() else { return };
    let slurp = shared.join("slurp");
    let gold_path = slurp.join("test.jsonl.gz");
    assert!(is_slurp_gold(&gold_path));
    assert!(!is_slurp_gold(slurp.join("gold_sfid_predictions.jsonl")));
    let gold = read_gold(gold_path).unwrap();
    let predictions = read_predictions(&[slurp.join("gold_sfid_predictions.jsonl")]).unwrap();
    let evaluation = score(&gold, &predictions, MissingRows::Wrong);
    assert!(evaluation.missing.is_empty() && evaluation.unknown.is_empty());
    assert!(evaluation.duplicate.is_empty());
    let document = evaluation.document;
    assert_eq!(document.utterances, 2_974);
    for average in ["micro", "macro"] {
        let path = slurp.join(format!("gold_sfid.{average}.tsv"));
        let golden = golden(&std::fs::read_to_string(path).unwrap());
        assert_eq!(golden.len(), 7);
        for ((name, _, scores), (title, golden)) in document.blocks().into_iter().zip(&golden) {
            assert_eq!(scores.labels.len() + 1, golden.len(), "{name} is not {title}");
            let overall = &golden["OVERALL"];
            let what = format!("{average} {title}");
            if average == "micro" {
                let micro = &scores.micro;
                assert_close(&[micro.precision, micro.recall, micro.f1], overall, &what);
            } else {
                let mean = &scores.macro_;
                assert_close(&[mean.precision, mean.recall, mean.f1], overall, &what);
            }
            let sums = &scores.micro.counts;
            assert_close(&[sums.tp, sums.fp, sums.fn_], &overall[3..], &what);
            for (label, score) in &scores.labels {
                let counts = &score.counts;
                assert_close(
                    &[score.precision, score.recall, score.f1, counts.tp, counts.fp, counts.fn_],
                    &golden[label],
                    &format!("{what} {label}"),
                );
            }
        }
    }
}
