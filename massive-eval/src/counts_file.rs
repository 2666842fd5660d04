//! Tables of counts as Parquet files: parts of a score that were counted in
//! different places, and the score that they add up to.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use massive_data::{JudgmentFilter, LabelMode, Locale, Partition, ReadReport};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde::{Deserialize, Serialize};

use crate::counts_table::{from_batch, schema, to_batch};
use crate::error::{Error, Result};
use crate::evaluation::{Evaluation, MissingRows, Settings};
use crate::row_counts::RowCounts;
use crate::submission::InputForm;

/// The key in a file's metadata under which [`Header`] stands.
const KEY: &str = "massive-counts";

/// The format that this version writes.
const FORMAT: &str = "massive-counts/1";

/// Rows written at a time.
const BLOCK: usize = 65_536;

/// What holds for all rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    format: String,
    partition: Partition,
    labels: LabelMode,
    missing: String,
    /// The locales that the corpus has.
    locales: Vec<String>,
    /// How many rows of the corpus were selected.
    rows: u64,
    /// Lines of the corpus that were passed over.
    skipped: u64,
    /// Predictions of locales that were not selected.
    unselected: u64,
    /// How the predictions were read.
    #[serde(default)]
    input: InputForm,
}

/// Writes the rows of an evaluation that have a prediction; where missing rows
/// count as wrong, those that lack one besides.
///
/// # Errors
/// Rows that were chosen by judgments, which the file cannot say; those of `out`.
pub fn write(evaluation: &Evaluation, system: &str, out: impl Write + Send) -> Result<()> {
    if evaluation.filter.is_active() {
        return Err(Error::request(
            "counts of rows that were chosen by their judgments cannot be merged: count all rows"
                .to_owned(),
        ));
    }
    let header = Header {
        format: FORMAT.to_owned(),
        partition: evaluation.partition,
        labels: evaluation.labels,
        missing: evaluation.missing_rows.name().to_owned(),
        locales: evaluation.report.locales.iter().map(|one| one.tag().to_owned()).collect(),
        rows: evaluation.utterances.len() as u64,
        skipped: evaluation.report.skipped,
        unselected: evaluation.problems.unselected,
        input: evaluation.input.clone(),
    };
    let text = serde_json::to_string(&header)
        .map_err(|error| Error::output("the head of a table of counts cannot be written", error))?;
    let failed = |error| Error::output("a table of counts cannot be written", error);
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_owned(), text)]))
        .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema(), Some(properties)).map_err(failed)?;
    let keeps = |row: &&RowCounts| !row.missing || evaluation.missing_rows == MissingRows::Wrong;
    let rows: Vec<RowCounts> = evaluation.utterances.iter().filter(keeps).cloned().collect();
    for block in rows.chunks(BLOCK) {
        writer.write(&to_batch(system, block)?).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(())
}

/// Merges files of counts of one system, in any order and grouping: the very
/// evaluation of scoring everything in one place.
///
/// # Errors
/// A file that cannot be read or is no table of counts; files of different
/// corpora, partitions or settings; rows counted twice with different results;
/// several systems; rows of the corpus that no file has.
pub fn merge(paths: &[PathBuf]) -> Result<Evaluation> {
    let mut header: Option<(Header, &Path)> = None;
    let mut systems: BTreeMap<String, Vec<RowCounts>> = BTreeMap::new();
    for path in paths {
        let (here, rows) = read(path)?;
        match &mut header {
            None => header = Some((here, path)),
            Some((first, of)) => first.join(here, of, path)?,
        }
        for (system, mut rows) in rows {
            systems.entry(system).or_default().append(&mut rows);
        }
    }
    let Some((header, path)) = header else {
        return Err(Error::request("there are no tables of counts to merge".to_owned()));
    };
    if systems.len() > 1 {
        let names: Vec<&str> = systems.keys().map(String::as_str).collect();
        return Err(Error::request(format!(
            "the tables of counts are of several systems ({}): merge those of one",
            names.join(", ")
        )));
    }
    let rows = systems.into_values().next().unwrap_or_default();
    let missing = header.missing.clone();
    let expected = header.rows;
    let input = header.input.clone();
    let evaluation = Evaluation::from_rows(header.settings(path)?, rows)?;
    let mut evaluation = Evaluation { input, ..evaluation };
    evaluation.problems.unselected = evaluation.report.unselected;
    let found = evaluation.utterances.len() as u64;
    if found < expected && missing != MissingRows::LeftOut.name() {
        return Err(Error::request(format!(
            "{} of {expected} rows are in none of these tables of counts: a part is not there, or \
             rows have no prediction",
            expected - found
        )));
    }
    Ok(evaluation)
}

/// The head of a file and its rows by system.
fn read(path: &Path) -> Result<(Header, BTreeMap<String, Vec<RowCounts>>)> {
    let failed = |what: &dyn std::fmt::Display| {
        Error::request(format!(
            "{} is no table of counts ({what}): expected what `massive score --counts-only` writes",
            path.display()
        ))
    };
    let file = File::open(path)
        .map_err(|error| Error::request(format!("{} cannot be read: {error}", path.display())))?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| failed(&error))?;
    let metadata = reader.metadata().file_metadata().key_value_metadata().cloned();
    let text = metadata
        .unwrap_or_default()
        .into_iter()
        .find(|one| one.key == KEY)
        .and_then(|one| one.value)
        .ok_or_else(|| failed(&"it does not say so in its metadata"))?;
    let header: Header = serde_json::from_str(&text).map_err(|error| failed(&error))?;
    if header.format != FORMAT {
        return Err(failed(&format!("it is of format {}, and this is {FORMAT}", header.format)));
    }
    let mut systems: BTreeMap<String, Vec<RowCounts>> = BTreeMap::new();
    for batch in reader.build().map_err(|error| failed(&error))? {
        let batch = batch.map_err(|error| failed(&error))?;
        for (system, mut rows) in from_batch(&batch)? {
            systems.entry(system).or_default().append(&mut rows);
        }
    }
    Ok((header, systems))
}

impl Header {
    /// Adds the head of another part of the same score.
    fn join(&mut self, other: Header, of: &Path, path: &Path) -> Result<()> {
        for (what, here, there) in [
            ("partition", &self.partition.to_string(), &other.partition.to_string()),
            ("labels", &self.labels.to_string(), &other.labels.to_string()),
            ("missing rows", &self.missing, &other.missing),
            ("rows of the corpus", &self.rows.to_string(), &other.rows.to_string()),
            ("reading", &self.input.reading.to_string(), &other.input.reading.to_string()),
        ] {
            if here != there {
                return Err(Error::request(format!(
                    "{} and {} are not parts of one score: {what} is {here} in the first and \
                     {there} in the second",
                    of.display(),
                    path.display()
                )));
            }
        }
        self.unselected += other.unselected;
        for locale in other.locales {
            if !self.locales.contains(&locale) {
                self.locales.push(locale);
            }
        }
        Ok(())
    }

    fn settings(self, path: &Path) -> Result<Settings> {
        let failed =
            |error: massive_data::Error| Error::request(format!("{}: {error}", path.display()));
        let locales: Vec<Locale> = self
            .locales
            .iter()
            .map(|tag| tag.parse())
            .collect::<massive_data::Result<_>>()
            .map_err(failed)?;
        let missing_rows = [MissingRows::Error, MissingRows::Wrong, MissingRows::LeftOut]
            .into_iter()
            .find(|policy| policy.name() == self.missing)
            .ok_or_else(|| {
                Error::request(format!(
                    "{}: unknown way `{}` to treat missing rows",
                    path.display(),
                    self.missing.escape_debug()
                ))
            })?;
        let report = ReadReport {
            rows: self.rows,
            unselected: self.unselected,
            locales: locales.into_iter().collect(),
            skipped: self.skipped,
            ..ReadReport::default()
        };
        let filter = JudgmentFilter::default();
        Ok(Settings {
            partition: self.partition,
            labels: self.labels,
            input: self.input,
            missing_rows,
            filter,
            report: Arc::new(report),
        })
    }
}
