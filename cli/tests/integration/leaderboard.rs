//! `massive leaderboard`

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::support::{Folder, Run, assert_valid, finish, lines, massive, mini, run, shared};

const TODAY: &str = "2026-01-31";

/// A run of `massive leaderboard` on a day that does not change.
pub(crate) fn leaderboard(arguments: &[&str]) -> Run {
    let mut command = massive();
    command.env("MASSIVE_TODAY", TODAY).arg("leaderboard").args(arguments);
    finish(command.output().unwrap())
}

/// What an entry that keeps all rules declares.
const HONEST: [&str; 6] =
    ["--family", "encoder-only", "--parameters", "278M", "--trained-on-evaluation-rows", "no"];

/// `massive leaderboard add` on the mini corpus, with few resamples.
pub(crate) fn add(board: &str, predictions: &str, name: &str, options: &[&str]) -> Run {
    let corpus = mini("data");
    let base = ["add", predictions, "--corpus", &corpus, "--folder", board, "--name", name];
    let resamples = ["--resamples", "50"];
    let declared = HONEST.chunks(2).filter(|flag| !options.contains(&flag[0])).flatten().copied();
    let declared: Vec<&str> = declared.collect();
    leaderboard(&[&base[..], &resamples, &declared, options].concat())
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The only file of a board whose name starts so.
pub(crate) fn file(board: &Folder, start: &str) -> PathBuf {
    let names = board.names();
    let found: Vec<&String> = names.iter().filter(|name| name.starts_with(start)).collect();
    assert_eq!(found.len(), 1, "{names:?}");
    board.path(found[0])
}

pub(crate) fn change(path: &Path, change: impl FnOnce(&mut Value)) {
    let mut value = read(path);
    change(&mut value);
    std::fs::write(path, value.to_string()).unwrap();
}

/// Predictions in which every so many rows have another intent.
pub(crate) fn worse(folder: &Folder, name: &str, every: usize) -> String {
    let rows = lines(&mini("predictions/good.jsonl")).into_iter().enumerate();
    folder.write_lines(
        name,
        rows.map(|(index, line)| {
            if index % every == 0 {
                line.replace("\"pred_intent\": \"", "\"pred_intent\": \"not_")
            } else {
                line
            }
        }),
    )
}

/// Predictions without en-US.
fn zero_shot(folder: &Folder, name: &str) -> String {
    let rows = lines(&mini("predictions/poor.jsonl"));
    folder.write_lines(name, rows.iter().filter(|line| !line.contains("\"en-US\"")))
}

/// A board of three entries, and their predictions.
pub(crate) fn three() -> (Folder, Folder) {
    let (board, predictions) = (Folder::new(), Folder::new());
    let good =
        predictions.write("good.jsonl", std::fs::read(mini("predictions/good.jsonl")).unwrap());
    let folder = board.at("");
    add(&folder, &good, "Good", &["--team", "A", "--date", "2026-01-02"]).ok();
    let other = worse(&predictions, "worse.jsonl", 7);
    add(&folder, &other, "worse", &["--team", "B & Söhne", "--date", "2026-01-01"]).ok();
    let zero = zero_shot(&predictions, "zero.jsonl");
    add(&folder, &zero, "zero", &["--task", "zero-shot", "--date", "2026-01-03"]).ok();
    (board, predictions)
}

pub(crate) fn check(board: &str, options: &[&str]) -> (i32, Value) {
    let run = leaderboard(&[&["check", board, "--format", "json"], options].concat());
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    let report = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr));
    assert_valid("leaderboard-check", &report);
    (run.code, report)
}

/// The kinds of what was found, errors and warnings.
pub(crate) fn kinds(report: &Value) -> Vec<(String, String)> {
    ["errors", "warnings"]
        .iter()
        .flat_map(|severity| report[severity].as_array().unwrap())
        .map(|one| {
            let text = |key: &str| one[key].as_str().unwrap().to_owned();
            (text("kind"), text("file"))
        })
        .collect()
}

#[test]
fn entries_are_added_once() {
    let folder = Folder::new();
    let board = folder.at("board");
    let good = mini("predictions/good.jsonl");
    let link = ["--link", "Paper=https://example.org/?a=b", "--system", "x"];
    let added = add(&board, &good, "Good <b>one</b>", &[&link[..], &["--format", "json"]].concat());
    let added = added.json();
    assert_valid("leaderboard-add", &added);
    assert_eq!(added["entries"][0]["outcome"], "added");
    assert!(
        added["entries"][0]["rules"].as_array().unwrap().iter().all(|rule| rule["state"] == "kept"),
        "{added}"
    );
    let path = PathBuf::from(added["entries"][0]["file"].as_str().unwrap());
    let entry = read(&path);
    assert_valid("entry", &entry);
    assert_valid("score", &entry["score"]);
    assert_eq!(entry["date"], TODAY);
    assert_eq!(entry["model"], json!({"family": "encoder-only", "parameters": 278_000_000}));
    let digest = Command::new("sha256sum").arg(&good).output();
    if let Ok(digest) = digest {
        let digest = String::from_utf8(digest.stdout).unwrap();
        assert!(digest.starts_with(entry["predictions"][0]["sha256"].as_str().unwrap()));
    }
    // The score is the one that `massive score` gives.
    let corpus = mini("data");
    let options = ["--corpus", &corpus, "--task", "full", "--resamples", "50", "--format", "json"];
    let groups = ["--group-by", "script,family,genus,order"];
    let scored = run([&["score", &good], &options[..], &groups].concat()).json();
    assert_eq!(entry["score"], scored);

    // Again, on another day: nothing changes.
    let before = std::fs::read(&path).unwrap();
    let again = massive()
        .env("MASSIVE_TODAY", "2026-02-15")
        .args(["leaderboard", "add", &good, "--corpus", &corpus, "--folder", &board])
        .args(["--name", "Good <b>one</b>", "--resamples", "50"])
        .args(HONEST)
        .args(link)
        .output()
        .unwrap();
    assert!(finish(again).ok().starts_with("unchanged "));
    assert_eq!(std::fs::read(&path).unwrap(), before);

    // Other words or predictions under the name are refused without --force.
    add(&board, &good, "Good <b>one</b>", &["--team", "Z"]).fails(2, "is taken");
    let poor = mini("predictions/poor.jsonl");
    add(&board, &poor, "Good <b>one</b>", &link).fails(2, "--force replaces it");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    add(&board, &poor, "good  <B>one</B>", &[]).fails(2, "looks the same as");
    let replaced = add(&board, &poor, "Good <b>one</b>", &[&link[..], &["--force"]].concat());
    assert!(replaced.ok().starts_with("replaced "));
    assert_ne!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn unfit_additions_leave_nothing() {
    let folder = Folder::new();
    let board = folder.at("board");
    let good = mini("predictions/good.jsonl");
    let meta = folder.write("meta.json", r#"{"name": "x", "tema": "y"}"#);
    let corpus = mini("data");
    for (name, options, message) in [
        ("a", &["--date", "2026-02-01"][..], "2026-02-01 is yet to come; today is 2026-01-31"),
        (" a", &[], "it starts or ends with a space"),
        ("a\u{7}", &[], "control characters"),
        ("a", &["--meta", &meta], "unknown field `tema`"),
        ("a", &["--report", "nowhere.html"], "nowhere.html: no such file"),
        ("a", &["--date", "2026-02-30"], "is not a day of the calendar"),
        ("a", &["--parameters", "lots"], "is not a number of parameters"),
        ("a", &["--link", "x=javascript:alert(1)"], "starts with https://"),
    ] {
        add(&board, &good, name, options).fails(2, message);
    }
    add(&board, "-", "a", &[]).fails(2, "standard input");
    leaderboard(&["add", &good, "--corpus", &corpus, "--folder", &board]).fails(2, "--name");
    leaderboard(&["add", &good, "--folder", &board, "--name", "a"]).fails(2, "--corpus");
    let strict = ["--strict", "--family", "decoder-only"];
    let base = ["add", &good, "--corpus", &corpus, "--folder", &board, "--name", "a"];
    let refused = leaderboard(&[&base[..], &["--resamples", "0"], &strict].concat());
    let message = refused.fails(1, "does not keep the rules (--strict)");
    assert!(message.contains("model-size broken") && message.contains("training-rows undeclared"));
    add(&board, &good, "a", &["--task", "zero-shot", "--locales", "de-DE,en-US", "--strict"])
        .fails(1, "leaves en-US out");
    assert!(!Path::new(&board).exists());
}

#[test]
fn rules_are_marked() {
    let folder = Folder::new();
    let board = folder.at("");
    let good = mini("predictions/good.jsonl");
    let states = |name: &str, options: &[&str]| -> String {
        let base = ["--format", "json", "--resamples", "0"];
        let corpus = mini("data");
        let arguments = ["add", &good, "--corpus", &corpus, "--folder", &board, "--name", name];
        let added = leaderboard(&[&arguments[..], &base, options].concat()).json();
        let rules = added["entries"][0]["rules"].as_array().unwrap();
        rules.iter().map(|rule| &rule["state"].as_str().unwrap()[..1]).collect()
    };
    assert_eq!(states("a", &[]), "ukku");
    assert_eq!(states("b", &["--family", "encoder-only", "--parameters", "350M"]), "bkku");
    assert_eq!(states("c", &["--family", "sequence-to-sequence", "--parameters", "699M"]), "kkku");
    assert_eq!(states("d", &["--trained-on-evaluation-rows", "yes"]), "ukkb");
    assert_eq!(states("e", &["--locales", "de-DE,fr-FR"]), "ubku");
    let (code, report) = check(&board, &[]);
    assert_eq!((code, report["ok"].as_bool()), (0, Some(true)));
    assert!(kinds(&report).iter().any(|(kind, file)| kind == "rule-broken" && file == "d.json"));
    assert_eq!(check(&board, &["--strict"]).0, 1);
}

#[test]
fn two_additions_at_once_lose_nothing() {
    let folder = Folder::new();
    let board = folder.at("board");
    let predictions: Vec<String> =
        (2..8).map(|every| worse(&folder, &format!("p{every}.jsonl"), every)).collect();
    let runs: Vec<Run> = std::thread::scope(|scope| {
        let board = &board;
        let handles: Vec<_> = predictions
            .iter()
            .enumerate()
            .map(|(index, path)| {
                // The last two want the same name.
                let name = format!("system {}", index.min(4));
                scope.spawn(move || add(board, path, &name, &[]))
            })
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    let failed: Vec<&Run> = runs.iter().filter(|run| run.code != 0).collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0].stderr.contains("is taken"), "{}", failed[0].stderr);
    let (code, report) = check(&board, &[]);
    assert_eq!((code, &report["entries"]), (0, &json!(5)), "{report}");
}

#[test]
fn boards_of_the_fixtures_render_in_all_forms() {
    let (board, predictions) = three();
    leaderboard(&["add", "--published", "--folder", &board.at("")]).ok();
    let out = Folder::new();
    let shown = ["render", &board.at(""), "--unverified", "show"];
    let render = |options: &[&str]| leaderboard(&[&shown[..], options].concat());

    let json = render(&["--format", "json", "--columns", "de-DE,script"]).json();
    assert_valid("leaderboard", &json);
    let groups = json["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    assert_eq!(groups[0]["entries"][0]["name"], "Good");
    assert_eq!(groups[0]["differences"], json!([]));
    let parts: Vec<&str> = groups[1]["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|difference| difference["part"].as_str().unwrap())
        .collect();
    assert_eq!(parts, ["loc", "rows", "gold"]);
    assert_eq!(groups[0]["history"].as_array().unwrap().len(), 2);
    assert!(json["published"].as_array().unwrap().len() >= 10);
    assert!(json["published"].as_array().unwrap().iter().all(|row| {
        row["provenance"].as_str().unwrap().starts_with("verified") && row.get("standing").is_none()
    }));

    let markdown = render(&["--columns", "sw-KE"]).ok();
    insta::assert_snapshot!("leaderboard_markdown", markdown);
    let csv = render(&["--format", "csv", "--columns", "locales"]).ok();
    let header = csv.lines().next().unwrap();
    assert!(header.contains(",ex_match_acc:sw-KE,"), "{header}");
    assert_eq!(csv.lines().count(), 1 + 3 + json["published"].as_array().unwrap().len());

    // Another metric and another scope rank otherwise, if at all.
    let on = render(&["--format", "json", "--metric", "slot_f1", "--on", "genus:Bantu"]).json();
    assert_eq!((&on["metric"], &on["on"]), (&json!("slot_micro_f1"), &json!("genus:Bantu")));
    assert_eq!(on["columns"], json!(["genus:Bantu"]));
    render(&["--on", "genus:Bantoid"]).fails(2, "expected one of");

    // With predictions at hand the paired test decides.
    let corpus = mini("data");
    let paired = ["--predictions", &predictions.at(""), "--corpus", &corpus, "--format", "json"];
    let tested = render(&paired).json();
    assert_eq!(
        tested["groups"][0]["entries"][0]["standing"]["rank"],
        json!({"best": 1, "worst": 1})
    );

    let site = out.at("site");
    render(&["--output", &site]).ok();
    render(&["--output", &site]).fails(2, "--force replaces it");
    render(&["--output", &site, "--force"]).ok();
    assert_valid("leaderboard", &read(&out.path("site/leaderboard.json")));
    for name in ["board.md", "board.csv", "board.json"] {
        render(&["--output", &out.at(name)]).ok();
        render(&["--output", &out.at(name)]).fails(2, "--force replaces it");
    }
    let rendered: Vec<String> =
        ["site", "board.md", "board.csv", "board.json"].map(|name| out.at(name)).into();
    let options: Vec<&str> =
        rendered.iter().flat_map(|path| ["--rendered", path.as_str()]).collect();
    let (code, report) = check(&board.at(""), &options);
    assert_eq!((code, &report["errors"]), (0, &json!([])), "{report}");
    let at_hand = ["--predictions", &predictions.at(""), "--corpus", &corpus];
    let (code, report) = check(&board.at(""), &at_hand);
    assert_eq!(code, 0, "{report}");
    assert_eq!(report["reproduced"].as_array().unwrap().len(), 3);

    // Once an entry changes, all of them are out of date.
    change(&file(&board, "worse"), |entry| entry["team"] = "C".into());
    let (code, report) = check(&board.at(""), &options);
    let stale = kinds(&report).iter().filter(|(kind, _)| kind == "rendered").count();
    assert_eq!((code, stale), (1, 4), "{report}");
    render(&["--output", &site, "--force"]).ok();
    assert_eq!(check(&board.at(""), &["--rendered", &site]).0, 0);
    std::fs::write(out.path("site/index.html"), "").unwrap();
    assert_eq!(check(&board.at(""), &["--rendered", &site]).0, 1);
    // A folder with anything else in it is not replaced.
    out.write("site/notes.txt", "mine");
    render(&["--output", &site, "--force"]).fails(2, "notes.txt");
}

#[test]
fn planted_defects_are_found() {
    let (board, predictions) = three();
    let corpus = mini("data");
    let at_hand = ["--predictions", &predictions.at(""), "--corpus", &corpus];
    let folder = board.at("");
    let good = file(&board, "good-");
    let name = good.file_name().unwrap().to_str().unwrap().to_owned();
    let original = std::fs::read(&good).unwrap();
    let planted = |plant: &dyn Fn(&mut Value), options: &[&str], kind: &str| {
        change(&good, plant);
        let (code, report) = check(&folder, options);
        assert_eq!(code, 1, "{kind}: {report}");
        assert!(kinds(&report).contains(&(kind.to_owned(), name.clone())), "{kind}: {report}");
        // What is not in order is not rendered.
        if options.is_empty() {
            leaderboard(&["render", &folder]).fails(1, "nothing is rendered");
        }
        std::fs::write(&good, &original).unwrap();
    };
    // A score that no longer fits its predictions, found without them where it
    // contradicts itself, and with them in any case.
    planted(
        &|entry| entry["score"]["all"]["ex_match_acc"]["value"] = 0.9.into(),
        &[],
        "inconsistent",
    );
    let interval = |entry: &mut Value| {
        entry["score"]["all"]["ex_match_acc"]["ci95"] = json!([0.1, 0.2]);
    };
    planted(&interval, &at_hand, "not-reproducible");
    planted(&|entry| entry["date"] = "2026-02-01".into(), &[], "future-date");
    planted(&|entry| entry["date"] = "yesterday".into(), &[], "schema");
    planted(&|entry| entry["score"]["format"] = "massive-score/2".into(), &[], "newer-format");
    planted(
        &|entry| {
            entry["format"] = "massive-entry/2".into();
            entry["unheard"] = "of".into();
        },
        &[],
        "newer-format",
    );
    planted(&|entry| entry["team"] = 7.into(), &[], "schema");
    planted(&|entry| entry["extra"] = 7.into(), &[], "schema");
    planted(&|entry| entry["name"] = "worse".into(), &[], "duplicate-name");
    planted(&|entry| entry["name"] = "WORSE".into(), &[], "duplicate-name");
    planted(&|entry| entry["name"] = "Other".into(), &[], "file-name");
    planted(&|entry| entry["name"] = "a\nb".into(), &[], "name");
    planted(&|entry| entry["report"] = "reports/x.html".into(), &[], "report-missing");
    planted(
        &|entry| entry["links"] = json!([{"title": "x", "url": "javascript:1"}]),
        &[],
        "schema",
    );

    std::fs::write(&good, "{\"format\": \"massive-entry/1\", ").unwrap();
    let (code, report) = check(&folder, &[]);
    assert_eq!((code, kinds(&report)[0].0.as_str()), (1, "not-json"));
    std::fs::write(&good, &original).unwrap();

    // Predictions that were changed after they were scored.
    let bytes = std::fs::read(predictions.path("good.jsonl")).unwrap();
    predictions.write("good.jsonl", &bytes[..bytes.len() - 1]);
    let (code, report) = check(&folder, &at_hand);
    assert_eq!(code, 1);
    assert!(kinds(&report).contains(&("digest".to_owned(), name.clone())), "{report}");
    predictions.write("good.jsonl", &bytes);

    // Unrelated files are named and left alone.
    board.write("README.md", "# Hello");
    board.write("package.json", "{\"name\": \"x\"}");
    std::fs::create_dir(board.path("notes")).unwrap();
    let (code, report) = check(&folder, &[]);
    let unrelated: Vec<String> = kinds(&report)
        .into_iter()
        .filter(|(kind, _)| kind == "unrelated-file")
        .map(|(_, file)| file)
        .collect();
    assert_eq!((code, unrelated.join(" ").as_str()), (0, "README.md notes package.json"));
    assert_eq!(check(&folder, &["--strict"]).0, 1);
    let rendered = leaderboard(&["render", &folder]);
    assert!(rendered.stderr.contains("package.json: unrelated file"), "{}", rendered.stderr);
    rendered.ok();
    assert_eq!(std::fs::read_to_string(board.path("README.md")).unwrap(), "# Hello");

    leaderboard(&["check", &board.at("nowhere")]).fails(2, "no such folder");
    let text = leaderboard(&["check", &folder]).ok();
    assert!(text.starts_with("in order: 3 entries, 0 scored anew\n"), "{text}");
}

#[test]
fn markup_in_names_is_text() {
    let (board, out) = (Folder::new(), Folder::new());
    let name = "<img src=x onerror=window.hacked=1> </script> | [x](https://a.b) `c` & \"d\"";
    add(&board.at(""), &mini("predictions/good.jsonl"), name, &["--team", "<b>t</b>"]).ok();
    let site = out.at("site");
    leaderboard(&["render", &board.at(""), "--output", &site]).ok();
    let entry = file(&board, "img").file_stem().unwrap().to_str().unwrap().to_owned();
    for page in ["index.html".to_owned(), format!("entries/{entry}.html")] {
        let text = std::fs::read_to_string(out.path("site").join(page)).unwrap();
        assert!(!text.contains("<img") && !text.contains("<b>t"), "{text}");
        assert!(text.contains("&lt;img src=x"));
    }
    let markdown = leaderboard(&["render", &board.at("")]).ok();
    assert!(markdown.contains("&lt;img src=x") && markdown.contains("\\| \\[x\\]"), "{markdown}");
    assert!(!markdown.contains("https://a.b"));
}

/// Done when 1: three submissions, two of them of the real corpus.
#[test]
fn a_board_of_the_real_corpus() {
    let Some(shared) = shared() else { return };
    let (board, work, out) = (Folder::new(), Folder::new(), Folder::new());
    let corpus = shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string();
    let submission = shared.join("oracle/submission/predictions.jsonl.gz");
    let mut text = String::new();
    let mut decoder = flate2::read::GzDecoder::new(std::fs::File::open(&submission).unwrap());
    std::io::Read::read_to_string(&mut decoder, &mut text).unwrap();
    work.write("submission.jsonl", &text);
    let perturbed = text.lines().enumerate().map(|(index, line)| {
        if index % 50 == 0 {
            line.replace("\"pred_intent\": \"", "\"pred_intent\": \"not_")
        } else {
            line.to_owned()
        }
    });
    work.write_lines("perturbed.jsonl", perturbed);
    let real = |predictions: &str, name: &str, date: &str| {
        let arguments = ["add", predictions, "--corpus", &corpus, "--folder", &board.at("")];
        let words = ["--name", name, "--date", date, "--resamples", "20"];
        leaderboard(&[&arguments[..], &words, &HONEST].concat()).ok();
    };
    real(&work.at("submission.jsonl"), "Submission", "2026-01-01");
    real(&work.at("perturbed.jsonl"), "Perturbed", "2026-01-02");
    add(&board.at(""), &mini("predictions/good.jsonl"), "Fixtures", &[]).ok();

    for name in ["site", "board.md", "board.csv", "board.json"] {
        let output = ["--output", &out.at(name), "--unverified", "show"];
        leaderboard(&[&["render", &board.at("")], &output[..]].concat()).ok();
    }
    let document = read(&out.path("board.json"));
    let names: Vec<Vec<&str>> = document["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|group| {
            let entries = group["entries"].as_array().unwrap().iter();
            entries.map(|entry| entry["name"].as_str().unwrap()).collect()
        })
        .collect();
    // The fixtures have other gold labels: a ranking of their own.
    assert_eq!(names, [vec!["Submission", "Perturbed"], vec!["Fixtures"]]);
    let reference = read(&shared.join("oracle/submission/reference-metrics.json"));
    let scores = &document["groups"][0]["entries"][0]["scores"];
    for locale in ["sw-KE", "ja-JP"] {
        for metric in ["intent_acc", "slot_micro_f1", "ex_match_acc"] {
            let value = scores[locale][metric]["value"].as_f64().unwrap();
            let expected = reference[locale][metric].as_f64().unwrap();
            assert!((value - expected).abs() < 1e-9, "{locale} {metric}");
        }
    }
    let options = ["site", "board.md", "board.csv", "board.json"].map(|name| out.at(name));
    let options: Vec<&str> = options.iter().flat_map(|path| ["--rendered", path]).collect();
    let at_hand = ["--predictions", &work.at(""), "--corpus", &corpus];
    let (code, report) = check(&board.at(""), &[&options[..], &at_hand].concat());
    assert_eq!((code, &report["errors"]), (0, &json!([])), "{report}");
    assert_eq!(report["reproduced"].as_array().unwrap().len(), 2);
}

/// Done when 2: the pages in a browser.
#[test]
fn pages_work_in_a_browser() {
    let Some(chromium) =
        ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .into_iter()
            .find(|path| Path::new(path).exists())
    else {
        eprintln!("not tested: there is no Chromium here");
        return;
    };
    let (board, predictions) = three();
    let out = Folder::new();
    let report = out.write("r.html", "<!doctype html><title>r</title><p>The report of worse");
    let name = "<img src=x onerror=window.hacked=1>";
    let corpus = mini("data");
    let worst = worse(&predictions, "worst.jsonl", 2);
    add(&board.at(""), &worst, name, &["--report", &report, "--date", "2026-01-20"]).ok();
    leaderboard(&["add", "--published", "--folder", &board.at("")]).ok();
    let site = out.at("site");
    let shown = ["--output", &site, "--corpus", &corpus, "--unverified", "show"];
    leaderboard(&[&["render", &board.at("")], &shown[..]].concat()).ok();
    let pictures = std::env::var("MASSIVE_PICTURES").unwrap_or_else(|_| out.at(""));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/drive_board.py");
    let Ok(output) =
        Command::new("python3").arg(script).args([chromium, &site, &pictures]).output()
    else {
        eprintln!("not tested: there is no python3 here");
        return;
    };
    let seen: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let names = |of: &str, group: usize| -> Vec<String> {
        let rows = seen[of][group]["rows"].as_array().unwrap();
        rows.iter().map(|row| row[1].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("first", 0), ["Good", "worse", name]);
    assert_eq!(names("reset", 0), ["Good", "worse", name]);
    assert_eq!(seen["by_locale"][0]["sorted"], "sw-KE");
    let column = seen["by_locale"][0]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .position(|title| title == "sw-KE")
        .unwrap();
    let values: Vec<f64> = seen["by_locale"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row[column].as_str().unwrap().split(' ').next().unwrap().parse().unwrap())
        .collect();
    assert!(values.len() == 3 && values.is_sorted_by(|a, b| a >= b), "{values:?}");
    // The figures of one locale are those of the entry.
    let entry = read(&file(&board, "good-"));
    let japanese = entry["score"]["locales"]["ja-JP"]["ex_match_acc"]["value"].as_f64().unwrap();
    let shown = seen["on_locale"][0]["rows"].as_array().unwrap().iter();
    let shown: Vec<&Value> = shown.filter(|row| row[1] == "Good").map(|row| &row[7]).collect();
    let shown = shown[0].as_str().unwrap();
    let [low, high] = [0, 1].map(|bound| {
        let interval = &entry["score"]["locales"]["ja-JP"]["ex_match_acc"]["ci95"];
        100.0 * interval[bound].as_f64().unwrap()
    });
    // Bounds, since the arms of the interval differ.
    assert_eq!(shown, format!("{:.1} [{low:.1}, {high:.1}]", 100.0 * japanese));
    let visible = |of: &str| -> Vec<bool> {
        let groups = seen[of].as_array().unwrap().iter();
        groups.map(|group| group["shown"].as_bool().unwrap()).collect()
    };
    assert_eq!((visible("first"), visible("zero_shot")), (vec![true, true], vec![false, true]));
    assert_eq!(seen["status"], "1 of 4 entries, ranked by exact match on ja-JP");
    assert_eq!(seen["entry"], name);
    assert_eq!(seen["report"], "The report of worse");
    assert_eq!(seen["alerts"], Value::Null);
    assert_eq!((&seen["outside"], &seen["errors"]), (&json!([]), &json!([])));
}

/// Done when 3: what EvalAI's worker does with our script.
#[test]
fn evalai_takes_our_result() {
    let good = mini("predictions/good.jsonl");
    let corpus = mini("data");
    let options = ["--corpus", &corpus, "--format", "evalai"];
    let result = run([&["score", &good], &options[..], &["--split", "s"]].concat()).json();
    assert_valid("evalai", &result);
    run([&["score", &good], &options[..]].concat()).fails(2, "--split");

    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let config = std::fs::read_to_string(root.join("docs/evalai/challenge_config.yaml")).unwrap();
    let labels: Vec<&str> =
        config.split('"').filter(|part| part.contains("_acc") || part.contains("_f1")).collect();
    let labels = labels[..6].join(",");
    assert!(labels.ends_with("macro_slot_micro_f1"), "{labels}");
    let worker = |submission: &str, phase: &str, split: &str| {
        assert!(config.contains(&format!("codename: {phase}\n")));
        assert!(config.contains(&format!("codename: {split}\n")));
        let output = Command::new("python3")
            .arg(root.join("cli/tests/python/evalai_worker.py"))
            .arg(root.join("docs/evalai"))
            .arg(env!("CARGO_BIN_EXE_massive"))
            .args([mini("mini.tar.gz").as_str(), submission, phase, split, &labels])
            .env_remove("MASSIVE")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output();
        output.ok().map(finish)
    };
    let Some(run) = worker(&good, "full", "full_split") else {
        eprintln!("not tested: there is no python3 here");
        return;
    };
    let scores = run.json();
    assert_eq!(scores["ex_match_acc"], result["result"][0]["s"]["ex_match_acc"]);
    let folder = Folder::new();
    let zero = zero_shot(&folder, "zero.jsonl");
    worker(&zero, "zero-shot", "zero_shot_split").unwrap().ok();
    // An invalid submission says why.
    let short = folder.write_lines("short.jsonl", lines(&good).iter().skip(1));
    let message = worker(&short, "full", "full_split").unwrap().fails(3, "without a prediction");
    assert!(message.contains("The submission is not valid."), "{message}");
}

#[test]
fn schemas_and_manual_pages_are_printed() {
    let list = run(["schema", "--format", "json"]).json();
    assert_valid("schema-list", &list);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas");
    let files = std::fs::read_dir(&root).unwrap().count();
    let schemas = list["schemas"].as_array().unwrap();
    assert_eq!(schemas.len(), files);
    for schema in schemas {
        let name = schema["name"].as_str().unwrap();
        let text = std::fs::read_to_string(root.join(format!("{name}.schema.json"))).unwrap();
        assert_eq!(run(["schema", name]).ok(), text);
        assert!(!schema["title"].as_str().unwrap().is_empty());
    }
    run(["schema", "scores"]).fails(2, "expected one of");
    let meta = json!({"name": "x", "team": "y", "model": {"parameters": 3}});
    assert_valid("entry-meta", &meta);

    let page = run(["man", "leaderboard", "add"]).ok();
    assert!(page.contains(".TH") && page.contains("\\-\\-published"), "{page}");
    for section in [".SH \"EXIT STATUS\"", ".SH EXAMPLES", "massive leaderboard add preds.jsonl"] {
        assert!(page.replace("\\-", "-").contains(section), "{section}: {page}");
    }
    run(["man", "leaderboard", "subtract"]).fails(2, "there is no command");
    let folder = Folder::new();
    run(["man", "--output-dir", &folder.at("")]).ok();
    let names = folder.names();
    for name in ["massive.1", "massive-score.1", "massive-leaderboard-check.1"] {
        assert!(names.iter().any(|other| other == name), "{names:?}");
    }
}

#[test]
fn names_marks_and_exit_codes_are_explained() {
    let list = run(["explain", "--format", "json"]).json();
    assert_valid("explain", &list);
    let metric = run(["explain", "Exact match"]).ok();
    assert!(metric.starts_with("ex_match_acc (exact match, exact)\n"), "{metric}");
    assert!(run(["explain", "2"]).ok().contains("could not do its work"));
    run(["explain", "slot_micro_f2"]).fails(2, "did you mean slot_micro_f1?");
    // What documents call problems and classes has an entry.
    let names: Vec<&str> = list["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let document = run([
        "score",
        &mini("predictions/good.jsonl"),
        "--corpus",
        &mini("data"),
        "--format",
        "json",
    ]);
    for problem in document.json()["problems"].as_object().unwrap().keys() {
        assert!(names.contains(&problem.as_str()), "{problem}");
    }
}
