//! What is wrong with a submission, before anyone uploads it.
//!
//! The report is the document `massive-check/1` (`schemas/check.schema.json`):
//! each kind of finding with its number, per locale, and the first examples.

use std::collections::{BTreeMap, HashMap, HashSet};

pub use massive_data::findings::{EXAMPLES, Example, Findings};
use massive_data::{Corpus, Intent, LocaleFilter, Partition, ReadReport, SlotName, Utterance};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::alignment::{Alignment, align, is_invisible};
use crate::error::Result;
use crate::pairing::{Leftovers, Row, pair, partitions_of};
use crate::submission::{BadLines, Key, StoredPrediction, Submission};

/// The format that this version writes.
pub const FORMAT: &str = "massive-check/1";

/// The result of checking a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckReport {
    /// [`FORMAT`].
    pub format: String,
    /// True if there is no error (warnings may be there).
    pub ok: bool,
    /// Predictions that were read, of whatever locale.
    pub rows: u64,
    /// The partition that the predictions were held against.
    pub partition: Partition,
    /// Locales that were checked, in code-point order.
    pub locales: Vec<String>,
    /// Predictions of locales that were not selected and so not checked.
    pub unselected: u64,
    /// What makes the submission invalid, by kind.
    pub errors: BTreeMap<ErrorKind, Findings>,
    /// What is allowed but was probably not meant, by kind.
    pub warnings: BTreeMap<WarningKind, Findings>,
}

/// What makes a submission invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// There is no prediction at all.
    Empty,
    /// A line that is not a prediction.
    Unparsable,
    /// A row of the corpus without prediction.
    Missing,
    /// A second prediction for a row.
    Duplicate,
    /// A prediction for which the partition has no row.
    Unknown,
    /// A prediction without intent.
    NoIntent,
    /// A prediction without annotation or labels.
    NoAnnotation,
    /// Words that fit the utterance's neither in number nor in characters.
    Misaligned,
}

/// What is allowed but was probably not meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WarningKind {
    /// An intent that neither the release nor the corpus has.
    UnknownIntent,
    /// A slot that neither the release nor the corpus has.
    UnknownSlot,
    /// Brackets that nest or are never closed.
    Malformed,
    /// Brackets, or pairs of labels and values, that open no slot.
    UnreadBrackets,
    /// Slots for which there is no place in the utterance.
    Unplaced,
    /// A text that is not the utterance's, even after NFKC and without
    /// characters that cannot be seen.
    TextDiffers,
}

impl ErrorKind {
    /// All of them.
    pub const ALL: [ErrorKind; 8] = [
        ErrorKind::Empty,
        ErrorKind::Unparsable,
        ErrorKind::Missing,
        ErrorKind::Duplicate,
        ErrorKind::Unknown,
        ErrorKind::NoIntent,
        ErrorKind::NoAnnotation,
        ErrorKind::Misaligned,
    ];

    /// What it is, for a reader.
    pub fn title(self) -> &'static str {
        match self {
            ErrorKind::Empty => "no predictions at all",
            ErrorKind::Unparsable => "lines that are no predictions",
            ErrorKind::Missing => "rows without a prediction",
            ErrorKind::Duplicate => "second predictions of a row",
            ErrorKind::Unknown => "predictions without a row in the partition",
            ErrorKind::NoIntent => "predictions without an intent",
            ErrorKind::NoAnnotation => "predictions without slots",
            ErrorKind::Misaligned => "words that cannot be aligned with the utterance's",
        }
    }
}

impl WarningKind {
    /// All of them.
    pub const ALL: [WarningKind; 6] = [
        WarningKind::UnknownIntent,
        WarningKind::UnknownSlot,
        WarningKind::Malformed,
        WarningKind::UnreadBrackets,
        WarningKind::Unplaced,
        WarningKind::TextDiffers,
    ];

    /// What it is, for a reader.
    pub fn title(self) -> &'static str {
        match self {
            WarningKind::UnknownIntent => "intents that neither release nor corpus has",
            WarningKind::UnknownSlot => "slots that neither release nor corpus has",
            WarningKind::Malformed => "brackets that nest or stay open",
            WarningKind::UnreadBrackets => "brackets or pairs that open no slot",
            WarningKind::Unplaced => "slots without a place in the utterance",
            WarningKind::TextDiffers => "texts that are not the utterance's",
        }
    }
}

/// What was found in one prediction.
#[derive(Default)]
struct Found {
    errors: Vec<(ErrorKind, String)>,
    warnings: Vec<(WarningKind, String)>,
    /// Names that the release does not have.
    unknown: Names,
    /// Such names in the gold of the row.
    own: Names,
}

/// Names of intents and slots.
#[derive(Default)]
struct Names {
    intents: Vec<Intent>,
    slots: Vec<SlotName>,
}

impl Names {
    /// Those of the gold of a row that the release does not have.
    fn of_gold(utterance: &Utterance<'_>) -> Names {
        let mut names = Names::default();
        if let Some(gold) = utterance.gold() {
            names.intents.extend((!gold.intent.is_known()).then(|| gold.intent.clone()));
            let slots = gold.annotation.slots().map(|slot| slot.name);
            names.slots.extend(slots.filter(|name| !name.is_known()).cloned());
        }
        names
    }
}

/// What is said of names that are none of the corpus's own.
fn unknown_names(
    unknown: &Names,
    intents: &HashSet<&str>,
    slots: &HashSet<&str>,
) -> Vec<(WarningKind, String)> {
    let quoted = |name: &str| format!("`{}`", name.escape_debug());
    let intents = unknown.intents.iter().filter(|name| !intents.contains(name.as_str()));
    let mut warnings: Vec<_> =
        intents.map(|name| (WarningKind::UnknownIntent, quoted(name.as_str()))).collect();
    let slots = unknown.slots.iter().filter(|name| !slots.contains(name.as_str()));
    let slots: Vec<String> = slots.map(|name| quoted(name.as_str())).collect();
    if !slots.is_empty() {
        warnings.push((WarningKind::UnknownSlot, slots.join(", ")));
    }
    warnings
}

/// A submission while it is checked, and what was found by kind.
struct Checking<'s> {
    submission: &'s Submission,
    errors: BTreeMap<ErrorKind, Findings>,
    warnings: BTreeMap<WarningKind, Findings>,
}

impl<'s> Checking<'s> {
    fn new(submission: &'s Submission) -> Self {
        Checking {
            submission,
            errors: ErrorKind::ALL.into_iter().map(|kind| (kind, Findings::default())).collect(),
            warnings: WarningKind::ALL
                .into_iter()
                .map(|kind| (kind, Findings::default()))
                .collect(),
        }
    }

    /// The file and line of a prediction.
    fn place(&self, index: usize) -> (&'s str, u64) {
        let place = self.submission.place(index);
        (place.file, u64::from(place.line))
    }

    /// Adds an error about a row and, where there is one, its prediction.
    fn error(
        &mut self,
        kind: ErrorKind,
        key: &Key,
        prediction: Option<usize>,
        message: impl FnOnce() -> String,
    ) {
        let place = prediction.map(|index| self.place(index));
        self.errors.entry(kind).or_default().add((key.0, &key.1), place, message);
    }

    /// Adds what was found in the rows of the corpus and their predictions.
    fn rows(&mut self, rows: &[Row<Found>]) {
        let own = || rows.iter().map(|row| &row.value.own);
        let intents: HashSet<&str> =
            own().flat_map(|names| &names.intents).map(|name| name.as_str()).collect();
        let slots: HashSet<&str> =
            own().flat_map(|names| &names.slots).map(|name| name.as_str()).collect();
        for row in rows {
            let Some(index) = row.predictions[0] else {
                self.error(ErrorKind::Missing, &row.key, None, || "no prediction".to_owned());
                continue;
            };
            for (kind, message) in &row.value.errors {
                self.error(*kind, &row.key, Some(index), || message.clone());
            }
            let place = Some(self.place(index));
            let names = unknown_names(&row.value.unknown, &intents, &slots);
            for (kind, message) in names.iter().chain(&row.value.warnings) {
                let findings = self.warnings.entry(*kind).or_default();
                findings.add((row.key.0, &row.key.1), place, || message.clone());
            }
        }
    }

    /// Adds second predictions of rows.
    fn duplicates(&mut self, selected: &LocaleFilter) {
        let submission = self.submission;
        for duplicate in submission.duplicates() {
            let key = &submission.predictions()[duplicate.later].key;
            if selected.contains(key.0) {
                self.error(ErrorKind::Duplicate, key, Some(duplicate.later), || {
                    format!("already predicted in {}", submission.place(duplicate.first))
                });
            }
        }
    }

    /// Adds predictions, by index, for which `partition` has no row.
    fn unknown(
        &mut self,
        unknown: &[usize],
        elsewhere: &HashMap<Key, Partition>,
        partition: Partition,
    ) {
        let submission = self.submission;
        for &index in unknown {
            let key = &submission.predictions()[index].key;
            self.error(ErrorKind::Unknown, key, Some(index), || match elsewhere.get(key) {
                Some(other) => format!("the row is in partition {other}, not in {partition}"),
                None => format!("no such row in partition {partition}"),
            });
        }
    }

    /// Adds lines that are no predictions, and that there is no line at all.
    fn bad_lines(&mut self, bad_lines: &BadLines) {
        let unparsable = self.errors.entry(ErrorKind::Unparsable).or_default();
        unparsable.count = bad_lines.count;
        unparsable.examples = bad_lines.examples.iter().map(Example::from).collect();
        if self.submission.predictions().is_empty() && bad_lines.count == 0 {
            let message = "the files hold no line".to_owned();
            let empty = self.errors.entry(ErrorKind::Empty).or_default();
            empty.add_example(Example { message, ..Example::default() });
        }
    }
}

impl CheckReport {
    /// Checks `submission` and its unreadable lines against the selected rows of
    /// `corpus`, which need not have gold labels. Also says what was met while
    /// reading the corpus.
    ///
    /// # Errors
    /// A corpus that cannot be read or holds a row twice.
    pub fn run(
        corpus: &Corpus,
        submission: &Submission,
        bad_lines: &BadLines,
        partition: Partition,
    ) -> Result<(CheckReport, ReadReport)> {
        let pairing = pair(corpus, &[submission], |utterance, predictions| {
            let found = predictions[0].map(|prediction| examine(utterance, prediction));
            Ok(Found { own: Names::of_gold(utterance), ..found.unwrap_or_default() })
        })?;
        let Leftovers { unknown, unselected } = &pairing.leftovers[0];
        let selected = &corpus.selection().locales;
        let mut checking = Checking::new(submission);
        checking.rows(&pairing.rows);
        checking.duplicates(selected);
        let elsewhere = other_partitions(corpus, submission, unknown)?;
        checking.unknown(unknown, &elsewhere, partition);
        checking.bad_lines(bad_lines);
        let Checking { errors, warnings, .. } = checking;
        let report = CheckReport {
            format: FORMAT.to_owned(),
            ok: errors.values().all(|findings| findings.count == 0),
            rows: submission.predictions().len() as u64,
            partition,
            locales: selected
                .of(&pairing.rows.iter().map(|row| row.key.0).collect())
                .union(
                    &unknown.iter().map(|&index| submission.predictions()[index].key.0).collect(),
                )
                .iter()
                .map(|locale| locale.tag().to_owned())
                .collect(),
            unselected: *unselected,
            errors,
            warnings,
        };
        Ok((report, pairing.report))
    }

    /// True if there is a warning.
    pub fn has_warnings(&self) -> bool {
        self.warnings.values().any(|findings| findings.count > 0)
    }
}

/// The partitions in which the first unknown predictions do have a row.
///
/// # Errors
/// Those of [`partitions_of`].
pub fn other_partitions(
    corpus: &Corpus,
    submission: &Submission,
    unknown: &[usize],
) -> Result<HashMap<Key, Partition>> {
    if unknown.is_empty() || !corpus.rereadable() {
        return Ok(HashMap::new());
    }
    let keys =
        unknown.iter().take(EXAMPLES).map(|&index| submission.predictions()[index].key.clone());
    partitions_of(corpus, keys)
}

fn examine(utterance: &Utterance<'_>, prediction: &StoredPrediction) -> Found {
    let mut found = Found::default();
    match &prediction.intent {
        None => found.errors.push((ErrorKind::NoIntent, "no pred_intent".to_owned())),
        Some(intent) if !intent.is_known() => found.unknown.intents.push(intent.clone()),
        Some(_) => {}
    }
    let Some(slots) = &prediction.slots else {
        found
            .errors
            .push((ErrorKind::NoAnnotation, "no pred_annot_utt and no pred_labels".to_owned()));
        return found;
    };
    let labels = slots.labels(utterance.segmentation());
    let words = utterance.words();
    let (_, how) = align(&words, &labels);
    if how == Alignment::Misaligned {
        found.errors.push((
            ErrorKind::Misaligned,
            format!("{} words where the utterance has {}", labels.labels.len(), words.len()),
        ));
    }
    if labels.malformed {
        let message = "a slot is opened inside another or never closed".to_owned();
        found.warnings.push((WarningKind::Malformed, message));
    }
    if prediction.losses.unread || labels.has_unread_slots(&words) {
        let message = "a bracket or a pair of a label and a value opens no slot".to_owned();
        found.warnings.push((WarningKind::UnreadBrackets, message));
    }
    if prediction.losses.unplaced > 0 {
        let message = format!("{} slots", prediction.losses.unplaced);
        found.warnings.push((WarningKind::Unplaced, message));
    }
    let unknown = labels.labels.iter().flatten().filter(|name| !name.is_known());
    found.unknown.slots.extend(unknown.cloned());
    found.unknown.slots.sort();
    found.unknown.slots.dedup();
    if let Some(predicted) = &labels.words
        && comparable(predicted) != comparable(&words)
    {
        found.warnings.push((
            WarningKind::TextDiffers,
            format!("`{}` for `{}`", predicted.join(" "), utterance.utt()),
        ));
    }
    found
}

/// A text as far as a model can be expected to return it.
fn comparable(words: &[&str]) -> String {
    words.iter().flat_map(|word| word.nfkc()).filter(|&c| !is_invisible(c)).collect()
}
