//! `massive predict` with a text-to-text model.

use super::support::{Folder, fixture, mini, run, shared};

/// The arguments for the shared model, with the tokenizer that gives the
/// reference's ids; `None` if it is not here.
fn model() -> Option<Vec<String>> {
    let folder = shared()?.join("models/mt5-text-to-text");
    let path = |path: &std::path::Path| path.display().to_string();
    Some(vec![
        "predict".to_owned(),
        "--engine".to_owned(),
        "builtin".to_owned(),
        "--model".to_owned(),
        path(&folder),
        "--tokenizer".to_owned(),
        path(&folder.join("tokenizer.reference.json")),
    ])
}

fn with(mut arguments: Vec<String>, more: &[&str]) -> Vec<String> {
    arguments.extend(more.iter().map(|&argument| argument.to_owned()));
    arguments
}

#[test]
fn a_parse_is_what_the_reference_makes_of_it() {
    let Some(model) = model() else { return };
    let text =
        ["--locale", "en-US", "--text", "wake me up at five am this week", "--format", "json"];
    let greedy = run(with(model.clone(), &text)).json();
    assert_eq!(greedy["pred_intent"], "alarm_set");
    // Two labels short: the last word is outside.
    let labels = |parse: &serde_json::Value| {
        parse["pred_slots"]
            .as_array()
            .unwrap()
            .iter()
            .map(|slot| slot[1].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(labels(&greedy), ["date"]);
    let beams = run(with(with(model, &text), &["--beams", "2"])).json();
    assert_eq!((&beams["pred_intent"], labels(&beams)), (&"alarm_set".into(), vec!["time".into()]));
}

#[test]
fn malformed_texts_are_counted_and_the_constraint_leaves_none() {
    let Some(model) = model() else { return };
    let folder = Folder::new();
    let run_with = |name: &str, more: &[&str]| {
        let output = folder.at(name);
        let corpus = mini("data");
        let options = ["--corpus", &corpus, "--locales", "en-US,de-DE", "--output", &output];
        let run = run(with(with(model.clone(), &options), more));
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stderr
    };
    let free = run_with("free.jsonl", &["--max-new-tokens", "40"]);
    assert!(free.contains("of the model's texts are not of the expected form"), "{free}");
    let held = run_with("held.jsonl", &["--constrained"]);
    assert!(!held.contains("not of the expected form"), "{held}");
}

#[test]
fn its_flags_are_refused_for_other_models() {
    for flag in [&["--beams", "2"][..], &["--constrained"], &["--reading", "corrected"]] {
        let model = fixture("tiny");
        let options = [
            "predict", "--model", &model, "--locale", "en-US", "--text", "hello", "--engine",
            "builtin",
        ];
        let message = format!("{} is for text-to-text models, and ", flag[0]);
        run([&options[..], flag].concat()).fails(2, &message);
    }
}
