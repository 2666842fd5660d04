//! Reading a submission and a corpus, with progress, and saying what is wrong
//! with them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use massive_data::{
    Corpus, Locale, LocaleFilter, LocaleSet, Partition, PredictionFiles, ReadReport, Recognised,
    Selection,
};
use massive_eval::Evaluation;
use massive_eval::check::other_partitions;
use massive_eval::evaluation::Problems;
use massive_eval::misreading::{Misread, Misreading, misreadings};
use massive_eval::submission::{BadLines, Submission};

use crate::args::{ChosenLocales, CorpusArgs, Global, SourceArgs};
use crate::failure::{Failure, Result, with_flags};
use crate::output;
use crate::progress::Progress;

/// How many rows a message lists.
pub(crate) const LISTED: usize = 10;

/// Reads all predictions.
pub(crate) fn read(
    paths: &[PathBuf],
    corpus: &CorpusArgs,
    global: &Global,
) -> Result<(Submission, BadLines)> {
    let stdin = |path: &PathBuf| path.as_os_str() == "-";
    if stdin(&corpus.source.corpus) && paths.iter().any(stdin) {
        return Err(Failure::CannotRun(
            "predictions and corpus cannot both come from standard input (-)".to_owned(),
        ));
    }
    let options = corpus.source.forms.options(Some(corpus.partition));
    let open = || -> massive_data::Result<Corpus> {
        let chosen = corpus.chosen_locales(LocaleFilter::ALL);
        let locales = chosen.map_or(LocaleFilter::ALL, |chosen| chosen.set);
        let selection = Selection { locales, partition: Some(corpus.partition) };
        Ok(Corpus::open_with(&corpus.source.corpus, &options)?.select(selection))
    };
    let files = PredictionFiles::open_with(paths, &options, Some(&open))?;
    if let Some(recognised) = files.recognised() {
        list_recognised("predictions", recognised, global);
    }
    let progress = Progress::bytes(global, "predictions", files.size());
    Ok(Submission::read(&files.on_progress(progress.callback()))?)
}

/// Reads all predictions of a submission that is to be scored: lines that are
/// none stop it, and so does having none. Both fail as they fail in `check`: the
/// submission is not valid.
pub(crate) fn read_whole(
    paths: &[PathBuf],
    corpus: &CorpusArgs,
    global: &Global,
) -> Result<Submission> {
    let (predictions, bad_lines) = read(paths, corpus, global)?;
    if let Some(first) = bad_lines.examples.first() {
        let more = match bad_lines.count {
            1 => String::new(),
            count => {
                format!("\n{} more lines cannot be read; `massive check` lists them", count - 1)
            }
        };
        let message = with_flags(&format!("{first}{more}"));
        return Err(Failure::check_failed_at(message, first.place()));
    }
    if predictions.predictions().is_empty() {
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::CheckFailed(format!("{}: no predictions in it", names.join(", "))));
    }
    Ok(predictions)
}

/// What readers call the predictions in a file or folder.
pub(crate) fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into())
}

/// Opens these rows of the corpus, with a progress bar that lives as long as
/// the second value.
pub(crate) fn open_corpus(
    source: &SourceArgs,
    selection: Selection,
    global: &Global,
) -> Result<(Corpus, Progress)> {
    let corpus = source.open(selection)?;
    if let Some(recognised) = corpus.recognised() {
        list_recognised("corpus", recognised, global);
    }
    let progress = Progress::bytes(global, "corpus", corpus.size());
    Ok((corpus.on_progress(progress.callback()), progress))
}

/// Says as what files were read that are not of the usual form, and what was met
/// in them.
fn list_recognised(what: &str, recognised: &Recognised, global: &Global) {
    let mut text = format!("{what} read as {}", recognised.forms.join(", "));
    for note in &recognised.notes {
        let _ = write!(text, "\n  {}: {} (first: {})", note.what, note.count, note.first);
    }
    if !recognised.differences.is_empty() {
        let count = recognised.differences.len();
        let _ = write!(
            text,
            "\n  {count} differences from the release; `massive corpus check` lists them"
        );
    }
    output::remark(global, &text);
}

/// Lists the lines of the corpus that were skipped as asked.
pub(crate) fn list_skipped(report: &ReadReport, global: &Global) {
    if report.skipped == 0 {
        return;
    }
    let mut text = format!("warning: {} lines of the corpus skipped:", report.skipped);
    for error in report.examples.iter().take(LISTED) {
        let _ = write!(text, "\n  {}", with_flags(&error.to_string()));
    }
    and_more(&mut text, report.skipped as usize);
    output::remark(global, &text);
}

/// Fails if the corpus lacks a locale that was named, or has nothing at all.
pub(crate) fn demand(
    locales: &ChosenLocales,
    found: &LocaleSet,
    partition: Partition,
    unknown: usize,
    report: &ReadReport,
) -> Result<()> {
    if report.locales.is_empty() {
        return Err(Failure::CannotRun("the corpus has no rows at all".to_owned()));
    }
    let lacking = locales.demanded.difference(found);
    if !lacking.is_empty() {
        let message = lacking_locales(&lacking, &report.locales, Some(partition));
        return Err(Failure::CannotRun(message));
    }
    if let Some(message) = locales.misspelled(&report.locales) {
        return Err(Failure::CannotRun(message));
    }
    if found.is_empty() && unknown == 0 {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {partition}"
        )));
    }
    Ok(())
}

/// Says that a corpus has no rows of some locales, and which of its own may have
/// been meant.
pub(crate) fn lacking_locales(
    lacking: &LocaleSet,
    corpus: &LocaleSet,
    partition: Option<Partition>,
) -> String {
    let place = partition.map(|partition| format!(" in partition {partition}")).unwrap_or_default();
    // Whoever names a locale of the release means it.
    let meant: LocaleSet = lacking
        .iter()
        .filter(|locale| !locale.in_release())
        .filter_map(|locale| Locale::suggest(locale.tag(), corpus.iter()))
        .collect();
    let hint = if meant.is_empty() { String::new() } else { format!("; did you mean {meant}?") };
    format!("the corpus has no rows of {lacking}{place}{hint}")
}

/// The sentences that say why a submission cannot be scored, if it cannot.
pub(crate) fn obstacles(
    evaluation: &Evaluation,
    missing_stop: bool,
    corpus: &Corpus,
    submission: &Submission,
    partition: Partition,
) -> Result<Option<String>> {
    let problems = &evaluation.problems;
    let mut parts = Vec::new();
    if missing_stop && !problems.missing.is_empty() {
        let mut part = format!("{} without a prediction:", rows(problems.missing.len()));
        for (locale, id) in problems.missing.iter().take(LISTED) {
            let _ = write!(part, "\n  {locale} {id}");
        }
        and_more(&mut part, problems.missing.len());
        part.push_str("\n  (--missing wrong counts them as wrong, --missing intersect leaves them out, --locales chooses locales)");
        parts.push(part);
    }
    if !problems.duplicate.is_empty() {
        let mut part = format!("{} predicted more than once:", rows(problems.duplicate.len()));
        for &index in problems.duplicate.iter().take(LISTED) {
            let (locale, id) = &submission.predictions()[index].key;
            let _ = write!(part, "\n  {locale} {id} again in {}", submission.place(index));
        }
        and_more(&mut part, problems.duplicate.len());
        parts.push(part);
    }
    if !problems.unknown.is_empty() {
        let mut part = unknown_rows(&problems.unknown, corpus, submission, partition)?;
        let unknown = problems.unknown.iter();
        let of = unknown.map(|&index| submission.predictions()[index].key.0).collect::<LocaleSet>();
        let lacking = of.difference(&evaluation.report.locales);
        if !lacking.is_empty() {
            let lacking = lacking_locales(&lacking, &evaluation.report.locales, None);
            let _ = write!(part, "\n  ({lacking})");
        }
        let missing = problems.missing.iter().map(|(_, id)| id.to_string());
        if let Some(pattern) = prefix_pattern(&of_unknown(problems, submission), missing) {
            let _ = write!(part, "\n  (did you mean --id-pattern '{pattern}'?)");
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return Ok(None);
    }
    Ok(Some(format!("this submission cannot be scored: {}", parts.join("\nand "))))
}

fn of_unknown(problems: &Problems, submission: &Submission) -> Vec<String> {
    let ids = problems.unknown.iter().take(1000);
    ids.map(|&index| submission.predictions()[index].key.1.to_string()).collect()
}

/// A pattern for ids without the prefix that those of predictions have before
/// those of the corpus, or the other way round.
fn prefix_pattern(unknown: &[String], missing: impl Iterator<Item = String>) -> Option<String> {
    let missing: HashSet<String> = missing.collect();
    let unknown: HashSet<&str> = unknown.iter().map(String::as_str).collect();
    let with_prefix = |longer: &str, is_there: &dyn Fn(&str) -> bool| {
        let marks = longer.char_indices().filter(|(_, c)| !c.is_alphanumeric());
        let mut prefixes = marks.map(|(at, mark)| &longer[..at + mark.len_utf8()]);
        prefixes.find(|prefix| is_there(&longer[prefix.len()..])).map(str::to_owned)
    };
    let of_predictions =
        || unknown.iter().find_map(|id| with_prefix(id, &|rest| missing.contains(rest)));
    let of_corpus =
        || missing.iter().find_map(|id| with_prefix(id, &|rest| unknown.contains(rest)));
    let prefix = of_predictions().or_else(of_corpus)?;
    Some(format!("^{}(.*)$", regex::escape(&prefix)))
}

fn unknown_rows(
    unknown: &[usize],
    corpus: &Corpus,
    submission: &Submission,
    partition: Partition,
) -> Result<String> {
    let elsewhere = other_partitions(corpus, submission, unknown)?;
    let mut part = format!("{} that partition {partition} does not have:", rows(unknown.len()));
    for &index in unknown.iter().take(LISTED) {
        let key = &submission.predictions()[index].key;
        let _ = write!(part, "\n  {} {} in {}", key.0, key.1, submission.place(index));
        if let Some(other) = elsewhere.get(key) {
            let _ = write!(part, " (it is in partition {other})");
        }
    }
    and_more(&mut part, unknown.len());
    let mut others: Vec<Partition> = elsewhere.into_values().collect();
    others.sort_unstable();
    others.dedup();
    if let [other] = others[..] {
        let _ = write!(part, "\n  (did you mean --partition {other}?)");
    } else if !corpus.rereadable() {
        part.push_str(
            "\n  (a corpus on standard input cannot be searched for them; give a file to learn \
             which partition has them)",
        );
    }
    Ok(part)
}

/// What was not understood in more than half of the predictions, with the option
/// that reads it.
pub(crate) fn misread(evaluation: &Evaluation, submission: &Submission) -> Vec<String> {
    let with_option = |found: Misreading| {
        let option = match found.kind {
            _ if found.is_read_tolerantly() => "; --reading tolerant reads them",
            Misread::IntentNumbers => "; --labels-map FILE says what they mean",
            _ => "",
        };
        format!("{found}{option}")
    };
    misreadings(evaluation, submission).into_iter().map(with_option).collect()
}

/// Says what was not understood, of a system by this name where there are
/// several.
pub(crate) fn warn_of_misread(name: Option<&str>, misread: &[String], global: &Global) {
    for found in misread {
        let of = name.map(|name| format!("{name}: ")).unwrap_or_default();
        output::remark(global, &format!("warning: {of}{found}"));
    }
}

pub(crate) fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

pub(crate) fn and_more(text: &mut String, count: usize) {
    if count > LISTED {
        let _ = write!(text, "\n  and {} more", count - LISTED);
    }
}
