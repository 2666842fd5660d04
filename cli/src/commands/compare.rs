//! `massive compare`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use massive_data::{Corpus, Locale, LocaleFilter, LocaleSet, Partition};
use massive_eval::comparison::{
    Comparison, Differences, System, UnevenRow, uneven_rows, unpredicted_rows,
};
use massive_eval::submission::Key;
use massive_eval::{
    CompareDocument, CompareOptions, Evaluation, Metric, MissingRows, Randomisation, Submission,
};
use massive_report::comparison::{csv, latex, markdown, table};
use massive_report::plot::{PlotOptions, differences_svg};
use massive_report::{SortBy, html, table::TableOptions, xlsx};

use super::{llm, score, submission};
use crate::args::{ChosenLocales, CompareArgs, CompareFormat, CorpusArgs, Global};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile};
use crate::plot_file::PlotFile;

/// The suffixes of the forms of a comparison.
const FORMS: [(&str, CompareFormat); 9] = [
    ("txt", CompareFormat::Table),
    ("json", CompareFormat::Json),
    ("csv", CompareFormat::Csv),
    ("md", CompareFormat::Markdown),
    ("markdown", CompareFormat::Markdown),
    ("tex", CompareFormat::Latex),
    ("xlsx", CompareFormat::Xlsx),
    ("html", CompareFormat::Html),
    ("htm", CompareFormat::Html),
];

pub(crate) fn run(args: &CompareArgs, global: &Global) -> Result<()> {
    let format = form::chosen(args.format, args.output.as_deref(), &FORMS, CompareFormat::Table)?;
    if format == CompareFormat::Xlsx && args.output.is_none() {
        return Err(form::no_file());
    }
    let file = args.output.as_deref().map(PendingFile::create).transpose()?;
    let plot = PlotFile::create(args.plot.as_deref())?;
    let document = compare(args, global)?;
    warn_of_trials(&document, &options(args), global);
    if let Some(plot) = plot {
        plot.finish(differences(&document, args.sort)?)?;
    }
    match file {
        Some(file) => file.finish_with(&render(&document, args, format, (80, false))?)?,
        None => {
            let terminal = (output::width(), output::coloured(global));
            output::print_bytes(&render(&document, args, format, terminal)?)?;
        }
    }
    let worse = if args.fail_if_worse { worse(&document) } else { Vec::new() };
    if worse.is_empty() { Ok(()) } else { Err(Failure::CheckFailed(worse.join("\n"))) }
}

/// Says so if no locale could be won or lost.
pub(super) fn warn_of_trials(
    document: &CompareDocument,
    options: &CompareOptions,
    global: &Global,
) {
    let locales = document.comparisons.iter().map(|comparison| comparison.locales.len());
    if options.too_few_trials(locales.max().unwrap_or(0)) {
        output::remark(
            global,
            "warning: with so few --trials no corrected p-value of a locale can be below \
             alpha, so that all are undecided",
        );
    }
}

fn options(args: &CompareArgs) -> CompareOptions {
    CompareOptions {
        interval: args.scoring.interval(),
        randomisation: Randomisation { trials: args.trials, seed: args.scoring.seed },
        alpha: args.alpha,
        metrics: args.metrics.chosen(),
    }
}

/// Reads all systems and, once, the corpus, and compares.
fn compare(args: &CompareArgs, global: &Global) -> Result<CompareDocument> {
    let paths: Vec<&Path> =
        std::iter::once(&args.baseline).chain(&args.new).map(PathBuf::as_path).collect();
    let submissions = read_systems(&paths, &args.corpus, global)?;
    let predicted = submissions.iter().map(Submission::locales);
    let locales = args
        .corpus
        .chosen_locales(predicted.flat_map(LocaleSet::iter).collect::<LocaleFilter>())?;
    let selection = args.corpus.selection(&locales);
    let (corpus, progress) = submission::open_corpus(&args.corpus.source, selection, global)?;
    let others: Vec<&Submission> = submissions[1..].iter().collect();
    let (baseline, new) = Evaluation::run_several(
        &corpus,
        &submissions[0],
        &others,
        args.corpus.partition,
        args.scoring.labels,
        if args.common { MissingRows::LeftOut } else { MissingRows::Error },
    )?;
    drop(progress);
    submission::list_skipped(&baseline.report, global);

    let names = names(&paths);
    let systems: Vec<System<'_>> = names
        .iter()
        .zip(std::iter::once(&baseline).chain(&new))
        .map(|(name, evaluation)| System { name, evaluation })
        .collect();
    demand(args.corpus.partition, &locales, &baseline)?;
    refuse_unfit(&systems, true, &submissions, &corpus, args.corpus.partition)?;
    warn_of_misread(&systems, &submissions, global);
    let mut document = CompareDocument::new(systems[0], &systems[1..], &options(args))?;
    if args.published {
        document.add_published(&systems)?;
    }
    let mut usage = llm::usage_of(&args.usage, paths.len())?.into_iter();
    document.baseline.usage = usage.next().flatten();
    for (comparison, usage) in document.comparisons.iter_mut().zip(usage) {
        comparison.system.usage = usage;
    }
    Ok(document)
}

/// Reads the predictions of several systems.
pub(super) fn read_systems(
    paths: &[&Path],
    corpus: &CorpusArgs,
    global: &Global,
) -> Result<Vec<Submission>> {
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Failure::CannotRun(
            "only one system can come from standard input (-)".to_owned(),
        ));
    }
    paths.iter().map(|path| submission::read_whole(&[path.to_path_buf()], corpus, global)).collect()
}

/// The systems' names: of their files, with the folder where that is not enough.
pub(super) fn names(paths: &[&Path]) -> Vec<String> {
    let short: Vec<String> = paths.iter().map(|path| submission::name(path)).collect();
    let count = |name: &String| short.iter().filter(|other| *other == name).count();
    short
        .iter()
        .zip(paths)
        .map(
            |(name, path)| {
                if count(name) == 1 { name.clone() } else { path.display().to_string() }
            },
        )
        .collect()
}

/// Fails if the corpus, or what the systems share of it, lacks a locale that
/// was named, or has nothing at all.
pub(super) fn demand(
    partition: Partition,
    locales: &ChosenLocales,
    baseline: &Evaluation,
) -> Result<()> {
    let found = baseline.locales();
    if baseline.problems.left_out == 0 {
        let unknown = baseline.problems.unknown.len();
        return submission::demand(locales, &found, partition, unknown, &baseline.report);
    }
    let lacking = locales.demanded.difference(&found);
    if !lacking.is_empty() {
        return Err(Failure::CannotRun(format!("no row of {lacking} is predicted by all systems")));
    }
    if found.is_empty() {
        return Err(Failure::CannotRun("no row is predicted by all systems".to_owned()));
    }
    Ok(())
}

/// Fails unless all systems can be scored on the same rows.
pub(super) fn refuse_unfit(
    systems: &[System<'_>],
    missing_stop: bool,
    submissions: &[Submission],
    corpus: &Corpus,
    partition: Partition,
) -> Result<()> {
    let mut messages = Vec::new();
    if missing_stop {
        messages.extend(uneven(systems).into_iter().chain(unpredicted(systems)));
    }
    for (system, predictions) in systems.iter().zip(submissions) {
        let evaluation = system.evaluation;
        let obstacles = submission::obstacles(evaluation, false, corpus, predictions, partition)?;
        messages.extend(obstacles.map(|text| format!("{}: {text}", system.name)));
    }
    if messages.is_empty() { Ok(()) } else { Err(Failure::CheckFailed(messages.join("\n"))) }
}

/// Says what was not understood in most predictions of a system.
pub(super) fn warn_of_misread(systems: &[System<'_>], submissions: &[Submission], global: &Global) {
    for (system, predictions) in systems.iter().zip(submissions) {
        let misread = submission::misread(system.evaluation, predictions);
        submission::warn_of_misread(Some(system.name), &misread, global);
    }
}

/// The rows that some systems predict and others do not, in words.
fn uneven(systems: &[System<'_>]) -> Option<String> {
    let uneven = uneven_rows(systems);
    if uneven.is_empty() {
        return None;
    }
    let mut text = format!(
        "the systems cover different rows; not predicted by all: {}",
        submission::rows(uneven.len())
    );
    for (index, system) in systems.iter().enumerate() {
        let lacking = lacking_by_locale(&uneven, index);
        if lacking.is_empty() {
            continue;
        }
        let counts = lacking.iter().take(submission::LISTED);
        let counts: Vec<String> =
            counts.map(|(locale, count)| format!("{locale} {count}")).collect();
        // Writing to a string cannot fail.
        let _ = write!(text, "\n  {} lacks {}", system.name, counts.join(", "));
        if lacking.len() > submission::LISTED {
            let _ =
                write!(text, " and rows of {} more locales", lacking.len() - submission::LISTED);
        }
    }
    text.push_str("\nthese rows are:");
    for row in uneven.iter().take(submission::LISTED) {
        let names: Vec<&str> = row.lacking.iter().map(|&index| systems[index].name).collect();
        let _ = write!(text, "\n  {} {} not in {}", row.key.0, row.key.1, names.join(", "));
    }
    submission::and_more(&mut text, uneven.len());
    text.push_str("\n  (--common compares only what they share, --locales chooses locales)");
    Some(text)
}

/// The rows that no system predicts, in words.
fn unpredicted(systems: &[System<'_>]) -> Option<String> {
    let rows: Vec<Key> = unpredicted_rows(systems);
    if rows.is_empty() {
        return None;
    }
    let mut text = format!("{} that no system predicts:", submission::rows(rows.len()));
    for (locale, id) in rows.iter().take(submission::LISTED) {
        let _ = write!(text, "\n  {locale} {id}");
    }
    submission::and_more(&mut text, rows.len());
    text.push_str("\n  (--common leaves them out, --locales chooses locales)");
    Some(text)
}

fn lacking_by_locale(uneven: &[UnevenRow], system: usize) -> BTreeMap<Locale, usize> {
    let mut counts = BTreeMap::new();
    for row in uneven.iter().filter(|row| row.lacking.contains(&system)) {
        *counts.entry(row.key.0).or_default() += 1;
    }
    counts
}

fn render(
    document: &CompareDocument,
    args: &CompareArgs,
    format: CompareFormat,
    (width, colour): (u16, bool),
) -> Result<Vec<u8>> {
    let sort = args.sort.map_or(SortBy::Locale, SortBy::Metric);
    let text = match format {
        CompareFormat::Table => table::render(document, TableOptions { width, colour, sort }),
        CompareFormat::Json => score::json(document)?,
        CompareFormat::Csv => csv::render(document, sort)?,
        CompareFormat::Markdown => markdown::render(document, sort),
        CompareFormat::Latex => latex::render(document, sort),
        CompareFormat::Html => html::comparison::render(document, sort),
        CompareFormat::Xlsx => return Ok(xlsx::book(&csv::sheets(document, sort)?)?),
    };
    Ok(text.into_bytes())
}

/// The plot of the differences by locale.
fn differences(document: &CompareDocument, sort: Option<Metric>) -> Result<String> {
    let names: Vec<&str> =
        document.comparisons.iter().map(|comparison| comparison.system.name.as_str()).collect();
    let title = format!("{} against {}", names.join(", "), document.baseline.name);
    let sort = sort.unwrap_or(PlotOptions::default().sort);
    Ok(differences_svg(document, &PlotOptions { title, sort })?)
}

/// Where a system is worse than the baseline by more than chance, in words: by
/// the p-value that is corrected for everything compared.
fn worse(document: &CompareDocument) -> Vec<String> {
    let baseline = &document.baseline.name;
    document
        .comparisons
        .iter()
        .filter_map(|comparison| {
            let places = worse_places(comparison, document.alpha);
            let name = &comparison.system.name;
            (!places.is_empty())
                .then(|| format!("{name} is worse than {baseline}: {}", places.join("; ")))
        })
        .collect()
}

fn worse_places(comparison: &Comparison, alpha: f64) -> Vec<String> {
    let is_worse = |place: &Differences, metric: Metric| {
        let found = place.metrics.known(metric);
        found.and_then(|found| found.p_worse).is_some_and(|p| p < alpha)
    };
    comparison
        .verdicts
        .metrics()
        .filter_map(|metric| {
            let all = is_worse(&comparison.all, metric).then_some("all");
            let locales = comparison.locales.iter();
            let lost = locales.filter(|(_, place)| is_worse(place, metric));
            let places: Vec<&str> =
                all.into_iter().chain(lost.map(|(tag, _)| tag.as_str())).collect();
            (!places.is_empty()).then(|| format!("{metric} in {}", places.join(", ")))
        })
        .collect()
}
