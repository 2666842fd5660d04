//! Matrices of shares: what is darker is worse.

use maud::{Markup, html};

use super::{Frame, rectangle, short, text};

const CELL: (f64, f64) = (18.5, 17.0);
/// About the width of a letter of a label.
const LETTER: f64 = 6.2;

/// A matrix.
pub(in crate::html) struct Matrix<'a> {
    pub(in crate::html) id: &'a str,
    /// What it shows, for those who do not see it.
    pub(in crate::html) title: &'a str,
    pub(in crate::html) rows: Vec<&'a str>,
    pub(in crate::html) columns: Vec<&'a str>,
    /// What rows and columns are, as keys of the error browser's filter.
    pub(in crate::html) keys: [&'a str; 2],
    /// Row by row.
    pub(in crate::html) cells: Vec<Vec<Option<Square>>>,
}

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::html) struct Square {
    /// How dark, from 0 to 1.
    pub(in crate::html) shade: f64,
    /// The number in it; two digits fit.
    pub(in crate::html) label: String,
    /// What it says in words.
    pub(in crate::html) words: String,
    /// It stands on too little to say much.
    pub(in crate::html) few: bool,
}

impl Matrix<'_> {
    /// The matrix; a cell names its row and column for scripts.
    pub(in crate::html) fn draw(&self) -> Markup {
        let longest = |labels: &[&str]| {
            labels.iter().map(|label| label.chars().count()).max().unwrap_or(0) as f64 * LETTER
        };
        let (left, top) = (longest(&self.rows) + 10.0, longest(&self.columns) + 13.0);
        let width = left + self.columns.len() as f64 * CELL.0 + 2.0;
        let height = top + self.rows.len() as f64 * CELL.1 + 2.0;
        let x = |column: usize| left + column as f64 * CELL.0;
        let y = |row: usize| top + row as f64 * CELL.1;
        let body = html! {
            @for (column, label) in self.columns.iter().enumerate() {
                @let (x, y) = (x(column) + CELL.0 / 2.0, top - 5.0);
                text.column transform={ "translate(" (short(x)) "," (short(y)) ") rotate(-90)" } {
                    (label)
                }
            }
            @for (row, label) in self.rows.iter().enumerate() {
                (text("label", (left - 6.0, y(row) + CELL.1 / 2.0), label))
                g data-row=(label) {
                    @for (column, cell) in self.cells[row].iter().enumerate() {
                        @if let Some(cell) = cell {
                            g.square.diagonal[self.columns[column] == *label].few[cell.few]
                                data-column=(self.columns[column]) {
                                title { (cell.words) }
                                (square(cell, (x(column), y(row))))
                            }
                        }
                    }
                }
            }
        };
        let frame = Frame { id: self.id, title: self.title, width, height };
        html! { div.matrix data-rows=(self.keys[0]) data-columns=(self.keys[1]) { (frame.draw(body)) } }
    }
}

fn square(cell: &Square, at: (f64, f64)) -> Markup {
    let size = (CELL.0 - 1.0, CELL.1 - 1.0);
    let shade = (cell.shade.clamp(0.0, 1.0) * 100.0).round() / 100.0;
    html! {
        (rectangle("ground", at, size))
        @if shade > 0.0 {
            rect.shade x=(short(at.0)) y=(short(at.1)) width=(short(size.0)) height=(short(size.1))
                fill-opacity=(shade) {}
        }
        (text("", (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0), &cell.label))
    }
}
