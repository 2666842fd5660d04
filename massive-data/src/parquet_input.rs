//! A corpus in Parquet files: what they hold is known from their footers, so
//! that row groups and columns nobody asked for are never read.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::input::{Member, PARQUET_MAGIC, files_in, is_lines_file, promised_locale, unreadable};
use crate::labels::LabelPolicy;
use crate::locale::Locale;
use crate::locale_set::LocaleSet;
use crate::partition::Partition;
use crate::selection::{Detail, Selection};
use crate::table::{Columns, ROW, best_types, check_columns, needed};

/// Rows that are decoded at a time: few enough to stay in the cache until they
/// are read.
const BATCH: usize = 1 << 11;

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

/// The row groups of a piece while they are read, side by side.
pub(crate) struct PieceRows<'p> {
    groups: Vec<GroupRows<'p>>,
    /// The group of the row that was handed out last.
    last: Option<usize>,
}

/// A row group while it is read.
struct GroupRows<'p> {
    file: &'p ParquetFile,
    reader: ParquetRecordBatchReader,
    labels: LabelPolicy,
    /// The batch of the next row.
    columns: Columns,
    at: usize,
    /// The number of the next row.
    number: u64,
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

    /// True if a file says what class numbers mean, as Hugging Face's do.
    pub(crate) fn has_classes(&self) -> bool {
        self.files.iter().any(|file| {
            let entries = file.metadata.metadata().file_metadata().key_value_metadata();
            entries.into_iter().flatten().any(|entry| entry.key == "huggingface")
        })
    }

    /// True if a file starts as a Parquet file does.
    pub(crate) fn has_magic(path: &Path) -> Result<bool> {
        has_magic(path)
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
    let found = guarded(|| ArrowReaderMetadata::load(&file, options.clone()))
        .ok_or_else(|| inconsistent(&member))?
        .map_err(|error| damaged(&member, &error))?;
    let size = file.metadata().map_err(|error| unreadable(path, error))?.len();
    check_places(found.metadata(), size).map_err(|what| damaged(&member, &what))?;
    check_columns(found.schema()).map_err(|error| error.at_file(&member.name))?;
    let options = options.with_schema(best_types(found.schema()));
    // Columns of types for which there is no better one are read as they are.
    let better = ArrowReaderMetadata::try_new(found.metadata().clone(), options);
    let metadata = better.unwrap_or(found);
    Ok(Arc::new(ParquetFile { member, path: path.to_owned(), metadata }))
}

/// Where the decoder panics, as it does where what a file says contradicts itself.
fn inconsistent(member: &Member) -> Error {
    damaged(member, &"what it says of its columns contradicts itself")
}

/// Checks that what a footer says of row groups can be true of a file of this
/// size: readers take it at its word.
fn check_places(metadata: &ParquetMetaData, size: u64) -> Result<(), &'static str> {
    let mut rows: i64 = 0;
    for group in metadata.row_groups() {
        rows = rows
            .checked_add(group.num_rows())
            .filter(|_| group.num_rows() >= 0)
            .ok_or("a row group of an impossible length")?;
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
            let inside = |start: i64| u64::try_from(start).is_ok_and(|start| start <= size);
            let end = start.checked_add(column.compressed_size());
            if !inside(start)
                || column.compressed_size() < 0
                || !inside(column.data_page_offset())
                || !end.is_some_and(inside)
            {
                return Err("a column that lies outside the file");
            }
            if column.num_values() < 0 {
                return Err("a column of a negative length");
            }
        }
    }
    Ok(())
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

    /// The rows with the columns that are needed and labels of this policy.
    ///
    /// Groups are merged by the places that rows had in their locale, which
    /// ascend in a group.
    pub(crate) fn rows(&self, detail: Detail, labels: LabelPolicy) -> Result<PieceRows<'_>> {
        let before = self.rows_before();
        let groups = self
            .groups
            .iter()
            .filter_map(|group| {
                let number = group.first_row - before + 1;
                GroupRows::open(&self.file, group, number, detail, labels).transpose()
            })
            .collect::<Result<_>>()?;
        Ok(PieceRows { groups, last: None })
    }
}

impl PieceRows<'_> {
    /// The next row, in the order in which they stood in their locale where that
    /// is known.
    pub(crate) fn next_row(&mut self) -> Result<Option<RowAt<'_>>> {
        if let Some(last) = self.last.take()
            && !self.groups[last].advance()?
        {
            self.groups.remove(last);
        }
        let first = match self.groups.len() {
            0 => return Ok(None),
            1 => 0,
            several => (0..several).min_by_key(|&group| self.groups[group].place()).unwrap_or(0),
        };
        self.last = Some(first);
        let GroupRows { columns, at, number, .. } = &self.groups[first];
        Ok(Some(RowAt { columns, at: *at, number: *number }))
    }
}

impl<'p> GroupRows<'p> {
    /// A group at its first row, if it has one.
    fn open(
        file: &'p ParquetFile,
        group: &Group,
        number: u64,
        detail: Detail,
        labels: LabelPolicy,
    ) -> Result<Option<Self>> {
        let mut reader = file.reader(group, detail)?;
        Ok(file.next_batch(&mut reader, labels)?.map(|columns| GroupRows {
            file,
            reader,
            labels,
            columns,
            at: 0,
            number,
        }))
    }

    fn place(&self) -> Option<u32> {
        self.columns.place(self.at)
    }

    /// Goes on to the next row; false if there is none.
    fn advance(&mut self) -> Result<bool> {
        self.at += 1;
        self.number += 1;
        if self.at < self.columns.rows() {
            return Ok(true);
        }
        match self.file.next_batch(&mut self.reader, self.labels)? {
            Some(columns) => {
                self.columns = columns;
                self.at = 0;
                Ok(true)
            }
            None => Ok(false),
        }
    }
}

impl ParquetFile {
    fn reader(&self, group: &Group, detail: Detail) -> Result<ParquetRecordBatchReader> {
        let file = File::open(&self.path).map_err(|error| unreadable(&self.path, error))?;
        let mask = ProjectionMask::columns(self.metadata.parquet_schema(), needed(detail));
        let build = || {
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone())
                .with_projection(mask)
                .with_row_groups(vec![group.index])
                .with_batch_size(BATCH)
                .build()
        };
        guarded(build)
            .ok_or_else(|| inconsistent(&self.member))?
            .map_err(|error: ParquetError| damaged(&self.member, &error))
    }

    /// The next rows, if there are any.
    fn next_batch(
        &self,
        reader: &mut ParquetRecordBatchReader,
        labels: LabelPolicy,
    ) -> Result<Option<Columns>> {
        loop {
            let batch = guarded(|| reader.next()).ok_or_else(|| inconsistent(&self.member))?;
            let Some(batch) = batch else { return Ok(None) };
            let batch = batch.map_err(|error| damaged(&self.member, &error))?;
            if batch.num_rows() > 0 {
                let columns = Columns::new(&batch, labels);
                return columns.map(Some).map_err(|error| error.at_file(&self.member.name));
            }
        }
    }
}
