//! What predictions are held against.

use massive_eval::GoldRows;

/// The gold of a corpus with the corpus itself.
pub(crate) struct Gold {
    pub(crate) rows: GoldRows,
    pub(crate) corpus: massive_data::Corpus,
}

impl Gold {
    pub(crate) fn corpus(&self) -> massive_data::Result<massive_data::Corpus> {
        Ok(self.corpus.clone())
    }
}
