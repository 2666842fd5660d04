//! What holds for all rows of a table of counts: which corpus, which of its rows,
//! how they were counted. It travels in the metadata of a Parquet file or of an
//! Arrow schema.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use massive_data::{JudgmentFilter, LabelMode, Locale, LocaleSet, Partition, ReadReport};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::evaluation::{Evaluation, MissingRows, Settings};
use crate::row_counts::RowCounts;
use crate::submission::InputForm;

/// The key in metadata under which a header stands.
pub const KEY: &str = "massive-counts";

/// The format that this version writes.
pub const FORMAT: &str = "massive-counts/1";

/// What holds for all rows of a table of counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountsHeader {
    format: String,
    partition: Partition,
    labels: LabelMode,
    missing: String,
    /// The locales that the corpus has.
    locales: BTreeSet<String>,
    /// How many rows of the corpus were selected, by locale.
    rows: BTreeMap<String, u64>,
    /// Lines of the corpus that were passed over.
    skipped: u64,
    /// Predictions of locales that were not selected, by the part that has them: one
    /// that comes twice, after a task that was tried again, counts once.
    unselected: BTreeMap<String, u64>,
    /// How the predictions were read.
    #[serde(default)]
    input: InputForm,
    /// The locales that were cut into words otherwise than usual.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    segmentations: String,
}

impl CountsHeader {
    /// What holds for the rows of an evaluation.
    ///
    /// # Errors
    /// Rows that were chosen by judgments, which a table of counts cannot say.
    pub fn of(evaluation: &Evaluation) -> Result<Self> {
        let settings = Settings {
            partition: evaluation.partition,
            labels: evaluation.labels,
            input: evaluation.input.clone(),
            missing_rows: evaluation.missing_rows,
            filter: evaluation.filter.clone(),
            report: evaluation.report.clone(),
        };
        let mut rows: BTreeMap<String, u64> = BTreeMap::new();
        for row in &evaluation.utterances {
            *rows.entry(row.key.0.tag().to_owned()).or_default() += 1;
        }
        let mut header = Self::new(&settings, rows)?;
        let unselected = evaluation.problems.unselected;
        if unselected > 0 {
            let part = name_of_part(evaluation.utterances.iter().filter(|row| !row.missing));
            header.unselected.insert(part, unselected);
        }
        Ok(header)
    }

    /// What holds for rows that were counted so, of a corpus that has so many of each
    /// locale.
    ///
    /// # Errors
    /// Those of [`CountsHeader::of`].
    pub fn new(settings: &Settings, rows: BTreeMap<String, u64>) -> Result<Self> {
        if settings.filter.is_active() {
            return Err(Error::request(
                "counts of rows that were chosen by their judgments cannot be merged: count all \
                 rows",
            ));
        }
        Ok(CountsHeader {
            format: FORMAT.to_owned(),
            partition: settings.partition,
            labels: settings.labels,
            missing: settings.missing_rows.name().to_owned(),
            locales: settings.report.locales.iter().map(|one| one.tag().to_owned()).collect(),
            rows,
            skipped: settings.report.skipped,
            unselected: BTreeMap::new(),
            input: settings.input.clone(),
            segmentations: settings.report.segmentations.to_string(),
        })
    }

    /// Reads a header.
    ///
    /// # Errors
    /// Another format; not one at all.
    pub fn from_json(text: &str) -> Result<Self> {
        let header: CountsHeader = serde_json::from_str(text)
            .map_err(|error| Error::request(format!("the head of a table of counts: {error}")))?;
        if header.format != FORMAT {
            return Err(Error::request(format!(
                "a table of counts is of format `{}`, and this version reads {FORMAT}",
                header.format.escape_debug()
            )));
        }
        Ok(header)
    }

    /// The header as metadata holds it.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| {
            Error::output("the head of a table of counts cannot be written", error)
        })
    }

    /// What is done about rows without a prediction.
    ///
    /// # Errors
    /// An unknown way.
    pub fn missing_rows(&self) -> Result<MissingRows> {
        [MissingRows::Error, MissingRows::Wrong, MissingRows::LeftOut]
            .into_iter()
            .find(|policy| policy.name() == self.missing)
            .ok_or_else(|| {
                Error::request(format!(
                    "unknown way `{}` to treat missing rows",
                    self.missing.escape_debug()
                ))
            })
    }

    /// How many rows the corpus has of the locales that were counted.
    pub fn rows(&self) -> u64 {
        self.rows.values().sum()
    }

    /// The locales that were counted.
    ///
    /// # Errors
    /// A tag that is none.
    pub fn counted_locales(&self) -> Result<LocaleSet> {
        set_of(self.rows.keys())
    }

    /// Adds the header of another part of the same score; `here` and `there` are what
    /// the parts are called.
    ///
    /// # Errors
    /// Parts of different corpora, partitions or settings.
    pub fn join(&mut self, other: &CountsHeader, here: &str, there: &str) -> Result<()> {
        let differs = |what: &str, first: &str, second: &str| {
            Error::request(format!(
                "{here} and {there} are not parts of one score: {what} is {first} in the first \
                 and {second} in the second"
            ))
        };
        for (what, first, second) in [
            ("partition", self.partition.name(), other.partition.name()),
            ("labels", self.labels.name(), other.labels.name()),
            ("missing rows", self.missing.as_str(), other.missing.as_str()),
            ("reading", self.input.reading.name(), other.input.reading.name()),
            ("segmentation", self.segmentations.as_str(), other.segmentations.as_str()),
        ] {
            if first != second {
                return Err(differs(what, first, second));
            }
        }
        let apart = other.rows.keys().all(|locale| !self.rows.contains_key(locale));
        for (locale, &rows) in &other.rows {
            let known = *self.rows.entry(locale.clone()).or_insert(rows);
            if known != rows {
                let what = format!("the number of rows of {locale}");
                return Err(differs(&what, &known.to_string(), &rows.to_string()));
            }
        }
        // Parts of the same locales pass over the same lines.
        self.skipped = match apart {
            true => self.skipped + other.skipped,
            false => self.skipped.max(other.skipped),
        };
        self.locales.extend(other.locales.iter().cloned());
        self.unselected.extend(other.unselected.iter().map(|(part, &n)| (part.clone(), n)));
        Ok(())
    }

    /// How the rows were counted.
    ///
    /// # Errors
    /// A header that holds unknown names.
    pub fn settings(&self) -> Result<Settings> {
        let report = ReadReport {
            rows: self.rows(),
            unselected: self.unselected.values().sum(),
            locales: set_of(&self.locales)?,
            skipped: self.skipped,
            segmentations: self.segmentations.parse()?,
            ..ReadReport::default()
        };
        Ok(Settings {
            partition: self.partition,
            labels: self.labels,
            input: self.input.clone(),
            missing_rows: self.missing_rows()?,
            filter: JudgmentFilter::default(),
            report: Arc::new(report),
        })
    }
}

fn set_of<'t>(tags: impl IntoIterator<Item = &'t String>) -> Result<LocaleSet> {
    let locales: massive_data::Result<Vec<Locale>> =
        tags.into_iter().map(|tag| tag.parse()).collect();
    Ok(locales?.into_iter().collect())
}

/// What tells a part from others: its rows.
fn name_of_part<'r>(rows: impl Iterator<Item = &'r RowCounts>) -> String {
    let mut digest = Sha256::new();
    rows.for_each(|row| digest.update(row.digest.to_be_bytes()));
    digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
