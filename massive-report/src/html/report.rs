//! The report as a page.

mod book;
mod browser;
mod classes;
pub(super) mod groups;
mod intents;
mod mend;
pub(super) mod scores;
mod slots;

use maud::{Markup, html};

use super::page::{Page, SORT_JS, Section, WIDE_JS};
use super::plot::differences;
use super::usage;
use crate::comparison::rule;
use crate::rows::{percent, spread};
use massive_eval::comparison::{Comparison, Verdict};
use massive_eval::document::MetricValue;
use massive_eval::error::Result;
use massive_eval::metrics::Metric;
use massive_eval::report::{ReportDocument, SystemReport};

pub(super) const REPORT_CSS: &str = include_str!("assets/report.css");
pub(super) const PLOT_CSS: &str = include_str!("assets/plot.css");
/// The error browser; its parts share what they define.
const BROWSER_JS: &str = concat!(
    "\"use strict\";\n(() => {\n",
    include_str!("assets/browser/book.js"),
    include_str!("assets/browser/filter.js"),
    include_str!("assets/browser/facets.js"),
    include_str!("assets/browser/cards.js"),
    include_str!("assets/browser/take.js"),
    include_str!("assets/browser/address.js"),
    include_str!("assets/browser/start.js"),
    "})();\n",
);

/// The report as one HTML file.
///
/// # Errors
/// None that a caller can cause; those of packing the utterances.
pub fn render(document: &ReportDocument) -> Result<String> {
    let parts = [
        Some(("scores", "Scores", scores::headline(document))),
        mend::draw(document).map(|markup| ("mend", "What to mend first", markup)),
        differences(document).map(|markup| ("differences", "Differences", markup)),
        Some(("locales", "Locales", scores::locales(document))),
        each_system(document, |number, system| {
            usage::draw(&format!("usage-{number}"), &system.scores)
        })
        .map(|markup| ("usage", "Cost and time", markup)),
        groups::draw(document).map(|markup| ("groups", "Language groups", markup)),
        slots::draw(document).map(|markup| ("slots", "Slots", markup)),
        classes::draw(document).map(|markup| ("classes", "Kinds of error", markup)),
        intents::draw(document).map(|markup| ("intents", "Intents", markup)),
        Some(("errors", "Utterances", browser::draw(document)?)),
    ];
    let parts: Vec<(&str, &str, Markup)> = parts.into_iter().flatten().collect();
    let sections: Vec<Section<'_>> =
        parts.iter().map(|&(id, title, _)| Section { id, title }).collect();
    let page = Page {
        title: &document.title,
        header: html! {
            h1 { bdi { (document.title) } }
            (scores::scope(document))
        },
        sections: &sections,
        styles: &[PLOT_CSS, REPORT_CSS],
        scripts: &[SORT_JS, WIDE_JS, BROWSER_JS],
        main: html! {
            (classes::patterns())
            @for (id, title, markup) in &parts {
                section id=(id) aria-labelledby={ (id) "-heading" } {
                    h2 id={ (id) "-heading" } { (title) }
                    (markup)
                }
            }
        },
        footer: html! {
            p {
                "Made by " (document.tool.name) " " (document.tool.version)
                ". The whole report is this file: it loads nothing and sends nothing."
            }
        },
    };
    Ok(page.render())
}

/// What the other systems win and lose against the first.
fn differences(document: &ReportDocument) -> Option<Markup> {
    let comparison = document.comparison.as_ref()?;
    Some(html! {
        @for (number, against) in comparison.comparisons.iter().enumerate() {
            h3 { bdi { (against.system.name) } " against " bdi { (comparison.baseline.name) } }
            ul {
                @for metric in against.verdicts.metrics() {
                    li { (metric.title()) ": " (verdicts(against, metric)) }
                }
            }
            p.muted {
                "A locale is won or lost if " (rule(comparison, against)) "; otherwise chance may \
                 explain the difference. Lines are paired 95 % intervals, each by itself and \
                 not corrected for the number of locales."
            }
            @if let Some(plot) = differences::draw(&format!("differences-{number}"), against) {
                (plot)
            }
        }
    })
}

/// Which locales a system wins and loses in a metric.
fn verdicts(comparison: &Comparison, metric: Metric) -> String {
    let Some(locales) = comparison.verdicts.known(metric) else {
        return "not compared, since not both systems predict it.".to_owned();
    };
    let parts: Vec<String> = Verdict::ALL
        .into_iter()
        .filter(|&verdict| !locales.with(verdict).is_empty())
        .map(|verdict| {
            let tags = locales.with(verdict);
            let noun = if tags.len() == 1 { "locale" } else { "locales" };
            let list = match verdict {
                // What is undecided is what is left over.
                Verdict::Undecided => String::new(),
                _ => format!(" ({})", tags.join(", ")),
            };
            format!("{} in {} {noun}{list}", verdict.name(), tags.len())
        })
        .collect();
    format!("{}.", parts.join("; "))
}

/// Each system's part of a section, under its name if there are several.
fn each_system<'d>(
    document: &'d ReportDocument,
    draw: impl Fn(usize, &'d SystemReport) -> Option<Markup>,
) -> Option<Markup> {
    let parts = document.systems.iter().enumerate();
    let parts: Vec<(&SystemReport, Markup)> =
        parts.filter_map(|(number, system)| Some((system, draw(number, system)?))).collect();
    if parts.is_empty() {
        return None;
    }
    Some(html! {
        @for (system, markup) in &parts {
            @if document.systems.len() > 1 { h3.system { bdi { (system.name) } } }
            (markup)
        }
    })
}

/// A score in per cent with half the width of its interval.
fn score(value: MetricValue) -> Markup {
    html! {
        (percent(value.value))
        @if let Some(spread) = spread(&value) { " " span.spread { (spread) } }
    }
}

/// The address of the utterances that pass a filter: see `assets/browser/address.js`.
fn filtered(filter: &[(&str, &str)]) -> String {
    let mut address = String::new();
    for (key, value) in filter {
        address.push(if address.is_empty() { '#' } else { '&' });
        address.push_str(key);
        address.push('=');
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => address.push(byte.into()),
                _ => address.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hold_any_name() {
        assert_eq!(
            filtered(&[("locale", "ur-PK"), ("slot", "a&=é")]),
            "#locale=ur-PK&slot=a%26%3D%C3%A9"
        );
    }

    #[test]
    fn the_assets_end_no_element() {
        for asset in [REPORT_CSS, PLOT_CSS, BROWSER_JS] {
            assert!(!asset.contains("</"));
        }
    }
}
