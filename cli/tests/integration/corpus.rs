//! `massive corpus` from the outside, on the mini corpus, and the judgment
//! filters wherever a corpus is read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::support::{assert_valid, massive};

fn mini() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini"))
}

fn run_on(corpus: &Path, words: &[&str]) -> Output {
    massive().env("COLUMNS", "80").args(words).arg("--corpus").arg(corpus).output().unwrap()
}

fn run(words: &[&str]) -> Output {
    run_on(&mini(), words)
}

fn stdout(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn document(schema: &str, words: &[&str]) -> Value {
    let document = serde_json::from_str(&stdout(&run(words))).unwrap();
    assert_valid(schema, &document);
    document
}

/// A copy of some of the mini corpus in which lines are changed.
fn planted(locales: &[&str], change: impl Fn(&str, &mut Vec<String>)) -> TempDir {
    let folder = TempDir::new().unwrap();
    for locale in locales {
        let name = format!("{locale}.jsonl");
        let text = std::fs::read_to_string(mini().join("data").join(&name)).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(locale, &mut lines);
        std::fs::write(folder.path().join(name), lines.join("\n")).unwrap();
    }
    folder
}

fn check(folder: &TempDir) -> (Option<i32>, Value) {
    let output = run_on(folder.path(), &["corpus", "check", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_valid("corpus-check", &document);
    (output.status.code(), document)
}

#[test]
fn stats_as_json_fit_the_schema() {
    let by_all = document("corpus-stats", &["corpus", "stats", "--by", "all", "--format", "json"]);
    let rows = by_all["rows"][0]["rows"].as_u64().unwrap();
    let by_two = document(
        "corpus-stats",
        &["corpus", "stats", "--by", "locale,partition", "--format", "json"],
    );
    let sum: u64 =
        by_two["rows"].as_array().unwrap().iter().map(|row| row["rows"].as_u64().unwrap()).sum();
    assert_eq!(rows, sum);
    assert_eq!(by_two["rows"][0]["locale"], "af-ZA");
    assert!(by_two["notes"][0].as_str().unwrap().contains("19,521"));
    let by_slot = document(
        "corpus-stats",
        &[
            "corpus",
            "stats",
            "--by",
            "slot",
            "--locales",
            "en-US",
            "--columns",
            "rows,slots",
            "--format",
            "json",
        ],
    );
    let currency =
        by_slot["rows"].as_array().unwrap().iter().find(|row| row["slot"] == "currency_name");
    // One utterance has two of them.
    assert_eq!(*currency.unwrap(), json!({"slot": "currency_name", "rows": 1, "slots": 2}));
}

#[test]
fn stats_as_a_table() {
    insta::assert_snapshot!(stdout(&run(&[
        "corpus",
        "stats",
        "--locales",
        "de-DE,en-US,ja-JP",
        "--partition",
        "test",
    ])));
}

#[test]
fn stats_as_markdown_and_csv_have_the_columns_asked_for() {
    let words = [
        "corpus",
        "stats",
        "--locales",
        "de-DE,en-US",
        "--by",
        "locale,partition",
        "--columns",
        "rows,grammar_score_mean",
    ];
    let markdown = stdout(&run(&[&words[..], &["--format", "markdown"]].concat()));
    assert!(markdown.contains("|:--|:--|--:|--:|\n"), "{markdown}");
    let csv = stdout(&run(&[&words[..], &["--format", "csv"]].concat()));
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("locale,partition,rows,grammar_score_mean"));
    assert!(
        csv.lines().any(|line| line.starts_with("en-US,test,") && line.ends_with(',')),
        "{csv}"
    );
}

#[test]
fn stats_refuse_what_they_do_not_know() {
    for (words, message) in [
        (&["--by", "locales"][..], "unknown group `locales`"),
        (&["--columns", "wrods"], "unknown column `wrods`: did you mean words?"),
        (&["--min-grammar", "5"], "a minimum 5 of grammar_score; expected 0 to 4"),
        (&["--language", "german"], "unknown language_identification `german`"),
        (&["--locales", "de-DE", "--min-judges", "9"], "did not pass the judgment filters"),
    ] {
        let output = run(&[&["corpus", "stats"], words].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn check_counts_the_oddities_of_the_mini_corpus() {
    let report = document("corpus-check", &["corpus", "check", "--format", "json"]);
    assert_eq!(report["ok"], true);
    for (kind, count) in [
        ("no_final_line_break", 52),
        ("not_the_release", 52),
        ("no_language", 1),
        ("no_judgments", 1),
        ("unusual_judges", 3),
        ("invisible_word", 1),
        ("missing_row", 0),
        ("other_partition", 0),
        ("brackets_in_text", 0),
    ] {
        assert_eq!(report["warnings"][kind]["count"], count, "{kind}");
    }
    let archive = run_on(&mini().join("mini.tar.gz"), &["corpus", "check", "--format", "json"]);
    let archive: Value = serde_json::from_str(&stdout(&archive)).unwrap();
    for kind in ["zero_width_space", "not_nfc", "escaped_line", "methods_unlike_slots"] {
        assert_eq!(archive["warnings"][kind]["count"], report["warnings"][kind]["count"], "{kind}");
        assert_ne!(report["warnings"][kind]["count"], 0, "{kind}");
    }
    assert_eq!(run(&["corpus", "check", "--strict"]).status.code(), Some(1));
}

#[test]
fn broken_files_are_named_with_their_line_and_fail() {
    let broken = planted(&["de-DE", "en-US"], |locale, lines| {
        if locale == "de-DE" {
            lines[1] = lines[1].replacen("\"alarm_query\"", "\"alarm_qeury\"", 1);
            lines[2].truncate(60);
            lines[3] = lines[0].clone();
        }
    });
    let (code, report) = check(&broken);
    assert_eq!((code, &report["ok"]), (Some(1), &json!(false)));
    let bad = &report["errors"]["bad_line"];
    assert_eq!(bad["count"], 2);
    for (example, line, message) in [
        (&bad["examples"][0], 2, "did you mean alarm_query?"),
        (&bad["examples"][1], 3, "not valid JSON"),
    ] {
        assert!(example["file"].as_str().unwrap().ends_with("de-DE.jsonl"));
        assert_eq!(example["line"], line);
        assert!(example["message"].as_str().unwrap().contains(message), "{example}");
    }
    let twice = &report["errors"]["duplicate_row"]["examples"][0];
    assert_eq!(
        (&twice["locale"], &twice["id"], &twice["line"]),
        (&json!("de-DE"), &json!("0"), &json!(4))
    );
    assert!(twice["message"].as_str().unwrap().ends_with("de-DE.jsonl:1"), "{twice}");

    let output = run_on(&broken.path().join("de-DE.jsonl"), &["corpus", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.starts_with("broken: ") && table.contains("de-DE.jsonl:3: column"), "{table}");
}

#[test]
fn odd_rows_are_named_with_their_line_and_pass() {
    let odd = planted(&["de-DE", "en-US", "fr-FR", "nl-NL"], |locale, lines| match locale {
        "de-DE" => {
            lines[0] = lines[0].replacen("\"train\"", "\"dev\"", 1);
            lines[1] = lines[1]
                .replacen("\"alarm_query\"", "\"alarm_remove\"", 1)
                .replace("welche wecker sind", "Welche  wecker sind");
            lines[2] = lines[2].replacen("\"id\": \"2\"", "\"id\": 2", 1);
        }
        "fr-FR" => {
            lines.remove(1);
        }
        "nl-NL" => {
            lines[0] = lines[0].replacen("[date : ", "[meal_type : ", 1);
            let text = serde_json::from_str::<Value>(&lines[1]).unwrap();
            let mut copy = serde_json::from_str::<Value>(&lines[2]).unwrap();
            copy["utt"] = text["utt"].clone();
            copy["annot_utt"] = text["annot_utt"].clone();
            lines[2] = copy.to_string();
        }
        _ => {}
    });
    let (code, report) = check(&odd);
    assert_eq!((code, &report["ok"]), (Some(0), &json!(true)), "{}", report["errors"]);
    for (kind, locale, line) in [
        ("other_partition", "de-DE", Some(1)),
        ("other_intent", "de-DE", Some(2)),
        ("upper_case", "de-DE", Some(2)),
        ("loose_spaces", "de-DE", Some(2)),
        ("numeric_id", "de-DE", Some(3)),
        ("missing_row", "fr-FR", None),
        ("lone_slot", "nl-NL", Some(1)),
        ("repeated_across_partitions", "nl-NL", Some(3)),
    ] {
        let findings = &report["warnings"][kind];
        assert_eq!(findings["count"], 1, "{kind}: {findings}");
        let example = &findings["examples"][0];
        assert_eq!(example["locale"], locale, "{kind}");
        assert_eq!(example["line"].as_u64(), line, "{kind}: {example}");
    }
}

#[test]
fn a_truncated_archive_is_a_broken_file() {
    let folder = TempDir::new().unwrap();
    let whole = std::fs::read(mini().join("mini.tar.gz")).unwrap();
    let path = folder.path().join("cut.tar.gz");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let output = run_on(&path, &["corpus", "check"]);
    assert_eq!(output.status.code(), Some(1));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("cut.tar.gz") && table.contains("truncated"), "{table}");
    let output = run_on(&folder.path().join("none"), &["corpus", "check"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn show_sets_slots_below_one_another() {
    insta::assert_snapshot!(stdout(&run(&[
        "corpus",
        "show",
        "2",
        "--locales",
        "en-US,de-DE,ja-JP",
    ])));
    let shown = document("corpus-show", &["corpus", "show", "2", "31", "--format", "json"]);
    let utterances = shown["utterances"].as_array().unwrap();
    assert_eq!(utterances.len(), 2 * 52);
    for utterance in utterances {
        let utt = utterance["utt"].as_str().unwrap();
        for slot in utterance["slots"].as_array().unwrap() {
            let byte = |index: usize| slot["bytes"][index].as_u64().unwrap() as usize;
            assert_eq!(&utt[byte(0)..byte(1)], slot["value"].as_str().unwrap());
        }
    }
    // Its slot was lost, but not its method.
    let hungarian =
        utterances.iter().find(|row| row["locale"] == "hu-HU" && row["id"] == "31").unwrap();
    assert_eq!(hungarian["lost_slots"][0]["slot"], "media_type");
}

#[test]
fn show_fails_for_an_id_that_is_not_there() {
    let output = run(&["corpus", "show", "2", "999999"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("has id 999999"), "{}", stderr(&output));
    assert_eq!(run(&["corpus", "show", "x2"]).status.code(), Some(2));
}

#[test]
fn grep_finds_with_the_english_beside() {
    insta::assert_snapshot!(stdout(&run(&[
        "corpus",
        "grep",
        "weck|lissabon",
        "--locales",
        "de-DE",
        "--color",
        "never",
    ])));
    let found = document(
        "corpus-grep",
        &["corpus", "grep", "^l", "--slot", "place_name", "--locales", "de-DE", "--format", "json"],
    );
    let [first] = &found["matches"].as_array().unwrap()[..] else { panic!("{found}") };
    assert_eq!(first["english"], "will it rain in lisbon on thursday");
    let span = |index: usize| first["spans"][0][index].as_u64().unwrap() as usize;
    assert_eq!(&first["utt"].as_str().unwrap()[span(0)..span(1)], "l");
    let intents = document(
        "corpus-grep",
        &["corpus", "grep", "", "--intent", "alarm_query", "--format", "json"],
    );
    let matches = intents["matches"].as_array().unwrap();
    assert!(matches.len() >= 52 && matches.iter().all(|found| found["intent"] == "alarm_query"));
}

#[test]
fn grep_explains_what_it_cannot_look_for() {
    for (words, message) in [
        (&["["][..], "`[` is not a regular expression"),
        (&["x", "--slot", "dat"], "unknown slot `dat`: did you mean date?"),
        (&["x", "--intent", "alarm"], "unknown intent `alarm`"),
    ] {
        let output = run(&[&["corpus", "grep"], words].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    let nothing = run(&["corpus", "grep", "zzzz"]);
    assert_eq!(stdout(&nothing), "");
}

/// Ids by locale and partition.
fn ids(jsonl: &str) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut ids: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for line in jsonl.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert_valid("utterance", &row);
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        assert!(ids.entry((text("locale"), text("partition"))).or_default().insert(text("id")));
    }
    ids
}

#[test]
fn a_sample_is_parallel_stratified_and_repeatable() {
    let words = ["corpus", "sample", "--size", "20", "--locales", "de-DE,ca-ES,ja-JP"];
    let first = stdout(&run(&words));
    assert_eq!(first, stdout(&run(&words)));
    assert_ne!(first, stdout(&run(&[&words[..], &["--seed", "1"]].concat())));
    let sampled = ids(&first);
    let of = |locale: &str| -> Vec<&BTreeSet<String>> {
        sampled.iter().filter(|((known, _), _)| known == locale).map(|(_, ids)| ids).collect()
    };
    assert_eq!(of("de-DE"), of("ca-ES"));
    assert_eq!(of("de-DE"), of("ja-JP"));
    assert_eq!(of("de-DE").iter().map(|ids| ids.len()).sum::<usize>(), 20);
    // Rows are written as they stand in the corpus, escapes of ca-ES included.
    let corpus = std::fs::read_to_string(mini().join("data/ca-ES.jsonl")).unwrap();
    let lines: BTreeSet<&str> = corpus.lines().collect();
    assert!(
        first.lines().filter(|line| line.contains("\"ca-ES\"")).all(|line| lines.contains(line))
    );
}

#[test]
fn few_shot_samples_lie_within_one_another() {
    let shots = |number: &str, folder: &Path| {
        let output = folder.join(number);
        let path = output.to_str().unwrap();
        stdout(&run(&["corpus", "sample", "--shots", number, "--output", path]));
        assert_eq!(std::fs::read_dir(&output).unwrap().count(), 52);
        let text = std::fs::read_to_string(output.join("sw-KE.jsonl")).unwrap();
        // What was written is itself a corpus.
        stdout(&run_on(&output, &["corpus", "check", "--quiet"]));
        let mut intents: BTreeMap<String, usize> = BTreeMap::new();
        for line in text.lines().filter(|line| line.contains("\"partition\": \"train\"")) {
            let row: Value = serde_json::from_str(line).unwrap();
            *intents.entry(row["intent"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        (ids(&text), intents)
    };
    let folder = TempDir::new().unwrap();
    let (one, intents) = shots("1", folder.path());
    let (two, _) = shots("2", folder.path());
    assert!(!intents.is_empty() && intents.values().all(|&rows| rows == 1), "{intents:?}");
    let of = |partition: &str| ("sw-KE".to_owned(), partition.to_owned());
    assert!(one[&of("train")].is_subset(&two[&of("train")]));
    let whole = ids(&std::fs::read_to_string(mini().join("data/sw-KE.jsonl")).unwrap());
    assert_eq!((&one[&of("dev")], &one[&of("test")]), (&whole[&of("dev")], &whole[&of("test")]));

    let path = folder.path().join("1");
    let again = run(&["corpus", "sample", "--shots", "1", "--output", path.to_str().unwrap()]);
    assert_eq!(again.status.code(), Some(2));
    assert!(stderr(&again).contains("--force"), "{}", stderr(&again));
}

#[test]
fn samples_that_cannot_be_drawn() {
    for (words, message) in [
        (&["--size", "100000"][..], "a sample of 100000 ids, but there are only"),
        (&["--fraction", "1.5"], "a share of 1.5"),
        (&["--size", "0"], "a sample of 0"),
        (&[], "--size <N>|--fraction <SHARE>|--shots <K>"),
    ] {
        let output = run(&[&["corpus", "sample"], words].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
}

#[test]
fn a_score_says_which_rows_its_filter_kept() {
    let predictions = mini().join("predictions/good.jsonl");
    let score = |words: &[&str]| -> Value {
        let words = [
            &["score", predictions.to_str().unwrap(), "--format", "json", "--resamples", "0"],
            words,
        ];
        let document = serde_json::from_str(&stdout(&run(&words.concat()))).unwrap();
        assert_valid("score", &document);
        document
    };
    let whole = score(&[]);
    assert!(!whole["signature"].as_str().unwrap().contains("filter"));
    let rows = whole["all"]["utterances"].as_u64().unwrap();
    let filtered = score(&["--min-grammar", "3.5", "--language", "target"]);
    let kept = filtered["all"]["utterances"].as_u64().unwrap();
    assert!(0 < kept && kept < rows);
    let signature = filtered["signature"].as_str().unwrap();
    let expected = format!("|filter:grammar_score>=3.5,language=target|kept:{kept}/{rows}|v:");
    assert!(signature.contains(&expected), "{signature}");
    // Predictions of rows that did not pass are neither scored nor unknown.
    assert_eq!(filtered["problems"]["unknown"], 0);
    assert_eq!(filtered["locales"]["en-US"]["utterances"], whole["locales"]["en-US"]["utterances"]);
}
