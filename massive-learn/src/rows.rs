//! Rows of the corpus to learn from, locale by locale.

use std::collections::BTreeSet;

use massive_data::{Corpus, LabelMode, Partition};

use crate::cost::Cost;
use crate::error::{Error, Result};
use crate::locale_model::Names;
use crate::memory::rows::{MemoryRow, MemoryRows, Source};
use crate::named_rows::{NamedLabels, NamedLocale, NamedRow, read_locales};
use crate::row::Row;

/// The rows of one locale, their labels as numbers.
#[derive(Debug, Clone, Default)]
pub struct LocaleRows {
    pub(crate) names: Names,
    /// True where words are characters.
    pub(crate) characters: bool,
    pub(crate) train: Vec<Row>,
    /// How much an error on each training row costs.
    pub(crate) costs: Vec<Cost>,
    pub(crate) dev: Vec<Row>,
}

impl LocaleRows {
    /// The tag of the locale.
    pub fn locale(&self) -> &str {
        &self.names.locale
    }

    /// The same rows, without any to try it on.
    #[must_use]
    pub fn without_dev(mut self) -> LocaleRows {
        self.dev.clear();
        self
    }

    /// How many rows there are to learn from, and how many to try it on.
    pub fn counts(&self) -> (usize, usize) {
        (self.train.len(), self.dev.len())
    }

    /// Slots that one training row only has; a model learns little about them.
    pub fn rare_slots(&self) -> Vec<&str> {
        let mut counts = vec![0usize; self.names.slots.len()];
        for row in &self.train {
            for slot in row.slots.iter().filter(|slot| **slot != 0).collect::<BTreeSet<_>>() {
                counts[usize::from(*slot) - 1] += 1;
            }
        }
        let names = self.names.slots.iter().zip(counts);
        names.filter(|(_, count)| *count == 1).map(|(name, _)| name.as_str()).collect()
    }
}

/// Reads the rows of partitions train and dev that the corpus selects; `mode`
/// says how gold labels are derived.
///
/// # Errors
/// A corpus that cannot be read, rows without labels in train or dev, or no row
/// in them at all.
pub fn read_rows(corpus: &Corpus, mode: LabelMode) -> Result<Vec<LocaleRows>> {
    let wanted = |one| matches!(one, Partition::Train | Partition::Dev);
    let found = read_locales(corpus, mode, wanted)?;
    let found = found.iter().map(NamedLocale::numbered).collect::<Result<Vec<_>>>()?;
    if found.is_empty() {
        return Err(Error::rows(
            "the corpus has no rows of these locales in partition train or dev: nothing to learn \
             from",
        ));
    }
    Ok(found)
}

/// Rows for the memory of a locale.
#[derive(Debug, Clone)]
pub struct MemoryCorpus {
    /// The rows to remember.
    pub rows: MemoryRows,
    /// Rows of partition dev, that a rejection can be calibrated on: texts with
    /// their words.
    pub dev: Vec<(String, Vec<String>)>,
}

/// Reads the rows of a corpus for memories, locale by locale: those of partition
/// train, or of any if `all`.
///
/// # Errors
/// A corpus that cannot be read, rows without labels, or no rows.
pub fn read_memory(corpus: &Corpus, mode: LabelMode, all: bool) -> Result<Vec<MemoryCorpus>> {
    let source = if all { Source::Own } else { Source::Corpus };
    let mut found = Vec::new();
    let wanted = |one| all || matches!(one, Partition::Train | Partition::Dev);
    for one in read_locales(corpus, mode, wanted)? {
        one.demand_labels()?;
        let (kept, others): (Vec<NamedRow>, Vec<NamedRow>) =
            one.rows.into_iter().partition(|row| all || row.partition == Partition::Train);
        if kept.is_empty() {
            return Err(Error::rows(format!(
                "{} has no rows in partition train: there is nothing to remember; leave the \
                 locale out, or say which partition its rows are",
                one.locale
            )));
        }
        let mut rows = MemoryRows::new(one.locale.clone(), one.characters);
        for row in kept {
            let Some(labels) = row.labels else {
                return Err(Error::rows(format!(
                    "{}: row {} of {} has no labels: a memory needs an intent and an annotation \
                     of each row",
                    row.place.unwrap_or_default(),
                    row.id,
                    one.locale
                )));
            };
            rows.push(MemoryRow {
                id: row.id,
                source,
                intent: labels.intent,
                utt: row.text,
                words: row.words,
                labels: labels.slots,
            })?;
        }
        let dev = others.into_iter().filter(|row| row.partition == Partition::Dev);
        found.push(MemoryCorpus { rows, dev: dev.map(|row| (row.text, row.words)).collect() });
    }
    if found.is_empty() {
        return Err(Error::rows("the corpus has no rows of these locales to remember"));
    }
    Ok(found)
}

impl NamedLocale {
    /// The rows of train and dev, their labels as numbers in code-point order of
    /// the names.
    ///
    /// # Errors
    /// A row of train or dev without labels.
    pub fn numbered(&self) -> Result<LocaleRows> {
        self.demand_labels()?;
        let labelled = |partition: Partition| {
            let rows = self.rows.iter().filter(move |row| row.partition == partition);
            rows.filter_map(|row| Some((row, row.labels.as_ref()?)))
        };
        let train: Vec<_> = labelled(Partition::Train).collect();
        let mut found = LocaleRows::of(&self.locale, self.characters, &train);
        for (row, labels) in labelled(Partition::Dev) {
            found.dev.push(found.names.number(row, labels));
        }
        Ok(found)
    }

    /// The rows of a partition with the numbers of these names.
    pub(crate) fn numbered_as(&self, names: &Names, partition: Partition) -> Vec<Row> {
        let rows = self.rows.iter().filter(|row| row.partition == partition);
        rows.filter_map(|row| Some(names.number(row, row.labels.as_ref()?))).collect()
    }
}

impl LocaleRows {
    /// Rows to learn from, and none to try it on.
    pub(crate) fn of(
        locale: &str,
        characters: bool,
        train: &[(&NamedRow, &NamedLabels)],
    ) -> LocaleRows {
        let intents: BTreeSet<&str> =
            train.iter().map(|(_, labels)| labels.intent.as_str()).collect();
        let slots: BTreeSet<&str> = (train.iter())
            .flat_map(|(_, labels)| labels.slots.iter().flatten().map(String::as_str))
            .collect();
        let mut names = Names {
            locale: locale.to_owned(),
            intents: intents.into_iter().map(str::to_owned).collect(),
            slots: slots.into_iter().map(str::to_owned).collect(),
            scenarios: Vec::new(),
        };
        names.number_scenarios();
        LocaleRows {
            characters,
            train: train.iter().map(|(row, labels)| names.number(row, labels)).collect(),
            costs: vec![Cost::sure(1.0); train.len()],
            dev: Vec::new(),
            names,
        }
    }
}

impl Names {
    pub(crate) fn number(&self, row: &NamedRow, labels: &NamedLabels) -> Row {
        self.row(row.text.clone(), row.words.clone(), &labels.intent, &labels.slots)
    }

    /// A row with its names as numbers; those that there are not get one that
    /// nothing has.
    pub(crate) fn row(
        &self,
        text: String,
        words: Vec<String>,
        intent: &str,
        slots: &[Option<String>],
    ) -> Row {
        let find = |names: &[String], name: &str| {
            names
                .binary_search_by(|known| known.as_str().cmp(name))
                .map_or(u16::MAX - 1, |at| at as u16)
        };
        Row {
            text,
            word_list: words,
            intent: find(&self.intents, intent),
            slots: slots
                .iter()
                .map(|slot| slot.as_ref().map_or(0, |slot| find(&self.slots, slot) + 1))
                .collect(),
        }
    }
}
