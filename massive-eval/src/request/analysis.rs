//! Analysing the errors of a system, alone or against another.

use std::path::PathBuf;

use crate::analysis::{Analysis, AnalysisOptions};
use crate::error::Result;
use crate::evaluation::MissingRows;
use crate::misreading::{Misreading, misreadings};
use crate::submission::Submission;

use super::unfit::{demand, obstacles};
use super::{Reading, ReadingObserver, Rows, Unfit, read};

/// A system whose errors are to be analysed.
#[derive(Debug, Clone)]
pub struct AnalysisRequest {
    /// Files and folders of its predictions.
    pub predictions: Vec<PathBuf>,
    /// Those of another system that it is held against; none for it alone.
    pub against: Vec<PathBuf>,
    /// What they are scored on.
    pub rows: Rows,
    /// How they are scored and what is read besides; its partition is that of the
    /// rows.
    pub options: AnalysisOptions,
}

/// A system that was analysed.
#[derive(Debug)]
pub struct Analysed {
    /// All its utterances, with what is right and wrong in each.
    pub analysis: Analysis,
    /// What was not understood in most of its predictions.
    pub misreadings: Vec<Misreading>,
}

impl AnalysisRequest {
    /// Reads predictions and corpus and takes every utterance apart.
    ///
    /// # Errors
    /// Files that cannot be read; locales or rows that the corpus does not have;
    /// the obstacles of either system.
    pub fn run(&self, observer: &dyn ReadingObserver) -> Result<Analysed> {
        let first = read::read_whole(&self.predictions, &self.rows, observer)?;
        let other = match &self.against[..] {
            [] => None,
            paths => Some(read::read_whole(paths, &self.rows, observer)?),
        };
        let locales = self.rows.chosen_locales(first.locales().clone())?;
        let corpus = self.rows.open(&locales, observer)?;
        let partition = self.rows.partition;
        let options = AnalysisOptions { partition, ..self.options };
        let others: Vec<&Submission> = other.iter().collect();
        let analysis = Analysis::run(&corpus, &first, &others, options)?;
        observer.end(Reading::Corpus);
        observer.skipped(&analysis.evaluation.report);
        demand(&locales, &analysis.evaluation, partition)?;
        let stop = options.missing_rows == MissingRows::Error;
        let evaluations = [&analysis.evaluation].into_iter().chain(&analysis.others);
        let names = [None, Some("the other system".to_owned())];
        let mut found = Vec::new();
        for ((evaluation, predictions), name) in
            evaluations.zip([&first].into_iter().chain(&other)).zip(names)
        {
            let obstacles = obstacles(evaluation, stop, &corpus, predictions, partition)?;
            found.extend(obstacles.into_iter().map(|obstacle| (name.clone(), obstacle)));
        }
        Unfit::refuse(found)?;
        let misreadings = misreadings(&analysis.evaluation, &first);
        Ok(Analysed { analysis, misreadings })
    }
}
