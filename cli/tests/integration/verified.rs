//! What stands behind the entries of a leaderboard.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::leaderboard::{add, change, check, file, kinds, leaderboard, three, worse};
use super::support::{Folder, assert_valid, mini};

/// An entry that nobody can look into: its score, its digest and the file that
/// it names are invented, and it says nothing that contradicts itself.
fn forge(board: &Folder, name: &str) {
    let honest = file(board, "good-");
    let entry: Value = serde_json::from_slice(&std::fs::read(honest).unwrap()).unwrap();
    let text = massive_eval::leaderboard::slug(name);
    let forged = board.write(&format!("{text}.json"), entry.to_string());
    change(Path::new(&forged), |entry| {
        entry["name"] = name.into();
        entry["predictions"] = json!([{
            "name": "nowhere.jsonl", "bytes": 1_000_000, "sha256": "ab".repeat(32),
        }]);
        perfect(&mut entry["score"]);
    });
}

/// Every figure of a score document at its highest.
fn perfect(value: &mut Value) {
    let Value::Object(object) = value else { return };
    if let Some(slots) = object.get_mut("slots") {
        let gold = slots["gold"].clone();
        (slots["predicted"], slots["correct"]) = (gold.clone(), gold);
    }
    if object.contains_key("value") {
        object.insert("value".to_owned(), 1.0.into());
        for (key, best) in [("precision", json!(1.0)), ("recall", json!(1.0))] {
            if object.contains_key(key) {
                object.insert(key.to_owned(), best);
            }
        }
        if object.contains_key("reference_stderr") {
            object.insert("reference_stderr".to_owned(), 0.0.into());
        }
        object.insert("ci95".to_owned(), json!([0.999, 1.0]));
        return;
    }
    object.values_mut().for_each(perfect);
}

fn rendered(board: &Folder, options: &[&str]) -> Value {
    let base = ["render", &board.at(""), "--format", "json"];
    let document = leaderboard(&[&base[..], options].concat()).json();
    assert_valid("leaderboard", &document);
    document
}

/// Names, ranks and whether they are verified, of one ranking.
fn standings(group: &Value) -> Vec<(String, Option<u64>, bool)> {
    let entries = group["entries"].as_array().unwrap().iter();
    entries
        .map(|entry| {
            let name = entry["name"].as_str().unwrap().to_owned();
            let verified = entry["verified"].as_bool().unwrap();
            (name, entry["standing"]["place"].as_u64(), verified)
        })
        .collect()
}

#[test]
fn a_forged_entry_enters_no_board() {
    let (board, predictions) = three();
    forge(&board, "forged");
    let (corpus, folder) = (mini("data"), predictions.at(""));
    let at_hand = ["--predictions", &folder, "--corpus", &corpus];

    // By its file alone it cannot be told from an honest one.
    assert_eq!(check(&board.at(""), &["--strict"]).0, 0);
    let (code, report) = check(&board.at(""), &[&at_hand[..], &["--require-predictions"]].concat());
    assert_eq!(code, 1);
    assert_eq!(kinds(&report), [("not-verified".to_owned(), "forged.json".to_owned())]);
    let verified: Vec<bool> = report["verification"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["verified"].as_bool().unwrap())
        .collect();
    assert_eq!(verified.iter().filter(|verified| **verified).count(), 3);
    leaderboard(&["check", &board.at(""), "--require-predictions"]).fails(2, "--predictions");

    let ranked = |name: &str, place, verified| (name.to_owned(), place, verified);
    let document = rendered(&board, &at_hand);
    assert_eq!(
        standings(&document["groups"][0]),
        [
            ranked("Good", Some(1), true),
            ranked("worse", Some(2), true),
            ranked("forged", None, false)
        ]
    );
    assert_eq!(document["groups"][0]["history"][0]["top"], json!([file_slug(&board, "worse")]));
    let shown = rendered(&board, &[&at_hand[..], &["--unverified", "show"]].concat());
    assert_eq!(standings(&shown["groups"][0])[0], ranked("forged", Some(1), false));
    // Without predictions there is nothing to rank by.
    let run = leaderboard(&["render", &board.at(""), "--format", "json"]);
    assert!(
        run.stderr.contains("4 entries not verified are listed without a rank"),
        "{}",
        run.stderr
    );
    let alone = run.json();
    assert!(standings(&alone["groups"][0]).iter().all(|(_, place, _)| place.is_none()));
    assert_eq!(alone["groups"][0]["history"], json!([]));

    let base = ["render", &board.at("")];
    let markdown = leaderboard(&[&base[..], &at_hand].concat()).ok();
    let row = markdown.lines().find(|line| line.contains("forged")).unwrap();
    assert!(row.starts_with("| – |") && row.contains("| not verified |"), "{row}");
    let csv = leaderboard(&[&base[..], &["--format", "csv"], &at_hand].concat()).ok();
    assert!(csv.lines().next().unwrap().contains(",verified,"), "{csv}");
    let site = predictions.at("site");
    leaderboard(&[&base[..], &["--output", &site], &at_hand].concat()).ok();
    let page = std::fs::read_to_string(format!("{site}/index.html")).unwrap();
    let row = page.split("<tr>").find(|row| row.contains(">forged<")).unwrap();
    assert!(row.contains("not verified") && row.contains("<td class=\"num\">–</td>"), "{row}");
    let page = std::fs::read_to_string(format!("{site}/entries/forged.html")).unwrap();
    assert!(page.contains("none of the predictions given has its digest"));
}

fn file_slug(board: &Folder, start: &str) -> String {
    file(board, start).file_stem().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn a_score_that_its_predictions_do_not_give_has_no_rank() {
    let (board, predictions) = three();
    change(&file(&board, "worse"), |entry| perfect(&mut entry["score"]));
    let (corpus, folder) = (mini("data"), predictions.at(""));
    let document = rendered(&board, &["--predictions", &folder, "--corpus", &corpus]);
    let worse = &standings(&document["groups"][0])[1];
    assert_eq!(worse, &("worse".to_owned(), None, false));
    let reason = document["groups"][0]["entries"][1]["verification"].as_str().unwrap();
    assert!(reason.contains("and the predictions give"), "{reason}");
}

#[test]
fn invented_publications_are_not_verified() {
    let board = Folder::new();
    leaderboard(&["add", "--published", "--folder", &board.at("")]).ok();
    let (corpus, folder) = (mini("data"), mini("predictions"));
    let strict = ["--predictions", &folder, "--corpus", &corpus, "--require-predictions"];
    assert_eq!(check(&board.at(""), &strict).0, 0);
    let name = board.names().into_iter().find(|name| name.ends_with(".json")).unwrap();
    change(&board.path(&name), |entry| {
        let scores = entry["published"]["scores"].as_object_mut().unwrap();
        scores.values_mut().for_each(|figures| figures["intent_acc"] = json!({"value": 0.999}));
    });
    let (code, report) = check(&board.at(""), &strict);
    assert_eq!((code, kinds(&report)), (1, vec![("not-verified".to_owned(), name)]));
    let document = rendered(&board, &[]);
    let published = document["published"].as_array().unwrap();
    assert_eq!(published.iter().filter(|row| row["verified"] == false).count(), 1);
}

#[test]
fn entries_that_break_a_rule_are_ranked_apart() {
    let (board, predictions) = three();
    let large = worse(&predictions, "large.jsonl", 1000);
    add(&board.at(""), &large, "Large", &["--parameters", "7B", "--date", "2026-01-04"]).ok();
    let (corpus, folder) = (mini("data"), predictions.at(""));
    let at_hand = ["--predictions", &folder, "--corpus", &corpus];
    let document = rendered(&board, &at_hand);
    let groups = document["groups"].as_array().unwrap();
    let large: Vec<&Value> = groups
        .iter()
        .filter(|group| standings(group).iter().any(|(name, ..)| name == "Large"))
        .collect();
    assert_eq!((large.len(), &large[0]["breaks_rules"]), (1, &json!(true)));
    assert_eq!(standings(large[0]), [("Large".to_owned(), Some(1), true)]);
    assert_eq!(groups[0]["breaks_rules"], json!(false));
    assert_eq!(standings(&groups[0]).len(), 2);
    let markdown = leaderboard(&[&["render", &board.at("")], &at_hand[..]].concat()).ok();
    assert!(markdown.contains("break a rule and are ranked among themselves"), "{markdown}");
}

/// The check that the documentation gives for pull requests.
#[test]
fn the_documented_check_of_pull_requests_refuses_a_forged_entry() {
    let Ok(bash) = Command::new("bash").arg("--version").output() else { return };
    assert!(bash.status.success());
    let work = Folder::new();
    let (board, predictions) = three();
    forge(&board, "forged");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = std::fs::read_to_string(root.join("docs/leaderboard/check.yml")).unwrap();
    let step = text.split("- name: Check\n        run: |\n").nth(1).unwrap();
    let step: String = step
        .split("      - name:")
        .next()
        .unwrap()
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    let bin = Path::new(env!("CARGO_BIN_EXE_massive")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    std::os::unix::fs::symlink(board.path(""), work.path("leaderboard")).unwrap();
    std::os::unix::fs::symlink(predictions.path(""), work.path("submissions")).unwrap();
    std::os::unix::fs::symlink(mini("mini.tar.gz"), work.path("corpus.tar.gz")).unwrap();
    let checked = || {
        let mut command = Command::new("bash");
        command.args(["-ec", &step]).current_dir(work.path("")).env("PATH", &path);
        command.env("MASSIVE_TODAY", "2026-01-31").output().unwrap()
    };
    let output = checked();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("error: forged.json: not verified"), "{said}");
    std::fs::remove_file(board.path("forged.json")).unwrap();
    assert_eq!(checked().status.code(), Some(0));
}
