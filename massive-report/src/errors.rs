//! The errors document for readers: the list in a terminal, the summary as
//! tables, both as rows for spreadsheets.

mod grid;
pub mod listing;
pub mod sheet;
pub mod summary;
