//! The differences between two systems once some of their outputs change places.

use std::ops::Range;

use crate::clusters::Clusters;
use crate::columns::{Cell, Columns, Sums};

/// Two systems, ready for their outputs to be swapped source by source.
pub(super) struct Swaps {
    /// How many metrics there are.
    pub(super) metrics: usize,
    /// What was found: of each metric pooled, then of the mean over locales, then
    /// of each locale.
    pub(super) found: Vec<f64>,
    /// A list a locale with an entry a metric.
    locales: Vec<Vec<Moves>>,
    /// 64-bit words that hold a bit a source.
    words: usize,
}

/// What trials write to.
pub(super) struct Scratch {
    swapped: Vec<u64>,
    /// Sums of baseline and new system; a list a locale with an entry a metric.
    sums: Vec<Vec<[Sums; 2]>>,
    pooled: Vec<[Sums; 2]>,
    /// As [`Swaps::found`].
    pub(super) differences: Vec<f64>,
}

impl Scratch {
    pub(super) fn of(swaps: &Swaps) -> Scratch {
        let sums: Vec<Vec<[Sums; 2]>> = swaps
            .locales
            .iter()
            .map(|metrics| metrics.iter().map(|moves| moves.sums.clone()).collect())
            .collect();
        Scratch {
            swapped: vec![0; swaps.words],
            pooled: sums.first().cloned().unwrap_or_default(),
            sums,
            differences: Vec::with_capacity(swaps.values()),
        }
    }

    /// The sources to be swapped, a bit each.
    pub(super) fn swapped(&mut self) -> &mut [u64] {
        &mut self.swapped
    }
}

impl Swaps {
    pub(super) fn of(clusters: &Clusters, columns: &[[Columns; 2]]) -> Swaps {
        let locales = clusters
            .locales()
            .iter()
            .map(|(_, rows)| {
                columns.iter().map(|columns| Moves::of(clusters, columns, rows.clone())).collect()
            })
            .collect();
        let words = clusters.count().div_ceil(64);
        let mut swaps = Swaps { metrics: columns.len(), found: Vec::new(), locales, words };
        let mut scratch = Scratch::of(&swaps);
        swaps.swap(&mut scratch);
        swaps.found = scratch.differences;
        swaps
    }

    /// How many differences there are.
    pub(super) fn values(&self) -> usize {
        (2 + self.locales.len()) * self.metrics
    }

    /// Swaps, and takes the differences: new minus baseline.
    pub(super) fn swap(&self, scratch: &mut Scratch) {
        for (sums, metrics) in scratch.sums.iter_mut().zip(&self.locales) {
            for (sums, moves) in sums.iter_mut().zip(metrics) {
                moves.swap(&scratch.swapped, sums);
            }
        }
        let Scratch { sums, pooled, differences, .. } = scratch;
        differences.clear();
        for (metric, pooled) in pooled.iter_mut().enumerate() {
            for (system, pooled) in pooled.iter_mut().enumerate() {
                pooled.clear();
                sums.iter().for_each(|locale| *pooled += &locale[metric][system]);
            }
            differences.push(difference(pooled));
        }
        for metric in 0..self.metrics {
            let mean = |system: usize| {
                let values = sums.iter().filter_map(|locale| locale[metric][system].value());
                let (sum, count) = values.fold((0.0, 0u32), |(sum, n), value| (sum + value, n + 1));
                if count == 0 { 0.0 } else { sum / f64::from(count) }
            };
            differences.push(mean(1) - mean(0));
        }
        for locale in sums.iter() {
            differences.extend(locale.iter().map(difference));
        }
    }
}

/// What has no value counts as 0, as slot F1 without any slot does.
fn difference([baseline, new]: &[Sums; 2]) -> f64 {
    new.value().unwrap_or(0.0) - baseline.value().unwrap_or(0.0)
}

/// One metric in one locale.
struct Moves {
    /// The sums of baseline and new system as they are.
    sums: [Sums; 2],
    kind: Kind,
}

/// New minus baseline, source by source.
enum Kind {
    /// Whole numbers of one class: of the parts and of the wholes.
    Whole([BitPlanes; 2]),
    /// The sources that differ, with what the new system has more.
    Any(Vec<(u32, Vec<Cell>)>),
}

impl Moves {
    fn of(clusters: &Clusters, columns: &[Columns; 2], rows: Range<usize>) -> Moves {
        let sums = columns.each_ref().map(|columns| columns.sum(rows.clone()));
        let mut sources = Vec::new();
        for row in rows {
            let [baseline, new] = columns.each_ref().map(|columns| columns.row(row));
            if baseline != new {
                sources.push((clusters.of_row(row), more(baseline, new)));
            }
        }
        let whole = |cell: &Cell| {
            let fits = |value: f64| value.fract() == 0.0 && value.abs() < f64::from(i32::MAX);
            cell.class == 0 && cell.weight == 0.0 && fits(cell.part) && fits(cell.whole)
        };
        let kind = if sources.iter().flat_map(|(_, cells)| cells).all(whole) {
            let column = |value: fn(&Cell) -> f64| {
                let mut values = vec![0; clusters.count()];
                for (source, cells) in &sources {
                    values[*source as usize] = cells.iter().map(value).sum::<f64>() as i32;
                }
                BitPlanes::of(&values)
            };
            Kind::Whole([column(|cell| cell.part), column(|cell| cell.whole)])
        } else {
            Kind::Any(sources)
        };
        Moves { sums, kind }
    }

    /// Writes the sums once the outputs for `swapped` have changed places.
    fn swap(&self, swapped: &[u64], sums: &mut [Sums; 2]) {
        let [baseline, new] = sums;
        baseline.copy_from(&self.sums[0]);
        new.copy_from(&self.sums[1]);
        match &self.kind {
            Kind::Whole(planes) => {
                let [part, whole] = planes.each_ref().map(|planes| planes.sum_over(swapped) as f64);
                baseline.add(&[Cell::single(part, whole)]);
                new.add(&[Cell::single(-part, -whole)]);
            }
            Kind::Any(sources) => {
                for (source, cells) in sources {
                    if swapped[*source as usize / 64] >> (source % 64) & 1 == 1 {
                        baseline.add(cells);
                        new.take(cells);
                    }
                }
            }
        }
    }
}

/// What `new` has more than `baseline`.
fn more(baseline: &[Cell], new: &[Cell]) -> Vec<Cell> {
    let turned = baseline.iter().map(|cell| Cell {
        class: cell.class,
        part: -cell.part,
        whole: -cell.whole,
        weight: -cell.weight,
    });
    let mut cells: Vec<Cell> = Vec::new();
    for cell in turned.chain(new.iter().copied()) {
        match cells.iter_mut().find(|known| known.class == cell.class) {
            Some(known) => {
                known.part += cell.part;
                known.whole += cell.whole;
                known.weight += cell.weight;
            }
            None => cells.push(cell),
        }
    }
    cells.retain(|cell| (cell.part, cell.whole, cell.weight) != (0.0, 0.0, 0.0));
    cells
}

/// Small integers, a bit of each in every plane: two's complement, lowest bit
/// first, without low bits that no value has. Their sum over a set is a few
/// counts of bits, 64 of them at a time.
pub(super) struct BitPlanes {
    planes: Vec<Vec<u64>>,
    shift: u32,
}

impl BitPlanes {
    pub(super) fn of(values: &[i32]) -> BitPlanes {
        let nonzero = || values.iter().filter(|value| **value != 0);
        let shift = nonzero().map(|value| value.trailing_zeros()).min().unwrap_or(0);
        // The fewest bits that hold each value and its sign; none if all are 0.
        let bits = |value: &i32| i32::BITS + 1 - (value >> shift).unsigned_abs().leading_zeros();
        let width = nonzero().map(bits).max().unwrap_or(0).min(i32::BITS);
        let plane = |bit: u32| {
            let word = |values: &[i32]| {
                let bits =
                    values.iter().enumerate().map(|(at, value)| (at, value >> shift >> bit & 1));
                bits.fold(0u64, |word, (at, bit)| word | (bit as u64) << at)
            };
            values.chunks(64).map(word).collect()
        };
        BitPlanes { planes: (0..width).map(plane).collect(), shift }
    }

    pub(super) fn sum_over(&self, set: &[u64]) -> i64 {
        let mut sum = 0;
        for (bit, plane) in self.planes.iter().enumerate() {
            let ones: u64 =
                plane.iter().zip(set).map(|(a, b)| u64::from((a & b).count_ones())).sum();
            let weighted = (ones as i64) << bit;
            // The highest bit of two's complement weighs negatively.
            sum += if bit + 1 == self.planes.len() { -weighted } else { weighted };
        }
        sum << self.shift
    }
}
