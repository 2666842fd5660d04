//! 100,000 calls to a fake endpoint, 64 at once: memory must stay flat, and our
//! own time a call under a millisecond.
//!
//! `cargo run --release -p massive-lm --features fake --example many_calls -- 100000 64`

#![allow(clippy::print_stdout, reason = "it prints figures")]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use massive_lm::budget::{Limits, Retries};
use massive_lm::endpoint::{Api, Endpoint, EndpointOptions, Prompt, Sampling};
use massive_lm::fake::{FakeEndpoint, FakeReply};
use massive_lm::form::{Constrain, Form};
use massive_lm::log::LogWriter;
use massive_lm::row::Row;
use massive_lm::run::{Earlier, RunOptions, run};

/// Memory of this process in MiB, where the system tells.
fn memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let number = |place: usize, default: u64| {
        std::env::args().nth(place).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (calls, concurrency) = (number(1, 100_000), number(2, 64) as usize);
    let server = FakeEndpoint::start(|_| {
        FakeReply::Text("alarm_set\nAnnotation: wake me at [time : five am]".to_owned())
    })?;
    server.forget();
    let endpoint = Endpoint::new(EndpointOptions {
        address: server.url(),
        model: "fake".to_owned(),
        api: Api::Completion,
        key: None,
        streaming: true,
        timeout: Duration::from_secs(60),
        total_timeout: Duration::from_secs(600),
        connections: concurrency,
    })?;
    let folder = std::env::temp_dir().join(format!("many-calls-{}.jsonl.zst", std::process::id()));
    let log = LogWriter::create(&folder)?;
    let options = RunOptions {
        form: Form::Brackets,
        constrain: Constrain::None,
        constraint: serde_json::Map::new(),
        sampling: Sampling::default(),
        concurrency,
        limits: Limits::default(),
        price: None,
        retries: Retries::default(),
    };
    let rows = (0..calls).map(|id| {
        Ok(Row {
            locale: "en-US".to_owned(),
            id: id.to_string(),
            text: format!("wake me at five am {id}"),
            words: ["wake", "me", "at", "five", "am"].map(str::to_owned).into(),
            gold: None,
        })
    });
    let done = AtomicU64::new(0);
    let started = Instant::now();
    let step = (calls / 10).max(1);
    let report = run(
        &endpoint,
        &|row| Ok(Prompt::Text(format!("Utterance: {}\nIntent:", row.text))),
        rows,
        &options,
        &log,
        &Earlier::default(),
        &AtomicBool::new(false),
        &|| {
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(step) {
                println!("{done} calls, {:.1} MiB", memory().unwrap_or(f64::NAN));
            }
        },
    )?;
    let wall = started.elapsed().as_secs_f64();
    println!(
        "{} replies in {wall:.1} s; wall time a call {:.3} ms, with the server in the same process",
        report.replies,
        1e3 * wall / calls as f64,
    );
    std::fs::remove_file(folder)?;
    Ok(())
}
