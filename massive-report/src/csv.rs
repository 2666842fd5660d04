//! Comma-separated values, for spreadsheets and scripts: fractions that read
//! back exactly, an empty field where there is no value.

use polars::prelude::{Column, DataFrame};

use super::rows::{Row, SortBy, average_rows, group_rows, irregularities, locale_rows, scope};
use super::sheet::Sheet;
use massive_eval::document::ScoreDocument;
use massive_eval::error::{Error, Result};
use massive_eval::frame::write_csv;
use massive_eval::metrics::Metric;

/// The score document as CSV: a row a locale, a group, then `all` and `macro`.
///
/// Columns: `kind` (`locale`, `group`, `average`), `name`, `description`,
/// `utterances`, `words`, `gold_slots`, `predicted_slots`, `correct_slots`, and
/// for each metric its value, `_ci95_low` and `_ci95_high`, of those of the paper
/// `_reference_stderr`, for slots also `slot_precision` and `slot_recall`, for
/// SLU-F1 `slu_f1_word` and `slu_f1_char`.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn render(document: &ScoreDocument, sort: SortBy) -> Result<String> {
    let mut out = Vec::new();
    write_csv(&mut frame(document, sort)?, &mut out)?;
    String::from_utf8(out).map_err(|error| Error::output("the table is not UTF-8", error))
}

/// The score document as sheets of a workbook: the columns of [`render`], and
/// what was scored.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn sheets(document: &ScoreDocument, sort: SortBy) -> Result<Vec<Sheet>> {
    let scope = scope(document).join("; ");
    let irregular = irregularities(document).join("; ");
    let signature = document.signature.to_string();
    let about = [
        ("what", scope.as_str()),
        ("irregular", irregular.as_str()),
        ("signature", signature.as_str()),
    ];
    Ok(vec![Sheet::of_frame("scores", &frame(document, sort)?)?, Sheet::of_pairs("about", &about)])
}

fn frame(document: &ScoreDocument, sort: SortBy) -> Result<DataFrame> {
    let mut rows: Vec<(&str, String, Row<'_>)> = Vec::new();
    rows.extend(
        locale_rows(document, sort).into_iter().map(|row| ("locale", row.name.to_owned(), row)),
    );
    for (feature, group) in group_rows(document) {
        rows.extend(group.into_iter().map(|row| ("group", format!("{feature}:{}", row.name), row)));
    }
    rows.extend(
        average_rows(document).into_iter().map(|row| ("average", row.name.to_owned(), row)),
    );

    let height = rows.len();
    let texts = |name: &str, value: &dyn Fn(&(&str, String, Row<'_>)) -> String| {
        Column::new(name.into(), rows.iter().map(value).collect::<Vec<String>>())
    };
    let integers = |name: &str, value: fn(&massive_eval::document::Scores) -> u64| {
        let values: Vec<Option<u64>> = rows.iter().map(|row| row.2.scores.map(value)).collect();
        Column::new(name.into(), values)
    };
    let numbers = |name: String, value: &dyn Fn(&Row<'_>) -> Option<f64>| {
        Column::new(name.into(), rows.iter().map(|row| value(&row.2)).collect::<Vec<Option<f64>>>())
    };
    let mut columns = vec![
        texts("kind", &|row| row.0.to_owned()),
        texts("name", &|row| row.1.clone()),
        texts("description", &|row| row.2.description.clone()),
        integers("utterances", |scores| scores.utterances),
        integers("words", |scores| scores.words),
        integers("gold_slots", |scores| scores.slots.gold),
        integers("predicted_slots", |scores| scores.slots.predicted),
        integers("correct_slots", |scores| scores.slots.correct),
    ];
    for (index, metric) in document.metrics().enumerate() {
        let score = |row: &Row<'_>| row.scores.and_then(|scores| scores.score(metric).cloned());
        columns.push(numbers(metric.name().to_owned(), &|row| {
            row.metrics[index].map(|value| value.value)
        }));
        if metric == Metric::SlotMicroF1 {
            columns.push(numbers("slot_precision".to_owned(), &|row| score(row)?.precision));
            columns.push(numbers("slot_recall".to_owned(), &|row| score(row)?.recall));
        }
        if Metric::PAPER.contains(&metric) {
            columns.push(numbers(format!("{metric}_reference_stderr"), &|row| {
                score(row)?.reference_stderr
            }));
        }
        for (bound, side) in ["low", "high"].into_iter().enumerate() {
            columns.push(numbers(format!("{metric}_ci95_{side}"), &|row| {
                Some(row.metrics[index]?.ci95?[bound])
            }));
        }
        if metric == Metric::SluF1 {
            columns.push(numbers("slu_f1_word".to_owned(), &|row| Some(score(row)?.slu?.word_f1)));
            columns.push(numbers("slu_f1_char".to_owned(), &|row| Some(score(row)?.slu?.char_f1)));
        }
    }
    DataFrame::new(height, columns)
        .map_err(|error| Error::output("the table cannot be built", error))
}
