//! Rows of cells, for CSV files, spreadsheets and pages.

use massive_data::spreadsheet::harmless;
use massive_eval::error::{Error, Result};
use polars::prelude::{AnyValue, DataFrame};

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A text, to be taken as it is.
    Text(String),
    /// A number.
    Number(f64),
}

impl From<&str> for Cell {
    fn from(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Cell {
        text.map_or(Cell::Empty, Cell::from)
    }
}

impl From<u64> for Cell {
    fn from(number: u64) -> Cell {
        Cell::Number(number as f64)
    }
}

impl From<Option<f64>> for Cell {
    fn from(number: Option<f64>) -> Cell {
        number.map_or(Cell::Empty, Cell::Number)
    }
}

/// A sheet.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Its name, at most 31 characters.
    pub name: String,
    /// The names of the columns.
    pub header: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// A table of columns as a sheet of this name.
    ///
    /// # Errors
    /// None that a caller can cause; polars' own.
    pub(crate) fn of_frame(name: &str, frame: &DataFrame) -> Result<Sheet> {
        let columns = frame.columns();
        let failed = |error| Error::output("the table cannot be read", error);
        let rows = (0..frame.height())
            .map(|row| {
                let cells = columns.iter().map(|column| Ok(cell(column.get(row).map_err(failed)?)));
                cells.collect::<Result<Vec<Cell>>>()
            })
            .collect::<Result<_>>()?;
        let header = columns.iter().map(|column| column.name().to_string()).collect();
        Ok(Sheet { name: name.to_owned(), header, rows })
    }

    /// A sheet of names and what they stand for.
    pub(crate) fn of_pairs(name: &str, pairs: &[(&str, &str)]) -> Sheet {
        let rows = pairs.iter().map(|(name, text)| vec![(*name).into(), (*text).into()]);
        let header = vec!["name".to_owned(), "value".to_owned()];
        Sheet { name: name.to_owned(), header, rows: rows.collect() }
    }
}

fn cell(value: AnyValue<'_>) -> Cell {
    match value {
        AnyValue::Null => Cell::Empty,
        AnyValue::String(text) => text.into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        other => match other.extract::<f64>() {
            Some(number) => Cell::Number(number),
            None => Cell::Text(other.to_string()),
        },
    }
}

/// Sheets with the same columns as one CSV file, one after the other under one
/// header.
///
/// A text that a spreadsheet would take for a formula gets an apostrophe before
/// it, as OWASP advises against CSV injection.
pub fn csv<'s>(sheets: impl IntoIterator<Item = &'s Sheet>) -> String {
    let mut out = String::new();
    let mut header: Option<&[String]> = None;
    for sheet in sheets {
        if header != Some(&sheet.header) {
            push_record(&mut out, sheet.header.iter().cloned());
            header = Some(&sheet.header);
        }
        for row in &sheet.rows {
            push_record(
                &mut out,
                row.iter().map(|cell| match cell {
                    Cell::Empty => String::new(),
                    Cell::Text(text) => harmless(text).into_owned(),
                    Cell::Number(number) => number.to_string(),
                }),
            );
        }
    }
    out
}

fn push_record(out: &mut String, fields: impl Iterator<Item = String>) {
    for (index, field) in fields.enumerate() {
        if index > 0 {
            out.push(',');
        }
        if field.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use polars::df;

    use super::*;

    #[test]
    fn formulas_become_texts_and_numbers_stay() {
        let sheet = Sheet {
            name: "x".to_owned(),
            header: vec!["a".to_owned(), "b".to_owned()],
            rows: vec![
                vec!["=1+1".into(), Cell::Number(-1.5)],
                vec!["say \"hi\", you".into(), Cell::Empty],
                vec!["@x".into(), "a=b".into()],
            ],
        };
        assert_eq!(csv([&sheet]), "a,b\n'=1+1,-1.5\n\"say \"\"hi\"\", you\",\n'@x,a=b\n");
    }

    #[test]
    fn columns_become_rows_of_cells() {
        let frame = df!("name" => ["x", "=y"], "n" => [Some(2_u64), None], "f" => [0.5, 1.0]);
        let sheet = Sheet::of_frame("s", &frame.unwrap()).unwrap();
        assert_eq!(sheet.header, ["name", "n", "f"]);
        assert_eq!(
            sheet.rows,
            [
                vec!["x".into(), Cell::Number(2.0), Cell::Number(0.5)],
                vec!["=y".into(), Cell::Empty, Cell::Number(1.0)],
            ]
        );
    }
}
