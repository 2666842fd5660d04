//! When a memory says that it knows nothing like an utterance.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A threshold below which an utterance is taken for one that is out of scope.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The least cosine with the nearest row, 0 to 1.
    pub threshold: f32,
    /// The share of requests in scope that it rejects: of those that it was
    /// calibrated on.
    pub rate: f64,
    /// How many those were.
    pub rows: usize,
}

impl Rejection {
    /// The threshold that rejects at most the share `rate` of requests whose
    /// nearest rows are as similar as this.
    ///
    /// # Errors
    /// A rate outside 0 to 1, or no request.
    pub fn calibrated(mut nearest: Vec<f32>, rate: f64) -> Result<Self> {
        if !(0.0..1.0).contains(&rate) {
            return Err(Error::request(format!(
                "{rate} is no share of requests to reject: expected 0 or more and less than 1, for \
                 instance 0.05"
            )));
        }
        if nearest.is_empty() {
            return Err(Error::rows(
                "there are no rows to calibrate the rejection on; add some in partition dev",
            ));
        }
        nearest.sort_by(f32::total_cmp);
        let rejected = (rate * nearest.len() as f64).floor() as usize;
        let threshold = nearest[rejected];
        let below = nearest.iter().take_while(|value| **value < threshold).count();
        Ok(Rejection { threshold, rate: below as f64 / nearest.len() as f64, rows: nearest.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_rate_is_rejected() {
        let nearest: Vec<f32> = (0..100).map(|at| at as f32 / 100.0).collect();
        let found = Rejection::calibrated(nearest, 0.05).unwrap();
        assert_eq!((found.threshold, found.rate, found.rows), (0.05, 0.05, 100));
        let equal = Rejection::calibrated(vec![0.5; 10], 0.3).unwrap();
        assert_eq!((equal.threshold, equal.rate), (0.5, 0.0));
        assert!(Rejection::calibrated(vec![0.5], 1.0).is_err());
        assert!(Rejection::calibrated(vec![], 0.1).is_err());
    }
}
