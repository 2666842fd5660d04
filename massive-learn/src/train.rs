//! Training of one locale's model.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use massive_data::Partition;

use crate::error::{Error, Result};
use crate::intent_features::Grams;
use crate::intent_model::largest;
use crate::intent_training::{accuracy, train_intents};
use crate::locale_model::{Labels, LocaleModel, Workspace};
use crate::named_rows::NamedLocale;
use crate::row::Row;
use crate::rows::LocaleRows;
use crate::settings::Settings;
use crate::slot_features::WordKind;
use crate::slot_training::{Perceptron, Task};

/// The most slots that a model can tell apart.
const MOST_SLOTS: usize = 127;

/// What a model gets right on rows that it was not trained on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct RowScore {
    /// Rows.
    pub rows: usize,
    /// Share of rows with the right intent, 0 to 1.
    pub intent_accuracy: f64,
    /// F1 of slots, all rows pooled, 0 to 1.
    pub slot_f1: f64,
    /// Share of rows with the right intent and all labels right, 0 to 1.
    pub exact_match: f64,
}

/// What happened in training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingReport {
    /// Rows that were learned from.
    pub rows: usize,
    /// Passes over them that the slots took.
    pub passes: usize,
    /// Share of them whose intent would have been right without them.
    pub left_out_accuracy: f64,
    /// What is right on dev rows, if there are any.
    pub dev: Option<RowScore>,
}

/// Trains a model on rows; where there are dev rows they decide how many passes
/// are best.
///
/// The same rows and settings give the same model, byte for byte.
///
/// # Errors
/// No rows, more than 127 slots, an intent with a single example unless
/// [`Settings::rare`], or `stop` was set meanwhile.
pub fn train_locale(
    rows: &LocaleRows,
    settings: &Settings,
    stop: &AtomicBool,
) -> Result<(LocaleModel, TrainingReport)> {
    check(rows, settings)?;
    let kind = if rows.characters { WordKind::Characters } else { WordKind::Words };
    let grams = Grams::of(rows.train.iter().map(|row| row.text.as_str()));
    let classes = rows.names.intents.len();
    let settings = settings.limited(classes);
    let scenarios = &rows.names.scenarios;
    let trained = train_intents(&rows.train, &rows.costs, scenarios, grams, &settings.intents());
    let targets: Vec<u16> = rows.train.iter().map(|row| row.intent).collect();
    let left_out_accuracy = accuracy(&trained.left_out, &targets, classes);
    let tasks: Vec<Task<'_>> = (rows.train.iter())
        .zip(trained.left_out.chunks_exact(classes))
        .map(|(row, margins)| Task { row, intent: largest(margins) as u16 })
        .collect();
    let slots = rows.names.slots.len() as u16;
    let voter = |number| Perceptron::new(&tasks, scenarios, slots, settings.slots(kind, number));
    let mut first = voter(0);
    let mut others: Vec<Perceptron<'_>> = (1..settings.voters).map(voter).collect();
    let mut best: Option<(RowScore, LocaleModel, usize)> = None;
    let mut intents = Some(trained.model);
    for pass in 0..settings.passes {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::stopped());
        }
        first.pass(pass);
        for other in &mut others {
            other.pass(pass);
        }
        let last = pass + 1 == settings.passes;
        if (rows.dev.is_empty() || pass < 2) && !last {
            continue;
        }
        let Some(intent_model) = intents.take() else { break };
        let model = LocaleModel {
            names: rows.names.clone(),
            intents: intent_model,
            slots: first.quantise(&others, settings.most_slot_weights),
            kind,
        };
        let score = score_rows(&model, &rows.dev);
        let better = best.as_ref().is_none_or(|(found, ..)| {
            score.exact_match + score.slot_f1 > found.exact_match + found.slot_f1
        });
        intents = Some(model.intents.clone());
        if better {
            best = Some((score, model, pass + 1));
        } else if best.as_ref().is_some_and(|(.., found)| pass + 1 >= found + 2) {
            break;
        }
    }
    let (score, model, passes) = best.ok_or_else(|| {
        Error::request("at least one pass over the rows is needed to train a model")
    })?;
    let dev = (!rows.dev.is_empty()).then_some(score);
    Ok((model, TrainingReport { rows: rows.train.len(), passes, left_out_accuracy, dev }))
}

fn check(rows: &LocaleRows, settings: &Settings) -> Result<()> {
    let locale = &rows.names.locale;
    if rows.train.is_empty() {
        return Err(Error::rows(format!(
            "{locale} has no rows in partition train; leave the locale out, or say which \
             partition its rows are"
        )));
    }
    if rows.names.slots.len() > MOST_SLOTS {
        return Err(Error::rows(format!(
            "{locale} has {} different slots; a model can tell {MOST_SLOTS} apart",
            rows.names.slots.len()
        )));
    }
    if settings.rare {
        return Ok(());
    }
    let mut counts = vec![0usize; rows.names.intents.len()];
    rows.train.iter().for_each(|row| counts[usize::from(row.intent)] += 1);
    for (name, count) in rows.names.intents.iter().zip(counts) {
        match count {
            0 => {
                return Err(Error::rows(format!(
                    "intent `{name}` of {locale} has no row in partition train: it cannot be \
                     learned; add rows, or take it out of the other partitions"
                )));
            }
            1 => {
                return Err(Error::rows(format!(
                    "intent `{name}` of {locale} has one row only in partition train, which is \
                     not enough to learn from; add rows, or allow rare labels"
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

impl LocaleModel {
    /// What the model gets right on the labelled rows of a partition.
    pub fn score(&self, rows: &NamedLocale, partition: Partition) -> RowScore {
        score_rows(self, &rows.numbered_as(&self.names, partition))
    }

    /// For each labelled row of a partition whether the model gets its intent and
    /// all its labels right.
    pub fn exact_matches(&self, rows: &NamedLocale, partition: Partition) -> Vec<bool> {
        let mut space = Workspace::default();
        let rows = rows.numbered_as(&self.names, partition);
        rows.iter().map(|row| self.is_exact(row, &mut space)).collect()
    }

    fn is_exact(&self, row: &Row, space: &mut Workspace) -> bool {
        let labels = self.predict(&row.text, &row.words(), space);
        labels.intent == usize::from(row.intent) && slots_of(&labels) == row.slots
    }
}

/// What a model gets right.
pub(crate) fn score_rows(model: &LocaleModel, rows: &[Row]) -> RowScore {
    let mut space = Workspace::default();
    let (mut intents, mut exact, mut correct, mut gold, mut predicted) = (0, 0, 0, 0, 0);
    for row in rows {
        let labels = model.predict(&row.text, &row.words(), &mut space);
        let slots = slots_of(&labels);
        let right = labels.intent == usize::from(row.intent);
        intents += usize::from(right);
        exact += usize::from(right && slots == row.slots);
        let (theirs, ours) = (chunks(&row.slots), chunks(&slots));
        gold += theirs.len();
        predicted += ours.len();
        correct += theirs.iter().filter(|(place, slot)| ours.get(place) == Some(slot)).count();
    }
    let share = |part: usize, of: usize| part as f64 / of.max(1) as f64;
    RowScore {
        rows: rows.len(),
        intent_accuracy: share(intents, rows.len()),
        slot_f1: share(2 * correct, gold + predicted),
        exact_match: share(exact, rows.len()),
    }
}

/// For each word 0, or 1 and the number of its slot.
fn slots_of(labels: &Labels) -> Vec<u16> {
    labels.slots.iter().map(|slot| slot.map_or(0, |slot| slot as u16 + 1)).collect()
}

/// Chunks: first and last word, and the slot.
fn chunks(slots: &[u16]) -> BTreeMap<(usize, usize), u16> {
    let mut found = BTreeMap::new();
    let mut start = 0;
    for same in slots.chunk_by(|a, b| a == b) {
        if same[0] != 0 {
            found.insert((start, start + same.len() - 1), same[0]);
        }
        start += same.len();
    }
    found
}
