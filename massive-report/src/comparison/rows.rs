//! What every rendering of a comparison shows: a row a locale and the two
//! averages, and the sentences below.

use std::cmp::Ordering;

use massive_data::Locale;

use crate::SortBy;
use crate::rows::{grouped, percent, problem_lines};
use massive_eval::PerMetric;
use massive_eval::comparison::{
    CompareDocument, Comparison, Difference, FEWEST_DISCORDANT, PublishedDifference, Undecidable,
    Verdict,
};
use massive_eval::document::ProblemCounts;
use massive_eval::metrics::Metric;

/// A row of a rendering.
pub(crate) struct Row<'a> {
    /// A locale's tag, `all` or `macro`.
    pub(crate) name: &'a str,
    /// The language, or what the row is.
    pub(crate) description: &'a str,
    /// What the row is about: `locale` or `average`.
    pub(crate) kind: &'static str,
    /// Utterances; absent in the macro row.
    pub(crate) utterances: Option<u64>,
    /// The differences.
    pub(crate) metrics: &'a PerMetric<Option<Difference>>,
}

/// The rows of the locales.
pub(crate) fn locale_rows(comparison: &Comparison, sort: SortBy) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = comparison
        .locales
        .iter()
        .map(|(tag, differences)| Row {
            name: tag,
            description: Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default(),
            kind: "locale",
            utterances: Some(differences.utterances),
            metrics: &differences.metrics,
        })
        .collect();
    if let SortBy::Metric(metric) = sort {
        let difference = |row: &Row<'_>| row.metrics.known(metric).map(|found| found.difference);
        rows.sort_by(|a, b| match (difference(a), difference(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            _ => Ordering::Equal,
        });
    }
    rows
}

/// The rows `all` and `macro`.
pub(crate) fn average_rows(comparison: &Comparison) -> [Row<'_>; 2] {
    [
        Row {
            name: "all",
            description: "pooled",
            kind: "average",
            utterances: Some(comparison.all.utterances),
            metrics: &comparison.all.metrics,
        },
        Row {
            name: "macro",
            description: "mean over locales",
            kind: "average",
            utterances: None,
            metrics: &comparison.macro_.metrics,
        },
    ]
}

/// The sign of a verdict, for those who see no colour.
pub(crate) fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Won => "▲",
        Verdict::Lost => "▼",
        Verdict::Undecided => " ",
    }
}

/// A difference in per cent points, with its sign unless it is none.
pub(crate) fn points(difference: f64) -> String {
    if difference == 0.0 { "0.00".to_owned() } else { format!("{:+.2}", 100.0 * difference) }
}

/// Half the width of the 95 % interval, in per cent points.
pub(crate) fn half_width(difference: &Difference) -> Option<String> {
    difference.ci95.map(|[low, high]| format!("{:.2}", 50.0 * (high - low)))
}

/// A p-value for readers.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 { "<.001".to_owned() } else { format!("{p:.3}") }
}

/// Which locales are won, lost and undecided: a sentence a metric.
pub(crate) fn verdicts(comparison: &Comparison) -> Vec<String> {
    if comparison.identical {
        return vec!["identical: no utterance is scored differently.".to_owned()];
    }
    let mut sentences: Vec<String> = comparison
        .verdicts
        .metrics()
        .map(|metric| {
            let title = metric.title();
            let Some(locales) = comparison.verdicts.known(metric) else {
                return format!("{title}: not compared, since not both systems predict it.");
            };
            let parts: Vec<String> = Verdict::ALL
                .into_iter()
                .filter_map(|verdict| {
                    let names = locales.with(verdict);
                    let place = match names.len() {
                        0 => return None,
                        count if count > 2 && count == comparison.locales.len() => {
                            format!("all {count} locales")
                        }
                        1 => names[0].clone(),
                        count => format!("{count} locales ({})", names.join(", ")),
                    };
                    Some(format!("{} in {place}", verdict.name()))
                })
                .collect();
            format!("{title}: {}.", parts.join("; "))
        })
        .collect();
    sentences.extend(undecidable(comparison));
    sentences
}

/// Where there are too few rows to decide, however they turn out: a sentence a
/// metric.
fn undecidable(comparison: &Comparison) -> Vec<String> {
    let of = |metric: Metric| {
        let tags: Vec<&str> = comparison
            .locales
            .iter()
            .filter(|(_, differences)| {
                let found = differences.metrics.known(metric);
                found.and_then(|found| found.undecidable) == Some(Undecidable::TooFewRows)
            })
            .map(|(tag, _)| tag.as_str())
            .collect();
        let place = match tags.len() {
            0 => return None,
            count if count > 2 && count == comparison.locales.len() => {
                format!("all {count} locales")
            }
            1 => tags[0].to_owned(),
            count => format!("{count} locales ({})", tags.join(", ")),
        };
        Some(format!(
            "{}: too few rows to decide in {place}, since the systems differ in so few.",
            metric.title()
        ))
    };
    comparison.verdicts.metrics().filter_map(of).collect()
}

/// What the intervals of differences are, if there are any.
pub(crate) fn about_intervals(comparison: &Comparison) -> Option<String> {
    let differences = comparison.locales.values().chain([&comparison.all]);
    let mut found =
        differences.flat_map(|place| place.metrics.iter()).filter_map(|(_, it)| it.as_ref());
    found.any(|found| found.ci95.is_some()).then(|| {
        format!(
            "± half the paired 95 % interval, each by itself and not corrected for the number of \
             locales; none where fewer than {FEWEST_DISCORDANT} utterances differ"
        )
    })
}

/// Every system against published figures: a line a system, published one and
/// place.
pub(crate) fn published(document: &CompareDocument) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let same = |a: &&PublishedDifference, b: &&PublishedDifference| {
        (&a.system, &a.published, &a.on) == (&b.system, &b.published, &b.on)
    };
    let found: Vec<&PublishedDifference> = document.published.iter().collect();
    for group in found.chunk_by(same) {
        let figures: Vec<String> = group
            .iter()
            .map(|found| {
                let title = match Metric::with_name(&found.metric) {
                    Some(metric) => metric.title(),
                    None => &found.metric,
                };
                format!(
                    "{title} {} → {} ({})",
                    percent(found.baseline),
                    percent(found.new),
                    points(found.difference)
                )
            })
            .collect();
        let first = group[0];
        lines.push(format!(
            "{} against {} on {}: {}; {}, no test.",
            first.system,
            first.published,
            first.on,
            figures.join(", "),
            first.provenance
        ));
    }
    lines
}

/// What was compared, in short phrases.
pub(crate) fn scope(document: &CompareDocument) -> Vec<String> {
    let rows = &document.rows;
    let mut lines = vec![format!(
        "partition {}, {} utterances, labels {}",
        document.partition,
        grouped(rows.compared),
        document.labels
    )];
    if rows.common_only {
        lines.push(format!(
            "only rows that all systems predict: {} compared, {} left out",
            grouped(rows.compared),
            grouped(rows.left_out)
        ));
    }
    let new = document.comparisons.iter().map(|comparison| &comparison.system);
    for system in std::iter::once(&document.baseline).chain(new) {
        // What was left out was so for all alike.
        let problems = ProblemCounts { unselected: 0, left_out: 0, ..system.problems };
        let found = problem_lines(&problems);
        lines.extend(found.into_iter().map(|line| format!("{}: {line}", system.name)));
    }
    lines
}

/// What decides a verdict.
pub(crate) fn rule(document: &CompareDocument, comparison: &Comparison) -> String {
    let locales = comparison.locales.len();
    let correction = match locales {
        1 => String::new(),
        _ => format!(", Holm-corrected over {locales} locales (all and macro: uncorrected)"),
    };
    format!("p < {} by approximate randomisation{correction}", document.alpha)
}
