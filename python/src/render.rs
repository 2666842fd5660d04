//! Documents for readers.

use massive_eval::comparison::CompareDocument;
use massive_eval::errors::ErrorsDocument;
use massive_eval::{Metric, ScoreDocument};
use massive_report::errors::listing::{self, ListingOptions};
use massive_report::errors::summary;
use massive_report::plot::PlotOptions;
use massive_report::table::TableOptions;
use massive_report::{SortBy, comparison as of_two, csv, latex, markdown, plot, table};
use pyo3::prelude::*;

use crate::failure::{Failure, Result};
use crate::work;

/// How a document is shown.
struct Options {
    sort: Option<String>,
    width: u16,
    colour: bool,
    title: String,
}

/// Shows a document of scores, of a comparison or of errors in one of its forms: table,
/// markdown, csv, latex, svg or png; errors as table only.
#[pyfunction]
#[pyo3(signature = (document, form, sort=None, width=80, colour=false, title=String::new()))]
pub(crate) fn render(
    py: Python<'_>,
    document: String,
    form: String,
    sort: Option<String>,
    width: u16,
    colour: bool,
    title: String,
) -> PyResult<Vec<u8>> {
    let options = Options { sort, width, colour, title };
    work::run(py, move || shown(&document, &form, options))
}

/// The form of a document, by which its kind is known.
#[derive(serde::Deserialize)]
struct Kind {
    format: String,
}

fn shown(document: &str, form: &str, options: Options) -> Result<Vec<u8>> {
    let kind: Kind = read(document)?;
    match kind.format.as_str() {
        massive_eval::comparison::FORMAT => comparison(&read(document)?, form, options),
        massive_eval::errors::FORMAT => errors(&read(document)?, form, &options),
        _ => score(&read(document)?, form, options),
    }
}

fn read<T: for<'text> serde::Deserialize<'text>>(document: &str) -> Result<T> {
    serde_json::from_str(document)
        .map_err(|error| Failure::request(format!("not a document of this kind: {error}")))
}

fn score(document: &ScoreDocument, form: &str, options: Options) -> Result<Vec<u8>> {
    let (sort, drawn) = options.sorted()?;
    let draw = || plot::svg(document, &drawn);
    Ok(match form {
        "table" => table::render(document, options.table(sort)).into_bytes(),
        "markdown" => markdown::render(document, sort).into_bytes(),
        "csv" => csv::render(document, sort)?.into_bytes(),
        "latex" => latex::render(document, sort).into_bytes(),
        "svg" => draw()?.into_bytes(),
        "png" => plot::png(&draw()?)?,
        _ => return Err(unknown(form, "table, markdown, csv, latex, svg or png")),
    })
}

fn comparison(document: &CompareDocument, form: &str, options: Options) -> Result<Vec<u8>> {
    let (sort, drawn) = options.sorted()?;
    let draw = || plot::differences_svg(document, &drawn);
    Ok(match form {
        "table" => of_two::table::render(document, options.table(sort)).into_bytes(),
        "markdown" => of_two::markdown::render(document, sort).into_bytes(),
        "csv" => of_two::csv::render(document, sort)?.into_bytes(),
        "latex" => of_two::latex::render(document, sort).into_bytes(),
        "svg" => draw()?.into_bytes(),
        "png" => plot::png(&draw()?)?,
        _ => return Err(unknown(form, "table, markdown, csv, latex, svg or png")),
    })
}

fn errors(document: &ErrorsDocument, form: &str, options: &Options) -> Result<Vec<u8>> {
    let Options { width, colour, .. } = *options;
    match form {
        "table" if document.summary.is_some() => Ok(summary::render(document, width).into_bytes()),
        "table" => {
            let options = ListingOptions { width, colour, anchored: false };
            Ok(listing::render(document, options).into_bytes())
        }
        _ => Err(unknown(form, "table")),
    }
}

fn unknown(form: &str, expected: &str) -> Failure {
    Failure::request(format!("unknown form `{form}`: expected {expected}"))
}

impl Options {
    /// The order of rows, and how plots are drawn.
    fn sorted(&self) -> Result<(SortBy, PlotOptions)> {
        let metric = self.sort.as_deref().map(str::parse::<Metric>).transpose()?;
        let mut drawn = PlotOptions { title: self.title.clone(), ..Default::default() };
        if let Some(metric) = metric {
            drawn.sort = metric;
        }
        Ok((metric.map_or(SortBy::Locale, SortBy::Metric), drawn))
    }

    fn table(&self, sort: SortBy) -> TableOptions {
        TableOptions { width: self.width, colour: self.colour, sort }
    }
}
