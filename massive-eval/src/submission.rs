//! A submission: all predictions of one system, found by locale and id.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;

use massive_data::{
    Error, Intent, Locale, LocaleSet, Losses, Matching, PredictedSlots, Prediction,
    PredictionFiles, Reading, UtteranceId,
};
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// What names an utterance: its locale and id. Ordered by locale, then number.
pub type Key = (Locale, UtteranceId);

/// A prediction as it is kept.
#[derive(Debug, Clone)]
pub struct StoredPrediction {
    /// Which utterance it is about.
    pub key: Key,
    /// The predicted intent, any name.
    pub intent: Option<Intent>,
    /// The predicted slots.
    pub slots: Option<PredictedSlots<'static>>,
    /// What of its slots could not be read.
    pub losses: Losses,
    file: u32,
    line: u32,
}

/// How predictions were read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct InputForm {
    /// What was recognised; `None` for predictions as the reference writes them.
    pub form: Option<String>,
    /// How their text was read.
    #[serde(default)]
    pub reading: Reading,
    /// How they found their rows.
    #[serde(default)]
    pub matching: Matching,
}

/// Two predictions for one utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate {
    /// Index of the first one.
    pub first: usize,
    /// Index of the later one.
    pub later: usize,
}

/// Lines that are no predictions: how many, and the first of them.
#[derive(Debug, Default)]
pub struct BadLines {
    /// How many.
    pub count: u64,
    /// The first, at most [`BadLines::LISTED`].
    pub examples: Vec<Error>,
}

impl BadLines {
    /// How many are listed.
    pub const LISTED: usize = 10;
}

/// All predictions of one system.
#[derive(Debug, Default)]
pub struct Submission {
    predictions: Vec<StoredPrediction>,
    files: Vec<String>,
    index: Index,
    duplicates: Vec<Duplicate>,
    locales: LocaleSet,
    input: InputForm,
}

/// Which prediction is the first for an utterance.
///
/// Ids of the release are small numbers, so each locale has a table of them;
/// others are looked up by hash.
#[derive(Debug, Default)]
struct Index {
    tables: Vec<Vec<u32>>,
    others: HashMap<Key, u32>,
}

impl Index {
    /// Ids below this have a place in a table.
    const TABLE: u64 = 1 << 16;
    const NONE: u32 = u32::MAX;

    /// The place of an id in a table, if it has one there.
    fn place(id: &UtteranceId) -> Option<usize> {
        id.number().filter(|&number| number < Self::TABLE).map(|number| number as usize)
    }

    /// Enters a prediction; that for the same utterance which was there before.
    fn insert(&mut self, key: Key, number: u32) -> Option<u32> {
        let Some(id) = Self::place(&key.1) else {
            return match self.others.entry(key) {
                Entry::Vacant(entry) => {
                    entry.insert(number);
                    None
                }
                Entry::Occupied(entry) => Some(*entry.get()),
            };
        };
        let table = key.0.index();
        if self.tables.len() <= table {
            self.tables.resize_with(table + 1, Vec::new);
        }
        let table = &mut self.tables[table];
        if table.len() <= id {
            table.resize(id + 1, Self::NONE);
        }
        match table[id] {
            Self::NONE => {
                table[id] = number;
                None
            }
            first => Some(first),
        }
    }

    fn get(&self, key: &Key) -> Option<u32> {
        let Some(id) = Self::place(&key.1) else { return self.others.get(key).copied() };
        let number = *self.tables.get(key.0.index())?.get(id)?;
        (number != Self::NONE).then_some(number)
    }
}

/// A place in one of the files of a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PredictionPlace<'a> {
    /// The file.
    pub file: &'a str,
    /// The line, from 1.
    pub line: u32,
}

impl fmt::Display for PredictionPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

impl Submission {
    /// Reads all predictions; lines that are none are counted and listed.
    ///
    /// # Errors
    /// Input that cannot be read or decompressed.
    pub fn read(files: &PredictionFiles) -> Result<(Submission, BadLines)> {
        let mut submission = Submission::default();
        let mut bad = BadLines::default();
        if let Some(recognised) = files.recognised() {
            submission.input = InputForm {
                form: Some(recognised.forms.join(", ")),
                reading: recognised.reading,
                matching: recognised.matching,
            };
        }
        let losses = files.recognised().map(|recognised| &recognised.losses);
        files.for_each(
            |prediction| {
                let key = (prediction.locale, prediction.id);
                let intent = prediction.intent.map(|name| Intent::open(&name));
                (key, intent, prediction.slots.map(PredictedSlots::into_owned))
            },
            |place, prediction| {
                match prediction {
                    Ok((key, intent, slots)) => {
                        let line = u32::try_from(place.line).unwrap_or(u32::MAX);
                        let losses = losses.and_then(|all| all.get(&key)).copied();
                        let losses = losses.unwrap_or_default();
                        submission.push(key, intent, slots, losses, (place.file, line));
                    }
                    Err(error) => {
                        bad.count += 1;
                        if bad.examples.len() < BadLines::LISTED {
                            bad.examples.push(error);
                        }
                    }
                }
                Ok(())
            },
        )?;
        Ok((submission, bad))
    }

    /// Adds a prediction made in memory; its place is called `memory`, with its
    /// number from 1 as the line.
    pub fn push_prediction(&mut self, prediction: Prediction<'_>) {
        let line = u32::try_from(self.predictions.len() + 1).unwrap_or(u32::MAX);
        let intent = prediction.intent.map(|name| Intent::open(&name));
        let slots = prediction.slots.map(PredictedSlots::into_owned);
        let key = (prediction.locale, prediction.id);
        self.push(key, intent, slots, Losses::default(), ("memory", line));
    }

    fn push(
        &mut self,
        key: Key,
        intent: Option<Intent>,
        slots: Option<PredictedSlots<'static>>,
        losses: Losses,
        (file, line): (&str, u32),
    ) {
        if self.files.last().is_none_or(|last| last != file) {
            self.files.push(file.to_owned());
        }
        let file = (self.files.len() - 1) as u32;
        let number = self.predictions.len();
        if let Some(first) = self.index.insert(key.clone(), number as u32) {
            self.duplicates.push(Duplicate { first: first as usize, later: number });
        }
        self.locales.insert(key.0);
        self.predictions.push(StoredPrediction { key, intent, slots, losses, file, line });
    }

    /// All predictions, in the order of the files.
    pub fn predictions(&self) -> &[StoredPrediction] {
        &self.predictions
    }

    /// The first prediction for an utterance, by its index.
    pub fn find(&self, key: &Key) -> Option<usize> {
        self.index.get(key).map(|index| index as usize)
    }

    /// Second and later predictions for an utterance.
    pub fn duplicates(&self) -> &[Duplicate] {
        &self.duplicates
    }

    /// How they were read.
    pub fn input(&self) -> &InputForm {
        &self.input
    }

    /// The locales that predictions are for.
    pub fn locales(&self) -> &LocaleSet {
        &self.locales
    }

    /// Where a prediction stands.
    pub fn place(&self, index: usize) -> PredictionPlace<'_> {
        let prediction = &self.predictions[index];
        PredictionPlace { file: &self.files[prediction.file as usize], line: prediction.line }
    }
}

impl<'p> FromIterator<Prediction<'p>> for Submission {
    fn from_iter<I: IntoIterator<Item = Prediction<'p>>>(predictions: I) -> Self {
        let mut submission = Submission::default();
        predictions.into_iter().for_each(|prediction| submission.push_prediction(prediction));
        submission
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_prediction_is_found_whatever_its_id() {
        let mut index = Index::default();
        let ids = [0, 7, Index::TABLE - 1, Index::TABLE, u64::MAX];
        let keys: Vec<Key> = [Locale::AF_ZA, Locale::ZH_TW]
            .into_iter()
            .flat_map(|locale| ids.map(|id| (locale, UtteranceId::from(id))))
            .collect();
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(index.get(key), None);
            assert_eq!(index.insert(key.clone(), number as u32), None);
            assert_eq!(index.insert(key.clone(), 99), Some(number as u32));
        }
        for (number, key) in keys.iter().enumerate() {
            assert_eq!(index.get(key), Some(number as u32));
        }
        assert_eq!(index.get(&(Locale::DE_DE, UtteranceId::from(7))), None);
    }
}
