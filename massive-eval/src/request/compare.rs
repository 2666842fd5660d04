//! Comparing systems.

use std::iter;
use std::path::PathBuf;

use massive_data::{Corpus, LabelMode, LocaleFilter, LocaleSet, Partition};

use crate::comparison::{CompareDocument, CompareOptions, System};
use crate::error::Result;
use crate::evaluation::{Evaluation, MissingRows};
use crate::misreading::{Misreading, misreadings};
use crate::submission::Submission;

use super::unfit::{demand_shared, obstacles, uneven};
use super::{Reading, ReadingObserver, Rows, Unfit, read};

/// Systems that are to be held against a baseline on the same rows.
#[derive(Debug, Clone)]
pub struct CompareRequest {
    /// The predictions of the baseline, a file or folder.
    pub baseline: PathBuf,
    /// Those of the systems.
    pub systems: Vec<PathBuf>,
    /// What they are scored on.
    pub rows: Rows,
    /// How gold labels are derived.
    pub labels: LabelMode,
    /// Only rows that all of them predict are compared; otherwise all must predict
    /// every row.
    pub common: bool,
    /// The published figures are set beside the systems'.
    pub published: bool,
    /// How they are compared.
    pub options: CompareOptions,
}

/// Systems that were compared.
#[derive(Debug)]
pub struct Compared {
    /// Their differences.
    pub document: CompareDocument,
    /// What was not understood in most predictions of a system, by its name.
    pub misreadings: Vec<(String, Vec<Misreading>)>,
}

impl CompareRequest {
    /// Reads all systems and, once, the corpus, and compares.
    ///
    /// # Errors
    /// Files that cannot be read; locales or rows that the corpus does not have;
    /// the obstacles of the systems.
    pub fn run(&self, observer: &dyn ReadingObserver) -> Result<Compared> {
        let paths: Vec<PathBuf> =
            iter::once(&self.baseline).chain(&self.systems).cloned().collect();
        let submissions = read::read_systems(&paths, &self.rows, observer)?;
        let locales = self.rows.chosen_locales(predicted_locales(&submissions))?;
        let corpus = self.rows.open(&locales, observer)?;
        let partition = self.rows.partition;
        let others: Vec<&Submission> = submissions[1..].iter().collect();
        let (baseline, new) = Evaluation::run_several(
            &corpus,
            &submissions[0],
            &others,
            partition,
            self.labels,
            if self.common { MissingRows::LeftOut } else { MissingRows::Error },
        )?;
        observer.end(Reading::Corpus);
        observer.skipped(&baseline.report);
        let names = read::system_names(&paths);
        let systems = named(&names, iter::once(&baseline).chain(&new));
        demand_shared(&locales, &baseline, partition)?;
        refuse_unfit(&systems, true, &submissions, &corpus, partition)?;
        let mut document = CompareDocument::new(systems[0], &systems[1..], &self.options)?;
        if self.published {
            document.add_published(&systems)?;
        }
        Ok(Compared { document, misreadings: misread(&systems, &submissions) })
    }
}

/// The locales that any of the systems predicts.
pub(super) fn predicted_locales(submissions: &[Submission]) -> LocaleFilter {
    submissions.iter().map(Submission::locales).flat_map(LocaleSet::iter).collect()
}

/// Evaluations with the names of their systems.
pub(super) fn named<'a>(
    names: &'a [String],
    evaluations: impl Iterator<Item = &'a Evaluation>,
) -> Vec<System<'a>> {
    names.iter().zip(evaluations).map(|(name, evaluation)| System { name, evaluation }).collect()
}

/// What was not understood in most predictions of each system.
pub(super) fn misread(
    systems: &[System<'_>],
    submissions: &[Submission],
) -> Vec<(String, Vec<Misreading>)> {
    let pairs = systems.iter().zip(submissions);
    pairs
        .map(|(system, predictions)| {
            (system.name.to_owned(), misreadings(system.evaluation, predictions))
        })
        .collect()
}

/// Fails unless all systems can be scored on the same rows.
pub(super) fn refuse_unfit(
    systems: &[System<'_>],
    missing_stop: bool,
    submissions: &[Submission],
    corpus: &Corpus,
    partition: Partition,
) -> Result<()> {
    let mut found = Vec::new();
    if missing_stop {
        found.extend(uneven(systems).into_iter().map(|obstacle| (None, obstacle)));
    }
    for (system, predictions) in systems.iter().zip(submissions) {
        let obstacles = obstacles(system.evaluation, false, corpus, predictions, partition)?;
        let of_system = obstacles.into_iter();
        found.extend(of_system.map(|obstacle| (Some(system.name.to_owned()), obstacle)));
    }
    Unfit::refuse(found)
}
