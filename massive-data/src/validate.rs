//! What is wrong with a corpus, or merely odd.
//!
//! A row that breaks the schema, a file that ends in the middle, the same row
//! twice: these are errors, with file and line. Everything else that may
//! surprise a reader is counted as a warning: the release itself has most of
//! them. The report is the document `massive-corpus-check/1`
//! (`schemas/corpus-check.schema.json`).

mod files;
mod kinds;
mod parallel;
mod row;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::files::{FileFacts, ReleaseState};
pub use self::kinds::{ErrorKind, WarningKind};
use self::parallel::{Parallel, RowFacts};
use self::row::BlockFindings;
use crate::corpus::Corpus;
use crate::error::Result;
use crate::findings::{Example, Findings};
use crate::read_report::{BadLines, ReadReport};

/// The format that this version writes.
pub const FORMAT: &str = "massive-corpus-check/1";

/// The result of checking a corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpusCheck {
    /// [`FORMAT`].
    pub format: String,
    /// True if there is no error (warnings may be there).
    pub ok: bool,
    /// Rows that were read.
    pub rows: u64,
    /// Locales that have rows, in code-point order.
    pub locales: Vec<String>,
    /// Rows by partition.
    pub partitions: BTreeMap<String, u64>,
    /// The ids.
    pub ids: IdFacts,
    /// Localised rows by their number of judgments.
    pub judges: BTreeMap<usize, u64>,
    /// Localised rows that list no slot method.
    pub rows_without_methods: u64,
    /// The files; empty where the input cannot be read twice.
    pub files: Vec<FileFacts>,
    /// What makes the corpus broken, by kind.
    pub errors: BTreeMap<ErrorKind, Findings>,
    /// What is odd, by kind.
    pub warnings: BTreeMap<WarningKind, Findings>,
}

/// Which ids there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct IdFacts {
    /// How many different ones.
    pub distinct: u64,
    /// The lowest.
    pub first: Option<u64>,
    /// The highest.
    pub last: Option<u64>,
    /// Numbers between these two that no row has.
    pub gaps: u64,
}

/// What a block of lines contributes.
#[derive(Default)]
struct BlockFacts {
    rows: Vec<RowFacts>,
    findings: BlockFindings,
}

/// Adds what could not be read, and counts the lines of it; what came before is
/// checked all the same.
fn add_unread(read: &Result<ReadReport>, errors: &mut BTreeMap<ErrorKind, Findings>) -> u64 {
    match read {
        Ok(report) => {
            let bad_lines = errors.entry(ErrorKind::BadLine).or_default();
            report.examples.iter().for_each(|error| bad_lines.add_example(error.into()));
            bad_lines.count = report.skipped;
            report.skipped
        }
        Err(error) => {
            errors.entry(ErrorKind::BrokenFile).or_default().add_example(error.into());
            0
        }
    }
}

impl CorpusCheck {
    /// Checks the selected rows of `corpus`, whatever it does with bad lines.
    ///
    /// The rows are read once and the files once more; memory holds a few dozen
    /// bytes a row, to compare the locales.
    ///
    /// # Errors
    /// A corpus of which nothing can be read.
    pub fn run(corpus: &Corpus) -> Result<CorpusCheck> {
        let corpus = &corpus.clone().bad_lines(BadLines::Skip);
        let mut errors: BTreeMap<_, _> =
            ErrorKind::ALL.iter().map(|&kind| (kind, Findings::default())).collect();
        let mut warnings: BTreeMap<_, _> =
            WarningKind::ALL.iter().map(|&kind| (kind, Findings::default())).collect();
        let mut parallel = Parallel::default();
        let mut tallies = row::Tallies::default();
        let read = corpus.fold(
            BlockFacts::default,
            |block, line, utterance| {
                block.rows.push(RowFacts::of(&utterance, line));
                block.findings.examine(&utterance, line);
                Ok(())
            },
            |file, lines_before, block| {
                let duplicates = errors.entry(ErrorKind::DuplicateRow).or_default();
                parallel.add(file, lines_before, block.rows, duplicates, &mut warnings);
                tallies.merge(&block.findings.tallies);
                for (kind, mut findings) in block.findings.warnings {
                    findings.move_to(file, lines_before);
                    warnings.entry(kind).or_default().merge(findings);
                }
                Ok(())
            },
        );
        let skipped = add_unread(&read, &mut errors);
        let rows = parallel.rows();
        if rows == 0 && skipped == 0 {
            let message = "no row of these locales and this partition".to_owned();
            let empty = errors.entry(ErrorKind::Empty).or_default();
            empty.add_example(Example { message, ..Example::default() });
        }
        parallel.finish(!corpus.judgment_filter().is_active(), &mut warnings);
        let files =
            if corpus.rereadable() { files::examine(corpus, &mut warnings) } else { vec![] };
        Ok(CorpusCheck {
            format: FORMAT.to_owned(),
            ok: errors.values().all(|findings| findings.count == 0),
            rows,
            locales: parallel.locales().iter().map(|locale| locale.tag().to_owned()).collect(),
            partitions: parallel.partitions(),
            ids: parallel.ids(),
            judges: tallies.judges,
            rows_without_methods: tallies.rows_without_methods,
            files,
            errors,
            warnings,
        })
    }

    /// True if there is a warning.
    pub fn has_warnings(&self) -> bool {
        self.warnings.values().any(|findings| findings.count > 0)
    }
}
