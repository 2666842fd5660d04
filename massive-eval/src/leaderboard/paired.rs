//! Paired tests between entries whose predictions are at hand.

use std::collections::HashMap;

use massive_data::LocaleSet;

use super::scope::Scope;
use crate::clusters::Clusters;
use crate::columns::Columns;
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::Interval;
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::randomisation::Randomisation;
use crate::signature::Signature;
use crate::significance::holm;
use crate::submission::Key;

/// What an entry had right, utterance by utterance.
#[derive(Debug, Clone)]
pub struct Outcomes {
    keys: Vec<Key>,
    columns: PerMetric<Columns>,
    gold_digest: String,
}

impl Outcomes {
    /// Those of an evaluation that has the signature given, but for the version.
    ///
    /// # Errors
    /// Another signature: other rows, gold labels or settings.
    pub fn new(
        evaluation: &Evaluation,
        interval: Interval,
        signature: &Signature,
    ) -> Result<Outcomes> {
        let found = evaluation.signature(interval, None);
        if !found.compares_with(signature) {
            return Err(Error::request(format!(
                "scored anew it has the signature {found}, and the entry has {signature}"
            )));
        }
        Ok(Outcomes {
            keys: evaluation.utterances.iter().map(|utterance| utterance.key.clone()).collect(),
            columns: evaluation.columns(&Metric::PAPER),
            gold_digest: evaluation.gold_digest.clone(),
        })
    }

    fn locales(&self) -> LocaleSet {
        self.keys.iter().map(|(locale, _)| *locale).collect()
    }

    /// The p-value of the difference to another system on the same rows.
    fn p_value(&self, other: &Outcomes, metric: Metric, scope: &Scope) -> Option<f64> {
        if self.gold_digest != other.gold_digest || self.keys.len() != other.keys.len() {
            return None;
        }
        let wanted = scope.locales(self.locales());
        let rows = || self.keys.iter().enumerate().filter(|(_, key)| wanted.contains(key.0));
        let part = |outcomes: &Outcomes| {
            let all = outcomes.columns.get(metric)?;
            let mut columns = Columns::new(metric.average());
            rows().for_each(|(row, _)| columns.push(all.row(row).iter().copied()));
            Some(columns)
        };
        let columns = [[part(self)?, part(other)?]];
        let keys: Vec<&Key> = rows().map(|(_, key)| key).collect();
        let p_values = Randomisation::default().test(&Clusters::of(keys.iter().copied()), &columns);
        let values = if *scope == Scope::Macro { p_values.macro_ } else { p_values.all };
        values.first().copied()
    }
}

/// The tests of one ranking.
#[derive(Debug, Default)]
pub struct PairedTests {
    p_values: HashMap<(usize, usize), f64>,
}

impl PairedTests {
    /// Tests these pairs of indices, as far as there are outcomes for both, and
    /// corrects for their number (Holm).
    pub(super) fn run(
        pairs: &[(usize, usize)],
        outcomes: &[Option<&Outcomes>],
        metric: Metric,
        scope: &Scope,
    ) -> PairedTests {
        let tested: Vec<((usize, usize), f64)> = pairs
            .iter()
            .filter_map(|&(a, b)| {
                let p = outcomes[a]?.p_value(outcomes[b]?, metric, scope)?;
                Some(((a.min(b), a.max(b)), p))
            })
            .collect();
        let p_values: Vec<f64> = tested.iter().map(|(_, p)| *p).collect();
        let corrected = holm(&p_values);
        PairedTests { p_values: tested.into_iter().map(|(pair, _)| pair).zip(corrected).collect() }
    }

    /// Whether two are apart at the level of 5 %, if they were tested.
    pub(super) fn apart(&self, a: usize, b: usize) -> Option<bool> {
        self.p_values.get(&(a.min(b), a.max(b))).map(|p| *p < 0.05)
    }

    pub(super) fn len(&self) -> usize {
        self.p_values.len()
    }
}
