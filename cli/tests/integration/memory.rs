//! `massive memory`, and what takes its folders.

use super::support::{Folder, Run, assert_valid, lines, mini, run, validator};

fn build(output: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    run([&["memory", "build", "--corpus", &corpus, "--output", output], options].concat())
}

fn predict(memory: &str, text: &str, options: &[&str]) -> Run {
    let fixed = ["predict", "--model", memory, "--locale", "en-US", "--text", text];
    run([&fixed[..], options].concat())
}

#[test]
fn rows_are_remembered_added_and_forgotten() {
    let folder = Folder::new();
    let memory = folder.at("memory");
    let built = build(&memory, &["--locales", "en-US,ja-JP", "--format", "json"]).json();
    assert_valid("memory", &built);
    assert_eq!(built["locales"][0]["rows"], 11);
    let manifest = std::fs::read_to_string(folder.path("memory/massive-learn.json")).unwrap();
    assert!(validator("trained-model").is_valid(&serde_json::from_str(&manifest).unwrap()));
    assert!(run(["model", "inspect", &memory]).ok().contains("problems     none"));
    assert_valid("trained-inspect", &run(["model", "inspect", &memory, "--format", "json"]).json());

    // What stands in train is known.
    let corpus = mini("data");
    let fixed = ["predict", "--model", &memory, "--corpus", &corpus, "--partition", "train"];
    let scored = run([&fixed[..], &["--score", "--format", "json"]].concat()).json();
    assert_eq!(scored["all"]["intent_acc"]["value"], 1.0, "{scored}");

    let text = "brew a large espresso";
    assert!(!predict(&memory, text, &[]).ok().contains("iot_coffee"));
    let row = ["--locale", "en-US", "--id", "mine", "--intent", "iot_coffee"];
    let add = ["memory", "add", &memory, "--text", "brew me a [coffee_type : large espresso]"];
    let added = run([&add[..], &row, &["--format", "json"]].concat()).json();
    assert_valid("memory", &added);
    assert_eq!(
        (&added["locales"][0]["added"], &added["locales"][0]["rows"]),
        (&1.into(), &12.into())
    );
    let parsed = predict(&memory, text, &[]).ok();
    assert!(parsed.starts_with("iot_coffee"), "{parsed}");
    assert!(parsed.contains("coffee_type: large espresso"), "{parsed}");
    let again = run([&add[..], &row, &["--format", "json"]].concat()).json();
    assert_eq!(again["locales"][0]["replaced"], 1);

    run(["memory", "remove", &memory, "--locale", "en-US", "mine"]).ok();
    assert!(!predict(&memory, text, &[]).ok().contains("iot_coffee"));
    run(["memory", "remove", &memory, "--locale", "en-US", "mine"]).fails(2, "has no row mine");
    run(["memory", "remove", &memory, "--locale", "de-DE", "0"]).fails(2, "has no model of de-DE");
}

#[test]
fn a_memory_says_which_neighbours_decided() {
    let folder = Folder::new();
    let memory = folder.at("memory");
    build(&memory, &["--locales", "en-US", "--label-descriptions", "--neighbours", "3"]).ok();
    let explained = predict(&memory, "will it rain", &["--explain", "--format", "json"]).json();
    assert_valid("memory-explain", &explained);
    assert_eq!(explained["neighbours"].as_array().unwrap().len(), 3);
    let fixed = ["model", "explain", &memory, "--locale", "en-US", "--text", "will it rain"];
    let other = run([&fixed[..], &["--format", "json"]].concat()).json();
    assert_eq!(explained, other);
    assert!(run(fixed).ok().contains("neighbours: similarity"));
    let rows = lines(&folder.at("memory/en-US.memory.jsonl"));
    assert!(rows.iter().any(|row| row.contains(r#""source":"label""#)));
}

#[test]
fn what_is_like_no_row_is_rejected() {
    let folder = Folder::new();
    let memory = folder.at("memory");
    let built = build(&memory, &["--locales", "en-US", "--reject", "0.2"]);
    assert!(built.stderr.contains("of 6 requests in scope"), "{}", built.stderr);
    built.ok();
    let corpus = mini("data");
    let output = folder.at("predictions.jsonl");
    let fixed = ["predict", "--model", &memory, "--corpus", &corpus, "--output", &output];
    run([&fixed[..], &["--partition", "dev"]].concat()).ok();
    let rejected = lines(&output).iter().filter(|line| !line.contains("pred_intent")).count();
    assert!(rejected <= 1, "{rejected}");
    let strange = predict(&memory, "xylophone zugzwang", &[]).ok();
    assert_eq!(strange, "(nothing: no intent and no slot)\n");
    build(&memory, &["--force", "--reject", "1.5"]).fails(2, "1.5 is no share of requests");
}

#[test]
fn what_is_no_memory_is_a_sentence() {
    let folder = Folder::new();
    let memory = folder.at("memory");
    build(&memory, &["--locales", "en-US"]).ok();
    let file = folder.path("memory/en-US.memory.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let cut: String = text.lines().take(4).map(|line| format!("{line}\n")).collect();
    std::fs::write(&file, cut).unwrap();
    predict(&memory, "will it rain", &[]).fails(2, "has 3 rows where its first line says 11");
    std::fs::write(&file, text.replace("massive-memory/1", "massive-memory/2")).unwrap();
    predict(&memory, "will it rain", &[]).fails(2, "is of format `massive-memory/2`");
    let corpus = mini("data/en-US.jsonl");
    let model = folder.at("model");
    run(["train", "--corpus", &corpus, "--rare-labels", "--output", &model]).ok();
    let remove = run(["memory", "remove", &model, "--locale", "en-US", "0"]);
    remove.fails(2, "is no memory: it holds linear models, whose rows cannot be changed");
    let open = ["memory", "add", &memory, "--locale", "en-US", "--id", "1", "--intent", "x"];
    run([&open[..], &["--text", "wake [time : six"]].concat()).fails(2, "a bracket is not closed");
}
