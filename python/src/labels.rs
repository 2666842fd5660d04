//! Metrics of label numbers, as a trainer has them.

use std::collections::BTreeMap;

use massive_data::OTHER;
use massive_eval::Metric;
use massive_eval::counts::{Counts, SlotCounts, UtteranceCounts, bio_chunks, count_chunks};
use massive_eval::metrics::{precision, recall, reference_stderr};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::failure::{Failure, Result};
use crate::work;

/// Labels and intents by number, of utterances one after the other. What a model
/// does not predict is absent.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Batch {
    /// Labelled words of each utterance.
    words: Vec<u32>,
    /// The gold label of each word.
    gold_labels: Option<Vec<i64>>,
    /// Its predicted label.
    predicted_labels: Option<Vec<i64>>,
    /// What the numbers of labels mean.
    names: Vec<String>,
    /// The gold intent of each utterance.
    gold_intents: Option<Vec<i64>>,
    /// Its predicted intent.
    predicted_intents: Option<Vec<i64>>,
    /// What each utterance counts among, as its locale.
    groups: Option<Vec<String>>,
}

/// The metrics of a batch, by name; those of a group are named `GROUP/METRIC`.
#[pyfunction]
pub(crate) fn label_metrics(
    py: Python<'_>,
    batch: &Bound<'_, PyDict>,
) -> PyResult<BTreeMap<String, f64>> {
    let batch: Batch = batch.extract()?;
    work::run(py, move || batch.metrics())
}

/// What a label number says: the slot, and whether a chunk begins there. Numbers
/// without a name are a label of their own.
#[derive(Clone, Copy, PartialEq)]
struct Tag {
    label: Option<i64>,
    begins: bool,
}

impl Batch {
    fn metrics(&self) -> Result<BTreeMap<String, f64>> {
        self.check()?;
        let tags = self.tags();
        let mut sums: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
        let mut start = 0;
        for (row, &words) in self.words.iter().enumerate() {
            let place = start..start + words as usize;
            start = place.end;
            let counts = self.count(row, place, &tags);
            *sums.entry(None).or_default() += counts.into();
            if let Some(groups) = &self.groups {
                *sums.entry(Some(&groups[row])).or_default() += counts.into();
            }
        }
        let mut metrics = BTreeMap::new();
        for (group, counts) in &sums {
            let name = |metric: &str| match group {
                Some(group) => format!("{group}/{metric}"),
                None => metric.to_owned(),
            };
            for metric in Metric::PAPER.into_iter().filter(|&metric| self.has(metric)) {
                let Some(value) = metric.of_counts(counts) else { continue };
                metrics.insert(name(metric.name()), value);
                if let Some(error) = reference_stderr(metric, value, counts) {
                    metrics.insert(name(&format!("{metric}_stderr")), error);
                }
            }
            if self.has(Metric::SlotMicroF1) {
                metrics.insert(name("slot_precision"), precision(counts));
                metrics.insert(name("slot_recall"), recall(counts));
            }
        }
        Ok(metrics)
    }

    fn has(&self, metric: Metric) -> bool {
        let (intents, slots) = (self.gold_intents.is_some(), self.gold_labels.is_some());
        massive_eval::Predicted { intents, slots }.has(metric)
    }

    /// The lengths fit each other.
    fn check(&self) -> Result<()> {
        let words: usize = self.words.iter().map(|&words| words as usize).sum();
        let rows = self.words.len();
        for (what, found, expected) in [
            ("gold labels", self.gold_labels.as_ref().map(Vec::len), words),
            ("predicted labels", self.predicted_labels.as_ref().map(Vec::len), words),
            ("gold intents", self.gold_intents.as_ref().map(Vec::len), rows),
            ("predicted intents", self.predicted_intents.as_ref().map(Vec::len), rows),
            ("locales", self.groups.as_ref().map(Vec::len), rows),
        ] {
            if let Some(found) = found.filter(|&found| found != expected) {
                let message = format!("{found} {what} where {expected} are expected");
                return Err(Failure::request(message));
            }
        }
        Ok(())
    }

    fn tags(&self) -> Vec<Tag> {
        let mut labels: BTreeMap<&str, i64> = BTreeMap::new();
        let names = self.names.iter().enumerate();
        let tags = names.map(|(number, name)| {
            let (begins, label) = match name.split_once('-') {
                Some(("B", label)) => (true, label),
                Some(("I", label)) => (false, label),
                _ => (false, name.as_str()),
            };
            let number = *labels.entry(label).or_insert(number as i64);
            let outside = label.is_empty() || label == OTHER || label == "O";
            Tag { label: (!outside).then_some(number), begins }
        });
        tags.collect()
    }

    fn count(&self, row: usize, place: std::ops::Range<usize>, tags: &[Tag]) -> UtteranceCounts {
        let of = |numbers: &Option<Vec<i64>>| -> Vec<Tag> {
            let numbers = numbers.as_ref().and_then(|numbers| numbers.get(place.clone()));
            let tag = |&number: &i64| {
                let known = usize::try_from(number).ok().and_then(|number| tags.get(number));
                known.copied().unwrap_or(Tag { label: Some(-1 - number.abs()), begins: false })
            };
            numbers.unwrap_or_default().iter().map(tag).collect()
        };
        let (gold, predicted) = (of(&self.gold_labels), of(&self.predicted_labels));
        let slots = counted(&gold, &predicted);
        let intent = |intents: &Option<Vec<i64>>| intents.as_ref().map(|intents| intents[row]);
        let intent_correct = intent(&self.gold_intents).is_some()
            && intent(&self.gold_intents) == intent(&self.predicted_intents);
        UtteranceCounts {
            words: gold.len() as u32,
            slots,
            intent_correct,
            // Every slot is right where there are as many right as in both.
            exact_match: intent_correct
                && slots.correct == slots.gold
                && slots.correct == slots.predicted,
        }
    }
}

fn counted(gold: &[Tag], predicted: &[Tag]) -> SlotCounts {
    let parts = |tags: &[Tag]| -> (Vec<Option<i64>>, Vec<bool>) {
        tags.iter().map(|tag| (tag.label, tag.begins)).unzip()
    };
    let (gold, gold_begins) = parts(gold);
    let (predicted, predicted_begins) = parts(predicted);
    count_chunks(bio_chunks(&gold, &gold_begins), bio_chunks(&predicted, &predicted_begins))
}
