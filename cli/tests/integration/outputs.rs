//! What is written is what the name of the file says.

use std::io::Read;

use serde_json::Value;

use super::support::{Folder, Run, mini, run};

fn predictions() -> [String; 2] {
    [mini("predictions/good.jsonl"), mini("predictions/poor.jsonl")]
}

/// A command that writes to this file.
fn written(command: &[&str], output: &str) -> Run {
    let corpus = mini("data");
    run([command, &["--corpus", &corpus, "--locales", "de-DE,ur-PK", "--output", output]].concat())
}

/// The texts of a workbook's parts.
fn workbook(path: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    for number in 0..archive.len() {
        archive.by_index(number).unwrap().read_to_string(&mut text).unwrap();
    }
    text
}

/// Whether a file is of the form that its suffix stands for.
fn holds_what_it_says(path: &str) {
    let bytes = std::fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let suffix = path.rsplit('.').next().unwrap();
    let fits = match suffix {
        "json" => serde_json::from_str::<Value>(&text).is_ok(),
        "csv" => text.lines().next().unwrap().split(',').count() > 3,
        "md" => text.contains("|:--|") || text.contains("| :-- |") || text.contains("| --: |"),
        "tex" => text.contains("\\begin{"),
        "xlsx" => workbook(path).contains("<sheetData>"),
        "html" => text.starts_with("<!DOCTYPE html>") && text.contains("</html>"),
        "txt" => !text.starts_with(['{', '<']) && text.contains('─'),
        _ => unreachable!("{suffix}"),
    };
    assert!(fits, "{path}: {}", text.chars().take(300).collect::<String>());
}

#[test]
fn a_suffix_chooses_the_form_of_every_command() {
    let [good, poor] = predictions();
    let folder = Folder::new();
    let all = ["txt", "json", "csv", "md", "tex", "xlsx", "html"];
    let score = ["score", &good, "--group-by", "script"];
    let compare = ["compare", &good, &poor, "--trials", "99"];
    for (command, suffixes) in [
        (&score[..], &all[..]),
        (&compare[..], &all[..]),
        (&["errors", &poor], &["json", "csv", "xlsx", "html"]),
        (&["errors", &poor, "--summary"], &["txt", "json", "csv", "xlsx", "html"]),
        (&["report", &good], &["html", "json"]),
        (&["corpus", "stats"], &["txt", "json", "csv", "md"]),
    ] {
        for suffix in suffixes {
            let path = folder.at(&format!("{}.{suffix}", command[0]));
            written(command, &path).ok();
            holds_what_it_says(&path);
        }
    }
    // The figures are those of the table.
    let score: Value =
        serde_json::from_slice(&std::fs::read(folder.path("score.json")).unwrap()).unwrap();
    let exact = score["locales"]["ur-PK"]["ex_match_acc"]["value"].as_f64().unwrap();
    let page = std::fs::read_to_string(folder.path("score.html")).unwrap();
    assert!(page.contains(&format!("data-key=\"{exact}\"")), "{exact}");
    assert!(workbook(&folder.at("score.xlsx")).contains(&format!("<v>{exact}</v>")), "{exact}");
    assert!(page.contains("Writing system") || page.contains("Script (ISO 15924)"));
    let page = std::fs::read_to_string(folder.path("compare.html")).unwrap();
    assert!(page.contains("against") || page.contains("Against"), "{page}");
    assert!(page.contains("<svg") && page.contains("ur-PK"));
}

#[test]
fn a_suffix_that_stands_for_another_form_is_refused() {
    let [good, poor] = predictions();
    let folder = Folder::new();
    let board = folder.at("board");
    std::fs::create_dir(&board).unwrap();
    let at = |name: &str| folder.at(name);
    for (command, name) in [
        (&["score", &good][..], "a.pdf"),
        (&["score", &good, "--format", "json"], "a.xlsx"),
        (&["compare", &good, &poor], "a.svg"),
        (&["errors", &good], "a.docx"),
        (&["report", &good], "a.pdf"),
        (&["check", &good], "a.xlsx"),
        (&["corpus", "check"], "a.csv"),
        (&["corpus", "stats"], "a.xlsx"),
        (&["corpus", "convert", "--to", "parquet"], "a.csv"),
        (&["corpus", "convert", "--to", "hf"], "a.parquet"),
        (&["corpus", "sample", "--size", "3"], "a.csv"),
    ] {
        let message = written(command, &at(name)).fails(2, "suffix");
        assert!(message.contains(name) && message.lines().count() == 1, "{message}");
    }
    let leaderboard = |arguments: &[&str]| run([&["leaderboard"], arguments].concat());
    leaderboard(&["render", &board, "--output", &at("a.pdf")]).fails(2, "suffix");
    leaderboard(&["check", &board, "--output", &at("a.html")]).fails(2, "suffix");
    let text = ["predict", "--model", "nowhere", "--corpus", "nowhere"];
    run([&text[..], &["--output", &at("a.csv")]].concat()).fails(2, "suffix");
    assert_eq!(folder.names(), ["board"]);
}

#[test]
fn a_missing_folder_is_named() {
    let [good, poor] = predictions();
    let folder = Folder::new();
    let output = folder.at("not/there/x.json");
    let missing = folder.at("not/there");
    for command in [
        &["score", &good][..],
        &["compare", &good, &poor],
        &["errors", &good],
        &["report", &good],
        &["check", &good],
        &["corpus", "stats"],
        &["corpus", "check"],
    ] {
        let message = written(command, &output).fails(2, "cannot be written: there is no folder");
        assert!(message.contains(&format!("there is no folder {missing}; make it")), "{message}");
    }
    for (option, name) in [("--plot", "x.svg"), ("--per-utterance", "x.csv")] {
        let corpus = mini("data");
        let path = folder.at(&format!("not/there/{name}"));
        run(["score", &good, "--corpus", &corpus, option, &path]).fails(2, "there is no folder");
    }
    let corpus = mini("data");
    let model = folder.at("not/there/model");
    run(["train", "--corpus", &corpus, "--output", &model]).fails(2, "there is no folder");
}

#[test]
fn findings_become_annotations_of_a_pull_request() {
    let folder = Folder::new();
    let mut rows = super::support::lines(&mini("predictions/good.jsonl"));
    rows.retain(|row| row.contains("\"de-DE\""));
    rows[1] = "{\"id\": 7".to_owned();
    let path = folder.write_lines("p,1.jsonl", &rows);
    let corpus = mini("data");
    let options = ["--corpus", &corpus, "--locales", "de-DE", "--format", "github"];
    let checked = run([&["check", &path], &options[..]].concat());
    assert_eq!(checked.code, 1);
    let file = path.replace(',', "%2C");
    let start = format!("::error file={file},line=2,title=lines that are no predictions::");
    assert!(checked.stdout.lines().any(|line| line.starts_with(&start)), "{}", checked.stdout);
    assert!(checked.stdout.contains("::error title=rows without a prediction::de-DE "));
    assert!(checked.stdout.lines().all(|line| line.starts_with("::")), "{}", checked.stdout);

    let board = folder.at("board");
    std::fs::create_dir(&board).unwrap();
    folder.write("board/x.json", "{\"format\": \"massive-entry/1\", ");
    let checked = run(["leaderboard", "check", &board, "--format", "github"]);
    assert_eq!(checked.code, 1);
    let start = format!("::error file={board}/x.json,title=no JSON::");
    assert!(checked.stdout.starts_with(&start), "{}", checked.stdout);
}
