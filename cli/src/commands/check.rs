//! `massive check`

use std::fmt::Write as _;

use massive_data::LocaleFilter;
use massive_eval::check::CheckReport;

use super::annotations::of_report;
use super::findings::list;
use super::{score, submission};
use crate::args::{CheckArgs, ChosenLocales, FindingsFormat, Global};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile};

pub(crate) fn run(args: &CheckArgs, global: &Global) -> Result<()> {
    let output = args.output.as_deref();
    let suffixes = &FindingsFormat::SUFFIXES;
    let format = form::chosen(args.format, output, suffixes, FindingsFormat::Table)?;
    let file = output.map(PendingFile::create).transpose()?;
    let report = examine(args, global)?;
    let text = match format {
        FindingsFormat::Table => render(&report),
        FindingsFormat::Json => score::json(&report)?,
        FindingsFormat::Github => annotations(&report),
    };
    match file {
        Some(file) => file.finish_with(text.as_bytes())?,
        None => output::print(&text)?,
    }
    if !report.ok {
        return Err(Failure::CheckFailed("this submission is not valid".to_owned()));
    }
    if args.strict && report.has_warnings() {
        return Err(Failure::CheckFailed("this submission has warnings (--strict)".to_owned()));
    }
    Ok(())
}

pub(crate) fn examine(args: &CheckArgs, global: &Global) -> Result<CheckReport> {
    let (predictions, bad_lines) = submission::read(&args.predictions, &args.corpus, global)?;
    let asked = args.corpus.names_locales();
    let nothing = predictions.predictions().is_empty() && !asked;
    // Without predictions and locales there is nothing to hold against the
    // corpus, and that is the finding.
    let locales = if nothing {
        ChosenLocales::of(LocaleFilter::NONE)
    } else {
        args.corpus.chosen_locales(predictions.locales().clone())?
    };
    let partition = args.corpus.partition;
    let selection = args.corpus.selection(&locales);
    let (corpus, progress) = submission::open_corpus(&args.corpus.source, selection, global)?;
    let (report, read) = CheckReport::run(&corpus, &predictions, &bad_lines, partition)?;
    drop(progress);
    submission::list_skipped(&read, global);
    if !nothing {
        submission::demand(&locales, &read.locales, partition, 0, &read)?;
    }
    Ok(report)
}

fn annotations(report: &CheckReport) -> String {
    of_report(
        report.errors.iter().map(|(kind, found)| (kind.title(), found)),
        report.warnings.iter().map(|(kind, found)| (kind.title(), found)),
    )
}

fn render(report: &CheckReport) -> String {
    let mut text = String::new();
    let verdict = if report.ok { "valid" } else { "not valid" };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{verdict}: {}, {} checked against partition {}",
        plural(report.rows, "prediction"),
        plural(report.locales.len() as u64, "locale"),
        report.partition
    );
    if report.unselected > 0 {
        let _ =
            writeln!(text, "{} predictions of other locales were not checked", report.unselected);
    }
    for (kind, findings) in &report.errors {
        list(&mut text, "error", kind.title(), findings);
    }
    for (kind, findings) in &report.warnings {
        list(&mut text, "warning", kind.title(), findings);
    }
    text
}

fn plural(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
