//! A corpus in Parquet files: what they hold is known from their footers, so
//! that row groups and columns nobody asked for are never read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;

use crate::corpus::{Detail, Selection};
use crate::error::{Error, Result};
use crate::input::{Member, PARQUET_MAGIC, files_in, is_lines_file, promised_locale, unreadable};
use crate::locale::{Locale, LocaleSet};
use crate::partition::Partition;
use crate::table::{Columns, ROW, check_columns, needed};

/// Rows that are decoded at a time.
const BATCH: usize = 1 << 14;

/// Parquet files, opened and checked for their columns.
#[derive(Debug, Clone)]
pub(crate) struct ParquetInput {
    files: Vec<Arc<ParquetFile>>,
}

#[derive(Debug)]
struct ParquetFile {
    member: Member,
    path: PathBuf,
    metadata: ArrowReaderMetadata,
}

/// A piece of work: row groups of a file that belong together.
///
/// The rows of a locale lie in a row group a partition; where the table says in
/// which order they stood, such row groups are read as one.
#[derive(Debug)]
pub(crate) struct Piece {
    file: Arc<ParquetFile>,
    groups: Vec<Group>,
    /// Bytes in the file.
    pub(crate) bytes: u64,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    index: usize,
    /// Rows of the file before it.
    first_row: u64,
    locale: Option<Locale>,
    partition: Option<Partition>,
}

/// What of an input is to be read, and what is not.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) pieces: Vec<Piece>,
    /// Rows in row groups that are not read, of files that are.
    pub(crate) unselected: u64,
    /// Locales of what is not read.
    pub(crate) locales: LocaleSet,
    /// Bytes that are not read.
    pub(crate) passed_over: u64,
}

/// A row by its batch and its place in it.
pub(crate) struct RowAt<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) at: usize,
    /// Its number among the rows of the file after [`Piece::rows_before`], from 1.
    pub(crate) number: u64,
}

/// The decoded rows of a piece.
pub(crate) struct PieceRows {
    batches: Vec<(u64, Columns)>,
    rows_before: u64,
    sorted: bool,
}

impl ParquetInput {
    /// The Parquet files at a path: one file, or a folder that has no JSON lines;
    /// `None` where something else is.
    pub(crate) fn find(path: &Path) -> Result<Option<ParquetInput>> {
        let files = if path.is_dir() {
            if !files_in(path, is_lines_file)?.is_empty() {
                return Ok(None);
            }
            let files = files_in(path, is_parquet_file)?;
            files
                .iter()
                .map(|file| open(file, promised_locale(file)))
                .collect::<Result<Vec<_>>>()?
        } else if path.is_file() && has_magic(path)? {
            vec![open(path, None)?]
        } else {
            Vec::new()
        };
        Ok((!files.is_empty()).then_some(ParquetInput { files }))
    }

    /// Bytes of the files.
    pub(crate) fn size(&self) -> Option<u64> {
        self.files
            .iter()
            .map(|file| std::fs::metadata(&file.path).ok().map(|metadata| metadata.len()))
            .sum()
    }

    /// Chooses what is to be read for a selection.
    pub(crate) fn plan(&self, selection: &Selection) -> Plan {
        let mut plan = Plan::default();
        for file in &self.files {
            match file.member.locale {
                Some(locale) if !selection.locales.contains(locale) => {
                    plan.locales.insert(locale);
                    plan.passed_over += file.bytes();
                }
                _ => plan.add(file, selection),
            }
        }
        plan
    }
}

fn is_parquet_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        !name.starts_with('.') && name.ends_with(".parquet")
    })
}

fn has_magic(path: &Path) -> Result<bool> {
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(PARQUET_MAGIC.len() as u64).read_to_end(&mut head))
        .map_err(|error| unreadable(path, error))?;
    Ok(head == PARQUET_MAGIC)
}

fn open(path: &Path, locale: Option<Locale>) -> Result<Arc<ParquetFile>> {
    let member = Member { name: path.display().to_string(), locale };
    let file = File::open(path).map_err(|error| unreadable(path, error))?;
    // The Arrow schema that some writers embed only says how they held the
    // table in memory.
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata =
        ArrowReaderMetadata::load(&file, options).map_err(|error| damaged(&member, &error))?;
    check_columns(metadata.schema()).map_err(|error| error.at_file(&member.name))?;
    Ok(Arc::new(ParquetFile { member, path: path.to_owned(), metadata }))
}

fn damaged(member: &Member, error: &dyn std::fmt::Display) -> Error {
    Error::input(format!(
        "this Parquet file cannot be read ({error}); it is damaged or cut short, make it again"
    ))
    .at_file(&member.name)
}

impl ParquetFile {
    fn bytes(&self) -> u64 {
        self.metadata.metadata().row_groups().iter().map(bytes_of).sum()
    }
}

fn bytes_of(group: &RowGroupMetaData) -> u64 {
    u64::try_from(group.compressed_size()).unwrap_or(0)
}

/// The value that all rows of a group have in a column of texts, if its
/// statistics say so.
fn only_value<'a>(group: &'a RowGroupMetaData, column: &str) -> Option<&'a str> {
    let column = group.columns().iter().find(|chunk| chunk.column_path().string() == column)?;
    let statistics = column.statistics()?;
    let exact = statistics.min_is_exact() && statistics.max_is_exact();
    let (min, max) = (statistics.min_bytes_opt()?, statistics.max_bytes_opt()?);
    if !exact || min != max || statistics.null_count_opt() != Some(0) {
        return None;
    }
    std::str::from_utf8(min).ok()
}

impl Plan {
    fn add(&mut self, file: &Arc<ParquetFile>, selection: &Selection) {
        let ordered = file.metadata.schema().column_with_name(ROW).is_some();
        let mut first_row = 0;
        let mut last: Option<Piece> = None;
        for (index, metadata) in file.metadata.metadata().row_groups().iter().enumerate() {
            let rows = u64::try_from(metadata.num_rows()).unwrap_or(0);
            let group = Group {
                index,
                first_row,
                locale: only_value(metadata, "locale").and_then(Locale::from_tag),
                partition: only_value(metadata, "partition").and_then(Partition::from_name),
            };
            first_row += rows;
            if !group.wanted(selection) {
                self.unselected += rows;
                if let Some(locale) = group.locale {
                    self.locales.insert(locale);
                }
                self.passed_over += bytes_of(metadata);
                continue;
            }
            match &mut last {
                Some(piece) if ordered && piece.continues_with(&group) => {
                    piece.groups.push(group);
                    piece.bytes += bytes_of(metadata);
                }
                _ => {
                    let bytes = bytes_of(metadata);
                    let piece = Piece { file: file.clone(), groups: vec![group], bytes };
                    self.pieces.extend(last.replace(piece));
                }
            }
        }
        self.pieces.extend(last);
    }
}

impl Group {
    /// False if no row of it can be selected.
    fn wanted(&self, selection: &Selection) -> bool {
        self.locale.is_none_or(|locale| selection.locales.contains(locale))
            && match (self.partition, selection.partition) {
                (Some(has), Some(wanted)) => has == wanted,
                _ => true,
            }
    }
}

impl Piece {
    /// Another partition of the same locale.
    fn continues_with(&self, group: &Group) -> bool {
        group.locale.is_some()
            && group.partition.is_some()
            && self
                .groups
                .iter()
                .all(|known| known.locale == group.locale && known.partition != group.partition)
    }

    /// The file.
    pub(crate) fn member(&self) -> &Member {
        &self.file.member
    }

    /// Rows of the file before the first of this piece.
    pub(crate) fn rows_before(&self) -> u64 {
        self.groups.first().map_or(0, |group| group.first_row)
    }

    /// Decodes the columns that are needed.
    pub(crate) fn decode(&self, detail: Detail) -> Result<PieceRows> {
        let mut batches = Vec::new();
        for group in &self.groups {
            let mut first_row = group.first_row;
            for columns in self.file.decode(group, detail)? {
                let rows = columns.rows() as u64;
                batches.push((first_row, columns));
                first_row += rows;
            }
        }
        Ok(PieceRows { batches, rows_before: self.rows_before(), sorted: self.groups.len() > 1 })
    }
}

impl ParquetFile {
    fn decode(&self, group: &Group, detail: Detail) -> Result<Vec<Columns>> {
        let failed = |error: &dyn std::fmt::Display| damaged(&self.member, error);
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, error))?;
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), needed(detail));
        let reader =
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![group.index])
                .with_batch_size(BATCH)
                .build()
                .map_err(|error: ParquetError| failed(&error))?;
        reader
            .map(|batch| {
                let batch = batch.map_err(|error| failed(&error))?;
                Columns::new(&batch).map_err(|error| error.at_file(&self.member.name))
            })
            .collect()
    }
}

impl PieceRows {
    /// The rows, in the order in which they stood in their locale where that is
    /// known.
    pub(crate) fn rows(&self) -> impl Iterator<Item = RowAt<'_>> {
        let mut rows: Vec<RowAt<'_>> = self
            .batches
            .iter()
            .flat_map(|(first_row, columns)| {
                let before = first_row - self.rows_before;
                (0..columns.rows()).map(move |at| RowAt {
                    columns,
                    at,
                    number: before + at as u64 + 1,
                })
            })
            .collect();
        if self.sorted {
            rows.sort_by_key(|row| row.columns.place(row.at));
        }
        rows.into_iter()
    }
}
