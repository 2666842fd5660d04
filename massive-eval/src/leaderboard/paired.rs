//! Paired tests between entries whose predictions are at hand.

use std::collections::HashMap;

use massive_data::LocaleSet;

use super::scope::Scope;
use super::signature::comparable;
use crate::counts::UtteranceCounts;
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::Bootstrap;
use crate::metrics::{Metric, Predicted};
use crate::randomisation::{PairedCounts, Randomisation};
use crate::significance::holm;
use crate::submission::Key;

/// What an entry had right, utterance by utterance.
#[derive(Debug, Clone)]
pub struct Outcomes {
    rows: Vec<(Key, UtteranceCounts)>,
    predicted: Predicted,
    gold_digest: String,
}

impl Outcomes {
    /// Those of an evaluation that has the signature given, but for the version.
    ///
    /// # Errors
    /// Another signature: other rows, gold labels or settings.
    pub fn new(
        evaluation: &Evaluation,
        bootstrap: Option<Bootstrap>,
        signature: &str,
    ) -> Result<Outcomes> {
        let found = evaluation.signature(bootstrap, None);
        if comparable(&found) != comparable(signature) {
            return Err(Error::request(format!(
                "scored anew it has the signature {found}, and the entry has {signature}"
            )));
        }
        Ok(Outcomes {
            rows: evaluation.rows(),
            predicted: evaluation.predicted,
            gold_digest: evaluation.gold_digest.clone(),
        })
    }

    fn locales(&self) -> LocaleSet {
        self.rows.iter().map(|((locale, _), _)| *locale).collect()
    }

    /// The p-value of the difference to another system on the same rows.
    fn p_value(&self, other: &Outcomes, metric: Metric, scope: &Scope) -> Option<f64> {
        if self.gold_digest != other.gold_digest || self.rows.len() != other.rows.len() {
            return None;
        }
        let wanted = scope.locales(self.locales());
        let rows: Vec<PairedCounts> = self
            .rows
            .iter()
            .zip(&other.rows)
            .filter(|((key, _), _)| wanted.contains(key.0))
            .map(|((key, baseline), (_, new))| PairedCounts {
                key: key.clone(),
                baseline: *baseline,
                new: *new,
            })
            .collect();
        let p_values = Randomisation::default().test(&rows, self.predicted.and(other.predicted));
        let values = if *scope == Scope::Macro { p_values.macro_ } else { p_values.all };
        values[Metric::ALL.iter().position(|&one| one == metric)?]
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
