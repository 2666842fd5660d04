//! Score documents for readers.

use massive_eval::{Metric, ScoreDocument};
use massive_report::table::TableOptions;
use massive_report::{SortBy, csv, latex, markdown, plot, table};
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

/// Shows a score document in one of its forms: table, markdown, csv, latex, svg or
/// png.
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

fn shown(document: &str, form: &str, options: Options) -> Result<Vec<u8>> {
    let document: ScoreDocument = serde_json::from_str(document)
        .map_err(|error| Failure::request(format!("not a score document: {error}")))?;
    let metric = options.sort.map(|name| name.parse::<Metric>()).transpose()?;
    let sort = metric.map_or(SortBy::Locale, SortBy::Metric);
    let draw = || {
        let mut drawn = plot::PlotOptions { title: options.title.clone(), ..Default::default() };
        if let Some(metric) = metric {
            drawn.sort = metric;
        }
        plot::svg(&document, &drawn)
    };
    Ok(match form {
        "table" => {
            let (width, colour) = (options.width, options.colour);
            table::render(&document, TableOptions { width, colour, sort }).into_bytes()
        }
        "markdown" => markdown::render(&document, sort).into_bytes(),
        "csv" => csv::render(&document, sort)?.into_bytes(),
        "latex" => latex::render(&document, sort).into_bytes(),
        "svg" => draw()?.into_bytes(),
        "png" => plot::png(&draw()?)?,
        _ => {
            return Err(Failure::request(format!(
                "unknown form `{form}`: expected table, markdown, csv, latex, svg or png"
            )));
        }
    })
}
