//! The comparison as comma-separated values, one row a metric, for spreadsheets
//! and scripts: fractions that read back exactly, an empty field where there is
//! no value.

use polars::prelude::{Column, DataFrame};

use super::rows::{Row, average_rows, locale_rows, published, scope};
use crate::SortBy;
use crate::sheet::Sheet;
use massive_eval::comparison::{CompareDocument, Difference};
use massive_eval::error::{Error, Result};
use massive_eval::frame::write_csv;
use massive_eval::metrics::Metric;

/// A line of the table.
struct Line<'a> {
    system: &'a str,
    row: Row<'a>,
    metric: Metric,
}

impl Line<'_> {
    fn found(&self) -> Option<&Difference> {
        self.row.metrics.known(self.metric)
    }
}

/// The compare document as CSV: a row for each system, locale or average, and
/// metric.
///
/// Columns: `system`, `kind` (`locale`, `average`), `name`, `description`,
/// `utterances`, `metric`, `baseline`, `new`, `difference`, `ci95_low`,
/// `ci95_high`, `relative_error_change`, `p`, `p_holm`, `p_worse`, `discordant`,
/// `mcnemar_baseline_only`, `mcnemar_new_only`, `mcnemar_p`, `mcnemar_p_holm`,
/// `verdict`.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn render(document: &CompareDocument, sort: SortBy) -> Result<String> {
    let mut out = Vec::new();
    write_csv(&mut frame(document, sort)?, &mut out)?;
    String::from_utf8(out).map_err(|error| Error::output("the table is not UTF-8", error))
}

/// The compare document as sheets of a workbook: the columns of [`render`], and
/// what was compared.
///
/// # Errors
/// None that a caller can cause; polars' own.
pub fn sheets(document: &CompareDocument, sort: SortBy) -> Result<Vec<Sheet>> {
    let scope = scope(document).join("; ");
    let published = published(document).join("\n");
    let signature = document.signature.to_string();
    let about = [
        ("baseline", document.baseline.name.as_str()),
        ("what", scope.as_str()),
        ("published", published.as_str()),
        ("signature", signature.as_str()),
    ];
    let table = frame(document, sort)?;
    Ok(vec![Sheet::of_frame("comparison", &table)?, Sheet::of_pairs("about", &about)])
}

fn frame(document: &CompareDocument, sort: SortBy) -> Result<DataFrame> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for comparison in &document.comparisons {
        for metric in comparison.verdicts.metrics() {
            let rows = locale_rows(comparison, sort).into_iter().chain(average_rows(comparison));
            lines.extend(rows.map(|row| Line { system: &comparison.system.name, row, metric }));
        }
    }
    let texts = |name: &str, value: fn(&Line<'_>) -> String| {
        Column::new(name.into(), lines.iter().map(value).collect::<Vec<String>>())
    };
    let integers = |name: &str, value: fn(&Line<'_>) -> Option<u64>| {
        Column::new(name.into(), lines.iter().map(value).collect::<Vec<Option<u64>>>())
    };
    let numbers = |name: &str, value: fn(&Difference) -> Option<f64>| {
        let values: Vec<Option<f64>> = lines.iter().map(|line| value(line.found()?)).collect();
        Column::new(name.into(), values)
    };
    let columns = vec![
        texts("system", |line| line.system.to_owned()),
        texts("kind", |line| line.row.kind.to_owned()),
        texts("name", |line| line.row.name.to_owned()),
        texts("description", |line| line.row.description.to_owned()),
        integers("utterances", |line| line.row.utterances),
        texts("metric", |line| line.metric.name().to_owned()),
        numbers("baseline", |found| Some(found.baseline)),
        numbers("new", |found| Some(found.new)),
        numbers("difference", |found| Some(found.difference)),
        numbers("ci95_low", |found| found.ci95.map(|[low, _]| low)),
        numbers("ci95_high", |found| found.ci95.map(|[_, high]| high)),
        numbers("relative_error_change", |found| found.relative_error_change),
        numbers("p", |found| Some(found.p)),
        numbers("p_holm", |found| found.p_holm),
        numbers("p_worse", |found| found.p_worse),
        integers("discordant", |line| Some(line.found()?.discordant)),
        integers("mcnemar_baseline_only", |line| Some(line.found()?.mcnemar?.baseline_only)),
        integers("mcnemar_new_only", |line| Some(line.found()?.mcnemar?.new_only)),
        numbers("mcnemar_p", |found| Some(found.mcnemar?.p)),
        numbers("mcnemar_p_holm", |found| found.mcnemar?.p_holm),
        texts("verdict", |line| {
            line.found().map_or(String::new(), |found| found.verdict.name().to_owned())
        }),
    ];
    DataFrame::new(lines.len(), columns)
        .map_err(|error| Error::output("the table cannot be built", error))
}
