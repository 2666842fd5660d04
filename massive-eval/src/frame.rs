//! The per-utterance results as a data frame, for those who go on in Python or
//! SQL.

use std::io::Write;

use massive_data::Intent;
use massive_data::spreadsheet::{harmless, is_formula};
use polars::prelude::{Column, DataFrame, PolarsError};
use polars_io::SerWriter;
use polars_io::csv::write::CsvWriter;
use polars_io::parquet::write::ParquetWriter;

use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::row_counts::RowCounts;

/// A row an utterance, by locale and id, with these columns: `locale`, `id`,
/// `partition`, `intent`, `pred_intent` (null without one), `intent_correct`,
/// `words`, `gold_slots`, `predicted_slots`, `correct_slots`, `exact_match`,
/// `missing`, `malformed`, `misaligned`.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn utterances(evaluation: &Evaluation) -> Result<DataFrame> {
    fn column<T, V: FromIterator<T>>(rows: &[RowCounts], value: impl Fn(&RowCounts) -> T) -> V {
        rows.iter().map(value).collect()
    }
    let rows = &evaluation.utterances;
    let strings = |value: fn(&RowCounts) -> &str| -> Vec<&str> { rows.iter().map(value).collect() };
    let ids: Vec<String> = column(rows, |row| row.key.1.to_string());
    let predicted: Vec<Option<&str>> =
        rows.iter().map(|row| row.predicted_intent.as_ref().map(Intent::as_str)).collect();
    let columns = vec![
        Column::new("locale".into(), strings(|row| row.key.0.tag())),
        Column::new("id".into(), ids),
        Column::new("partition".into(), vec![evaluation.partition.name(); rows.len()]),
        Column::new("intent".into(), strings(|row| row.intent.as_str())),
        Column::new("pred_intent".into(), predicted),
        Column::new(
            "intent_correct".into(),
            column::<_, Vec<bool>>(rows, |row| row.counts.intent_correct),
        ),
        Column::new("words".into(), column::<_, Vec<u32>>(rows, |row| row.counts.words)),
        Column::new("gold_slots".into(), column::<_, Vec<u32>>(rows, |row| row.counts.slots.gold)),
        Column::new(
            "predicted_slots".into(),
            column::<_, Vec<u32>>(rows, |row| row.counts.slots.predicted),
        ),
        Column::new(
            "correct_slots".into(),
            column::<_, Vec<u32>>(rows, |row| row.counts.slots.correct),
        ),
        Column::new(
            "exact_match".into(),
            column::<_, Vec<bool>>(rows, |row| row.counts.exact_match),
        ),
        Column::new("missing".into(), column::<_, Vec<bool>>(rows, |row| row.missing)),
        Column::new("malformed".into(), column::<_, Vec<bool>>(rows, |row| row.malformed)),
        Column::new("misaligned".into(), column::<_, Vec<bool>>(rows, |row| row.misaligned)),
    ];
    DataFrame::new(rows.len(), columns)
        .map_err(|error| Error::output("the data frame cannot be built", error))
}

/// Writes a frame as Parquet.
///
/// # Errors
/// Those of `out`.
pub fn write_parquet(frame: &mut DataFrame, out: impl Write) -> Result<()> {
    ParquetWriter::new(out)
        .finish(frame)
        .map(|_| ())
        .map_err(|error| Error::output("Parquet cannot be written", error))
}

/// Writes a frame as CSV with a header.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe before
/// it ([`harmless`]).
///
/// # Errors
/// Those of `out`.
pub fn write_csv(frame: &mut DataFrame, out: impl Write) -> Result<()> {
    let failed = |error: PolarsError| Error::output("CSV cannot be written", error);
    let mut disarmed = Vec::new();
    for column in frame.columns() {
        let Ok(texts) = column.str() else { continue };
        if texts.iter().flatten().any(is_formula) {
            let texts: Vec<Option<String>> =
                texts.iter().map(|text| text.map(|text| harmless(text).into_owned())).collect();
            disarmed.push(Column::new(column.name().clone(), texts));
        }
    }
    for column in disarmed {
        frame.with_column(column).map_err(failed)?;
    }
    CsvWriter::new(out).finish(frame).map_err(failed)
}
