//! The three metrics of the field, as functions of [`Counts`].
//!
//! Source: FitzGerald et al. 2022 (arXiv 2204.08582), section 5, and the code
//! released with the corpus; the slot metric is that of conlleval (Tjong Kim
//! Sang & Buchholz 2000) over chunks of equal labels.

use std::fmt;
use std::str::FromStr;

use crate::counts::Counts;
use crate::error::{Error, Result};

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Share of utterances whose intent is right.
    IntentAccuracy,
    /// F1 over the slots of all utterances pooled.
    SlotMicroF1,
    /// Share of utterances of which everything is right.
    ExactMatch,
}

impl Metric {
    /// All three, in the order of the paper.
    pub const ALL: [Metric; 3] = [Metric::IntentAccuracy, Metric::SlotMicroF1, Metric::ExactMatch];

    /// The name in documents, which is the reference's.
    pub fn name(self) -> &'static str {
        match self {
            Metric::IntentAccuracy => "intent_acc",
            Metric::SlotMicroF1 => "slot_micro_f1",
            Metric::ExactMatch => "ex_match_acc",
        }
    }

    /// The name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Metric::IntentAccuracy => "intent accuracy",
            Metric::SlotMicroF1 => "slot micro-F1",
            Metric::ExactMatch => "exact match",
        }
    }

    /// The value, from 0 to 1; `None` where it cannot be computed: no
    /// utterances, or a part that the submission does not predict at all.
    ///
    /// A ratio whose denominator is 0 is 0.
    pub fn value(self, counts: &Counts, predicted: Predicted) -> Option<f64> {
        if counts.utterances == 0 || !predicted.has(self) {
            return None;
        }
        Some(match self {
            Metric::IntentAccuracy => ratio(counts.intents_correct, counts.utterances),
            Metric::SlotMicroF1 => {
                ratio(2 * counts.correct_slots, counts.gold_slots + counts.predicted_slots)
            }
            Metric::ExactMatch => ratio(counts.exact_matches, counts.utterances),
        })
    }

    /// The number under the root of [`reference_stderr`]: words for slots,
    /// utterances for the two accuracies.
    fn sample_size(self, counts: &Counts) -> u64 {
        match self {
            Metric::SlotMicroF1 => counts.words,
            _ => counts.utterances,
        }
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Metric {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "intent_acc" | "intent" => Ok(Metric::IntentAccuracy),
            "slot_micro_f1" | "slot_f1" | "slots" => Ok(Metric::SlotMicroF1),
            "ex_match_acc" | "exact_match" | "exact" => Ok(Metric::ExactMatch),
            _ => Err(Error::request(format!(
                "unknown metric `{name}`: expected intent_acc, slot_micro_f1 or ex_match_acc"
            ))),
        }
    }
}

/// Which parts a submission predicts at all. What it does not predict has no
/// score; where only some rows lack a part, the part is wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Predicted {
    /// Some prediction has an intent.
    pub intents: bool,
    /// Some prediction has slots (or says that there are none).
    pub slots: bool,
}

impl Predicted {
    /// Intents and slots.
    pub const BOTH: Predicted = Predicted { intents: true, slots: true };

    /// What two submissions both predict.
    pub fn and(self, other: Predicted) -> Predicted {
        Predicted { intents: self.intents && other.intents, slots: self.slots && other.slots }
    }

    fn has(self, metric: Metric) -> bool {
        match metric {
            Metric::IntentAccuracy => self.intents,
            Metric::SlotMicroF1 => self.slots,
            Metric::ExactMatch => self.intents && self.slots,
        }
    }
}

/// The mean of a metric over the locales that have one. In a resample a locale
/// with few ids may have no utterance; it is left out of that resample's mean.
pub(crate) fn mean_over<'a>(
    counts: impl Iterator<Item = &'a Counts>,
    metric: Metric,
    predicted: Predicted,
) -> Option<f64> {
    let values: Vec<f64> = counts.filter_map(|counts| metric.value(counts, predicted)).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Share of predicted slots that are correct; 0 if none is predicted.
pub fn precision(counts: &Counts) -> f64 {
    ratio(counts.correct_slots, counts.predicted_slots)
}

/// Share of gold slots that were found; 0 if there is none.
pub fn recall(counts: &Counts) -> f64 {
    ratio(counts.correct_slots, counts.gold_slots)
}

/// The standard error that the reference reports: sqrt(p(1-p)/n).
///
/// n is the number of gold words for slot F1, as in the reference on word-level
/// input. F1 is no proportion of words, so the published slot intervals, made
/// of this, are too narrow; see `docs/metrics.md`. `None` where n is 0.
pub fn reference_stderr(metric: Metric, value: f64, counts: &Counts) -> Option<f64> {
    let n = metric.sample_size(counts);
    (n > 0).then(|| (value * (1.0 - value) / n as f64).sqrt())
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_no_score_and_no_slots_have_zero() {
        let mut counts = Counts::default();
        for metric in Metric::ALL {
            assert_eq!(metric.value(&counts, Predicted::BOTH), None);
        }
        counts.utterances = 1;
        assert_eq!(Metric::SlotMicroF1.value(&counts, Predicted::BOTH), Some(0.0));
        assert_eq!(reference_stderr(Metric::SlotMicroF1, 0.0, &counts), None);
    }

    #[test]
    fn what_is_not_predicted_has_no_score() {
        let counts = Counts { utterances: 2, ..Default::default() };
        let predicted = Predicted { intents: true, slots: false };
        let values = Metric::ALL.map(|metric| metric.value(&counts, predicted));
        assert_eq!(values, [Some(0.0), None, None]);
    }
}
