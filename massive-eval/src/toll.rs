//! What each language pays for a smaller model: a model and variants of it on
//! the same rows. The document's schema is `schemas/toll.schema.json`.
//!
//! Differences and their intervals are those of a
//! [comparison](crate::comparison): paired, from what both models do on the same
//! sources. Beside the locales they are given for scripts and families, since
//! losses come by script first.

use std::collections::BTreeMap;
use std::ops::Range;

use massive_data::{LabelMode, Locale, LocaleSet, Partition};
use serde::{Deserialize, Serialize};

use crate::bootstrap::{Bootstrap, Resampler, percentile_interval};
use crate::clusters::Clusters;
use crate::columns::Columns;
use crate::comparison::FEWEST_DISCORDANT;
use crate::document::Tool;
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::significance::{Disagreement, holm};
use crate::submission::Submission;

/// The format that this version writes.
pub const FORMAT: &str = "massive-toll/1";

/// The level below which a p-value decides that a locale lost something.
pub const ALPHA: f64 = 0.05;

/// What each language pays. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TollDocument {
    /// [`FORMAT`].
    pub format: String,
    /// What wrote it.
    pub tool: Tool,
    /// The partition.
    pub partition: Partition,
    /// The label mode of the gold.
    pub labels: LabelMode,
    /// The metric by which the worst locale is told.
    #[serde(with = "by_name")]
    pub metric: Metric,
    /// Rows that every model predicted.
    pub rows: u64,
    /// What the base's tokenizer makes of each locale's text; empty where it was not
    /// asked for.
    pub text: BTreeMap<String, LocaleText>,
    /// What the variants are held against.
    pub base: ModelFacts,
    /// The variants, in the order given.
    pub variants: Vec<Variant>,
}

/// A model, as far as it is not a matter of its predictions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    /// What readers call it.
    pub name: String,
    /// Bytes of its graphs and tokenizer.
    pub bytes: u64,
    /// How fast it is, by engine; empty where it was not measured.
    pub speed: BTreeMap<String, f64>,
    /// Bytes of memory that a warm session takes, by engine; empty where they were not
    /// measured.
    pub memory: BTreeMap<String, u64>,
    /// The form of its weights, as far as it is known.
    pub form: Option<Form>,
}

/// The form of a model's weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// Bits a weight.
    pub bits: u32,
    /// The rank of the term beside each matrix; 0 if there is none.
    pub rank: u64,
    /// Whether weights were set to zero.
    pub pruned: bool,
}

/// What a tokenizer makes of a locale's text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LocaleText {
    /// Pieces a word, in the rows that were predicted.
    pub pieces_per_word: f64,
    /// The locale's share of the pieces of the train partition, among the locales
    /// here; `None` where there is no train text.
    pub train_share: Option<f64>,
}

/// How much of what rounding lost a low-rank term brings back, on all rows and in the
/// document's metric: (with − without) / (eight bits − without).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// The variant with as many bits and no term.
    pub without: String,
    /// The variant of eight bits.
    pub eight: String,
    /// The share; `None` if there is nothing to recover: eight bits are not better by
    /// more than chance.
    pub share: Option<f64>,
    /// Its 95 % interval (bootstrap over sources).
    pub ci95: Option<[f64; 2]>,
}

/// A variant and what it costs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    /// The model.
    pub model: ModelFacts,
    /// On all rows.
    pub all: Toll,
    /// By locale.
    pub locales: BTreeMap<String, Toll>,
    /// By script.
    pub scripts: BTreeMap<String, Toll>,
    /// By language family; locales of which it is not known are in none.
    pub families: BTreeMap<String, Toll>,
    /// The locale that loses most; `None` if none loses anything.
    pub worst: Option<String>,
    /// What its low-rank term brings back; `None` if it has none, or if the variants
    /// that it is held against are not here.
    pub recovery: Option<Recovery>,
}

/// What is paid on a set of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Toll {
    /// The rows.
    pub utterances: u64,
    /// The share of them whose prediction changed.
    pub changed: f64,
    /// In each metric; `None` if a model does not predict it.
    #[serde(flatten)]
    pub metrics: PerMetric<Option<Change>>,
}

/// How a metric changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The base's value.
    pub base: f64,
    /// The variant's value.
    pub variant: f64,
    /// Variant minus base: negative where something is lost.
    pub difference: f64,
    /// The 95 % interval of the difference; `None` where the models differ in
    /// fewer than [`FEWEST_DISCORDANT`] rows.
    pub ci95: Option<[f64; 2]>,
    /// Rows in which the base has more right.
    pub worse: u64,
    /// Rows in which the variant has.
    pub better: u64,
    /// The two-sided p-value of these by the exact sign test (McNemar's);
    /// corrected for the number of locales (Holm) where it is a locale's.
    pub p: f64,
}

impl Change {
    /// Whether more than `points` (of 100) are lost, by more than chance.
    pub fn is_worse_by(&self, points: f64) -> bool {
        self.difference * 100.0 < -points && self.worse > self.better && self.p < ALPHA
    }
}

/// A model with what it predicted.
#[derive(Debug, Clone, Copy)]
pub struct Predicted<'a> {
    /// The model.
    pub facts: &'a ModelFacts,
    /// Its predictions.
    pub submission: &'a Submission,
    /// What of them is right.
    pub evaluation: &'a Evaluation,
}

impl TollDocument {
    /// What each of `variants` costs.
    ///
    /// # Errors
    /// Evaluations of different rows or of none, or a metric that the base does
    /// not predict.
    pub fn new(
        base: Predicted<'_>,
        variants: &[Predicted<'_>],
        metric: Option<Metric>,
    ) -> Result<TollDocument> {
        let evaluation = base.evaluation;
        if evaluation.utterances.is_empty() {
            return Err(Error::request("there is no row to compare on"));
        }
        for variant in variants {
            if variant.evaluation.gold_digest != evaluation.gold_digest {
                return Err(Error::request(format!(
                    "{} and {} were scored on different rows, so they do not compare",
                    base.facts.name, variant.facts.name
                )));
            }
        }
        let columns = evaluation.columns(&Metric::PAPER);
        // What says most of what is predicted: exact match, where there is one.
        let order = [Metric::ExactMatch, Metric::IntentAccuracy, Metric::SlotMicroF1];
        let default = order.into_iter().find(|&metric| columns.get(metric).is_some());
        let metric = metric.or(default).unwrap_or(Metric::ExactMatch);
        if columns.get(metric).is_none() {
            return Err(Error::request(format!(
                "{} does not predict what {metric} is made of",
                base.facts.name
            )));
        }
        let clusters = evaluation.clusters();
        let mut of_variants: Vec<Variant> = variants
            .iter()
            .map(|variant| Pair::new(base, *variant, &clusters, &columns).variant(metric))
            .collect();
        for (number, variant) in of_variants.iter_mut().enumerate() {
            variant.recovery = recovery(number, variants, &clusters, metric);
        }
        Ok(TollDocument {
            format: FORMAT.to_owned(),
            tool: Tool::this(),
            partition: evaluation.partition,
            labels: evaluation.labels,
            metric,
            rows: evaluation.utterances.len() as u64,
            text: BTreeMap::new(),
            base: base.facts.clone(),
            variants: of_variants,
        })
    }
}

/// The base and a variant on the same rows.
struct Pair<'a> {
    variant: Predicted<'a>,
    clusters: &'a Clusters,
    columns: PerMetric<Option<[Columns; 2]>>,
    /// Whether the prediction of each row changed.
    changed: Vec<bool>,
}

impl<'a> Pair<'a> {
    fn new(
        base: Predicted<'a>,
        variant: Predicted<'a>,
        clusters: &'a Clusters,
        columns: &PerMetric<Columns>,
    ) -> Self {
        let of_variant = variant.evaluation.columns(&Metric::PAPER);
        let columns = PerMetric::new(&Metric::PAPER, |metric| {
            Some([columns.get(metric)?.clone(), of_variant.get(metric)?.clone()])
        });
        let rows = base.evaluation.utterances.iter();
        let changed = rows
            .map(|row| {
                let [a, b] = [base, variant].map(|system| {
                    let found = system.submission.find(&row.key);
                    found.map(|index| &system.submission.predictions()[index])
                });
                a.map(|one| (&one.intent, &one.slots)) != b.map(|one| (&one.intent, &one.slots))
            })
            .collect();
        Pair { variant, clusters, columns, changed }
    }

    fn variant(&self, metric: Metric) -> Variant {
        let set = |locales: &[Locale]| -> Vec<Range<usize>> {
            let set = locales.iter().copied().collect::<LocaleSet>();
            self.clusters.of_locales(&set).into_iter().map(|(_, rows)| rows).collect()
        };
        let locales: Vec<Locale> =
            self.clusters.locales().iter().map(|(locale, _)| *locale).collect();
        let groups = |name: &dyn Fn(Locale) -> Option<String>| {
            let mut groups: BTreeMap<String, Vec<Locale>> = BTreeMap::new();
            for &locale in &locales {
                if let Some(name) = name(locale) {
                    groups.entry(name).or_default().push(locale);
                }
            }
            let tolls = groups.into_iter().map(|(name, group)| (name, self.toll(&set(&group))));
            tolls.collect::<BTreeMap<String, Toll>>()
        };
        let mut by_locale = groups(&|locale| Some(locale.tag().to_owned()));
        correct(&mut by_locale);
        Variant {
            model: self.variant.facts.clone(),
            all: self.toll(&set(&locales)),
            scripts: groups(&|locale| Some(locale.script().to_string())),
            families: groups(&|locale| locale.family().map(str::to_owned)),
            worst: worst(&by_locale, metric),
            locales: by_locale,
            recovery: None,
        }
    }

    fn toll(&self, rows: &[Range<usize>]) -> Toll {
        let all = || rows.iter().cloned().flatten();
        let utterances = all().count();
        let changed = all().filter(|&row| self.changed[row]).count();
        Toll {
            utterances: utterances as u64,
            changed: changed as f64 / utterances.max(1) as f64,
            metrics: self.columns.map(|metric, columns| {
                let columns = columns.as_ref()?;
                let [base, variant] =
                    columns.each_ref().map(|columns| metric.value(&columns.sum(all())));
                let mut rows_apart = Disagreement::default();
                for row in all() {
                    let [a, b] = columns
                        .each_ref()
                        .map(|columns| columns.row(row).iter().map(|cell| cell.part).sum::<f64>());
                    rows_apart.baseline_only += u64::from(a > b);
                    rows_apart.new_only += u64::from(b > a);
                }
                let enough = self.clusters.discordant(columns, rows) >= FEWEST_DISCORDANT;
                let found = self.clusters.difference(columns, rows).filter(|_| enough);
                Some(Change {
                    base,
                    variant,
                    difference: variant - base,
                    ci95: found.map(|found| found.symmetric()),
                    worse: rows_apart.baseline_only,
                    better: rows_apart.new_only,
                    p: rows_apart.mcnemar(),
                })
            }),
        }
    }
}

/// What the low-rank term of a variant brings back, if it has one and the variants that
/// it is held against are there.
fn recovery(
    number: usize,
    variants: &[Predicted<'_>],
    clusters: &Clusters,
    metric: Metric,
) -> Option<Recovery> {
    let form = variants[number].facts.form.filter(|form| form.rank > 0)?;
    let of = |wanted: &dyn Fn(Form) -> bool| {
        variants.iter().find(|variant| variant.facts.form.is_some_and(wanted))
    };
    let without = of(&|other| other == Form { rank: 0, ..form })?;
    let eight = of(&|other| other == Form { bits: 8, rank: 0, pruned: false })?;
    let columns = [without, &variants[number], eight]
        .map(|variant| variant.evaluation.columns(&Metric::PAPER));
    let [Some(low), Some(with), Some(high)] = columns.each_ref().map(|one| one.get(metric)) else {
        return None;
    };
    let mut found = Recovery {
        without: without.facts.name.clone(),
        eight: eight.facts.name.clone(),
        share: None,
        ci95: None,
    };
    let rows: Vec<Range<usize>> = clusters.locales().iter().map(|(_, rows)| rows.clone()).collect();
    let pair = [low.clone(), high.clone()];
    let enough = clusters.discordant(&pair, &rows) >= FEWEST_DISCORDANT;
    let lost = clusters.difference(&pair, &rows).filter(|_| enough);
    if lost.is_none_or(|lost| lost.symmetric()[0] <= 0.0) {
        return Some(found);
    }
    let share = |[low, with, high]: [f64; 3]| (with - low) / (high - low);
    let all = || rows.iter().cloned().flatten();
    found.share = Some(share([low, with, high].map(|one| metric.value(&one.sum(all())))));
    let set = clusters.locales().iter().map(|(locale, _)| *locale).collect::<LocaleSet>();
    let mut resampler = Resampler::new(Bootstrap::default(), clusters, vec![low, with, high]);
    let shares = resampler.pooled(&set).into_iter().filter_map(|sums| {
        let values = [sums.first()?, sums.get(1)?, sums.get(2)?].map(|one| metric.value(one));
        Some(share(values)).filter(|share| share.is_finite())
    });
    found.ci95 = percentile_interval(shares.collect());
    Some(found)
}

/// Corrects the p-values of each metric for the number of locales.
fn correct(locales: &mut BTreeMap<String, Toll>) {
    for metric in Metric::PAPER {
        let mut changes: Vec<&mut Change> = locales
            .values_mut()
            .filter_map(|toll| toll.metrics.get_mut(metric)?.as_mut())
            .collect();
        let p: Vec<f64> = changes.iter().map(|change| change.p).collect();
        for (change, p) in changes.iter_mut().zip(holm(&p)) {
            change.p = p;
        }
    }
}

fn worst(locales: &BTreeMap<String, Toll>, metric: Metric) -> Option<String> {
    let differences = locales.iter().filter_map(|(tag, toll)| {
        Some((tag, toll.metrics.known(metric)?.difference))
            .filter(|(_, difference)| *difference < 0.0)
    });
    differences.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(tag, _)| tag.clone())
}

/// A metric as its name.
mod by_name {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::metrics::Metric;

    pub(super) fn serialize<S: Serializer>(metric: &Metric, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(metric.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Metric, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_counts_beyond_the_points_and_beyond_chance() {
        let change = Change {
            base: 0.8,
            variant: 0.77,
            difference: -0.03,
            ci95: None,
            worse: 40,
            better: 10,
            p: 0.001,
        };
        assert!(change.is_worse_by(2.9));
        assert!(!change.is_worse_by(3.1));
        assert!(!Change { p: 0.06, ..change }.is_worse_by(0.0));
        assert!(!Change { difference: 0.03, worse: 10, better: 40, ..change }.is_worse_by(0.0));
    }
}
