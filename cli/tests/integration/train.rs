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

/// Rows without labels that all say the same, a row a locale given.
fn unlabelled(locales: impl IntoIterator<Item = &'static str>) -> Vec<String> {
    let held_out = lines(&mini("data/en-US.jsonl"));
    let row = held_out.iter().find(|line| line.contains("MMNLU-22")).unwrap();
    let mut row: serde_json::Value = serde_json::from_str(row).unwrap();
    let mut of = |(id, locale): (usize, &str)| {
        (row["id"], row["locale"]) = (id.to_string().into(), locale.into());
        row.to_string()
    };
    (1..).zip(locales).map(&mut of).collect()
}

#[test]
fn predictions_of_trained_models_go_on_after_an_error_and_come_in_shards() {
    let folder = Folder::new();
    let model = folder.at("model");
    train(&model, &["--locales", "en-US"]).ok();
    // So far behind that rows before it must have been written: three windows at most
    // are under way.
    let locales = |strange| (1..=4100).map(move |id| if id == strange { "xx-XX" } else { "en-US" });
    let corpus = folder.write_lines("rows.jsonl", unlabelled(locales(4090)));
    let output = folder.at("predictions.jsonl");
    let predict = |output: &str, options: &[&str]| {
        let fixed = ["predict", "--model", &model, "--corpus", &corpus, "--output", output];
        run([&fixed[..], &["--partition", "MMNLU-22"], options].concat())
    };
    predict(&output, &["--locales", "*"]).fails(2, "has no model of xx-XX: it has en-US");
    folder.write_lines("rows.jsonl", unlabelled(locales(0)));
    predict(&output, &["--locales", "*"]).fails(2, "is left from a run that was not finished");
    let resumed = predict(&output, &["--locales", "*", "--resume"]);
    assert!(resumed.stderr.contains(" are there; going on after them"), "{}", resumed.stderr);
    let whole = folder.at("whole.jsonl");
    predict(&whole, &["--threads", "1"]).ok();
    assert_eq!(lines(&output), lines(&whole));

    let (one, two) = (folder.at("one.jsonl"), folder.at("two.jsonl.gz"));
    predict(&one, &["--shard", "1/2"]).ok();
    predict(&two, &["--shard", "2/2"]).ok();
    let odd: Vec<String> = lines(&whole).into_iter().step_by(2).collect();
    assert_eq!(lines(&one), odd);
    assert_eq!(std::fs::read(&two).unwrap()[..2], [0x1f, 0x8b]);
    predict(&one, &["--graph", "model.onnx"]).fails(2, "--graph is for ONNX models");

    predict(&one, &["--scores", "--top-k", "3"]).ok();
    let first: serde_json::Value = serde_json::from_str(&lines(&one)[0]).unwrap();
    assert_valid("prediction", &first);
    let likely = first["pred_intent_scores"].as_array().unwrap();
    assert_eq!(likely.len(), 3);
    assert_eq!(likely[0], serde_json::json!([first["pred_intent"], first["pred_intent_score"]]));
}

#[test]
fn other_locales_lend_their_rows() {
    let folder = Folder::new();
    let corpus = mini("data");
    let fixed = ["train", "--corpus", &corpus, "--locales", "nb-NO"];
    let curve = ["--from", "da-DK,sv-SE,nb-NO", "--curve", "0,4", "--format", "json"];
    let document = run([&fixed[..], &curve].concat()).json();
    assert_valid("curve", &document);
    assert_eq!(document["from"], serde_json::json!(["da-DK", "nb-NO", "sv-SE"]));
    let points = &document["locales"][0]["points"];
    assert_eq!((&points[0]["rows"], &points[1]["rows"]), (&0.into(), &4.into()));
    let output = folder.at("zero-shot");
    let zero = ["--from", "da-DK,sv-SE", "--rows", "0", "--format", "json"];
    let document = train(&output, &[&["--locales", "nb-NO"], &zero[..]].concat()).json();
    assert_valid("train", &document);
    assert_eq!(document["locales"][0]["rows"], 22);
    let card = std::fs::read_to_string(folder.path("zero-shot/README.md")).unwrap();
    assert!(card.contains("besides those of da-DK, sv-SE"), "{card}");
    let alone = folder.at("alone");
    train(&alone, &["--rows", "0"]).fails(2, "with --from");
    train(&alone, &["--from", "xx-XX"]).fails(2, "no rows of these locales to learn from");
}

#[test]
fn a_scenario_that_was_not_seen_is_measured() {
    let corpus = mini("data");
    let fixed = ["train", "--corpus", &corpus, "--locales", "en-US", "--leave-one-scenario-out"];
    let document = run([&fixed[..], &["--format", "json"]].concat()).json();
    assert_valid("scenarios", &document);
    let scenarios = document["locales"][0]["scenarios"].as_array().unwrap();
    let rows: u64 = scenarios.iter().map(|one| one["dev_rows"].as_u64().unwrap()).sum();
    let dev = lines(&mini("data/en-US.jsonl"));
    assert_eq!(rows, dev.iter().filter(|line| line.contains("\"dev\"")).count() as u64);
    assert!(run(fixed).ok().contains("not seen"));
    let unlabelled = ["--partition", "test"];
    assert_eq!(run([&fixed[..], &unlabelled].concat()).code, 2);
}

#[test]
fn a_curve_says_how_much_data_is_needed() {
    let folder = Folder::new();
    let (corpus, plot) = (mini("data"), folder.at("curve.svg"));
    let fixed = ["train", "--corpus", &corpus, "--locales", "en-US,de-DE"];
    let options = ["--curve", "4,8,all", "--plot", &plot, "--format", "json"];
    let document = run([&fixed[..], &options].concat()).json();
    assert_valid("curve", &document);
    let rows =
        |locale: usize, point: usize| document["locales"][locale]["points"][point]["rows"].as_u64();
    assert_eq!([rows(0, 0), rows(0, 1), rows(1, 2)], [Some(4), Some(8), Some(11)]);
    let drawn = std::fs::read_to_string(&plot).unwrap();
    assert!(drawn.contains(">de-DE</text>") && drawn.contains(">11</text>"), "{drawn}");
    let table = run([&fixed[..], &["--curve", "all"]].concat()).ok();
    assert!(table.contains(" macro           11"), "{table}");
    let wrong = run([&fixed[..], &["--curve", "10,many"]].concat());
    wrong.fails(2, "`many` is no number of rows");
    // A smaller choice lies within a larger one, and the same ids are taken everywhere.
    let few = |locale: &str, rows: &str| {
        let output = folder.at(&format!("{locale}-{rows}"));
        train(&output, &["--locales", locale, "--rows", rows, "--format", "json"]).json()
    };
    assert_eq!(few("sw-KE", "5")["locales"][0]["rows"], 5);
    let shots = folder.at("shots");
    let document =
        train(&shots, &["--locales", "en-US", "--shots", "1", "--format", "json"]).json();
    let intents = std::fs::read_to_string(folder.path("shots/massive-learn.json")).unwrap();
    let manifest: serde_json::Value = serde_json::from_str(&intents).unwrap();
    assert_eq!(document["locales"][0]["rows"], manifest["locales"][0]["intents"]);
}

/// The gold labels of a locale's rows as a teacher's predictions.
fn teacher(locale: &str, partitions: &[&str]) -> Vec<String> {
    let rows = lines(&mini(&format!("data/{locale}.jsonl")));
    let rows = rows.iter().map(|row| serde_json::from_str::<serde_json::Value>(row).unwrap());
    rows.filter(|row| partitions.iter().any(|partition| row["partition"] == *partition))
        .map(|row| {
            let said = serde_json::json!({
                "id": row["id"], "locale": row["locale"], "pred_intent": row["intent"],
                "pred_annot_utt": row["annot_utt"],
            });
            said.to_string()
        })
        .collect()
}

#[test]
fn a_student_learns_from_a_teacher() {
    let folder = Folder::new();
    let output = folder.at("student");
    let said = folder.write_lines("teacher.jsonl", teacher("en-US", &["dev", "test"]));
    let options = ["--locales", "en-US", "--rows", "6", "--teacher", &said, "--format", "json"];
    let document = train(&output, &options).json();
    assert_valid("train", &document);
    let one = &document["distillation"][0];
    assert_eq!((one["labelled"].as_u64(), one["taught"].as_u64()), (Some(6), Some(6)), "{one}");
    assert_eq!(one["test_rows"], 13);
    assert_eq!(one["teacher"]["ex_match_acc"], 1.0);
    assert!(one["student"]["ex_match_acc"].as_f64() >= one["alone"]["ex_match_acc"].as_f64());
    // What it was taught, it knows.
    let corpus = mini("data");
    let predict = ["predict", "--model", &output, "--corpus", &corpus, "--partition", "dev"];
    let scored = run([&predict[..], &["--score", "--format", "json"]].concat()).json();
    assert_eq!(scored["all"]["intent_acc"]["value"], 1.0, "{scored}");

    let strange = folder.write("other.jsonl", said_of("en-US", "4711"));
    let other = folder.at("other");
    let teach = |file: &str| train(&other, &["--locales", "en-US", "--teacher", file]);
    teach(&strange)
        .fails(2, "1 rows that are not among the rows to learn from, the first being en-US 4711");
    let useless = folder.write_lines("train.jsonl", teacher("en-US", &["train"]));
    teach(&useless).fails(2, "the teacher teaches nothing about en-US");
    let text = folder.write(
        "text.jsonl",
        r#"{"id": "4711", "locale": "en-US", "partition": "MMNLU-22", "utt": "wake me"}"#,
    );
    train(&other, &["--locales", "en-US", "--teacher", &strange, "--unlabelled", &text]).ok();
}

fn said_of(locale: &str, id: &str) -> String {
    serde_json::json!({
        "id": id, "locale": locale, "pred_intent": "alarm_set", "pred_annot_utt": "wake me"
    })
    .to_string()
}
