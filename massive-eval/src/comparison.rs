//! The compare document: is a new system better than a baseline, by how much,
//! and in which locales? Its schema is `schemas/compare.schema.json`.
//!
//! Each difference comes with three views of its uncertainty: a paired
//! [interval](crate::interval) (from what both systems do on the same
//! sources), a p-value by [approximate randomisation](crate::randomisation) and,
//! for the two accuracies, [McNemar's exact test](crate::significance::Disagreement::mcnemar). Since
//! many locales are tested at once, their p-values are
//! [corrected](crate::significance::holm), metric by metric, and the verdict of a
//! locale is that of the corrected p-value of the randomisation. Whether a system
//! is worse anywhere at all has a p-value of its own, [corrected for all places,
//! metrics and systems](crate::randomisation).

mod pair;
mod published;
mod rows;

use std::collections::BTreeMap;

use massive_data::usage::UsageBlock;
use massive_data::{LabelMode, Partition};
use serde::{Deserialize, Serialize};

use crate::document::{ProblemCounts, Tool};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::Interval;
use crate::metrics::Metric;
use crate::per_metric::PerMetric;
use crate::randomisation::Randomisation;
use crate::signature::Signature;

use self::pair::Pair;
pub use self::published::PublishedDifference;
pub use self::rows::{UnevenRow, uneven_rows, unpredicted_rows};

/// The format that this version writes.
pub const FORMAT: &str = "massive-compare/1";

/// Utterances in which two systems must differ for the interval of their
/// difference to mean something: it rests on a normal distribution.
pub const FEWEST_DISCORDANT: u64 = 20;

/// The whole result of comparing systems. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Everything that changes a number, on one line.
    pub signature: Signature,
    /// What wrote it.
    pub tool: Tool,
    /// The partition compared on.
    pub partition: Partition,
    /// The label mode of the gold.
    pub labels: LabelMode,
    /// The level below which a p-value decides.
    pub alpha: f64,
    /// Which rows were compared.
    pub rows: ComparedRows,
    /// What the new systems are held against.
    pub baseline: SystemInfo,
    /// Each new system against the baseline.
    pub comparisons: Vec<Comparison>,
    /// Every system against published figures, without a test, if asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<PublishedDifference>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemInfo {
    /// Its name.
    pub name: String,
    /// What was irregular in its predictions.
    pub problems: ProblemCounts,
    /// What they took to make, where it was counted and is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageBlock>,
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
    /// No utterance is scored differently.
    #[serde(default)]
    pub identical: bool,
}

/// The differences on a set of utterances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Differences {
    /// Utterances.
    pub utterances: u64,
    /// In each metric; `None` if a system does not predict it.
    #[serde(flatten)]
    pub metrics: PerMetric<Option<Difference>>,
}

/// The differences of the means over locales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MacroDifferences {
    /// How many locales.
    pub locales: u64,
    /// In each metric; `None` if a system does not predict it.
    #[serde(flatten)]
    pub metrics: PerMetric<Option<Difference>>,
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
    /// The 95 % interval of the difference, from pairs of outcomes; of one
    /// place and metric by itself, not corrected for their number.
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
    /// The one-sided p-value that the new system is worse, corrected for all
    /// places, metrics and systems that are compared; not for means of locales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_worse: Option<f64>,
    /// Utterances in which the systems differ.
    #[serde(default)]
    pub discordant: u64,
    /// McNemar's exact test; for the accuracies, not for means of locales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcnemar: Option<McNemar>,
    /// What follows.
    pub verdict: Verdict,
    /// Why nothing is decided, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecidable: Option<Undecidable>,
}

/// Why a difference cannot be decided, however it turns out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Undecidable {
    /// The systems do the same in every utterance.
    Identical,
    /// They differ in so few utterances that no p-value can be below alpha once
    /// it is corrected for the number of locales.
    TooFewRows,
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

/// The locales by verdict; `None` for a metric that a system does not predict.
pub type Verdicts = PerMetric<Option<LocalesByVerdict>>;

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

/// How systems are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct CompareOptions {
    /// How the intervals of the differences are made.
    pub interval: Interval,
    /// The trials of the randomisation.
    pub randomisation: Randomisation,
    /// The level below which a p-value decides.
    pub alpha: f64,
    /// The metrics.
    pub metrics: Vec<Metric>,
}

impl Default for CompareOptions {
    /// The defaults of both, at the level of 5 %.
    fn default() -> Self {
        CompareOptions {
            interval: Interval::default(),
            randomisation: Randomisation::default(),
            alpha: 0.05,
            metrics: Metric::PAPER.into(),
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
        SystemInfo {
            name: self.name.to_owned(),
            problems: self.evaluation.problem_counts(),
            usage: None,
        }
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
        options: &CompareOptions,
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
        let clusters = evaluation.clusters();
        let columns = evaluation.columns(&options.metrics);
        let comparisons = new
            .iter()
            .map(|&system| Pair::new(&clusters, &columns, system, options).compare(new.len()))
            .collect();
        Ok(CompareDocument {
            format: FORMAT.to_owned(),
            signature: evaluation.signature(options.interval, Some(options.randomisation)),
            tool: Tool::this(),
            partition: evaluation.partition,
            labels: evaluation.labels,
            alpha: options.alpha,
            rows: ComparedRows {
                compared: evaluation.utterances.len() as u64,
                left_out: evaluation.problems.left_out,
                common_only: evaluation.missing_rows == crate::MissingRows::LeftOut,
            },
            baseline: baseline.info(),
            comparisons,
            published: Vec::new(),
        })
    }
}
