//! `massive model compress`

use std::fmt::Write as _;

use massive_compress::quantize::Weights;
use massive_compress::record::Trimmed;
use massive_compress::{Record, Request, compress};
use massive_data::{Corpus, LocaleFilter, Selection, grouped};

use super::super::score::json;
use crate::args::{CheckFormat, Global, ModelCompressArgs, SourceArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFolder};

pub(crate) fn run(args: &ModelCompressArgs, _global: &Global) -> Result<()> {
    let pending = PendingFolder::create(&args.output, false, |_| false)?;
    let corpus = args.corpus.as_ref().map(|path| open(path.clone(), args)).transpose()?;
    let choice = args.choice();
    let record = compress(&Request {
        folder: &args.folder,
        choice: &choice,
        recipe: args.recipe(),
        corpus: corpus.as_ref(),
        output: pending.path(),
    })?;
    pending.finish()?;
    output::print(&match args.format {
        CheckFormat::Table => rendered(&record, args),
        CheckFormat::Json => json(&record)?,
    })
}

/// The corpus that is read for its text.
fn open(path: std::path::PathBuf, args: &ModelCompressArgs) -> Result<Corpus> {
    let locales = args.locales.chosen(LocaleFilter::ALL)?;
    let selection = Selection { locales: locales.set.clone(), partition: None };
    let corpus = SourceArgs::whole(path).open(selection)?;
    if corpus.rereadable() {
        return Ok(corpus);
    }
    Err(Failure::CannotRun(
        "the corpus is read several times, which standard input cannot be; give a file".to_owned(),
    ))
}

/// Width of the column of names.
const NAMES: usize = 12;

fn rendered(record: &Record, args: &ModelCompressArgs) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<NAMES$} {value}");
    };
    line("base", &format!("{}, sha256 {}", record.base.name, short(&record.base.sha256)));
    if let Some(trimmed) = &record.vocabulary {
        line(
            "vocabulary",
            &format!(
                "{} of {} pieces, for {} locales",
                grouped(trimmed.pieces),
                grouped(trimmed.pieces_before),
                trimmed.locales.len()
            ),
        );
        for (number, partition) in lost(trimmed).iter().enumerate() {
            line(if number == 0 { "  lost" } else { "" }, partition);
        }
    }
    if let (Some(how), Some(done)) = (record.recipe.weights, record.weights) {
        let tables = if done.tables > 0 { " and the embeddings" } else { "" };
        line(
            "weights",
            &format!(
                "{} matrices{tables} in {}; {} of heads as they were",
                done.matrices,
                described(how),
                done.heads
            ),
        );
    }
    let share = 100.0 * record.bytes as f64 / record.base.bytes.max(1) as f64;
    line(
        "size",
        &format!(
            "{:.1} MB, {share:.0} % of {:.1} MB",
            record.bytes as f64 / 1e6,
            record.base.bytes as f64 / 1e6
        ),
    );
    line("output", &args.output.display().to_string());
    text
}

/// The first digits of a digest.
pub(super) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// A form of weights in words.
pub(super) fn described(how: Weights) -> String {
    match how {
        Weights::Int8 { reduce_range: false } => "int8".to_owned(),
        Weights::Int8 { reduce_range: true } => "int8 (7 bits)".to_owned(),
        Weights::Int4 { block } => format!("int4 (blocks of {block})"),
        Weights::Simulated { bits, block } => {
            format!("{bits} bits (blocks of {block}), simulated")
        }
    }
}

/// Rows that lost a piece, a line a partition: all, and the locale with most.
fn lost(trimmed: &Trimmed) -> Vec<String> {
    let mut partitions: Vec<&str> = trimmed.lost.iter().map(|one| &*one.partition).collect();
    partitions.sort_unstable();
    partitions.dedup();
    partitions
        .into_iter()
        .map(|partition| {
            let of = || trimmed.lost.iter().filter(|one| one.partition == partition);
            let rows: u64 = of().map(|one| one.rows).sum();
            let lost: u64 = of().map(|one| one.lost).sum();
            let most = of().max_by(|a, b| share(a.lost, a.rows).total_cmp(&share(b.lost, b.rows)));
            let most = most.filter(|_| lost > 0).map_or_else(String::new, |most| {
                format!("; most in {}: {:.2} %", most.locale, share(most.lost, most.rows))
            });
            format!(
                "{partition}: {} of {} rows have a piece that is gone ({:.2} %){most}",
                grouped(lost),
                grouped(rows),
                share(lost, rows)
            )
        })
        .collect()
}

fn share(part: u64, whole: u64) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
