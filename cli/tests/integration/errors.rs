//! `massive errors`, and `massive score --slu-f1`, end to end.

use std::io::Read;

use serde_json::Value;

use super::support::{
    Folder, Run, assert_valid, finish, lines, massive, mini, run, run_with_stdin, score, shared,
};

fn good() -> String {
    mini("predictions/good.jsonl")
}

fn poor() -> String {
    mini("predictions/poor.jsonl")
}

/// `massive errors` on the mini corpus.
fn errors(predictions: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    run([&["errors", predictions, "--corpus", &corpus], options].concat())
}

fn json(predictions: &str, options: &[&str]) -> Value {
    let document = errors(predictions, &[options, &["--format", "json"]].concat()).json();
    assert_valid("errors", &document);
    document
}

fn utterances(document: &Value) -> &Vec<Value> {
    document["errors"]["utterances"].as_array().unwrap()
}

#[test]
fn the_list_shows_gold_above_and_predictions_below() {
    let options = ["--locale", "en-US,de-DE,am-ET,km-KH,ur-PK,ja-JP", "--sample", "14", "--quiet"];
    insta::assert_snapshot!("errors_list", errors(&poor(), &options).ok());
    let narrow = massive()
        .args(["errors", &poor(), "--corpus", &mini("data"), "--quiet"])
        .args(["--locale", "ar-SA,zh-TW", "--limit", "5"])
        .env("COLUMNS", "34")
        .output()
        .unwrap();
    insta::assert_snapshot!("errors_narrow_list", finish(narrow).ok());
}

#[test]
fn the_summary_counts_classes_by_slot_and_locale() {
    let summary = errors(&poor(), &["--summary", "--locale", "en-US,ur-PK,ja-JP"]).ok();
    insta::assert_snapshot!("errors_summary", summary);
    let by = "method,length,train-utterance,train-slot,grammar-score,slots-score,order";
    let summary = errors(&poor(), &["--by", by, "--locale", "en-US,ur-PK,ja-JP"]).ok();
    insta::assert_snapshot!("errors_by", summary);
}

#[test]
fn documents_are_as_the_schema_says_and_agree_with_the_score() {
    let list = json(&poor(), &[]);
    let summary = json(&poor(), &["--by", "all"]);
    assert_eq!(list["totals"], summary["totals"]);
    let scored = score(&poor(), &["--format", "json"]).json();
    assert_eq!(list["signature"], scored["signature"]);
    let classes = &list["totals"]["slots"]["classes"];
    let count = |name: &str| classes[name].as_u64().unwrap();
    let wrong: u64 = ["boundary", "label", "label_and_boundary"].map(count).iter().sum();
    let slots = &scored["all"]["slots"];
    assert_eq!(slots["correct"], count("correct"));
    assert_eq!(slots["gold"], count("correct") + wrong + count("missed"));
    assert_eq!(slots["predicted"], count("correct") + wrong + count("spurious"));
    let breakdowns = summary["summary"]["breakdowns"].as_array().unwrap();
    assert_eq!(breakdowns.len(), 16);
    let locales = breakdowns.iter().find(|by| by["by"] == "locale").unwrap();
    assert_eq!(locales["groups"].as_array().unwrap().len(), 51);
    for group in locales["groups"].as_array().unwrap() {
        let scores = &scored["locales"][group["name"].as_str().unwrap()];
        assert_eq!(group["slots"]["f1"], scores["slot_micro_f1"]["value"]);
        assert_eq!(group["utterances"]["intent_acc"], scores["intent_acc"]["value"]);
    }
}

#[test]
fn filters_keep_what_they_name() {
    let document = json(&poor(), &["--slot", "date", "--class", "label,missed"]);
    let mut listed = 0;
    for utterance in utterances(&document) {
        assert_eq!(utterance["intent_listed"], false);
        for slot in utterance["slots"].as_array().unwrap() {
            if slot["listed"] == true {
                listed += 1;
                let class = slot["class"].as_str().unwrap();
                assert!(["label", "missed"].contains(&class), "{slot}");
                let named = |side: &str| slot[side]["slot"] == "date";
                assert!(named("gold") || named("predicted"), "{slot}");
            }
        }
    }
    assert!(listed > 0);

    let by_intent = json(&poor(), &["--intent", "news_query", "--locales", "*-IN"]);
    assert!(!utterances(&by_intent).is_empty());
    for utterance in utterances(&by_intent) {
        assert_eq!(utterance["intent"], "news_query");
        assert!(utterance["locale"].as_str().unwrap().ends_with("-IN"));
    }
    let by_scenario = json(&poor(), &["--scenario", "lists", "--class", "intent"]);
    assert!(utterances(&by_scenario).iter().all(|u| u["intent"] != u["pred_intent"]));

    // The pattern is looked for in the English source too.
    let grepped = json(&poor(), &["--grep", "lisbon", "--locales", "ur-PK,en-US"]);
    for utterance in utterances(&grepped) {
        assert!(utterance["english"].as_str().unwrap().contains("lisbon"), "{utterance}");
    }
    assert!(utterances(&grepped).iter().any(|utterance| utterance["locale"] == "ur-PK"));
}

#[test]
fn the_english_source_is_read_from_standard_input_too() {
    let arguments = ["errors", &poor(), "--corpus", "-", "--locale", "ur-PK", "--format", "json"];
    let from_stdin = run_with_stdin(arguments, mini("mini.tar.gz").as_ref()).json();
    assert_eq!(from_stdin, json(&poor(), &["--locale", "ur-PK"]));
    assert!(utterances(&from_stdin).iter().all(|utterance| utterance["english"].is_string()));
    // Train as well, in the same pass.
    let by = ["--by", "train_slot", "--format", "json"];
    let from_stdin =
        run_with_stdin([&arguments[..6], &by[..]].concat(), mini("mini.tar.gz").as_ref()).json();
    assert_eq!(from_stdin, json(&poor(), &["--locale", "ur-PK", "--by", "train_slot"]));
}

#[test]
fn samples_depend_on_their_seed_alone() {
    let sample = |options: &[&str]| utterances(&json(&poor(), options)).clone();
    let ten = sample(&["--sample", "10", "--seed", "7"]);
    let three = sample(&["--sample", "3", "--seed", "7"]);
    assert!(three.iter().all(|utterance| ten.contains(utterance)));
    assert_ne!(three, sample(&["--sample", "3", "--seed", "8"]));
    let folder = Folder::new();
    let reversed = folder.write_lines("reversed.jsonl", lines(&poor()).iter().rev());
    assert_eq!(utterances(&json(&reversed, &["--sample", "10", "--seed", "7"])), &ten);
}

#[test]
fn a_table_lists_fifty_and_says_so() {
    let listed = errors(&poor(), &[]);
    let paragraphs = |text: &str| text.split("\n\n").count();
    assert_eq!(paragraphs(&listed.stdout), 50);
    assert!(listed.stderr.contains("--limit 0 lists all"), "{}", listed.stderr);
    let all = errors(&poor(), &["--limit", "0"]);
    assert!(paragraphs(&all.stdout) > 50 && !all.stderr.contains("--limit"));
}

#[test]
fn spreadsheets_have_a_row_an_error_and_no_formulas() {
    let document = json(&poor(), &["--slot", "date"]);
    let listed: usize = utterances(&document)
        .iter()
        .flat_map(|utterance| utterance["slots"].as_array().unwrap())
        .filter(|slot| slot["listed"] == true)
        .count();
    let csv = errors(&poor(), &["--slot", "date", "--format", "csv"]).ok();
    assert_eq!(csv.lines().count(), listed + 1);
    assert!(csv.starts_with("locale,language,id,class,slot,gold_value,pred_slot"));

    // A prediction that is a formula is a text.
    let folder = Folder::new();
    let formula = lines(&good()).into_iter().map(|line| {
        let mut row: Value = serde_json::from_str(&line).unwrap();
        row["pred_intent"] = "=HYPERLINK(\"x\")".into();
        row.to_string()
    });
    let formula = folder.write_lines("formula.jsonl", formula);
    let csv = errors(&formula, &["--locale", "de-DE", "--format", "csv"]).ok();
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\")\""), "{csv}");
    let sheet = folder.at("errors.xlsx");
    errors(&formula, &["--locale", "de-DE", "--output", &sheet]).ok();
    let parts = unzipped(&sheet);
    assert!(parts.contains("=HYPERLINK") && !parts.contains("<f>"));
    let again = folder.at("again.xlsx");
    errors(&formula, &["--locale", "de-DE", "--output", &again]).ok();
    assert_eq!(std::fs::read(&sheet).unwrap(), std::fs::read(&again).unwrap());
    errors(&formula, &["--format", "xlsx"]).fails(2, "name one with --output");
    let summary = folder.at("summary.xlsx");
    errors(&poor(), &["--summary", "--output", &summary]).ok();
    assert!(unzipped(&summary).contains("confusion"));
}

/// The texts of the sheets of a workbook.
fn unzipped(path: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        if part.name().unwrap().ends_with(".xml") {
            part.read_to_string(&mut text).unwrap();
        }
    }
    text
}

#[test]
fn a_filter_that_matches_nothing_says_what_there_is() {
    errors(&good(), &["--slot", "dte"])
        .fails(2, "no slot `dte` in these rows and their predictions: did you mean date?");
    errors(&good(), &["--intent", "news_qury"]).fails(2, "did you mean news_query?");
    errors(&good(), &["--scenario", "zzzzzzz"]).fails(2, "there are calendar, ");
    errors(&good(), &["--class", "wrong"]).fails(2, "expected one of correct, boundary");
    errors(&good(), &["--by", "scirpt"]).fails(2, "did you mean script?");
    errors(&good(), &["--grep", "("]).fails(2, "`(` is not a regular expression");
    errors(&good(), &["--locale", "ur-PX"]).fails(2, "did you mean ur-PK?");
    errors(&good(), &["--class", "missed", "--summary"]).fails(2, "cannot be used with");

    let nothing = errors(&poor(), &["--slot", "date", "--grep", "no such word"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (0, ""));
    assert!(nothing.stderr.starts_with("nothing matches; there are 0 utterances with errors"));
    assert!(nothing.stderr.contains("without --grep"), "{}", nothing.stderr);
    let document = json(&poor(), &["--slot", "date", "--grep", "no such word"]);
    assert_eq!(document["errors"]["found"], 0);
}

#[test]
fn inputs_are_refused_as_in_score() {
    let folder = Folder::new();
    let rows = lines(&good());
    let fewer = folder.write_lines("fewer.jsonl", &rows[1..]);
    errors(&fewer, &[]).fails(1, "1 row without a prediction");
    let listed = json(&fewer, &["--missing", "wrong"]);
    assert_eq!(listed["problems"]["missing"], 1);
    assert_eq!(utterances(&listed).iter().filter(|row| row["missing"] == true).count(), 1);
    let twice = folder.write_lines("twice.jsonl", rows.iter().chain(&rows[..1]));
    errors(&twice, &[]).fails(1, "predicted more than once");
    errors(&good(), &["--partition", "train"]).fails(1, "did you mean --partition test?");
    errors(&folder.write("empty.jsonl", ""), &[]).fails(1, "no predictions in it");
    errors(&good(), &["--partition", "train", "--by", "train_slot"])
        .fails(2, "partition train cannot be held against itself");
}

#[test]
fn a_model_of_one_kind_has_errors_of_that_kind() {
    let folder = Folder::new();
    let without = |name: &str, fields: &[&str]| {
        let rows = lines(&poor()).into_iter().map(|line| {
            let mut row: Value = serde_json::from_str(&line).unwrap();
            fields.iter().for_each(|field| {
                row.as_object_mut().unwrap().remove(*field);
            });
            row.to_string()
        });
        folder.write_lines(name, rows)
    };
    let intents = without("intents.jsonl", &["pred_annot_utt", "pred_slots"]);
    let document = json(&intents, &[]);
    assert!(document["totals"]["slots"].is_null());
    assert!(utterances(&document).iter().all(|row| row["intent_listed"] == true));
    let slots = without("slots.jsonl", &["pred_intent"]);
    let document = json(&slots, &["--summary"]);
    assert!(document["totals"]["utterances"]["intent_acc"].is_null());
    assert_eq!(document["summary"]["confusion"]["intents"], Value::Array(Vec::new()));
    assert!(utterances(&json(&slots, &[])).iter().all(|row| row["intent_listed"] == false));
}

#[test]
fn text_that_would_steer_a_terminal_does_not() {
    let folder = Folder::new();
    let rows = lines(&poor()).into_iter().map(|line| {
        let mut row: Value = serde_json::from_str(&line).unwrap();
        row["pred_intent"] = "\u{1b}[31mred\u{202e}".into();
        row.to_string()
    });
    let rows = folder.write_lines("steering.jsonl", rows);
    let listed = errors(&rows, &["--locale", "de-DE"]).ok();
    assert!(listed.contains("\u{fffd}[31mred\u{fffd}"));
    assert!(!listed.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn slu_f1_stands_beside_f1() {
    let options = ["--slu-f1", "--format", "json", "--group-by", "script"];
    let document = score(&poor(), &options).json();
    assert_valid("score", &document);
    let all = &document["all"]["slu_f1"];
    let value = |value: &Value| value.as_f64().unwrap();
    // A near miss counts in part, so it is never below F1 over the same slots.
    assert!(value(&all["value"]) > value(&document["all"]["slot_micro_f1"]["value"]));
    assert!(all["slots"]["date"]["f1"].is_number());
    assert!(document["locales"]["ja-JP"]["slu_f1"]["value"].is_number());
    assert!(document["groups"]["script"]["Latn"]["slu_f1"]["value"].is_number());
    assert!(document["macro"]["slu_f1"]["value"].is_number());
    // Nothing else moves.
    let mut without = document.clone();
    let plain = score(&poor(), &options[1..]).json();
    for scores in ["all", "macro"] {
        without[scores].as_object_mut().unwrap().remove("slu_f1");
    }
    assert_eq!(without["all"], plain["all"]);
    assert_eq!(without["macro"], plain["macro"]);
    for format in ["table", "markdown", "latex", "csv"] {
        let options = ["--slu-f1", "--locales", "en-US,ja-JP", "--format", format];
        insta::assert_snapshot!(format!("slu_f1_{format}"), score(&poor(), &options).ok());
    }
}

#[test]
fn slurps_own_files_are_scored_as_slurp_does() {
    let folder = Folder::new();
    let gold = folder.write_lines(
        "gold.jsonl",
        [
            r#"{"slurp_id": 1, "scenario": "email", "action": "sendemail", "tokens": [{"surface": "mail"}, {"surface": "Bob"}, {"surface": "Smith"}], "entities": [{"span": [1, 2], "type": "person"}], "recordings": [{"file": "a.flac"}]}"#,
            r#"{"slurp_id": 2, "scenario": "alarm", "action": "set", "tokens": [{"surface": "nine"}], "entities": [{"span": [0], "type": "time"}]}"#,
        ],
    );
    let rows = [
        r#"{"slurp_id": "1", "scenario": "email", "action": "query", "entities": [{"type": "person", "filler": "bob"}]}"#,
        r#"{"slurp_id": "2", "scenario": "alarm", "action": "set", "entities": [{"type": "time", "filler": "nine"}]}"#,
    ];
    let predictions = folder.write_lines("preds.jsonl", rows);
    let score = |options: &[&str]| run([&["score", "--corpus", &gold], options].concat());
    let document = score(&[&predictions, "--slu-f1", "--format", "json"]).json();
    assert_valid("slurp-score", &document);
    assert_eq!(document["intent"]["micro"]["f1"], 0.5);
    assert_eq!(document["entities_word"]["labels"]["person"]["fp"], 0.5);
    assert_eq!(document["slu_f1"]["labels"]["time"]["f1"], 1.0);
    insta::assert_snapshot!("slurp_table", score(&[&predictions, "--slu-f1"]).ok());
    let csv = score(&[&predictions, "--slu-f1", "--format", "csv"]).ok();
    assert!(csv.contains("slu_f1,time,1,1,1,2,0,0\n"), "{csv}");

    score(&[&predictions]).fails(2, "--slu-f1 scores predictions in SLURP's form");
    score(&[&predictions, "--slu-f1", "--plot", &folder.at("x.svg")]).fails(2, "without --plot");
    let one = folder.write_lines("one.jsonl", &rows[..1]);
    score(&[&one, "--slu-f1"]).fails(1, "1 row without a prediction:\n  slurp_id 2");
    let wrong = score(&[&one, "--slu-f1", "--missing", "wrong", "--format", "json"]).json();
    assert_eq!(
        (&wrong["missing"], &wrong["slu_f1"]["labels"]["time"]["fn"]),
        (&1.into(), &2.0.into())
    );
    let twice = folder.write_lines("twice.jsonl", [rows[0], rows[1], rows[1]]);
    score(&[&twice, "--slu-f1"]).fails(1, "there more than once:\n  slurp_id 2");
    let strange =
        folder.write_lines("strange.jsonl", [rows[0], rows[1], &rows[1].replace("\"2\"", "\"3\"")]);
    score(&[&strange, "--slu-f1"]).fails(1, "that SLURP's gold does not have:\n  slurp_id 3");
    score(&[&good(), "--slu-f1"]).fails(2, "good.jsonl:1: neither slurp_id nor file");
    // The other way round, too.
    errors(&predictions, &[]).fails(1, "no locale stands in these rows");
}

#[test]
fn slurps_own_figures_come_out() {
    let Some(shared) = shared() else { return };
    let path = |name: &str| shared.join("slurp").join(name).display().to_string();
    let document = run([
        "score",
        &path("gold_sfid_predictions.jsonl"),
        "--corpus",
        &path("test.jsonl.gz"),
        "--slu-f1",
        "--format",
        "json",
    ])
    .json();
    assert_valid("slurp-score", &document);
    for average in ["micro", "macro"] {
        let text = std::fs::read_to_string(path(&format!("gold_sfid.{average}.tsv"))).unwrap();
        let overall = text.lines().rfind(|line| line.starts_with("OVERALL")).unwrap();
        let golden: f64 = overall.split('\t').nth(3).unwrap().parse().unwrap();
        let found = document["slu_f1"][average]["f1"].as_f64().unwrap();
        assert!((found - golden).abs() < 1e-11, "{average}: {found} is not {golden}");
    }
}
