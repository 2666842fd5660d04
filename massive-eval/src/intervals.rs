//! The values of metrics over sets of rows, with their intervals, in whatever
//! way these are made.

use std::ops::Range;

use massive_data::LocaleSet;

use crate::bootstrap::{Resampler, percentile_interval};
use crate::clusters::Clusters;
use crate::columns::{Columns, Sums};
use crate::interval::Interval;
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::wilson::Clustered;

/// A value with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) value: f64,
    pub(crate) ci95: Option<[f64; 2]>,
}

/// Folds metrics over the rows of one submission.
#[derive(Debug)]
pub(crate) struct Folds<'r> {
    clusters: &'r Clusters,
    columns: &'r PerMetric<Columns>,
    way: Way<'r>,
}

#[derive(Debug)]
enum Way<'r> {
    Wilson,
    Bootstrap(Box<Resampler<'r>>),
    None,
}

impl<'r> Folds<'r> {
    pub(crate) fn new(
        interval: Interval,
        clusters: &'r Clusters,
        columns: &'r PerMetric<Columns>,
    ) -> Self {
        let way = match interval {
            Interval::None => Way::None,
            Interval::WilsonIds => Way::Wilson,
            Interval::Bootstrap(bootstrap) => {
                let columns = columns.iter().map(|(_, columns)| columns).collect();
                Way::Bootstrap(Box::new(Resampler::new(bootstrap, clusters, columns)))
            }
        };
        Folds { clusters, columns, way }
    }

    /// Each metric over the rows of `locales`, pooled.
    pub(crate) fn pooled(&mut self, locales: &LocaleSet) -> PerMetric<Found> {
        let rows = rows_of(self.clusters, locales);
        let clusters = self.clusters;
        let resamples = match &mut self.way {
            Way::Bootstrap(resampler) => resampler.pooled(locales),
            _ => Vec::new(),
        };
        let mut at = 0..;
        self.columns.map(|metric, columns| {
            let sums = columns.sum(rows.iter().cloned().flatten());
            let of_resamples = resamples_of(&resamples, at.next().unwrap_or_default());
            let ci95 = match &self.way {
                Way::None => None,
                Way::Wilson => clusters.pooled(columns, &rows).and_then(|it| it.interval()),
                // Without anything to count there is no interval.
                Way::Bootstrap(_) => sums.value().and_then(|_| {
                    percentile_interval(of_resamples.map(|sums| metric.value(sums)).collect())
                }),
            };
            Found { value: metric.value(&sums), ci95 }
        })
    }

    /// The mean of each metric over those of `locales` that have a value; `None`
    /// where none has.
    pub(crate) fn mean(&mut self, locales: &LocaleSet) -> PerMetric<Option<Found>> {
        let rows = rows_of(self.clusters, locales);
        let clusters = self.clusters;
        let resamples = match &mut self.way {
            Way::Bootstrap(resampler) => resampler.by_locale(locales),
            _ => Vec::new(),
        };
        let mut at = 0..;
        self.columns.map(|_, columns| {
            let at = at.next().unwrap_or_default();
            let value = mean_of(rows.iter().map(|rows| columns.sum(rows.clone())))?;
            let ci95 = match &self.way {
                Way::None => None,
                Way::Wilson => clusters.mean(columns, &rows).and_then(|it| it.interval()),
                Way::Bootstrap(_) => {
                    let count = resamples.first().map_or(0, |(_, sums)| sums.len());
                    let means = (0..count).filter_map(|resample| {
                        mean_of(resamples.iter().filter_map(|(_, sums)| sums[resample].get(at)))
                    });
                    percentile_interval(means.collect())
                }
            };
            Some(Found { value, ci95 })
        })
    }
}

/// The sums of one metric in each resample.
fn resamples_of(resamples: &[Vec<Sums>], metric: usize) -> impl Iterator<Item = &Sums> {
    resamples.iter().filter_map(move |metrics| metrics.get(metric))
}

/// The plain mean of what has a value. A locale without any slot has no slot F1;
/// nor has, in a resample, one of whose utterances none was drawn.
pub(crate) fn mean_of<S: std::borrow::Borrow<Sums>>(sums: impl Iterator<Item = S>) -> Option<f64> {
    let values: Vec<f64> = sums.filter_map(|sums| sums.borrow().value()).collect();
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The rows of some locales.
fn rows_of(clusters: &Clusters, locales: &LocaleSet) -> Vec<Range<usize>> {
    clusters.of_locales(locales).into_iter().map(|(_, rows)| rows).collect()
}

/// Makes intervals of the differences between two submissions on the same rows.
#[derive(Debug)]
pub(crate) struct PairedIntervals<'r> {
    clusters: &'r Clusters,
    columns: &'r PerMetric<[Columns; 2]>,
    way: PairedWay<'r>,
}

#[derive(Debug)]
enum PairedWay<'r> {
    Linear,
    /// Each draws the same sources for both, since what is drawn depends on the
    /// seed and the ids only.
    Bootstrap(Box<[Resampler<'r>; 2]>),
    None,
}

impl<'r> PairedIntervals<'r> {
    pub(crate) fn new(
        interval: Interval,
        clusters: &'r Clusters,
        columns: &'r PerMetric<[Columns; 2]>,
    ) -> Self {
        let way = match interval {
            Interval::None => PairedWay::None,
            Interval::WilsonIds => PairedWay::Linear,
            Interval::Bootstrap(bootstrap) => {
                PairedWay::Bootstrap(Box::new([0, 1].map(|system| {
                    let columns = columns.iter().map(|(_, both)| &both[system]).collect();
                    Resampler::new(bootstrap, clusters, columns)
                })))
            }
        };
        PairedIntervals { clusters, columns, way }
    }

    /// The interval of the difference in each metric over the rows of `locales`,
    /// pooled.
    pub(crate) fn pooled(&mut self, locales: &LocaleSet) -> PerMetric<Option<[f64; 2]>> {
        let rows = rows_of(self.clusters, locales);
        let clusters = self.clusters;
        let linear = |columns: &[Columns; 2]| clusters.difference(columns, &rows);
        match &mut self.way {
            PairedWay::None => self.columns.map(|_, _| None),
            PairedWay::Linear => {
                self.columns.map(|_, columns| linear(columns).map(|it| Clustered::symmetric(&it)))
            }
            PairedWay::Bootstrap(resamplers) => {
                let systems = resamplers.each_mut().map(|one| one.pooled(locales));
                of_differences(self.columns, systems[0].len(), |metric, at, resample| {
                    systems.each_ref().map(|sums| Some(metric.value(&sums[resample][at])))
                })
            }
        }
    }

    /// The interval of the difference of the means over `locales`.
    pub(crate) fn mean(&mut self, locales: &LocaleSet) -> PerMetric<Option<[f64; 2]>> {
        let rows = rows_of(self.clusters, locales);
        let clusters = self.clusters;
        let linear = |columns: &[Columns; 2]| clusters.mean_difference(columns, &rows);
        match &mut self.way {
            PairedWay::None => self.columns.map(|_, _| None),
            PairedWay::Linear => {
                self.columns.map(|_, columns| linear(columns).map(|it| Clustered::symmetric(&it)))
            }
            PairedWay::Bootstrap(resamplers) => {
                let systems = resamplers.each_mut().map(|one| one.by_locale(locales));
                let resamples = systems[0].first().map_or(0, |(_, sums)| sums.len());
                of_differences(self.columns, resamples, |_, at, resample| {
                    systems
                        .each_ref()
                        .map(|locales| mean_of(locales.iter().map(|(_, sums)| &sums[resample][at])))
                })
            }
        }
    }
}

/// The percentiles of the differences over resamples, in each metric.
fn of_differences(
    columns: &PerMetric<[Columns; 2]>,
    resamples: usize,
    values: impl Fn(Metric, usize, usize) -> [Option<f64>; 2],
) -> PerMetric<Option<[f64; 2]>> {
    let mut at = 0..;
    columns.map(|metric, _| {
        let at = at.next().unwrap_or_default();
        let differences = (0..resamples).filter_map(|resample| {
            let [baseline, new] = values(metric, at, resample);
            Some(new? - baseline?)
        });
        percentile_interval(differences.collect())
    })
}
