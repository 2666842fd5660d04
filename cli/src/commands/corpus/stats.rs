//! `massive corpus stats`

use massive_data::stats::{COLUMNS, Cell, Column, PAPER_NOTE, StatsTable};
use massive_data::{LocaleFilter, ReadReport};
use massive_eval::frame::write_csv;
use massive_report::grouped;

use crate::args::{CorpusStatsArgs, Global, StatsFormat};
use crate::commands::score::json;
use crate::destination::Destination;
use crate::failure::{Failure, Result};
use crate::table::{Align, TextTable};

/// The figures of a table, the most asked for first: as many as there is room
/// for.
const IN_TABLES: [&str; 15] = [
    "rows",
    "slots",
    "words",
    "distinct_words",
    "length_mean",
    "intents",
    "slot_types",
    "rows_with_slots",
    "judgments",
    "grammar_score_mean",
    "spelling_score_mean",
    "grammar_score_agreement",
    "language_target",
    "zero_width_rows",
    "non_nfc_rows",
];

pub(crate) fn run(args: &CorpusStatsArgs, global: &Global) -> Result<()> {
    let chosen: Vec<&'static Column> =
        args.columns.iter().map(|name| Column::named(name)).collect::<Result<_, _>>()?;
    let destination = Destination::prepare(&args.output)?;
    let (corpus, progress) = super::open(&args.rows, LocaleFilter::NONE, global)?;
    let (table, report) = StatsTable::count(&corpus, &args.by, args.labels)?;
    drop(progress);
    super::account(&args.rows, &report, global)?;
    let text = match destination.form {
        StatsFormat::Json => json(&table.document(&or_all(&chosen)))?,
        StatsFormat::Csv => csv(&table, &or_all(&chosen))?,
        StatsFormat::Markdown => with_notes(text_table(&table, &in_tables(&chosen)?).markdown()),
        StatsFormat::Table => {
            fitting(&table, &report, &chosen, usize::from(destination.width(80)))?
        }
    };
    destination.write(text)
}

fn or_all(chosen: &[&'static Column]) -> Vec<&'static Column> {
    if chosen.is_empty() { COLUMNS.iter().collect() } else { chosen.to_vec() }
}

fn in_tables(chosen: &[&'static Column]) -> Result<Vec<&'static Column>> {
    if !chosen.is_empty() {
        return Ok(chosen.to_vec());
    }
    Ok(IN_TABLES.into_iter().map(Column::named).collect::<Result<_, _>>()?)
}

fn csv(table: &StatsTable, columns: &[&'static Column]) -> Result<String> {
    let mut out = Vec::new();
    write_csv(&mut table.frame(columns)?, &mut out)?;
    String::from_utf8(out)
        .map_err(|error| Failure::CannotRun(format!("the table is not UTF-8: {error}")))
}

fn text_table(table: &StatsTable, columns: &[&'static Column]) -> TextTable {
    let names = table.by().dimensions().iter().map(|by| (by.name().to_owned(), Align::Left));
    let figures = columns.iter().map(|column| (column.name.to_owned(), Align::Right));
    let mut text = TextTable::new(names.chain(figures).collect());
    for (names, cells) in table.rows(columns) {
        text.push(names.into_iter().chain(cells.into_iter().map(show)).collect());
    }
    text
}

fn show(cell: Cell) -> String {
    match cell {
        Cell::Count(count) => grouped(count),
        Cell::Number(Some(number)) => format!("{number:.3}"),
        Cell::Number(None) => "–".to_owned(),
    }
}

/// A table with as many figures as there is room for, if none was asked for.
fn fitting(
    table: &StatsTable,
    report: &ReadReport,
    chosen: &[&'static Column],
    width: usize,
) -> Result<String> {
    let mut columns = in_tables(chosen)?;
    let mut text = text_table(table, &columns).plain();
    if chosen.is_empty() {
        while columns.len() > 1 && first_line(&text).chars().count() > width {
            columns.pop();
            text = text_table(table, &columns).plain();
        }
    }
    text.push('\n');
    text.push_str(&format!("{} rows", grouped(report.rows)));
    if report.filtered > 0 {
        text.push_str(&format!(", {} did not pass the filters", grouped(report.filtered)));
    }
    if columns.len() < COLUMNS.len() && chosen.is_empty() {
        text.push_str(&format!(
            "; {} of {} figures, all with --format csv or json",
            columns.len(),
            COLUMNS.len()
        ));
    }
    Ok(with_notes(text + "\n"))
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn with_notes(mut text: String) -> String {
    text.push('\n');
    text.push_str(PAPER_NOTE);
    text.push('\n');
    text
}
