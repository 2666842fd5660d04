//! The compare document as a page.

use maud::{Markup, html};

use super::page::{Page, SORT_JS, Section, WIDE_JS};
use super::plot::differences;
use super::report::{PLOT_CSS, REPORT_CSS};
use super::table::{Cell, Column, Row, Table};
use crate::SortBy;
use crate::comparison::rows::{
    self, about_intervals, average_rows, half_width, locale_rows, points, published, rule, scope,
    sign, verdicts,
};
use crate::rows::{grouped, percent};
use massive_eval::comparison::{CompareDocument, Comparison};

/// The compare document as one HTML file, which loads nothing: for each system
/// what it wins and loses, a plot and a table of the differences.
pub fn render(document: &CompareDocument, sort: SortBy) -> String {
    let ids: Vec<String> =
        (0..document.comparisons.len()).map(|number| format!("comparison-{number}")).collect();
    let mut sections: Vec<Section<'_>> = ids
        .iter()
        .zip(&document.comparisons)
        .map(|(id, comparison)| Section { id, title: &comparison.system.name })
        .collect();
    if !document.published.is_empty() {
        sections.push(Section { id: "published", title: "Published" });
    }
    let title = format!("Against {}", document.baseline.name);
    let page = Page {
        title: &title,
        header: html! {
            h1 { "Against " bdi { (document.baseline.name) } }
            p.muted { (scope(document).join(" · ")) }
        },
        sections: &sections,
        styles: &[PLOT_CSS, REPORT_CSS],
        scripts: &[SORT_JS, WIDE_JS],
        main: html! {
            @for (id, comparison) in ids.iter().zip(&document.comparisons) {
                (against(document, comparison, id, sort))
            }
            @if !document.published.is_empty() {
                section id="published" aria-labelledby="published-heading" {
                    h2 id="published-heading" { "Published" }
                    ul { @for line in published(document) { li { (line) } } }
                }
            }
            code.signature { (document.signature) }
        },
        footer: html! {
            p { "Made by " (document.tool.name) " " (document.tool.version) "." }
        },
    };
    page.render()
}

fn against(document: &CompareDocument, comparison: &Comparison, id: &str, sort: SortBy) -> Markup {
    let heading = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading) {
            h2 id=(heading) { bdi { (comparison.system.name) } }
            ul { @for sentence in verdicts(comparison) { li { (sentence) } } }
            p.muted {
                "A locale is won (▲) or lost (▼) if " (rule(document, comparison))
                "; otherwise chance may explain the difference."
            }
            @if let Some(plot) = differences::draw(&format!("{id}-plot"), comparison) { (plot) }
            (table(comparison, &format!("{id}-table"), sort))
        }
    }
}

fn table(comparison: &Comparison, id: &str, sort: SortBy) -> Markup {
    let mut columns =
        vec![Column::text("locale"), Column::text("language"), Column::number("utterances")];
    columns.extend(comparison.verdicts.metrics().map(|metric| Column::number(metric.title())));
    let locales = locale_rows(comparison, sort);
    let averages = average_rows(comparison);
    let caption = html! {
        "Per cent: baseline → new, difference in points"
        @if let Some(about) = about_intervals(comparison) { " " (about) }
        "."
    };
    let rows = |rows: &[rows::Row<'_>]| rows.iter().map(cells).collect::<Vec<Row>>();
    html! {
        (Table { id, caption, columns, rows: rows(&locales), summary: rows(&averages) })
    }
}

fn cells(row: &rows::Row<'_>) -> Row {
    let mut cells = vec![
        Cell::text(row.name),
        Cell::text(row.description),
        match row.utterances {
            Some(count) => Cell::number(grouped(count), count as f64),
            None => Cell::number("", None),
        },
    ];
    cells.extend(row.metrics.iter().map(|(_, found)| match found {
        None => Cell::missing(),
        Some(found) => Cell::number(
            html! {
                (percent(found.baseline)) " → " (percent(found.new)) ", "
                strong { (points(found.difference)) }
                @if let Some(half) = half_width(found) { span.spread { " ± " (half) } }
                " " (sign(found.verdict))
            },
            found.difference,
        ),
    }));
    Row { cells }
}
