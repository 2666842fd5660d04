//! One entry of a leaderboard, as its file holds it. Its schema is
//! `schemas/entry.schema.json`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use massive_data::{LocaleSet, Partition};
use serde::{Deserialize, Serialize};

use super::date::Date;
use crate::document::{MetricValue, ScoreDocument, Tool};
use crate::error::{Error, Result};
use crate::metrics::Metric;

/// The format that this version writes.
pub const ENTRY_FORMAT: &str = "massive-entry/1";

/// A submission, or a published result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// [`ENTRY_FORMAT`].
    pub format: String,
    /// What wrote it.
    pub tool: Tool,
    /// The name it is listed under.
    pub name: String,
    /// The system, in a few words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Who submitted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// When.
    pub date: Date,
    /// For which task.
    pub task: Task,
    /// On which rows.
    pub phase: Phase,
    /// The model behind it.
    #[serde(default, skip_serializing_if = "Model::is_unknown")]
    pub model: Model,
    /// Public data that it was made with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<String>,
    /// Whether rows of dev, test or the held-out set were trained on, as its
    /// makers declare.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on_evaluation_rows: Option<bool>,
    /// Where to read more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// Its report: an address, or a path from the folder of the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
    /// The files of its predictions, with their digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub predictions: Vec<PredictionFile>,
    /// The score of its predictions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<ScoreDocument>,
    /// What was published, where there are no predictions to score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Published>,
}

/// A model.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// What it is built like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<Family>,
    /// How many parameters it has, embeddings included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<u64>,
}

impl Model {
    fn is_unknown(&self) -> bool {
        *self == Model::default()
    }
}

/// A page to read more on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// What it is called.
    pub title: String,
    /// Its address, with http or https.
    pub url: String,
}

/// A file of predictions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PredictionFile {
    /// Its name, without folders.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

/// A published result, which nobody computed anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    /// Where it was published.
    pub source: String,
    /// How the figures were verified.
    pub provenance: String,
    /// The figures, by `all` or a locale.
    pub scores: BTreeMap<String, Figures>,
}

/// Figures in each metric of the paper, as fractions.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// Intent accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent_acc: Option<Figure>,
    /// Slot micro-F1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot_micro_f1: Option<Figure>,
    /// Exact match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ex_match_acc: Option<Figure>,
}

/// A figure, a fraction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// The value.
    pub value: f64,
    /// Its 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci95: Option<[f64; 2]>,
}

impl From<MetricValue> for Figure {
    fn from(value: MetricValue) -> Self {
        Figure { value: value.value, ci95: value.ci95 }
    }
}

impl Figures {
    /// The figures that `value` gives for each metric.
    pub(super) fn of(value: impl Fn(Metric) -> Option<MetricValue>) -> Figures {
        let mut figures = Figures::default();
        for metric in Metric::PAPER {
            if let Some(value) = value(metric) {
                figures.set(metric, value.into());
            }
        }
        figures
    }

    /// One of the figures.
    pub fn metric(&self, metric: Metric) -> Option<MetricValue> {
        match metric {
            Metric::IntentAccuracy => self.intent_acc,
            Metric::SlotMicroF1 => self.slot_micro_f1,
            Metric::ExactMatch => self.ex_match_acc,
            _ => None,
        }
        .map(|score| MetricValue { value: score.value, ci95: score.ci95 })
    }

    pub(super) fn set(&mut self, metric: Metric, score: Figure) {
        let place = match metric {
            Metric::IntentAccuracy => &mut self.intent_acc,
            Metric::SlotMicroF1 => &mut self.slot_micro_f1,
            Metric::ExactMatch => &mut self.ex_match_acc,
            _ => return,
        };
        *place = Some(score);
    }
}

/// The competition's tasks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Trained on all locales, scored on the 51 of release 1.0.
    Full,
    /// Trained on en-US, scored on the 50 others.
    ZeroShot,
}

impl Task {
    /// Both.
    pub const ALL: [Task; 2] = [Task::Full, Task::ZeroShot];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Task::Full => "full",
            Task::ZeroShot => "zero-shot",
        }
    }

    /// The locales that it is scored on.
    pub fn locales(self) -> LocaleSet {
        LocaleSet::RELEASE
            .iter()
            .filter(|locale| locale.in_release_1_0())
            .filter(|locale| self == Task::Full || locale.tag() != "en-US")
            .collect()
    }
}

/// The phases: which rows are predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Phase {
    /// The test partition.
    #[serde(rename = "test")]
    Test,
    /// The competition's held-out rows.
    #[serde(rename = "MMNLU-22")]
    HeldOut,
}

impl Phase {
    /// Both.
    pub const ALL: [Phase; 2] = [Phase::Test, Phase::HeldOut];

    /// The partition that holds the rows.
    pub fn partition(self) -> Partition {
        match self {
            Phase::Test => Partition::Test,
            Phase::HeldOut => Partition::HeldOut,
        }
    }

    /// The name in documents.
    pub fn name(self) -> &'static str {
        self.partition().name()
    }
}

/// What a model is built like, as far as the competition's rules tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// An encoder with heads, as XLM-R.
    EncoderOnly,
    /// An encoder and a decoder that writes the answer, as mT5.
    SequenceToSequence,
    /// A decoder, as most large language models.
    DecoderOnly,
    /// Anything else.
    Other,
}

impl Family {
    /// All of them.
    pub const ALL: [Family; 4] =
        [Family::EncoderOnly, Family::SequenceToSequence, Family::DecoderOnly, Family::Other];

    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Family::EncoderOnly => "encoder-only",
            Family::SequenceToSequence => "sequence-to-sequence",
            Family::DecoderOnly => "decoder-only",
            Family::Other => "other",
        }
    }
}

macro_rules! named {
    ($type:ty, $what:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self> {
                <$type>::ALL.into_iter().find(|value| value.name() == name).ok_or_else(|| {
                    let names = <$type>::ALL.map(<$type>::name).join(", ");
                    Error::request(format!(
                        concat!("unknown ", $what, " `{}`: expected one of {}"),
                        name, names
                    ))
                })
            }
        }
    };
}

named!(Task, "task");
named!(Phase, "phase");
named!(Family, "model family");

/// What an entry says about the rows that it was scored on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationRows {
    /// Locales.
    pub locales: u64,
    /// Utterances.
    pub utterances: u64,
}

impl Entry {
    /// The rows that it was scored on, if it was.
    pub fn rows(&self) -> Option<EvaluationRows> {
        let score = self.score.as_ref()?;
        Some(EvaluationRows {
            locales: score.coverage.locales_scored,
            utterances: score.all.utterances,
        })
    }

    /// The locales that it was scored on, or that figures were published for.
    pub fn locales(&self) -> LocaleSet {
        let scored = self.score.iter().flat_map(|score| score.locales.keys());
        let published = self.published.iter().flat_map(|published| published.scores.keys());
        scored.chain(published).filter_map(|tag| massive_data::Locale::from_tag(tag)).collect()
    }

    /// The digests of its predictions, sorted.
    pub fn digests(&self) -> Vec<&str> {
        let mut digests: Vec<&str> =
            self.predictions.iter().map(|file| file.sha256.as_str()).collect();
        digests.sort_unstable();
        digests
    }

    /// What identifies its content but for the version that wrote it.
    fn without_version(&self) -> Entry {
        let mut entry = self.clone();
        entry.tool.version.clear();
        if let Some(score) = &mut entry.score {
            score.tool.version.clear();
            score.signature.version.clear();
        }
        for file in &mut entry.predictions {
            // The same bytes under another name are the same predictions.
            file.name.clear();
        }
        entry.predictions.sort_by(|a, b| a.sha256.cmp(&b.sha256));
        entry
    }

    /// True if the other entry says the same, whichever version wrote it and
    /// whatever the files of its predictions are called.
    pub fn says_the_same(&self, other: &Entry) -> bool {
        self.without_version() == other.without_version()
    }
}
