//! Tables of counts as Parquet files.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;

use crate::counts_header::{CountsHeader, KEY};
use crate::counts_parts::{self, CountsPart};
use crate::counts_table::{from_batch, schema, to_batch};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::row_counts::RowCounts;

/// Rows written at a time.
const BLOCK: usize = 65_536;

/// Writes a part.
///
/// # Errors
/// Those of `out`.
pub fn write(part: &CountsPart, out: impl Write + Send) -> Result<()> {
    let failed = |error| Error::output("a table of counts cannot be written", error);
    let properties = WriterProperties::builder()
        .set_key_value_metadata(Some(vec![KeyValue::new(KEY.to_owned(), part.header.to_json()?)]))
        .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
        .build();
    let mut writer = ArrowWriter::try_new(out, schema(), Some(properties)).map_err(failed)?;
    for (system, rows) in &part.systems {
        for block in rows.chunks(BLOCK) {
            writer.write(&to_batch(system, block)?).map_err(failed)?;
        }
    }
    writer.close().map_err(failed)?;
    Ok(())
}

/// Reads a part.
///
/// # Errors
/// A file that cannot be read or is no table of counts.
pub fn read(path: &Path) -> Result<CountsPart> {
    let failed = |what: &dyn std::fmt::Display| {
        Error::request(format!(
            "{} is no table of counts ({what}): expected Parquet with the columns of \
             schemas/counts.schema.json",
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
    let header = CountsHeader::from_json(&text).map_err(|error| failed(&error))?;
    let mut systems: BTreeMap<String, Vec<RowCounts>> = BTreeMap::new();
    for batch in reader.build().map_err(|error| failed(&error))? {
        let batch = batch.map_err(|error| failed(&error))?;
        for (system, mut rows) in from_batch(&batch).map_err(|error| failed(&error))? {
            systems.entry(system).or_default().append(&mut rows);
        }
    }
    Ok(CountsPart { name: path.display().to_string(), header, systems })
}

/// Merges files of counts, in any order and grouping, to the very evaluation of
/// scoring everything in one place: of `system`, or of the only one there is.
///
/// # Errors
/// Those of [`read`], [`counts_parts::merge`] and [`counts_parts::fold`].
pub fn merge(paths: &[PathBuf], system: Option<&str>) -> Result<Evaluation> {
    let parts: Vec<CountsPart> = paths.iter().map(|path| read(path)).collect::<Result<_>>()?;
    counts_parts::fold(counts_parts::merge(parts)?, system)
}
