//! Where a corpus is, and how it is to be read.

use std::path::PathBuf;

use crate::corpus::Corpus;
use crate::error::Result;
use crate::forms::FormOptions;
use crate::judgment_filter::JudgmentFilter;
use crate::labels::LabelPolicy;
use crate::read_report::BadLines;
use crate::selection::Selection;

/// Where a corpus is, how it is to be read, and which of its rows pass.
#[derive(Debug, Clone)]
pub struct CorpusSource {
    /// A folder, an archive, a file, or `-` for standard input.
    pub path: PathBuf,
    /// What files of other forms than the release's do not say themselves.
    pub forms: FormOptions,
    /// Whether labels that the release does not have are accepted.
    pub labels: LabelPolicy,
    /// What is done about lines that cannot be read.
    pub bad_lines: BadLines,
    /// What rows have to pass, going by their judges.
    pub judgments: JudgmentFilter,
}

impl CorpusSource {
    /// A corpus as it is, with all its rows.
    pub fn whole(path: impl Into<PathBuf>) -> CorpusSource {
        CorpusSource {
            path: path.into(),
            forms: FormOptions::default(),
            labels: LabelPolicy::Closed,
            bad_lines: BadLines::Fail,
            judgments: JudgmentFilter::default(),
        }
    }

    /// How files are read if these rows are wanted of them.
    pub fn form_options(&self, selection: &Selection) -> FormOptions {
        let partition = selection.partition.map(|partition| partition.name().to_owned());
        FormOptions { partition, ..self.forms.clone() }
    }

    /// Opens the corpus for these rows.
    ///
    /// # Errors
    /// No such corpus; a form that cannot be recognised.
    pub fn open(&self, selection: Selection) -> Result<Corpus> {
        let options = self.form_options(&selection);
        Ok(Corpus::open_with(&self.path, &options)?
            .select(selection)
            .filter(self.judgments.clone())
            .labels(self.labels)
            .bad_lines(self.bad_lines))
    }
}
