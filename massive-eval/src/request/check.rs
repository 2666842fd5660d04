//! Checking a submission before anything is scored.

use std::path::PathBuf;

use massive_data::{ChosenLocales, LocaleFilter};

use crate::check::CheckReport;
use crate::error::Result;

use super::{Reading, ReadingObserver, Rows, read};

/// Predictions that are to be checked against rows of a corpus.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// Files and folders of the predictions.
    pub predictions: Vec<PathBuf>,
    /// What they are checked against.
    pub rows: Rows,
}

impl CheckRequest {
    /// Reads predictions and corpus and finds what is wrong.
    ///
    /// # Errors
    /// Files that cannot be read; locales that the corpus does not have. What is
    /// wrong with predictions is in the report.
    pub fn run(&self, observer: &dyn ReadingObserver) -> Result<CheckReport> {
        let (submission, bad_lines) = read::read(&self.predictions, &self.rows, observer)?;
        let nothing = submission.predictions().is_empty() && !self.rows.locales.is_explicit();
        // Without predictions and locales there is nothing to hold against the
        // corpus, and that is the finding.
        let locales = if nothing {
            ChosenLocales::of(LocaleFilter::NONE)
        } else {
            self.rows.chosen_locales(submission.locales().clone())?
        };
        let corpus = self.rows.open(&locales, observer)?;
        let partition = self.rows.partition;
        let (report, read) = CheckReport::run(&corpus, &submission, &bad_lines, partition)?;
        observer.end(Reading::Corpus);
        observer.skipped(&read);
        if !nothing {
            locales.demand(&read.locales, partition, 0, &read)?;
        }
        Ok(report)
    }
}
