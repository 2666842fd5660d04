//! `massive model toll`

mod candidate;
mod memory;
mod speed;
mod table;
mod text;

use std::path::Path;

use massive_data::{Corpus, Detail, LocaleFilter};
use massive_eval::toll::{Predicted, TollDocument, Variant};
use massive_eval::{Evaluation, Metric, MissingRows, Submission};
use massive_predict::Example;
use massive_report::plot::toll_svg;

use self::candidate::Candidate;
pub(super) use self::memory::run as resident;
use super::super::score::json;
use crate::args::{CheckFormat, Global, ModelTollArgs};
use crate::failure::{Failure, Result};
use crate::output;
use crate::plot_file::PlotFile;

pub(crate) fn run(args: &ModelTollArgs, global: &Global) -> Result<()> {
    if args.fail_if_worse.is_some_and(|points| !points.is_finite() || points < 0.0) {
        return Err(Failure::CannotRun("--fail-if-worse wants points, from 0 on".to_owned()));
    }
    let plot = PlotFile::create(args.plot.as_deref())?;
    let document = weigh(args, global)?;
    if let Some(file) = plot {
        file.finish(toll_svg(&document)?)?;
    }
    output::print(&match args.format {
        CheckFormat::Table => table::rendered(&document),
        CheckFormat::Json => json(&document)?,
    })?;
    let Some(points) = args.fail_if_worse else { return Ok(()) };
    let lost: Vec<String> =
        document.variants.iter().filter_map(|one| worse(one, document.metric, points)).collect();
    if lost.is_empty() { Ok(()) } else { Err(Failure::CheckFailed(lost.join("\n"))) }
}

/// Predicts with every model, scores, measures.
fn weigh(args: &ModelTollArgs, global: &Global) -> Result<TollDocument> {
    let paths: Vec<&Path> = std::iter::once(&args.base)
        .chain(&args.variants)
        .map(std::path::PathBuf::as_path)
        .collect();
    let mut candidates = paths
        .iter()
        .map(|path| Candidate::open(path, &args.engine))
        .collect::<Result<Vec<Candidate>>>()?;
    let locales = args.corpus.chosen_locales(LocaleFilter::ALL)?;
    let corpus = args.corpus.source.open(args.corpus.selection(&locales))?.detail(Detail::Labels);
    if !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "the corpus is read several times, which standard input cannot be; give a file"
                .to_owned(),
        ));
    }
    let submissions = candidates
        .iter()
        .map(|candidate| candidate.predict(&corpus, global))
        .collect::<Result<Vec<Submission>>>()?;
    let others: Vec<&Submission> = submissions[1..].iter().collect();
    let (base, variants) = Evaluation::run_several(
        &corpus,
        &submissions[0],
        &others,
        args.corpus.partition,
        args.labels,
        MissingRows::Error,
    )?;
    locales.demand(&base.locales(), args.corpus.partition, 0, &base.report)?;
    if args.speed_rows > 0 {
        let examples = sample(&corpus, args.speed_rows)?;
        speed::measure(&mut candidates, &examples, args, global)?;
    }
    let evaluations: Vec<&Evaluation> = std::iter::once(&base).chain(&variants).collect();
    let predicted: Vec<Predicted<'_>> = candidates
        .iter()
        .zip(&submissions)
        .zip(evaluations)
        .map(|((candidate, submission), evaluation)| Predicted {
            facts: &candidate.facts,
            submission,
            evaluation,
        })
        .collect();
    let mut document = TollDocument::new(predicted[0], &predicted[1..], args.metric)?;
    if args.plot.is_some() {
        document.text = text::of_locales(&corpus, candidates[0].tokenizer())?;
    }
    Ok(document)
}

/// So many rows, from the whole length of the corpus.
fn sample(corpus: &Corpus, count: usize) -> Result<Vec<Example>> {
    let mut all = Vec::new();
    corpus.for_each(
        |utterance| Ok(Example::of(&utterance)),
        |_, example| {
            all.push(example);
            Ok(())
        },
    )?;
    let step = (all.len() / count).max(1);
    Ok(all.into_iter().step_by(step).take(count).collect())
}

/// Where a variant loses more than it may, in words.
fn worse(variant: &Variant, metric: Metric, points: f64) -> Option<String> {
    let all = std::iter::once(("all", &variant.all));
    let places = all.chain(variant.locales.iter().map(|(tag, toll)| (tag.as_str(), toll)));
    let lost: Vec<String> = places
        .filter_map(|(place, toll)| {
            let change = toll.metrics.known(metric)?;
            change.is_worse_by(points).then(|| format!("{place} {:.1}", 100.0 * change.difference))
        })
        .collect();
    (!lost.is_empty()).then(|| {
        format!(
            "{} loses more than {points} points of {metric}: {}",
            variant.model.name,
            lost.join(", ")
        )
    })
}
