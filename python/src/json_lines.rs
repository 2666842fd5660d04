//! Tables as JSON lines, which readers of predictions take the quick way.

use std::io::{self, Write};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType};
use serde_json::{Map, Value};

/// A column ready to be written: as texts with what they are, or as items.
enum Column {
    Texts(ArrayRef, Kind),
    Lists(ArrayRef, Box<Column>),
    Structs(ArrayRef, Vec<(String, Column)>),
}

/// What the texts of a column are in JSON.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// Numbers and truths stand as they are.
    Bare,
}

/// Writes the rows of a batch of plain types; what is null is left out.
pub(crate) fn write(batch: &RecordBatch, out: &mut impl Write) -> io::Result<()> {
    let schema = batch.schema();
    let columns = schema.fields().iter().zip(batch.columns());
    let columns: Vec<(String, Column)> = columns
        .map(|(field, column)| Ok((field.name().trim().to_owned(), Column::of(column)?)))
        .collect::<Result<_, ArrowError>>()
        .map_err(io::Error::other)?;
    for row in 0..batch.num_rows() {
        serde_json::to_writer(&mut *out, &object(&columns, row))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn object(columns: &[(String, Column)], row: usize) -> Value {
    let fields = columns.iter().map(|(name, column)| (name.clone(), column.value(row)));
    Value::Object(fields.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
}

impl Column {
    fn of(column: &ArrayRef) -> Result<Column, ArrowError> {
        Ok(match column.data_type() {
            DataType::List(_) => {
                let items = Column::of(column.as_list::<i32>().values())?;
                Column::Lists(column.clone(), Box::new(items))
            }
            DataType::Struct(fields) => {
                let parts = fields.iter().zip(column.as_struct().columns());
                let parts = parts.map(|(field, one)| Ok((field.name().clone(), Column::of(one)?)));
                Column::Structs(column.clone(), parts.collect::<Result<_, ArrowError>>()?)
            }
            kind => {
                let bare = kind.is_numeric() || *kind == DataType::Boolean;
                let texts = arrow_cast::cast(column, &DataType::Utf8)?;
                Column::Texts(texts, if bare { Kind::Bare } else { Kind::Text })
            }
        })
    }

    fn value(&self, row: usize) -> Value {
        match self {
            Column::Texts(texts, _) if texts.is_null(row) => Value::Null,
            Column::Texts(texts, kind) => {
                let text = texts.as_string::<i32>().value(row);
                match kind {
                    Kind::Bare => serde_json::from_str(text).unwrap_or(Value::Null),
                    Kind::Text => Value::String(text.to_owned()),
                }
            }
            Column::Lists(lists, _) if lists.is_null(row) => Value::Null,
            Column::Lists(lists, items) => {
                let offsets = lists.as_list::<i32>().value_offsets();
                let places = offsets[row] as usize..offsets[row + 1] as usize;
                Value::Array(places.map(|place| items.value(place)).collect())
            }
            Column::Structs(structs, _) if structs.is_null(row) => Value::Null,
            Column::Structs(_, parts) => object(parts, row),
        }
    }
}
