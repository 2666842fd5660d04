//! The compare document: is a new system better than a baseline, by how much,
//! and in which locales? Its schema is `schemas/compare.schema.json`.
//!
//! Each difference comes with three views of its uncertainty: a paired
//! [bootstrap](crate::interval) interval (both systems are drawn the same
//! sources), a p-value by [approximate randomisation](crate::randomisation) and,
//! for the two accuracies, [McNemar's exact test](Disagreement::mcnemar). Since
//! many locales are tested at once, their p-values are [corrected](holm), metric
//! by metric, and the verdict of a locale is that of the corrected p-value of
//! the randomisation.

use std::collections::BTreeMap;

use massive_data::LocaleSet;
use serde::{Deserialize, Serialize};

use crate::counts::{Counts, UtteranceCounts};
use crate::document::{ProblemCounts, Tool};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::{Bootstrap, Resampler, percentile_interval};
use crate::metrics::{Metric, Predicted, mean_over};
use crate::randomisation::{PairedCounts, PerMetric, Randomisation};
use crate::significance::{Disagreement, holm};
use crate::submission::Key;

/// The format that this version writes.
pub const FORMAT: &str = "massive-compare/1";

/// The whole result of comparing systems. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Everything that changes a number, on one line.
    pub signature: String,
    /// What wrote it.
    pub tool: Tool,
    /// The partition compared on.
    pub partition: String,
    /// The label mode of the gold.
    pub labels: String,
    /// The level below which a p-value decides.
    pub alpha: f64,
    /// Which rows were compared.
    pub rows: ComparedRows,
    /// What the new systems are held against.
    pub baseline: SystemInfo,
    /// Each new system against the baseline.
    pub comparisons: Vec<Comparison>,
}

/// Which rows were compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparedRows {
    /// How many.
    pub compared: u64,
    /// Selected rows left out because not every system predicts them.
    pub left_out: u64,
    /// Whether rows could be left out.
    pub common_only: bool,
}

/// A system that takes part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemInfo {
    /// Its name.
    pub name: String,
    /// What was irregular in its predictions.
    pub problems: ProblemCounts,
}

/// A new system against the baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The new system.
    pub system: SystemInfo,
    /// All utterances of all locales pooled.
    pub all: Differences,
    /// The plain mean over the locales.
    #[serde(rename = "macro")]
    pub macro_: MacroDifferences,
    /// Each locale, in code-point order.
    pub locales: BTreeMap<String, Differences>,
    /// Which locales are won, lost and undecided.
    pub verdicts: Verdicts,
}

/// The differences on a set of utterances.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// Utterances.
    pub utterances: u64,
    /// In each metric.
    #[serde(flatten)]
    pub metrics: MetricDifferences,
}

/// The differences of the means over locales.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MacroDifferences {
    /// How many locales.
    pub locales: u64,
    /// In each metric.
    #[serde(flatten)]
    pub metrics: MetricDifferences,
}

/// A difference in each metric; `None` if a system does not predict it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MetricDifferences {
    /// In intent accuracy.
    pub intent_acc: Option<Difference>,
    /// In slot micro-F1.
    pub slot_micro_f1: Option<Difference>,
    /// In exact match.
    pub ex_match_acc: Option<Difference>,
}

/// A difference in one metric.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The baseline's value.
    pub baseline: f64,
    /// The new system's value.
    pub new: f64,
    /// New minus baseline.
    pub difference: f64,
    /// The 95 % interval of the difference by the paired bootstrap.
    pub ci95: Option<[f64; 2]>,
    /// (e_new − e_baseline) / e_baseline with e = 1 − metric (FitzGerald et al.
    /// 2022, arXiv 2206.07808): negative where errors became fewer. `None` if
    /// the baseline makes none.
    pub relative_error_change: Option<f64>,
    /// The two-sided p-value by approximate randomisation.
    pub p: f64,
    /// The same, corrected for the number of locales; for locales only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<f64>,
    /// McNemar's exact test; for the two accuracies, not for means of locales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcnemar: Option<McNemar>,
    /// What follows.
    pub verdict: Verdict,
}

/// McNemar's exact test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct McNemar {
    /// Utterances that only the baseline has right.
    pub baseline_only: u64,
    /// Utterances that only the new system has right.
    pub new_only: u64,
    /// The two-sided p-value.
    pub p: f64,
    /// The same, corrected for the number of locales; for locales only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_holm: Option<f64>,
}

/// Whether the new system is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Better by more than chance.
    Won,
    /// Worse by more than chance.
    Lost,
    /// Chance may explain the difference.
    Undecided,
}

impl Verdict {
    /// All three.
    pub const ALL: [Verdict; 3] = [Verdict::Won, Verdict::Lost, Verdict::Undecided];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Won => "won",
            Verdict::Lost => "lost",
            Verdict::Undecided => "undecided",
        }
    }

    fn of(difference: f64, p: f64, alpha: f64) -> Verdict {
        if p >= alpha || difference == 0.0 {
            Verdict::Undecided
        } else if difference > 0.0 {
            Verdict::Won
        } else {
            Verdict::Lost
        }
    }
}

/// The locales by verdict, for each metric that both systems predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdicts {
    /// In intent accuracy.
    pub intent_acc: Option<LocalesByVerdict>,
    /// In slot micro-F1.
    pub slot_micro_f1: Option<LocalesByVerdict>,
    /// In exact match.
    pub ex_match_acc: Option<LocalesByVerdict>,
}

/// Locales by verdict, in code-point order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocalesByVerdict {
    /// The new system is better.
    pub won: Vec<String>,
    /// The new system is worse.
    pub lost: Vec<String>,
    /// Chance may explain the difference.
    pub undecided: Vec<String>,
}

impl LocalesByVerdict {
    /// The locales with a verdict.
    pub fn with(&self, verdict: Verdict) -> &[String] {
        match verdict {
            Verdict::Won => &self.won,
            Verdict::Lost => &self.lost,
            Verdict::Undecided => &self.undecided,
        }
    }
}

impl MetricDifferences {
    fn new(mut difference: impl FnMut(Metric) -> Option<Difference>) -> Self {
        MetricDifferences {
            intent_acc: difference(Metric::IntentAccuracy),
            slot_micro_f1: difference(Metric::SlotMicroF1),
            ex_match_acc: difference(Metric::ExactMatch),
        }
    }

    /// The difference in one metric.
    pub fn get(&self, metric: Metric) -> Option<&Difference> {
        match metric {
            Metric::IntentAccuracy => self.intent_acc.as_ref(),
            Metric::SlotMicroF1 => self.slot_micro_f1.as_ref(),
            Metric::ExactMatch => self.ex_match_acc.as_ref(),
        }
    }

    fn get_mut(&mut self, metric: Metric) -> Option<&mut Difference> {
        match metric {
            Metric::IntentAccuracy => self.intent_acc.as_mut(),
            Metric::SlotMicroF1 => self.slot_micro_f1.as_mut(),
            Metric::ExactMatch => self.ex_match_acc.as_mut(),
        }
    }
}

impl Verdicts {
    /// The locales by their verdict in one metric.
    pub fn get(&self, metric: Metric) -> Option<&LocalesByVerdict> {
        match metric {
            Metric::IntentAccuracy => self.intent_acc.as_ref(),
            Metric::SlotMicroF1 => self.slot_micro_f1.as_ref(),
            Metric::ExactMatch => self.ex_match_acc.as_ref(),
        }
    }

    fn of(locales: &BTreeMap<String, Differences>) -> Verdicts {
        let by_verdict = |metric: Metric| {
            let mut groups = LocalesByVerdict::default();
            for (tag, differences) in locales {
                let tag = tag.clone();
                match differences.metrics.get(metric)?.verdict {
                    Verdict::Won => groups.won.push(tag),
                    Verdict::Lost => groups.lost.push(tag),
                    Verdict::Undecided => groups.undecided.push(tag),
                }
            }
            Some(groups)
        };
        Verdicts {
            intent_acc: by_verdict(Metric::IntentAccuracy),
            slot_micro_f1: by_verdict(Metric::SlotMicroF1),
            ex_match_acc: by_verdict(Metric::ExactMatch),
        }
    }
}

/// How systems are compared.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompareOptions {
    /// Resampling for the intervals; without it there are none.
    pub bootstrap: Option<Bootstrap>,
    /// The trials of the randomisation.
    pub randomisation: Randomisation,
    /// The level below which a p-value decides.
    pub alpha: f64,
}

impl Default for CompareOptions {
    /// The defaults of both, at the level of 5 %.
    fn default() -> Self {
        CompareOptions {
            bootstrap: Some(Bootstrap::default()),
            randomisation: Randomisation::default(),
            alpha: 0.05,
        }
    }
}

impl CompareOptions {
    /// True if no locale among so many can be won or lost, since even the
    /// smallest p-value that the trials allow is not below alpha once corrected.
    pub fn too_few_trials(&self, locales: usize) -> bool {
        self.randomisation.smallest_p() * locales.max(1) as f64 >= self.alpha
    }
}

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

/// A system with its name.
#[derive(Debug, Clone, Copy)]
pub struct System<'a> {
    /// The name, for readers.
    pub name: &'a str,
    /// What it got right.
    pub evaluation: &'a Evaluation,
}

impl System<'_> {
    fn info(&self) -> SystemInfo {
        SystemInfo { name: self.name.to_owned(), problems: self.evaluation.problem_counts() }
    }
}

impl CompareDocument {
    /// Compares each of `new` with `baseline`.
    ///
    /// # Errors
    /// Evaluations of different rows or gold, or of none; score them together
    /// with [`Evaluation::run_several`].
    pub fn new(
        baseline: System<'_>,
        new: &[System<'_>],
        options: CompareOptions,
    ) -> Result<CompareDocument> {
        let evaluation = baseline.evaluation;
        if evaluation.utterances.is_empty() {
            return Err(Error::request("there is no row to compare on"));
        }
        for system in new {
            if system.evaluation.gold_digest != evaluation.gold_digest {
                return Err(Error::request(format!(
                    "{} and {} were scored on different rows or gold labels, so they do not \
                     compare",
                    baseline.name, system.name
                )));
            }
        }
        let rows = evaluation.rows();
        let mut resampler = options.bootstrap.map(|bootstrap| Resampler::new(bootstrap, &rows));
        let comparisons = new
            .iter()
            .map(|&system| {
                let new_rows = system.evaluation.rows();
                let pair = Pair::new(&rows, &new_rows, evaluation, system, options);
                pair.compare(resampler.as_mut().zip(options.bootstrap).map(
                    |(baseline, bootstrap)| Resamplers {
                        baseline,
                        new: Resampler::new(bootstrap, &new_rows),
                    },
                ))
            })
            .collect();
        Ok(CompareDocument {
            format: FORMAT.to_owned(),
            signature: evaluation.signature(options.bootstrap, Some(options.randomisation)),
            tool: Tool::this(),
            partition: evaluation.partition.name().to_owned(),
            labels: evaluation.labels.name().to_owned(),
            alpha: options.alpha,
            rows: ComparedRows {
                compared: rows.len() as u64,
                left_out: evaluation.problems.left_out,
                common_only: evaluation.missing_rows == crate::MissingRows::LeftOut,
            },
            baseline: baseline.info(),
            comparisons,
        })
    }
}

/// Two systems on the same rows.
struct Pair<'a> {
    rows: Vec<PairedCounts>,
    new: System<'a>,
    predicted: Predicted,
    options: CompareOptions,
}

/// The resamples of both systems: each draws the same sources for both, since
/// what is drawn depends on the seed and the ids only.
struct Resamplers<'r, 'b, 'n> {
    baseline: &'r mut Resampler<'b>,
    new: Resampler<'n>,
}

/// Sums over baseline and new system.
type Sums = [Counts; 2];

impl Resamplers<'_, '_, '_> {
    /// The sums over `set`, pooled, an entry a resample.
    fn pooled(&mut self, set: &LocaleSet) -> Vec<Sums> {
        let new = self.new.pooled(set);
        self.baseline.pooled(set).into_iter().zip(new).map(|(a, b)| [a, b]).collect()
    }

    /// The sums of each locale of `set`, an entry a resample.
    fn by_locale(&mut self, set: &LocaleSet) -> Vec<Vec<Sums>> {
        let (baseline, new) = (self.baseline.by_locale(set), self.new.by_locale(set));
        let resamples = baseline.first().map_or(0, |(_, sums)| sums.len());
        (0..resamples)
            .map(|resample| {
                let sums = baseline.iter().zip(&new);
                sums.map(|((_, a), (_, b))| [a[resample], b[resample]]).collect()
            })
            .collect()
    }
}

impl<'a> Pair<'a> {
    fn new(
        rows: &[(Key, UtteranceCounts)],
        new_rows: &[(Key, UtteranceCounts)],
        baseline: &Evaluation,
        new: System<'a>,
        options: CompareOptions,
    ) -> Self {
        let rows = rows
            .iter()
            .zip(new_rows)
            .map(|((key, baseline), (_, new))| PairedCounts {
                key: key.clone(),
                baseline: *baseline,
                new: *new,
            })
            .collect();
        let predicted = baseline.predicted.and(new.evaluation.predicted);
        Pair { rows, new, predicted, options }
    }

    fn compare(&self, mut resamplers: Option<Resamplers<'_, '_, '_>>) -> Comparison {
        let p_values = self.options.randomisation.test(&self.rows, self.predicted);
        let set: LocaleSet = p_values.locales.iter().map(|(locale, _)| *locale).collect();
        // The union first: it fills the sums of all locales with the same ids.
        let all = self.pooled(&self.rows, &set, p_values.all, resamplers.as_mut());
        let macro_ = self.mean(&set, p_values.macro_, resamplers.as_mut());
        let mut locales: BTreeMap<String, Differences> = self
            .rows
            .chunk_by(|a, b| a.key.0 == b.key.0)
            .zip(p_values.locales)
            .map(|(rows, (locale, p))| {
                let set = LocaleSet::from_iter([locale]);
                (locale.tag().to_owned(), self.pooled(rows, &set, p, resamplers.as_mut()))
            })
            .collect();
        correct(&mut locales, self.options.alpha);
        let verdicts = Verdicts::of(&locales);
        Comparison { system: self.new.info(), all, macro_, locales, verdicts }
    }

    /// The differences over the rows of `set`, pooled.
    fn pooled(
        &self,
        rows: &[PairedCounts],
        set: &LocaleSet,
        p: PerMetric,
        resamplers: Option<&mut Resamplers<'_, '_, '_>>,
    ) -> Differences {
        let resamples = resamplers.map(|resamplers| resamplers.pooled(set));
        let value = |metric: Metric, sums: &Sums| {
            both(sums.each_ref().map(|sum| metric.value(sum, self.predicted)))
        };
        let sums = sums_of(rows);
        let difference = |metric| {
            let values = value(metric, &sums)?;
            let ci95 = interval(resamples.as_deref(), |sums| value(metric, sums));
            let mcnemar = disagreement(rows, metric).map(McNemar::of);
            let p = p[metric as usize]?;
            Some(Difference::of(values, ci95, p, mcnemar, self.options.alpha))
        };
        Differences { utterances: rows.len() as u64, metrics: MetricDifferences::new(difference) }
    }

    /// The differences of the means over the locales of `set`.
    fn mean(
        &self,
        set: &LocaleSet,
        p: PerMetric,
        resamplers: Option<&mut Resamplers<'_, '_, '_>>,
    ) -> MacroDifferences {
        let resamples = resamplers.map(|resamplers| resamplers.by_locale(set));
        let value = |metric: Metric, locales: &Vec<Sums>| {
            both([0, 1].map(|system| {
                mean_over(locales.iter().map(|sums| &sums[system]), metric, self.predicted)
            }))
        };
        let locales: Vec<Sums> =
            self.rows.chunk_by(|a, b| a.key.0 == b.key.0).map(sums_of).collect();
        let difference = |metric| {
            let values = value(metric, &locales)?;
            let ci95 = interval(resamples.as_deref(), |locales| value(metric, locales));
            Some(Difference::of(values, ci95, p[metric as usize]?, None, self.options.alpha))
        };
        MacroDifferences { locales: set.len() as u64, metrics: MetricDifferences::new(difference) }
    }
}

fn sums_of(rows: &[PairedCounts]) -> Sums {
    [rows.iter().map(|row| row.baseline).sum(), rows.iter().map(|row| row.new).sum()]
}

fn both([baseline, new]: [Option<f64>; 2]) -> Option<[f64; 2]> {
    Some([baseline?, new?])
}

/// The 95 % interval of the difference over the resamples, if there are any.
fn interval<T>(
    resamples: Option<&[T]>,
    values: impl Fn(&T) -> Option<[f64; 2]>,
) -> Option<[f64; 2]> {
    let differences = resamples?.iter().filter_map(values).map(|[baseline, new]| new - baseline);
    percentile_interval(differences.collect())
}

/// The utterances about which the systems disagree; of the two accuracies only.
fn disagreement(rows: &[PairedCounts], metric: Metric) -> Option<Disagreement> {
    let right: fn(&UtteranceCounts) -> bool = match metric {
        Metric::IntentAccuracy => |counts| counts.intent_correct,
        Metric::ExactMatch => |counts| counts.exact_match,
        Metric::SlotMicroF1 => return None,
    };
    let mut found = Disagreement::default();
    for row in rows {
        match (right(&row.baseline), right(&row.new)) {
            (true, false) => found.baseline_only += 1,
            (false, true) => found.new_only += 1,
            _ => {}
        }
    }
    Some(found)
}

impl McNemar {
    fn of(disagreement: Disagreement) -> McNemar {
        let Disagreement { baseline_only, new_only } = disagreement;
        McNemar { baseline_only, new_only, p: disagreement.mcnemar(), p_holm: None }
    }
}

impl Difference {
    fn of(
        [baseline, new]: [f64; 2],
        ci95: Option<[f64; 2]>,
        p: f64,
        mcnemar: Option<McNemar>,
        alpha: f64,
    ) -> Difference {
        let difference = new - baseline;
        let error = 1.0 - baseline;
        Difference {
            baseline,
            new,
            difference,
            ci95,
            // e_new - e_baseline is the difference with its sign turned; 0 stays 0.
            relative_error_change: (error > 0.0).then(|| (baseline - new) / error),
            p,
            p_holm: None,
            mcnemar,
            verdict: Verdict::of(difference, p, alpha),
        }
    }
}

/// Corrects the p-values of each metric for the number of locales; the verdicts
/// are then those of the corrected ones.
fn correct(locales: &mut BTreeMap<String, Differences>, alpha: f64) {
    for metric in Metric::ALL {
        let mut tests: Vec<&mut Difference> =
            locales.values_mut().filter_map(|row| row.metrics.get_mut(metric)).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
        for (test, p) in tests.iter_mut().zip(holm(&p)) {
            test.p_holm = Some(p);
            test.verdict = Verdict::of(test.difference, p, alpha);
        }
        let mut tests: Vec<&mut McNemar> =
            tests.into_iter().filter_map(|test| test.mcnemar.as_mut()).collect();
        let p: Vec<f64> = tests.iter().map(|test| test.p).collect();
        for (test, p) in tests.iter_mut().zip(holm(&p)) {
            test.p_holm = Some(p);
        }
    }
}
