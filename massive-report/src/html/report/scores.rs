//! The metrics: of everything, and locale by locale.

use massive_data::Locale;
use maud::{Markup, html};

use super::{each_system, filtered, score};
use crate::SortBy;
use crate::grouped;
use crate::html::plot::metrics::{self, Series};
use crate::html::table::{Cell, Column, Row, Table};
use crate::rows::{self, Mark, average_rows, irregularities, locale_rows, marks, percent};
use massive_eval::document::ScoreDocument;
use massive_eval::metrics::Metric;
use massive_eval::report::{ReportDocument, SystemReport};

/// What was scored.
pub(super) fn scope(document: &ReportDocument) -> Markup {
    html! {
        @if let Some(first) = document.systems.first() {
            p.muted { (rows::scope(&first.scores).join(" · ")) }
        }
    }
}

/// The metrics over everything, with the signatures.
pub(super) fn headline(document: &ReportDocument) -> Markup {
    html! {
        @match &document.systems[..] {
            [one] => (figures(&one.scores)),
            several => (overall(several)),
        }
        p.muted {
            "Per cent over all utterances pooled, with 95 % intervals. Two scores compare only if their signatures agree but for the version."
        }
        @for system in &document.systems {
            @for line in irregularities(&system.scores) {
                p.note {
                    @if document.systems.len() > 1 { bdi { (system.name) } ": " }
                    (line)
                }
            }
        }
        // Systems that are compared are scored in one way.
        @if let Some(first) = document.systems.first() {
            code.signature { (first.scores.signature) }
        }
    }
}

/// The metrics of one system, large.
pub(in crate::html) fn figures(scores: &ScoreDocument) -> Markup {
    html! {
        dl.figures {
            @for metric in scores.metrics() {
                div class=(metric.name()) {
                    dt { (metric.title()) }
                    @match scores.all.metric(metric) {
                        Some(value) => {
                            dd {
                                strong { (percent(value.value)) } " %"
                                @if let Some([low, high]) = value.ci95 {
                                    span.spread { (percent(low)) " to " (percent(high)) }
                                }
                            }
                        }
                        None => dd.muted { "not predicted" },
                    }
                }
            }
        }
    }
}

/// The metrics of several systems.
fn overall(systems: &[SystemReport]) -> Markup {
    let mut columns = vec![Column::text("system")];
    let metrics: Vec<Metric> =
        systems.first().map_or(Vec::new(), |first| first.scores.metrics().collect());
    columns.extend(metrics.iter().map(|metric| Column::number(metric.title())));
    let rows = systems.iter().map(|system| {
        let mut cells = vec![Cell::text(html! { bdi { (system.name) } })];
        cells.extend(metrics.iter().map(|&metric| match system.scores.all.metric(metric) {
            Some(value) => Cell::number(score(value), value.value),
            None => Cell::missing(),
        }));
        Row { cells }
    });
    let caption = html! { "Each system over everything; the first is the baseline" };
    html! { (Table { id: "overall", caption, columns, rows: rows.collect(), summary: vec![] }) }
}

/// The metrics of every locale, as a plot of all systems and a table of each.
pub(super) fn locales(document: &ReportDocument) -> Markup {
    let systems: Vec<(&str, &ScoreDocument)> =
        document.systems.iter().map(|system| (system.name.as_str(), &system.scores)).collect();
    html! {
        (plot("metrics", &systems))
        @if let Some(tables) = each_system(document, |number, system| {
            Some(table(&format!("locales-{number}"), &system.scores, SortBy::Locale, true))
        }) { (tables) }
    }
}

/// The plot of systems by their names, and what it shows.
pub(in crate::html) fn plot(id: &str, systems: &[(&str, &ScoreDocument)]) -> Markup {
    let series: Vec<Series<'_>> =
        systems.iter().map(|(name, scores)| Series { name, scores }).collect();
    html! {
        @if let Some(plot) = metrics::draw(id, &series) {
            figure {
                (plot)
                figcaption {
                    "Locales by " (last_metric(&series)) ", best first. Horizontal lines are 95 % \
                     intervals"
                    @if series.len() == 1 { ", dashed ones mark the mean over locales" }
                    ". Panels differ in range, not in scale."
                }
            }
        }
    }
}

fn last_metric(series: &[Series<'_>]) -> &'static str {
    let has = |metric: &Metric| series.iter().any(|one| one.scores.all.metric(*metric).is_some());
    let metrics = series.iter().flat_map(|one| one.scores.metrics());
    metrics.filter(has).last().map_or("name", Metric::title)
}

/// The table of the locales; with `linked` each leads to its errors on the page.
pub(in crate::html) fn table(
    id: &str,
    scores: &ScoreDocument,
    sort: SortBy,
    linked: bool,
) -> Markup {
    let mut columns = vec![
        Column::text("locale"),
        Column::text("language"),
        Column::text("script"),
        Column::number("utterances"),
        Column::number("slots"),
    ];
    columns.extend(scores.metrics().map(|metric| Column::number(metric.title())));
    let locales = locale_rows(scores, sort);
    let marks: Vec<_> = (0..scores.metrics().len()).map(|metric| marks(&locales, metric)).collect();
    let rows = locales.iter().enumerate().map(|(index, row)| {
        let script = Locale::from_tag(row.name).map_or("", |locale| locale.script().code());
        let name = html! {
            @if linked { a href=(filtered(&[("locale", row.name)])) { (row.name) } }
            @else { (row.name) }
        };
        let marks: Vec<Option<Mark>> = marks.iter().map(|of_metric| of_metric[index]).collect();
        cells(row, Cell::text(name), Cell::text(script), &marks)
    });
    let summary = average_rows(scores);
    let summary = summary.iter().map(|row| cells(row, Cell::text(row.name), Cell::text(""), &[]));
    let caption = html! {
        "Per cent with 95 % intervals; ▲ highest, ▼ lowest."
        @if linked { " A locale leads to its errors." }
    };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: summary.collect() }) }
}

fn cells(row: &rows::Row<'_>, name: Cell, script: Cell, marks: &[Option<Mark>]) -> Row {
    let count = |number: Option<u64>| match number {
        Some(number) => Cell::number(grouped(number), number as f64),
        None => Cell::number("", None),
    };
    let mut cells = vec![
        name,
        Cell::text(&row.description),
        script,
        count(row.scores.map(|scores| scores.utterances)),
        count(row.scores.map(|scores| scores.slots.gold)),
    ];
    let mark = |at: usize| marks.get(at).copied().flatten();
    cells.extend(row.metrics.iter().enumerate().map(|(at, value)| match value {
        Some(value) => Cell::number(html! { (score(*value)) (sign(mark(at))) }, value.value),
        None => Cell::missing(),
    }));
    Row { cells }
}

fn sign(mark: Option<Mark>) -> Markup {
    html! {
        @match mark {
            Some(Mark::Highest) => span.mark.good title="highest" { "▲" },
            Some(Mark::Lowest) => span.mark.bad title="lowest" { "▼" },
            None => span.mark {},
        }
    }
}
