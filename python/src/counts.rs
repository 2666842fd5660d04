//! Counts as tables, and the scores that they add up to.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_schema::{Schema, SchemaRef};
use massive_data::{FormOptions, PredictionFiles};
use massive_eval::counts_header::KEY;
use massive_eval::{
    Bootstrap, CountsHeader, CountsPart, Interval, MissingRows, RowCounts, ScoreOptions,
    Submission, counts_file, counts_parts, counts_table,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arrow_stream::{self, Table, reader_of};
use crate::corpus::Corpus;
use crate::failure::{Failure, Result};
use crate::gold::Gold;
use crate::work;

/// Counts the predictions in files, which are one system's or, where they say of which
/// system each is, those of `systems`.
#[pyfunction]
#[pyo3(signature = (paths, corpus, system=String::new(), systems=None, tolerant=false))]
pub(crate) fn counts(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    corpus: &Bound<'_, Corpus>,
    system: String,
    systems: Option<Vec<String>>,
    tolerant: bool,
) -> PyResult<Table> {
    let gold = corpus.get().gold();
    work::run(py, move || {
        let gold = gold.read()?;
        let chosen: Vec<(Option<String>, String)> = match systems {
            Some(systems) => systems.into_iter().map(|name| (Some(name.clone()), name)).collect(),
            None => vec![(None, system)],
        };
        let mut parts = Vec::new();
        for (of, name) in chosen {
            let options = FormOptions { system: of, tolerant, ..FormOptions::default() };
            let files = PredictionFiles::open_with(&paths, &options, Some(&|| gold.corpus()))?;
            let (submission, bad) = Submission::read(&files)?;
            if let Some(error) = bad.examples.into_iter().next() {
                return Err(error.into());
            }
            parts.push(gold.rows.count(&submission, &name)?);
        }
        table_of(&counts_parts::merge(parts)?)
    })
}

/// No rows, as a table of counts.
#[pyfunction]
pub(crate) fn no_counts() -> Table {
    Table::new(counts_table::schema(), Vec::new())
}

fn table_of(part: &CountsPart) -> Result<Table> {
    let metadata: HashMap<String, String> = [(KEY.to_owned(), part.header.to_json()?)].into();
    let schema = counts_table::schema();
    let schema: SchemaRef = Arc::new(Schema::new_with_metadata(schema.fields().clone(), metadata));
    let mut batches = Vec::new();
    for (system, rows) in &part.systems {
        let batch = counts_table::to_batch(system, rows)?;
        let with_header = batch.with_schema(schema.clone());
        batches.push(with_header.map_err(|error| Failure::internal(error.to_string()))?);
    }
    Ok(Table::new(schema, batches))
}

/// What a fold is to give.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Options {
    system: Option<String>,
    missing: String,
    metrics: Vec<String>,
    group_by: Vec<String>,
    interval: String,
    resamples: Option<u32>,
    seed: u64,
}

/// The score document, as text, that tables and files of counts add up to; with the
/// systems that there are.
#[pyfunction]
#[pyo3(signature = (tables, paths, corpus, options))]
pub(crate) fn fold(
    py: Python<'_>,
    tables: Vec<Bound<'_, PyAny>>,
    paths: Vec<PathBuf>,
    corpus: Option<&Bound<'_, Corpus>>,
    options: &Bound<'_, PyDict>,
) -> PyResult<String> {
    let options: Options = options.extract()?;
    let readers = tables.iter().map(reader_of).collect::<PyResult<Vec<_>>>()?;
    let gold = corpus.map(|corpus| corpus.get().gold());
    work::run(py, move || {
        let gold = gold.map(|gold| gold.read()).transpose()?;
        let missing = missing_of(&options.missing)?;
        let mut parts = Vec::new();
        for (number, reader) in (1..).zip(readers) {
            let (schema, batches) = arrow_stream::read(reader)?;
            let mut systems: BTreeMap<String, Vec<RowCounts>> = BTreeMap::new();
            for batch in &batches {
                for (system, mut rows) in counts_table::from_batch(batch)? {
                    systems.entry(system).or_default().append(&mut rows);
                }
            }
            if systems.is_empty() && batches.iter().all(|batch| batch.num_rows() == 0) {
                continue;
            }
            let header = header_of(&schema, &systems, gold.as_deref(), missing)?;
            parts.push(CountsPart { name: format!("table {number}"), header, systems });
        }
        for path in &paths {
            parts.push(counts_file::read(path)?);
        }
        let mut whole = counts_parts::merge(parts)?;
        if let (MissingRows::Wrong, Some(gold)) = (missing, &gold) {
            let lacking = gold.rows.missing(&whole.header.counted_locales()?)?;
            whole.systems.values_mut().for_each(|rows| rows.extend(lacking.iter().cloned()));
        }
        let evaluation = counts_parts::fold(whole, options.system.as_deref())?;
        let document = evaluation.document(&options.of_document()?);
        let text = serde_json::to_string_pretty(&document);
        text.map(|text| text + "\n").map_err(|error| Failure::internal(error.to_string()))
    })
}

/// The systems in a table of counts.
fn missing_of(name: &str) -> Result<MissingRows> {
    [MissingRows::Error, MissingRows::Wrong]
        .into_iter()
        .find(|policy| policy.name() == name)
        .ok_or_else(|| {
            Failure::request(format!(
                "unknown way `{name}` to treat missing rows: expected error or wrong"
            ))
        })
}

/// What holds for a table: what its schema says, or what the corpus does, where an
/// engine has dropped that.
fn header_of(
    schema: &Schema,
    systems: &BTreeMap<String, Vec<RowCounts>>,
    gold: Option<&Gold>,
    missing: MissingRows,
) -> Result<CountsHeader> {
    match (gold, schema.metadata().get(KEY)) {
        (Some(gold), _) => {
            let rows = systems.values().flatten();
            let locales = rows.map(|row| row.key.0).collect();
            Ok(gold.rows.header(Some(&locales), missing)?)
        }
        (None, Some(text)) => Ok(CountsHeader::from_json(text)?),
        (None, None) => Err(Failure::request(
            "the tables of counts do not say which corpus they are of, since what made them has \
             dropped the metadata of their schema: give the corpus as well",
        )),
    }
}

impl Options {
    fn of_document(&self) -> Result<ScoreOptions> {
        let mut options = ScoreOptions::default();
        if !self.metrics.is_empty() {
            let metrics = self.metrics.iter().map(|name| name.parse());
            options.metrics = metrics.collect::<Result<_, massive_eval::Error>>()?;
        }
        let groupings = self.group_by.iter().map(|name| name.parse());
        options.groupings = groupings.collect::<Result<_, massive_eval::Error>>()?;
        let bootstrap = |resamples| Interval::Bootstrap(Bootstrap { resamples, seed: self.seed });
        options.interval = match (self.interval.as_str(), self.resamples) {
            (_, Some(0)) | ("none", None) => Interval::None,
            (_, Some(resamples)) => bootstrap(resamples),
            ("bootstrap", None) => bootstrap(Bootstrap::default().resamples),
            ("wilson", None) => Interval::WilsonIds,
            (name, None) => {
                let message =
                    format!("unknown interval `{name}`: expected wilson, bootstrap or none");
                return Err(Failure::request(message));
            }
        };
        Ok(options)
    }
}
