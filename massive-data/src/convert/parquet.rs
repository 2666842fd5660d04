//! The typed table as a Parquet file, laid out so that a reader finds a locale
//! and a partition without reading the rest.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Write as _;

use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowLeafColumn, ArrowRowGroupWriterFactory,
    compute_leaves,
};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::Result as ParquetResult;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;
use rayon::prelude::*;

use super::arrow::Numbers;
use super::{Format, Output, RowWriter};
use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::table::{LABEL_MODE_KEY, NumberedRow, record_batch, schema};
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// A Parquet file with the columns of [`table`](crate::table), a row group a
/// locale and partition. It can be opened as a [`Corpus`](crate::Corpus), which
/// gives every row back as it was, in the order in which it stood in its locale.
#[derive(Debug, Clone, Copy)]
pub struct Parquet {
    /// How labels are derived; recorded in the file's metadata.
    pub labels: LabelMode,
}

impl Format for Parquet {
    type Row = Utterance<'static>;
    type Writer<'w> = ParquetWriter<'w>;

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<Self::Row>> {
        Ok(Some(utterance.into_owned()))
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<ParquetWriter<'w>> {
        let schema = schema(self.labels);
        let (file, groups) = ArrowWriter::try_new(out, schema, Some(properties(self.labels)))
            .and_then(ArrowWriter::into_serialized_writer)
            .map_err(Error::output)?;
        Ok(ParquetWriter {
            file,
            groups,
            labels: self.labels,
            numbers: Numbers::default(),
            waiting: BTreeMap::new(),
            waiting_rows: 0,
        })
    }
}

/// Texts that hardly repeat, for which a dictionary is in the way.
const UNIQUE: [&[&str]; 4] =
    [&["id"], &["utt"], &["annot_utt"], &["slots", "list", "element", "value"]];

/// Columns that are for others: they are derived from the annotation, which alone
/// is read back, so they are packed as small as may be and the rest to be unpacked
/// quickly.
const DERIVED: [&[&str]; 8] = [
    &["slots", "list", "element", "name"],
    &["slots", "list", "element", "value"],
    &["slots", "list", "element", "byte_start"],
    &["slots", "list", "element", "byte_end"],
    &["slots", "list", "element", "grapheme_start"],
    &["slots", "list", "element", "grapheme_end"],
    &["words", "list", "element"],
    &["labels", "list", "element"],
];

/// The columns by which row groups are found.
const SORTED_BY: [&str; 2] = ["locale", "partition"];

fn properties(labels: LabelMode) -> WriterProperties {
    let path = |parts: &[&str]| {
        ColumnPath::new(parts.iter().map(|&part| part.to_owned()).collect::<Vec<_>>())
    };
    let label_mode = KeyValue::new(LABEL_MODE_KEY.to_owned(), labels.name().to_owned());
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::LZ4_RAW)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_offset_index_disabled(true)
        .set_key_value_metadata(Some(vec![label_mode]));
    for parts in DERIVED {
        let small = Compression::ZSTD(ZstdLevel::default());
        properties = properties.set_column_compression(path(parts), small);
    }
    for parts in UNIQUE {
        properties = properties.set_column_dictionary_enabled(path(parts), false);
    }
    for name in SORTED_BY {
        properties =
            properties.set_column_statistics_enabled(path(&[name]), EnabledStatistics::Chunk);
    }
    properties.build()
}

/// Writes the table as a Parquet file.
#[allow(missing_debug_implementations, reason = "an output has nothing to show")]
pub struct ParquetWriter<'w> {
    file: SerializedFileWriter<Output<'w>>,
    groups: ArrowRowGroupWriterFactory,
    labels: LabelMode,
    numbers: Numbers,
    waiting: BTreeMap<Locale, Vec<NumberedRow>>,
    waiting_rows: usize,
}

impl RowWriter for ParquetWriter<'_> {
    type Row = Utterance<'static>;

    fn write(&mut self, row: Self::Row) -> Result<()> {
        let locale = row.locale();
        self.waiting.entry(locale).or_default().push(self.numbers.number(row)?);
        self.waiting_rows += 1;
        Ok(())
    }

    fn waiting(&self) -> usize {
        self.waiting_rows
    }

    /// Writes the locale of which most rows wait: in a release it is complete.
    fn relieve(&mut self) -> Result<()> {
        let fullest =
            self.waiting.iter().max_by_key(|(locale, rows)| (rows.len(), Reverse(**locale)));
        match fullest.map(|(&locale, _)| locale) {
            Some(locale) => self.write_locale(locale),
            None => Ok(()),
        }
    }

    fn finish(mut self) -> Result<()> {
        while let Some((&locale, _)) = self.waiting.first_key_value() {
            self.write_locale(locale)?;
        }
        let mut out = self.file.into_inner().map_err(Error::output)?;
        out.flush().map_err(Error::output)
    }
}

impl ParquetWriter<'_> {
    fn write_locale(&mut self, locale: Locale) -> Result<()> {
        let rows = self.waiting.remove(&locale).unwrap_or_default();
        self.waiting_rows -= rows.len();
        let mut partitions: BTreeMap<Partition, Vec<NumberedRow>> = BTreeMap::new();
        for row in rows {
            partitions.entry(row.1.partition()).or_default().push(row);
        }
        let first = self.file.flushed_row_groups().len();
        let encoded: Vec<Vec<ArrowColumnChunk>> = partitions
            .into_values()
            .collect::<Vec<_>>()
            .into_par_iter()
            .enumerate()
            .map(|(index, rows)| encode(&self.groups, first + index, &rows, self.labels))
            .collect::<ParquetResult<_>>()
            .map_err(Error::output)?;
        encoded.into_iter().try_for_each(|columns| self.append(columns)).map_err(Error::output)
    }

    fn append(&mut self, columns: Vec<ArrowColumnChunk>) -> ParquetResult<()> {
        let mut group = self.file.next_row_group()?;
        for column in columns {
            column.append_to_row_group(&mut group)?;
        }
        group.close().map(drop)
    }
}

/// Encodes a row group, its columns on all cores.
fn encode(
    groups: &ArrowRowGroupWriterFactory,
    index: usize,
    rows: &[NumberedRow],
    labels: LabelMode,
) -> ParquetResult<Vec<ArrowColumnChunk>> {
    let batch = record_batch(rows, labels)?;
    let mut leaves: Vec<ArrowLeafColumn> = Vec::new();
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        leaves.extend(compute_leaves(field, column)?);
    }
    let columns: Vec<(ArrowColumnWriter, ArrowLeafColumn)> =
        groups.create_column_writers(index)?.into_iter().zip(leaves).collect();
    columns
        .into_par_iter()
        .map(|(mut writer, leaf)| {
            writer.write(&leaf)?;
            writer.close()
        })
        .collect()
}
