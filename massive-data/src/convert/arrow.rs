//! The typed table as an Arrow IPC file.

use std::collections::BTreeMap;
use std::io::Write as _;

use arrow_ipc::writer::FileWriter;

use super::{Format, Output, RowWriter};
use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::table::{NumberedRow, record_batch, schema};
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// Rows of a record batch.
const BATCH: usize = 8_192;

/// An Arrow IPC file (Feather version 2) with the columns of
/// [`table`](crate::table), rows in the order in which they are read.
#[derive(Debug, Clone, Copy)]
pub struct Arrow {
    /// How labels are derived.
    pub labels: LabelMode,
}

impl Format for Arrow {
    type Row = Utterance<'static>;
    type Writer<'w> = ArrowWriter<'w>;

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<Self::Row>> {
        Ok(Some(utterance.into_owned()))
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<ArrowWriter<'w>> {
        let file = FileWriter::try_new(out, &schema(self.labels)).map_err(Error::output)?;
        Ok(ArrowWriter { file, labels: self.labels, numbers: Numbers::default(), rows: Vec::new() })
    }
}

/// Writes the table as an Arrow IPC file.
#[allow(missing_debug_implementations, reason = "an output has nothing to show")]
pub struct ArrowWriter<'w> {
    file: FileWriter<Output<'w>>,
    labels: LabelMode,
    numbers: Numbers,
    rows: Vec<NumberedRow>,
}

impl RowWriter for ArrowWriter<'_> {
    type Row = Utterance<'static>;

    fn write(&mut self, row: Self::Row) -> Result<()> {
        self.rows.push(self.numbers.number(row)?);
        if self.rows.len() == BATCH { self.write_rows() } else { Ok(()) }
    }

    fn waiting(&self) -> usize {
        self.rows.len()
    }

    fn relieve(&mut self) -> Result<()> {
        self.write_rows()
    }

    fn finish(mut self) -> Result<()> {
        self.write_rows()?;
        let mut out = self.file.into_inner().map_err(Error::output)?;
        out.flush().map_err(Error::output)
    }
}

impl ArrowWriter<'_> {
    fn write_rows(&mut self) -> Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let batch = record_batch(&rows, self.labels).map_err(Error::output)?;
        self.file.write(&batch).map_err(Error::output)
    }
}

/// Numbers the rows of each locale.
#[derive(Debug, Default)]
pub(super) struct Numbers(BTreeMap<Locale, u32>);

impl Numbers {
    /// The row with its number.
    pub(super) fn number(&mut self, row: Utterance<'static>) -> Result<NumberedRow> {
        let next = self.0.entry(row.locale()).or_default();
        let number = *next;
        *next = next.checked_add(1).ok_or_else(|| {
            Error::request(format!("more than {} rows of {}", u32::MAX, row.locale()))
        })?;
        Ok((number, row))
    }
}
