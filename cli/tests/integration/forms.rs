//! What people have: every case of the shared folder, and variants of each kind
//! made here. Each gives the right number or one sentence that says what to do.

mod bad;
mod cases;
mod corpora;
mod predictions;

use serde_json::{Value, json};

use super::support::{Folder, run};

/// Id, intent and annotation of the rows that variants are made of.
const ROWS: [(&str, &str, &str); 5] = [
    ("0", "alarm_set", "wake me at [time : six am] on [date : friday]"),
    ("1", "play_music", "put on [artist_name : the drifters]"),
    ("2", "general_joke", "say something funny"),
    ("3", "weather_query", "is it [weather_descriptor : windy] in [place_name : oldport]"),
    ("4", "alarm_remove", "drop the [time : noon] alarm"),
];

/// A row in all the parts that forms are put together of.
struct Row {
    id: &'static str,
    intent: &'static str,
    annotation: &'static str,
    text: String,
    words: Vec<String>,
    /// A tag a word, `B-`, `I-` or `O`.
    tags: Vec<String>,
    /// Start and end in characters, label and value.
    slots: Vec<(usize, usize, String, String)>,
}

fn rows() -> Vec<Row> {
    ROWS.into_iter()
        .map(|(id, intent, annotation)| {
            let (mut text, mut tags, mut slots) = (String::new(), Vec::new(), Vec::new());
            for part in annotation.split('[') {
                let (slot, rest) = match part.split_once(']') {
                    Some((slot, rest)) => (slot.split_once(" : "), rest),
                    None => (None, part),
                };
                if let Some((label, value)) = slot {
                    slots.push((text.len(), text.len() + value.len(), label.into(), value.into()));
                    text.push_str(value);
                    for index in 0..value.split(' ').count() {
                        tags.push(format!("{}-{label}", if index == 0 { "B" } else { "I" }));
                    }
                }
                text.push_str(rest);
                tags.extend(rest.split_whitespace().map(|_| "O".to_owned()));
            }
            let words = text.split(' ').map(str::to_owned).collect();
            Row { id, intent, annotation, text, words, tags, slots }
        })
        .collect()
}

/// Lines of JSON, an object a row.
fn lines_of(object: impl Fn(&Row) -> Value) -> String {
    rows().iter().map(|row| object(row).to_string() + "\n").collect()
}

/// The rows as the release has them.
fn gold() -> String {
    lines_of(|row| {
        json!({
            "id": row.id, "locale": "en-US", "partition": "test",
            "scenario": row.intent.split('_').next(), "intent": row.intent,
            "utt": row.text, "annot_utt": row.annotation, "worker_id": "1",
        })
    })
}

/// What a score says.
struct Scored {
    /// Per cent of intent accuracy, slot micro-F1 and exact match, to one digit.
    values: [Option<f64>; 3],
    document: Value,
    stderr: String,
}

impl Scored {
    fn problem(&self, name: &str) -> u64 {
        self.document["problems"][name].as_u64().unwrap()
    }
}

/// All right.
const WHOLE: [Option<f64>; 3] = [Some(100.0), Some(100.0), Some(100.0)];

#[track_caller]
fn scored(predictions: &str, corpus: &str, options: &[&str]) -> Scored {
    let base = ["score", predictions, "--corpus", corpus, "--format", "json"];
    let run = run([&base[..], options].concat());
    let stderr = run.stderr.clone();
    assert_eq!(run.code, 0, "{predictions} {options:?}: {stderr}");
    let document = run.json();
    super::support::assert_valid("score", &document);
    let value = |metric: &str| {
        document["all"][metric]["value"].as_f64().map(|value| (value * 1000.0).round() / 10.0)
    };
    let values = [value("intent_acc"), value("slot_micro_f1"), value("ex_match_acc")];
    Scored { values, document, stderr }
}

/// Words that only those who know the program's or a library's types understand.
fn assert_plain(message: &str) {
    for word in [
        "serde",
        "expected value at",
        "invalid type",
        "Utf8Error",
        "ParquetError",
        "ArrowError",
        "struct ",
        "enum ",
        "RawRow",
        "RawPrediction",
        "Option<",
        "Vec<",
        "panicked",
        "csv error",
        "CSV error",
        "EOF while",
        "stream did not contain",
    ] {
        assert!(!message.contains(word), "{word:?} in {message:?}");
    }
}

/// A file of a variant, against [`gold`].
#[track_caller]
fn variant(name: &str, text: impl AsRef<[u8]>, options: &[&str]) -> Scored {
    let folder = Folder::new();
    let corpus = folder.write("en-US.jsonl", gold());
    let predictions = folder.write(name, text);
    scored(&predictions, &corpus, options)
}
