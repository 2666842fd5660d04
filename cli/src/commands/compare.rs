//! `massive compare`

use massive_eval::comparison::{Comparison, Differences};
use massive_eval::request::{CompareRequest, Compared};
use massive_eval::{CompareDocument, CompareOptions, Metric, Randomisation};
use massive_report::comparison::{csv, latex, markdown, table};
use massive_report::plot::{PlotOptions, differences_svg};
use massive_report::{SortBy, html, table::TableOptions, xlsx};

use super::submission::OnTerminal;
use super::{llm, score, submission};
use crate::args::{CompareArgs, CompareFormat, Global};
use crate::destination::Destination;
use crate::failure::{Failure, Result};
use crate::output;
use crate::plot_file::PlotFile;

pub(crate) fn run(args: &CompareArgs, global: &Global) -> Result<()> {
    let destination = Destination::prepare(&args.output)?;
    let plot = PlotFile::create(args.plot.as_deref())?;
    let document = compare(args, global)?;
    warn_of_trials(&document, &options(args), global);
    if let Some(plot) = plot {
        plot.finish(differences(&document, args.sort)?)?;
    }
    let shown = (destination.width(80), destination.coloured(global));
    let result = render(&document, args, destination.form, shown)?;
    destination.write(result)?;
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

/// Compares the systems, with what their calls took.
fn compare(args: &CompareArgs, global: &Global) -> Result<CompareDocument> {
    let request = CompareRequest {
        baseline: args.baseline.clone(),
        systems: args.new.clone(),
        rows: args.corpus.rows()?,
        labels: args.scoring.labels,
        common: args.common,
        published: args.published,
        options: options(args),
    };
    let Compared { mut document, misreadings } = request.run(&OnTerminal::new(global))?;
    submission::warn_of_misread_systems(&misreadings, global);
    let mut usage = llm::usage_of(&args.usage, 1 + args.new.len())?.into_iter();
    document.baseline.usage = usage.next().flatten();
    for (comparison, usage) in document.comparisons.iter_mut().zip(usage) {
        comparison.system.usage = usage;
    }
    Ok(document)
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
