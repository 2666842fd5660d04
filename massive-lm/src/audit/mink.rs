//! Are the least likely tokens of test rows likelier than they should be?
//! (Shi et al. 2023, 2310.16789, Min-K% Prob.)
//!
//! Utterances of eight tokens are far shorter than what the method was made for,
//! and train and test are both public: near 50 % is what to expect, and a
//! difference says that one of the two was seen more often.

use serde::{Deserialize, Serialize};

/// The mean of the lowest share `k` of log-probabilities, of one at least; `None`
/// of none.
pub fn mink(log_probs: &[f64], k: f64) -> Option<f64> {
    let mut sorted = log_probs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = ((sorted.len() as f64 * k) as usize).max(1).min(sorted.len());
    (count > 0).then(|| sorted[..count].iter().sum::<f64>() / count as f64)
}

/// What a comparison of two sets of rows gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Separation {
    /// Rows of the first set.
    pub first: u64,
    /// Rows of the second.
    pub second: u64,
    /// The chance that a row of the first scores higher than one of the second
    /// (AUROC); 0.5 tells nothing apart.
    pub auroc: f64,
    /// Its interval at 95 % (Hanley & McNeil 1982).
    pub ci95: [f64; 2],
}

/// How well scores tell two sets apart; `None` if one is empty.
pub fn separation(first: &[f64], second: &[f64]) -> Option<Separation> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let mut sorted = second.to_vec();
    sorted.sort_by(f64::total_cmp);
    let wins: f64 = first
        .iter()
        .map(|score| {
            let below = sorted.partition_point(|other| other < score);
            let not_above = sorted.partition_point(|other| other <= score);
            below as f64 + 0.5 * (not_above - below) as f64
        })
        .sum();
    let (n, m) = (first.len() as f64, second.len() as f64);
    let a = wins / (n * m);
    let (q1, q2) = (a / (2.0 - a), 2.0 * a * a / (1.0 + a));
    let variance = (a * (1.0 - a) + (n - 1.0) * (q1 - a * a) + (m - 1.0) * (q2 - a * a)) / (n * m);
    let width = 1.959_964 * variance.max(0.0).sqrt();
    Some(Separation {
        first: first.len() as u64,
        second: second.len() as u64,
        auroc: a,
        ci95: [(a - width).max(0.0), (a + width).min(1.0)],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_share_counts_and_one_token_at_least() {
        assert_eq!(mink(&[-1.0, -5.0, -3.0, -2.0, -4.0], 0.4), Some(-4.5));
        assert_eq!(mink(&[-1.0, -5.0, -3.0], 0.2), Some(-5.0));
        assert_eq!(mink(&[], 0.2), None);
    }

    #[test]
    fn equal_sets_are_not_told_apart() {
        let scores = [1.0, 2.0, 3.0, 4.0];
        let same = separation(&scores, &scores).unwrap();
        assert!((same.auroc - 0.5).abs() < 1e-12 && same.ci95[0] < 0.5 && same.ci95[1] > 0.5);
        let apart = separation(&[5.0, 6.0], &scores).unwrap();
        assert!((apart.auroc - 1.0).abs() < 1e-12);
        assert!(separation(&[], &scores).is_none());
    }
}
