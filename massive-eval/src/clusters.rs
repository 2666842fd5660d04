//! Rows by locale, and the clusters that they fall into: all rows of one id, in
//! whatever locale, are translations of one source.

use std::ops::Range;

use massive_data::{Locale, LocaleSet, UtteranceId};

use crate::columns::{Columns, Linear};
use crate::submission::Key;
use crate::wilson::Clustered;

/// Which rows belong together.
#[derive(Debug, Clone)]
pub struct Clusters {
    /// The cluster of each row.
    of_row: Vec<u32>,
    /// How many clusters there are.
    count: usize,
    /// The rows of each locale, in the order of their tags.
    locales: Vec<(Locale, Range<usize>)>,
}

impl Clusters {
    /// The clusters of rows that are sorted by locale and id. They are numbered
    /// in the order of their ids.
    pub fn of<'k>(keys: impl Iterator<Item = &'k Key> + Clone) -> Clusters {
        let mut ids: Vec<&UtteranceId> = keys.clone().map(|key| &key.1).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut clusters = Clusters { of_row: Vec::new(), count: ids.len(), locales: Vec::new() };
        let mut at = 0;
        for (row, (locale, id)) in keys.enumerate() {
            match clusters.locales.last_mut() {
                Some((last, rows)) if last == locale => rows.end = row + 1,
                _ => {
                    at = 0;
                    clusters.locales.push((*locale, row..row + 1));
                }
            }
            // Rows of a locale and ids are both sorted.
            at += ids[at..].partition_point(|known| *known < id);
            clusters.of_row.push(at as u32);
        }
        clusters
    }

    /// How many clusters there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The cluster of a row.
    pub fn of_row(&self, row: usize) -> u32 {
        self.of_row[row]
    }

    /// The locales with their rows.
    pub fn locales(&self) -> &[(Locale, Range<usize>)] {
        &self.locales
    }

    /// Those of the locales that are in `set`.
    pub fn of_locales(&self, set: &LocaleSet) -> Vec<(Locale, Range<usize>)> {
        self.locales.iter().filter(|(locale, _)| set.contains(*locale)).cloned().collect()
    }

    /// A metric over the rows of some locales, pooled; `None` where it has no
    /// value.
    pub fn pooled(&self, columns: &Columns, locales: &[Range<usize>]) -> Option<Clustered> {
        let rows = || locales.iter().cloned().flatten();
        let linear = columns.sum(rows()).linear()?;
        let mut residuals = Residuals::new(self.count);
        residuals.add(self, columns, &linear, 1.0, rows());
        Some(residuals.clustered(linear.value))
    }

    /// The mean of a metric over the locales that have a value.
    pub fn mean(&self, columns: &Columns, locales: &[Range<usize>]) -> Option<Clustered> {
        let mut residuals = Residuals::new(self.count);
        let mean = self.add_mean(&mut residuals, columns, locales, 1.0)?;
        Some(residuals.clustered(mean))
    }

    /// The difference of a metric between two systems over the rows of some
    /// locales, pooled: the second minus the first.
    pub fn difference(
        &self,
        columns: &[Columns; 2],
        locales: &[Range<usize>],
    ) -> Option<Clustered> {
        let rows = || locales.iter().cloned().flatten();
        let mut residuals = Residuals::new(self.count);
        let mut difference = 0.0;
        for (columns, sign) in columns.iter().zip(SIGNS) {
            let linear = columns.sum(rows()).linear()?;
            difference += sign * linear.value;
            residuals.add(self, columns, &linear, sign, rows());
        }
        Some(residuals.clustered(difference))
    }

    /// The difference of the means over the locales that have a value.
    pub fn mean_difference(
        &self,
        columns: &[Columns; 2],
        locales: &[Range<usize>],
    ) -> Option<Clustered> {
        let mut residuals = Residuals::new(self.count);
        let mut difference = 0.0;
        for (columns, sign) in columns.iter().zip(SIGNS) {
            difference += sign * self.add_mean(&mut residuals, columns, locales, sign)?;
        }
        Some(residuals.clustered(difference))
    }

    /// The standard deviation of the difference, pooled, if it did not matter
    /// which system an output comes from: to first order about what both have
    /// together, which no swap of outputs changes.
    pub fn swap_deviation(&self, columns: &[Columns; 2], locales: &[Range<usize>]) -> Option<f64> {
        let rows = || locales.iter().cloned().flatten();
        let mut both = columns[0].sum(rows());
        both += &columns[1].sum(rows());
        let linear = both.linear()?;
        let mut residuals = Residuals::new(self.count);
        for (columns, sign) in columns.iter().zip(SIGNS) {
            residuals.add(self, columns, &linear, sign, rows());
        }
        let squares: f64 = residuals.of.iter().map(|residual| residual * residual).sum();
        // Each system has half of what both have.
        Some(2.0 * squares.sqrt()).filter(|deviation| *deviation > 1e-12)
    }

    /// In how many rows of some locales two systems differ.
    pub fn discordant(&self, columns: &[Columns; 2], locales: &[Range<usize>]) -> u64 {
        let differ = |row: &usize| columns[0].row(*row) != columns[1].row(*row);
        locales.iter().cloned().flatten().filter(differ).count() as u64
    }

    /// Adds the residuals of the mean over locales to others; returns the mean.
    fn add_mean(
        &self,
        residuals: &mut Residuals,
        columns: &Columns,
        locales: &[Range<usize>],
        factor: f64,
    ) -> Option<f64> {
        let valued: Vec<(Linear, &Range<usize>)> = locales
            .iter()
            .filter_map(|rows| Some((columns.sum(rows.clone()).linear()?, rows)))
            .collect();
        if valued.is_empty() {
            return None;
        }
        let share = factor / valued.len() as f64;
        for (linear, rows) in &valued {
            residuals.add(self, columns, linear, share, (*rows).clone());
        }
        let sum: f64 = valued.iter().map(|(linear, _)| linear.value).sum();
        Some(sum / valued.len() as f64)
    }
}

/// The baseline is taken away from the new system.
const SIGNS: [f64; 2] = [-1.0, 1.0];

/// The residuals of clusters.
struct Residuals {
    /// The residual of each cluster.
    of: Vec<f64>,
    /// Which clusters have rows, and which of them a denominator.
    present: Vec<bool>,
    with_whole: Vec<bool>,
}

impl Residuals {
    fn new(clusters: usize) -> Residuals {
        Residuals {
            of: vec![0.0; clusters],
            present: vec![false; clusters],
            with_whole: vec![false; clusters],
        }
    }

    fn add(
        &mut self,
        clusters: &Clusters,
        columns: &Columns,
        linear: &Linear,
        share: f64,
        rows: impl Iterator<Item = usize>,
    ) {
        for row in rows {
            let cells = columns.row(row);
            let cluster = clusters.of_row[row] as usize;
            self.of[cluster] += share * linear.residual(cells);
            self.present[cluster] = true;
            self.with_whole[cluster] |= cells.iter().any(|cell| cell.whole > 0.0);
        }
    }

    fn clustered(&self, value: f64) -> Clustered {
        let count = |flags: &[bool]| flags.iter().filter(|flag| **flag).count();
        Clustered {
            value,
            squares: self.of.iter().map(|residual| residual * residual).sum(),
            clusters: count(&self.present),
            with_whole: count(&self.with_whole),
        }
    }
}
