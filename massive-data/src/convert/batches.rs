//! The typed table in memory, for those who share it without a file.

use std::sync::{Mutex, PoisonError};

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, SchemaRef};

use super::arrow::Numbers;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::read_report::ReadReport;
use crate::table::{NumberedRow, record_batch, schema};
use crate::words::LabelMode;

/// Rows of the corpus as record batches.
#[derive(Debug)]
pub struct Batches {
    /// The columns, which are those of [`table`](crate::table).
    pub schema: SchemaRef,
    /// The rows, in the order in which they are read.
    pub batches: Vec<RecordBatch>,
    /// What was read.
    pub report: ReadReport,
}

/// Reads the selected rows into record batches, on all cores.
///
/// ```
/// use massive_data::{Corpus, LabelMode, convert};
///
/// let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini");
/// let table = convert::to_batches(&Corpus::open(folder)?, LabelMode::Reference)?;
/// let rows: usize = table.batches.iter().map(|batch| batch.num_rows()).sum();
/// assert_eq!(rows as u64, table.report.rows);
/// assert_eq!(table.schema.field(0).name(), "id");
/// # Ok::<(), massive_data::Error>(())
/// ```
///
/// # Errors
/// As [`Corpus::for_each`].
pub fn to_batches(corpus: &Corpus, labels: LabelMode) -> Result<Batches> {
    let built: Mutex<Vec<(usize, Result<RecordBatch, ArrowError>)>> = Mutex::default();
    let mut numbers = Numbers::default();
    let mut blocks = 0;
    // Rows are read on some threads and become columns on others.
    let report = rayon::in_place_scope(|scope| {
        corpus.fold(
            Vec::new,
            |rows, _, utterance| {
                rows.push(utterance.into_owned());
                Ok(())
            },
            |_, _, rows| {
                let rows: Vec<NumberedRow> =
                    rows.into_iter().map(|row| numbers.number(row)).collect::<Result<_>>()?;
                if rows.is_empty() {
                    return Ok(());
                }
                let (place, built) = (blocks, &built);
                blocks += 1;
                scope.spawn(move |_| {
                    let batch = record_batch(&rows, labels);
                    built.lock().unwrap_or_else(PoisonError::into_inner).push((place, batch));
                });
                Ok(())
            },
        )
    })?;
    let mut built = built.into_inner().unwrap_or_else(PoisonError::into_inner);
    built.sort_unstable_by_key(|&(place, _)| place);
    let batches = built.into_iter().map(|(_, batch)| batch.map_err(Error::output));
    Ok(Batches { schema: schema(labels), batches: batches.collect::<Result<_>>()?, report })
}
