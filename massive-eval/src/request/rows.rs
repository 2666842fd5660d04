//! Which rows of which corpus predictions are held against.

use std::path::PathBuf;

use massive_data::{
    ChosenLocales, Corpus, CorpusSource, LocaleChoice, LocaleFilter, Partition, Selection,
};

use crate::error::Result;

use super::{Reading, ReadingObserver};

/// Which rows of which corpus predictions are held against.
#[derive(Debug, Clone)]
pub struct Rows {
    /// The corpus, and how it is read.
    pub source: CorpusSource,
    /// The partition.
    pub partition: Partition,
    /// The locales; without a choice those that the predictions have.
    pub locales: LocaleChoice,
}

impl Rows {
    /// All rows of a partition of a corpus, in the locales of the predictions.
    pub fn all(corpus: impl Into<PathBuf>, partition: Partition) -> Rows {
        let source = CorpusSource::whole(corpus);
        Rows { source, partition, locales: LocaleChoice::default() }
    }

    /// The locales asked for, by default those of the predictions.
    ///
    /// # Errors
    /// No locale is left.
    pub fn chosen_locales(&self, predicted: impl Into<LocaleFilter>) -> Result<ChosenLocales> {
        Ok(self.locales.chosen(predicted.into())?)
    }

    /// These locales of the partition.
    pub fn selection(&self, locales: &ChosenLocales) -> Selection {
        Selection { locales: locales.set.clone(), partition: Some(self.partition) }
    }

    /// Opens the corpus for these locales.
    pub(super) fn open(
        &self,
        locales: &ChosenLocales,
        observer: &dyn ReadingObserver,
    ) -> Result<Corpus> {
        let corpus = self.source.open(self.selection(locales))?;
        Ok(match observer.begin(Reading::Corpus, corpus.recognised(), corpus.size()) {
            Some(progress) => corpus.on_progress(progress),
            None => corpus,
        })
    }
}
