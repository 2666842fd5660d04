//! Parquet and Arrow files, as Hugging Face's libraries and others write them.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatchReader};
use arrow_ipc::reader::{FileReader, StreamReader};
use arrow_schema::{DataType, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::error::{Error, Result};
use crate::guard::guarded;

use super::table::Record;
use super::value::{Value, parse};

/// Names of class numbers, by column.
pub(super) type Classes = BTreeMap<String, Vec<String>>;

/// True for the head of an Arrow file or stream.
pub(super) fn is_arrow(head: &[u8]) -> bool {
    head.starts_with(b"ARROW1") || head.starts_with(&[0xff, 0xff, 0xff, 0xff])
}

fn damaged() -> Error {
    Error::input("this file of columns cannot be read; it is damaged or cut short, make it again")
}

/// Reads a Parquet file.
pub(super) fn parquet(path: &Path) -> Result<(Vec<Record>, Classes)> {
    guarded(|| {
        let file = File::open(path).map_err(|_| damaged())?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|_| damaged())?;
        let entries = builder.metadata().file_metadata().key_value_metadata();
        let mut classes = classes_of(builder.schema());
        for entry in entries.into_iter().flatten().filter(|entry| entry.key == "huggingface") {
            classes.extend(classes_in(entry.value.as_deref().unwrap_or_default()));
        }
        Ok((batches(builder.build().map_err(|_| damaged())?)?, classes))
    })
    .unwrap_or_else(|| Err(damaged()))
}

/// Reads an Arrow file or stream.
pub(super) fn arrow(path: &Path, head: &[u8]) -> Result<(Vec<Record>, Classes)> {
    guarded(|| {
        let file = File::open(path).map_err(|_| damaged())?;
        if head.starts_with(b"ARROW1") {
            let reader = FileReader::try_new(file, None).map_err(|_| damaged())?;
            let classes = classes_of(&reader.schema());
            return Ok((batches(reader)?, classes));
        }
        let reader = StreamReader::try_new(file, None).map_err(|_| damaged())?;
        let classes = classes_of(&reader.schema());
        Ok((batches(reader)?, classes))
    })
    .unwrap_or_else(|| Err(damaged()))
}

fn batches(reader: impl RecordBatchReader) -> Result<Vec<Record>> {
    let mut records: Vec<Record> = Vec::new();
    for batch in reader {
        let batch = batch.map_err(|_| damaged())?;
        let before = records.len();
        let count = batch.num_rows() as u64;
        records.extend((1..=count).map(|row| Record::new(before as u64 + row)));
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let name = field.name().trim().to_owned();
            for (record, value) in records[before..].iter_mut().zip(values(column)?) {
                record.fields.push((name.clone(), value));
            }
        }
    }
    Ok(records)
}

/// The values of a column.
fn values(column: &ArrayRef) -> Result<Vec<Value>> {
    let nested = |lists: Vec<Option<ArrayRef>>| -> Result<Vec<Value>> {
        lists
            .into_iter()
            .map(|list| list.map_or(Ok(Value::Null), |list| Ok(Value::List(values(&list)?))))
            .collect()
    };
    match column.data_type() {
        DataType::List(_) => nested(column.as_list::<i32>().iter().collect()),
        DataType::LargeList(_) => nested(column.as_list::<i64>().iter().collect()),
        DataType::FixedSizeList(..) => nested(column.as_fixed_size_list().iter().collect()),
        DataType::Struct(fields) => {
            let structs = column.as_struct();
            let columns: Vec<Vec<Value>> =
                structs.columns().iter().map(values).collect::<Result<_>>()?;
            Ok((0..column.len())
                .map(|row| {
                    if column.is_null(row) {
                        return Value::Null;
                    }
                    let pairs = fields.iter().zip(&columns);
                    Value::Object(
                        pairs.map(|(field, c)| (field.name().clone(), c[row].clone())).collect(),
                    )
                })
                .collect())
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::Null => {
            Ok(vec![Value::Null; column.len()])
        }
        kind => scalars(column, kind),
    }
}

fn scalars(column: &ArrayRef, kind: &DataType) -> Result<Vec<Value>> {
    let number = kind.is_numeric();
    let bool = *kind == DataType::Boolean;
    let texts = arrow_cast::cast(column, &DataType::Utf8).map_err(|_| {
        Error::input("a column of a type that holds neither texts nor numbers cannot be read")
    })?;
    Ok(texts
        .as_string::<i32>()
        .iter()
        .map(|text| match text {
            None => Value::Null,
            Some(text) if number => Value::Number(text.to_owned()),
            Some(text) if bool => Value::Bool(text == "true"),
            Some(text) => Value::text(text),
        })
        .collect())
}

fn classes_of(schema: &Schema) -> Classes {
    schema.metadata().get("huggingface").map(|text| classes_in(text)).unwrap_or_default()
}

/// The names of classes in what `datasets` writes beside its columns, or in its
/// `dataset_info.json`.
pub(super) fn classes_in(text: &str) -> Classes {
    let Ok(value) = parse(text) else { return Classes::new() };
    let features = value.get("info").unwrap_or(&value).get("features");
    let Some(Value::Object(features)) = features else { return Classes::new() };
    features
        .iter()
        .filter_map(|(column, feature)| {
            let feature = feature.get("feature").unwrap_or(feature);
            let names = feature.get("names")?.as_list()?;
            Some((column.clone(), names.iter().filter_map(Value::scalar).collect()))
        })
        .collect()
}
