//! Ranks that say no more than is known.
//!
//! Two systems are apart if a paired test says so or, where there is none, if
//! their 95 % intervals do not overlap. A rank is then a range: an entry comes
//! after all that are better and apart from it, and before all that are worse
//! and apart from it (as the ranges of human evaluation at WMT, Bojar et al.
//! 2014). Intervals that do not overlap are the more careful of the two: systems
//! that are tied by their intervals may be apart by the test.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::document::MetricValue;

/// The ranks that an entry may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankRange {
    /// The best.
    pub best: u64,
    /// The worst.
    pub worst: u64,
}

impl std::fmt::Display for RankRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.best == self.worst {
            f.pad(&self.best.to_string())
        } else {
            f.pad(&format!("{}–{}", self.best, self.worst))
        }
    }
}

/// What tells entries of a ranking apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TiesBy {
    /// The paired test, for all pairs.
    PairedTest,
    /// The paired test where predictions are given, else the intervals.
    PairedTestAndIntervals,
    /// The intervals.
    Intervals,
    /// Nothing: there are no intervals, so the values rank as they are.
    Nothing,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ranked {
    /// Its place by the value alone; equal values share one.
    pub(super) place: u64,
    pub(super) range: RankRange,
}

/// Whether two intervals share anything; `None` where one has none.
fn overlap(a: MetricValue, b: MetricValue) -> Option<bool> {
    let ([a_low, a_high], [b_low, b_high]) = (a.ci95?, b.ci95?);
    Some(a_low <= b_high && b_low <= a_high)
}

/// Ranks values, the highest first; what has none has no rank. `apart` tells for
/// two indices what a paired test says, if there was one.
pub(super) fn rank(
    values: &[Option<MetricValue>],
    apart: impl Fn(usize, usize) -> Option<bool>,
) -> Vec<Option<Ranked>> {
    let valued = || values.iter().enumerate().filter_map(|(index, value)| Some((index, (*value)?)));
    let count = valued().count() as u64;
    values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let value = (*value)?;
            let (mut higher, mut ahead, mut behind) = (0, 0, 0);
            for (other_index, other) in valued() {
                let order = other.value.total_cmp(&value.value);
                higher += u64::from(order == Ordering::Greater);
                if order == Ordering::Equal {
                    continue;
                }
                let is_apart = apart(index, other_index)
                    .or_else(|| overlap(value, other).map(|overlap| !overlap))
                    .unwrap_or(true);
                if is_apart {
                    ahead += u64::from(order == Ordering::Greater);
                    behind += u64::from(order == Ordering::Less);
                }
            }
            Some(Ranked {
                place: higher + 1,
                range: RankRange { best: ahead + 1, worst: count - behind },
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(value: f64, half: f64) -> Option<MetricValue> {
        Some(MetricValue { value, ci95: Some([value - half, value + half]) })
    }

    #[test]
    fn overlapping_intervals_tie() {
        let values =
            [value(0.60, 0.01), value(0.615, 0.01), None, value(0.63, 0.01), value(0.5, 0.01)];
        let shown = |ranked: Vec<Option<Ranked>>| -> Vec<String> {
            ranked
                .into_iter()
                .map(|one| {
                    one.map_or("–".to_owned(), |one| format!("{}/{}", one.place, one.range))
                })
                .collect()
        };
        assert_eq!(shown(rank(&values, |_, _| None)), ["3/2–3", "2/1–3", "–", "1/1–2", "4/4"]);
        // A paired test has the last word.
        assert_eq!(shown(rank(&values, |_, _| Some(true))), ["3/3", "2/2", "–", "1/1", "4/4"]);
        // Equal values are never apart, values without intervals always.
        let bare = [0.5, 0.5, 0.4].map(|value| Some(MetricValue { value, ci95: None }));
        assert_eq!(shown(rank(&bare, |_, _| None)), ["1/1–2", "1/1–2", "3/3"]);
    }

    proptest! {
        #[test]
        fn a_place_lies_in_its_range(
            values in prop::collection::vec((0.0..1.0f64, 0.0..0.2f64), 0..20)
        ) {
            let values: Vec<_> = values.into_iter().map(|(at, half)| value(at, half)).collect();
            for ranked in rank(&values, |_, _| None).into_iter().flatten() {
                prop_assert!(ranked.range.best <= ranked.place);
                prop_assert!(ranked.place <= ranked.range.worst);
                prop_assert!(ranked.range.worst <= values.len() as u64);
            }
        }
    }
}
