//! Sheets as a page: a table each that sorts.

use maud::{Markup, html};

use super::page::{Page, SORT_JS, Section, WIDE_JS};
use super::table::{Cell, Column, Row, Table};
use crate::rows::{grouped, percent};
use crate::sheet;

/// Sheets as one HTML file, which loads nothing. Texts are texts, whatever they
/// hold; columns without any value are left out.
pub fn render(title: &str, notes: &[String], sheets: &[sheet::Sheet]) -> String {
    let sections: Vec<Section<'_>> =
        sheets.iter().map(|sheet| Section { id: &sheet.name, title: &sheet.name }).collect();
    let page = Page {
        title,
        header: html! {
            h1 { bdi { (title) } }
            @for note in notes { p.muted { (note) } }
        },
        sections: &sections,
        styles: &[],
        scripts: &[SORT_JS, WIDE_JS],
        main: html! {
            @for sheet in sheets {
                section id=(sheet.name) aria-labelledby={ (sheet.name) "-heading" } {
                    h2 id={ (sheet.name) "-heading" } { (sheet.name) }
                    (table(sheet))
                }
            }
        },
        footer: html! { p { "Made by massive " (env!("CARGO_PKG_VERSION")) "." } },
    };
    page.render()
}

fn table(sheet: &sheet::Sheet) -> Markup {
    let shown: Vec<usize> = (0..sheet.header.len())
        .filter(|&column| sheet.rows.iter().any(|row| row[column] != sheet::Cell::Empty))
        .collect();
    let columns = shown.iter().map(|&column| {
        let is_number = |row: &Vec<sheet::Cell>| !matches!(row[column], sheet::Cell::Text(_));
        let title = sheet.header[column].as_str();
        if sheet.rows.iter().all(is_number) { Column::number(title) } else { Column::text(title) }
    });
    let rows = sheet.rows.iter().map(|row| Row {
        cells: shown.iter().map(|&column| cell(&sheet.header[column], &row[column])).collect(),
    });
    let id = format!("{}-table", sheet.name);
    let caption = html! {
        (grouped(sheet.rows.len() as u64)) " rows"
        @if sheet.header.iter().any(|name| is_share(name)) { "; shares in per cent" }
    };
    html! {
        (Table {
            id: &id, caption, columns: columns.collect(), rows: rows.collect(), summary: vec![],
        })
    }
}

fn cell(header: &str, cell: &sheet::Cell) -> Cell {
    match cell {
        sheet::Cell::Empty => Cell::number("", None),
        sheet::Cell::Text(text) => Cell::text(html! { bdi { (text) } }),
        sheet::Cell::Number(number) if is_share(header) => Cell::number(percent(*number), *number),
        sheet::Cell::Number(number) if number.fract() == 0.0 && *number >= 0.0 => {
            Cell::number(grouped(*number as u64), *number)
        }
        sheet::Cell::Number(number) => Cell::number(number.to_string(), *number),
    }
}

/// Whether a column holds fractions of one.
fn is_share(header: &str) -> bool {
    ["intent_acc", "ex_match_acc", "precision", "recall", "f1"]
        .iter()
        .any(|share| header == *share || header.strip_prefix(share).is_some_and(is_bound))
}

fn is_bound(rest: &str) -> bool {
    matches!(rest, "_ci95_low" | "_ci95_high")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::{Cell, Sheet};

    #[test]
    fn sheets_become_tables_of_texts_and_shares() {
        let page = render(
            "a <b>",
            &[],
            &[Sheet {
                name: "errors".to_owned(),
                header: ["slot", "f1", "gold_slots", "method"].map(str::to_owned).into(),
                rows: vec![vec![
                    "<i>".into(),
                    Cell::Number(0.5),
                    Cell::Number(1200.0),
                    Cell::Empty,
                ]],
            }],
        );
        assert!(page.contains("<bdi>&lt;i&gt;</bdi>") && !page.contains("<i>"));
        assert!(page.contains(">50.0<") && page.contains(">1,200<"));
        assert!(!page.contains("method"));
    }
}
