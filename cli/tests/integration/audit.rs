//! `massive audit`: training texts, and models behind an endpoint that has seen
//! rows or not.

use massive_lm::fake::{FakeEndpoint, FakeReply};
use serde_json::{Value, json};

use super::support::{Folder, Run, assert_valid, lines, mini, run};

fn rows(locale: &str, partition: &str) -> Vec<Value> {
    lines(&mini(&format!("data/{locale}.jsonl")))
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .filter(|row: &Value| row["partition"] == partition)
        .collect()
}

fn texts(partition: &str) -> Vec<String> {
    rows("en-US", partition).iter().map(|row| row["utt"].as_str().unwrap().to_owned()).collect()
}

fn audit(command: &str, server: &FakeEndpoint, more: &[&str]) -> Run {
    let (url, corpus) = (server.url(), mini("data"));
    let fixed = ["audit", command, "--endpoint", &url, "--model", "fake", "--api", "completion"];
    let rest = ["--locales", "en-US", "--corpus", &corpus];
    run([&fixed[..], &rest, more].concat())
}

#[test]
fn rows_in_a_training_text_are_named_and_taken_out() {
    let folder = Folder::new();
    let test = texts("test");
    let long = test.iter().find(|text| text.len() > 20).unwrap();
    let text = folder.write("web.txt", format!("nothing here\nHe said: {long}!\nthe end\n"));
    let (clean, hits) = (folder.at("clean.txt"), folder.at("hits.jsonl"));
    let corpus = mini("data");
    let base = ["audit", "corpus", &text, "--corpus", &corpus, "--locales", "en-US"];
    let found =
        run([&base[..], &["--clean", &clean, "--hits", &hits, "--format", "json"]].concat());
    assert_eq!(found.code, 1, "{}", found.stderr);
    let document: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_valid("audit-corpus", &document);
    assert_eq!(document["locales"]["en-US"]["exact"], 1);
    assert_eq!(std::fs::read_to_string(&clean).unwrap(), "nothing here\nthe end\n");
    let hit: Value = serde_json::from_str(&lines(&hits)[0]).unwrap();
    assert_eq!((&hit["line"], &hit["kind"]), (&json!(2), &json!("exact")));
    assert!(!std::fs::read_to_string(&hits).unwrap().contains(long.as_str()));
    let none = run([&["audit", "corpus", &clean], &base[3..]].concat()).ok();
    assert!(none.contains("0.00"), "{none}");
}

/// Goes on with whatever row of `known` starts so.
fn model_that_knows(known: Vec<String>) -> FakeEndpoint {
    FakeEndpoint::start(move |request| {
        let prompt = request.prompt();
        if let Some(options) = prompt.find("A. ") {
            let list: Vec<&str> = prompt[options..].lines().take(4).collect();
            let place = list.iter().position(|line| known.iter().any(|text| line[3..] == *text));
            return FakeReply::Text(["A", "B", "C", "D"][place.unwrap_or(0)].to_owned());
        }
        let last = prompt.rsplit("utt: ").next().unwrap_or_default();
        let rest = known.iter().find_map(|text| text.strip_prefix(last));
        FakeReply::Text(rest.unwrap_or(" the of and").to_owned())
    })
    .unwrap()
}

#[test]
fn a_model_that_has_seen_test_goes_on_with_it() {
    let folder = Folder::new();
    let document = |known: Vec<String>, log: &str| {
        let server = model_that_knows(known);
        audit("extract", &server, &["--log", &folder.at(log), "--format", "json"]).json()
    };
    let seen = document(texts("test"), "seen.jsonl");
    assert_valid("audit-extract", &seen);
    let of = |document: &Value, partition: &str| {
        let part = &document["arms"]["named"][partition]["en-US"];
        (part["exact"].as_u64().unwrap(), part["rows"].as_u64().unwrap())
    };
    let (exact, rows) = of(&seen, "test");
    assert!(rows > 2 && exact == rows, "{exact} of {rows}");
    assert_eq!(of(&seen, "train").0, 0);
    assert_eq!(of(&document(Vec::new(), "clean.jsonl"), "test").0, 0);
}

#[test]
fn choices_and_ids_are_asked_about() {
    let folder = Folder::new();
    let server = model_that_knows(texts("test"));
    let log = folder.at("swap.jsonl");
    let result = audit("swap", &server, &["--log", &log, "--format", "json"]);
    // The mini corpus may have too few values to exchange.
    if result.code == 0 {
        let document = result.json();
        assert_valid("audit-swap", &document);
        let swap = &document["locales"]["en-US"];
        assert_eq!((&swap["right"], &swap["verdict"]), (&swap["rows"], &json!("undecided")));
    } else {
        result.fails(2, "no rows of these locales that can be asked about");
    }
    let by_id: Vec<(String, String)> = rows("en-US", "test")
        .iter()
        .map(|row| {
            (row["id"].as_str().unwrap().to_owned(), row["utt"].as_str().unwrap().to_owned())
        })
        .collect();
    let server = FakeEndpoint::start(move |request| {
        let known =
            by_id.iter().find(|(id, _)| request.prompt().contains(&format!("\"id\": \"{id}\"")));
        FakeReply::Text(known.map_or("no idea".to_owned(), |(_, text)| format!("{text}\", x")))
    })
    .unwrap();
    let log = folder.at("recall.jsonl");
    let document = audit("recall-id", &server, &["--log", &log, "--format", "json"]).json();
    assert_valid("audit-recall", &document);
    let recall = &document["locales"]["en-US"];
    assert_eq!((&recall["recalled"], &recall["verdict"]), (&recall["rows"], &json!("seen")));
}

/// Likelihoods are asked of servers that echo the prompt.
#[test]
fn likelihoods_are_needed_for_order_and_mink() {
    let server = FakeEndpoint::start(|request| {
        let text = request.prompt();
        let tokens: Vec<f64> = text.split(' ').map(|word| -(word.len() as f64)).collect();
        let likelihoods = [tokens, vec![-1.0]].concat();
        let body = json!({ "choices": [{
            "text": format!("{text} x"),
            "logprobs": { "token_logprobs": likelihoods },
        }]});
        FakeReply::Raw(body.to_string())
    })
    .unwrap();
    let mink = audit("mink", &server, &["--format", "json"]).json();
    assert_valid("audit-mink", &mink);
    assert!(mink["locales"]["en-US"]["auroc"].as_f64().is_some());
    let order = audit("order", &server, &["--shard", "4", "--format", "json"]).json();
    assert_valid("audit-order", &order);
    assert_eq!(order["locales"]["en-US"]["rows"], 13);
    let server = FakeEndpoint::start(|_| FakeReply::Text("x".to_owned())).unwrap();
    audit("mink", &server, &[]).fails(2, "gives no log-probabilities of prompts");
}
