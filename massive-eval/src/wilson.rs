//! Wilson's interval of a share, with the effective number of clusters; see
//! [`crate::interval`] for the sources.

/// The 97.5th percentile of the standard normal distribution.
pub const Z: f64 = 1.959964;

/// Wilson's 95 % interval of a proportion `p` of `n` trials (Wilson 1927). `n`
/// need not be whole; 0 and 1 are bounds only where `p` is.
pub fn wilson(p: f64, n: f64) -> [f64; 2] {
    let squared = Z * Z;
    let centre = (p + squared / (2.0 * n)) / (1.0 + squared / n);
    let half = Z * (p * (1.0 - p) / n + squared / (4.0 * n * n)).sqrt() / (1.0 + squared / n);
    // At the ends the formula is exact but for rounding.
    let low = if p <= 0.0 { 0.0 } else { (centre - half).clamp(0.0, p) };
    let high = if p >= 1.0 { 1.0 } else { (centre + half).clamp(p, 1.0) };
    [low, high]
}

/// What was found in the clusters of a set of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Clustered {
    /// The value of the metric.
    pub value: f64,
    /// The sum of the squared residuals of the clusters.
    pub squares: f64,
    /// How many clusters there are.
    pub clusters: usize,
    /// How many of them have a denominator.
    pub with_whole: usize,
}

/// Residuals so small that rounding alone makes them.
const ROUNDING: f64 = 1e-24;

impl Clustered {
    /// The variance of the value; 0 for a single cluster, which says nothing.
    pub fn variance(&self) -> f64 {
        if self.clusters < 2 || self.squares <= ROUNDING {
            return 0.0;
        }
        let n = self.clusters as f64;
        n / (n - 1.0) * self.squares
    }

    /// The 95 % interval; `None` where nothing has a denominator.
    pub fn interval(&self) -> Option<[f64; 2]> {
        if self.with_whole == 0 {
            return None;
        }
        let p = self.value.clamp(0.0, 1.0);
        let variance = self.variance();
        let effective = match p * (1.0 - p) / variance {
            effective if variance > 0.0 && effective > 0.0 => effective,
            _ => self.with_whole as f64,
        };
        Some(wilson(p, effective))
    }

    /// The value and as much to either side as its variance makes of a normal
    /// distribution: the interval of a difference, which is no share.
    pub fn symmetric(&self) -> [f64; 2] {
        let half = Z * self.variance().sqrt();
        [(self.value - half).max(-1.0), (self.value + half).min(1.0)]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Expected values by statsmodels 0.15.0:
    /// `proportion_confint(count, nobs, method="wilson")`.
    #[test]
    fn wilsons_interval_is_that_of_statsmodels() {
        for (right, of, low, high) in [
            (13.0, 13.0, 0.7718967, 1.0),
            (0.0, 13.0, 0.0, 0.2281033),
            (81.0, 263.0, 0.2553, 0.3662),
            (15.0, 148.0, 0.0624, 0.1605),
        ] {
            let [found_low, found_high] = wilson(right / of, of);
            assert!((found_low - low).abs() < 5e-5, "{right} of {of}: {found_low}");
            assert!((found_high - high).abs() < 5e-5, "{right} of {of}: {found_high}");
        }
    }

    #[test]
    fn thirteen_of_thirteen() {
        let all_right = Clustered { value: 1.0, squares: 0.0, clusters: 13, with_whole: 13 };
        let [low, high] = all_right.interval().unwrap();
        assert_eq!((format!("{:.1}", 100.0 * low).as_str(), high), ("77.2", 1.0));
        assert_eq!(Clustered { with_whole: 0, ..all_right }.interval(), None);
    }

    proptest! {
        #[test]
        fn the_value_lies_in_its_interval(right in 0..400u32, wrong in 0..400u32) {
            prop_assume!(right + wrong > 0);
            let n = f64::from(right + wrong);
            let p = f64::from(right) / n;
            let [low, high] = wilson(p, n);
            prop_assert!(0.0 <= low && low <= p && p <= high && high <= 1.0);
            prop_assert_eq!((low == 0.0, high == 1.0), (right == 0, wrong == 0));
        }
    }
}
