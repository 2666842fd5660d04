//! `massive report`

use massive_eval::request::{ReportRequest, Reported};
use massive_eval::{CompareOptions, MissingRows, Randomisation, ReportDocument, ReportOptions};
use massive_report::html;

use super::submission::OnTerminal;
use super::{compare, llm, score, submission};
use crate::args::{Global, ReportArgs, ReportFormat};
use crate::destination::Destination;
use crate::failure::Result;

pub(crate) fn run(args: &ReportArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let document = report(args, global)?;
    let text = match destination.form {
        ReportFormat::Html => html::report::render(&document)?,
        ReportFormat::Json => score::json(&document)?,
    };
    destination.write(text)
}

/// Gathers all that is reported, with what the systems' calls took.
fn report(args: &ReportArgs, global: &Global) -> Result<ReportDocument> {
    let compare = CompareOptions {
        interval: args.scoring.interval(),
        randomisation: Randomisation { trials: args.trials, seed: args.scoring.seed },
        metrics: args.metrics.chosen(),
        ..CompareOptions::default()
    };
    let sample = args.sample.map(|size| (size, args.scoring.seed));
    let request = ReportRequest {
        systems: args.predictions.clone(),
        rows: args.corpus.rows()?,
        labels: args.scoring.labels,
        missing: if args.common { MissingRows::LeftOut } else { args.missing.into() },
        title: args.title.clone(),
        options: ReportOptions { compare: compare.clone(), sample, right: args.right },
    };
    let Reported { mut document, misreadings } = request.run(&OnTerminal::new(global))?;
    submission::warn_of_misread_systems(&misreadings, global);
    let usage = llm::usage_of(&args.usage, args.predictions.len())?;
    for (system, usage) in document.systems.iter_mut().zip(usage) {
        system.scores.usage = usage;
        llm::warn_of_other_rows(&system.scores, global);
    }
    if let Some(comparison) = &document.comparison {
        compare::warn_of_trials(comparison, &compare, global);
    }
    Ok(document)
}
