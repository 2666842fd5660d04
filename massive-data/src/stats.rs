//! What a corpus holds, counted: rows, words, slots, labels, judgments and
//! oddities of the text, by locale, partition, scenario, intent or slot.
//!
//! The counts are a [`StatsTable`]: groups in order, and for each the values of
//! [`COLUMNS`]. Every rendering is made from it, so a figure has one name in
//! JSON, CSV and tables.

mod columns;
mod frame;
mod tally;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use smallvec::SmallVec;

pub use self::columns::{COLUMNS, Cell, Column};
use self::tally::Tally;
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::labels::{Intent, Scenario, SlotName};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::read_report::ReadReport;
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// The format that this version writes.
pub const FORMAT: &str = "massive-corpus-stats/1";

/// Why the paper's number of rows is not that of the files.
pub const PAPER_NOTE: &str = "The paper counts 19,521 rows a locale: 11,514 train, 2,033 dev, \
    2,974 test and 3,000 held out. The release's files have the first three, 16,521; the held-out \
    rows are those of the MMNLU-22 competition and were published apart, without labels.";

/// What rows can be grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// The locale.
    Locale,
    /// The partition.
    Partition,
    /// The scenario; empty for held-out rows.
    Scenario,
    /// The intent; empty for held-out rows.
    Intent,
    /// The slot: a row is in the group of each slot that it has, and slots,
    /// chunks, words and methods are only those of that slot.
    Slot,
}

impl Dimension {
    /// All of them.
    pub const ALL: [Dimension; 5] = [
        Dimension::Locale,
        Dimension::Partition,
        Dimension::Scenario,
        Dimension::Intent,
        Dimension::Slot,
    ];

    /// The name in options and documents.
    pub fn name(self) -> &'static str {
        match self {
            Dimension::Locale => "locale",
            Dimension::Partition => "partition",
            Dimension::Scenario => "scenario",
            Dimension::Intent => "intent",
            Dimension::Slot => "slot",
        }
    }

    fn of(self, utterance: &Utterance<'_>, slot: Option<&SlotName>) -> KeyPart {
        let gold = utterance.gold();
        match self {
            Dimension::Locale => KeyPart::Locale(utterance.locale()),
            Dimension::Partition => KeyPart::Partition(utterance.partition()),
            Dimension::Scenario => KeyPart::Scenario(gold.map(|gold| gold.scenario.clone())),
            Dimension::Intent => KeyPart::Intent(gold.map(|gold| gold.intent.clone())),
            Dimension::Slot => KeyPart::Slot(slot.cloned()),
        }
    }
}

/// One or several dimensions; none for the corpus as a whole.
///
/// ```
/// use massive_data::stats::Grouping;
///
/// let grouping: Grouping = "locale,partition".parse()?;
/// assert_eq!(grouping.dimensions().len(), 2);
/// assert!("all".parse::<Grouping>()?.dimensions().is_empty());
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grouping(Vec<Dimension>);

impl Grouping {
    /// The dimensions, in order.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.0
    }

    fn by_slot(&self) -> bool {
        self.0.contains(&Dimension::Slot)
    }
}

impl FromStr for Grouping {
    type Err = Error;

    fn from_str(list: &str) -> Result<Self> {
        let mut dimensions = Vec::new();
        for name in list.split(',').map(str::trim).filter(|_| list != "all") {
            let dimension = Dimension::ALL
                .into_iter()
                .find(|dimension| dimension.name() == name)
                .ok_or_else(|| {
                Error::request(format!(
                    "unknown group `{}`: expected locale, partition, scenario, intent or \
                         slot, or several separated by commas, or all",
                    name.escape_debug()
                ))
            })?;
            if dimensions.contains(&dimension) {
                return Err(Error::request(format!("`{name}` twice in `{list}`")));
            }
            dimensions.push(dimension);
        }
        Ok(Grouping(dimensions))
    }
}

/// A group's value in one dimension.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum KeyPart {
    Locale(Locale),
    Partition(Partition),
    Scenario(Option<Scenario>),
    Intent(Option<Intent>),
    Slot(Option<SlotName>),
}

impl fmt::Display for KeyPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyPart::Locale(locale) => locale.fmt(f),
            KeyPart::Partition(partition) => partition.fmt(f),
            KeyPart::Scenario(Some(label)) => label.fmt(f),
            KeyPart::Intent(Some(label)) => label.fmt(f),
            KeyPart::Slot(Some(label)) => label.fmt(f),
            KeyPart::Scenario(None) | KeyPart::Intent(None) | KeyPart::Slot(None) => Ok(()),
        }
    }
}

type Key = SmallVec<[KeyPart; 2]>;
type Groups = BTreeMap<Key, Tally>;

/// The statistics of a corpus, a row a group.
#[derive(Debug)]
pub struct StatsTable {
    by: Grouping,
    labels: LabelMode,
    groups: Groups,
}

impl StatsTable {
    /// Counts the selected rows of `corpus` in one pass. Memory grows with the
    /// number of groups and their distinct words, not with the rows.
    ///
    /// # Errors
    /// As [`Corpus::for_each`].
    pub fn count(
        corpus: &Corpus,
        by: &Grouping,
        labels: LabelMode,
    ) -> Result<(StatsTable, ReadReport)> {
        let mut groups = Groups::new();
        let report = corpus.fold(
            Groups::new,
            |groups, _, utterance| {
                add(groups, by, labels, &utterance);
                Ok(())
            },
            |_, _, block| {
                for (key, tally) in block {
                    groups.entry(key).or_default().merge(tally);
                }
                Ok(())
            },
        )?;
        Ok((StatsTable { by: by.clone(), labels, groups }, report))
    }

    /// What it is grouped by.
    pub fn by(&self) -> &Grouping {
        &self.by
    }

    /// How many groups there are.
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// True if no row was selected.
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The groups in order: their names, a dimension each, and their values in
    /// these columns.
    pub fn rows<'a>(
        &'a self,
        columns: &'a [&'static Column],
    ) -> impl Iterator<Item = (Vec<String>, Vec<Cell>)> + 'a {
        self.groups.iter().map(|(key, tally)| {
            let names = key.iter().map(KeyPart::to_string).collect();
            (names, columns.iter().map(|column| column.of(tally)).collect())
        })
    }
}

fn add(groups: &mut Groups, by: &Grouping, labels: LabelMode, utterance: &Utterance<'_>) {
    let key = |slot: Option<&SlotName>| -> Key {
        by.0.iter().map(|dimension| dimension.of(utterance, slot)).collect()
    };
    if !by.by_slot() {
        groups.entry(key(None)).or_default().add(utterance, labels, None);
        return;
    }
    let Some(gold) = utterance.gold() else { return };
    let mut names: SmallVec<[&SlotName; 4]> =
        gold.annotation.slots().map(|slot| slot.name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        groups.entry(key(Some(name))).or_default().add(utterance, labels, Some(name));
    }
}

/// The document `massive-corpus-stats/1` (`schemas/corpus-stats.schema.json`).
#[derive(Debug, Serialize)]
pub struct StatsDocument<'a> {
    format: &'static str,
    by: Vec<&'static str>,
    labels: &'static str,
    rows: Vec<RowDocument<'a>>,
    notes: [&'static str; 1],
}

impl StatsTable {
    /// What is written as JSON, with these columns.
    pub fn document<'a>(&'a self, columns: &'a [&'static Column]) -> StatsDocument<'a> {
        let by = &self.by.0;
        let row = |(key, tally)| RowDocument { by, key, tally, columns };
        StatsDocument {
            format: FORMAT,
            by: by.iter().map(|dimension| dimension.name()).collect(),
            labels: self.labels.name(),
            rows: self.groups.iter().map(row).collect(),
            notes: [PAPER_NOTE],
        }
    }
}

/// A group as one JSON object.
#[derive(Debug)]
struct RowDocument<'a> {
    by: &'a [Dimension],
    key: &'a Key,
    tally: &'a Tally,
    columns: &'a [&'static Column],
}

impl Serialize for RowDocument<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (dimension, part) in self.by.iter().zip(self.key) {
            map.serialize_entry(dimension.name(), &part.to_string())?;
        }
        for column in self.columns {
            map.serialize_entry(column.name, &column.of(self.tally))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groupings_are_read_or_refused() {
        assert_eq!(
            "slot, locale".parse::<Grouping>().unwrap().dimensions(),
            [Dimension::Slot, Dimension::Locale]
        );
        for (list, message) in
            [("", "unknown group ``"), ("local", "unknown group `local`"), ("slot,slot", "`slot`")]
        {
            let error = list.parse::<Grouping>().unwrap_err();
            assert!(error.is_request() && error.message().starts_with(message), "{error}");
        }
    }
}
