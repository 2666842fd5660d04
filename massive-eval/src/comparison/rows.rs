//! Rows that not every system predicts.

use super::System;
use crate::submission::Key;

/// A row that some systems predict and others do not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnevenRow {
    /// The row.
    pub key: Key,
    /// The systems that lack it, by index.
    pub lacking: Vec<usize>,
}

/// The rows that some of `systems`, scored together, predict and others do not.
pub fn uneven_rows(systems: &[System<'_>]) -> Vec<UnevenRow> {
    rows_lacking(systems).filter(|row| row.lacking.len() < systems.len()).collect()
}

/// The rows that none of `systems`, scored together, predicts.
pub fn unpredicted_rows(systems: &[System<'_>]) -> Vec<Key> {
    let rows = rows_lacking(systems).filter(|row| row.lacking.len() == systems.len());
    rows.map(|row| row.key).collect()
}

fn rows_lacking<'a>(systems: &'a [System<'_>]) -> impl Iterator<Item = UnevenRow> + 'a {
    let rows = systems.first().map_or(&[][..], |system| &system.evaluation.utterances);
    rows.iter().enumerate().filter_map(|(row, utterance)| {
        let missing = |system: &usize| systems[*system].evaluation.utterances[row].missing;
        let lacking: Vec<usize> = (0..systems.len()).filter(missing).collect();
        (!lacking.is_empty()).then_some(UnevenRow { key: utterance.key.clone(), lacking })
    })
}
