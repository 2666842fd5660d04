//! The columns of every metric on the rows of an evaluation.

use std::collections::BTreeMap;

use crate::clusters::Clusters;
use crate::columns::{Average, Cell, Columns};
use crate::counts::LabelCounts;
use crate::evaluation::Evaluation;
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::row_counts::{RowCounts, scenario_of};

impl Evaluation {
    /// Which rows are of one locale, and which are translations of one source.
    pub fn clusters(&self) -> Clusters {
        Clusters::of(self.utterances.iter().map(|utterance| &utterance.key))
    }

    /// The columns of those of `metrics` that can be computed: of what the
    /// submission predicts, and of SLU-F1 if its counts were taken.
    pub fn columns(&self, metrics: &[Metric]) -> PerMetric<Columns> {
        let computed: Vec<Metric> = metrics
            .iter()
            .copied()
            .filter(|&metric| self.predicted.has(metric) && !self.utterances.is_empty())
            .filter(|&metric| metric != Metric::SluF1 || self.slu.is_some())
            .collect();
        PerMetric::new(&computed, |metric| self.columns_of(metric))
    }

    fn columns_of(&self, metric: Metric) -> Columns {
        let rows = &self.utterances;
        match metric {
            Metric::IntentAccuracy => shares(rows, |row| row.counts.intent_correct),
            Metric::ExactMatch => shares(rows, |row| row.counts.exact_match),
            Metric::ScenarioAccuracy => shares(rows, |row| {
                row.predicted_intent.as_ref().map(scenario_of) == Some(scenario_of(&row.intent))
            }),
            Metric::SlotMicroF1 => {
                let mut columns = Columns::new(Average::Plain);
                for row in rows {
                    let slots = row.counts.slots;
                    columns.push([f1_cell(0, slots.gold, slots.predicted, slots.correct)]);
                }
                columns
            }
            Metric::IntentMacroF1 | Metric::IntentWeightedF1 => intents(rows, metric.average()),
            Metric::SlotMacroF1 => slots(rows),
            Metric::SluF1 => {
                let mut columns = Columns::new(Average::Plain);
                for row in self.slu.iter().flatten() {
                    let sum = row.slu();
                    columns.push([Cell::single(2.0 * sum.tp, 2.0 * sum.tp + sum.fp + sum.fn_)]);
                }
                columns
            }
        }
    }
}

fn shares(rows: &[RowCounts], right: impl Fn(&RowCounts) -> bool) -> Columns {
    let mut columns = Columns::new(Average::Plain);
    for row in rows {
        columns.push([Cell::single(f64::from(u8::from(right(row))), 1.0)]);
    }
    columns
}

/// F1 = 2 · correct / (gold + predicted).
fn f1_cell(class: u32, gold: u32, predicted: u32, correct: u32) -> Cell {
    Cell {
        class,
        part: 2.0 * f64::from(correct),
        whole: f64::from(gold) + f64::from(predicted),
        weight: 0.0,
    }
}

/// The F1 of each intent: a class for each that occurs in gold or predictions,
/// in the order of their names, weighing as many gold utterances as it has.
fn intents(rows: &[RowCounts], average: Average) -> Columns {
    let names = rows.iter().flat_map(|row| {
        std::iter::once(row.intent.as_str())
            .chain(row.predicted_intent.as_ref().map(|intent| intent.as_str()))
    });
    let classes = numbered(names);
    let mut columns = Columns::new(average);
    for row in rows {
        let class = |name: &str| classes.get(name).copied().unwrap_or_default();
        let gold = class(row.intent.as_str());
        let predicted = row.predicted_intent.as_ref().map(|intent| class(intent.as_str()));
        let hit = u32::from(predicted == Some(gold));
        let gold_cell = Cell { weight: 1.0, ..f1_cell(gold, 1, hit, hit) };
        let wrong = predicted.filter(|predicted| *predicted != gold);
        columns.push([gold_cell].into_iter().chain(wrong.map(|class| f1_cell(class, 0, 1, 0))));
    }
    columns
}

/// The F1 of each slot type.
fn slots(rows: &[RowCounts]) -> Columns {
    let labels = || rows.iter().flat_map(|row| &row.slot_counts);
    let classes = numbered(labels().map(|counts| counts.slot.as_str()));
    let mut columns = Columns::new(Average::Plain);
    for row in rows {
        columns.push(row.slot_counts.iter().map(|counts: &LabelCounts| {
            let class = classes.get(counts.slot.as_str()).copied().unwrap_or_default();
            f1_cell(class, counts.gold, counts.predicted, counts.correct)
        }));
    }
    columns
}

/// Names with their places in the order of all.
fn numbered<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, u32> {
    let mut classes: BTreeMap<&str, u32> = names.map(|name| (name, 0)).collect();
    for (class, number) in classes.values_mut().zip(0..) {
        *class = number;
    }
    classes
}

#[cfg(test)]
mod tests {
    use massive_data::{Intent, Locale, UtteranceId};

    use super::*;
    use crate::counts::UtteranceCounts;
    use crate::metrics::Predicted;

    fn row(gold: &str, predicted: Option<&str>) -> RowCounts {
        RowCounts {
            key: (Locale::DE_DE, UtteranceId::from(0)),
            digest: 0,
            predicted: Predicted { intents: predicted.is_some(), slots: true },
            counts: UtteranceCounts::default(),
            slot_counts: Box::default(),
            intent: Intent::open(gold),
            predicted_intent: predicted.map(Intent::open),
            missing: predicted.is_none(),
            malformed: false,
            misaligned: false,
            losses: Default::default(),
        }
    }

    /// Expected values by scikit-learn 1.7.2: `f1_score(gold, predicted,
    /// average=...)`.
    #[test]
    fn averages_over_intents_are_those_of_scikit_learn() {
        let rows: Vec<RowCounts> = [
            ("a", Some("a")),
            ("a", Some("b")),
            ("a", Some("a")),
            ("b", Some("b")),
            ("b", Some("c")),
            ("d", Some("a")),
        ]
        .map(|(gold, predicted)| row(gold, predicted))
        .into();
        let value = |average| intents(&rows, average).sum(0..rows.len()).value().unwrap();
        // a: 4/6, b: 2/4, c: 0, d: 0.
        assert!((value(Average::Plain) - (4.0 / 6.0 + 0.5) / 4.0).abs() < 1e-15);
        assert!((value(Average::Weighted) - (3.0 * 4.0 / 6.0 + 2.0 * 0.5) / 6.0).abs() < 1e-15);
        let missing = [row("a", None), row("a", Some("a"))];
        assert_eq!(intents(&missing, Average::Plain).sum(0..2).value(), Some(2.0 / 3.0));
    }
}
