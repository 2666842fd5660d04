//! What a run does when the endpoint misbehaves, counted exactly.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use massive_lm::budget::{Limits, Price, Retries};
use massive_lm::endpoint::{Api, Endpoint, EndpointOptions, Key, Prompt, Sampling};
use massive_lm::fake::{FakeEndpoint, FakeReply, FakeRequest};
use massive_lm::form::{Constrain, Form};
use massive_lm::log::{self, Call, LogWriter};
use massive_lm::row::Row;
use massive_lm::run::{Earlier, RunOptions, RunReport, Stopped, run};

const GOOD: &str = "alarm_set\nAnnotation: wake me";

fn row(id: u64) -> Row {
    Row {
        locale: "en-US".to_owned(),
        id: id.to_string(),
        text: format!("wake me {id}"),
        words: vec!["wake".to_owned(), "me".to_owned(), id.to_string()],
        gold: None,
    }
}

fn options() -> RunOptions {
    RunOptions {
        form: Form::Brackets,
        constrain: Constrain::None,
        constraint: serde_json::Map::new(),
        sampling: Sampling { max_tokens: 16, ..Sampling::default() },
        concurrency: 1,
        limits: Limits::default(),
        price: None,
        retries: Retries {
            most: 3,
            first: Duration::from_millis(1),
            longest: Duration::from_millis(5),
        },
    }
}

struct Outcome {
    report: RunReport,
    calls: Vec<Call>,
    server: FakeEndpoint,
}

fn endpoint(server: &FakeEndpoint, key: Option<&str>) -> Endpoint {
    Endpoint::new(EndpointOptions {
        address: server.url(),
        model: "fake".to_owned(),
        api: Api::Completion,
        key: key.and_then(|key| Key::new(key).unwrap()),
        streaming: true,
        timeout: Duration::from_millis(400),
        total_timeout: Duration::from_secs(20),
        connections: 8,
    })
    .unwrap()
}

/// Asks about `rows` rows with a server that answers so.
fn ask(
    rows: u64,
    options: &RunOptions,
    answer: impl Fn(&FakeRequest) -> FakeReply + Send + Sync + 'static,
) -> Outcome {
    let server = FakeEndpoint::start(answer).unwrap();
    let endpoint = endpoint(&server, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl.zst");
    let writer = LogWriter::create(&path).unwrap();
    let report = run(
        &endpoint,
        &|row| Ok(Prompt::Text(row.text.clone())),
        (0..rows).map(|id| Ok(row(id))),
        options,
        &writer,
        &Earlier::default(),
        &AtomicBool::new(false),
        &|| {},
    )
    .unwrap();
    let mut calls = Vec::new();
    log::read(&path, |call| {
        calls.push(call);
        Ok(())
    })
    .unwrap();
    Outcome { report, calls, server }
}

type Fault = Box<dyn Fn() -> FakeReply + Send + Sync>;

/// The second request fails so, and all others do not.
fn second_fails(fault: impl Fn() -> FakeReply + Send + Sync + 'static) -> Outcome {
    ask(3, &options(), move |request| match request.number {
        1 => fault(),
        _ => FakeReply::Text(GOOD.to_owned()),
    })
}

fn status(status: u16, headers: &[(&str, &str)], body: &str) -> FakeReply {
    let headers = headers.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    FakeReply::Status(status, headers.collect(), body.to_owned())
}

#[test]
fn faults_that_pass_cost_one_more_attempt() {
    let good = || GOOD.to_owned();
    let faults: Vec<(&str, Fault)> = vec![
        ("rate_limit", Box::new(|| status(429, &[], "{\"error\":{\"message\":\"slow down\"}}"))),
        ("rate_limit", Box::new(|| status(429, &[("retry-after", "0.05")], "no"))),
        ("server", Box::new(|| status(500, &[], "oops"))),
        ("server", Box::new(|| status(503, &[], ""))),
        ("cut", Box::new(move || FakeReply::Cut(good()))),
        ("timeout", Box::new(move || FakeReply::Stall(good(), Duration::from_secs(2)))),
        ("timeout", Box::new(move || FakeReply::Slow(good(), Duration::from_secs(2)))),
        ("unreadable", Box::new(|| FakeReply::Raw("{\"choices\": [".to_owned()))),
        ("unreadable", Box::new(|| FakeReply::Raw("data: {\"choices\": [\n\n".to_owned()))),
        ("server", Box::new(|| FakeReply::Raw("data: {\"error\":\"overloaded\"}\n\n".to_owned()))),
    ];
    for (class, fault) in faults {
        let shown = format!("{class}: {:?}", fault());
        let outcome = second_fails(fault);
        let report = &outcome.report;
        assert_eq!((report.replies, report.failures), (3, 0), "{shown} {:?}", report.failed);
        assert_eq!(report.attempts.iter().collect::<Vec<_>>(), [(&class, &1)], "{shown}");
        assert_eq!(outcome.server.requests(), 4, "{shown}");
        assert_eq!(outcome.calls.len(), 3, "{shown}");
        let failures: Vec<&str> =
            outcome.calls[1].failures.iter().map(|failure| failure.class.as_str()).collect();
        assert_eq!(failures, [class], "{shown}");
    }
}

/// A connection that ends before its answer may be an old one that the server
/// had closed: the client may try once more by itself.
#[test]
fn a_connection_that_ends_is_asked_again() {
    let outcome = second_fails(|| FakeReply::Reset);
    assert_eq!((outcome.report.replies, outcome.report.failures), (3, 0));
    assert_eq!(outcome.server.requests(), 4);
    assert_eq!(outcome.calls.len(), 3);
}

#[test]
fn retry_after_is_obeyed_by_all_threads() {
    let started = std::time::Instant::now();
    let options = RunOptions { concurrency: 4, ..options() };
    let outcome = ask(8, &options, |request| match request.number {
        0 => status(429, &[("retry-after", "1")], "no"),
        _ => FakeReply::Text(GOOD.to_owned()),
    });
    assert_eq!(outcome.report.replies, 8);
    assert_eq!(outcome.server.requests(), 9);
    assert!(outcome.report.attempts["rate_limit"] == 1 && started.elapsed().as_secs_f64() >= 1.0);
}

#[test]
fn what_never_passes_ends_after_its_attempts() {
    let outcome = ask(20, &options(), |_| status(500, &[], "oops"));
    // Five rows of four attempts each, and the run gives up.
    assert_eq!((outcome.report.replies, outcome.report.failures), (0, 5));
    assert_eq!((outcome.server.requests(), outcome.report.attempts["server"]), (20, 20));
    assert!(
        matches!(&outcome.report.stopped, Some(Stopped::Endpoint(text)) if text.contains("oops"))
    );
}

#[test]
fn one_row_that_is_refused_does_not_end_the_run() {
    let outcome = ask(6, &options(), |request| match request.prompt() {
        "wake me 2" => status(400, &[], "{\"error\":{\"message\":\"too long\"}}"),
        _ => FakeReply::Text(GOOD.to_owned()),
    });
    assert_eq!((outcome.report.replies, outcome.report.failures), (5, 1));
    assert_eq!(outcome.server.requests(), 6);
    assert_eq!(outcome.report.failed, ["en-US 2: the endpoint answered 400: too long"]);
    assert_eq!(outcome.report.stopped, None);
}

#[test]
fn wrong_keys_and_other_protocols_end_it_at_once() {
    for reply in [
        status(401, &[], "{\"error\":{\"message\":\"bad key\"}}"),
        status(404, &[], "no such model"),
        FakeReply::Raw("{\"generated_text\": \"alarm_set\"}".to_owned()),
        FakeReply::Raw("data: {\"generated_text\": \"alarm_set\"}\n\n".to_owned()),
    ] {
        let shown = format!("{reply:?}");
        let outcome = ask(9, &options(), move |_| reply.clone());
        assert_eq!((outcome.server.requests(), outcome.report.failures), (1, 1), "{shown}");
        assert!(matches!(outcome.report.stopped, Some(Stopped::Endpoint(_))), "{shown}");
    }
}

#[test]
fn replies_of_any_length_and_without_usage_are_kept() {
    let outcome = ask(2, &options(), |request| match request.number {
        0 => FakeReply::WithoutUsage(GOOD.to_owned()),
        _ => {
            let piece =
                format!("data: {{\"choices\":[{{\"text\":\"{}\"}}]}}\n\n", "a".repeat(1 << 16));
            FakeReply::Raw(piece.repeat(160))
        }
    });
    assert_eq!((outcome.report.replies, outcome.report.failures), (2, 0));
    assert_eq!(outcome.calls[0].reply.usage, None);
    assert_eq!(outcome.calls[1].reply.finish.as_deref(), Some("too_long"));
    assert!(outcome.calls[1].reply.text.len() < massive_lm::MAX_REPLY + (1 << 17));
    assert_eq!(outcome.server.requests(), 2);
}

#[test]
fn servers_that_want_the_newer_limit_get_it() {
    let outcome = ask(3, &options(), |request| {
        if request.body.get("max_tokens").is_some() {
            return status(400, &[], "{\"error\":{\"message\":\"use max_completion_tokens\"}}");
        }
        assert_eq!(request.body["max_completion_tokens"], 16);
        FakeReply::Text(GOOD.to_owned())
    });
    assert_eq!((outcome.report.replies, outcome.server.requests()), (3, 4));
    let body = &outcome.server.seen()[3].body;
    for (field, value) in [("temperature", "0.0"), ("top_p", "1.0"), ("seed", "12345")] {
        assert_eq!(body[field].to_string(), value);
    }
}

#[test]
fn no_more_is_bought_than_the_limit_allows() {
    let options = RunOptions {
        concurrency: 4,
        limits: Limits { cost: Some(0.000_4), ..Limits::default() },
        price: Some(Price { input: 1.0, output: 1.0, cached: None }),
        ..options()
    };
    let outcome = ask(1_000, &options, |_| FakeReply::Text(GOOD.to_owned()));
    assert_eq!(outcome.report.stopped, Some(Stopped::Budget));
    assert!(outcome.report.replies > 10 && outcome.report.spent <= 0.000_4);
    assert_eq!(outcome.report.replies, outcome.calls.len() as u64);
    assert_eq!(outcome.report.replies, outcome.server.requests());
}

#[test]
fn a_key_is_not_sent_to_another_host_nor_kept() {
    let other = FakeEndpoint::start(|_| FakeReply::Text(GOOD.to_owned())).unwrap();
    let target = format!("{}/completions", other.url());
    let server = FakeEndpoint::start(move |request| match request.number {
        0 => status(401, &[], "{\"error\":{\"message\":\"sk-secret is not known\"}}"),
        _ => status(307, &[("location", &target)], ""),
    })
    .unwrap();
    let endpoint = endpoint(&server, Some("sk-secret"));
    let body =
        endpoint.body(&Prompt::Text("a".to_owned()), &Sampling::default(), &Default::default());
    let failure = endpoint.ask(&body).unwrap_err();
    assert!(failure.message.contains("[key] is not known"), "{}", failure.message);
    assert_eq!(endpoint.ask(&body).unwrap().text, GOOD);
    let bearer = |server: &FakeEndpoint| {
        server.seen().last().and_then(|request| request.headers.get("authorization").cloned())
    };
    assert_eq!(bearer(&server).as_deref(), Some("Bearer sk-secret"));
    assert_eq!((other.requests(), bearer(&other)), (1, None));
    assert!(!format!("{endpoint:?} {body}").contains("secret"));
}

#[test]
fn an_interrupt_keeps_the_calls_under_way() {
    let server =
        FakeEndpoint::start(|_| FakeReply::Slow(GOOD.to_owned(), Duration::from_millis(20)))
            .unwrap();
    let endpoint = endpoint(&server, None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    let stop = AtomicBool::new(false);
    let options = RunOptions { concurrency: 4, ..options() };
    let mut earlier = Earlier::default();
    for round in 0u64.. {
        let writer = match round {
            0 => LogWriter::create(&path).unwrap(),
            _ => LogWriter::resume(&path, |call| earlier.add(&call, None)).unwrap(),
        };
        stop.store(false, Ordering::Relaxed);
        let report = run(
            &endpoint,
            &|row| Ok(Prompt::Text(row.text.clone())),
            (0..40).map(|id| Ok(row(id))),
            &options,
            &writer,
            &earlier,
            &stop,
            &|| {
                if server.requests() >= 10 * (round + 1) {
                    stop.store(true, Ordering::Relaxed);
                }
            },
        )
        .unwrap();
        if report.stopped.is_none() {
            assert_eq!(report.replies + report.resumed, 40);
            break;
        }
        assert_eq!(report.stopped, Some(Stopped::Interrupted));
        assert!(round < 40, "no end");
    }
    // Nothing is asked twice, and nothing is missing.
    assert_eq!((server.requests(), server.replies()), (40, 40));
    let mut ids = Vec::new();
    log::read(&path, |call| {
        ids.push(call.id.parse::<u64>().unwrap());
        Ok(())
    })
    .unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (0..40).collect::<Vec<_>>());
}
