//! `massive compare`, end to end.

use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use super::support::{assert_valid, massive};

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");

fn predictions(name: &str) -> PathBuf {
    Path::new(MINI).join("predictions").join(name)
}

/// Runs `massive compare` on our own corpus in a terminal of some width.
fn compare_in(columns: &str, systems: &[&Path], options: &[&str]) -> Output {
    massive()
        .arg("compare")
        .args(systems)
        .args(["--corpus", MINI])
        .args(options)
        .env("COLUMNS", columns)
        .output()
        .unwrap()
}

fn compare(systems: &[&Path], options: &[&str]) -> Output {
    compare_in("80", systems, options)
}

fn good_and_poor(options: &[&str]) -> Output {
    compare(&[&predictions("good.jsonl"), &predictions("poor.jsonl")], options)
}

/// What is printed on success.
fn stdout(output: Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What is said on failing with exit code `code`, with nothing printed.
fn complaint(output: Output, code: i32) -> String {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "");
    stderr
}

/// A document that its schema allows.
fn json(output: Output) -> Value {
    let document: Value = serde_json::from_str(&stdout(output)).unwrap();
    assert_valid("compare", &document);
    document
}

/// A copy of a prediction file with each row changed, or left out.
fn changed(
    folder: &Path,
    name: &str,
    of: &str,
    change: impl Fn(Value) -> Option<Value>,
) -> PathBuf {
    let text = std::fs::read_to_string(predictions(of)).unwrap();
    let lines: String = text
        .lines()
        .filter_map(|line| change(serde_json::from_str(line).unwrap()))
        .map(|row| format!("{row}\n"))
        .collect();
    let path = folder.join(name);
    std::fs::write(&path, lines).unwrap();
    path
}

/// `good.jsonl` without some of its rows.
fn without(folder: &Path, name: &str, key: &str, value: &str) -> PathBuf {
    changed(folder, name, "good.jsonl", |row| (row[key] != value).then_some(row))
}

#[test]
fn a_table_fits_80_columns() {
    let table = stdout(good_and_poor(&["--locales", "de-DE,*-IN,sw-KE,ja-JP"]));
    let signature = table.lines().last().unwrap();
    assert!(signature.starts_with("massive|part:test|loc:8|"), "{signature}");
    assert!(table.lines().all(|line| line == signature || line.chars().count() <= 80));
    insta::assert_snapshot!(table);
}

#[test]
fn a_wide_terminal_shows_more() {
    let systems = [predictions("poor.jsonl"), predictions("good.jsonl")];
    let options = ["--locales", "de-DE,ta-IN,sw-KE", "--sort", "ex_match_acc"];
    insta::assert_snapshot!(stdout(compare_in("170", &[&systems[0], &systems[1]], &options)));
}

#[test]
fn the_document_is_valid_and_a_system_equals_itself() {
    let good = predictions("good.jsonl");
    let document = json(compare(&[&good, &good], &["--format", "json", "--trials", "999"]));
    assert_eq!(document["rows"]["compared"], 663);
    let comparison = &document["comparisons"][0];
    assert_eq!(comparison["locales"].as_object().unwrap().len(), 51);
    let places = comparison["locales"].as_object().unwrap().values();
    for place in places.chain([&comparison["all"], &comparison["macro"]]) {
        for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
            let found = &place[metric];
            assert_eq!(found["difference"], 0.0);
            assert_eq!(found["p"], 1.0);
            assert_eq!(found["verdict"], "undecided");
            assert_eq!(found["undecidable"], "identical");
        }
    }
}

#[test]
fn identical_systems_are_called_identical() {
    let good = predictions("good.jsonl");
    let table = stdout(compare(&[&good, &good], &["--locales", "de-DE,sw-KE", "--trials", "99"]));
    assert!(table.contains("identical: no utterance is scored differently."), "{table}");
}

#[test]
fn too_few_rows_to_decide_are_said() {
    let folder = tempfile::tempdir().unwrap();
    let left = std::cell::Cell::new(3);
    let almost = changed(folder.path(), "almost.jsonl", "good.jsonl", |mut row| {
        if row["locale"] == "de-DE" && left.get() > 0 {
            left.set(left.get() - 1);
            row["pred_intent"] = "no_such_intent".into();
        }
        Some(row)
    });
    let good = predictions("good.jsonl");
    let options = ["--locales", "de-DE,sw-KE", "--metrics", "intent_acc"];
    let table = stdout(compare(&[&good, &almost], &options));
    assert!(table.contains("intent accuracy: too few rows to decide in de-DE"), "{table}");
    assert!(!table.contains('±'), "{table}");
    // Where many differ, the interval says what it is.
    let table = stdout(good_and_poor(&["--locales", "*-IN"]));
    let table = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(table.contains("± half the paired 95 % interval, each by itself and not"), "{table}");
}

#[test]
fn published_figures_stand_beside_a_system() {
    let good = predictions("good.jsonl");
    let options = ["--published", "--locales", "en-US,de-DE"];
    let table = stdout(compare(&[&good], &options));
    let said = table.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("good.jsonl against mT5-Enc (MASSIVE paper) on en-US: intent accuracy"),
        "{table}"
    );
    assert!(said.contains("verified (secondary), no test."), "{table}");
    // An average over other locales is none to compare with.
    assert!(!said.contains(" on all:"), "{table}");
    let document = json(compare(&[&good], &["--published", "--format", "json"]));
    let published = document["published"].as_array().unwrap();
    assert!(published.iter().any(|found| found["on"] == "all"));
    assert_valid("compare", &document);
    // Without published figures a second system is needed.
    complaint(compare(&[&good], &[]), 2);
}

#[test]
fn other_metrics_are_compared_if_named() {
    let metrics = "scenario_acc,slot_macro_f1,intent_weighted_f1";
    let options = ["--metrics", metrics, "--locales", "*-IN", "--format", "json"];
    let document = json(good_and_poor(&options));
    for name in metrics.split(',') {
        let found = &document["comparisons"][0]["all"][name];
        assert!(found["difference"].as_f64().unwrap() < 0.0, "{name}: {found}");
        assert!(found["ci95"][0].is_number() && found["p_worse"].is_number(), "{name}: {found}");
        assert!(document["comparisons"][0]["verdicts"][name]["won"].is_array());
    }
    let options = ["--locales", "de-DE,ta-IN", "--format", "latex"];
    insta::assert_snapshot!("latex", stdout(good_and_poor(&options)));
}

#[test]
fn the_values_are_those_of_the_score() {
    let document = json(good_and_poor(&["--format", "json", "--locales", "hi-IN,ta-IN"]));
    for (name, value) in [("good.jsonl", "baseline"), ("poor.jsonl", "new")] {
        let output = massive()
            .args(["score", "--format", "json", "--locales", "hi-IN,ta-IN", "--corpus", MINI])
            .arg(predictions(name))
            .output()
            .unwrap();
        let score: Value = serde_json::from_str(&stdout(output)).unwrap();
        let compared = &document["comparisons"][0];
        for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
            let both = |get: &dyn Fn(&Value) -> Value| {
                (get(compared)[metric][value].clone(), get(&score)[metric]["value"].clone())
            };
            for (found, expected) in [
                both(&|document| document["all"].clone()),
                both(&|document| document["macro"].clone()),
                both(&|document| document["locales"]["ta-IN"].clone()),
            ] {
                assert_eq!(found, expected, "{name} {metric}");
            }
        }
    }
}

#[test]
fn several_systems_are_each_held_against_the_baseline() {
    let (good, poor) = (predictions("good.jsonl"), predictions("poor.jsonl"));
    let options = ["--format", "json", "--locales", "hi-IN,ta-IN", "--resamples", "0"];
    let document = json(compare(&[&poor, &good, &poor], &options));
    assert_eq!(document["baseline"]["name"], poor.display().to_string());
    let comparisons = document["comparisons"].as_array().unwrap();
    assert_eq!(comparisons[0]["system"]["name"], "good.jsonl");
    assert_eq!(comparisons[0]["all"]["ex_match_acc"]["verdict"], "won");
    assert_eq!(comparisons[0]["all"]["ex_match_acc"]["ci95"], Value::Null);
    assert_eq!(comparisons[1]["all"]["ex_match_acc"]["difference"], 0.0);
    // Each is compared as if it were alone, but for the correction of what
    // --fail-if-worse asks of all together.
    let alone = json(compare(&[&poor, &good], &options));
    let mut pairs = [comparisons[0].clone(), alone["comparisons"][0].clone()];
    let p_worse = pairs.each_mut().map(|comparison| {
        let metrics = comparison["locales"]["hi-IN"].as_object().unwrap().len();
        assert!(metrics > 3);
        let mut taken = Vec::new();
        for place in ["/all", "/locales/hi-IN", "/locales/ta-IN"] {
            for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
                let found = comparison.pointer_mut(&format!("{place}/{metric}")).unwrap();
                taken.push(found.as_object_mut().unwrap().remove("p_worse").unwrap());
            }
        }
        taken
    });
    assert_eq!(pairs[0], pairs[1]);
    for (together, alone) in p_worse[0].iter().zip(&p_worse[1]) {
        assert!(together.as_f64() >= alone.as_f64());
    }
}

#[test]
fn slots_alone_are_compared_alone() {
    let folder = tempfile::tempdir().unwrap();
    let slots = changed(folder.path(), "slots.jsonl", "good.jsonl", |mut row| {
        row.as_object_mut().unwrap().remove("pred_intent");
        Some(row)
    });
    let poor = predictions("poor.jsonl");
    let document = json(compare(&[&poor, &slots], &["--locales", "de-DE", "--format", "json"]));
    let comparison = &document["comparisons"][0];
    assert_eq!(comparison["all"]["intent_acc"], Value::Null);
    assert_eq!(comparison["verdicts"]["ex_match_acc"], Value::Null);
    assert!(comparison["all"]["slot_micro_f1"]["difference"].as_f64().unwrap() > 0.0);
    let table = stdout(compare(&[&poor, &slots], &["--locales", "de-DE"]));
    assert!(table.contains("intent accuracy: not compared, since not both systems predict it."));
}

#[test]
fn csv_and_markdown() {
    let csv = stdout(good_and_poor(&["--locales", "de-DE,ta-IN", "--format", "csv"]));
    insta::assert_snapshot!("csv", csv);
    let markdown = stdout(good_and_poor(&["--locales", "ta-IN,de-DE", "--format", "markdown"]));
    insta::assert_snapshot!("markdown", markdown);
}

#[test]
fn a_file_is_written_whole_in_the_form_of_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("compare.csv");
    let options = ["--locales", "de-DE", "--output", path.to_str().unwrap()];
    assert_eq!(stdout(good_and_poor(&options)), "");
    let csv = std::fs::read_to_string(&path).unwrap();
    assert_eq!(csv, stdout(good_and_poor(&["--locales", "de-DE", "--format", "csv"])));
    // A refused comparison leaves what was there.
    let some = without(folder.path(), "some.jsonl", "id", "37");
    let good = predictions("good.jsonl");
    complaint(compare(&[&good, &some], &["--output", path.to_str().unwrap()]), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), csv);
}

#[test]
fn different_rows_are_refused_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let no_welsh = without(folder.path(), "no-welsh.jsonl", "locale", "cy-GB");
    let no_37 = without(folder.path(), "no-37.jsonl", "id", "37");
    let message = complaint(compare(&[&no_welsh, &no_37], &["--locales", "cy-GB,de-DE"]), 1);
    insta::assert_snapshot!(message);
    // The locales of all systems are compared if none is named.
    let message = complaint(compare(&[&no_welsh, &predictions("good.jsonl")], &[]), 1);
    assert!(message.contains("no-welsh.jsonl lacks cy-GB 13\n"), "{message}");
}

#[test]
fn common_rows_are_compared_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let no_welsh = without(folder.path(), "no-welsh.jsonl", "locale", "cy-GB");
    let no_37 = without(folder.path(), "no-37.jsonl", "id", "37");
    let both = [no_welsh.as_path(), no_37.as_path()];
    let document = json(compare(&both, &["--common", "--format", "json"]));
    // 51 locales of 13 rows, without Welsh and without a row of the 50 others.
    assert_eq!(
        document["rows"],
        serde_json::json!({"compared": 600, "left_out": 63, "common_only": true})
    );
    assert_eq!(document["comparisons"][0]["locales"]["cy-GB"], Value::Null);
    let table = stdout(compare(&both, &["--common"]));
    let said = "only rows that all systems predict: 600 compared, 63 left out";
    assert!(table.contains(said), "{table}");
    let message = complaint(compare(&both, &["--common", "--locales", "cy-GB"]), 2);
    assert_eq!(message, "error: no row of cy-GB is predicted by all systems\n");
}

#[test]
fn rows_that_nobody_predicts_are_refused_unless_only_common_ones_count() {
    let folder = tempfile::tempdir().unwrap();
    let some = without(folder.path(), "some.jsonl", "id", "37");
    let message = complaint(compare(&[&some, &some], &["--locales", "de-DE"]), 1);
    let said = "error: 1 row that no system predicts:\n  de-DE 37\n";
    assert!(message.starts_with(said), "{message}");
    let table = stdout(compare(&[&some, &some], &["--locales", "de-DE", "--common"]));
    assert!(table.contains("12 compared, 1 left out"), "{table}");
}

#[test]
fn being_worse_fails_if_asked() {
    let options = ["--fail-if-worse", "--locales", "hi-IN,ta-IN,de-DE"];
    let output = good_and_poor(&options);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("error: poor.jsonl is worse than good.jsonl: "), "{message}");
    assert!(message.contains("ex_match_acc in all, hi-IN, ta-IN"), "{message}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("lost in 2 locales (hi-IN, ta-IN)"));
    // Better is not worse.
    let (poor, good) = (predictions("poor.jsonl"), predictions("good.jsonl"));
    stdout(compare(&[&poor, &good], &options));
}

#[test]
fn trials_too_few_to_decide_are_remarked_on() {
    let remark = |options: &[&str]| String::from_utf8(good_and_poor(options).stderr).unwrap();
    assert!(remark(&["--trials", "999"]).starts_with("warning: with so few --trials"));
    assert_eq!(remark(&["--trials", "2000"]), "");
    assert_eq!(remark(&["--trials", "999", "--quiet"]), "");
}

#[test]
fn what_makes_no_sense_is_said() {
    for (systems, options, part) in [
        (["-", "-"], &[][..], "only one system can come from standard input (-)"),
        (["good.jsonl", "none.jsonl"], &[], "none.jsonl"),
        (["good.jsonl", "poor.jsonl"], &["--trials", "0"], "0 is not in 1.."),
        (["good.jsonl", "poor.jsonl"], &["--alpha", "5"], "`5` is not a number between 0 and 1"),
        (["good.jsonl", "poor.jsonl"], &["--locales", "de-DD"], "did you mean de-DE?"),
    ] {
        let paths = systems.map(|name| match name {
            "-" => PathBuf::from(name),
            _ => predictions(name),
        });
        let message = complaint(compare(&[&paths[0], &paths[1]], options), 2);
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn a_partition_mistaken_for_another_is_recognised() {
    let message = complaint(good_and_poor(&["--partition", "dev", "--locales", "de-DE"]), 1);
    assert!(message.contains("good.jsonl: this submission cannot be scored"), "{message}");
    assert!(message.contains("did you mean --partition test?"), "{message}");
}

#[test]
fn differences_are_drawn() {
    let folder = super::support::Folder::new();
    let svg = folder.at("differences.svg");
    stdout(good_and_poor(&["--plot", &svg, "--sort", "intent_acc"]));
    let drawn = std::fs::read_to_string(&svg).unwrap();
    let texts: Vec<&str> = drawn
        .split("<text")
        .skip(1)
        .map(|text| text.split_once('>').unwrap().1.split_once("</text>").unwrap().0.trim())
        .collect();
    let document: Value =
        serde_json::from_str(&stdout(good_and_poor(&["--format", "json"]))).unwrap();
    let locales = document["comparisons"][0]["locales"].as_object().unwrap();
    let mut ordered: Vec<(&str, f64)> = locales
        .iter()
        .map(|(tag, found)| (tag.as_str(), found["intent_acc"]["difference"].as_f64().unwrap()))
        .collect();
    ordered.sort_by(|a, b| b.1.total_cmp(&a.1));
    let tags: Vec<&str> =
        texts.iter().copied().filter(|text| locales.contains_key(*text)).collect();
    assert_eq!(tags, ordered.iter().map(|(tag, _)| *tag).collect::<Vec<_>>());
    for (tag, difference) in ordered {
        let value = format!("{:+.2}", 100.0 * difference);
        assert!(difference == 0.0 || texts.contains(&value.as_str()), "{tag}: {value}");
    }
    // Every locale has a dot a metric, with an interval or without.
    assert_eq!(drawn.matches("<circle").count(), 2 * 3 * (2 + locales.len()));

    let png = folder.at("differences.png");
    stdout(good_and_poor(&["--plot", &png]));
    assert!(std::fs::read(&png).unwrap().starts_with(b"\x89PNG"));
    let refused = good_and_poor(&["--plot", &folder.at("differences.pdf")]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains(".svg or .png"));
}
