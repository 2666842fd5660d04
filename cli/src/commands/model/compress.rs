//! `massive model compress`

use std::fmt::Write as _;

use massive_compress::compensate::{Compensation, Init};
use massive_compress::prune::{Method, Prune};
use massive_compress::quantize::{Quantized, Weights};
use massive_compress::record::Trimmed;
use massive_compress::{Calibration, Recipe, Record, Request, compress};
use massive_data::{Corpus, LocaleFilter, LocalePatterns, Selection, grouped};
use massive_models::engine::choose;

use super::super::score::json;
use crate::args::{CheckFormat, Global, ModelCompressArgs, SourceArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFolder};

pub(crate) fn run(args: &ModelCompressArgs, global: &Global) -> Result<()> {
    let pending = PendingFolder::create(&args.output, false, |_| false)?;
    let corpus = args.corpus.as_ref().map(|path| open(path.clone(), args)).transpose()?;
    let (choice, recipe) = (args.choice(), args.recipe());
    let rows = args.calibration(&recipe);
    if rows.is_some() && corpus.is_none() {
        return Err(Failure::CannotRun(
            "activations are seen on text: give it with --corpus".to_owned(),
        ));
    }
    let text = corpus.as_ref().map(|corpus| calibration_text(corpus, args)).transpose()?;
    if recipe.weights == Some(Weights::Int8 { reduce_range: false }) && lacks_vnni() {
        output::remark(
            global,
            "this processor lacks VNNI: its sums of 8-bit products can overflow; --reduce-range \
             keeps weights to 7 bits, where they cannot",
        );
    }
    let calibration = match (rows, &text) {
        (Some(rows), Some(corpus)) => {
            let engine = choose(args.engine, args.library.library.as_deref())?.engine;
            let name = engine.name();
            output::remark(global, &format!("seeing activations on {rows} rows with {name}"));
            Some((corpus, rows, engine))
        }
        _ => None,
    };
    let record = compress(&Request {
        folder: &args.folder,
        choice: &choice,
        recipe,
        corpus: corpus.as_ref(),
        calibration: calibration.as_ref().map(|(corpus, rows, engine)| Calibration {
            corpus,
            rows: *rows,
            engine: &**engine,
        }),
        output: pending.path(),
    })?;
    pending.finish()?;
    output::print(&match args.format {
        CheckFormat::Table => rendered(&record, args),
        CheckFormat::Json => json(&record)?,
    })
}

/// Whether this is an x86 processor that adds products of 8 bits in 16.
#[cfg(target_arch = "x86_64")]
fn lacks_vnni() -> bool {
    !is_x86_feature_detected!("avx512vnni") && !is_x86_feature_detected!("avxvnni")
}

#[cfg(not(target_arch = "x86_64"))]
fn lacks_vnni() -> bool {
    false
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

/// The same corpus with the locales on whose text activations are seen.
fn calibration_text(corpus: &Corpus, args: &ModelCompressArgs) -> Result<Corpus> {
    let Some(list) = &args.calibrate_locales else { return Ok(corpus.clone()) };
    let locales = LocalePatterns::parse(list)?.into();
    Ok(corpus.clone().select(Selection { locales, partition: None }))
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
    if let Some(read) = &record.calibration {
        let (rows, ids) = (grouped(read.rows), grouped(read.ids));
        let locales = read.locales.len();
        line("calibration", &format!("{rows} rows, {ids} ids, of {locales} locales"));
    }
    if let Some(done) = record.weights {
        what_became_of_weights(&record.recipe, done, &mut line);
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

fn what_became_of_weights(recipe: &Recipe, done: Quantized, line: &mut dyn FnMut(&str, &str)) {
    let (matrices, heads) = (done.matrices, done.heads);
    if let Some(how) = recipe.weights {
        let tables = if done.tables > 0 { " and the embeddings" } else { "" };
        let how = described(how);
        line(
            "weights",
            &format!("{matrices} matrices{tables} in {how}; {heads} of heads as they were"),
        );
    }
    if let (Some(how), Some(zeros)) = (recipe.prune, done.zeros) {
        let zeros = 100.0 * zeros;
        line("pruned", &format!("{zeros:.1} % of {matrices} matrices, {}", described_prune(how)));
    }
    if let Some(how) = recipe.compensate {
        line("compensated", &format!("beside {matrices} matrices, {}", described_term(how)));
    }
    if let Some(error) = done.error {
        let share = |error: f64| format!("{:.3} %", 100.0 * error);
        let with = error.compensated.map_or_else(String::new, |left| {
            format!(
                ", {} with the term: {:.1} times less",
                share(left),
                error.rounded / left.max(f64::MIN_POSITIVE)
            )
        });
        line("error", &format!("{} of the outputs' squares{with}", share(error.rounded)));
    }
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
        Weights::Fp16 => "fp16".to_owned(),
        Weights::Int4 { block } => format!("int4 (blocks of {block})"),
        Weights::Simulated { bits, block } => {
            format!("{bits} bits (blocks of {block}), simulated")
        }
    }
}

/// Weights that became zero, in words.
pub(super) fn described_prune(how: Prune) -> String {
    let method = match how.method {
        Method::Magnitude => "magnitude",
        Method::Wanda => "Wanda",
    };
    format!("{method} at {}", how.sparsity)
}

/// A low-rank term in words.
pub(super) fn described_term(how: Compensation) -> String {
    let init = match how.init {
        Init::Svd => "SVD",
        Init::Lqer => "LQER",
        Init::Qera => "QERA",
        Init::Quailora => "QuAILoRA",
    };
    format!("rank {} by {init}", how.rank)
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
