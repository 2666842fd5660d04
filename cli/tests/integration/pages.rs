//! The pages as their readers use them, and what axe-core says of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::{Value, json};

use crate::leaderboard::three;
use crate::report::chromium;
use crate::support::{Folder, assert_valid, environment, lines, mini, run};

const LOCALES: &str = "de-DE,en-US,ja-JP,th-TH,ur-PK";
const RESAMPLING: [&str; 4] = ["--resamples", "50", "--trials", "99"];

/// A browser and a Python that drives it, or why there is none.
fn driver() -> Result<(PathBuf, PathBuf), String> {
    let chromium = chromium().ok_or("no Chromium (set MASSIVE_CHROMIUM)")?;
    Ok((chromium, environment("browser-driver", &["playwright==1.65.2"])?))
}

/// axe-core from the npm registry, or why it is not there.
fn axe() -> Result<PathBuf, String> {
    const VERSION: &str = "4.14.1";
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("axe-core-{VERSION}"));
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if script.is_file() {
        return Ok(script);
    }
    let installed = Command::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .arg(&folder)
        .arg(format!("axe-core@{VERSION}"))
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if installed.status.success() && script.is_file() {
        Ok(script)
    } else {
        Err(format!("axe-core: {}", String::from_utf8_lossy(&installed.stderr)))
    }
}

fn python(interpreter: &Path, script: &str, arguments: &[&str]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python").join(script);
    let output = Command::new(interpreter).arg(script).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The site of a leaderboard of three entries: its board and one entry's page.
fn site(folder: &Folder) -> [String; 2] {
    let (board, _) = three();
    let site = folder.at("site");
    let shown = ["--output", &site, "--unverified", "show"];
    run([&["leaderboard", "render", &board.at("")], &shown[..]].concat()).ok();
    let mut entries: Vec<String> = std::fs::read_dir(format!("{site}/entries"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .collect();
    entries.sort();
    [format!("{site}/index.html"), entries.swap_remove(0)]
}

#[test]
fn axe_finds_nothing_on_any_page() {
    let (driver, axe) = match (driver(), axe()) {
        (Ok(driver), Ok(axe)) => (driver, axe),
        (Err(why), _) | (_, Err(why)) => {
            eprintln!("not tested: {why}");
            return;
        }
    };
    let folder = Folder::new();
    let (corpus, good, poor) =
        (mini("data"), mini("predictions/good.jsonl"), mini("predictions/poor.jsonl"));
    let (one, two) = (folder.at("one.html"), folder.at("two.html"));
    let common = ["--corpus", &corpus, "--locales", LOCALES];
    let common = [&common[..], &RESAMPLING].concat();
    run([&["report", &poor, "--right", "--output", &one], &common[..]].concat()).ok();
    run([&["report", &good, &poor, "--output", &two], &common[..]].concat()).ok();
    let [board, entry] = site(&folder);
    let (chromium, interpreter) = driver;
    let (chromium, axe) = (chromium.display().to_string(), axe.display().to_string());
    let pages = [&chromium, &axe, &one, &two, &board, &entry].map(String::as_str);
    python(&interpreter, "audit_pages.py", &pages);
}

/// The mini corpus with an invisible character within a word of one row.
fn corpus_with_an_invisible_character(folder: &Folder) -> String {
    for tag in LOCALES.split(',') {
        let rows = lines(&mini(&format!("data/{tag}.jsonl"))).into_iter().map(|line| {
            let row: Value = serde_json::from_str(&line).unwrap();
            if tag == "de-DE" && row["id"] == "22" {
                line.replace("nachrichten", "nach\u{200b}richten")
            } else {
                line
            }
        });
        folder.write_lines(&format!("{tag}.jsonl"), rows);
    }
    folder.at("")
}

/// How many wrong utterances, or their English sources, match.
fn matching(document: &Value, pattern: &str) -> usize {
    let pattern = Regex::new(pattern).unwrap();
    let wrong = &document["wrong"];
    let utterances = wrong["utterances"].as_array().unwrap().iter();
    utterances
        .filter(|row| row["systems"][0]["wrong"] == true)
        .filter(|row| {
            let english =
                wrong["english"][row["id"].as_str().unwrap()].as_str().unwrap_or_default();
            pattern.is_match(row["utt"].as_str().unwrap()) || pattern.is_match(english)
        })
        .count()
}

#[test]
fn readers_filter_search_take_away_and_print() {
    let (chromium, interpreter) = match driver() {
        Ok(driver) => driver,
        Err(why) => {
            eprintln!("not tested: {why}");
            return;
        }
    };
    let (folder, data) = (Folder::new(), Folder::new());
    let corpus = corpus_with_an_invisible_character(&data);
    let poor = mini("predictions/poor.jsonl");
    let common = ["report", &poor, "--corpus", &corpus, "--locales", LOCALES, "--right"];
    let common = [&common[..], &["--resamples", "0"]].concat();
    let (page, json) = (folder.at("report.html"), folder.at("report.json"));
    run([&common[..], &["--output", &page]].concat()).ok();
    run([&common[..], &["--output", &json]].concat()).ok();
    let document: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert_valid("report", &document);
    let pattern = r"(?i)^WILL |\p{Thai}";
    let count = matching(&document, pattern);
    assert!(count > 2);
    let [board, _] = site(&folder);
    let expected = json!({
        "hidden": {
            "id": "de-DE-22",
            "word": "nachrichten",
            "wide": "ｎａｃｈｒｉｃｈｔｅｎ",
            "with_invisible": "nachricht\u{200d}en",
        },
        "regex": {"pattern": pattern, "count": count},
        "right": document["wrong"]["right"],
        "wrong": document["wrong"]["listed"],
        "entry": "Good",
    });
    let expected = folder.write("expected.json", expected.to_string());
    let chromium = chromium.display().to_string();
    python(&interpreter, "use_pages.py", &[&chromium, &page, &board, &expected]);
}

/// What is wrong with an utterance of a report, as classes of errors.
fn classes(row: &Value) -> BTreeSet<(String, String)> {
    let outcome = &row["systems"][0];
    let mut classes = BTreeSet::new();
    if outcome["intent"] != row["intent"] {
        classes.insert(("intent".to_owned(), row["intent"].as_str().unwrap().to_owned()));
    }
    for slot in outcome["slots"].as_array().unwrap() {
        if slot["class"] != "correct" {
            let label = match slot["gold"].as_u64() {
                Some(number) => &row["gold"][number as usize]["slot"],
                None => &slot["predicted"]["slot"],
            };
            classes.insert(("slot".to_owned(), label.as_str().unwrap().to_owned()));
        }
    }
    classes
}

#[test]
fn what_to_mend_first_is_what_would_gain_most() {
    let (corpus, poor) = (mini("data"), mini("predictions/poor.jsonl"));
    let options = ["--resamples", "0"];
    let common = [&["report", &poor, "--corpus", &corpus], &options[..]].concat();
    let document = run([&common[..], &["--format", "json"]].concat()).json();
    assert_valid("report", &document);
    // By definition: all errors of one class are right, and nothing else.
    let utterances = document["wrong"]["utterances"].as_array().unwrap();
    let mut gained: BTreeMap<(String, String), [u64; 2]> = BTreeMap::new();
    let mut in_german: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in utterances {
        let errors = classes(row);
        for class in &errors {
            let alone = u64::from(errors.iter().all(|error| error == class));
            let sums = gained.entry(class.clone()).or_default();
            sums[0] += 1;
            sums[1] += alone;
            if row["locale"] == "de-DE" {
                *in_german.entry(class.clone()).or_default() += alone;
            }
        }
    }
    let system = &document["systems"][0];
    let mends = system["mend"].as_array().unwrap();
    assert_eq!(mends.len(), gained.len());
    let scores = &system["scores"];
    let (all, german) = (&scores["all"]["utterances"], &scores["locales"]["de-DE"]["utterances"]);
    for mend in mends {
        let name = |key: &str| mend[key].as_str().unwrap().to_owned();
        let class = (name("kind"), name("name"));
        let counts = [mend["utterances"].as_u64().unwrap(), mend["gained"].as_u64().unwrap()];
        assert_eq!(counts, gained[&class], "{class:?}");
        let gain = counts[1] as f64 / all.as_f64().unwrap();
        assert!((mend["gain"].as_f64().unwrap() - gain).abs() < 1e-15);
        if let Some(here) = mend["locales"].get("de-DE") {
            assert_eq!(here["gained"], in_german[&class]);
            let gain = in_german[&class] as f64 / german.as_f64().unwrap();
            assert!((here["gain"].as_f64().unwrap() - gain).abs() < 1e-15);
        }
    }
    let order: Vec<f64> = mends.iter().map(|mend| mend["gain"].as_f64().unwrap()).collect();
    assert!(order.is_sorted_by(|a, b| a >= b) && order[0] > 0.0);
    let page = run(common).ok();
    assert!(page.contains("What to mend first"));
    let first = mends[0]["name"].as_str().unwrap();
    let section = page.split("id=\"mend-0\"").nth(1).unwrap();
    assert!(section.split("</tr>").nth(1).unwrap().contains(first));
}

#[test]
fn confusions_have_their_share_beside_their_count() {
    let (corpus, poor) = (mini("data"), mini("predictions/poor.jsonl"));
    let common = ["report", &poor, "--corpus", &corpus, "--resamples", "0"];
    let document = run([&common[..], &["--format", "json"]].concat()).json();
    let system = &document["systems"][0];
    let confused = &system["confusion"]["intents"][0];
    let intents = system["intents"].as_array().unwrap();
    let of = intents.iter().find(|group| group["name"] == confused["gold"]).unwrap();
    let count = confused["count"].as_f64().unwrap();
    let share = 100.0 * count / of["utterances"]["count"].as_f64().unwrap();
    let page = run(common).ok();
    let table = page.split("id=\"intents-0\"").nth(1).unwrap();
    let row = table.split("</tr>").nth(1).unwrap();
    assert!(table.contains("of the gold, %"));
    assert!(row.contains(&format!(">{count}<")) && row.contains(&format!(">{share:.1}<")), "{row}");
}

#[test]
fn a_row_without_labels_is_wrong_though_the_gold_has_no_slot() {
    let folder = Folder::new();
    let mut gold: Vec<Value> = lines(&mini("data/en-US.jsonl"))
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["partition"] == "test")
        .collect();
    // One row gets a gold without slots.
    gold[0]["annot_utt"] = gold[0]["utt"].clone();
    let bare = gold[0]["id"].clone();
    let corpus = folder.write_lines("en-US.jsonl", gold.iter().map(Value::to_string));
    let rows = gold.iter().map(|row| {
        let mut said = json!({
            "id": row["id"], "locale": "en-US", "utt": row["utt"],
            "pred_intent": row["intent"], "pred_annot_utt": row["annot_utt"],
        });
        if row["id"] == bare {
            said.as_object_mut().unwrap().remove("pred_annot_utt");
        }
        said.to_string()
    });
    let predictions = folder.write_lines("predictions.jsonl", rows);
    let options = ["--resamples", "0", "--format", "json"];
    let common = [&["report", &predictions, "--corpus", &corpus], &options[..]].concat();
    let document = run(common).json();
    let exact = document["systems"][0]["scores"]["all"]["ex_match_acc"]["value"].as_f64().unwrap();
    let wrong = gold.len() as f64 * (1.0 - exact);
    assert_eq!(document["wrong"]["found"].as_f64(), Some(wrong.round()));
    assert_eq!(document["wrong"]["found"], 1);
}
