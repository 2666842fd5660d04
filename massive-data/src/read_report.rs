//! What was met while reading, and where.

use std::fmt;

use crate::error::Error;
use crate::locale_set::LocaleSet;
use crate::segmentations::Segmentations;

/// What happens when a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BadLines {
    /// Reading stops with an error that names the line.
    #[default]
    Fail,
    /// The line is skipped, counted and listed in the [`ReadReport`].
    Skip,
}

/// A place in the input: a file and a line, or a row of a Parquet file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinePlace<'a> {
    /// The file as the user knows it.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u64,
}

impl fmt::Display for LinePlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What was met while reading.
#[derive(Debug, Default)]
pub struct ReadReport {
    /// Rows that were selected and read.
    pub rows: u64,
    /// Rows of other locales or partitions, in files that were opened.
    pub unselected: u64,
    /// Selected rows that the [`JudgmentFilter`](crate::JudgmentFilter) left out.
    pub filtered: u64,
    /// Locales that the corpus has, selected or not.
    pub locales: LocaleSet,
    /// The locales that were cut into words otherwise than usual.
    pub segmentations: Segmentations,
    /// Lines that could not be read ([`BadLines::Skip`]).
    pub skipped: u64,
    /// The first of them, at most [`ReadReport::LISTED`].
    pub examples: Vec<Error>,
}

impl ReadReport {
    /// How many skipped lines are listed.
    pub const LISTED: usize = 100;

    pub(crate) fn skip(&mut self, error: Error) {
        self.skipped += 1;
        if self.examples.len() < Self::LISTED {
            self.examples.push(error);
        }
    }
}
