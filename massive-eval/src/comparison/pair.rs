//! Two systems on the same rows.

use std::collections::BTreeMap;
use std::ops::Range;

use massive_data::LocaleSet;

use super::{
    CompareOptions, Comparison, Difference, Differences, FEWEST_DISCORDANT, LocalesByVerdict,
    MacroDifferences, McNemar, System, Undecidable, Verdict, Verdicts,
};
use crate::clusters::Clusters;
use crate::columns::Columns;
use crate::intervals::{PairedIntervals, mean_of};
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::significance::{Disagreement, holm};

/// Two systems on the same rows.
pub(super) struct Pair<'a> {
    clusters: &'a Clusters,
    /// Of the metrics that both predict, the columns of baseline and new system.
    columns: PerMetric<[Columns; 2]>,
    new: System<'a>,
    options: &'a CompareOptions,
}

/// What was found of one place, before values are looked at; an entry a metric.
struct Place<'p> {
    rows: &'p [Range<usize>],
    intervals: PerMetric<Option<[f64; 2]>>,
    p: &'p [f64],
    p_worse: Option<&'p [f64]>,
    /// With how many others its p-values are corrected together.
    family: usize,
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        clusters: &'a Clusters,
        baseline: &PerMetric<Columns>,
        new: System<'a>,
        options: &'a CompareOptions,
    ) -> Self {
        let of_new = new.evaluation.columns(&options.metrics);
        let shared: Vec<Metric> =
            baseline.metrics().filter(|metric| of_new.get(*metric).is_some()).collect();
        let columns = PerMetric::new(&shared, |metric| {
            [baseline, &of_new].map(|columns| match columns.get(metric) {
                Some(columns) => columns.clone(),
                None => Columns::new(metric.average()),
            })
        });
        Pair { clusters, columns, new, options }
    }

    /// Compares them, one of so many new systems that are.
    pub(super) fn compare(&self, systems: usize) -> Comparison {
        let columns: Vec<[Columns; 2]> =
            self.columns.iter().map(|(_, columns)| columns.clone()).collect();
        let mut p_values = self.options.randomisation.test(self.clusters, &columns);
        // Bonferroni over the systems: each is swapped with the baseline by itself.
        for p in p_values.all_worse.iter_mut().chain(p_values.locales_worse.iter_mut().flatten()) {
            *p = (*p * systems as f64).min(1.0);
        }
        let mut intervals =
            PairedIntervals::new(self.options.interval, self.clusters, &self.columns);
        let all_rows: Vec<Range<usize>> =
            self.clusters.locales().iter().map(|(_, rows)| rows.clone()).collect();
        let set: LocaleSet = self.clusters.locales().iter().map(|(locale, _)| *locale).collect();
        // The union first: it fills the sums of all locales with the same ids.
        let mut place = Place {
            rows: &all_rows,
            intervals: intervals.pooled(&set),
            p: &p_values.all,
            p_worse: Some(&p_values.all_worse),
            family: 1,
        };
        let all = self.pooled(&place);
        place =
            Place { intervals: intervals.mean(&set), p: &p_values.macro_, p_worse: None, ..place };
        let macro_ = self.mean(&place);
        let mut locales = BTreeMap::new();
        for (at, (locale, _)) in self.clusters.locales().iter().enumerate() {
            let place = Place {
                rows: &all_rows[at..=at],
                intervals: intervals.pooled(&LocaleSet::from_iter([*locale])),
                p: &p_values.locales[at],
                p_worse: Some(&p_values.locales_worse[at]),
                family: all_rows.len(),
            };
            locales.insert(locale.tag().to_owned(), self.pooled(&place));
        }
        correct(&mut locales, &self.options.metrics, self.options.alpha);
        let verdicts = verdicts(&locales, &self.options.metrics);
        let differs = |(_, columns)| self.clusters.discordant(columns, &all_rows) > 0;
        let identical = !self.columns.iter().any(differs);
        Comparison { system: self.new.info(), all, macro_, locales, verdicts, identical }
    }

    /// The differences over the rows of a place, pooled.
    fn pooled(&self, place: &Place<'_>) -> Differences {
        let rows = || place.rows.iter().cloned().flatten();
        let metrics = self.differences(place, |metric, columns| {
            Some(columns.each_ref().map(|columns| metric.value(&columns.sum(rows()))))
        });
        Differences { utterances: rows().count() as u64, metrics }
    }

    /// The differences of the means over the locales.
    fn mean(&self, place: &Place<'_>) -> MacroDifferences {
        let metrics = self.differences(place, |_, columns| {
            let [baseline, new] = columns
                .each_ref()
                .map(|columns| mean_of(place.rows.iter().map(|rows| columns.sum(rows.clone()))));
            Some([baseline?, new?])
        });
        MacroDifferences { locales: place.rows.len() as u64, metrics }
    }

    fn differences(
        &self,
        place: &Place<'_>,
        values: impl Fn(Metric, &[Columns; 2]) -> Option<[f64; 2]>,
    ) -> PerMetric<Option<Difference>> {
        let alpha = self.options.alpha;
        PerMetric::new(&self.options.metrics, |metric| {
            let at = self.columns.metrics().position(|known| known == metric)?;
            let columns = self.columns.get(metric)?;
            let [baseline, new] = values(metric, columns)?;
            let (difference, error) = (new - baseline, 1.0 - baseline);
            let discordant = self.clusters.discordant(columns, place.rows);
            let is_mean = place.p_worse.is_none();
            let enough = discordant >= FEWEST_DISCORDANT;
            let disagreement = disagreement(columns, place.rows);
            Some(Difference {
                baseline,
                new,
                difference,
                ci95: place.intervals.get(metric).copied().flatten().filter(|_| enough),
                // e_new - e_baseline is the difference with its sign turned; 0 stays 0.
                relative_error_change: (error > 0.0).then(|| (baseline - new) / error),
                p: place.p[at],
                p_holm: None,
                p_worse: place.p_worse.map(|p| p[at]),
                discordant,
                mcnemar: (metric.is_accuracy() && !is_mean).then(|| McNemar::of(disagreement)),
                verdict: Verdict::of(difference, place.p[at], alpha),
                undecidable: Undecidable::of(discordant, place.family, alpha),
            })
        })
    }
}

impl Undecidable {
    /// The smallest p-value of a two-sided test by swaps is that of all or no
    /// swaps: 2 of 2^d, with d utterances that differ; Holm's correction takes
    /// the least of a family times its size.
    fn of(discordant: u64, family: usize, alpha: f64) -> Option<Undecidable> {
        let smallest = 2f64.powf(1.0 - discordant as f64) * family as f64;
        match discordant {
            0 => Some(Undecidable::Identical),
            _ => (smallest >= alpha).then_some(Undecidable::TooFewRows),
        }
    }
}

/// The rows that only one of two systems has right in an accuracy.
fn disagreement(columns: &[Columns; 2], rows: &[Range<usize>]) -> Disagreement {
    let mut found = Disagreement::default();
    for row in rows.iter().cloned().flatten() {
        let [baseline, new] = columns
            .each_ref()
            .map(|columns| columns.row(row).iter().map(|cell| cell.part).sum::<f64>());
        found.baseline_only += u64::from(baseline > new);
        found.new_only += u64::from(new > baseline);
    }
    found
}

impl McNemar {
    fn of(disagreement: Disagreement) -> McNemar {
        let Disagreement { baseline_only, new_only } = disagreement;
        McNemar { baseline_only, new_only, p: disagreement.mcnemar(), p_holm: None }
    }
}

/// Corrects the p-values of each metric for the number of locales; the verdicts
/// are then those of the corrected ones.
fn correct(locales: &mut BTreeMap<String, Differences>, metrics: &[Metric], alpha: f64) {
    for &metric in metrics {
        let mut tests: Vec<&mut Difference> =
            locales.values_mut().filter_map(|row| row.metrics.get_mut(metric)?.as_mut()).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
        for (test, p) in tests.iter_mut().zip(holm(&p)) {
            test.p_holm = Some(p);
            test.verdict = Verdict::of(test.difference, p, alpha);
            // Holm's factor is the whole family only for the smallest p-value.
            if test.verdict != Verdict::Undecided {
                test.undecidable = None;
            }
        }
        let mut tests: Vec<&mut McNemar> =
            tests.into_iter().filter_map(|test| test.mcnemar.as_mut()).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
        for (test, p) in tests.iter_mut().zip(holm(&p)) {
            test.p_holm = Some(p);
        }
    }
}

fn verdicts(locales: &BTreeMap<String, Differences>, metrics: &[Metric]) -> Verdicts {
    PerMetric::new(metrics, |metric| {
        let mut groups = LocalesByVerdict::default();
        for (tag, differences) in locales {
            let tag = tag.clone();
            match differences.metrics.known(metric)?.verdict {
                Verdict::Won => groups.won.push(tag),
                Verdict::Lost => groups.lost.push(tag),
                Verdict::Undecided => groups.undecided.push(tag),
            }
        }
        Some(groups)
    })
}
