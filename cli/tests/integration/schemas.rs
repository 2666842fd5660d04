//! The schemas describe what is read and written.

use serde_json::Value;

use super::support::{assert_valid, check, lines, mini, score, shared, validator};

fn every_row(schema: &str, path: &str) {
    for line in lines(path) {
        assert_valid(schema, &serde_json::from_str(&line).unwrap());
    }
}

#[test]
fn utterances() {
    let utterance = validator("utterance");
    for entry in std::fs::read_dir(mini("data")).unwrap() {
        every_row("utterance", &entry.unwrap().path().display().to_string());
    }
    let row: Value = serde_json::from_str(&lines(&mini("data/de-DE.jsonl"))[0]).unwrap();
    for (field, wrong) in [("partition", "tests".into()), ("id", "0 7".into()), ("extra", 1.into())]
    {
        let mut row = row.clone();
        row[field] = wrong;
        assert!(!utterance.is_valid(&row), "{field}");
    }
    for field in ["intent", "judgments", "worker_id"] {
        let mut row = row.clone();
        row.as_object_mut().unwrap().remove(field);
        assert!(!utterance.is_valid(&row), "{field}");
    }
}

#[test]
fn predictions() {
    let prediction = validator("prediction");
    every_row("prediction", &mini("predictions/good.jsonl"));
    for (line, valid) in [
        (r#"{"id": 1, "locale": "de-DE", "intent": "x"}"#, true),
        (r#"{"id": "1", "locale": "de-DE", "pred_labels": ["O"], "utt": "a"}"#, true),
        (r#"{"id": "1", "locale": "de-DE"}"#, false),
        (r#"{"id": "1", "locale": "de-DE", "pred_intent": "x", "pred_slots": []}"#, false),
    ] {
        assert_eq!(prediction.is_valid(&serde_json::from_str(line).unwrap()), valid, "{line}");
    }
    let Some(shared) = shared() else { return };
    let file = std::fs::File::open(shared.join("oracle/xlmr-joint/predictions.jsonl.gz")).unwrap();
    let rows = serde_json::Deserializer::from_reader(std::io::BufReader::new(
        flate2::read::GzDecoder::new(file),
    ));
    for row in rows.into_iter::<Value>().take(500) {
        assert_valid("prediction", &row.unwrap());
    }
}

#[test]
fn score_documents() {
    let good = mini("predictions/good.jsonl");
    let all = massive_eval::Metric::ALL.map(|metric| metric.name()).join(",");
    for options in [
        &[][..],
        &["--resamples", "0"],
        &["--interval", "bootstrap"],
        &["--group-by", "script,family,genus,order"],
        &["--metrics", &all],
    ] {
        let document = score(&good, &[&["--format", "json"], options].concat()).json();
        assert_valid("score", &document);
    }
}

#[test]
fn check_reports() {
    for (predictions, options) in [
        ("predictions/good.jsonl", &[][..]),
        ("predictions/good.jsonl", &["--partition", "dev"]),
        ("data/de-DE.jsonl", &[]),
    ] {
        let report = check(&mini(predictions), &[&["--format", "json"], options].concat());
        assert_valid("check", &serde_json::from_str(&report.stdout).unwrap());
    }
}
