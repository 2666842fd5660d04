//! The binary against the reference implementation, on the real corpus.

use serde_json::Value;

use super::support::{Folder, run, shared};

#[track_caller]
fn assert_close(found: &Value, golden: &Value, what: &str) {
    let (found, golden) = (found.as_f64().unwrap(), golden.as_f64().unwrap());
    assert!((found - golden).abs() < 1e-12, "{what}: {found} is not {golden}");
}

fn read(path: std::path::PathBuf) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_shared_submission_scores_as_in_the_reference() {
    let Some(shared) = shared() else { return };
    let golden = read(shared.join("oracle/submission/reference-metrics.json"));
    let archive = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    let predictions = shared.join("oracle/submission/predictions.jsonl.gz").display().to_string();
    let document = run(["score", &predictions, "--corpus", &archive, "--format", "json"]).json();
    for (locale, golden) in golden.as_object().unwrap() {
        let scores = if locale == "all" { &document["all"] } else { &document["locales"][locale] };
        assert_eq!(scores["utterances"], golden["utterances"]);
        for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
            let what = format!("{locale} {metric}");
            assert_close(&scores[metric]["value"], &golden[metric], &what);
            assert_close(
                &scores[metric]["reference_stderr"],
                &golden[format!("{metric}_stderr")],
                &what,
            );
        }
    }
    assert_eq!(document["locales"].as_object().unwrap().len(), 51);
    assert_eq!(document["coverage"]["locales_in_corpus"], 52);

    // The same from a folder and from several files.
    let folder = Folder::new();
    let file = std::fs::File::open(&archive).unwrap();
    tar::Archive::new(flate2::read::GzDecoder::new(file)).unpack(folder.path("")).unwrap();
    let from_folder =
        run(["score", &predictions, "--corpus", &folder.at(""), "--format", "json"]).json();
    assert_eq!(from_folder, document);
    let file = std::fs::File::open(&predictions).unwrap();
    let text = std::io::read_to_string(flate2::read::GzDecoder::new(file)).unwrap();
    let rows: Vec<&str> = text.lines().collect();
    let parts: Vec<String> = rows
        .chunks(60_000)
        .enumerate()
        .map(|(number, rows)| folder.write_lines(&format!("part-{number}.jsonl"), rows))
        .collect();
    let mut arguments = vec!["score", "--corpus", &archive, "--format", "json"];
    arguments.extend(parts.iter().map(String::as_str));
    assert_eq!(run(arguments).json(), document);
}

#[test]
fn model_output_scores_as_in_the_reference() {
    let Some(shared) = shared() else { return };
    let archive = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    for (model, predictions, metrics) in [
        ("xlmr-joint", "predictions.jsonl.gz", "metrics.json"),
        ("mt5-encoder-joint", "predictions.jsonl.gz", "metrics.json"),
        ("mt5-text-to-text", "preds_b1.jsonl.gz", "metrics_b1_en-US.json"),
        ("mt5-text-to-text", "preds_b2.jsonl.gz", "metrics_b2_en-US.json"),
    ] {
        let folder = shared.join("oracle").join(model);
        let golden = read(folder.join(metrics));
        let predictions = folder.join(predictions).display().to_string();
        let document =
            run(["score", &predictions, "--corpus", &archive, "--format", "json"]).json();
        let mut compared = 0;
        for (locale, scores) in document["locales"].as_object().unwrap() {
            for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
                let value = &scores[metric]["value"];
                let golden = golden
                    .get(format!("test_{locale}_{metric}"))
                    .or_else(|| golden.get(format!("test_all_{metric}")));
                assert_close(value, golden.unwrap(), &format!("{model} {locale} {metric}"));
                compared += 1;
            }
        }
        assert!(compared >= 3);
    }
}

#[test]
fn the_references_own_output_is_valid_but_for_its_unknown_characters() {
    let Some(shared) = shared() else { return };
    let archive = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    let predictions = shared.join("oracle/xlmr-joint/predictions.jsonl.gz").display().to_string();
    let report = run(["check", &predictions, "--corpus", &archive, "--format", "json"]).json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["warnings"]["text_differs"]["count"], 50);
}
