//! The metrics of groups of languages.

use maud::{Markup, html};

use super::{each_system, score};
use crate::html::table::{Cell, Column, Row, Table};
use massive_eval::document::ScoreDocument;
use massive_eval::report::ReportDocument;

/// A table a feature; nothing where there is but one locale.
pub(super) fn draw(document: &ReportDocument) -> Option<Markup> {
    each_system(document, |number, system| {
        (system.scores.locales.len() > 1).then(|| tables(&number.to_string(), &system.scores))
    })
}

/// A table of each feature that the document has groups of.
pub(in crate::html) fn tables(id: &str, scores: &ScoreDocument) -> Markup {
    html! {
        div.tables {
            @for feature in ["script", "family", "genus", "order"] {
                @if scores.groups.contains_key(feature) {
                    (table(&format!("{feature}-{id}"), feature, scores))
                }
            }
        }
    }
}

fn table(id: &str, feature: &str, scores: &ScoreDocument) -> Markup {
    let title = match feature {
        "script" => "Script (ISO 15924)",
        "family" => "Language family",
        "genus" => "Genus",
        _ => "Dominant word order",
    };
    let mut columns = vec![Column::text(feature), Column::number("locales")];
    columns.extend(scores.metrics().map(|metric| Column::number(metric.title())));
    let groups = scores.groups.get(feature).into_iter().flatten();
    let rows = groups.map(|(name, group)| {
        let members = group.locales.join(", ");
        let count = group.locales.len();
        let mut cells = vec![
            Cell::text(name),
            Cell::number(html! { span title=(members) { (count) } }, count as f64),
        ];
        cells.extend(scores.metrics().map(|metric| match group.scores.metric(metric) {
            Some(value) => Cell::number(score(value), value.value),
            None => Cell::missing(),
        }));
        Row { cells }
    });
    let caption = html! { (title) };
    html! { (Table { id, caption, columns, rows: rows.collect(), summary: vec![] }) }
}
