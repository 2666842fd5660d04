//! Pages for a browser: one file each that needs neither a network nor a
//! framework.
//!
//! [`page`] is the shell that all pages share, with landmarks, styles and what
//! keeps anything foreign from running in it; [`table`] makes tables that sort.

pub mod comparison;
pub mod leaderboard;
pub mod page;
mod plot;
pub mod report;
pub mod score;
pub mod sheets;
pub mod table;
mod usage;
