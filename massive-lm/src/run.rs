//! Asking about many utterances at once, without losing or buying twice a reply.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::budget::{Budget, Limits, Permission, Price, Retries, cost_of, random};
use crate::endpoint::{Endpoint, Failure, Prompt, Reply, Sampling};
use crate::error::{Error, Result};
use crate::form::{Constrain, Form};
use crate::log::{Call, FORMAT, FailedAttempt, LogWriter};
use crate::row::Row;

/// How a run asks.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// The form of replies.
    pub form: Form,
    /// What keeps replies to it, as it is logged.
    pub constrain: Constrain,
    /// The fields of a request that do so.
    pub constraint: Map<String, Value>,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Calls that go on at once, at most.
    pub concurrency: usize,
    /// What may be spent.
    pub limits: Limits,
    /// What tokens cost.
    pub price: Option<Price>,
    /// When to ask again.
    pub retries: Retries,
}

/// The SHA-256 of a row's locale and id and of what is asked about it.
pub type RequestDigest = [u8; 32];

/// What earlier runs left in the log.
#[derive(Debug, Default)]
pub struct Earlier {
    done: HashSet<RequestDigest>,
    spent: f64,
}

impl Earlier {
    /// Takes note of a logged call. Without a price nothing counts as spent.
    ///
    /// # Errors
    /// A digest that is none.
    pub fn add(&mut self, call: &Call, price: Option<Price>) -> Result<()> {
        self.done.insert(parse_digest(&call.digest)?);
        if let (Some(price), Some(usage)) = (price, call.reply.usage) {
            self.spent += cost_of(price, usage);
        }
        Ok(())
    }

    /// Calls that were made.
    pub fn len(&self) -> usize {
        self.done.len()
    }

    /// True if none was made.
    pub fn is_empty(&self) -> bool {
        self.done.is_empty()
    }
}

/// Why a run ended before its rows did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stopped {
    /// It was asked to.
    Interrupted,
    /// The next call could cost more than is left.
    Budget,
    /// The endpoint refuses, or does not answer any more.
    Endpoint(String),
}

/// What a run did.
#[derive(Debug, Default)]
pub struct RunReport {
    /// Replies that were logged.
    pub replies: u64,
    /// Rows whose reply was in the log before.
    pub resumed: u64,
    /// Rows that got no reply, with the last failure of each; the first 100.
    pub failed: Vec<String>,
    /// How many rows got none.
    pub failures: u64,
    /// Attempts that failed, by class.
    pub attempts: BTreeMap<&'static str, u64>,
    /// What was spent, earlier runs included.
    pub spent: f64,
    /// Why it ended early.
    pub stopped: Option<Stopped>,
    /// The requests that this run is about: what else is in the log is another's.
    pub wanted: HashSet<RequestDigest>,
    /// Time of this program's own work for all calls: neither waiting for the
    /// endpoint nor for leave to send.
    pub own_time: Duration,
}

/// Rows that may fail one after the other before a run gives up.
const FAILURES_IN_A_ROW: u64 = 5;
/// Failures that are listed.
const LISTED: usize = 100;

/// What the threads of a run share.
struct Shared<'a, I> {
    endpoint: &'a Endpoint,
    prompt: &'a (dyn Fn(&Row) -> Result<Prompt> + Sync),
    options: &'a RunOptions,
    log: &'a LogWriter,
    earlier: &'a Earlier,
    stop: &'a AtomicBool,
    on_reply: &'a (dyn Fn() + Sync),
    rows: Mutex<I>,
    budget: Budget,
    state: Mutex<State>,
    ending: AtomicBool,
}

#[derive(Default)]
struct State {
    report: RunReport,
    failed_in_a_row: u64,
    error: Option<Error>,
}

/// Asks about every row whose reply the log does not have yet.
///
/// Each thread writes a reply to the log, and waits until it is on disk, before
/// it asks for another: a kill costs at most the replies that were under way.
/// `stop` ends the run once the calls under way are done.
///
/// # Errors
/// Rows that cannot be read, prompts that cannot be made, a log that cannot be
/// written. Whatever the endpoint does is in the report.
#[allow(clippy::too_many_arguments, reason = "each is a part that tests replace")]
pub fn run(
    endpoint: &Endpoint,
    prompt: &(dyn Fn(&Row) -> Result<Prompt> + Sync),
    rows: impl Iterator<Item = Result<Row>> + Send,
    options: &RunOptions,
    log: &LogWriter,
    earlier: &Earlier,
    stop: &AtomicBool,
    on_reply: &(dyn Fn() + Sync),
) -> Result<RunReport> {
    if options.concurrency == 0 || options.concurrency > 256 {
        return Err(Error::request("calls at once must be 1 to 256"));
    }
    if options.limits.cost.is_some() && options.price.is_none() {
        return Err(Error::request("a limit of cost needs a price"));
    }
    let shared = Shared {
        endpoint,
        prompt,
        options,
        log,
        earlier,
        stop,
        on_reply,
        rows: Mutex::new(rows),
        budget: Budget::new(options.limits, options.price, earlier.spent),
        state: Mutex::new(State::default()),
        ending: AtomicBool::new(false),
    };
    std::thread::scope(|scope| {
        for number in 0..options.concurrency {
            let shared = &shared;
            scope.spawn(move || shared.work(options.sampling.seed ^ (number as u64) << 32));
        }
    });
    let mut state = shared.state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = state.error {
        return Err(error);
    }
    state.report.spent = shared.budget.spent();
    if state.report.stopped.is_none() {
        if stop.load(Ordering::Relaxed) {
            state.report.stopped = Some(Stopped::Interrupted);
        } else if shared.budget.is_spent() {
            state.report.stopped = Some(Stopped::Budget);
        }
    }
    Ok(state.report)
}

/// How asking about a row ended.
enum Asked {
    Reply(Box<Reply>, Vec<FailedAttempt>),
    Failed(Failure),
    /// The run ends.
    Not,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<I: Iterator<Item = Result<Row>> + Send> Shared<'_, I> {
    fn work(&self, mut seed: u64) {
        while !self.is_ending() {
            let row = match lock(&self.rows).next() {
                Some(Ok(row)) => row,
                Some(Err(error)) => return self.fail(error),
                None => return,
            };
            if let Err(error) = self.one(row, &mut seed) {
                return self.fail(error);
            }
        }
    }

    fn is_ending(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.ending.load(Ordering::Relaxed)
    }

    fn fail(&self, error: Error) {
        self.ending.store(true, Ordering::Relaxed);
        lock(&self.state).error.get_or_insert(error);
    }

    fn one(&self, row: Row, seed: &mut u64) -> Result<()> {
        let started = Instant::now();
        let prompt = (self.prompt)(&row)?;
        let options = self.options;
        let body = self.endpoint.body(&prompt, &options.sampling, &options.constraint);
        let digest = digest(&row, &body);
        let preparing = started.elapsed();
        lock(&self.state).report.wanted.insert(digest);
        if self.earlier.done.contains(&digest) {
            lock(&self.state).report.resumed += 1;
            (self.on_reply)();
            return Ok(());
        }
        let asked = self.ask(&body, prompt.text().len(), seed);
        let (reply, failures) = match asked {
            Asked::Reply(reply, failures) => (*reply, failures),
            Asked::Failed(failure) => {
                self.note_failure(&row, &failure);
                return Ok(());
            }
            Asked::Not => return Ok(()),
        };
        let started = Instant::now();
        self.log.write(&Call {
            format: FORMAT.to_owned(),
            digest: hex(&digest),
            locale: row.locale,
            id: row.id,
            words: row.words,
            form: options.form,
            constrain: options.constrain,
            api: self.endpoint.api(),
            concurrency: options.concurrency,
            request: body,
            reply,
            failures,
        })?;
        let mut state = lock(&self.state);
        state.report.replies += 1;
        state.report.own_time += preparing + started.elapsed();
        state.failed_in_a_row = 0;
        drop(state);
        (self.on_reply)();
        Ok(())
    }

    /// Asks until there is a reply, or no more sense in it.
    fn ask(&self, body: &Value, bytes: usize, seed: &mut u64) -> Asked {
        let retries = self.options.retries;
        let mut failures: Vec<FailedAttempt> = Vec::new();
        loop {
            let Permission::After(wait, reserved) =
                self.budget.ask(bytes, self.options.sampling.max_tokens)
            else {
                self.ending.store(true, Ordering::Relaxed);
                return Asked::Not;
            };
            if !self.sleep(wait) {
                self.budget.settle(reserved, bytes, None, false);
                return Asked::Not;
            }
            let failure = match self.endpoint.ask(body) {
                Ok(reply) => {
                    self.budget.settle(reserved, bytes, reply.usage, true);
                    return Asked::Reply(Box::new(reply), failures);
                }
                Err(failure) => failure,
            };
            // What broke off in the middle may have been paid.
            let paid = matches!(failure.class, "cut" | "timeout" | "unreadable");
            self.budget.settle(reserved, bytes, None, paid);
            *lock(&self.state).report.attempts.entry(failure.class).or_default() += 1;
            let attempt = failures.len() as u32 + 1;
            if !failure.again || attempt > retries.most {
                return Asked::Failed(failure);
            }
            let mut wait = retries.wait(attempt, random(seed));
            if let Some(after) = failure.retry_after {
                wait = wait.max(after);
                self.budget.pause(after);
            }
            failures.push(FailedAttempt {
                class: failure.class.to_owned(),
                status: failure.status,
                message: failure.message,
                waited_ms: wait.as_secs_f64() * 1e3,
            });
            if !self.sleep(wait) {
                return Asked::Not;
            }
        }
    }

    /// Waits; false if the run ends meanwhile.
    fn sleep(&self, wait: Duration) -> bool {
        /// How long an interrupt goes unnoticed.
        const SLICE: Duration = Duration::from_millis(50);
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return !self.is_ending() || wait.is_zero();
            }
            if self.is_ending() {
                return false;
            }
            std::thread::sleep(left.min(SLICE));
        }
    }

    fn note_failure(&self, row: &Row, failure: &Failure) {
        let mut state = lock(&self.state);
        state.report.failures += 1;
        state.failed_in_a_row += 1;
        if state.report.failed.len() < LISTED {
            let line = format!("{} {}: {}", row.locale, row.id, failure.message);
            state.report.failed.push(line);
        }
        let refuses_all = matches!(failure.status, Some(401..=404));
        let speaks_otherwise = failure.status.is_none() && !failure.again;
        if refuses_all || speaks_otherwise || state.failed_in_a_row >= FAILURES_IN_A_ROW {
            state.report.stopped.get_or_insert(Stopped::Endpoint(failure.message.clone()));
            self.ending.store(true, Ordering::Relaxed);
        }
    }
}

fn digest(row: &Row, body: &Value) -> RequestDigest {
    Sha256::new()
        .chain_update(&row.locale)
        .chain_update([0])
        .chain_update(&row.id)
        .chain_update([0])
        .chain_update(body.to_string())
        .finalize()
        .into()
}

fn hex(digest: &RequestDigest) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a digest of the log.
///
/// # Errors
/// What is not 64 hexadecimal digits.
pub fn parse_digest(text: &str) -> Result<RequestDigest> {
    let mut digest = [0; 32];
    let wrong = || Error::request(format!("`{text}` is not the digest of a request"));
    if text.len() != 64 || !text.is_ascii() {
        return Err(wrong());
    }
    for (index, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * index..2 * index + 2], 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}
