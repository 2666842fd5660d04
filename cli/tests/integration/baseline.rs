//! `massive leaderboard add --baseline`

use serde_json::Value;

use super::leaderboard::{file, leaderboard};
use super::support::{Folder, assert_valid, lines, mini};

/// Adds a baseline of the mini corpus.
fn add(board: &str, predictions: &str, options: &[&str]) -> super::support::Run {
    let corpus = mini("data");
    let fixed = ["add", "--baseline", predictions, "--corpus", &corpus, "--folder", board];
    leaderboard(&[&fixed[..], options].concat())
}

#[test]
fn a_baseline_is_a_verified_entry() {
    let (board, submissions) = (Folder::new(), Folder::new());
    let predictions = submissions.at("linear.jsonl");
    let options = ["--locales", "de-DE,en-US,ja-JP"];
    let added = add(&board.at(""), &predictions, &[&options[..], &["--format", "json"]].concat());
    assert!(added.stderr.contains("its predictions are in"), "{}", added.stderr);
    let added = added.json();
    assert_valid("leaderboard-add", &added);
    assert_eq!(added["entries"][0]["name"], "Linear baseline");
    let entry = file(&board, "linear-baseline");
    let entry: Value = serde_json::from_slice(&std::fs::read(entry).unwrap()).unwrap();
    assert_valid("entry", &entry);
    assert_eq!(entry["trained_on_evaluation_rows"], false);
    assert!(entry["model"]["parameters"].as_u64().unwrap() > 1000, "{entry}");
    // A row of test each of three locales, in whose train rows its intents are rare.
    assert_eq!(lines(&predictions).len(), 39);

    let corpus = mini("data");
    let at_hand = ["--predictions", &submissions.at(""), "--corpus", &corpus];
    let check = ["check", &board.at(""), "--require-predictions"];
    leaderboard(&[&check[..], &at_hand].concat()).ok();
    let render = ["render", &board.at(""), "--format", "json"];
    let board_document = leaderboard(&[&render[..], &at_hand].concat()).json();
    let row = &board_document["groups"][0]["entries"][0];
    assert_eq!(row["verified"], true, "{board_document}");

    // Training draws nothing: the same again changes nothing.
    add(&board.at(""), &predictions, &options).fails(2, "exists");
    let again = submissions.at("again.jsonl");
    let unchanged = add(&board.at(""), &again, &[&options[..], &["--force"]].concat());
    unchanged.ok();
    assert_eq!(lines(&predictions), lines(&again));
}

#[test]
fn a_baseline_that_cannot_be_is_a_sentence() {
    let (board, submissions) = (Folder::new(), Folder::new());
    let predictions = submissions.at("linear.jsonl");
    let zero = add(&board.at(""), &predictions, &["--task", "zero-shot"]);
    zero.fails(2, "a baseline learns each locale from its own rows");
    let unknown = add(&board.at(""), &predictions, &["--locales", "xx-XX"]);
    unknown.fails(2, "xx-XX has no rows in partition train");
    let both = add(&board.at(""), &predictions, &["--published"]);
    both.fails(2, "cannot be used with");
    assert_eq!(submissions.names(), [""; 0], "nothing looks finished");
}
