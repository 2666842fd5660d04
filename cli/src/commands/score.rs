//! `massive score`

mod counts;
mod slurp;

use std::path::PathBuf;

use massive_data::Locale;
use massive_eval::document::{ProblemCounts, ScoreDocument, ScoreOptions};
use massive_eval::misreading::Misreading;
use massive_eval::request::{ScoreRequest, Scored};
use massive_eval::{Evaluation, Metric, frame};
use massive_report::html::score as page;
use massive_report::plot::{self, PlotOptions};
use massive_report::{SortBy, csv, evalai, latex, markdown, short, table, usage, xlsx};

use super::submission::OnTerminal;
use super::{llm, submission};
use crate::args::{Global, ScoreArgs, ScoreFormat, Threshold};
use crate::destination::Destination;
use crate::failure::{Failure, Result};
use crate::output::PendingFile;
use crate::plot_file::{PlotFile, pending};

/// What is to be written, by what the names of files ask for.
struct Outputs {
    result: Destination<ScoreFormat>,
    per_utterance: Option<(PendingFile, TableFile)>,
    plot: Option<PlotFile>,
    cost_plot: Option<PlotFile>,
}

#[derive(Clone, Copy)]
enum TableFile {
    Parquet,
    Csv,
}

impl Outputs {
    /// Prepares all files, so that an unwritable one is known before the work.
    fn prepare(args: &ScoreArgs) -> Result<Outputs> {
        let per_utterance = pending(
            args.per_utterance.as_deref(),
            &[("parquet", TableFile::Parquet), ("csv", TableFile::Csv)],
        )?;
        let plot = PlotFile::create(args.plot.as_deref())?;
        let cost_plot = PlotFile::create(args.cost_plot.as_deref())?;
        let result = Destination::prepare(&args.output)?;
        Ok(Outputs { result, per_utterance, plot, cost_plot })
    }
}

pub(crate) fn run(args: &ScoreArgs, global: &Global) -> Result<()> {
    if slurp::is_meant(args) {
        return slurp::run(args, global);
    }
    if args.counts_only {
        return counts::write(args, global);
    }
    let outputs = Outputs::prepare(args)?;
    let format = outputs.result.form;
    let scored = scored(args, options(args), global)?;
    let mut document = scored.document();
    document.usage = llm::usage_of(&args.usage, 1)?.pop().flatten();
    llm::warn_of_other_rows(&document, global);
    check_names(&args.fail_under, &document)?;
    let mut missed = missed(&args.fail_under, &document);
    if args.strict {
        missed.extend(unread(&document.problems));
    }

    let in_table = format == ScoreFormat::Table && !args.score_only && !args.short;
    if !in_table {
        submission::warn_of_misread(&scored.misreadings, global);
    }
    let sort = args.sort.map_or(SortBy::Locale, SortBy::Metric);
    let scored_of = if args.counts.is_empty() { &args.predictions } else { &args.counts };
    let name = title(scored_of);
    let text = |width, colour| match (format, &args.split) {
        _ if args.score_only => Ok(short::values(&document).into_bytes()),
        _ if args.short => Ok(short::lines(&document).into_bytes()),
        (ScoreFormat::Evalai, Some(split)) => {
            json(&evalai::result(&document, split)?).map(String::into_bytes)
        }
        (ScoreFormat::Html, _) => Ok(page::render(&document, &name, sort).into_bytes()),
        (ScoreFormat::Xlsx, _) => Ok(xlsx::book(&csv::sheets(&document, sort)?)?),
        _ => render(&document, &scored.misreadings, format, sort, width, colour)
            .map(String::into_bytes),
    };
    write_beside(
        outputs.per_utterance,
        (outputs.plot, outputs.cost_plot),
        &scored.evaluation,
        (&document, &name),
        args,
    )?;
    let result = text(outputs.result.width(80), outputs.result.coloured(global))?;
    outputs.result.write(result)?;
    if missed.is_empty() { Ok(()) } else { Err(Failure::CheckFailed(missed.join("\n"))) }
}

/// What is to be scored.
fn request(args: &ScoreArgs, options: ScoreOptions) -> Result<ScoreRequest> {
    Ok(ScoreRequest {
        predictions: args.predictions.clone(),
        rows: args.corpus.rows()?,
        labels: args.scoring.labels,
        missing: args.missing.into(),
        part: args.counts_only,
        options,
    })
}

/// Reads what was counted before, or counts what was right.
fn scored(args: &ScoreArgs, options: ScoreOptions, global: &Global) -> Result<Scored> {
    if args.counts.is_empty() {
        return Ok(request(args, options)?.run(&OnTerminal::new(global))?);
    }
    Ok(Scored { evaluation: counts::read(args, &options)?, misreadings: Vec::new(), options })
}

/// Writes what belongs beside the document: rows and plots.
fn write_beside(
    per_utterance: Option<(PendingFile, TableFile)>,
    (plot, cost_plot): (Option<PlotFile>, Option<PlotFile>),
    evaluation: &Evaluation,
    (document, name): (&ScoreDocument, &str),
    args: &ScoreArgs,
) -> Result<()> {
    if let Some((file, kind)) = per_utterance {
        let mut frame = frame::utterances(evaluation)?;
        file.finish(|out| {
            match kind {
                TableFile::Parquet => frame::write_parquet(&mut frame, out)?,
                TableFile::Csv => frame::write_csv(&mut frame, out)?,
            }
            Ok(())
        })?;
    }
    if let Some(file) = plot {
        let usual = PlotOptions::default();
        let sort = args.sort.unwrap_or(usual.sort);
        file.finish(plot::svg(document, &PlotOptions { title: name.to_owned(), sort })?)?;
    }
    if let Some(file) = cost_plot {
        file.finish(plot::cost_svg(document, name)?)?;
    }
    Ok(())
}

/// What the document is to hold: the metrics asked for, and those that
/// thresholds and the order of locales need.
fn options(args: &ScoreArgs) -> ScoreOptions {
    let mut metrics = args.metrics.chosen();
    metrics.extend(args.fail_under.iter().map(|threshold| threshold.metric));
    metrics.extend(args.sort);
    metrics.extend(args.slu_f1.then_some(Metric::SluF1));
    ScoreOptions { interval: args.scoring.interval(), groupings: args.group_by.clone(), metrics }
}

/// What of the predictions was not understood, where anything was not.
fn unread(problems: &ProblemCounts) -> Vec<String> {
    [
        (
            problems.unknown_intents,
            "predicted intents have names that neither release nor corpus has",
        ),
        (problems.unknown_slots, "predicted slots have names that neither release nor corpus has"),
        (problems.unread_brackets, "predictions have brackets or pairs that opened no slot"),
        (problems.unplaced, "predicted slots have no place in their utterance"),
    ]
    .into_iter()
    .filter(|(count, _)| *count > 0)
    .map(|(count, what)| format!("{count} {what} (--strict)"))
    .collect()
}

/// The score document in one of its forms; the table ends with what was not
/// understood.
pub(crate) fn render(
    document: &ScoreDocument,
    misreadings: &[Misreading],
    format: ScoreFormat,
    sort: SortBy,
    width: u16,
    colour: bool,
) -> Result<String> {
    Ok(match format {
        // What has a title or is no text is not made here.
        ScoreFormat::Table | ScoreFormat::Xlsx | ScoreFormat::Html => {
            let mut text = table::render(document, table::TableOptions { width, colour, sort });
            if let Some(block) = &document.usage {
                text.push('\n');
                text.push_str(&usage::render(block, Some(document), width));
            }
            let misread = submission::misread(misreadings);
            text.extend(misread.iter().map(|found| format!("! {found}\n")));
            text
        }
        // EvalAI's form needs a split, which only a score for it has.
        ScoreFormat::Json | ScoreFormat::Evalai => json(document)?,
        ScoreFormat::Csv => csv::render(document, sort)?,
        ScoreFormat::Markdown => markdown::render(document, sort),
        ScoreFormat::Latex => latex::render(document, sort),
    })
}

/// Any document as JSON for people and machines.
pub(crate) fn json(document: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string_pretty(document).map(|text| text + "\n").map_err(|error| {
        Failure::CannotRun(format!("the result cannot be written as JSON: {error}"))
    })
}

/// What a plot is headed with: the names of the predictions.
fn title(predictions: &[PathBuf]) -> String {
    use submission::name;
    match predictions {
        [one] => name(one),
        [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
        [] => String::new(),
    }
}

fn value_of(threshold: &Threshold, document: &ScoreDocument) -> Option<f64> {
    let metric = threshold.metric;
    match threshold.of.as_str() {
        "all" => document.all.metric(metric),
        "macro" => document.macro_.metric(metric),
        locale => document.locales.get(locale)?.metric(metric),
    }
    .map(|value| value.value)
}

/// Thresholds on what was not scored are a mistake of the caller.
fn check_names(thresholds: &[Threshold], document: &ScoreDocument) -> Result<()> {
    for threshold in thresholds {
        let of = threshold.of.as_str();
        if !matches!(of, "all" | "macro") && !document.locales.contains_key(of) {
            let scored = document.locales.keys().filter_map(|tag| Locale::from_tag(tag));
            let hint = Locale::suggest(of, scored)
                .map(|known| format!("; did you mean {known}?"))
                .unwrap_or_default();
            return Err(Failure::CannotRun(format!(
                "--fail-under names {of}, which was not scored{hint}"
            )));
        }
    }
    Ok(())
}

/// The thresholds that were not reached, in words.
fn missed(thresholds: &[Threshold], document: &ScoreDocument) -> Vec<String> {
    thresholds
        .iter()
        .filter_map(|threshold| {
            let bound = 100.0 * threshold.value;
            let (of, metric) = (&threshold.of, threshold.metric);
            match value_of(threshold, document) {
                Some(value) if value >= threshold.value => None,
                Some(value) => {
                    Some(format!("{of} {metric} is {:.4} %, under {bound} %", 100.0 * value))
                }
                None => Some(format!("{of} {metric} has no value, so it does not reach {bound} %")),
            }
        })
        .collect()
}
