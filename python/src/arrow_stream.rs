//! Tables from and to other libraries, by Arrow's C stream.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{ArrayRef, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_ipc::writer::FileWriter;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Schema, SchemaRef};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::failure::{Failure, Result};
use crate::{json_lines, work};

/// What Arrow calls a stream in a capsule.
const STREAM: &CStr = c"arrow_array_stream";

/// Rows in memory that other libraries take as they are: pyarrow, polars, pandas,
/// DuckDB, DataFusion.
#[pyclass(frozen, module = "massive_nlu")]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Self {
        Table { schema, batches }
    }

    fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// The different texts of a column, sorted.
    fn different(&self, column: &str) -> Vec<String> {
        let columns = self.batches.iter().filter_map(|batch| batch.column_by_name(column));
        let texts = columns.filter_map(|column| arrow_cast::cast(column, &DataType::Utf8).ok());
        let mut found = BTreeSet::new();
        for texts in texts {
            found.extend(texts.as_string::<i32>().iter().flatten().map(str::to_owned));
        }
        found.into_iter().collect()
    }
}

#[pymethods]
impl Table {
    /// The rows as Arrow's C stream.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // A producer may give its own types, and whoever asks casts.
        drop(requested_schema);
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader = RecordBatchIterator::new(batches, self.schema.clone());
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
    }

    fn __len__(&self) -> usize {
        self.rows()
    }

    /// The different texts of a column, sorted.
    fn texts(&self, column: &str) -> Vec<String> {
        self.different(column)
    }

    /// The names of the columns.
    #[getter]
    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    fn __repr__(&self) -> String {
        format!("<massive_nlu.Table of {} rows: {}>", self.rows(), self.column_names().join(", "))
    }
}

/// Takes the stream of an object that offers one.
pub(crate) fn reader_of(object: &Bound<'_, PyAny>) -> PyResult<RecordBatchStreamReader> {
    let offered = object.call_method0("__arrow_c_stream__").map_err(|error| {
        let message = format!(
            "expected an object that offers Arrow's C stream (a table of pyarrow, polars, pandas, \
             DuckDB or DataFusion), not {}",
            object.get_type()
        );
        let wrapped = PyTypeError::new_err(message);
        wrapped.set_cause(object.py(), Some(error));
        wrapped
    })?;
    let capsule = offered.cast::<PyCapsule>()?;
    let stream = capsule.pointer_checked(Some(STREAM))?.cast::<FFI_ArrowArrayStream>();
    // SAFETY: a capsule of this name holds an ArrowArrayStream; from_raw moves it
    // out and leaves a released one, as a consumer has to.
    #[expect(unsafe_code, reason = "a stream of another library comes as a pointer")]
    let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) };
    reader.map_err(|error| PyTypeError::new_err(format!("not a stream of Arrow: {error}")))
}

/// Reads all of a stream, its columns being of plain types: no dictionaries, no
/// views.
pub(crate) fn read(reader: RecordBatchStreamReader) -> Result<(SchemaRef, Vec<RecordBatch>)> {
    let failed = |error: ArrowError| {
        Failure::request(format!("the table that was given cannot be read: {error}"))
    };
    let given = reader.schema();
    let fields: Vec<FieldRef> = given.fields().iter().map(plain_field).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, given.metadata().clone()));
    let mut batches = Vec::new();
    for batch in reader {
        let batch = batch.map_err(failed)?;
        let columns = batch.columns().iter().zip(schema.fields());
        let columns: Vec<ArrayRef> = columns
            .map(|(column, field)| arrow_cast::cast(column, field.data_type()))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        batches.push(RecordBatch::try_new(schema.clone(), columns).map_err(failed)?);
    }
    Ok((schema, batches))
}

/// Reads all that an object offers, which may be possible once only.
#[pyfunction]
pub(crate) fn keep(object: &Bound<'_, PyAny>) -> PyResult<Table> {
    let reader = reader_of(object)?;
    work::run(object.py(), move || read(reader).map(|(schema, batches)| Table { schema, batches }))
}

/// Writes what an object offers as JSON lines (.jsonl) or as an Arrow file; how many rows, and the different
/// texts of a column where it has that.
#[pyfunction]
#[pyo3(signature = (object, path, column=None))]
pub(crate) fn write_arrow(
    object: &Bound<'_, PyAny>,
    path: PathBuf,
    column: Option<String>,
) -> PyResult<(usize, Option<Vec<String>>)> {
    let reader = reader_of(object)?;
    work::run(object.py(), move || {
        let (schema, batches) = read(reader)?;
        let failed = |error: &dyn std::fmt::Display| {
            Failure::request(format!("{} cannot be written: {error}", path.display()))
        };
        let file = File::create(&path).map_err(|error| failed(&error))?;
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let mut out = BufWriter::new(file);
            for batch in &batches {
                json_lines::write(batch, &mut out).map_err(|error| failed(&error))?;
            }
            out.flush().map_err(|error| failed(&error))?;
            let table = Table { schema, batches };
            let texts = column.filter(|name| table.schema.index_of(name).is_ok());
            return Ok((table.rows(), texts.map(|name| table.different(&name))));
        }
        let mut writer = FileWriter::try_new(file, &schema).map_err(|error| failed(&error))?;
        for batch in &batches {
            writer.write(batch).map_err(|error| failed(&error))?;
        }
        writer.finish().map_err(|error| failed(&error))?;
        let table = Table { schema, batches };
        let texts = column.filter(|name| table.schema.index_of(name).is_ok());
        Ok((table.rows(), texts.map(|name| table.different(&name))))
    })
}

fn plain_field(field: &FieldRef) -> FieldRef {
    let kind = plain(field.data_type());
    let plain = Field::new(field.name(), kind, true).with_metadata(field.metadata().clone());
    Arc::new(plain)
}

/// The type of the same values that every reader knows.
fn plain(kind: &DataType) -> DataType {
    match kind {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, values) => plain(values),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => DataType::List(plain_field(item)),
        DataType::FixedSizeList(item, _) => DataType::List(plain_field(item)),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(plain_field).collect()),
        DataType::RunEndEncoded(_, values) => plain(values.data_type()),
        other => other.clone(),
    }
}
