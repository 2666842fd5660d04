//! The score document: what is written as JSON, and what every table and plot
//! is made from. Its schema is `schemas/score.schema.json`.

mod slu_parts;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use massive_data::usage::UsageBlock;
use massive_data::{LabelMode, Locale, LocaleSet, Partition, Script, WordOrder};
use serde::{Deserialize, Serialize};

use crate::counts::{ChunkRule, Counts};
use crate::error::{Error, Result};
use crate::evaluation::Evaluation;
use crate::interval::Interval;
use crate::intervals::{Folds, Found};
use crate::known_names::KnownNames;
use crate::metrics::{Metric, precision, recall, reference_stderr};
use crate::per_metric::PerMetric;
use crate::randomisation::Randomisation;
use crate::row_counts::RowCounts;
use crate::signature::{Filtered, Signature};
use crate::slu_f1::SluParts;

/// The format that this version writes.
pub const FORMAT: &str = "massive-score/1";

/// The whole result of scoring a submission. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoreDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Everything that changes a number, on one line.
    pub signature: Signature,
    /// What wrote it.
    pub tool: Tool,
    /// The partition scored.
    pub partition: Partition,
    /// The label mode of the gold.
    pub labels: LabelMode,
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
    /// How the predictions were read, where not as the reference writes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<InputInfo>,
    /// What the predictions took to make, where it was counted and is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<UsageBlock>,
}

/// How predictions were read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputInfo {
    /// What was recognised.
    pub form: String,
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
    /// The metrics that were asked for; `None` where what one needs was not
    /// predicted.
    #[serde(flatten)]
    pub metrics: PerMetric<Option<Score>>,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The value.
    pub value: f64,
    /// Of an F1 over all slots, its precision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// Of an F1 over all slots, its recall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f64>,
    /// The reference's standard error, of the metrics that it has.
    #[serde(default)]
    pub reference_stderr: Option<f64>,
    /// The 95 % interval; `None` where there is nothing to be a share of.
    #[serde(default)]
    pub ci95: Option<[f64; 2]>,
    /// Of SLU-F1, what it consists of.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub slu: Option<SluParts>,
}

/// Plain means over locales.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MacroScores {
    /// How many locales.
    pub locales: u64,
    /// The mean of each metric over the locales that have it.
    #[serde(flatten)]
    pub metrics: PerMetric<Option<MacroScore>>,
}

/// A mean over locales.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MacroScore {
    /// The mean.
    pub value: f64,
    /// Its 95 % interval.
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
    /// Rows of the corpus left out for want of a prediction.
    #[serde(default)]
    pub left_out: u64,
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
    /// Predictions whose intent is a name that neither the release nor the corpus
    /// has.
    #[serde(default)]
    pub unknown_intents: u64,
    /// Predicted slots of such a name.
    #[serde(default)]
    pub unknown_slots: u64,
    /// Predictions with a bracket, or a pair of a label and a value, that opened no
    /// slot.
    #[serde(default)]
    pub unread_brackets: u64,
    /// Predicted slots for which there is no place in the utterance.
    #[serde(default)]
    pub unplaced: u64,
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

/// What a score document is to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoreOptions {
    /// How intervals are made.
    pub interval: Interval,
    /// What languages are grouped by.
    pub groupings: Vec<Grouping>,
    /// The metrics.
    pub metrics: Vec<Metric>,
}

impl Default for ScoreOptions {
    /// The three metrics of the paper, without groups.
    fn default() -> Self {
        ScoreOptions {
            interval: Interval::default(),
            groupings: Vec::new(),
            metrics: Metric::PAPER.into(),
        }
    }
}

impl Evaluation {
    /// Computes the metrics with their uncertainty.
    pub fn document(&self, options: &ScoreOptions) -> ScoreDocument {
        let clusters = self.clusters();
        let columns = self.columns(&options.metrics);
        let mut folds = Folds::new(options.interval, &clusters, &columns);
        let scored = self.locales();
        let counts: BTreeMap<Locale, Counts> =
            scored.iter().map(|locale| (locale, self.locale_counts(locale))).collect();
        let mut scores = |set: &LocaleSet| {
            let sum = set.iter().filter_map(|locale| counts.get(&locale)).copied().sum();
            Scores::of(sum, &options.metrics, &folds.pooled(set))
        };
        // The union first: it fills the sums of all locales with the same ids.
        let mut all = scores(&scored);
        let mut locales: BTreeMap<String, Scores> = scored
            .iter()
            .map(|locale| (locale.tag().to_owned(), scores(&LocaleSet::from_iter([locale]))))
            .collect();
        let mut groups = BTreeMap::new();
        for &grouping in &options.groupings {
            let mut members: BTreeMap<&str, LocaleSet> = BTreeMap::new();
            for locale in scored.iter() {
                members.entry(grouping.of(locale)).or_default().insert(locale);
            }
            let of_grouping = members.into_iter().map(|(name, set)| {
                let locales = set.iter().map(|locale| locale.tag().to_owned()).collect();
                (name.to_owned(), GroupScores { scores: scores(&set), locales })
            });
            groups.insert(grouping.name().to_owned(), of_grouping.collect::<BTreeMap<_, _>>());
        }
        let means = folds.mean(&scored);
        let macro_ = MacroScores {
            locales: counts.len() as u64,
            metrics: PerMetric::new(&options.metrics, |metric| {
                let Found { value, ci95 } = (*means.get(metric)?)?;
                Some(MacroScore { value, ci95 })
            }),
        };
        if let Some(rows) = self.slu.as_ref().filter(|_| columns.get(Metric::SluF1).is_some()) {
            let keys = self.utterances.iter().map(|utterance| utterance.key.clone());
            slu_parts::add_parts(&mut all, &mut locales, &mut groups, keys.zip(rows));
        }
        ScoreDocument {
            format: FORMAT.to_owned(),
            signature: self.signature(options.interval, None),
            tool: Tool::this(),
            partition: self.partition,
            labels: self.labels,
            all,
            macro_,
            coverage: Coverage {
                locales_scored: scored.len() as u64,
                locales_in_corpus: self.report.locales.len() as u64,
            },
            locales,
            groups,
            problems: self.problem_counts(),
            input: self.input.form.clone().map(|form| InputInfo { form }),
            usage: None,
        }
    }

    /// What was irregular in the submission and the corpus.
    pub fn problem_counts(&self) -> ProblemCounts {
        let count = |is: &dyn Fn(&RowCounts) -> bool| {
            self.utterances.iter().filter(|row| is(row)).count() as u64
        };
        let known = KnownNames::of(&self.utterances);
        let unknown = |row: &RowCounts| u64::from(row.unknown_slots(&|name| known.has_slot(name)));
        ProblemCounts {
            missing: self.problems.missing.len() as u64,
            left_out: self.problems.left_out,
            duplicate: self.problems.duplicate.len() as u64,
            unknown: self.problems.unknown.len() as u64,
            unselected: self.problems.unselected,
            malformed: count(&|row| row.malformed),
            misaligned: count(&|row| row.misaligned),
            unknown_intents: count(&|row| row.has_unknown_intent(&|name| known.has_intent(name))),
            unknown_slots: self.utterances.iter().map(unknown).sum(),
            unread_brackets: count(&|row| row.losses.unread),
            unplaced: self.utterances.iter().map(|row| u64::from(row.losses.unplaced)).sum(),
            skipped_corpus_lines: self.report.skipped,
        }
    }

    /// What changes a number of its scores.
    pub(crate) fn signature(
        &self,
        interval: Interval,
        randomisation: Option<Randomisation>,
    ) -> Signature {
        let kept = self.report.rows;
        let filter = self.filter.is_active().then(|| Filtered {
            by: self.filter.to_string(),
            kept,
            of: kept + self.report.filtered,
        });
        let is_missing = !self.problems.missing.is_empty() || self.problems.left_out > 0;
        Signature {
            partition: self.partition,
            locales: self.locales().len() as u64,
            rows: self.utterances.len() as u64,
            gold: self.gold_digest.clone(),
            labels: self.labels,
            reading: self.input.reading,
            matching: self.input.matching,
            chunks: ChunkRule::Runs,
            segmentations: self.report.segmentations.within(&self.locales()),
            missing: is_missing.then_some(self.missing_rows),
            interval,
            randomisation,
            filter,
            others: Vec::new(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// A metric of any of the three kinds of scores.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MetricValue {
    /// The value, a fraction.
    pub value: f64,
    /// The 95 % interval; `None` where there is nothing to be a share of.
    pub ci95: Option<[f64; 2]>,
}

impl ScoreDocument {
    /// The metrics that it has, computed or not, in the order of [`Metric::ALL`].
    pub fn metrics(&self) -> impl ExactSizeIterator<Item = Metric> + Clone {
        self.all.metrics.metrics()
    }
}

impl Scores {
    fn of(counts: Counts, metrics: &[Metric], found: &PerMetric<Found>) -> Scores {
        let score = |metric: Metric| {
            let &Found { value, ci95 } = found.get(metric)?;
            let is_micro = metric == Metric::SlotMicroF1;
            Some(Score {
                value,
                precision: is_micro.then(|| precision(&counts)),
                recall: is_micro.then(|| recall(&counts)),
                reference_stderr: reference_stderr(metric, value, &counts),
                ci95,
                slu: None,
            })
        };
        Scores {
            utterances: counts.utterances,
            words: counts.words,
            slots: SlotTotals {
                gold: counts.gold_slots,
                predicted: counts.predicted_slots,
                correct: counts.correct_slots,
            },
            metrics: PerMetric::new(metrics, score),
        }
    }

    /// One of the metrics, with all that is known of it.
    pub fn score(&self, metric: Metric) -> Option<&Score> {
        self.metrics.get(metric)?.as_ref()
    }

    /// One of the metrics; `None` too of slots where there is neither a gold nor
    /// a predicted one, which is 0 by convention and says nothing.
    pub fn metric(&self, metric: Metric) -> Option<MetricValue> {
        let is_of_slots =
            matches!(metric, Metric::SlotMicroF1 | Metric::SlotMacroF1 | Metric::SluF1);
        if is_of_slots && self.slots.gold + self.slots.predicted == 0 {
            return None;
        }
        let score = self.score(metric)?;
        Some(MetricValue { value: score.value, ci95: score.ci95 })
    }
}

impl MacroScores {
    /// One of the metrics.
    pub fn metric(&self, metric: Metric) -> Option<MetricValue> {
        let MacroScore { value, ci95 } = (*self.metrics.get(metric)?)?;
        Some(MetricValue { value, ci95 })
    }
}
