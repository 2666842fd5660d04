//! `massive report`, end to end.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::support::{self, Folder, Run, assert_valid, mini, run, shared};

fn report(predictions: &[&str], options: &[&str]) -> Run {
    let corpus = mini("data");
    run([&["report"], predictions, &["--corpus", &corpus], options].concat())
}

fn good() -> String {
    mini("predictions/good.jsonl")
}

fn poor() -> String {
    mini("predictions/poor.jsonl")
}

/// Elements that have no end.
const VOID: [&str; 4] = ["meta", "input", "br", "link"];

/// The elements of a page in their order, each with its attributes as they are
/// written. Fails if they do not nest.
fn elements(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a doctype");
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        // Attributes are quoted, so that what ends the tag stands outside quotes.
        let mut quoted = false;
        let end = rest
            .find(|c| {
                quoted ^= c == '"';
                c == '>' && !quoted
            })
            .expect("a tag ends");
        let tag = &rest[..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "in {open:?}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric()), "<{tag}>");
        found.push((name.to_owned(), attributes.to_owned()));
        if matches!(name, "script" | "style") {
            // Raw until their end.
            let end = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[end..];
        }
        if !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<&str>::new());
    found
}

fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let start = format!(" {attributes}").find(&format!(" {name}=\""))? + name.len() + 2;
    attributes[start..].split('"').next()
}

#[test]
fn a_page_stands_alone_and_nests() {
    for systems in [vec![good()], vec![poor(), good(), poor()]] {
        let systems: Vec<&str> = systems.iter().map(String::as_str).collect();
        let page = report(&systems, &["--resamples", "50", "--trials", "99"]).ok();
        for scheme in ["http:", "https:", "//www", "@import", "file://"] {
            assert!(!page.contains(scheme), "{scheme}");
        }
        let elements = elements(&page);
        let mut ids: Vec<&str> = Vec::new();
        for (name, attributes) in &elements {
            assert!(!["link", "img", "iframe", "object", "base"].contains(&name.as_str()));
            for reference in ["src", "data", "action", "xlink:href"] {
                assert_eq!(attribute(attributes, reference), None, "<{name} {attributes}>");
            }
            if let Some(href) = attribute(attributes, "href") {
                assert!(href.starts_with('#'), "{href}");
            }
            // No handlers: what runs are the page's own scripts.
            assert!(!attributes.contains(" on"), "<{name} {attributes}>");
            ids.extend(attribute(attributes, "id"));
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count, "an id twice");
        let number = |wanted: &str| elements.iter().filter(|(name, _)| name == wanted).count();
        assert_eq!([number("h1"), number("main"), number("nav")], [1, 1, 1]);
        let policy = elements.iter().find_map(|(_, attributes)| {
            attribute(attributes, "content").filter(|content| content.starts_with("default-src"))
        });
        assert!(policy.unwrap().starts_with("default-src 'none';"));
    }
}

#[test]
fn nothing_foreign_becomes_markup() {
    let folder = Folder::new();
    let attack = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u{2028}";
    let lines = support::lines(&poor());
    let lines = lines.iter().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        if row["id"].as_str().unwrap().ends_with('7') {
            row["pred_intent"] = attack.into();
        }
        // Some system calls its slots so, too.
        row["pred_annot_utt"] = Value::Null;
        row["pred_slots"] = Value::Null;
        let row = row.as_object_mut().unwrap();
        row.retain(|_, value| !value.is_null());
        let words = row["utt"].as_array().unwrap().len();
        row.insert("pred_labels".to_owned(), json!(vec![attack; words]));
        serde_json::to_string(row).unwrap()
    });
    let name = "a<b>&\"c'.jsonl";
    let system = folder.write_lines(name, lines);
    let page = folder.at("page.html");
    let options = ["--locales", "de-DE,ur-PK,en-US", "--resamples", "0"];
    let options = [&options[..], &["--title", attack, "--output", &page]].concat();
    assert_eq!(report(&[&system, &good()], &options).ok(), "");
    let page = std::fs::read_to_string(page).unwrap();
    let elements = elements(&page);
    assert!(!elements.iter().any(|(name, _)| name == "img" || name == "b"));
    let scripts: Vec<&str> = elements
        .iter()
        .filter(|(name, _)| name == "script")
        .map(|(_, attributes)| attributes.as_str())
        .collect();
    assert_eq!(scripts, [r#"id="book" type="text/plain""#, "", "", ""]);
    assert!(page.contains("&lt;img src=x onerror=alert(2)&gt;"));
    assert!(page.contains("a&lt;b&gt;&amp;&quot;c"));
}

#[test]
fn the_document_is_valid_and_its_classes_add_up() {
    let options = ["--format", "json", "--resamples", "50", "--trials", "99"];
    for systems in [vec![poor()], vec![poor(), good()]] {
        let systems: Vec<&str> = systems.iter().map(String::as_str).collect();
        let document = report(&systems, &options).json();
        assert_valid("report", &document);
        assert_eq!(document["comparison"].is_object(), systems.len() > 1);
        for system in document["systems"].as_array().unwrap() {
            assert_valid("score", &system["scores"]);
            for group in system["locales"].as_array().unwrap() {
                let scores = &system["scores"]["locales"][group["name"].as_str().unwrap()];
                let class = |name: &str| group["slots"]["classes"][name].as_u64().unwrap();
                let paired = ["correct", "boundary", "label", "label_and_boundary"].map(class);
                let paired: u64 = paired.iter().sum();
                assert_eq!(scores["slots"]["gold"], paired + class("missed"));
                assert_eq!(scores["slots"]["predicted"], paired + class("spurious"));
            }
        }
    }
}

#[test]
fn all_that_is_wrong_is_listed_and_a_sample_lies_in_it() {
    let options = ["--format", "json", "--resamples", "0"];
    let whole = report(&[&poor()], &options).json();
    let wrong = &whole["wrong"];
    let exact = whole["systems"][0]["scores"]["all"]["ex_match_acc"]["value"].as_f64().unwrap();
    assert_eq!(wrong["found"], (663.0 * (1.0 - exact)).round() as u64);
    assert_eq!(wrong["listed"], wrong["found"]);
    let utterances = wrong["utterances"].as_array().unwrap();
    let sample = report(&[&poor()], &[&options[..], &["--sample", "20"]].concat()).json();
    assert_eq!(sample["wrong"]["found"], wrong["found"]);
    assert_eq!(sample["wrong"]["listed"], 20);
    let sampled = sample["wrong"]["utterances"].as_array().unwrap();
    assert!(sampled.iter().all(|row| utterances.contains(row)));
    let page = report(&[&poor()], &["--resamples", "0", "--sample", "20"]).ok();
    assert!(page.contains("20 of them, drawn at random, are here"));
}

#[test]
fn parts_that_are_not_predicted_are_left_out() {
    let folder = Folder::new();
    let without = |name: &str, keys: &[&str]| {
        let rows = support::lines(&good()).into_iter().map(|line| {
            let mut row: Value = serde_json::from_str(&line).unwrap();
            row.as_object_mut().unwrap().retain(|key, _| !keys.contains(&key.as_str()));
            row.to_string()
        });
        folder.write_lines(name, rows)
    };
    let intents = without("intents.jsonl", &["pred_slots", "pred_annot_utt", "pred_labels"]);
    let slots = without("slots.jsonl", &["pred_intent"]);
    let page = report(&[&intents], &["--resamples", "0"]).ok();
    assert!(page.contains("not predicted") && !page.contains(r#"id="slots""#));
    let page = report(&[&slots], &["--resamples", "0"]).ok();
    assert!(page.contains("not predicted") && page.contains(r#"id="slots""#));
    elements(&report(&[&intents, &slots], &["--resamples", "0", "--trials", "99"]).ok());
}

#[test]
fn what_cannot_be_reported_is_said_and_leaves_the_file() {
    let folder = Folder::new();
    let output = folder.write("report.html", "mine");
    let some: Vec<String> = support::lines(&good()).split_off(20);
    let some = folder.write_lines("some.jsonl", some);
    let write = ["--output", &output, "--resamples", "0"];
    report(&[&some], &write).fails(1, "without a prediction");
    report(&[&good(), &some], &write).fails(1, "some.jsonl lacks");
    report(&[&folder.at("none.jsonl")], &write).fails(2, "none.jsonl");
    report(&["-", "-"], &write).fails(2, "only one system can come from standard input");
    report(&[&good()], &["--locales", "de-DX"]).fails(2, "de-DX");
    report(&[&good()], &["--common", "--missing", "wrong"]).fails(2, "cannot be used with");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "mine");
    let page = report(&[&some], &["--missing", "wrong", "--resamples", "0"]).ok();
    assert!(page.contains("20 missing rows counted as wrong"));
    report(&[&good(), &some], &["--common", "--resamples", "0", "--trials", "99"]).ok();
}

/// Where Chromium is: as `MASSIVE_CHROMIUM` says, or on the path.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MASSIVE_CHROMIUM") {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|file| file.is_file())
}

/// What a browser has to show, found in the document of the same report.
fn expected(document: &Value, locale: &str, slot: &str) -> Value {
    let scores = document["systems"][0]["scores"]["locales"].as_object().unwrap();
    let value = |tag: &str| scores[tag]["ex_match_acc"]["value"].as_f64().unwrap();
    let tags: Vec<&str> = scores.keys().map(String::as_str).collect();
    // Several locales may have the same value.
    let with = |wanted: f64| -> Vec<&str> {
        tags.iter().copied().filter(|tag| value(tag) == wanted).collect()
    };
    let best = with(tags.iter().map(|tag| value(tag)).fold(0.0, f64::max));
    let worst = with(tags.iter().map(|tag| value(tag)).fold(1.0, f64::min));
    let is_about = |row: &&Value, entry: &Value| {
        let gold = entry["gold"].as_u64().map(|number| &row["gold"][number as usize]["slot"]);
        entry["class"] != "correct"
            && (gold == Some(&json!(slot)) || entry["predicted"]["slot"] == slot)
    };
    let found: Vec<&Value> = document["wrong"]["utterances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["locale"] == locale)
        .filter(|row| {
            let slots = row["systems"][0]["slots"].as_array().unwrap();
            slots.iter().any(|entry| is_about(row, entry))
        })
        .collect();
    let one = found[found.len() / 2];
    let text = |span: &Value| {
        let byte = |end: usize| span["bytes"][end].as_u64().unwrap() as usize;
        one["utt"].as_str().unwrap()[byte(0)..byte(1)].to_owned()
    };
    let entries = one["systems"][0]["slots"].as_array().unwrap();
    let mut gold: Vec<(u64, Value)> = Vec::new();
    let mut predicted: Vec<(u64, Value)> = Vec::new();
    for entry in entries {
        if let Some(number) = entry["gold"].as_u64() {
            let span = &one["gold"][number as usize];
            gold.push((number, json!([text(span), entry["class"], span["slot"]])));
        }
        let span = &entry["predicted"];
        if let Some(start) = span["bytes"][0].as_u64() {
            predicted.push((start, json!([text(span), entry["class"], span["slot"]])));
        }
    }
    gold.sort_by_key(|(at, _)| *at);
    predicted.sort_by_key(|(at, _)| *at);
    let shown =
        |slots: Vec<(u64, Value)>| slots.into_iter().map(|(_, slot)| slot).collect::<Value>();
    json!({
        "best": best,
        "worst": worst,
        "locales": tags.len(),
        "locale": locale,
        "slot": slot,
        "count": found.len(),
        "utterance": {
            "id": format!("{locale}-{}", one["id"].as_str().unwrap()),
            "dir": "rtl",
            "utt": one["utt"],
            "english": document["wrong"]["english"][one["id"].as_str().unwrap()],
            "gold": shown(gold),
            "predicted": shown(predicted),
        },
    })
}

/// A folder for what the test shows, that stays.
fn screenshots() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn a_browser_sorts_filters_and_follows_links() {
    let Some(chromium) = chromium() else {
        eprintln!("not tested: no Chromium (set MASSIVE_CHROMIUM)");
        return;
    };
    const PACKAGES: [&str; 1] = ["playwright==1.65.2"];
    let python = match support::environment("browser-driver", &PACKAGES) {
        Ok(python) => python,
        Err(why) => {
            eprintln!("not tested: no Python with {}: {why}", PACKAGES.join(", "));
            return;
        }
    };
    let folder = Folder::new();
    let (predictions, corpus, slot) = match shared() {
        Some(shared) => (
            shared.join("oracle/submission/predictions.jsonl.gz").display().to_string(),
            shared.join("massive/amazon-massive-dataset-1.1.tar.gz").display().to_string(),
            "date",
        ),
        None => (poor(), mini("data"), "place_name"),
    };
    let common = ["report", &predictions, "--corpus", &corpus, "--resamples", "100"];
    let (page, json) = (folder.at("report.html"), folder.at("report.json"));
    run([&common[..], &["--output", &page]].concat()).ok();
    run([&common[..], &["--output", &json]].concat()).ok();
    let size = std::fs::metadata(&page).unwrap().len();
    assert!(size < 15_000_000, "{size} bytes");
    let document: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    let expected = expected(&document, "ur-PK", slot);
    let expected = folder.write("expected.json", expected.to_string());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/python/read_report.py");
    let output = Command::new(python)
        .arg(script)
        .arg(chromium)
        .args([&page, &expected])
        .arg(screenshots())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
