//! `massive corpus check`

use std::fmt::Write as _;

use massive_data::validate::{CorpusCheck, ReleaseState};
use massive_data::{Corpus, LocaleFilter};
use massive_report::grouped;

use crate::args::{CorpusCheckArgs, FindingsFormat, Global};
use crate::commands::annotations::of_report;
use crate::commands::findings::list;
use crate::commands::score::json;
use crate::destination::Destination;
use crate::failure::{Failure, Result};

pub(crate) fn run(args: &CorpusCheckArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let (corpus, progress) = super::open(&args.rows, LocaleFilter::NONE, global)?;
    let report = CorpusCheck::run(&corpus)?;
    drop(progress);
    let text = match destination.form {
        FindingsFormat::Table => render(&report) + &differences(&corpus),
        FindingsFormat::Json => json(&report)?,
        FindingsFormat::Github => annotations(&report),
    };
    destination.write(text)?;
    if !report.ok {
        return Err(Failure::CheckFailed("this corpus is broken".to_owned()));
    }
    if args.strict && report.has_warnings() {
        return Err(Failure::CheckFailed("this corpus has warnings (--strict)".to_owned()));
    }
    Ok(())
}

fn annotations(report: &CorpusCheck) -> String {
    of_report(
        report.errors.iter().map(|(kind, found)| (kind.title(), found)),
        report.warnings.iter().map(|(kind, found)| (kind.title(), found)),
    )
}

/// How a corpus of another form differs from the release.
fn differences(corpus: &Corpus) -> String {
    let mut text = String::new();
    let Some(recognised) = corpus.recognised() else { return text };
    let _ = writeln!(text, "form: {}, not the release's", recognised.forms.join(", "));
    for note in recognised.differences.iter().chain(&recognised.notes) {
        let count = grouped(note.count);
        let _ = writeln!(text, "difference: {}: {count} (first: {})", note.what, note.first);
    }
    text
}

fn render(report: &CorpusCheck) -> String {
    let mut text = String::new();
    let verdict = match (report.ok, report.has_warnings()) {
        (false, _) => "broken",
        (true, true) => "sound, with warnings",
        (true, false) => "sound",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{verdict}: {} rows in {} locales",
        grouped(report.rows),
        report.locales.len()
    );
    let partitions: Vec<String> =
        report.partitions.iter().map(|(name, rows)| format!("{name} {}", grouped(*rows))).collect();
    if !partitions.is_empty() {
        let _ = writeln!(text, "partitions: {}", partitions.join(", "));
    }
    if let (Some(first), Some(last)) = (report.ids.first, report.ids.last) {
        let _ = writeln!(
            text,
            "ids: {} different ones from {first} to {last}, {} numbers between are not used",
            grouped(report.ids.distinct),
            grouped(report.ids.gaps)
        );
    }
    if !report.judges.is_empty() {
        let judges: Vec<String> = report
            .judges
            .iter()
            .map(|(judges, rows)| format!("{judges} in {} rows", grouped(*rows)))
            .collect();
        let _ = writeln!(text, "judgments: {}", judges.join(", "));
        let empty = grouped(report.rows_without_methods);
        let _ = writeln!(text, "slot methods: none in {empty} rows");
    }
    if report.files.is_empty() {
        let _ = writeln!(text, "files: not examined as files");
    } else {
        let same = report.files.iter().filter(|file| file.release == ReleaseState::Same).count();
        let _ = writeln!(text, "files: {same} of {} are release 1.1's", report.files.len());
    }
    for (kind, findings) in &report.errors {
        list(&mut text, "error", kind.title(), findings);
    }
    for (kind, findings) in &report.warnings {
        list(&mut text, "warning", kind.title(), findings);
    }
    text
}
