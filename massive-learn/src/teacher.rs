//! A teacher: a model whose predictions another one learns from.
//!
//! What it says about rows without labels, or whose labels are not to be used, is
//! taken for their labels, as in sequence-level distillation (Kim and Rush 2016)
//! and for the students of the Alexa Teacher Model (FitzGerald et al. 2022).

use std::collections::{BTreeMap, BTreeSet};

use massive_data::{Partition, PredictionFiles, Segmentation};

use crate::cost::Cost;
use crate::error::{Error, Result};
use crate::named_rows::{NamedLabels, NamedLocale, NamedRow};
use crate::rows::LocaleRows;

/// What a teacher says, by locale and id.
#[derive(Debug, Clone, Default)]
pub struct Teacher {
    rows: BTreeMap<(String, String), Said>,
}

/// What it says about a row.
#[derive(Debug, Clone)]
struct Said {
    intent: String,
    /// How probable it finds intents, if it says so.
    intents: Vec<(String, f32)>,
    slots: Vec<Option<String>>,
}

/// What became of a teacher's rows of a locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lesson {
    /// Rows with labels of their own that are learned from.
    pub labelled: usize,
    /// Rows that are learned from as the teacher labels them.
    pub taught: usize,
}

impl Teacher {
    /// Reads a teacher's predictions, which need intents and slots.
    ///
    /// # Errors
    /// Files that cannot be read, a prediction without intent or slots, a row
    /// twice.
    pub fn read(files: &PredictionFiles) -> Result<Teacher> {
        let mut teacher = Teacher::default();
        files.for_each_scored(
            |prediction, scores| {
                let characters = prediction.locale.segmentation();
                let slots = prediction.slots.as_ref().map(|slots| slots.labels(characters).labels);
                let key = (prediction.locale.to_string(), prediction.id.to_string());
                let intent = prediction.intent.map(std::borrow::Cow::into_owned);
                let intents: Vec<(String, f32)> = scores
                    .into_iter()
                    .map(|(intent, score)| (intent.into_owned(), score as f32))
                    .collect();
                (key, intent, intents, slots)
            },
            |place, said| {
                let (key, intent, intents, slots) = said?;
                let (Some(intent), Some(slots)) = (intent, slots) else {
                    return Err(massive_data::Error::request(format!(
                        "{place}: the prediction for {} {} has no intent or no slots; a teacher \
                         needs both",
                        key.0, key.1
                    )));
                };
                let owned = |slot: Option<massive_data::SlotName>| {
                    slot.map(|slot| slot.as_str().to_owned())
                };
                let said = Said { intent, intents, slots: slots.into_iter().map(owned).collect() };
                match teacher.rows.insert(key.clone(), said) {
                    None => Ok(()),
                    Some(_) => Err(massive_data::Error::request(format!(
                        "{place}: {} {} is there twice; a teacher says one thing about a row",
                        key.0, key.1
                    ))),
                }
            },
        )?;
        Ok(teacher)
    }

    /// Fails if the teacher speaks of rows of these locales that there are not.
    ///
    /// # Errors
    /// A row that no locale has; the first is named.
    pub fn demand_rows(&self, locales: &[NamedLocale]) -> Result<()> {
        let known: BTreeSet<(&str, &str)> = locales
            .iter()
            .flat_map(|one| one.rows.iter().map(|row| (one.locale.as_str(), row.id.as_str())))
            .collect();
        let chosen: BTreeSet<&str> = locales.iter().map(|one| one.locale.as_str()).collect();
        let of_chosen = self.rows.keys().filter(|key| chosen.contains(key.0.as_str()));
        let strange: Vec<_> =
            of_chosen.filter(|key| !known.contains(&(key.0.as_str(), key.1.as_str()))).collect();
        match strange.first() {
            None => Ok(()),
            Some((locale, id)) => Err(Error::rows(format!(
                "the teacher's predictions have {} rows that are not among the rows to learn from, \
                 the first being {locale} {id}; give the corpus or the text that they are of",
                strange.len()
            ))),
        }
    }

    /// Rows to learn from: those of partition train with their labels, and all
    /// others but those of test as the teacher labels them, `weight` being what an
    /// error on these costs against one on the former. Where it says how probable
    /// it finds intents, errors cost less where it is not sure. The labels of dev rows are
    /// used only if the teacher says nothing about them.
    ///
    /// A row of train that the teacher speaks of, too, keeps its own labels.
    ///
    /// # Errors
    /// A row of train without labels of which the teacher says nothing; labels for
    /// another number of words than the row has.
    pub fn teach(&self, locale: &NamedLocale, weight: f32) -> Result<(LocaleRows, Lesson)> {
        let mut own: Vec<(&NamedRow, NamedLabels)> = Vec::new();
        let mut taught: Vec<(&NamedRow, NamedLabels)> = Vec::new();
        let mut beliefs: Vec<&[(String, f32)]> = Vec::new();
        let (mut dev, mut dev_is_taught) = (Vec::new(), false);
        for row in locale.rows.iter().filter(|row| row.partition != Partition::Test) {
            let said = self.rows.get(&(locale.locale.clone(), row.id.clone()));
            match (&row.labels, said, row.partition) {
                (Some(labels), _, Partition::Train) => own.push((row, labels.clone())),
                (_, Some(said), partition) => {
                    dev_is_taught |= partition == Partition::Dev;
                    taught.push((row, fitted(locale, row, said)?));
                    beliefs.push(&said.intents);
                }
                (Some(labels), None, Partition::Dev) => dev.push((row, labels.clone())),
                (None, None, Partition::Train) => {
                    return Err(Error::rows(format!(
                        "row {} of {} has no labels, and the teacher says nothing about it",
                        row.id, locale.locale
                    )));
                }
                _ => {}
            }
        }
        let lesson = Lesson { labelled: own.len(), taught: taught.len() };
        let all: Vec<(&NamedRow, &NamedLabels)> =
            own.iter().chain(&taught).map(|(row, labels)| (*row, labels)).collect();
        let mut rows = LocaleRows::of(&locale.locale, locale.characters, &all);
        for (cost, beliefs) in rows.costs[lesson.labelled..].iter_mut().zip(beliefs) {
            let number = |(name, probability): &(String, f32)| {
                let known = rows.names.intents.binary_search(name).ok()?;
                Some((known as u16, *probability))
            };
            *cost = Cost { all: weight, intents: beliefs.iter().filter_map(number).collect() };
        }
        if !dev_is_taught {
            rows.dev = dev.iter().map(|(row, labels)| rows.names.number(row, labels)).collect();
        }
        Ok((rows, lesson))
    }

    /// The same teacher's words as predictions of the rows of a partition that
    /// have labels: how many, and how many are exactly right.
    pub fn exact_matches(&self, locale: &NamedLocale, partition: Partition) -> (usize, usize) {
        let (mut rows, mut right) = (0, 0);
        for row in locale.rows.iter().filter(|row| row.partition == partition) {
            let said = self.rows.get(&(locale.locale.clone(), row.id.clone()));
            if let (Some(labels), Some(said)) = (&row.labels, said) {
                rows += 1;
                right += usize::from(labels.intent == said.intent && labels.slots == said.slots);
            }
        }
        (rows, right)
    }
}

/// What the teacher says, for as many words as the row has.
fn fitted(locale: &NamedLocale, row: &NamedRow, said: &Said) -> Result<NamedLabels> {
    if said.slots.len() != row.words.len() {
        let unit = match locale.characters {
            true => Segmentation::Characters,
            false => Segmentation::WhiteSpace,
        };
        return Err(Error::rows(format!(
            "{} {}: the teacher labels {} words where the row has {} ({unit:?}); it is of another \
             corpus",
            locale.locale,
            row.id,
            said.slots.len(),
            row.words.len()
        )));
    }
    Ok(NamedLabels { intent: said.intent.clone(), slots: said.slots.clone() })
}
