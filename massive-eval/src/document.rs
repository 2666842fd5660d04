//! The score document: what is written as JSON, and what every table and plot
//! is made from. Its schema is `schemas/score.schema.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use massive_data::{Locale, LocaleSet, Script, WordOrder};
use serde::{Deserialize, Serialize};

use crate::counts::{Counts, UtteranceCounts};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::{Bootstrap, Resampler, percentile_interval};
use crate::metrics::{Metric, mean_over, precision, recall, reference_stderr};
use crate::randomisation::Randomisation;
use crate::slu_f1::SluScore;
use crate::submission::Key;

/// The format that this version writes.
pub const FORMAT: &str = "massive-score/1";

/// The whole result of scoring a submission. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Everything that changes a number, on one line.
    pub signature: String,
    /// What wrote it.
    pub tool: Tool,
    /// The partition scored.
    pub partition: String,
    /// The label mode of the gold.
    pub labels: String,
    /// All utterances of all locales pooled.
    pub all: Scores,
    /// The plain mean over the locales.
    #[serde(rename = "macro")]
    pub macro_: MacroScores,
    /// How much of the corpus was scored.
    pub coverage: Coverage,
    /// Scores a locale, in code-point order.
    pub locales: BTreeMap<String, Scores>,
    /// Scores a group of languages, by feature and value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub groups: BTreeMap<String, BTreeMap<String, GroupScores>>,
    /// What was irregular.
    pub problems: ProblemCounts,
}

/// What wrote a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    pub fn this() -> Tool {
        Tool { name: "massive".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// Scores of a set of utterances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Utterances.
    pub utterances: u64,
    /// Gold words.
    pub words: u64,
    /// Slots.
    pub slots: SlotTotals,
    /// Intent accuracy; `None` if no intents were predicted.
    pub intent_acc: Option<Score>,
    /// Slot micro-F1; `None` if no slots were predicted.
    pub slot_micro_f1: Option<SlotScore>,
    /// Exact match; `None` if one of the two was not predicted.
    pub ex_match_acc: Option<Score>,
    /// SLURP's SLU-F1, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slu_f1: Option<SluScore>,
}

/// Slots of a set of utterances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotTotals {
    /// In the gold.
    pub gold: u64,
    /// Predicted.
    pub predicted: u64,
    /// Predicted and right.
    pub correct: u64,
}

/// A value with its uncertainty.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The value.
    pub value: f64,
    /// The reference's standard error.
    pub reference_stderr: Option<f64>,
    /// The 95 % bootstrap interval.
    pub ci95: Option<[f64; 2]>,
}

/// Slot micro-F1 with its parts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SlotScore {
    /// F1.
    pub value: f64,
    /// Precision.
    pub precision: f64,
    /// Recall.
    pub recall: f64,
    /// The reference's standard error.
    pub reference_stderr: Option<f64>,
    /// The 95 % bootstrap interval of F1.
    pub ci95: Option<[f64; 2]>,
}

/// Plain means over locales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MacroScores {
    /// How many locales.
    pub locales: u64,
    /// Mean intent accuracy.
    pub intent_acc: Option<MacroScore>,
    /// Mean slot micro-F1.
    pub slot_micro_f1: Option<MacroScore>,
    /// Mean exact match.
    pub ex_match_acc: Option<MacroScore>,
    /// Mean SLU-F1, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slu_f1: Option<MacroScore>,
}

/// A mean over locales.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MacroScore {
    /// The mean.
    pub value: f64,
    /// Its 95 % bootstrap interval.
    pub ci95: Option<[f64; 2]>,
}

/// Scores of a group of locales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupScores {
    /// The scores, pooled over the group.
    #[serde(flatten)]
    pub scores: Scores,
    /// The locales of the group that were scored.
    pub locales: Vec<String>,
}

/// How much of the corpus was scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// Locales scored.
    pub locales_scored: u64,
    /// Locales that the corpus has.
    pub locales_in_corpus: u64,
}

/// Rows that were irregular.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ProblemCounts {
    /// Rows of the corpus without prediction, counted as wrong.
    pub missing: u64,
    /// Second predictions of a row.
    pub duplicate: u64,
    /// Predictions without a row.
    pub unknown: u64,
    /// Predictions of locales that were not scored.
    pub unselected: u64,
    /// Predicted annotations with nested or open slots.
    pub malformed: u64,
    /// Predictions whose labels were cut or padded.
    pub misaligned: u64,
    /// Lines of the corpus that could not be read and were skipped as asked.
    #[serde(default)]
    pub skipped_corpus_lines: u64,
}

/// A feature that languages are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Grouping {
    /// Writing system (ISO 15924).
    Script,
    /// Language family.
    Family,
    /// Genus within the family.
    Genus,
    /// Dominant word order.
    Order,
}

impl Grouping {
    /// All of them.
    pub const ALL: [Grouping; 4] =
        [Grouping::Script, Grouping::Family, Grouping::Genus, Grouping::Order];

    /// The name in options and documents.
    pub fn name(self) -> &'static str {
        match self {
            Grouping::Script => "script",
            Grouping::Family => "family",
            Grouping::Genus => "genus",
            Grouping::Order => "order",
        }
    }

    /// The group of a locale; `unknown` where the feature has no value.
    pub fn of(self, locale: Locale) -> &'static str {
        let value = match self {
            Grouping::Script => Some(locale.script()).filter(|it| it.is_known()).map(Script::code),
            Grouping::Family => locale.family(),
            Grouping::Genus => locale.genus(),
            Grouping::Order => locale.word_order().map(WordOrder::name),
        };
        value.unwrap_or("unknown")
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Grouping {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Grouping::ALL.into_iter().find(|grouping| grouping.name() == name).ok_or_else(|| {
            Error::request(format!(
                "unknown group `{name}`: expected script, family, genus or order"
            ))
        })
    }
}

impl Evaluation {
    /// Computes all metrics with their uncertainty.
    ///
    /// Without `bootstrap` there are no `ci95`.
    pub fn document(&self, bootstrap: Option<Bootstrap>, groupings: &[Grouping]) -> ScoreDocument {
        let rows = self.rows();
        let mut resampler = bootstrap.map(|bootstrap| Resampler::new(bootstrap, &rows));
        let scored = self.locales();
        let counts: BTreeMap<Locale, Counts> =
            scored.iter().map(|locale| (locale, self.locale_counts(locale))).collect();

        // The union first: it fills the sums of all locales with the same ids.
        let all = self.scores(counts.values().copied().sum(), &scored, resampler.as_mut());
        let macro_ = self.macro_scores(&counts, &scored, resampler.as_mut());
        let locales = counts
            .iter()
            .map(|(&locale, &counts)| {
                let set = LocaleSet::from_iter([locale]);
                (locale.tag().to_owned(), self.scores(counts, &set, resampler.as_mut()))
            })
            .collect();
        let groups = groupings
            .iter()
            .map(|&grouping| {
                let mut members: BTreeMap<&str, LocaleSet> = BTreeMap::new();
                for locale in scored.iter() {
                    members.entry(grouping.of(locale)).or_default().insert(locale);
                }
                let groups = members
                    .into_iter()
                    .map(|(name, set)| {
                        let sum = set.iter().map(|locale| counts[&locale]).sum();
                        let group = GroupScores {
                            scores: self.scores(sum, &set, resampler.as_mut()),
                            locales: set.iter().map(|locale| locale.tag().to_owned()).collect(),
                        };
                        (name.to_owned(), group)
                    })
                    .collect();
                (grouping.name().to_owned(), groups)
            })
            .collect();
        ScoreDocument {
            format: FORMAT.to_owned(),
            signature: self.signature(bootstrap, None),
            tool: Tool::this(),
            partition: self.partition.name().to_owned(),
            labels: self.labels.name().to_owned(),
            all,
            macro_,
            coverage: Coverage {
                locales_scored: scored.len() as u64,
                locales_in_corpus: self.report.locales.len() as u64,
            },
            locales,
            groups,
            problems: self.problem_counts(),
        }
    }

    /// The counts of each utterance, by locale and id.
    pub(crate) fn rows(&self) -> Vec<(Key, UtteranceCounts)> {
        self.utterances.iter().map(|utterance| (utterance.key.clone(), utterance.counts)).collect()
    }

    /// What was irregular in the submission and the corpus.
    pub fn problem_counts(&self) -> ProblemCounts {
        let count = |is: fn(&crate::evaluation::ScoredUtterance) -> bool| {
            self.utterances.iter().filter(|utterance| is(utterance)).count() as u64
        };
        ProblemCounts {
            missing: self.problems.missing.len() as u64,
            duplicate: self.problems.duplicate.len() as u64,
            unknown: self.problems.unknown.len() as u64,
            unselected: self.problems.unselected,
            malformed: count(|utterance| utterance.malformed),
            misaligned: count(|utterance| utterance.misaligned),
            skipped_corpus_lines: self.report.skipped,
        }
    }

    /// One line that names everything that changes a number, as sacreBLEU's
    /// signature does (Post 2018): two scores compare only if everything but the
    /// version agrees. Rows are `kept` of the selected ones where a filter is in
    /// force; without one nothing is said.
    pub(crate) fn signature(
        &self,
        bootstrap: Option<Bootstrap>,
        randomisation: Option<Randomisation>,
    ) -> String {
        let bootstrap = match bootstrap {
            Some(Bootstrap { resamples, seed }) => format!("{resamples}@{seed}"),
            None => "none".to_owned(),
        };
        let randomisation = randomisation
            .map(|Randomisation { trials, seed }| format!("|ar:{trials}@{seed}"))
            .unwrap_or_default();
        let filter = if self.filter.is_active() {
            let kept = self.report.rows;
            format!("|filter:{}|kept:{kept}/{}", self.filter, kept + self.report.filtered)
        } else {
            String::new()
        };
        format!(
            "massive|part:{}|loc:{}|rows:{}|gold:{}|labels:{}|f1:chunk-micro|all:pooled|missing:{}|bs:{}{randomisation}{filter}|v:{}",
            self.partition,
            self.locales().len(),
            self.utterances.len(),
            self.gold_digest,
            self.labels,
            self.missing_rows.name(),
            bootstrap,
            env!("CARGO_PKG_VERSION"),
        )
    }

    fn scores(
        &self,
        counts: Counts,
        set: &LocaleSet,
        resampler: Option<&mut Resampler<'_>>,
    ) -> Scores {
        let resamples = resampler.map(|resampler| resampler.pooled(set));
        let interval = |metric: Metric| {
            percentile_interval(
                resamples
                    .as_ref()?
                    .iter()
                    .filter_map(|counts| metric.value(counts, self.predicted))
                    .collect(),
            )
        };
        let score = |metric: Metric| {
            let value = metric.value(&counts, self.predicted)?;
            let reference_stderr = reference_stderr(metric, value, &counts);
            Some(Score { value, reference_stderr, ci95: interval(metric) })
        };
        Scores {
            utterances: counts.utterances,
            words: counts.words,
            slots: SlotTotals {
                gold: counts.gold_slots,
                predicted: counts.predicted_slots,
                correct: counts.correct_slots,
            },
            intent_acc: score(Metric::IntentAccuracy),
            slot_micro_f1: score(Metric::SlotMicroF1).map(|score| SlotScore {
                value: score.value,
                precision: precision(&counts),
                recall: recall(&counts),
                reference_stderr: score.reference_stderr,
                ci95: score.ci95,
            }),
            ex_match_acc: score(Metric::ExactMatch),
            slu_f1: None,
        }
    }

    fn macro_scores(
        &self,
        counts: &BTreeMap<Locale, Counts>,
        scored: &LocaleSet,
        resampler: Option<&mut Resampler<'_>>,
    ) -> MacroScores {
        let by_locale = resampler.map(|resampler| resampler.by_locale(scored));
        let score = |metric: Metric| {
            let value = mean_over(counts.values(), metric, self.predicted)?;
            let ci95 = by_locale.as_ref().and_then(|by_locale| {
                let resamples = by_locale.first()?.1.len();
                percentile_interval(
                    (0..resamples)
                        .filter_map(|resample| {
                            let counts = by_locale.iter().map(|(_, sums)| &sums[resample]);
                            mean_over(counts, metric, self.predicted)
                        })
                        .collect(),
                )
            });
            Some(MacroScore { value, ci95 })
        };
        MacroScores {
            locales: counts.len() as u64,
            intent_acc: score(Metric::IntentAccuracy),
            slot_micro_f1: score(Metric::SlotMicroF1),
            ex_match_acc: score(Metric::ExactMatch),
            slu_f1: None,
        }
    }
}

/// A metric of any of the three kinds of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricValue {
    /// The value, a fraction.
    pub value: f64,
    /// The 95 % bootstrap interval.
    pub ci95: Option<[f64; 2]>,
}

impl Scores {
    /// One of the metrics.
    pub fn metric(&self, metric: Metric) -> Option<MetricValue> {
        match metric {
            Metric::IntentAccuracy => {
                self.intent_acc.map(|score| MetricValue { value: score.value, ci95: score.ci95 })
            }
            Metric::SlotMicroF1 => {
                self.slot_micro_f1.map(|score| MetricValue { value: score.value, ci95: score.ci95 })
            }
            Metric::ExactMatch => {
                self.ex_match_acc.map(|score| MetricValue { value: score.value, ci95: score.ci95 })
            }
        }
    }
}

impl MacroScores {
    /// One of the metrics.
    pub fn metric(&self, metric: Metric) -> Option<MetricValue> {
        match metric {
            Metric::IntentAccuracy => self.intent_acc,
            Metric::SlotMicroF1 => self.slot_micro_f1,
            Metric::ExactMatch => self.ex_match_acc,
        }
        .map(|score| MetricValue { value: score.value, ci95: score.ci95 })
    }
}
