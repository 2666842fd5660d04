//! `massive predict`

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use super::support::{
    Folder, Run, assert_valid, finish, fixture, lines, massive, mini, run, run_with_stdin, shared,
};

/// `massive predict` with the tiny model on the built-in engine.
fn predict(options: &[&str]) -> Run {
    let model = fixture("tiny");
    run([&["predict", "--model", &model, "--engine", "builtin"], options].concat())
}

/// Rows without labels that cost next to nothing.
fn many_rows(folder: &Folder, count: usize) -> String {
    let texts = ["will it rain in lisbon", "turn off the kitchen lights", "cook lentil soup today"];
    folder.write_lines("corpus.jsonl", (0..count).map(|id| row(id, texts[id % texts.len()])))
}

fn row(id: usize, text: &str) -> String {
    format!(
        r#"{{"id": "{id}", "locale": "en-US", "partition": "MMNLU-22", "utt": "{text}", "worker_id": "1"}}"#
    )
}

#[test]
fn predictions_can_be_scored() {
    let folder = Folder::new();
    let output = folder.at("preds.jsonl");
    let options = ["--corpus", &mini("data"), "--output", &output];
    let shown = predict(&options);
    assert_eq!((shown.code, shown.stdout.as_str()), (0, ""), "{}", shown.stderr);
    assert!(shown.stderr.contains("tiny (joint, fp32) on cpu, "), "{}", shown.stderr);
    assert!(shown.stderr.contains("with built-in engine (rten"), "{}", shown.stderr);
    assert!(shown.stderr.contains("676 utterances in "), "{}", shown.stderr);
    assert_eq!(folder.names(), ["preds.jsonl"]);
    let rows = lines(&output);
    assert_eq!(rows.len(), 13 * 52);
    for row in &rows {
        assert_valid("prediction", &serde_json::from_str(row).unwrap());
    }
    // In the order of the corpus.
    assert!(rows[0].starts_with(r#"{"id": "2", "locale": "af-ZA", "utt": ["#), "{}", rows[0]);
    let english = rows.iter().find(|row| row.contains(r#""en-US""#)).unwrap();
    assert_eq!(
        english,
        r#"{"id": "2", "locale": "en-US", "utt": ["will", "it", "rain", "in", "lisbon", "on", "thursday"], "pred_intent": "weather_query", "pred_slots": [["lisbon", "place_name"], ["thursday", "date"]], "pred_annot_utt": "will it rain in [place_name : lisbon] on [date : thursday]"}"#
    );
    let scored = run(["score", &output, "--corpus", &mini("data"), "--format", "json"]).json();
    let at_once = predict(&["--corpus", &mini("data"), "--score", "--format", "json", "--quiet"]);
    assert_eq!(at_once.stderr, "");
    assert_eq!(at_once.json(), scored);
}

#[test]
fn standard_output_files_and_compressed_files_hold_the_same() {
    let folder = Folder::new();
    let corpus = mini("data");
    let options = ["--corpus", &corpus, "--locales", "de-DE,ja-JP"];
    let printed = predict(&options).ok();
    for (batches, name) in [
        (&["--batch-size", "1", "--sessions", "3"][..], "one.jsonl"),
        (&["--batch-tokens", "40", "--threads", "1"], "few.jsonl.gz"),
    ] {
        let output = folder.at(name);
        predict(&[&options, batches, &["--output", &output]].concat()).ok();
        let mut text = String::new();
        let file = std::fs::File::open(&output).unwrap();
        if name.ends_with(".gz") {
            std::io::Read::read_to_string(&mut MultiGzDecoder::new(file), &mut text).unwrap();
        } else {
            text = std::fs::read_to_string(&output).unwrap();
        }
        assert_eq!(text, printed, "{name}");
    }
    assert_eq!(folder.names(), ["few.jsonl.gz", "one.jsonl"]);
}

#[test]
fn held_out_rows_need_no_labels() {
    let corpus = mini("data");
    let rows = predict(&["--corpus", &corpus, "--partition", "MMNLU-22", "--locales", "sw-KE"]);
    assert_eq!(rows.ok().lines().count(), 2);
}

#[test]
fn scores_say_how_sure_the_model_is() {
    let corpus = mini("data");
    let rows = predict(&["--corpus", &corpus, "--locales", "en-US", "--scores"]).ok();
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    assert_valid("prediction", &row);
    // Two votes of 2 for the weather, none for the three others.
    let votes = 4_f64.exp();
    let probability = votes / (votes + 3.0);
    let near = |field: &str, value: f64| (row[field].as_f64().unwrap() - value).abs() < 1e-5;
    assert!(near("pred_intent_score", probability), "{row}");
    assert!(near("pred_intent_margin", probability - 1.0 / (votes + 3.0)), "{row}");
    assert_eq!(row["pred_slot_scores"].as_array().unwrap().len(), 2);
}

#[test]
fn a_text_is_parsed_at_once() {
    let parsed = predict(&["--text", "will it rain in lisbon today", "--locale", "en-US"]).ok();
    assert_eq!(parsed, "weather_query  95 %\n  place_name: lisbon  92 %\n  date: today  92 %\n");
    let line = predict(&["--text", "cook soup", "--locale", "en-US", "--format", "json"]).ok();
    assert_valid("prediction", &serde_json::from_str(&line).unwrap());
    let folder = Folder::new();
    let typed = folder.write_lines("typed", ["turn off the lights", "", "drop the yoga class"]);
    let model = fixture("tiny");
    let shown = run_with_stdin(
        ["predict", "--model", &model, "--engine", "builtin", "--locale", "en-US", "-q"],
        Path::new(&typed),
    )
    .ok();
    let intents: Vec<&str> = shown.lines().filter(|line| !line.starts_with(' ')).collect();
    assert_eq!(intents, ["iot_hue_lightoff  99 %", "calendar_remove  71 %"]);
}

#[test]
fn an_answer_comes_before_the_next_question() {
    let mut child = massive()
        .args(["predict", "--model", &fixture("tiny"), "--engine", "builtin"])
        .args(["--locale", "en-US", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut questions = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap());
    for (question, intent) in [("cook soup", "cooking_recipe"), ("rain", "weather_query")] {
        writeln!(questions, "{question}").unwrap();
        let mut answer = String::new();
        while !answer.contains(intent) {
            assert_ne!(answers.read_line(&mut answer).unwrap(), 0, "{answer}");
        }
    }
    drop(questions);
    assert!(child.wait().unwrap().success());
}

#[test]
fn what_is_too_long_is_cut_and_said() {
    let folder = Folder::new();
    let long = vec!["lisbon"; 40].join(" ");
    let corpus = folder.write_lines("long.jsonl", [row(1, &long), row(2, "rain in lisbon")]);
    let shown = predict(&["--corpus", &corpus, "--partition", "MMNLU-22"]);
    assert!(
        shown.stderr.contains("utterances longer than the model takes: 1; words cut off, and predicted to be outside every slot: 10"),
        "{}",
        shown.stderr
    );
    let rows = shown.ok();
    let annotation: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let slots = annotation["pred_slots"].as_array().unwrap();
    assert_eq!(slots.len(), 1);
    assert_eq!(slots[0][0].as_str().unwrap().split(' ').count(), 30);
}

/// Starts a run over many rows and sends it a signal once rows are there.
fn interrupted(folder: &Folder, corpus: &str, signal: &str) -> (String, Run) {
    let output = folder.at("preds.jsonl");
    let partial = format!("{output}.partial");
    let child =
        slow(corpus, &output).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    for _ in 0..6000 {
        if std::fs::metadata(&partial).is_ok_and(|metadata| metadata.len() > 0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    let finished = child.wait_with_output().unwrap();
    let run = Run {
        code: finished.status.code().unwrap_or(-1),
        stdout: String::from_utf8(finished.stdout).unwrap(),
        stderr: String::from_utf8(finished.stderr).unwrap(),
    };
    (output, run)
}

/// A run that takes its time.
fn slow(corpus: &str, output: &str) -> Command {
    let mut command = massive();
    command
        .args(["predict", "--model", &fixture("tiny"), "--engine", "builtin"])
        .args(["--corpus", corpus, "--partition", "MMNLU-22", "--output", output])
        .args(["--batch-size", "1", "--sessions", "1"]);
    command
}

#[test]
#[cfg(unix)]
fn an_interrupted_run_goes_on_where_it_stopped() {
    let folder = Folder::new();
    let count = 30_000;
    let corpus = many_rows(&folder, count);
    let whole = folder.at("whole.jsonl");
    finish(slow(&corpus, &whole).output().unwrap()).ok();
    let whole = std::fs::read(&whole).unwrap();
    for signal in ["-INT", "-KILL"] {
        let (output, stopped) = interrupted(&folder, &corpus, signal);
        let partial = format!("{output}.partial");
        if signal == "-INT" {
            assert_eq!(stopped.code, 2, "{}", stopped.stderr);
            let message = "the same command with --resume goes on, from ";
            assert!(stopped.stderr.contains("interrupted after "), "{}", stopped.stderr);
            assert!(stopped.stderr.contains(message), "{}", stopped.stderr);
            assert!(std::fs::read(&partial).unwrap().ends_with(b"}\n"));
        }
        assert!(!Path::new(&output).exists());
        let rows = lines(&partial).len();
        assert!(0 < rows && rows < count, "{rows}");

        // Not by mistake.
        let again = finish(slow(&corpus, &output).output().unwrap());
        again.fails(2, "is left from a run that was not finished; --resume goes on with it");
        let other = finish(slow(&corpus, &output).args(["--resume", "--scores"]).output().unwrap());
        other.fails(2, "cannot be gone on with: the options changed since");

        // A line that was being written when the power went.
        let mut file = std::fs::File::options().append(true).open(&partial).unwrap();
        file.write_all(br#"{"id": "#).unwrap();
        drop(file);
        let resumed = finish(slow(&corpus, &output).arg("--resume").output().unwrap());
        assert!(resumed.stderr.contains(" are there; going on after them"), "{}", resumed.stderr);
        resumed.ok();
        assert!(std::fs::read(&output).unwrap() == whole, "{signal}: the output differs");
        assert!(!Path::new(&partial).exists());
        assert!(!Path::new(&format!("{partial}.json")).exists());
        std::fs::remove_file(&output).unwrap();
    }
}

/// Twenty runs, each killed after another time, and one that may end: whatever
/// they leave can be gone on with, and the output is whole or not there.
#[test]
#[cfg(unix)]
fn kills_at_any_moment_lose_and_double_nothing() {
    let folder = Folder::new();
    let corpus = many_rows(&folder, 30_000);
    let whole = folder.at("whole.jsonl");
    finish(slow(&corpus, &whole).output().unwrap()).ok();
    let whole = std::fs::read(&whole).unwrap();
    let output = folder.at("preds.jsonl");
    let journal = format!("{output}.partial.json");
    let next = || {
        let mut command = slow(&corpus, &output);
        if Path::new(&journal).exists() {
            command.arg("--resume");
        }
        command
    };
    let mut random = 7_u64;
    for _ in 0..20 {
        let mut child = next().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        std::thread::sleep(Duration::from_millis((random >> 33) % 150));
        child.kill().unwrap();
        child.wait().unwrap();
        if Path::new(&output).exists() {
            assert!(std::fs::read(&output).unwrap() == whole, "the output differs");
            std::fs::remove_file(&output).unwrap();
        }
    }
    finish(next().output().unwrap()).ok();
    assert!(std::fs::read(&output).unwrap() == whole, "the output differs");
    assert!(!Path::new(&journal).exists());
}

#[test]
fn what_cannot_be_resumed_is_refused() {
    let folder = Folder::new();
    let corpus = many_rows(&folder, 400);
    let output = folder.at("preds.jsonl");
    let options = ["--corpus", &corpus, "--partition", "MMNLU-22", "--output", &output];
    let resume = |options: &[&str]| predict(&[options, &["--resume"]].concat());
    resume(&options).fails(2, "there is nothing to resume: ");

    // A run that fails leaves what it has.
    let mut rows: Vec<String> = lines(&corpus);
    rows[390] = row(390, "cursed");
    folder.write_lines("corpus.jsonl", &rows);
    predict(&[&options[..], &["--sessions", "1"]].concat())
        .fails(2, "NaN) for utterance en-US 390");
    assert!(!Path::new(&output).exists());
    let journal = format!("{output}.partial.json");
    assert_valid(
        "partial",
        &serde_json::from_str(&std::fs::read_to_string(&journal).unwrap()).unwrap(),
    );

    // Rows in another order, in a file of the same size.
    rows.swap(3, 4);
    rows[390] = row(390, "lisbon");
    folder.write_lines("corpus.jsonl", &rows);
    resume(&options).fails(2, ":4: it has en-US 3 where the corpus has en-US 4");
    folder.write_lines("corpus.jsonl", &rows[..10]);
    resume(&options).fails(2, "the corpus or its rows changed since");
    std::fs::write(&journal, "{}").unwrap();
    resume(&options).fails(2, "not what an interrupted run leaves");
    predict(&[&options[..], &["--force"]].concat()).ok();
    assert_eq!(lines(&output).len(), 10);
    assert_eq!(folder.names(), ["corpus.jsonl", "preds.jsonl"]);
}

#[test]
fn bad_input_leaves_nothing_behind() {
    let folder = Folder::new();
    let corpus = folder.write_lines("corpus.jsonl", [row(7, "rain")]);
    let cursed = folder.write_lines("cursed.jsonl", [row(7, "rain"), row(8, "cursed rain")]);
    let model = fixture("tiny");
    let whole = std::fs::read(Path::new(&model).join("model.onnx")).unwrap();
    folder.write("cut.onnx", &whole[..whole.len() / 2]);
    let empty = folder.path("empty");
    std::fs::create_dir(&empty).unwrap();
    let before = folder.names();
    let output = folder.at("preds.jsonl");
    let over = |corpus: &str, model: &str, options: &[&str]| {
        let start = ["predict", "--engine", "builtin", "--corpus", corpus, "--output", &output];
        run([&start[..], &["--partition", "MMNLU-22", "--model", model], options].concat())
    };
    let with = |model: &str, options: &[&str]| over(&corpus, model, options);
    let broken = |name: &str| format!("broken/{name}.onnx");
    with(&empty.display().to_string(), &[]).fails(2, "no model in it: no .onnx file");
    with(&folder.at("nowhere"), &[]).fails(2, "no such model folder");
    with(&folder.at("cut.onnx"), &[]).fails(2, " is cut short: it has ");
    with(&model, &["--graph", &broken("flat")]).fails(2, "slot_logits has the shape ");
    with(&model, &["--graph", &broken("wide")]).fails(2, "expected to be [batch, sequence, slots]");
    with(&model, &["--graph", &broken("future")]).fails(2, "opset 999");
    with(&model, &["--precision", "int8"]).fails(2, "no graph of precision int8");
    with(&model, &["--device", "cuda"]).fails(2, "cuda");
    with(&model, &["--max-length", "33"]).fails(2, "takes 32 ids at most");
    with(&model, &["--locales", "de-DE"]).fails(2, "no rows of de-DE");
    over(&cursed, &model, &[]).fails(2, "is not a number (NaN) for utterance en-US 8");
    assert_eq!(folder.names(), before);
    run(["predict", "--model", &model]).fails(2, "what is to be parsed?");
    run(["predict", "--model", &model, "--text", "x", "--corpus", &corpus])
        .fails(2, "--text wants --locale");
}

/// Rows by locale and id.
fn by_key(text: impl BufRead) -> HashMap<(String, String), Value> {
    text.lines()
        .map(|line| {
            let row: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let key = |name: &str| row[name].as_str().unwrap().to_owned();
            ((key("locale"), key("id")), row)
        })
        .collect()
}

fn gzipped(path: PathBuf) -> impl BufRead {
    BufReader::new(MultiGzDecoder::new(std::fs::File::open(path).unwrap()))
}

/// Which engines are here: the built-in one always.
fn engines() -> Vec<&'static str> {
    let info = run([
        "predict",
        "--model",
        &fixture("tiny"),
        "--engine",
        "onnxruntime",
        "--text",
        "rain",
        "--locale",
        "en-US",
    ]);
    if info.code == 0 {
        return vec!["builtin", "onnxruntime"];
    }
    eprintln!("not tested with ONNX Runtime: {}", info.stderr);
    vec!["builtin"]
}

#[test]
fn the_reference_predictions_are_reproduced() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    for engine in engines() {
        for (name, locales) in [("xlmr-joint", "en-US,th-TH"), ("mt5-encoder-joint", "en-US,sw-KE")]
        {
            // The built-in engine takes its time in an unoptimised build.
            let locales = if engine == "builtin" { "en-US" } else { locales };
            let model = shared.join("models").join(name).display().to_string();
            let rows = run([
                "predict",
                "--model",
                &model,
                "--engine",
                engine,
                "--corpus",
                &corpus,
                "--locales",
                locales,
                "--text",
                "reference",
            ])
            .ok();
            let golden =
                by_key(gzipped(shared.join(format!("oracle/{name}/predictions.jsonl.gz"))));
            let found = by_key(rows.as_bytes());
            assert_eq!(found.len(), 2974 * locales.split(',').count());
            let equal = found.iter().filter(|(key, row)| golden.get(*key) == Some(*row)).count();
            // All rows of all locales when this was written.
            assert!(
                equal as f64 >= 0.999 * found.len() as f64,
                "{name} on {engine}: {equal} of {}",
                found.len()
            );
        }
    }
}

#[test]
fn the_metrics_are_those_of_the_reference() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    let model = shared.join("models/xlmr-joint").display().to_string();
    let golden = std::fs::read_to_string(shared.join("oracle/xlmr-joint/metrics.json")).unwrap();
    let golden: Value = serde_json::from_str(&golden).unwrap();
    // Integers instead of floating-point numbers: by accuracy.
    for (precision, tolerance) in [("fp32", 1e-3), ("int8", 2e-2)] {
        let document = run([
            "predict",
            "--model",
            &model,
            "--precision",
            precision,
            "--corpus",
            &corpus,
            "--locales",
            "en-US",
            "--score",
            "--format",
            "json",
            "--resamples",
            "0",
        ])
        .json();
        for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
            let found = document["locales"]["en-US"][metric]["value"].as_f64().unwrap();
            let expected = golden[format!("test_en-US_{metric}")].as_f64().unwrap();
            assert!(
                (found - expected).abs() < tolerance,
                "{precision} {metric}: {found} {expected}"
            );
        }
    }
}

#[test]
fn a_pair_is_predicted_as_by_its_authors() {
    let Some(shared) = shared() else { return };
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    let at = |name: &str| shared.join("models").join(name).display().to_string();
    let rows = run([
        "predict",
        "--model",
        &at("hf-intent"),
        "--slot-model",
        &at("hf-slots"),
        "--corpus",
        &corpus,
        "--locales",
        "en-US",
    ])
    .ok();
    let golden = by_key(gzipped(shared.join("oracle/hf-pair/preds_en-US.jsonl.gz")));
    let found = by_key(rows.as_bytes());
    let plain =
        |label: &Value| label.as_str().unwrap().trim_start_matches(['B', 'I', '-']).to_owned();
    let equal = golden
        .iter()
        .filter(|(key, golden)| {
            let row = &found[*key];
            let labels: Vec<String> =
                golden["pred_bio"].as_array().unwrap().iter().map(plain).collect();
            let annotation = row["pred_annot_utt"].as_str().unwrap();
            row["pred_intent"] == golden["pred_intent"] && labels_of(annotation) == labels
        })
        .count();
    assert_eq!((golden.len(), found.len()), (2974, 2974));
    assert!(equal >= 2972, "{equal} of 2974");
}

/// A label a word of an annotation; `O` outside slots.
fn labels_of(annotation: &str) -> Vec<String> {
    let mut labels = Vec::new();
    let mut label = "O".to_owned();
    for piece in annotation.split(' ') {
        match piece.strip_prefix('[') {
            Some(name) => label = name.to_owned(),
            None if piece == ":" => {}
            None => {
                labels.push(label.clone());
                if piece.ends_with(']') {
                    label = "O".to_owned();
                }
            }
        }
    }
    labels
}
