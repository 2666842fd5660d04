//! Is the released order of rows likelier than others? (Oren et al. 2023,
//! 2310.17623.) Exploratory.
//!
//! The test needs rows that could stand in any order. MASSIVE's do not: ids run
//! by subject, and neighbours of the test partition share their intent in 39 % of
//! cases, so that any competent model finds the released order likelier. Rows are
//! therefore exchanged only for rows of the same intent and the same slots, which
//! takes away most of that, and not all.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::budget::random;
use crate::row::Row;

/// Which rows may stand for each other.
fn stratum(row: &Row) -> (String, Vec<String>) {
    let gold = row.gold.as_ref();
    let mut slots: Vec<String> = gold
        .map(|gold| gold.slots.iter().map(|(slot, _)| slot.clone()).collect())
        .unwrap_or_default();
    slots.sort_unstable();
    (gold.map(|gold| gold.intent.clone()).unwrap_or_default(), slots)
}

/// The share of neighbours that have the same intent.
pub fn adjacency(rows: &[Row]) -> Option<f64> {
    let intent = |row: &Row| row.gold.as_ref().map(|gold| gold.intent.clone());
    let pairs = rows.len().checked_sub(1).filter(|pairs| *pairs > 0)?;
    let same = rows.windows(2).filter(|pair| intent(&pair[0]) == intent(&pair[1])).count();
    Some(same as f64 / pairs as f64)
}

/// Another order of a shard's rows: each place keeps its intent and slots. Gives
/// the places, and how many of them have another row.
pub fn permutation(rows: &[Row], seed: u64) -> (Vec<usize>, usize) {
    let mut strata: BTreeMap<(String, Vec<String>), Vec<usize>> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        strata.entry(stratum(row)).or_default().push(place);
    }
    let mut order: Vec<usize> = (0..rows.len()).collect();
    let mut state = seed;
    for places in strata.values() {
        let mut shuffled = places.clone();
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, (random(&mut state) % (at as u64 + 1)) as usize);
        }
        for (place, row) in places.iter().zip(shuffled) {
            order[*place] = row;
        }
    }
    let moved = order.iter().enumerate().filter(|(place, row)| place != *row).count();
    (order, moved)
}

/// What the shards gave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OrderResult {
    /// Shards of rows.
    pub shards: u64,
    /// The mean over shards of ln p(released order) − mean ln p(others).
    pub mean_difference: f64,
    /// The share of permutations, over all shards, that are as likely as the
    /// released order or likelier.
    pub rank: f64,
    /// The chance of such a mean or more if orders were alike: of changing the
    /// sign of each shard's difference at random.
    pub p: f64,
}

/// Holds the log-probability of each shard's released order against those of
/// others. `None` without shards.
pub fn judge(shards: &[(f64, Vec<f64>)], seed: u64) -> Option<OrderResult> {
    /// Drawings of signs.
    const DRAWINGS: usize = 10_000;
    let shards: Vec<&(f64, Vec<f64>)> =
        shards.iter().filter(|(_, others)| !others.is_empty()).collect();
    if shards.is_empty() {
        return None;
    }
    let differences: Vec<f64> = shards
        .iter()
        .map(|(released, others)| released - others.iter().sum::<f64>() / others.len() as f64)
        .collect();
    let sum: f64 = differences.iter().sum();
    let mut state = seed;
    let as_large = (0..DRAWINGS)
        .filter(|_| {
            let drawn: f64 = differences
                .iter()
                .map(
                    |difference| {
                        if random(&mut state) >> 63 == 0 { *difference } else { -difference }
                    },
                )
                .sum();
            drawn >= sum
        })
        .count();
    let (mut likelier, mut all) = (0, 0);
    for (released, others) in &shards {
        likelier += others.iter().filter(|other| *other >= released).count();
        all += others.len();
    }
    Some(OrderResult {
        shards: shards.len() as u64,
        mean_difference: sum / shards.len() as f64,
        rank: likelier as f64 / all as f64,
        p: (as_large + 1) as f64 / (DRAWINGS + 1) as f64,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: usize, intent: &str) -> Row {
        Row {
            locale: "en-US".to_owned(),
            id: id.to_string(),
            text: String::new(),
            words: Vec::new(),
            gold: Some(crate::row::RowGold {
                intent: intent.to_owned(),
                annotation: String::new(),
                labels: Vec::new(),
                slots: Vec::new(),
            }),
        }
    }

    #[test]
    fn every_place_keeps_its_intent() {
        let rows: Vec<Row> =
            (0..20).map(|id| row(id, if id % 3 == 0 { "a" } else { "b" })).collect();
        let (order, moved) = permutation(&rows, 1);
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
        assert!(moved > 5);
        for (place, row) in order.iter().enumerate() {
            assert_eq!(place % 3 == 0, row % 3 == 0);
        }
        assert_eq!(adjacency(&rows[..4]), Some(1.0 / 3.0));
        assert_eq!(adjacency(&rows[..1]), None);
    }

    #[test]
    fn orders_that_are_alike_are_not_told_apart() {
        let alike: Vec<(f64, Vec<f64>)> =
            (0..20).map(|shard| (f64::from(shard % 2), vec![0.5; 4])).collect();
        assert!(judge(&alike, 1).unwrap().p > 0.3);
        let known: Vec<(f64, Vec<f64>)> = (0..20).map(|_| (5.0, vec![1.0, 2.0])).collect();
        let result = judge(&known, 1).unwrap();
        assert!(result.p < 0.01 && result.rank == 0.0);
        assert!(judge(&[], 1).is_none());
    }
}
