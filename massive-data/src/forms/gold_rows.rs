//! What predictions are about: the rows of the corpus, as far as they are needed.

use std::collections::{HashMap, HashSet};

use crate::error::Result;
use crate::locale::Locale;

/// Where the rows come from.
pub(crate) trait GoldSource {
    /// False if it can be read only once, as standard input.
    fn rereadable(&self) -> bool;

    /// Reads the rows.
    fn gold(&self) -> Result<Gold>;
}

/// Opens the rows that predictions are about, where they are needed.
pub(crate) type OpenGold<'a> = &'a dyn Fn() -> Result<Box<dyn GoldSource>>;

/// What predictions are about.
pub(crate) struct GoldRow {
    pub(crate) locale: Locale,
    pub(crate) id: String,
    pub(crate) words: Vec<String>,
    pub(crate) text: String,
}

/// The rows of the corpus, as far as predictions need them.
#[derive(Default)]
pub(crate) struct Gold {
    pub(super) rows: Vec<GoldRow>,
    index: HashMap<(String, String), usize>,
    pub(super) intents: HashSet<String>,
    pub(super) slots: HashSet<String>,
}

impl Gold {
    /// Adds a row with its slots and its intent.
    pub(crate) fn push(
        &mut self,
        row: GoldRow,
        slots: impl IntoIterator<Item = String>,
        intent: Option<String>,
    ) {
        self.index.insert((row.locale.tag().to_owned(), row.id.clone()), self.rows.len());
        self.rows.push(row);
        self.slots.extend(slots);
        self.intents.extend(intent);
    }

    pub(super) fn find(&self, locale: Locale, id: &str) -> Option<&GoldRow> {
        let index = self.index.get(&(locale.tag().to_owned(), id.to_owned()))?;
        self.rows.get(*index)
    }
}
