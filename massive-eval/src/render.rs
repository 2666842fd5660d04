//! The documents for readers: a room for each form of the score document, and
//! one for the compare document in all its forms.

pub mod comparison;
pub mod csv;
pub mod errors;
pub mod evalai;
pub mod html;
pub mod latex;
pub mod leaderboard;
pub mod markdown;
pub mod plot;
mod rows;
pub mod table;

pub use rows::{SortBy, grouped, percent as percent_of};
