//! Sheets as a workbook.

use massive_eval::error::{Error, Result};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};

use super::sheet::{Cell, Sheet};

/// Characters that a cell holds.
const LONGEST: usize = 32_767;
/// The widest column, in characters.
const WIDEST: usize = 60;

/// The bytes of a workbook: a sheet each, headers that stay and filter. Texts are
/// texts, whatever they start with, and the same document gives the same bytes.
///
/// # Errors
/// A sheet whose name a workbook cannot have, or with more rows than one holds.
pub fn book(sheets: &[Sheet]) -> Result<Vec<u8>> {
    write(sheets).map_err(|error| Error::output("the spreadsheet cannot be written", error))
}

fn write(sheets: &[Sheet]) -> std::result::Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The time of writing would make every file another one.
    let written = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&written));
    let bold = Format::new().set_bold();
    for sheet in sheets {
        let page = book.add_worksheet();
        page.set_name(&sheet.name)?;
        let mut widths: Vec<usize> = Vec::new();
        for (column, name) in (0..).zip(&sheet.header) {
            page.write_string_with_format(0, column, name, &bold)?;
            widths.push(name.len() + 3);
        }
        for (row, cells) in (1..).zip(&sheet.rows) {
            for ((column, cell), width) in (0..).zip(cells).zip(&mut widths) {
                match cell {
                    Cell::Empty => {}
                    Cell::Number(number) => {
                        page.write_number(row, column, *number)?;
                    }
                    Cell::Text(text) => {
                        let text: String = text.chars().take(LONGEST).collect();
                        *width = (*width).max(unicode_width::UnicodeWidthStr::width(&*text) + 1);
                        page.write_string(row, column, text)?;
                    }
                }
            }
        }
        for (column, width) in (0..).zip(widths) {
            page.set_column_width(column, width.min(WIDEST) as f64)?;
        }
        page.set_freeze_panes(1, 0)?;
        if let Some(last) = sheet.header.len().checked_sub(1) {
            let last_row = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
            page.autofilter(0, 0, last_row, last as u16)?;
        }
    }
    book.save_to_buffer()
}
