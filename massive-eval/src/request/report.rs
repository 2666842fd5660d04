//! Gathering all that a report of one system or several shows.

use std::iter;
use std::path::PathBuf;

use massive_data::LabelMode;

use crate::analysis::{Analysis, AnalysisOptions};
use crate::error::{Error, Result};
use crate::evaluation::MissingRows;
use crate::misreading::Misreading;
use crate::report::{ReportDocument, ReportOptions};
use crate::submission::Submission;

use super::compare::{misread, named, predicted_locales, refuse_unfit};
use super::unfit::{demand_shared, obstacles};
use super::{Reading, ReadingObserver, Rows, Unfit, read};

/// Systems that are to be reported on.
#[derive(Debug, Clone)]
pub struct ReportRequest {
    /// The predictions of each system, a file or folder; the first is the baseline
    /// of a comparison.
    pub systems: Vec<PathBuf>,
    /// What they are scored on.
    pub rows: Rows,
    /// How gold labels are derived.
    pub labels: LabelMode,
    /// What is done about rows without a prediction.
    pub missing: MissingRows,
    /// What the report is called; without a title by the names of the systems.
    pub title: Option<String>,
    /// What it is to hold.
    pub options: ReportOptions,
}

/// A report's content.
#[derive(Debug)]
pub struct Reported {
    /// All that the report shows.
    pub document: ReportDocument,
    /// What was not understood in most predictions of a system, by its name.
    pub misreadings: Vec<(String, Vec<Misreading>)>,
}

impl ReportRequest {
    /// Reads all systems and, once, the corpus, and gathers all that is reported.
    ///
    /// # Errors
    /// No system; files that cannot be read; locales or rows that the corpus does
    /// not have; the obstacles of the systems.
    pub fn run(&self, observer: &dyn ReadingObserver) -> Result<Reported> {
        let submissions = read::read_systems(&self.systems, &self.rows, observer)?;
        let [first, others @ ..] = &submissions[..] else {
            return Err(Error::request("name the predictions of a system"));
        };
        let locales = self.rows.chosen_locales(predicted_locales(&submissions))?;
        let corpus = self.rows.open(&locales, observer)?;
        let others: Vec<&Submission> = others.iter().collect();
        let partition = self.rows.partition;
        let options = AnalysisOptions {
            partition,
            labels: self.labels,
            missing_rows: self.missing,
            train: false,
        };
        let analysis = Analysis::run(&corpus, first, &others, options)?;
        observer.end(Reading::Corpus);
        observer.skipped(&analysis.evaluation.report);
        let names = read::system_names(&self.systems);
        demand_shared(&locales, &analysis.evaluation, partition)?;
        let stop = self.missing == MissingRows::Error;
        let evaluations = iter::once(&analysis.evaluation).chain(&analysis.others);
        let systems = named(&names, evaluations);
        if others.is_empty() {
            let found = obstacles(&analysis.evaluation, stop, &corpus, first, partition)?;
            Unfit::refuse(found.into_iter().map(|obstacle| (None, obstacle)))?;
        } else {
            refuse_unfit(&systems, stop, &submissions, &corpus, partition)?;
        }
        let title = self.title.clone().unwrap_or_else(|| names.join(" and "));
        let document = ReportDocument::new(&title, &names, &analysis, self.options.clone())?;
        Ok(Reported { document, misreadings: misread(&systems, &submissions) })
    }
}
