//! 95 % intervals of scores.
//!
//! The default is Wilson's interval (Wilson 1927) for a proportion, with the
//! effective number of clusters for its sample size: as many independent
//! clusters as would give the variance that was found. Dean & Pagano 2015
//! ("Evaluating confidence interval methods for binomial proportions in
//! clustered surveys") compare such intervals and find this one to keep its
//! level where few clusters or values near 0 and 1 break others; the effective
//! sample size is that of Korn & Graubard 1998. It is in closed form, so it
//! costs no resampling and has no seed.
//!
//! Clusters are the distinct ids among the rows scored, since the translations
//! of one source are not independent. With the value p, n clusters and the
//! residual r_i of each ([`crate::columns`]):
//!
//! - V = n / (n − 1) · Σ r_i², the variance of the value;
//! - n_eff = p (1 − p) / V, or, where V is 0, the number of clusters that have
//!   a denominator;
//! - the interval is Wilson's for p and n_eff.
//!
//! The percentile [bootstrap](crate::bootstrap) that stood here before covers 12
//! to 54 % instead of 95 for 13 rows near 100 %; it is there for comparison with
//! older scores.

use std::fmt;
use std::str::FromStr;

use crate::bootstrap::Bootstrap;
use crate::error::{Error, Result};

/// How intervals are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interval {
    /// Wilson's, with the effective number of ids.
    #[default]
    WilsonIds,
    /// The percentile bootstrap over ids.
    Bootstrap(Bootstrap),
    /// There are none.
    None,
}

impl Interval {
    /// How it is made, for a reader.
    pub fn description(self) -> &'static str {
        match self {
            Interval::WilsonIds => "95 % interval (Wilson, by id)",
            Interval::Bootstrap(_) => "95 % interval (bootstrap, by id)",
            Interval::None => "no interval",
        }
    }
}

/// As in signatures: `wilson-ids`, `bootstrap:1000@12345` or `none`.
impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Interval::WilsonIds => f.pad("wilson-ids"),
            Interval::Bootstrap(Bootstrap { resamples, seed }) => {
                f.pad(&format!("bootstrap:{resamples}@{seed}"))
            }
            Interval::None => f.pad("none"),
        }
    }
}

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers = |text: &str| {
            let (resamples, seed) = text.strip_prefix("bootstrap:")?.split_once('@')?;
            Some(Bootstrap { resamples: resamples.parse().ok()?, seed: seed.parse().ok()? })
        };
        match text {
            "wilson-ids" => Ok(Interval::WilsonIds),
            "none" => Ok(Interval::None),
            _ => numbers(text).map(Interval::Bootstrap).ok_or_else(|| {
                Error::request(format!(
                    "unknown interval `{}`: expected wilson-ids, bootstrap:RESAMPLES@SEED or none",
                    text.escape_debug()
                ))
            }),
        }
    }
}

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
    fn intervals_read_back() {
        let bootstrap = Bootstrap { resamples: 50, seed: 7 };
        for interval in [Interval::WilsonIds, Interval::Bootstrap(bootstrap), Interval::None] {
            assert_eq!(interval.to_string().parse::<Interval>().unwrap(), interval);
        }
        assert!("bootstrap:x@1".parse::<Interval>().is_err());
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
