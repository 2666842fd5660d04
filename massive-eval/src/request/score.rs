//! Scoring a submission.

use std::path::PathBuf;
use std::thread;

use massive_data::LabelMode;

use crate::document::{ScoreDocument, ScoreOptions};
use crate::error::Result;
use crate::evaluation::{Evaluation, MissingRows, Observer, ScoredRow};
use crate::metrics::Metric;
use crate::misreading::{Misreading, misreadings};
use crate::pairing::OtherRows;
use crate::slu_counting;

use super::unfit::{demand, obstacles};
use super::{Reading, ReadingObserver, Rows, Unfit, read};

/// Predictions that are to be scored on rows of a corpus.
#[derive(Debug, Clone)]
pub struct ScoreRequest {
    /// Files and folders of the predictions.
    pub predictions: Vec<PathBuf>,
    /// What they are scored on.
    pub rows: Rows,
    /// How gold labels are derived.
    pub labels: LabelMode,
    /// What is done about rows without a prediction.
    pub missing: MissingRows,
    /// The predictions are a part of a submission, so that those of other rows are
    /// elsewhere and stop nothing.
    pub part: bool,
    /// What the document is to hold.
    pub options: ScoreOptions,
}

/// A scored submission.
#[derive(Debug)]
pub struct Scored {
    /// Its counts.
    pub evaluation: Evaluation,
    /// What was not understood in most of its predictions.
    pub misreadings: Vec<Misreading>,
    /// What the document is to hold.
    pub options: ScoreOptions,
}

impl Scored {
    /// The document of the scores.
    pub fn document(&self) -> ScoreDocument {
        self.evaluation.document(&self.options)
    }
}

impl ScoreRequest {
    /// Scores as the reference does; a row without a prediction stops it.
    pub fn new(predictions: Vec<PathBuf>, rows: Rows) -> ScoreRequest {
        ScoreRequest {
            predictions,
            rows,
            labels: LabelMode::default(),
            missing: MissingRows::default(),
            part: false,
            options: ScoreOptions::default(),
        }
    }

    /// Reads predictions and corpus and counts what is right.
    ///
    /// # Errors
    /// Files that cannot be read; locales or rows that the corpus does not have;
    /// the obstacles of the predictions ([`Error::as_unfit`](crate::Error::as_unfit)).
    pub fn run(&self, observer: &dyn ReadingObserver) -> Result<Scored> {
        if !self.options.metrics.contains(&Metric::SluF1) {
            return Ok(self.observed(observer, |_| ())?.0);
        }
        let (mut scored, counts) = self.observed(observer, slu_counting::counts_of_row)?;
        scored.evaluation.slu = Some(counts);
        Ok(scored)
    }

    /// As [`run`](Self::run), with what `row` keeps of each row.
    fn observed<T: Send>(
        &self,
        observer: &dyn ReadingObserver,
        row: impl Fn(&ScoredRow<'_>) -> T + Sync,
    ) -> Result<(Scored, Vec<T>)> {
        let submission = read::read_whole(&self.predictions, &self.rows, observer)?;
        let locales = self.rows.chosen_locales(submission.locales().clone())?;
        let corpus = self.rows.open(&locales, observer)?;
        let partition = self.rows.partition;
        let (evaluation, _, observed) = Evaluation::run_observed(
            &corpus,
            &submission,
            &[],
            partition,
            self.labels,
            self.missing,
            &Observer { others: OtherRows::NOTHING, row },
            drop,
        )?;
        observer.end(Reading::Corpus);
        observer.skipped(&evaluation.report);
        demand(&locales, &evaluation, partition)?;
        let missing_stop = !self.part && self.missing == MissingRows::Error;
        let obstacles = obstacles(&evaluation, missing_stop, &corpus, &submission, partition)?;
        let misreadings = misreadings(&evaluation, &submission);
        // What comes next need not wait until so many texts are freed. Without a
        // thread they are freed here.
        let _ = thread::Builder::new().spawn(move || drop(submission));
        Unfit::refuse(obstacles.into_iter().map(|obstacle| (None, obstacle)))?;
        Ok((Scored { evaluation, misreadings, options: self.options.clone() }, observed))
    }
}
