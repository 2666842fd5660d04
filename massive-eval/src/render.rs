//! The score document for readers: a room for each form.

pub mod csv;
pub mod latex;
pub mod markdown;
pub mod plot;
mod rows;
pub mod table;

pub use rows::{SortBy, grouped};
