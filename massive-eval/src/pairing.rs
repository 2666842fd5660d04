//! Joining the corpus and a submission by locale and id.

use std::collections::HashMap;

use massive_data::{
    BadLines, Corpus, Detail, LocaleSet, Partition, ReadReport, Selection, Utterance,
};

use crate::error::{Error, Result};
use crate::submission::{Key, StoredPrediction, Submission};

/// A row of the corpus with what was computed from it and its prediction.
#[derive(Debug, Clone)]
pub struct Row<T> {
    /// Its locale and id.
    pub key: Key,
    /// Index of its prediction in the submission.
    pub prediction: Option<usize>,
    /// What was computed.
    pub value: T,
}

/// The selected rows of a corpus, joined with a submission.
#[derive(Debug)]
pub struct Pairing<T> {
    /// All selected rows, by locale and id.
    pub rows: Vec<Row<T>>,
    /// Predictions of the selected locales for which there is no row, by index.
    pub unknown: Vec<usize>,
    /// How many predictions are of locales that were not selected.
    pub unselected: u64,
    /// What was met while reading the corpus.
    pub report: ReadReport,
}

/// Reads the selected rows of `corpus` and maps each with its prediction.
///
/// # Errors
/// Those of [`Corpus::for_each`] and of `map`; a corpus with the same row twice.
pub fn pair<T: Send>(
    corpus: &Corpus,
    submission: &Submission,
    map: impl Fn(&Utterance<'_>, Option<&StoredPrediction>) -> massive_data::Result<T> + Sync,
) -> Result<Pairing<T>> {
    let selected = corpus.selection().locales;
    let mut rows: Vec<Row<T>> = Vec::new();
    // Judgments do not enter a score.
    let report = corpus.clone().detail(Detail::Labels).for_each(
        |utterance| {
            let key = (utterance.locale(), utterance.id());
            let prediction = submission.find(key);
            let stored = prediction.map(|index| &submission.predictions()[index]);
            Ok(Row { key, prediction, value: map(&utterance, stored)? })
        },
        |_, row| {
            rows.push(row);
            Ok(())
        },
    )?;
    rows.sort_by_key(|row| row.key);
    if let Some(twice) = rows.windows(2).find(|two| two[0].key == two[1].key) {
        let (locale, id) = twice[0].key;
        return Err(Error::request(format!(
            "the corpus has utterance {id} of {locale} more than once; give one release, \
             or choose a partition"
        )));
    }
    let mut known = vec![false; submission.predictions().len()];
    for row in &rows {
        if let Some(index) = row.prediction {
            known[index] = true;
        }
    }
    // A later prediction for a known row is a duplicate, not unknown.
    for duplicate in submission.duplicates() {
        known[duplicate.later] |= known[duplicate.first];
    }
    let (mut unknown, mut unselected) = (Vec::new(), 0);
    for (index, prediction) in submission.predictions().iter().enumerate() {
        if !selected.contains(prediction.key.0) {
            unselected += 1;
        } else if !known[index] {
            unknown.push(index);
        }
    }
    Ok(Pairing { rows, unknown, unselected, report })
}

/// The partitions in which `corpus` has the given rows, whatever it selects.
///
/// # Errors
/// Input that cannot be read; lines that are no rows are passed over.
pub fn partitions_of(
    corpus: &Corpus,
    keys: impl IntoIterator<Item = Key>,
) -> Result<HashMap<Key, Partition>> {
    let mut found: HashMap<Key, Option<Partition>> =
        keys.into_iter().map(|key| (key, None)).collect();
    let locales: LocaleSet = found.keys().map(|key| key.0).collect();
    corpus
        .clone()
        .select(Selection { locales, partition: None })
        .detail(Detail::Labels)
        .bad_lines(BadLines::Skip)
        .for_each(
            |utterance| Ok(((utterance.locale(), utterance.id()), utterance.partition())),
            |_, (key, partition)| {
                if let Some(slot) = found.get_mut(&key) {
                    *slot = Some(partition);
                }
                Ok(())
            },
        )?;
    Ok(found.into_iter().filter_map(|(key, partition)| Some((key, partition?))).collect())
}
