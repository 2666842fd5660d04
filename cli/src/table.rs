//! Tables for a terminal and for Markdown.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};

/// How a column stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A number for a cell, or a dash where there is none.
pub(crate) fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

/// A table of texts.
pub(crate) struct TextTable {
    header: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl TextTable {
    pub(crate) fn new(header: Vec<(String, Align)>) -> Self {
        TextTable { header, rows: Vec::new() }
    }

    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// With a rule under its header.
    pub(crate) fn plain(&self) -> String {
        self.render("     ──            ")
    }

    /// In GitHub-flavoured Markdown.
    pub(crate) fn markdown(&self) -> String {
        let mut out = self.render(presets::ASCII_MARKDOWN);
        // The rule under the header says how the columns stand.
        if let Some(start) = out.find('\n').map(|end| end + 1) {
            let end = out[start..].find('\n').map_or(out.len(), |end| start + end);
            let rule: Vec<&str> = self
                .header
                .iter()
                .map(|(_, align)| if *align == Align::Right { "--:" } else { ":--" })
                .collect();
            out.replace_range(start..end, &format!("|{}|", rule.join("|")));
        }
        out
    }

    fn render(&self, preset: &str) -> String {
        let mut table = Table::new();
        table.load_preset(preset).set_content_arrangement(ContentArrangement::Disabled);
        table.force_no_tty();
        let cell = |text: &str, align: Align| {
            Cell::new(text).set_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            })
        };
        table.set_header(self.header.iter().map(|(name, align)| cell(name, *align)));
        for row in &self.rows {
            table
                .add_row(row.iter().zip(&self.header).map(|(text, (_, align))| cell(text, *align)));
        }
        let mut out = String::new();
        for line in table.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}
