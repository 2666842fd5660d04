//! The table in a terminal.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table};

use super::rows::{
    Mark, Row, SortBy, Spread, average_rows, group_rows, grouped, irregularities, locale_rows,
    marks, percent, scope, spread,
};
use massive_eval::document::ScoreDocument;
use massive_eval::metrics::Metric;

/// How the table is set.
#[derive(Debug, Clone, Copy)]
pub struct TableOptions {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether to use colour.
    pub colour: bool,
    /// The order of the locales.
    pub sort: SortBy,
}

/// From this width on languages are named.
const WITH_LANGUAGE: u16 = 90;
/// From this width on slots are counted too.
const WITH_SLOTS: u16 = 120;

/// The score document as a table, with what it covers and its signature below.
pub fn render(document: &ScoreDocument, options: TableOptions) -> String {
    let mut table = plain(options.colour);
    let mut header = vec![Cell::new("locale")];
    if options.width >= WITH_LANGUAGE {
        header.push(Cell::new("language"));
    }
    header.push(right("n"));
    if options.width >= WITH_SLOTS {
        header.extend(["slots", "precision", "recall"].map(right));
    }
    header.extend(document.metrics().map(|metric| right(metric.short())));
    table.set_header(header);

    let cells = |row: &Row<'_>, name: &str, marks: &[Option<Mark>], bold: bool| {
        cells(row, name, marks, options, bold)
    };
    let locales = locale_rows(document, options.sort);
    let marks: Vec<Vec<Option<Mark>>> =
        (0..document.metrics().len()).map(|metric| marks(&locales, metric)).collect();
    for (index, row) in locales.iter().enumerate() {
        let marks: Vec<Option<Mark>> = marks.iter().map(|of_metric| of_metric[index]).collect();
        table.add_row(cells(row, row.name, &marks, false));
    }
    let mut rules = Vec::new();
    for (feature, rows) in group_rows(document) {
        rules.push(table.row_count());
        for row in rows {
            let name = format!("{feature} {}", row.name);
            table.add_row(cells(&row, &name, &[], false));
        }
    }
    rules.push(table.row_count());
    for row in average_rows(document) {
        table.add_row(cells(&row, row.name, &[], true));
    }

    let mut out = ruled(&table, &rules);
    out.push('\n');
    let mut notes = scope(document);
    notes.extend(irregularities(document));
    notes
        .push("per cent with 95 % intervals: ± or low–high; ▲ highest, ▼ lowest locale".to_owned());
    notes.push(document.signature.to_string());
    for note in notes {
        push_line(&mut out, &note);
    }
    out
}

/// A table without lines but the one under its header.
pub(super) fn plain(colour: bool) -> Table {
    let mut table = Table::new();
    table.load_preset("     ──            ").set_content_arrangement(ContentArrangement::Disabled);
    if colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    table
}

/// The lines of a table, with that under its header drawn again as a rule before
/// some rows.
pub(super) fn ruled(table: &Table, before: &[usize]) -> String {
    let mut out = String::new();
    let lines: Vec<String> = table.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        // Two lines of header come first.
        if index.checked_sub(2).is_some_and(|row| before.contains(&row)) {
            push_line(&mut out, &lines[1]);
        }
        push_line(&mut out, line);
    }
    out
}

pub(super) fn push_line(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

pub(super) fn right(text: &str) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn cells(
    row: &Row<'_>,
    name: &str,
    marks: &[Option<Mark>],
    options: TableOptions,
    bold: bool,
) -> Vec<Cell> {
    let mut cells = vec![Cell::new(name)];
    if options.width >= WITH_LANGUAGE {
        cells.push(Cell::new(&row.description));
    }
    cells.push(right(&row.scores.map_or(String::new(), |scores| grouped(scores.utterances))));
    if options.width >= WITH_SLOTS {
        let slots = row.scores.map_or(String::new(), |scores| grouped(scores.slots.gold));
        let f1 = row.scores.and_then(|scores| scores.score(Metric::SlotMicroF1));
        cells.push(right(&slots));
        cells.push(right(&f1.and_then(|f1| f1.precision).map_or(String::new(), percent)));
        cells.push(right(&f1.and_then(|f1| f1.recall).map_or(String::new(), percent)));
    }
    for (at, value) in row.metrics.iter().enumerate() {
        let mark = marks.get(at).copied().flatten();
        let Some(value) = value else {
            cells.push(right("–  "));
            continue;
        };
        let sign = match mark {
            Some(Mark::Highest) => "▲",
            Some(Mark::Lowest) => "▼",
            None => " ",
        };
        let spread = match spread(value) {
            None => String::new(),
            Some(Spread::Half(half)) => format!(" ± {half:>4}"),
            Some(Spread::Bounds([low, high])) => format!(" {low}–{high}"),
        };
        let mut cell = right(&format!("{}{spread} {sign}", percent(value.value)));
        if options.colour {
            cell = match mark {
                Some(Mark::Highest) => cell.fg(Color::Green),
                Some(Mark::Lowest) => cell.fg(Color::Red),
                None => cell,
            };
        }
        cells.push(cell);
    }
    if bold && options.colour {
        cells = cells.into_iter().map(|cell| cell.add_attribute(Attribute::Bold)).collect();
    }
    cells
}
