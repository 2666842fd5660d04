//! The metrics: their names, and what a submission must predict for them.
//!
//! Source of the three of the paper: FitzGerald et al. 2022 (arXiv 2204.08582), section 5, and the code
//! released with the corpus; the slot metric is that of conlleval (Tjong Kim
//! Sang & Buchholz 2000) over chunks of equal labels.

use std::fmt;
use std::str::FromStr;

use crate::columns::{Average, Sums};
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
    /// Share of utterances whose scenario is right: what the predicted intent
    /// says before its first underscore.
    ScenarioAccuracy,
    /// Plain mean of the F1 of the intents that occur in gold or predictions, as
    /// scikit-learn's `f1_score(average="macro")` (the averaged F1 of Opitz &
    /// Burst 2019, arXiv 1911.03347).
    IntentMacroF1,
    /// Mean of the F1 of the intents, weighted by their gold utterances
    /// (`average="weighted"`).
    IntentWeightedF1,
    /// Plain mean of the F1 of the slot types that occur in gold or predictions,
    /// as seqeval's macro average.
    SlotMacroF1,
    /// SLURP's SLU-F1, micro-averaged ([`crate::slu_f1`]).
    SluF1,
}

impl Metric {
    /// All of them, those of the paper first.
    pub const ALL: [Metric; 8] = [
        Metric::IntentAccuracy,
        Metric::SlotMicroF1,
        Metric::ExactMatch,
        Metric::ScenarioAccuracy,
        Metric::IntentMacroF1,
        Metric::IntentWeightedF1,
        Metric::SlotMacroF1,
        Metric::SluF1,
    ];

    /// The three of the paper, in its order: what is computed unless others are
    /// asked for.
    pub const PAPER: [Metric; 3] =
        [Metric::IntentAccuracy, Metric::SlotMicroF1, Metric::ExactMatch];

    /// The name in documents, which is the reference's where it has the metric.
    pub fn name(self) -> &'static str {
        match self {
            Metric::IntentAccuracy => "intent_acc",
            Metric::SlotMicroF1 => "slot_micro_f1",
            Metric::ExactMatch => "ex_match_acc",
            Metric::ScenarioAccuracy => "scenario_acc",
            Metric::IntentMacroF1 => "intent_macro_f1",
            Metric::IntentWeightedF1 => "intent_weighted_f1",
            Metric::SlotMacroF1 => "slot_macro_f1",
            Metric::SluF1 => "slu_f1",
        }
    }

    /// The metric of this name in documents.
    pub fn with_name(name: &str) -> Option<Metric> {
        Metric::ALL.into_iter().find(|metric| metric.name() == name)
    }

    /// The name for a reader.
    pub fn title(self) -> &'static str {
        match self {
            Metric::IntentAccuracy => "intent accuracy",
            Metric::SlotMicroF1 => "slot micro-F1",
            Metric::ExactMatch => "exact match",
            Metric::ScenarioAccuracy => "scenario accuracy",
            Metric::IntentMacroF1 => "intent macro-F1",
            Metric::IntentWeightedF1 => "intent weighted F1",
            Metric::SlotMacroF1 => "slot macro-F1",
            Metric::SluF1 => "SLU-F1",
        }
    }

    /// The name over a column.
    pub fn short(self) -> &'static str {
        match self {
            Metric::IntentAccuracy => "intent acc",
            Metric::SlotMicroF1 => "slot F1",
            Metric::ExactMatch => "exact match",
            Metric::ScenarioAccuracy => "scenario acc",
            Metric::IntentMacroF1 => "intent macro F1",
            Metric::IntentWeightedF1 => "intent weighted F1",
            Metric::SlotMacroF1 => "slot macro F1",
            Metric::SluF1 => "SLU-F1",
        }
    }

    /// How the ratios of its classes become one value.
    pub fn average(self) -> Average {
        match self {
            Metric::IntentWeightedF1 => Average::Weighted,
            _ => Average::Plain,
        }
    }

    /// Whether it is a share of utterances, each of which is right or wrong.
    pub fn is_accuracy(self) -> bool {
        matches!(self, Metric::IntentAccuracy | Metric::ExactMatch | Metric::ScenarioAccuracy)
    }

    /// The value on sums of its columns, from 0 to 1. Of utterances that have
    /// nothing to be counted, as no slot at all, it is 0.
    pub fn value(self, sums: &Sums) -> f64 {
        sums.value().unwrap_or(0.0)
    }

    /// The value on summed counts; `None` of metrics that need more than those,
    /// and where there is no utterance. A ratio whose denominator is 0 is 0.
    pub fn of_counts(self, counts: &Counts) -> Option<f64> {
        let (part, whole) = match self {
            Metric::IntentAccuracy => (counts.intents_correct, counts.utterances),
            Metric::ExactMatch => (counts.exact_matches, counts.utterances),
            Metric::SlotMicroF1 => {
                (2 * counts.correct_slots, counts.gold_slots + counts.predicted_slots)
            }
            _ => return None,
        };
        (counts.utterances > 0).then(|| ratio(part, whole))
    }

    /// The number under the root of [`reference_stderr`]: words for slots,
    /// utterances for the two accuracies of the paper.
    fn sample_size(self, counts: &Counts) -> Option<u64> {
        match self {
            Metric::SlotMicroF1 => Some(counts.words),
            Metric::IntentAccuracy | Metric::ExactMatch => Some(counts.utterances),
            _ => None,
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
        let short = match name {
            "intent" => Some(Metric::IntentAccuracy),
            "slot_f1" | "slots" => Some(Metric::SlotMicroF1),
            "exact_match" | "exact" => Some(Metric::ExactMatch),
            "scenario" => Some(Metric::ScenarioAccuracy),
            _ => None,
        };
        Metric::with_name(name).or(short).ok_or_else(|| {
            Error::request(format!(
                "unknown metric `{}`: expected one of {}",
                name.escape_debug(),
                Metric::ALL.map(Metric::name).join(", ")
            ))
        })
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

    /// What either of two has.
    pub fn or(self, other: Predicted) -> Predicted {
        Predicted { intents: self.intents || other.intents, slots: self.slots || other.slots }
    }

    /// Whether a metric can be computed.
    pub fn has(self, metric: Metric) -> bool {
        match metric {
            Metric::IntentAccuracy
            | Metric::ScenarioAccuracy
            | Metric::IntentMacroF1
            | Metric::IntentWeightedF1 => self.intents,
            Metric::SlotMicroF1 | Metric::SlotMacroF1 | Metric::SluF1 => self.slots,
            Metric::ExactMatch => self.intents && self.slots,
        }
    }
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
/// of this, are too narrow; see `docs/metrics.md`. `None` where n is 0, and of
/// metrics that the reference does not have.
pub fn reference_stderr(metric: Metric, value: f64, counts: &Counts) -> Option<f64> {
    let n = metric.sample_size(counts)?;
    (n > 0).then(|| (value * (1.0 - value) / n as f64).sqrt())
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for metric in Metric::ALL {
            assert_eq!(metric.name().parse::<Metric>().unwrap(), metric);
        }
        assert_eq!("slots".parse::<Metric>().unwrap(), Metric::SlotMicroF1);
        assert!("f1".parse::<Metric>().unwrap_err().to_string().contains("slot_macro_f1"));
    }

    #[test]
    fn nothing_has_no_score_and_no_slots_have_zero() {
        let mut counts = Counts::default();
        assert_eq!(Metric::PAPER.map(|metric| metric.of_counts(&counts)), [None; 3]);
        counts.utterances = 1;
        assert_eq!(Metric::SlotMicroF1.of_counts(&counts), Some(0.0));
    }

    #[test]
    fn only_the_metrics_of_the_paper_have_the_references_error() {
        let counts = Counts { utterances: 4, words: 16, ..Counts::default() };
        let found = Metric::ALL.map(|metric| reference_stderr(metric, 0.5, &counts));
        assert_eq!(found[..3], [Some(0.25), Some(0.125), Some(0.25)]);
        assert_eq!(found[3..], [None; 5]);
        assert_eq!(reference_stderr(Metric::SlotMicroF1, 0.0, &Counts::default()), None);
    }
}
