//! Labelled rows of a corpus with their names as they stand there, locale by
//! locale, and choices of few of them.

use std::collections::{BTreeMap, BTreeSet};

use massive_data::{Corpus, LabelMode, Partition, Segmentation};

use crate::error::{Error, Result};
use crate::hash::Hash;

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct NamedRow {
    pub(crate) partition: Partition,
    pub(crate) id: String,
    pub(crate) text: String,
    pub(crate) words: Vec<String>,
    /// Its labels, if it has any.
    pub(crate) labels: Option<NamedLabels>,
    /// Where it stands, if it has none.
    pub(crate) place: Option<String>,
}

/// The intent of a row and the slot of each word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedLabels {
    pub(crate) intent: String,
    pub(crate) slots: Vec<Option<String>>,
}

/// The scenario of an intent: the part of its name before `_`.
pub(crate) fn scenario(intent: &str) -> &str {
    intent.split('_').next().unwrap_or(intent)
}

/// The rows of one locale.
#[derive(Debug, Clone)]
pub struct NamedLocale {
    pub(crate) locale: String,
    /// True where words are characters.
    pub(crate) characters: bool,
    pub(crate) rows: Vec<NamedRow>,
}

/// Which rows of partition train are learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// All.
    All,
    /// So many.
    Rows(usize),
    /// So many of each intent.
    Shots(usize),
}

impl NamedLocale {
    /// The tag of the locale.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// Rows of a partition.
    pub fn count(&self, partition: Partition) -> usize {
        self.rows.iter().filter(|row| row.partition == partition).count()
    }

    /// The same rows, but of partition train only so many.
    ///
    /// They are drawn by their ids: the same ones in every locale, and a smaller
    /// choice lies within a larger one.
    #[must_use]
    pub fn few(&self, amount: Amount, seed: u64) -> NamedLocale {
        let drawn = |row: &NamedRow| Hash::template(seed).with(0xfe3).text(&row.id).value();
        let (mut train, mut rows): (Vec<&NamedRow>, Vec<&NamedRow>) =
            self.rows.iter().partition(|row| row.partition == Partition::Train);
        train.sort_by_cached_key(|row| (drawn(row), row.id.clone()));
        match amount {
            Amount::All => {}
            Amount::Rows(count) => train.truncate(count),
            Amount::Shots(count) => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                train.retain(|row| {
                    let intent = row.labels.as_ref().map_or("", |labels| &labels.intent);
                    let seen = counts.entry(intent).or_default();
                    *seen += 1;
                    *seen <= count
                });
            }
        }
        rows.extend(train);
        let rows = rows.into_iter().cloned().collect();
        NamedLocale { locale: self.locale.clone(), characters: self.characters, rows }
    }

    /// These rows and those of partition train of other locales: words and n-grams
    /// of characters that relatives share carry from one to the other.
    #[must_use]
    pub fn lent(mut self, lenders: &[NamedLocale]) -> NamedLocale {
        for lender in lenders.iter().filter(|lender| lender.locale != self.locale) {
            let train = lender.rows.iter().filter(|row| row.partition == Partition::Train);
            self.rows.extend(train.cloned());
        }
        self
    }

    /// The scenarios of the labelled rows of a partition, in code-point order.
    pub fn scenarios(&self, partition: Partition) -> BTreeSet<String> {
        let rows = self.rows.iter().filter(|row| row.partition == partition);
        rows.filter_map(|row| Some(scenario(&row.labels.as_ref()?.intent).to_owned())).collect()
    }

    /// The same rows, but none of this scenario in partition train, and no others
    /// in partition dev: what a model knows about a scenario that it has not seen.
    #[must_use]
    pub fn without_scenario(mut self, left_out: &str) -> NamedLocale {
        self.rows.retain(|row| {
            let labels = row.labels.as_ref();
            let of_it = labels.is_some_and(|labels| scenario(&labels.intent) == left_out);
            match row.partition {
                Partition::Train => !of_it,
                Partition::Dev => of_it,
                _ => true,
            }
        });
        self
    }

    /// The same rows without those of a partition.
    #[must_use]
    pub fn without(mut self, partition: Partition) -> NamedLocale {
        self.rows.retain(|row| row.partition != partition);
        self
    }

    /// Adds the rows of another corpus.
    ///
    /// # Errors
    /// An id that is there already.
    pub fn append(&mut self, others: NamedLocale) -> Result<()> {
        let known: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        if let Some(row) = others.rows.iter().find(|row| known.contains(row.id.as_str())) {
            return Err(Error::rows(format!(
                "{} {} is in the corpus and in the text without labels; give its rows other ids",
                self.locale, row.id
            )));
        }
        self.rows.extend(others.rows);
        Ok(())
    }

    /// Fails if a row of train or dev has no labels.
    pub(crate) fn demand_labels(&self) -> Result<()> {
        let known = [Partition::Train, Partition::Dev];
        let row =
            self.rows.iter().find(|row| known.contains(&row.partition) && row.labels.is_none());
        row.map_or(Ok(()), |row| {
            Err(Error::rows(format!(
                "{}: row {} of {} has no labels: a row of partition {} needs an intent and an \
                 annotation to be learned from; leave it out, or train with a teacher's \
                 predictions on it",
                row.place.as_deref().unwrap_or_default(),
                row.id,
                self.locale,
                row.partition
            )))
        })
    }
}

/// Reads the rows that a corpus selects, labelled or not, of the partitions that
/// are wanted; `mode` says how gold labels are derived.
///
/// # Errors
/// A corpus that cannot be read.
pub fn read_locales(
    corpus: &Corpus,
    mode: LabelMode,
    wanted: impl Fn(Partition) -> bool + Sync,
) -> Result<Vec<NamedLocale>> {
    let mut locales: BTreeMap<String, NamedLocale> = BTreeMap::new();
    corpus.for_each(
        |utterance| {
            if !wanted(utterance.partition()) {
                return Ok(None);
            }
            let locale = utterance.locale();
            let labelled = utterance.gold().zip(utterance.labelled_words(mode));
            let words = utterance.words();
            let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            let row = NamedRow {
                partition: utterance.partition(),
                id: utterance.id().to_string(),
                text: utterance.utt().to_owned(),
                words: match &labelled {
                    Some((_, labelled)) => {
                        labelled.iter().map(|(word, _)| (*word).to_owned()).collect()
                    }
                    None => owned(&words),
                },
                labels: labelled.map(|(gold, labelled)| NamedLabels {
                    intent: gold.intent.as_str().to_owned(),
                    slots: labelled
                        .iter()
                        .map(|(_, slot)| slot.map(|slot| slot.as_str().to_owned()))
                        .collect(),
                }),
                place: None,
            };
            Ok(Some((locale.to_string(), locale.segmentation() == Segmentation::Characters, row)))
        },
        |place, found| {
            let Some((locale, characters, mut row)) = found else { return Ok(()) };
            row.place = row.labels.is_none().then(|| place.to_string());
            let new = || NamedLocale { locale: locale.clone(), characters, rows: Vec::new() };
            locales.entry(locale.clone()).or_insert_with(new).rows.push(row);
            Ok(())
        },
    )?;
    Ok(locales.into_values().collect())
}
