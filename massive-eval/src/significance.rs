//! Closed-form parts of comparing systems: McNemar's exact test and Holm's
//! correction.

/// The utterances about which two systems disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Disagreement {
    /// Right in the baseline only.
    pub baseline_only: u64,
    /// Right in the new system only.
    pub new_only: u64,
}

impl Disagreement {
    /// McNemar's test (McNemar 1947) in its exact form: if the systems are
    /// equally good, each disagreement is the throw of a fair coin. Two-sided:
    /// twice the smaller tail of the binomial distribution, at most 1.
    ///
    /// It takes utterances as independent. Translations of one source are not,
    /// so that over several locales its p-value is too small.
    ///
    /// ```
    /// use massive_eval::significance::Disagreement;
    ///
    /// // Approval of the prime minister, asked twice (Agresti 1990, p. 350).
    /// let p = Disagreement { baseline_only: 150, new_only: 86 }.mcnemar();
    /// assert!((p - 3.716e-5).abs() < 1e-8);
    /// ```
    pub fn mcnemar(self) -> f64 {
        let n = self.baseline_only + self.new_only;
        let fewer = self.baseline_only.min(self.new_only);
        // Binomial coefficients relative to the middle one, by the ratio of
        // neighbours: 2^-n itself is 0 for most corpora.
        let (mut term, mut half, mut tail) = (1.0, 0.0, 0.0);
        for k in (0..=n / 2).rev() {
            half += term;
            if k <= fewer {
                tail += term;
            }
            term *= k as f64 / (n - k + 1) as f64;
        }
        // The other half mirrors this one; the middle of an even n has no mirror.
        let whole = if n.is_multiple_of(2) { 2.0 * half - 1.0 } else { 2.0 * half };
        (2.0 * tail / whole).min(1.0)
    }
}

/// Holm's step-down correction (Holm 1979) of the p-values of a family of
/// tests, in their order: each is multiplied by the number of hypotheses not yet
/// rejected when its turn comes, and is no smaller than those before it.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut highest: f64 = 0.0;
    for (rank, index) in order.into_iter().enumerate() {
        let p = p_values[index] * (p_values.len() - rank) as f64;
        highest = highest.max(p.min(1.0));
        corrected[index] = highest;
    }
    corrected
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_close(found: f64, expected: f64) {
        assert!((found - expected).abs() <= 1e-9 * expected, "{found} is not {expected}");
    }

    /// Expected values by SciPy 1.17.1: `binomtest(min(b, c), b + c, 0.5).pvalue`.
    #[test]
    fn mcnemars_test_is_scipys() {
        for (baseline_only, new_only, p) in [
            (0, 0, 1.0),
            (0, 1, 1.0),
            (1, 5, 0.21875),
            (2, 10, 0.03857421875),
            (7, 7, 1.0),
            (6, 16, 0.052478790283203125),
            (0, 149, 2.802596928649634e-45),
            (121, 59, 4.4344492637551645e-6),
            (86, 150, 3.7159361395713866e-5),
            (5_000, 5_300, 0.003215819673645259),
            (70_000, 70_500, 0.18310377812275885),
            (0, 1_200, 0.0),
        ] {
            assert_close(Disagreement { baseline_only, new_only }.mcnemar(), p);
            let swapped = Disagreement { baseline_only: new_only, new_only: baseline_only };
            assert_close(swapped.mcnemar(), p);
        }
    }

    /// Expected values by statsmodels 0.15.0: `multipletests(p, method="holm")`.
    #[test]
    fn holms_correction_is_that_of_statsmodels() {
        for (p_values, expected) in [
            (&[0.01, 0.04, 0.03, 0.005][..], &[0.03, 0.06, 0.06, 0.02][..]),
            (&[0.001, 0.001, 0.02, 0.6, 0.05, 0.05], &[0.006, 0.006, 0.08, 0.6, 0.15, 0.15]),
            (&[0.0001, 0.2, 0.2, 0.2], &[0.0004, 0.6, 0.6, 0.6]),
            (&[1.0, 1.0], &[1.0, 1.0]),
            (&[], &[]),
        ] {
            let corrected = holm(p_values);
            assert_eq!(corrected.len(), expected.len());
            for (&found, &expected) in corrected.iter().zip(expected) {
                assert_close(found, expected);
            }
        }
    }

    proptest! {
        #[test]
        fn corrected_p_values_keep_their_order(p in prop::collection::vec(0.0f64..=1.0, 1..60)) {
            let corrected = holm(&p);
            for (i, &a) in p.iter().enumerate() {
                prop_assert!(a <= corrected[i] && corrected[i] <= 1.0);
                prop_assert!(corrected[i] <= (a * p.len() as f64).max(corrected[i]));
                for (j, &b) in p.iter().enumerate() {
                    prop_assert!(a > b || corrected[i] <= corrected[j]);
                }
            }
            // The smallest is Bonferroni's.
            let smallest = p.iter().copied().fold(1.0, f64::min);
            let corrected = corrected.iter().copied().fold(1.0, f64::min);
            prop_assert!((corrected - (smallest * p.len() as f64).min(1.0)).abs() < 1e-12);
        }

        #[test]
        fn mcnemars_test_is_a_sum_of_binomials(b in 0u64..30, c in 0u64..30) {
            let choose = |n: u64, k: u64| (0..k).fold(1u128, |product, i| {
                product * u128::from(n - i) / u128::from(i + 1)
            });
            let tail: u128 = (0..=b.min(c)).map(|k| choose(b + c, k)).sum();
            let expected = (2.0 * tail as f64 / 2f64.powi((b + c) as i32)).min(1.0);
            let found = Disagreement { baseline_only: b, new_only: c }.mcnemar();
            prop_assert!((found - expected).abs() <= 1e-12 * expected);
        }
    }
}
