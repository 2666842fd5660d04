//! Asking the questions of an audit, through a log as any run does.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use massive_data::{LocaleFilter, Partition, Selection};
use massive_lm::audit::{Probe, Replies, replies};
use massive_lm::budget::{Limits, Retries};
use massive_lm::endpoint::Sampling;
use massive_lm::form::{Constrain, Form};
use massive_lm::log::LogWriter;
use massive_lm::row::Row;
use massive_lm::run::{Earlier, RunOptions};
use massive_lm::shots::rank;

use super::super::llm::{endpoint, read_rows};
use crate::args::{AuditAskArgs, CorpusArgs, Global, SourceArgs};
use crate::failure::{Failure, Result};
use crate::progress::Progress;

/// All rows of a partition.
pub(super) fn rows(
    corpus: &CorpusArgs,
    source: &SourceArgs,
    partition: Partition,
    global: &Global,
) -> Result<Vec<Row>> {
    let locales = corpus.chosen_locales(LocaleFilter::ALL)?.set;
    read_rows(source, Selection { locales, partition: Some(partition) }, global)
}

/// So many rows of each locale, drawn by id, in the corpus's order.
pub(super) fn drawn(rows: Vec<Row>, count: usize, seed: u64) -> Vec<Row> {
    let mut ranks: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in &rows {
        ranks.entry(row.locale.clone()).or_default().push(rank(seed, &row.id));
    }
    for ranks in ranks.values_mut() {
        ranks.sort_unstable();
        ranks.truncate(count);
    }
    let is_drawn = |row: &Row| {
        let last = ranks.get(&row.locale).and_then(|ranks| ranks.last());
        last.is_some_and(|last| rank(seed, &row.id) <= *last)
    };
    rows.into_iter().filter(|row| is_drawn(row)).collect()
}

/// How the questions are asked.
fn run_options(args: &AuditAskArgs, max_tokens: u32, stop: &[&str]) -> RunOptions {
    RunOptions {
        form: Form::default(),
        constrain: Constrain::None,
        constraint: serde_json::Map::new(),
        sampling: Sampling {
            max_tokens,
            stop: stop.iter().map(|text| (*text).to_owned()).collect(),
            seed: args.seed,
            ..Sampling::default()
        },
        concurrency: usize::from(args.concurrency),
        limits: Limits::default(),
        price: None,
        retries: Retries::default(),
    }
}

/// The log, a new one or that of an `earlier` run, which is to go on.
fn open_log(args: &AuditAskArgs, earlier: &mut Earlier) -> Result<LogWriter> {
    Ok(match (args.log.exists(), args.resume) {
        (true, true) => LogWriter::resume(&args.log, |call| earlier.add(&call, None))?,
        (true, false) => {
            return Err(Failure::CannotRun(format!(
                "{} is there: its replies were paid for; --resume goes on with it, --log names \
                 another",
                args.log.display()
            )));
        }
        (false, _) => LogWriter::create(&args.log)?,
    })
}

/// Asks all questions whose replies the log does not have.
pub(super) fn ask(
    args: &AuditAskArgs,
    probes: &[Probe],
    max_tokens: u32,
    stop: &[&str],
    global: &Global,
) -> Result<Replies> {
    if probes.is_empty() {
        return Err(Failure::CannotRun(
            "the corpus has no rows of these locales that can be asked about".to_owned(),
        ));
    }
    let endpoint = endpoint(&args.endpoint, usize::from(args.concurrency))?;
    let options = run_options(args, max_tokens, stop);
    let mut earlier = Earlier::default();
    let log = open_log(args, &mut earlier)?;
    let by_key: BTreeMap<(String, String), &Probe> =
        probes.iter().map(|probe| (probe.key(), probe)).collect();
    let progress = Progress::utterances(global, "questions", Some(probes.len() as u64), 0);
    let report = massive_lm::run::run(
        &endpoint,
        &|row| {
            let probe = by_key.get(&(row.locale.clone(), row.id.clone()));
            probe.map(|probe| probe.prompt.clone()).ok_or_else(|| {
                massive_lm::Error::request(format!("no question {} {}", row.locale, row.id))
            })
        },
        probes.iter().map(|probe| Ok(probe.row())),
        &options,
        &log,
        &earlier,
        &AtomicBool::new(false),
        &|| progress.advance(),
    )?;
    drop(progress);
    if report.failures > 0 || report.stopped.is_some() {
        return Err(Failure::CannotRun(format!(
            "{} questions got no reply; the same command with --resume asks them again\n{}",
            report.failures,
            report.failed.first().map(String::as_str).unwrap_or_default()
        )));
    }
    Ok(replies(&args.log, &report.wanted)?)
}
