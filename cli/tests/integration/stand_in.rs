//! A folder in which the mini corpus, its predictions and our own models stand for the
//! files that the documentation names.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use massive_lm::fake::{FakeEndpoint, FakeReply};
use serde_json::{Value, json};

use crate::support::{Folder, fixture, gzip, lines, mini};

/// How many times each row of train is there: the mini corpus has most intents once,
/// which is not enough to learn from.
const TRAIN_ROWS: u32 = 10;

/// Names of predictions in the documentation, and those of the mini corpus that stand
/// for them.
const PREDICTIONS: [(&str, &str); 9] = [
    ("predictions.jsonl", "good"),
    ("preds.jsonl", "good"),
    ("preds/de-DE.jsonl", "good"),
    ("a.jsonl", "good"),
    ("new.jsonl", "good"),
    ("branch.jsonl", "good"),
    ("b.jsonl", "poor"),
    ("old.jsonl", "poor"),
    ("main.jsonl", "poor"),
];

/// Names of models, and the folder in `fixtures/models` that stands for them.
const MODELS: [(&str, &str); 5] = [
    ("model", "joint"),
    ("xlmr", "joint"),
    ("xlmr-joint", "joint"),
    ("e5", "joint"),
    ("mt5-text-to-text", "text-to-text"),
];

/// The files, made once, and an endpoint that answers.
pub(crate) struct StandIn {
    files: Folder,
    endpoint: FakeEndpoint,
}

impl StandIn {
    pub(crate) fn new() -> Self {
        let files = Folder::new();
        for folder in ["1.1/data", "preds", "slurp", "mine"] {
            std::fs::create_dir_all(files.path(folder)).unwrap();
        }
        write_corpus(&files);
        for (name, system) in PREDICTIONS {
            std::fs::copy(mini(&format!("predictions/{system}.jsonl")), files.path(name)).unwrap();
        }
        std::fs::copy(mini("predictions/poor.jsonl"), files.path("baseline.jsonl")).unwrap();
        files.write("preds.jsonl.gz", gzip(&std::fs::read(files.path("preds.jsonl")).unwrap()));
        for (name, model) in MODELS {
            symlink(fixture(&format!("models/{model}")), files.path(name)).unwrap();
        }
        symlink(fixture("models/joint/tokenizer.json"), files.path("tokenizer.json")).unwrap();
        for name in ["massive.intents", "massive.slots"] {
            symlink(fixture(&format!("models/joint/{name}")), files.path(name)).unwrap();
        }
        for name in ["web.txt", "train.jsonl"] {
            files.write(name, "a text of the web\n");
        }
        files.write("web.txt.gz", gzip(b"a text of the web\n"));
        write_slurp(&files);
        StandIn { files, endpoint: endpoint() }
    }

    /// A folder with all files in it, to work in.
    pub(crate) fn folder(&self) -> Folder {
        let work = Folder::new();
        for name in self.files.names() {
            let from = self.files.path(&name);
            // What is a link stays one, and folders of data are read only.
            if from.is_dir() || name.ends_with(".gz") {
                symlink(&from, work.path(&name)).unwrap();
            } else {
                std::fs::copy(&from, work.path(&name)).unwrap();
            }
        }
        work
    }

    /// Runs commands as they would be typed into bash, until one fails. Endpoints on
    /// this machine are ours.
    pub(crate) fn shell(&self, commands: &str, work: &Folder) -> Output {
        let bin = Path::new(env!("CARGO_BIN_EXE_massive")).parent().unwrap();
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
        let url = self.endpoint.url();
        let commands = commands
            .replace("http://127.0.0.1:8080/v1", &url)
            .replace("http://127.0.0.1:8000/v1", &url);
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", &commands]).current_dir(work.path(""));
        command.env("PATH", path).env("HOME", work.path("")).env_remove("MASSIVE_CORPUS");
        command.stdin(Stdio::null()).output().unwrap()
    }
}

/// The mini corpus with more rows to learn from, as a folder and as an archive.
fn write_corpus(files: &Folder) {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(mini("data")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for path in folders {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let rows = lines(path.to_str().unwrap());
        let copies =
            (1..TRAIN_ROWS).flat_map(|copy| rows.iter().filter_map(move |row| copied(row, copy)));
        let all: Vec<String> = rows.iter().cloned().chain(copies).collect();
        files.write_lines(&format!("1.1/data/{name}"), &all);
        if name == "en-US.jsonl" {
            files.write_lines("mine.jsonl", &all);
            // Rows that nobody can have seen: none of them is in the release.
            files.write_lines("own.jsonl", all.iter().map(|line| line.replace(" the ", " our ")));
        }
        if name == "de-DE.jsonl" {
            files.write_lines("mine/de-DE.jsonl", &all);
        }
    }
    let file = std::fs::File::create(files.path("amazon-massive-dataset-1.1.tar.gz")).unwrap();
    let compressed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    let mut archive = tar::Builder::new(compressed);
    archive.append_dir_all("1.1", files.path("1.1")).unwrap();
    archive.into_inner().unwrap().finish().unwrap();
}

/// A row of train under another id.
fn copied(line: &str, copy: u32) -> Option<String> {
    let mut row: BTreeMap<String, Value> = serde_json::from_str(line).unwrap();
    let id: u32 = row["id"].as_str().unwrap().parse().unwrap();
    // 42 is an id that the documentation likes.
    let id = if (id, copy) == (0, 1) { 42 } else { id + 1000 * copy };
    row.insert("id".into(), json!(id.to_string()));
    (row["partition"] == "train").then(|| serde_json::to_string(&row).unwrap())
}

/// Two rows as SLURP has them, and predictions.
fn write_slurp(files: &Folder) {
    let gold = [
        r#"{"slurp_id": 1, "scenario": "email", "action": "sendemail", "tokens": [{"surface": "mail"}, {"surface": "Bob"}], "entities": [{"span": [1], "type": "person"}], "recordings": [{"file": "a.flac"}]}"#,
        r#"{"slurp_id": 2, "scenario": "alarm", "action": "set", "tokens": [{"surface": "nine"}], "entities": [{"span": [0], "type": "time"}]}"#,
    ];
    let predictions = [
        r#"{"slurp_id": "1", "scenario": "email", "action": "query", "entities": [{"type": "person", "filler": "bob"}]}"#,
        r#"{"slurp_id": "2", "scenario": "alarm", "action": "set", "entities": [{"type": "time", "filler": "nine"}]}"#,
    ];
    files.write("slurp/test.jsonl.gz", gzip(gold.join("\n").as_bytes()));
    files.write_lines("slurp-preds.jsonl", predictions);
}

/// A model that says the same of everything.
fn endpoint() -> FakeEndpoint {
    FakeEndpoint::start(|request| {
        if request.path.ends_with("/tokenize") {
            return FakeReply::Raw(json!({ "tokens": [1, 2, 3] }).to_string());
        }
        FakeReply::Text("alarm_set\nAnnotation: wake me".to_owned())
    })
    .unwrap()
}
