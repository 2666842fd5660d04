//! Every listed bad input: one clear sentence, the right exit code, no
//! half-written file.

use std::process::Stdio;

use super::support::{Folder, check, gzip, lines, massive, mini, run, run_with_stdin, score};

fn good() -> String {
    mini("predictions/good.jsonl")
}

#[test]
fn a_truncated_gzip() {
    let folder = Folder::new();
    let whole = gzip(&std::fs::read(good()).unwrap());
    let cut = folder.write("cut.jsonl.gz", &whole[..whole.len() / 2]);
    let message = "the compressed data ends early: the file is truncated; fetch it again";
    score(&cut, &["--output", &folder.at("out.json")]).fails(2, message);
    check(&cut, &[]).fails(2, message);

    let archive = std::fs::read(mini("mini.tar.gz")).unwrap();
    let cut = folder.write("cut.tar.gz", &archive[..archive.len() / 2]);
    let stderr = run(["score", &good(), "--corpus", &cut]).fails(2, message);
    assert!(stderr.contains("cut.tar.gz:mini/data/"), "{stderr}");
    assert_eq!(folder.names(), ["cut.jsonl.gz", "cut.tar.gz"]);
}

#[test]
fn damaged_gzip() {
    let folder = Folder::new();
    let mut data = gzip(&std::fs::read(good()).unwrap());
    let middle = data.len() / 2;
    data[middle..middle + 64].fill(0xaa);
    let damaged = folder.write("damaged.jsonl.gz", &data);
    score(&damaged, &[]).fails(2, "damaged.jsonl.gz");
}

#[test]
fn a_file_that_is_not_utf8() {
    let folder = Folder::new();
    let mut data = std::fs::read(good()).unwrap();
    let second = data.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    data[second + 8] = 0xff;
    let latin = folder.write("latin.jsonl", &data);
    score(&latin, &[]).fails(1, "latin.jsonl:2:9: not UTF-8; convert the file to UTF-8");
    let report = check(&latin, &["--format", "json"]);
    assert_eq!(report.code, 1);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["errors"]["unparsable"]["count"], 1);
    assert_eq!(report["errors"]["missing"]["count"], 1);

    let mut data = std::fs::read(mini("data/de-DE.jsonl")).unwrap();
    let at = data.iter().rposition(|&byte| byte == b'\n').unwrap() + 60;
    data[at] = 0xff;
    std::fs::create_dir(folder.path("corpus")).unwrap();
    let corpus = folder.at("corpus");
    folder.write("corpus/de-DE.jsonl", &data);
    run(["check", &good(), "--corpus", &corpus, "--partition", "MMNLU-22"])
        .fails(2, "de-DE.jsonl:32:60: not UTF-8");
}

#[test]
fn a_line_of_100_megabytes() {
    let folder = Folder::new();
    let mut data = vec![b'x'; 100 << 20];
    data[..1].copy_from_slice(b"\n");
    let message = ":2: a line longer than 16 MiB; JSON lines with one object a line are expected";
    let long = folder.write("long.jsonl", &data);
    score(&long, &[]).fails(2, message);
    check(&long, &[]).fails(2, message);
    run(["score", &good(), "--corpus", &long]).fails(2, message);
    let packed = folder.write("long.jsonl.gz", gzip(&data));
    score(&packed, &[]).fails(2, message);
}

#[test]
fn an_empty_file() {
    let folder = Folder::new();
    for data in ["", "\n \n"] {
        let empty = folder.write("empty.jsonl", data);
        score(&empty, &[]).fails(1, "empty.jsonl: no predictions in it");
        let report = check(&empty, &["--format", "json"]);
        assert_eq!(report.code, 1);
        let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
        assert_eq!(
            (&report["ok"], &report["errors"]["empty"]["count"]),
            (&false.into(), &1.into())
        );
        run(["score", &good(), "--corpus", &empty]).fails(2, "the corpus has no rows at all");
    }
}

#[test]
fn a_predictions_file_that_is_a_corpus_and_the_other_way_round() {
    score(&mini("data/de-DE.jsonl"), &[])
        .fails(1, "de-DE.jsonl:1: this is a row of the corpus, not a prediction");
    let report = check(&mini("data/de-DE.jsonl"), &[]);
    assert_eq!(report.code, 1);
    assert!(report.stdout.contains("this is a row of the corpus"), "{}", report.stdout);
    run(["score", &good(), "--corpus", &good()])
        .fails(2, "this is a row of predictions, not of the corpus");
}

#[test]
fn two_files_joined_without_a_line_break() {
    let folder = Folder::new();
    let mut rows = lines(&good());
    let last = rows.pop().unwrap();
    let joined = format!("{}{last}\n", rows.join("\n"));
    let at = rows.len();
    let joined = folder.write("joined.jsonl", joined);
    let stderr = score(&joined, &[]).fails(1, "were two files joined without a line break?");
    assert!(stderr.contains(&format!("joined.jsonl:{at}:")), "{stderr}");
    let report = check(&joined, &["--format", "json"]);
    assert_eq!(report.code, 1);
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_eq!(report["errors"]["unparsable"]["count"], 1);
    assert_eq!(report["errors"]["unparsable"]["examples"][0]["line"], at);
    assert_eq!(report["errors"]["missing"]["count"], 2);

    // The release's files do not end with a line break, so `cat` does this.
    let mut corpus = std::fs::read(mini("data/de-DE.jsonl")).unwrap();
    corpus.extend(std::fs::read(mini("data/fr-FR.jsonl")).unwrap());
    let corpus = folder.write("corpus.jsonl", corpus);
    // The second row must not vanish with the first, selected or not.
    for partition in ["train", "dev"] {
        let stderr = run(["score", &good(), "--corpus", &corpus, "--partition", partition])
            .fails(2, "corpus.jsonl:32:");
        assert!(stderr.contains("were two files joined without a line break?"), "{stderr}");
    }
}

#[test]
fn a_locale_with_a_typo() {
    score(&good(), &["--locales", "de-DE,se-SV"])
        .fails(2, "the corpus has no rows of se-SV in partition test; did you mean ");
    score(&good(), &["--exclude-locales", "en-USA"])
        .fails(2, "unknown locale `en-USA`: did you mean en-US?");
    score(&good(), &["--locales", "qq-*"]).fails(2, "no locale matches `qq-*`");
    score(&good(), &["--locales", "de-DE", "--exclude-locales", "*"]).fails(2, "no locale is left");
    let folder = Folder::new();
    let typo = folder.write("typo.jsonl", r#"{"id": "2", "locale": "de-DD", "pred_intent": "x"}"#);
    score(&typo, &[]).fails(1, "the corpus has no rows of de-DD; did you mean de-DE?");
}

#[test]
fn an_unwritable_output() {
    let folder = Folder::new();
    let nowhere = folder.at("nowhere/out.json");
    for flag in ["--output", "--per-utterance", "--plot"] {
        let path = match flag {
            "--output" => nowhere.clone(),
            "--plot" => folder.at("nowhere/out.svg"),
            _ => folder.at("nowhere/out.csv"),
        };
        score(&good(), &[flag, &path]).fails(2, "cannot be written");
    }
    score(&good(), &["--output", &folder.at("")]).fails(2, "is a folder; name a file in it");
    score(&good(), &["--plot", &folder.at("plot.pdf")])
        .fails(2, "the name must end in .svg or .png");
    score(&good(), &["--per-utterance", &folder.at("rows")])
        .fails(2, "the name must end in .parquet or .csv");
    // A failure later on leaves nothing either, and not the old file touched.
    let kept = folder.write("kept.json", "old");
    let empty = folder.write("empty.jsonl", "");
    score(&empty, &["--output", &kept]).fails(1, "no predictions");
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "old");
    assert_eq!(folder.names(), ["empty.jsonl", "kept.json"]);
}

#[cfg(unix)]
#[test]
fn an_output_that_is_no_file_is_written_to_and_not_replaced() {
    score(&good(), &["--format", "json", "--output", "/dev/null"]).ok();
    assert!(!std::fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let corpus = mini("data");
    let mut child = massive()
        .args(["score", &good(), "--corpus", &corpus, "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn what_is_not_there_or_not_json_lines() {
    let folder = Folder::new();
    let corpus = mini("data");
    run(["score", "nowhere.jsonl", "--corpus", &corpus])
        .fails(2, "nowhere.jsonl: no such file or folder");
    run(["score", &good(), "--corpus", "nowhere"]).fails(2, "nowhere: no such file or folder");
    std::fs::create_dir(folder.path("empty")).unwrap();
    run(["score", &good(), "--corpus", &folder.at("empty")])
        .fails(2, "no file in this folder holds rows that could be read");
    let zip = folder.write("corpus.zip", b"PK\x03\x04rest");
    run(["score", &good(), "--corpus", &zip]).fails(2, "this is a zip archive");
    run(["score", &good()]).fails(2, "--corpus");
    run_with_stdin(["score", "-", "--corpus", "-"], std::path::Path::new(&good()))
        .fails(2, "cannot both come from standard input");
    run_with_stdin(["score", "-", "-", "--corpus", &corpus], std::path::Path::new(&good()))
        .fails(2, "standard input (-) can be read only once");
}

#[test]
fn unknown_labels_are_errors_unless_open() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("corpus")).unwrap();
    let rows = lines(&mini("data/de-DE.jsonl"));
    let renamed: Vec<String> =
        rows.iter().map(|row| row.replace("[place_name : ", "[plaze_name : ")).collect();
    folder.write_lines("corpus/de-DE.jsonl", &renamed);
    let corpus = folder.at("corpus");
    let scored = |options: &[&str]| {
        let arguments =
            ["score", &good(), "--corpus", &corpus, "--locales", "de-DE", "--format", "json"];
        run(arguments.iter().chain(options))
    };
    scored(&[]).fails(2, "de-DE.jsonl:3:");
    scored(&[]).fails(2, "unknown slot `plaze_name`: did you mean place_name?");
    scored(&["--open-labels"]).ok();
    // The skipped rows of the corpus leave their predictions without a row.
    let stderr = scored(&["--skip-bad-lines"]).fails(1, "that partition test does not have");
    assert!(stderr.contains("lines of the corpus skipped:"), "{stderr}");
}

#[test]
fn rows_twice_in_the_corpus() {
    let folder = Folder::new();
    let rows = lines(&mini("data/de-DE.jsonl"));
    let twice = folder.write_lines("twice.jsonl", rows.iter().chain(&rows));
    run(["score", &good(), "--corpus", &twice, "--locales", "de-DE"])
        .fails(2, "the corpus has utterance 2 of de-DE more than once");
}

#[test]
fn a_row_in_the_wrong_file() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("corpus")).unwrap();
    folder.write_lines("corpus/fr-FR.jsonl", lines(&mini("data/de-DE.jsonl")));
    run(["score", &good(), "--corpus", &folder.at("corpus")])
        .fails(2, "fr-FR.jsonl:1: a row of de-DE in a file named after fr-FR");
}
