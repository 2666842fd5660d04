//! Forms that are almost one of those that are read: one sentence with the file
//! and its line.

use serde_json::json;

use super::super::support::{Folder, run};
use super::{assert_plain, gold, lines_of, rows, variant};

/// `massive score` on a broken file of predictions, and `corpus stats` on it as a
/// corpus: exit code 2 and a sentence with the name of the file.
#[track_caller]
fn refused(name: &str, content: impl AsRef<[u8]>, message: &str) {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let file = folder.write(name, content);
    let checked = run(["check", &file, "--corpus", &corpus]);
    let run = run(["score", &file, "--corpus", &corpus]);
    assert_plain(&run.stderr);
    assert_eq!(run.code, checked.code, "check says: {}{}", checked.stdout, checked.stderr);
    assert!(matches!(run.code, 1 | 2), "{}", run.stderr);
    let code = run.code;
    let stderr = run.fails(code, message);
    assert!(stderr.contains(name), "{stderr}");
}

#[track_caller]
fn refused_as_corpus(name: &str, content: impl AsRef<[u8]>, message: &str) {
    let folder = Folder::new();
    let file = folder.write(name, content);
    let run = run(["corpus", "stats", "--corpus", &file]);
    assert_plain(&run.stderr);
    let stderr = run.fails(2, message);
    assert!(stderr.contains(name), "{stderr}");
}

fn utf16(text: &str, mark: bool) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    if mark { [0xff, 0xfe].into_iter().chain(units).collect() } else { units.collect() }
}

fn good() -> String {
    lines_of(|row| {
        json!({"id": row.id, "locale": "en-US", "pred_intent": row.intent,
               "pred_annot_utt": row.annotation})
    })
}

#[test]
fn other_encodings_are_named() {
    let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00 and so on";
    let latin: Vec<u8> = good().replace("funny", "f\u{fc}nny").chars().map(|c| c as u8).collect();
    let of_predictions: fn(&str, Vec<u8>, &str) = |name, content, message| {
        refused(name, content, message);
    };
    let of_corpus: fn(&str, Vec<u8>, &str) = |name, content, message| {
        refused_as_corpus(name, content, message);
    };
    for check in [of_predictions, of_corpus] {
        check("p.csv", utf16("id,locale,pred_intent\n0,en-US,alarm_set\n", true), "UTF-16");
        check("p.tsv", utf16("id\tlocale\tintent\n0\ten-US\talarm_set\n", false), "UTF-16");
        check("p.jsonl", utf16(&good(), true), "UTF-16");
        check("p.jsonl", zip.to_vec(), "zip archive");
        check("p.csv", zip.to_vec(), "zip archive");
        check("p.json", format!("[{}]", 1).into_bytes(), "a single value where an object");
    }
    refused("p.csv", latin.clone(), "ISO-8859-1");
    refused("p.jsonl", latin, "p.jsonl:3");
    refused("p.parquet", b"PAR1 and nothing else", "p.parquet");
    refused("p.arrow", b"ARROW1\0\0 and nothing else", "p.arrow");
}

#[test]
fn almost_json_is_named() {
    let python: String = rows()
        .iter()
        .map(|row| {
            format!("{{'id': '{}', 'locale': 'en-US', 'pred_intent': '{}'}}\n", row.id, row.intent)
        })
        .collect();
    refused("python.jsonl", python, "Python");
    let nan = good().replacen("\"pred_intent\"", "\"score\": NaN, \"pred_intent\"", 1);
    refused("nan.jsonl", nan, "NaN");
    refused("cut.json", format!("[{}", good().lines().next().unwrap()), "cut.json:1");
    refused("two.json", format!("[{0}]\n[{0}]", good().lines().next().unwrap()), "two.json");
    refused("object.json", "{\"model\": \"x\", \"f1\": 0.5}", "no list of rows");
    refused("report.json", r#"{"a": {"precision": 1, "recall": 1}}"#, "report of figures");
    refused("empty.jsonl", "", "no predictions");
    refused_as_corpus("word.txt", "hello\nworld\n", "none of the forms that are known");
    refused("list.jsonl", "[\"a\", \"b\"]\n[\"c\"]\n", "list.jsonl");
    let gold_twice = gold() + &good();
    refused("mixed.jsonl", gold_twice, "row of the corpus");
}

#[test]
fn tables_and_columns_are_checked() {
    refused("headless.csv", "0,en-US,alarm_set\n1,en-US,play_music\n", "header");
    refused("headless.tsv", "0\ten-US\talarm_set\n1\ten-US\tplay_music\n", "header");
    refused("short.csv", "id,locale,pred_intent\n0,en-US\n", "short.csv:2");
    refused(
        "quote.csv",
        "id,locale,pred_intent,pred_annot_utt\n0,en-US,alarm_set,at six, today\n",
        "quote.csv:2",
    );
    refused(
        "count.jsonl",
        "{\"id\": 0, \"locale\": \"en-US\", \"tokens\": [\"a\", \"b\"], \"ner_tags\": [\"O\"]}\n",
        "1 tags for 2 words",
    );
    refused(
        "label.jsonl",
        "{\"id\": 0, \"locale\": \"en-US\", \"entities\": [{\"start\": 0, \"end\": 2}]}\n",
        "has no label",
    );
    refused(
        "numbers.jsonl",
        "{\"id\": 0, \"locale\": \"en-US\", \"ner_tags\": [0, 1]}\n",
        "a map of numbers",
    );
}

#[test]
fn a_locale_that_nothing_names_is_asked_for() {
    let row = r#"{"id": "0", "text": "put it on", "intent": "play_music"}"#;
    refused_as_corpus("rows.jsonl", format!("{row}\n"), "--locale");
    refused_as_corpus(
        "rows.jsonl",
        format!("{}\n", row.replace("\"text\"", "\"locale\": \"english\", \"text\"")),
        "english",
    );
}

#[test]
fn rows_that_cannot_be_read_are_skipped_when_asked() {
    let folder = Folder::new();
    let corpus = lines_of(|row| {
        let tags = if row.id == "2" { vec!["O".to_owned()] } else { row.tags.clone() };
        json!({"id": row.id, "locale": "en-US", "tokens": row.words, "ner_tags": tags,
               "intent": row.intent})
    });
    let corpus = folder.write("gold.jsonl", corpus);
    let base = ["corpus", "stats", "--corpus", &corpus, "--format", "json"];
    run(base).fails(2, "gold.jsonl:3");
    let skipped = run([&base[..], &["--skip-bad-lines"]].concat());
    assert!(skipped.stderr.contains("1 lines of the corpus skipped"), "{}", skipped.stderr);
    assert!(skipped.stderr.contains("gold.jsonl:3"), "{}", skipped.stderr);
    assert_eq!(skipped.json()["rows"][0]["rows"], 4);
    let found = variant("p.jsonl", good(), &[]);
    assert_eq!(found.values, super::WHOLE);
    // Half of predictions that cannot be read stop a score, and check counts them.
    let corpus = folder.write("en-US.jsonl", gold());
    let broken = lines_of(|row| {
        let tags = if row.id == "2" { vec!["O".to_owned()] } else { row.tags.clone() };
        json!({"id": row.id, "locale": "en-US", "tokens": row.words, "ner_tags": tags,
               "pred_intent": row.intent})
    });
    let broken = folder.write("broken.jsonl", broken);
    run(["score", &broken, "--corpus", &corpus]).fails(1, "broken.jsonl:3");
    let report = run(["check", &broken, "--corpus", &corpus, "--format", "json"]);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["errors"]["unparsable"]["count"], 1, "{report}");
}
