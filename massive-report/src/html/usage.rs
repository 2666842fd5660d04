//! What predictions took to make beside what they got right, as a part of a page.

use maud::{Markup, PreEscaped, html};

use super::table::{Cell, Column, Row, Table};
use crate::plot::cost_svg;
use crate::usage::{columns, lines, remarks};
use massive_eval::document::ScoreDocument;

/// A plot of exact match against cost and a table by locale; nothing where the
/// document does not say what its predictions took.
pub(super) fn draw(id: &str, document: &ScoreDocument) -> Option<Markup> {
    let usage = document.usage.as_ref()?;
    let shown = columns(true, true);
    let mut heads = vec![Column::text("locale")];
    heads.extend(shown.iter().map(|column| Column::number(column.long)));
    let row = |(tag, part, scores)| {
        let mut cells = vec![Cell::text(tag)];
        cells.extend(shown.iter().map(|column| {
            let (key, text) = column.of(part, scores);
            Cell::number(text, key)
        }));
        Row { cells }
    };
    let all: Vec<_> = lines(usage, Some(document));
    let (summary, locales) = all.into_iter().partition(|(tag, ..)| *tag == "all");
    let (summary, locales): (Vec<_>, Vec<_>) = (summary, locales);
    let table = Table {
        id,
        caption: html! { "Quality, replies, time, tokens and money by locale" },
        columns: heads,
        rows: locales.into_iter().map(row).collect(),
        summary: summary.into_iter().map(row).collect(),
    };
    // A document without exact match has a table and no plot.
    let plot = cost_svg(document, "Exact match against cost").ok();
    let about = format!("{id}-plot");
    Some(html! {
        @if let Some(svg) = plot {
            div.scroll.plate role="img" tabindex="0" id=(about)
                aria-label="Exact match of each locale against its cost, as in the table" {
                (PreEscaped(svg))
            }
        }
        (table)
        p.muted { (remarks(usage).join("; ")) "." }
    })
}
