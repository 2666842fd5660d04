//! `massive report`

use std::path::{Path, PathBuf};

use massive_data::{LocaleFilter, LocaleSet};
use massive_eval::comparison::System;
use massive_eval::{
    Analysis, AnalysisOptions, CompareOptions, MissingRows, Randomisation, ReportDocument,
    ReportOptions, Submission,
};
use massive_report::html;

use super::{compare, llm, score, submission};
use crate::args::{Global, ReportArgs, ReportFormat};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile};

/// The suffixes of the forms of a report.
const FORMS: [(&str, ReportFormat); 3] =
    [("html", ReportFormat::Html), ("htm", ReportFormat::Html), ("json", ReportFormat::Json)];

pub(crate) fn run(args: &ReportArgs, global: &Global) -> Result<()> {
    let format = form::chosen(args.format, args.output.as_deref(), &FORMS, ReportFormat::Html)?;
    let file = args.output.as_deref().map(PendingFile::create).transpose()?;
    let document = report(args, global)?;
    let text = match format {
        ReportFormat::Html => html::report::render(&document)?,
        ReportFormat::Json => score::json(&document)?,
    };
    match file {
        Some(file) => file.finish_with(text.as_bytes()),
        None => output::print(&text),
    }
}

/// Reads all systems and, once, the corpus, and gathers all that is reported.
fn report(args: &ReportArgs, global: &Global) -> Result<ReportDocument> {
    let paths: Vec<&Path> = args.predictions.iter().map(PathBuf::as_path).collect();
    let submissions = compare::read_systems(&paths, &args.corpus, global)?;
    let predicted = submissions.iter().map(Submission::locales);
    let locales = args
        .corpus
        .chosen_locales(predicted.flat_map(LocaleSet::iter).collect::<LocaleFilter>())?;
    let selection = args.corpus.selection(&locales);
    let (corpus, progress) = submission::open_corpus(&args.corpus.source, selection, global)?;
    let [first, others @ ..] = &submissions[..] else {
        return Err(Failure::CannotRun("name the predictions of a system".to_owned()));
    };
    let others: Vec<&Submission> = others.iter().collect();
    let missing_rows = if args.common { MissingRows::LeftOut } else { args.missing.into() };
    let partition = args.corpus.partition;
    let options =
        AnalysisOptions { partition, labels: args.scoring.labels, missing_rows, train: false };
    let analysis = Analysis::run(&corpus, first, &others, options)?;
    drop(progress);
    submission::list_skipped(&analysis.evaluation.report, global);

    let names = compare::names(&paths);
    compare::demand(partition, &locales, &analysis.evaluation)?;
    let stop = missing_rows == MissingRows::Error;
    let evaluations = std::iter::once(&analysis.evaluation).chain(&analysis.others);
    let systems: Vec<System<'_>> = names
        .iter()
        .zip(evaluations)
        .map(|(name, evaluation)| System { name, evaluation })
        .collect();
    if others.is_empty() {
        if let Some(text) =
            submission::obstacles(&analysis.evaluation, stop, &corpus, first, partition)?
        {
            return Err(Failure::CheckFailed(text));
        }
    } else {
        compare::refuse_unfit(&systems, stop, &submissions, &corpus, partition)?;
    }
    compare::warn_of_misread(&systems, &submissions, global);
    let title = args.title.clone().unwrap_or_else(|| names.join(" and "));
    let compare = CompareOptions {
        interval: args.scoring.interval(),
        randomisation: Randomisation { trials: args.trials, seed: args.scoring.seed },
        metrics: args.metrics.chosen(),
        ..CompareOptions::default()
    };
    let sample = args.sample.map(|size| (size, args.scoring.seed));
    let options = ReportOptions { compare: compare.clone(), sample, right: args.right };
    let mut document = ReportDocument::new(&title, &names, &analysis, options)?;
    let usage = llm::usage_of(&args.usage, names.len())?;
    for (system, usage) in document.systems.iter_mut().zip(usage) {
        system.scores.usage = usage;
        llm::warn_of_other_rows(&system.scores, global);
    }
    if let Some(comparison) = &document.comparison {
        compare::warn_of_trials(comparison, &compare, global);
    }
    Ok(document)
}
