//! Rows of the corpus to learn from, locale by locale.

use std::collections::{BTreeMap, BTreeSet};

use massive_data::{Corpus, LabelMode, Partition, Segmentation};

use crate::error::{Error, Result};
use crate::locale_model::Names;
use crate::row::Row;

/// The rows of one locale, their labels as numbers.
#[derive(Debug, Clone, Default)]
pub struct LocaleRows {
    pub(crate) names: Names,
    /// True where words are characters.
    pub(crate) characters: bool,
    pub(crate) train: Vec<Row>,
    /// Id of each training row.
    pub(crate) ids: Vec<String>,
    /// How much an error on each training row costs.
    pub(crate) costs: Vec<f32>,
    pub(crate) dev: Vec<Row>,
}

impl LocaleRows {
    /// The tag of the locale.
    pub fn locale(&self) -> &str {
        &self.names.locale
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

/// A row with its labels as names.
struct NamedRow {
    partition: Partition,
    id: String,
    text: String,
    words: Vec<String>,
    intent: String,
    slots: Vec<Option<String>>,
}

/// Reads the rows of partitions train and dev that the corpus selects; `mode`
/// says how gold labels are derived.
///
/// # Errors
/// A corpus that cannot be read, rows without labels in train, or no labelled
/// row in train at all.
pub fn read_rows(corpus: &Corpus, mode: LabelMode) -> Result<Vec<LocaleRows>> {
    let mut locales: BTreeMap<String, (bool, Vec<NamedRow>)> = BTreeMap::new();
    let mut unlabelled: Option<String> = None;
    corpus.for_each(
        |utterance| {
            let partition = utterance.partition();
            if !matches!(partition, Partition::Train | Partition::Dev) {
                return Ok(None);
            }
            let locale = utterance.locale();
            let characters = locale.segmentation() == Segmentation::Characters;
            let id = utterance.id().to_string();
            let labelled = utterance.gold().zip(utterance.labelled_words(mode));
            let row = labelled.map(|(gold, labelled)| NamedRow {
                partition,
                id: id.clone(),
                text: utterance.utt().to_owned(),
                words: labelled.iter().map(|(word, _)| (*word).to_owned()).collect(),
                intent: gold.intent.as_str().to_owned(),
                slots: labelled
                    .iter()
                    .map(|(_, slot)| slot.map(|slot| slot.as_str().to_owned()))
                    .collect(),
            });
            Ok(Some((locale.to_string(), characters, id, row)))
        },
        |place, found| {
            if let Some((locale, characters, id, row)) = found {
                match row {
                    Some(row) => {
                        let rows = locales.entry(locale).or_default();
                        rows.0 = characters;
                        rows.1.push(row);
                    }
                    None if unlabelled.is_none() => {
                        unlabelled = Some(format!("{place}: row {id} of {locale} has no labels"));
                    }
                    None => {}
                }
            }
            Ok(())
        },
    )?;
    if let Some(place) = unlabelled {
        return Err(Error::rows(format!(
            "{place}: rows of partitions train and dev need an intent and an annotation to be \
             learned from; leave it out, or train with a teacher's predictions on it"
        )));
    }
    if locales.is_empty() {
        return Err(Error::rows(
            "the corpus has no rows of these locales in partition train or dev: nothing to learn \
             from",
        ));
    }
    Ok(locales
        .into_iter()
        .map(|(locale, (characters, rows))| number(locale, characters, rows))
        .collect())
}

/// Gives names their numbers, in code-point order.
fn number(locale: String, characters: bool, rows: Vec<NamedRow>) -> LocaleRows {
    let train = || rows.iter().filter(|row| row.partition == Partition::Train);
    let intents: BTreeSet<&str> = train().map(|row| row.intent.as_str()).collect();
    let slots: BTreeSet<&str> =
        train().flat_map(|row| row.slots.iter().flatten().map(String::as_str)).collect();
    let mut names = Names {
        locale,
        intents: intents.into_iter().map(str::to_owned).collect(),
        slots: slots.into_iter().map(str::to_owned).collect(),
        scenarios: Vec::new(),
    };
    names.number_scenarios();
    let mut found = LocaleRows { names, characters, ..LocaleRows::default() };
    for row in rows {
        let (partition, id) = (row.partition, row.id.clone());
        let row = found.names.row(row.text, row.words, &row.intent, &row.slots);
        if partition == Partition::Train {
            found.train.push(row);
            found.costs.push(1.0);
            found.ids.push(id);
        } else {
            found.dev.push(row);
        }
    }
    found
}

impl Names {
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
