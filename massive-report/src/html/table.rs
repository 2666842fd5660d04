//! Tables that a reader can sort by any column, with a pointer or a keyboard;
//! without scripts they are plain tables.

use maud::{Markup, Render, html};

/// A table; its first column heads the rows.
pub struct Table<'a> {
    /// The `id` of the table, which the page uses once.
    pub id: &'a str,
    /// What the table shows.
    pub caption: Markup,
    /// The columns.
    pub columns: Vec<Column<'a>>,
    /// The rows that sort.
    pub rows: Vec<Row>,
    /// The rows that stay at the end.
    pub summary: Vec<Row>,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// Its heading.
    pub title: &'a str,
    /// How it is ordered and set.
    pub kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Words, from A to Z.
    Text,
    /// Numbers, the largest first.
    Number,
}

/// A row.
pub struct Row {
    /// Its cells, the first of which heads it.
    pub cells: Vec<Cell>,
}

/// A cell.
pub struct Cell {
    shown: Markup,
    key: Option<f64>,
}

impl Cell {
    /// A cell that is ordered by its words.
    pub fn text(shown: impl Render) -> Cell {
        Cell { shown: html! { (shown) }, key: None }
    }

    /// A cell that is ordered by a number; one without comes last.
    pub fn number(shown: impl Render, key: impl Into<Option<f64>>) -> Cell {
        Cell { shown: html! { (shown) }, key: key.into() }
    }

    /// A cell without a value.
    pub fn missing() -> Cell {
        Cell::number("–", None)
    }
}

impl<'a> Column<'a> {
    /// A column of words.
    pub fn text(title: &'a str) -> Self {
        Column { title, kind: Kind::Text }
    }

    /// A column of numbers.
    pub fn number(title: &'a str) -> Self {
        Column { title, kind: Kind::Number }
    }
}

impl Render for Table<'_> {
    fn render(&self) -> Markup {
        let caption = format!("{}-caption", self.id);
        html! {
            div.scroll role="group" tabindex="0" aria-labelledby=(caption) {
                table.sortable id=(self.id) {
                    caption id=(caption) { (self.caption) }
                    thead {
                        tr {
                            @for column in &self.columns {
                                th class=[column.kind.class()] scope="col"
                                    data-kind=(column.kind.name()) { (column.title) }
                            }
                        }
                    }
                    tbody { @for row in &self.rows { (self.row(row)) } }
                    @if !self.summary.is_empty() {
                        tfoot { @for row in &self.summary { (self.row(row)) } }
                    }
                }
            }
        }
    }
}

impl Table<'_> {
    fn row(&self, row: &Row) -> Markup {
        html! {
            tr {
                @for (index, (cell, column)) in row.cells.iter().zip(&self.columns).enumerate() {
                    @if index == 0 {
                        th class=[column.kind.class()] scope="row" data-key=[cell.key] { (cell.shown) }
                    } @else {
                        td class=[column.kind.class()] data-key=[cell.key] { (cell.shown) }
                    }
                }
            }
        }
    }
}

impl Kind {
    fn class(self) -> Option<&'static str> {
        (self == Kind::Number).then_some("num")
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Text => "text",
            Kind::Number => "number",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_have_scope_and_cells_keys() {
        let table = Table {
            id: "t",
            caption: html! { "A & B" },
            columns: vec![Column::text("name"), Column::number("value")],
            rows: vec![Row { cells: vec![Cell::text("<a>"), Cell::number("50.0", 0.5)] }],
            summary: vec![Row { cells: vec![Cell::text("all"), Cell::missing()] }],
        }
        .render()
        .into_string();
        for part in [
            r#"<caption id="t-caption">A &amp; B</caption>"#,
            r#"<th class="num" scope="col" data-kind="number">value</th>"#,
            r#"<th scope="row">&lt;a&gt;</th><td class="num" data-key="0.5">50.0</td>"#,
            r#"<td class="num">–</td>"#,
        ] {
            assert!(table.contains(part), "{part} is not in {table}");
        }
    }
}
