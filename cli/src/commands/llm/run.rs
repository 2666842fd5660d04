//! `massive llm run`

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use massive_lm::budget::{Limits, Retries};
use massive_lm::log::LogWriter;
use massive_lm::replay::ReplayOptions;
use massive_lm::row::Names;
use massive_lm::run::{Earlier, RunOptions, RunReport, Stopped};
use massive_lm::{replay, run as calls};

use super::rows::{Prompter, asked, endpoint, price};
use super::usage;
use crate::args::{Global, LlmRunArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};
use crate::progress::Progress;

/// Set by an interrupt.
static STOP: AtomicBool = AtomicBool::new(false);

pub(crate) fn run(args: &LlmRunArgs, global: &Global) -> Result<()> {
    let output = PendingFile::create(&args.output)?;
    let rows = asked(&args.corpus, global)?;
    let prompter = Prompter::new(&args.prompt, args.endpoint.api, &args.corpus, &rows, global)?;
    let endpoint = endpoint(&args.endpoint, usize::from(args.concurrency))?;
    let price = price(args.price.as_ref(), &args.endpoint.model)?;
    let names = Names::release();
    let options = RunOptions {
        form: args.prompt.form,
        constrain: args.prompt.constrain,
        constraint: args.prompt.form.constraint(args.prompt.constrain, &names)?,
        sampling: prompter.sampling(&args.prompt),
        concurrency: usize::from(args.concurrency),
        limits: Limits { requests: args.rpm, tokens: args.tpm, cost: args.max_cost },
        price,
        retries: Retries { most: args.retries, ..Retries::default() },
    };
    let path = args.log.clone().unwrap_or_else(|| log_beside(&args.output));
    let mut earlier = Earlier::default();
    let log = open(&path, args.resume, |call| earlier.add(&call, price))?;
    watch_for_interrupts()?;
    let total = Some(rows.len() as u64);
    let progress = Progress::utterances(global, "utterances", total, 0);
    let report = calls::run(
        &endpoint,
        &|row| prompter.prompt(row),
        rows.into_iter().map(Ok),
        &options,
        &log,
        &earlier,
        &STOP,
        &|| progress.advance(),
    );
    drop(progress);
    let report = report?;
    remarks(&report, &path, global);
    ended_well(&report, &path)?;
    let replaying =
        ReplayOptions { wanted: Some(&report.wanted), ..ReplayOptions::new(&names, price) };
    let mut block = None;
    output.finish(|out| {
        block = Some(replay::replay(&path, replaying, out)?);
        Ok(())
    })?;
    let Some(block) = block else { return Ok(()) };
    let scored = args.score.then_some((&args.corpus, &args.scoring));
    usage::print(&block, &args.output, scored, args.format, global)
}

/// The log of an output that names none.
fn log_beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".calls.jsonl.zst");
    name.into()
}

fn open(
    path: &Path,
    resume: bool,
    each: impl FnMut(massive_lm::log::Call) -> massive_lm::Result<()>,
) -> Result<LogWriter> {
    match (path.exists(), resume) {
        (true, true) => Ok(LogWriter::resume(path, each)?),
        (true, false) => Err(Failure::CannotRun(format!(
            "{} is there: its replies were paid for; --resume goes on with it, --log names \
             another",
            path.display()
        ))),
        (false, _) => {
            LogWriter::create(path).map_err(|error| Failure::CannotRun(error.to_string()))
        }
    }
}

fn watch_for_interrupts() -> Result<()> {
    ctrlc::set_handler(|| {
        // Whoever asks twice does not want to wait.
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    })
    .map_err(|error| Failure::CannotRun(format!("interrupts cannot be watched for: {error}")))
}

/// What was done, on standard error.
fn remarks(report: &RunReport, log: &Path, global: &Global) {
    let mut text = format!("{} replies in {}", report.replies, log.display());
    if report.resumed > 0 {
        text.push_str(&format!(", {} of them from before", report.resumed));
    }
    let attempts: Vec<String> =
        report.attempts.iter().map(|(class, count)| format!("{class} {count}")).collect();
    if !attempts.is_empty() {
        text.push_str(&format!("; attempts that failed: {}", attempts.join(", ")));
    }
    let own = report.own_time / u32::try_from(report.replies.max(1)).unwrap_or(u32::MAX);
    text.push_str(&format!("; {:.2} ms a call of our own", milliseconds(own)));
    output::remark(global, &text);
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Fails where rows have no reply.
fn ended_well(report: &RunReport, log: &Path) -> Result<()> {
    let how = match &report.stopped {
        None if report.failures == 0 => return Ok(()),
        None => format!("{} rows got no reply", report.failures),
        Some(Stopped::Interrupted) => "interrupted".to_owned(),
        Some(Stopped::Budget) => format!(
            "the next call could cost more than is left: {:.6} are spent; a higher --max-cost goes \
             on",
            report.spent
        ),
        Some(Stopped::Endpoint(message)) => message.clone(),
    };
    let mut message = format!(
        "{how}\n{} replies are in {}; the same command with --resume asks for the others",
        report.replies + report.resumed,
        log.display()
    );
    for line in report.failed.iter().take(super::super::submission::LISTED) {
        message.push_str(&format!("\n  {line}"));
    }
    Err(Failure::CannotRun(message))
}
