//! `massive llm`, against an endpoint that answers as it is told.

use std::collections::HashMap;
use std::process::Stdio;
use std::time::Duration;

use massive_lm::fake::{FakeEndpoint, FakeReply, FakeRequest};
use serde_json::Value;

use super::support::{Folder, assert_valid, lines, massive, mini, run};

/// The right replies by text, in the default form.
fn right_replies(locales: &[&str]) -> HashMap<String, String> {
    let mut replies = HashMap::new();
    for locale in locales {
        for line in lines(&mini(&format!("data/{locale}.jsonl"))) {
            let row: Value = serde_json::from_str(&line).unwrap();
            let Some(intent) = row["intent"].as_str() else { continue };
            let annotation = row["annot_utt"].as_str().unwrap();
            replies.insert(
                row["utt"].as_str().unwrap().to_owned(),
                format!("{intent}\nAnnotation: {annotation}"),
            );
        }
    }
    replies
}

/// The utterance that a prompt asks about.
fn asked(request: &FakeRequest) -> String {
    let prompt = request.prompt();
    let last = prompt.rsplit("Utterance: ").next().unwrap_or_default();
    last.lines().next().unwrap_or_default().to_owned()
}

/// A model that is right, after a while.
fn right_model(locales: &[&str], wait: Duration) -> FakeEndpoint {
    let replies = right_replies(locales);
    FakeEndpoint::start(move |request| {
        if request.path.ends_with("/tokenize") {
            let count = request.body["content"].as_str().unwrap_or_default().len() / 4;
            return FakeReply::Raw(serde_json::json!({ "tokens": vec![1; count] }).to_string());
        }
        FakeReply::Slow(replies.get(&asked(request)).cloned().unwrap_or_default(), wait)
    })
    .unwrap()
}

fn arguments(command: &str, url: &str, more: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = ["llm", command, "--endpoint", url, "--model", "fake"]
        .iter()
        .chain(&["--api", "completion", "--locales", "en-US,sw-KE", "--corpus"])
        .map(|text| (*text).to_owned())
        .collect();
    all.push(mini("data"));
    all.extend(more.iter().map(|text| (*text).to_owned()));
    all
}

#[test]
fn a_run_is_scored_and_its_log_replays_to_the_same() {
    let server = right_model(&["en-US", "sw-KE"], Duration::ZERO);
    let folder = Folder::new();
    let (output, log) = (folder.at("preds.jsonl"), folder.at("calls.jsonl"));
    let more = ["--shots", "3", "--output", &output, "--log", &log, "--price", "1,2", "--score"];
    let document =
        run(arguments("run", &server.url(), &[&more[..], &["--format", "json"]].concat())).json();
    assert_valid("score", &document);
    assert_eq!(document["all"]["ex_match_acc"]["value"], 1.0);
    let usage = &document["usage"];
    assert_eq!(usage["all"]["calls"], 26);
    assert_eq!(usage["all"]["replies"]["valid"], 26);
    for line in lines(&log) {
        assert_valid("llm-call", &serde_json::from_str(&line).unwrap());
    }
    // The figures are those of the log.
    let calls: Vec<Value> =
        lines(&log).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let sum = |field: &str| -> u64 {
        calls.iter().map(|call| call["reply"]["usage"][field].as_u64().unwrap()).sum()
    };
    let cost = (sum("input") as f64 + 2.0 * sum("output") as f64) / 1e6;
    assert!((usage["all"]["cost"].as_f64().unwrap() - cost).abs() < 1e-12);
    assert_eq!(usage["all"]["input_tokens"], sum("input"));

    let again = folder.at("again.jsonl");
    let replayed =
        run(["llm", "replay", &log, "--output", &again, "--price", "1,2", "--format", "json"])
            .json();
    assert_valid("llm-usage", &replayed);
    assert_eq!(replayed["all"], usage["all"]);
    assert_eq!(std::fs::read(&again).unwrap(), std::fs::read(&output).unwrap());
    let table = run(["llm", "replay", &log]).ok();
    assert!(table.contains("sw-KE") && table.contains("replies: valid 26"), "{table}");

    let times = run(["llm", "latency", &log, "--by", "concurrency", "--format", "json"]).json();
    assert_valid("llm-latency", &times);
    assert_eq!(times["groups"]["4"]["calls"], 26);
    assert!(run(["llm", "latency", &log]).ok().contains("13*"));

    // All is there, so nothing is asked again; without --resume nothing is touched.
    let asked = server.requests();
    run(arguments("run", &server.url(), &more)).fails(2, "--resume goes on with it");
    run(arguments("run", &server.url(), &[&more[..], &["--resume"]].concat())).ok();
    assert_eq!(server.requests(), asked);
    let key = "sk-very-secret";
    let out = massive()
        .args(arguments("run", &server.url(), &["--output", &output, "--log", &folder.at("k")]))
        .env("MASSIVE_API_KEY", key)
        .output()
        .unwrap();
    assert!(out.status.success());
    let seen = server.seen();
    let header = &seen.last().unwrap().headers["authorization"];
    assert_eq!(header, &format!("Bearer {key}"));
    assert!(!std::fs::read_to_string(folder.at("k")).unwrap().contains(key));
}

/// Twenty kills: every reply that the program had read before it asked for the
/// next is in the log, and none is bought twice.
#[test]
fn kills_lose_no_reply_and_buy_none_twice() {
    let server = right_model(&["en-US", "sw-KE"], Duration::from_millis(15));
    let folder = Folder::new();
    let (output, log) = (folder.at("preds.jsonl"), folder.at("calls.jsonl.zst"));
    let more = ["--output", &output, "--log", &log, "--resume", "--concurrency", "1"];
    let mut kills = 0;
    for round in 0..20u64 {
        let mut child = massive()
            .args(arguments("run", &server.url(), &more))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let before = server.requests();
        // Until it has asked twice at most, and a little longer each time.
        for _ in 0..400 {
            if server.requests() > before + round % 2 || child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(3 * (round % 7)));
        kills += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let mut logged = 0;
        if std::path::Path::new(&log).exists() {
            massive_lm::log::read(std::path::Path::new(&log), |_| {
                logged += 1;
                Ok(())
            })
            .unwrap();
        }
        // Only the one call under way at each kill can be missing.
        assert!(server.requests() <= logged + kills, "{} {logged} {kills}", server.requests());
    }
    run(arguments("run", &server.url(), &more)).ok();
    let mut ids = std::collections::BTreeSet::new();
    massive_lm::log::read(std::path::Path::new(&log), |call| {
        assert!(ids.insert((call.locale, call.id)), "bought twice");
        Ok(())
    })
    .unwrap();
    assert_eq!((ids.len(), lines(&output).len()), (26, 26));
    assert!(server.requests() <= 26 + kills);
}

#[test]
fn a_prompt_is_shown_as_it_is_sent_and_linted() {
    let folder = Folder::new();
    let base = |more: &[&str]| {
        let mut all: Vec<String> =
            ["llm", "prompt", "--locales", "en-US", "--api", "completion", "--corpus"]
                .map(str::to_owned)
                .into();
        all.push(mini("data"));
        all.extend(more.iter().map(|text| (*text).to_owned()));
        run(all)
    };
    let rows: Vec<Value> = lines(&mini("data/en-US.jsonl"))
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let row = rows.iter().find(|row| row["partition"] == "test").unwrap();
    let id = row["id"].as_str().unwrap();
    let document = base(&["--id", id, "--shots", "2", "--lint", "--format", "json"]).json();
    assert_valid("llm-prompt", &document);
    assert_eq!(document["shots"].as_array().unwrap().len(), 2);
    let prompt = document["request"]["prompt"].as_str().unwrap();
    assert!(prompt.ends_with(&format!("Utterance: {}\nIntent:", row["utt"].as_str().unwrap())));
    let spaced = folder.write("t.j2", "{{ text }}\nIntent: \n");
    let bad = base(&["--id", id, "--template", &spaced, "--lint"]);
    assert_eq!(bad.code, 1);
    assert!(bad.stdout.contains("error: trailing_space"), "{}", bad.stdout);
    base(&["--id", "99999"]).fails(2, "no row 99999");
}

#[test]
fn a_plan_counts_by_the_endpoint_and_costs_nothing() {
    let server = right_model(&["en-US", "sw-KE"], Duration::ZERO);
    let more = ["--shots", "2", "--price", "1,2", "--rpm", "60", "--format", "json"];
    let plan = run(arguments("plan", &server.url(), &more)).json();
    assert_valid("llm-plan", &plan);
    assert_eq!(plan["counted_by"], "endpoint");
    assert_eq!(plan["all"]["calls"], 26);
    assert_eq!(plan["locales"]["en-US"]["tokens_to_english"], 1.0);
    assert!(server.seen().iter().all(|request| request.path == "/tokenize"));
    assert!(run(arguments("plan", &server.url(), &more[..4])).ok().contains("endpoint"));
}

#[test]
fn what_cannot_work_is_said() {
    let folder = Folder::new();
    let output = folder.at("preds.jsonl");
    let server = FakeEndpoint::start(|_| {
        FakeReply::Status(401, Vec::new(), "{\"error\":{\"message\":\"no key\"}}".to_owned())
    })
    .unwrap();
    let options = ["--output", output.as_str()];
    run(arguments("run", &server.url(), &options)).fails(2, "the endpoint answered 401: no key");
    assert!(!std::path::Path::new(&output).exists());
    run(arguments("run", "ftp://x", &options)).fails(2, "is not the address of an endpoint");
    let schema = ["--output", &folder.at("p"), "--constrain", "schema"];
    run(arguments("run", &server.url(), &schema)).fails(2, "a schema constrains");
    run(["llm", "replay", &mini("data/en-US.jsonl")]).fails(2, "line 1: not a call");
}
