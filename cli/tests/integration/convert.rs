//! `massive corpus convert`, from outside.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::support;

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
const GOOD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini/predictions/good.jsonl");

fn massive(arguments: &[&str]) -> Output {
    support::massive().args(arguments).output().unwrap()
}

fn convert(corpus: &str, to: &str, output: &Path, more: &[&str]) -> Output {
    let mut arguments = vec![
        "corpus",
        "convert",
        "--corpus",
        corpus,
        "--to",
        to,
        "--output",
        output.to_str().unwrap(),
    ];
    arguments.extend(more);
    massive(&arguments)
}

fn succeeded(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_parquet_file_is_a_corpus_with_the_same_scores() {
    let folder = tempfile::tempdir().unwrap();
    let parquet = folder.path().join("mini.parquet");
    succeeded(&convert(MINI, "parquet", &parquet, &[]));
    for more in [&[][..], &["--labels", "brackets", "--locales", "ja-JP,de-*"]] {
        let score = |corpus: &str| {
            let mut arguments = vec!["score", GOOD, "--corpus", corpus, "--format", "json"];
            arguments.extend(more);
            let output = massive(&arguments);
            succeeded(&output);
            String::from_utf8(output.stdout).unwrap()
        };
        assert_eq!(score(MINI), score(parquet.to_str().unwrap()));
    }
    let check = massive(&["check", GOOD, "--corpus", parquet.to_str().unwrap()]);
    succeeded(&check);
}

#[test]
fn a_file_a_locale_is_the_release_again() {
    let folder = tempfile::tempdir().unwrap();
    let (parquet, back) = (folder.path().join("mini.parquet"), folder.path().join("back"));
    succeeded(&convert(MINI, "parquet", &parquet, &[]));
    let source = parquet.to_str().unwrap();
    succeeded(&convert(source, "jsonl", &back, &["--per-locale"]));
    assert_eq!(names(&back), names(&Path::new(MINI).join("data")));
    for name in names(&back) {
        let original = fs::read_to_string(Path::new(MINI).join("data").join(&name)).unwrap();
        let written = fs::read_to_string(back.join(&name)).unwrap();
        assert_eq!(written, original.trim_end_matches('\n'), "{name}");
        assert_eq!(name == "ca-ES.jsonl", written.is_ascii() && written.contains("\\u"), "{name}");
    }
}

#[test]
fn json_rows_follow_their_schemas() {
    for (to, schema) in [("words", "words"), ("jsonl", "utterance")] {
        let path = format!("{}/../schemas/{schema}.schema.json", env!("CARGO_MANIFEST_DIR"));
        let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let output = massive(&[
            "corpus",
            "convert",
            "--corpus",
            MINI,
            "--to",
            to,
            "--locales",
            "ja-JP,en-US",
        ]);
        succeeded(&output);
        let text = String::from_utf8(output.stdout).unwrap();
        let rows: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(rows.len(), 64);
        for row in &rows {
            if let Some(error) = validator.iter_errors(row).next() {
                panic!("{error}: {row}");
            }
        }
        let mut wrong = rows[0].clone();
        wrong["extra"] = Value::Null;
        assert!(!validator.is_valid(&wrong));
    }
}

#[test]
fn what_exists_is_replaced_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("words.jsonl");
    fs::write(&file, "mine").unwrap();
    let output = convert(MINI, "words", &file, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("exists already; --force replaces it"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    succeeded(&convert(MINI, "words", &file, &["--force"]));
    assert_ne!(fs::read_to_string(&file).unwrap(), "mine");

    let dataset = folder.path().join("hf");
    succeeded(&convert(MINI, "hf", &dataset, &[]));
    succeeded(&convert(MINI, "hf", &dataset, &["--force", "--partition", "dev"]));
    assert!(!dataset.join("train").exists() && dataset.join("dev").exists());
    fs::write(dataset.join("notes.txt"), "mine").unwrap();
    let output = convert(MINI, "hf", &dataset, &["--force"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("it holds notes.txt, which this command does not write"));
    assert!(dataset.join("notes.txt").exists());
    assert_eq!(names(folder.path()), ["hf", "words.jsonl"]);
}

#[test]
fn a_failed_conversion_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.jsonl");
    let mut rows = fs::read_to_string(format!("{MINI}/data/de-DE.jsonl")).unwrap();
    rows.push_str("\nno row\n");
    fs::write(&bad, rows).unwrap();
    for (to, more) in
        [("parquet", &[][..]), ("jsonl", &["--per-locale"]), ("hf", &[]), ("arrow", &[])]
    {
        let output = convert(bad.to_str().unwrap(), to, &folder.path().join("out"), more);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("bad.jsonl:33:"), "{}", stderr(&output));
        assert_eq!(names(folder.path()), ["bad.jsonl"], "{to}");
    }
    let out = folder.path().join("out");
    let output = convert(bad.to_str().unwrap(), "csv", &out, &["--skip-bad-lines"]);
    succeeded(&output);
    assert!(stderr(&output).contains("warning: 1 lines of the corpus skipped"));
}

#[test]
fn wrong_requests_say_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    for (arguments, message) in [
        (&["--to", "parquet"][..], "this format cannot go to standard output"),
        (&["--to", "words", "--per-locale"], "files a locale cannot go to standard output"),
        (&["--to", "hf"], "name it with --output"),
        (&["--to", "csv", "--locales", "de"], "de"),
        (&["--to", "csv", "--locales", "de-DE", "--exclude-locales", "de-*"], "no locale is left"),
    ] {
        let output = massive(&[&["corpus", "convert", "--corpus", MINI], arguments].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(message), "{}", stderr(&output));
    }
    let map = folder.path().join("map");
    fs::write(&map, "{\"0\": \"Other\"}").unwrap();
    let output = convert(MINI, "hf", &out, &["--slots", map.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the given map has no number for slot"));
    let output = convert(MINI, "hf", &out, &["--per-locale"]);
    assert!(stderr(&output).contains("a folder a partition, not a file a locale"));
    assert_eq!(names(folder.path()), ["map"]);
}

#[test]
fn what_the_format_cannot_show_is_counted() {
    let output = massive(&["corpus", "convert", "--corpus", MINI, "--to", "conll"]);
    succeeded(&output);
    assert!(
        stderr(&output)
            .contains("warning: 104 rows without labels or words were left out, which this format")
    );
}

#[test]
fn a_reader_that_has_enough_ends_it_quietly() {
    let mut child = support::massive()
        .args(["corpus", "convert", "--corpus", MINI, "--to", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    succeeded(&output);
    assert_eq!(stderr(&output), "");
}

#[test]
fn the_libraries_of_python_read_the_results() {
    let Some(python) = support::python() else { return };
    let folder = tempfile::tempdir().unwrap();
    for to in ["jsonl", "parquet", "arrow", "words", "conll", "csv"] {
        succeeded(&convert(MINI, to, &folder.path().join(format!("c.{to}")), &[]));
    }
    succeeded(&convert(MINI, "hf", &folder.path().join("hf"), &[]));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_conversions.py");
    let mut command = Command::new(python);
    command.arg(script).arg(folder.path()).env("HF_HOME", folder.path());
    if let Some(shared) = support::shared() {
        let real = folder.path().join("real");
        let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz");
        succeeded(&convert(corpus.to_str().unwrap(), "hf", &real, &[]));
        command.arg(shared.join("oracle/convert/sample_rows.jsonl.gz")).arg(real);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn a_conversion_says_what_it_wrote_as_a_document() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("words.jsonl").display().to_string();
    let corpus = super::support::mini("data");
    let base = ["corpus", "convert", "--corpus", &corpus, "--to", "words", "--format", "json"];
    let said = super::support::run([&base[..], &["--output", &output]].concat()).json();
    super::support::assert_valid("corpus-convert", &said);
    let written = std::fs::read_to_string(&output).unwrap().lines().count();
    assert_eq!(said["rows"], written);
    super::support::run(base).fails(2, "--output");
}
