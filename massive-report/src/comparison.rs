//! The compare document for readers: a room for each form.

pub mod csv;
pub mod latex;
pub mod markdown;
pub(crate) mod rows;
pub mod table;
mod usage;

pub(super) use rows::rule;
