//! The comparison as a table in a terminal.

use comfy_table::{Attribute, Cell, Color};

use super::rows::{
    Row, about_intervals, average_rows, half_width, locale_rows, p_value, points, published, rule,
    scope, sign, verdicts,
};
use super::usage;
use crate::rows::percent;
use crate::table::{TableOptions, plain, push_line, right, ruled};
use massive_eval::comparison::{CompareDocument, Comparison, Difference, Verdict};

/// From this width on the baseline's values are shown.
const WITH_BASELINE: u16 = 100;
/// From this width on languages and p-values are shown.
const WITH_P: u16 = 132;
/// From this width on the relative change of the errors is shown.
const WITH_ERRORS: u16 = 156;

/// The compare document as a table a comparison, with what it says in words
/// below.
pub fn render(document: &CompareDocument, options: TableOptions) -> String {
    let mut out = String::new();
    for comparison in &document.comparisons {
        push_line(&mut out, &format!("new       {}", comparison.system.name));
        push_line(&mut out, &format!("baseline  {}", document.baseline.name));
        out.push('\n');
        out.push_str(&table(comparison, options));
        out.push('\n');
        for sentence in verdicts(comparison) {
            out.push_str(&wrap(&sentence, options.width));
        }
        out.push('\n');
        out.push_str(&wrap(&legend(document, comparison, options), options.width));
        if let Some(usage) = usage::table(document, comparison) {
            out.push('\n');
            out.push_str(&usage);
        }
        if document.comparisons.len() > 1 {
            out.push('\n');
        }
    }
    for line in published(document).into_iter().chain(scope(document)) {
        out.push_str(&wrap(&line, options.width));
    }
    push_line(&mut out, &document.signature.to_string());
    out
}

fn table(comparison: &Comparison, options: TableOptions) -> String {
    let mut table = plain(options.colour);
    let mut header = vec![Cell::new("locale")];
    if options.width >= WITH_P {
        header.push(Cell::new("language"));
    }
    for metric in comparison.verdicts.metrics() {
        header.push(right(&format!("{}  ", metric.short())));
        if options.width >= WITH_ERRORS {
            header.push(right("errors"));
        }
        if options.width >= WITH_P {
            header.push(right("p"));
        }
    }
    table.set_header(header);
    let locales = locale_rows(comparison, options.sort);
    for row in &locales {
        table.add_row(cells(row, options, false));
    }
    for row in average_rows(comparison) {
        table.add_row(cells(&row, options, true));
    }
    ruled(&table, &[locales.len()])
}

fn cells(row: &Row<'_>, options: TableOptions, bold: bool) -> Vec<Cell> {
    let mut cells = vec![Cell::new(row.name)];
    if options.width >= WITH_P {
        cells.push(Cell::new(row.description));
    }
    for (_, difference) in row.metrics.iter() {
        let difference = difference.as_ref();
        let text = difference.map_or("–  ".to_owned(), |found| text(found, options.width));
        let mut cell = right(&text);
        if options.colour {
            cell = match difference.map(|found| found.verdict) {
                Some(Verdict::Won) => cell.fg(Color::Green),
                Some(Verdict::Lost) => cell.fg(Color::Red),
                _ => cell,
            };
        }
        cells.push(cell);
        if options.width >= WITH_ERRORS {
            let change = difference.and_then(|found| found.relative_error_change);
            cells.push(right(
                &change.map_or("–".to_owned(), |change| format!("{} %", tenths(change))),
            ));
        }
        if options.width >= WITH_P {
            let p = difference.map(|found| found.p_holm.unwrap_or(found.p));
            cells.push(right(&p.map_or("–".to_owned(), p_value)));
        }
    }
    if bold && options.colour {
        cells = cells.into_iter().map(|cell| cell.add_attribute(Attribute::Bold)).collect();
    }
    cells
}

fn text(found: &Difference, width: u16) -> String {
    let mut text = String::new();
    if width >= WITH_BASELINE {
        text = format!("{} → ", percent(found.baseline));
    }
    let spread = half_width(found).map_or(String::new(), |half| format!(" ±{half:>5}"));
    format!(
        "{text}{:>5} {:>6}{spread} {}",
        percent(found.new),
        points(found.difference),
        sign(found.verdict)
    )
}

fn tenths(change: f64) -> String {
    if change == 0.0 { "0.0".to_owned() } else { format!("{:+.1}", 100.0 * change) }
}

fn legend(document: &CompareDocument, comparison: &Comparison, options: TableOptions) -> String {
    let values = if options.width >= WITH_BASELINE { "baseline → new" } else { "the new system" };
    let spread = about_intervals(comparison).map_or(String::new(), |text| format!(" {text}"));
    let errors = match options.width >= WITH_ERRORS {
        true => "; errors: their relative change",
        false => "",
    };
    format!(
        "Per cent: {values}, difference{spread}{errors}; ▲ won, ▼ lost: {}.",
        rule(document, comparison)
    )
}

/// Breaks a text into lines at spaces.
fn wrap(text: &str, width: u16) -> String {
    let mut out = String::new();
    let mut column = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > usize::from(width) {
            out.push_str("\n  ");
            column = 2;
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += length;
    }
    out.push('\n');
    out
}
