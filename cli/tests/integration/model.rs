//! `massive model`

use serde_json::Value;

use super::support::{Folder, assert_valid, fixture, lines, mini, run, shared};

#[test]
fn a_model_is_explained() {
    let shown = run(["model", "inspect", &fixture("tiny")]).ok();
    for text in [
        "kind         joint\n",
        "272 parameters, 1.7 kB, fp32, opset 13, 27 embeddings",
        "             slot_logits float32[batch, sequence, 6]\n",
        "intents      4: calendar_remove, cooking_recipe, iot_hue_lightoff, …; from ",
        "problems     none\n",
    ] {
        assert!(shown.contains(text), "{text:?} is not in {shown}");
    }
    let document = run(["model", "inspect", &fixture("tiny"), "--format", "json"]).json();
    assert_valid("model-inspect", &document);
    assert_eq!(document["slots"]["names"].as_array().unwrap().len(), 6);
}

#[test]
fn a_model_that_cannot_be_used_is_explained_too() {
    let folder = Folder::new();
    let broken = run(["model", "inspect", &folder.at(""), "--format", "json"]);
    assert_eq!(broken.code, 1);
    assert!(broken.stderr.contains("cannot be used"), "{}", broken.stderr);
    let document: Value = serde_json::from_str(&broken.stdout).unwrap();
    assert_valid("model-inspect", &document);
    assert_eq!(document["problems"][0]["severity"], "error");
    let wide = run(["model", "inspect", &fixture("tiny"), "--graph", "broken/wide.onnx"]);
    assert_eq!(wide.code, 1);
    assert!(wide.stdout.contains("error        "), "{}", wide.stdout);
    assert!(wide.stdout.contains("broken/wide.onnx\n"), "{}", wide.stdout);
}

#[test]
fn every_kind_is_explained() {
    let Some(shared) = shared() else { return };
    let at = |name: &str| shared.join("models").join(name).display().to_string();
    for (arguments, kind, parameters) in [
        (vec![at("xlmr-joint")], "joint", 4_552_715),
        (vec![at("mt5-text-to-text")], "text-to-text", 5_741_968),
        (vec![at("hf-slots")], "slots", 2_470_511),
        (vec![at("hf-intent"), "--slot-model".to_owned(), at("hf-slots")], "pair", 4_950_955),
    ] {
        let mut words = vec!["model".to_owned(), "inspect".to_owned()];
        words.extend(arguments);
        words.extend(["--format".to_owned(), "json".to_owned()]);
        let document = run(words).json();
        assert_valid("model-inspect", &document);
        assert_eq!(document["kind"], kind);
        assert_eq!(document["parameters"], parameters, "{kind}");
    }
}

#[test]
fn what_a_model_sees() {
    let corpus = mini("data");
    let options = ["--corpus", &corpus, "--locales", "en-US"];
    let folder = fixture("tiny");
    let rows = run([&["model", "tokenize", "--model", &folder], &options[..]].concat()).ok();
    let first: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    for row in rows.lines() {
        assert_valid("tokens", &serde_json::from_str(row).unwrap());
    }
    assert_eq!(first["tokens"][0], "<s>");
    assert_eq!(first["word_ids"], serde_json::json!([null, 0, 1, 2, 3, 4, 5, 6, null]));
    let bare = format!("{folder}/tokenizer.json");
    let output = Folder::new();
    let file = output.at("tokens.jsonl");
    let options = [&options[..], &["--output", &file]].concat();
    run([&["model", "tokenize", "--model", &bare], &options[..]].concat()).ok();
    assert_eq!(lines(&file), rows.lines().collect::<Vec<_>>());
}

#[test]
fn manifests_are_described() {
    for (manifest, valid) in [
        (r#"{"format": "massive-model/1"}"#, true),
        (r#"{"format": "massive-model/1", "kind": "joint", "pad_id": 1, "max_length": 64}"#, true),
        (r#"{"format": "massive-model/1", "pair": {"intent": "a", "slots": "b"}}"#, true),
        (
            r#"{"format": "massive-model/1", "text_to_text": {"prompt": null, "inside": "inside"}}"#,
            true,
        ),
        (r#"{"kind": "joint"}"#, false),
        (r#"{"format": "massive-model/1", "kind": "other"}"#, false),
        (r#"{"format": "massive-model/1", "graf": "x"}"#, false),
    ] {
        let value = serde_json::from_str(manifest).unwrap();
        assert_eq!(
            super::support::validator("model-manifest").is_valid(&value),
            valid,
            "{manifest}"
        );
    }
}
