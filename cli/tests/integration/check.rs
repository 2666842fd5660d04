//! `massive check`

use serde_json::{Value, json};

use super::support::{Folder, check, lines, mini, run};

fn report(predictions: &str, options: &[&str]) -> (i32, Value) {
    let run = check(predictions, &[&["--format", "json"], options].concat());
    (run.code, serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr)))
}

/// The kinds that were found, with their counts.
fn found(report: &Value, severity: &str) -> Value {
    let kinds = report[severity].as_object().unwrap();
    let found = kinds.iter().filter(|(_, findings)| findings["count"] != 0);
    found
        .map(|(kind, findings)| (kind.clone(), findings["count"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn a_valid_submission_is_valid() {
    for options in [&[][..], &["--task", "full"], &["--strict"]] {
        let (code, report) = report(&mini("predictions/good.jsonl"), options);
        assert_eq!((code, &report["ok"], &report["rows"]), (0, &json!(true), &json!(663)));
        assert_eq!(found(&report, "errors"), json!({}));
    }
}

#[test]
fn every_kind_is_found_counted_and_shown() {
    let folder = Folder::new();
    let good = lines(&mini("predictions/good.jsonl"));
    let mut rows: Vec<Value> = good
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["locale"] == "de-DE")
        .collect();
    rows.sort_by_key(|row| row["id"].as_str().unwrap().parse::<u64>().unwrap());
    assert_eq!(rows.len(), 13);
    rows[0]["pred_annot_utt"] = json!("ganz andere wörter");
    rows[1].as_object_mut().unwrap().remove("pred_intent");
    for field in ["pred_annot_utt", "pred_slots"] {
        rows[2].as_object_mut().unwrap().remove(field);
    }
    rows[3]["pred_intent"] = json!("alarm_sett");
    let text = |row: &Value| {
        let words: Vec<&str> =
            row["utt"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect();
        words.join(" ")
    };
    rows[4]["pred_annot_utt"] = json!(format!("[datum : {}", text(&rows[4])));
    rows[5]["pred_annot_utt"] = json!(text(&rows[5]).replacen('e', "x", 1));
    let twice = rows[6].clone();
    rows[7]["id"] = json!("0");
    let mut written: Vec<String> = rows.iter().chain([&twice]).map(Value::to_string).collect();
    written.push("{".to_owned());
    let path = folder.write_lines("faulty.jsonl", written);

    let (code, report) = report(&path, &[]);
    assert_eq!((code, &report["ok"]), (1, &json!(false)));
    assert_eq!(
        found(&report, "errors"),
        json!({
            "unparsable": 1, "missing": 1, "duplicate": 1, "unknown": 1, "no_intent": 1, "no_annotation": 1,
            "misaligned": 1
        })
    );
    assert_eq!(
        found(&report, "warnings"),
        json!({"unknown_intent": 1, "unknown_slot": 1, "malformed": 1, "text_differs": 2})
    );
    let errors = &report["errors"];
    assert_eq!(
        errors["unknown"]["examples"][0]["message"],
        "the row is in partition train, not in test"
    );
    assert_eq!(errors["unparsable"]["examples"][0]["line"], 15);
    assert_eq!(errors["duplicate"]["examples"][0]["line"], 14);
    assert_eq!(errors["duplicate"]["locales"], json!({"de-DE": 1}));
    let shown = check(&path, &[]);
    insta::assert_snapshot!("report", shown.stdout.replace(&folder.at(""), ""));
    assert_eq!(shown.stderr, "error: this submission is not valid\n");
}

#[test]
fn every_command_ends_alike_at_a_submission_that_cannot_be_read() {
    let folder = Folder::new();
    let good = std::fs::read(mini("predictions/good.jsonl")).unwrap();
    let mut one_line = good.clone();
    let second = good.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    one_line.splice(second..=second, *b"(");
    let corpus = mini("data");
    for (name, bytes, code) in [
        ("one-line.jsonl", one_line.as_slice(), 1),
        ("cut.jsonl", &good[..good.len() - 9], 1),
        ("nonsense.jsonl", b"nonsense\n", 1),
        ("empty.jsonl", b"", 1),
        // Files that are damaged as a whole have no rows to be valid or not.
        ("cut.jsonl.gz", &super::support::gzip(&good)[..900], 2),
        ("cut.parquet", b"PAR1", 2),
    ] {
        let path = folder.write(name, bytes);
        for command in ["check", "score", "errors", "report"] {
            let done = run([command, &path, "--corpus", &corpus]);
            assert_eq!(done.code, code, "{command} {name}: {}", done.stderr);
            assert!(done.stderr.starts_with("error: "), "{}", done.stderr);
        }
        let done = run(["compare", &path, &mini("predictions/good.jsonl"), "--corpus", &corpus]);
        assert_eq!(done.code, code, "compare {name}: {}", done.stderr);
    }
    for command in ["check", "score", "errors", "report"] {
        run([command, &folder.at("nowhere.jsonl"), "--corpus", &corpus]).fails(2, "no such file");
    }
}

#[test]
fn warnings_fail_only_when_strict() {
    let folder = Folder::new();
    let rows = lines(&mini("predictions/good.jsonl"));
    let renamed = rows.iter().map(|row| row.replace("\"weather_query\"", "\"weather_querry\""));
    let path = folder.write_lines("warned.jsonl", renamed);
    assert_eq!(report(&path, &[]).0, 0);
    let strict = check(&path, &["--strict"]);
    assert_eq!(strict.code, 1);
    assert!(strict.stdout.contains("and "), "{}", strict.stdout);
}

#[test]
fn held_out_rows_are_checked_without_gold() {
    let folder = Folder::new();
    let rows = ["44", "46"].map(|id| {
        let corpus = lines(&mini("data/fr-FR.jsonl"));
        let row = corpus.iter().find(|row| row.starts_with(&format!("{{\"id\": \"{id}\""))).unwrap();
        let row: Value = serde_json::from_str(row).unwrap();
        json!({"id": id, "locale": "fr-FR", "pred_intent": "alarm_remove", "pred_annot_utt": row["utt"]}).to_string()
    });
    let path = folder.write_lines("heldout.jsonl", &rows);
    let (code, whole) = report(&path, &["--partition", "MMNLU-22"]);
    assert_eq!((code, found(&whole, "warnings")), (0, json!({})));
    let path = folder.write_lines("heldout.jsonl", &rows[..1]);
    let (code, part) = report(&path, &["--partition", "MMNLU-22"]);
    assert_eq!((code, found(&part, "errors")), (1, json!({"missing": 1})));
}

#[test]
fn a_task_demands_its_locales() {
    let folder = Folder::new();
    let rows = lines(&mini("predictions/good.jsonl"));
    let some =
        folder.write_lines("some.jsonl", rows.iter().filter(|row| !row.contains("\"en-US\"")));
    assert_eq!(report(&some, &["--task", "zero-shot"]).0, 0);
    let (code, full) = report(&some, &["--task", "full"]);
    assert_eq!((code, found(&full, "errors")), (1, json!({"missing": 13})));
    run(["check", &some, "--corpus", &mini("data/de-DE.jsonl"), "--task", "full"])
        .fails(2, "the corpus has no rows of af-ZA");
}
