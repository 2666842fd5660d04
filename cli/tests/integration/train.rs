//! `massive train`, and what takes its models.

use super::support::{Folder, Run, assert_valid, lines, mini, run, validator};

/// Trains on the mini corpus, whose intents have a row or two each.
fn train(output: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    let fixed = ["train", "--corpus", &corpus, "--rare-labels", "--output", output];
    run([&fixed, options].concat())
}

#[test]
fn a_model_is_trained_and_used() {
    let folder = Folder::new();
    let model = folder.at("model");
    let options = ["--locales", "en-US,ja-JP", "--format", "json"];
    let document = train(&model, &options).json();
    assert_valid("train", &document);
    assert_eq!(document["locales"][0]["locale"], "en-US");
    assert_eq!(document["locales"][0]["rows"], 11);
    let manifest = std::fs::read_to_string(folder.path("model/massive-learn.json")).unwrap();
    assert!(validator("trained-model").is_valid(&serde_json::from_str(&manifest).unwrap()));
    let card = std::fs::read_to_string(folder.path("model/README.md")).unwrap();
    assert!(card.contains("| ja-JP | 11 |"), "{card}");

    let shown = run(["model", "inspect", &model]).ok();
    assert!(shown.contains("problems     none"), "{shown}");
    assert_valid("trained-inspect", &run(["model", "inspect", &model, "--format", "json"]).json());

    let explained = [
        "model",
        "explain",
        &model,
        "--locale",
        "en-US",
        "--text",
        "will it rain",
        "--format",
        "json",
    ];
    assert_valid("model-explain", &run(explained).json());

    let predictions = folder.at("predictions.jsonl");
    let corpus = mini("data");
    let predict = ["predict", "--model", &model, "--corpus", &corpus, "--output", &predictions];
    let scored = run([&predict[..], &["--score", "--format", "json"]].concat()).json();
    assert_eq!(scored["all"]["utterances"], 26);
    assert_eq!(lines(&predictions).len(), 26);
    // Of what it was trained on it knows most.
    let known = ["--partition", "train", "--score", "--format", "json"];
    let again = folder.at("train.jsonl");
    let predict = ["predict", "--model", &model, "--corpus", &corpus, "--output", &again];
    let scored = run([&predict[..], &known].concat()).json();
    assert!(scored["all"]["ex_match_acc"]["value"].as_f64().unwrap() > 0.5, "{scored}");
}

#[test]
fn the_same_bytes_on_one_and_two_threads() {
    let folder = Folder::new();
    let (one, two) = (folder.at("one"), folder.at("two"));
    train(&one, &["--locales", "de-DE,ja-JP,th-TH", "--threads", "1"]).ok();
    train(&two, &["--locales", "de-DE,ja-JP,th-TH", "--threads", "2"]).ok();
    for name in
        ["de-DE.weights", "ja-JP.weights", "th-TH.weights", "massive-learn.json", "README.md"]
    {
        let read = |folder: &str| std::fs::read(format!("{folder}/{name}")).unwrap();
        assert_eq!(read(&one), read(&two), "{name}");
    }
}

#[test]
fn what_cannot_be_learned_from_is_a_sentence() {
    let folder = Folder::new();
    let output = folder.at("model");
    let corpus = mini("data");
    let rare = run(["train", "--corpus", &corpus, "--locales", "en-US", "--output", &output]);
    rare.fails(2, "has one row only in partition train");
    let held_out: Vec<String> = lines(&mini("data/en-US.jsonl"))
        .into_iter()
        .filter(|line| line.contains("MMNLU-22"))
        .map(|line| line.replace("MMNLU-22", "train"))
        .collect();
    let unlabelled = folder.write_lines("unlabelled.jsonl", held_out);
    run(["train", "--corpus", &unlabelled, "--output", &output]).fails(2, "has no labels");
    assert_eq!(folder.names(), ["unlabelled.jsonl"], "nothing looks finished");
}

#[test]
fn a_model_that_cannot_be_used_is_a_sentence() {
    let folder = Folder::new();
    let model = folder.at("model");
    train(&model, &["--locales", "en-US"]).ok();
    let predict = |locale: &str| {
        run(["predict", "--model", &model, "--locale", locale, "--text", "will it rain"])
    };
    assert!(predict("en-US").ok().contains('%'));
    predict("de-DE").fails(2, "has no model of de-DE: it has en-US");
    let weights = folder.path("model/en-US.weights");
    let mut bytes = std::fs::read(&weights).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&weights, &bytes).unwrap();
    predict("en-US").fails(2, "is damaged: its checksum does not fit");
    assert_eq!(run(["model", "inspect", &model]).code, 1);
    bytes[8] = 2;
    std::fs::write(&weights, &bytes).unwrap();
    predict("en-US").fails(2, "is of version 2 of the format");
    let manifest = folder.path("model/massive-learn.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("massive-learn/1", "massive-learn/2")).unwrap();
    predict("en-US").fails(2, "is of format `massive-learn/2`");
}
