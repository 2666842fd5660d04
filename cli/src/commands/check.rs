//! `massive check`

use std::fmt::Write as _;

use massive_eval::check::CheckReport;
use massive_eval::request::CheckRequest;

use super::annotations::of_report;
use super::findings::list;
use super::score;
use super::submission::OnTerminal;
use crate::args::{CheckArgs, FindingsFormat, Global};
use crate::destination::Destination;
use crate::failure::{Failure, Result};

pub(crate) fn run(args: &CheckArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let rows = args.corpus.rows()?;
    let request = CheckRequest { predictions: args.predictions.clone(), rows };
    let report = request.run(&OnTerminal::new(global))?;
    let text = match destination.form {
        FindingsFormat::Table => render(&report),
        FindingsFormat::Json => score::json(&report)?,
        FindingsFormat::Github => annotations(&report),
    };
    destination.write(text)?;
    if !report.ok {
        return Err(Failure::CheckFailed("this submission is not valid".to_owned()));
    }
    if args.strict && report.has_warnings() {
        return Err(Failure::CheckFailed("this submission has warnings (--strict)".to_owned()));
    }
    Ok(())
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
