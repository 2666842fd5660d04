//! The statistics as a data frame.

use polars::prelude::{Column as Series, DataFrame};

use super::{Cell, Column, StatsTable};
use crate::error::{Error, Result};

impl StatsTable {
    /// A row a group: the dimensions, then these columns.
    ///
    /// # Errors
    /// None that a caller can cause; polars' own.
    pub fn frame(&self, columns: &[&'static Column]) -> Result<DataFrame> {
        let rows: Vec<(Vec<String>, Vec<Cell>)> = self.rows(columns).collect();
        let mut series = Vec::new();
        for (index, dimension) in self.by().dimensions().iter().enumerate() {
            let names: Vec<&str> = rows.iter().map(|(names, _)| names[index].as_str()).collect();
            series.push(Series::new(dimension.name().into(), names));
        }
        for (index, column) in columns.iter().enumerate() {
            let cells = rows.iter().map(|(_, cells)| cells[index]);
            series.push(if column.fractional {
                let numbers: Vec<Option<f64>> = cells.map(number).collect();
                Series::new(column.name.into(), numbers)
            } else {
                let counts: Vec<Option<u64>> = cells.map(count).collect();
                Series::new(column.name.into(), counts)
            });
        }
        DataFrame::new(rows.len(), series)
            .map_err(|error| Error::request(format!("the data frame cannot be built: {error}")))
    }
}

fn number(cell: Cell) -> Option<f64> {
    match cell {
        Cell::Number(number) => number,
        Cell::Count(count) => Some(count as f64),
    }
}

fn count(cell: Cell) -> Option<u64> {
    match cell {
        Cell::Count(count) => Some(count),
        Cell::Number(_) => None,
    }
}
