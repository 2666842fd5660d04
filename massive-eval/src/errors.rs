//! The errors document: what `massive errors` lists and sums up, and what its
//! tables and files are made from. Its schema is `schemas/errors.schema.json`.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::str::FromStr;

use massive_data::{
    Chunk, Intent, LabelMode, Method, Partition, Scenario, SlotName, UtteranceId, grapheme_span,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::analysis::{Analysed, Analysis, GoldSlot, InTrain};
use crate::breakdown::{
    Breakdown, Chosen, Confusion, Figures, Group, break_down, confusion, totals,
};
use crate::document::{ProblemCounts, Tool};
use crate::error::{Error, Result};
use crate::interval::Interval;
use crate::signature::Signature;
use crate::slot_errors::{SlotClass, SlotMatch};
use crate::submission::Key;

/// The format that this version writes.
pub const FORMAT: &str = "massive-errors/1";

/// What can be wrong with an utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// A slot; or one that is right, for those who want to see these too.
    Slot(SlotClass),
    /// The intent.
    Intent,
}

impl ErrorClass {
    /// The name in options and documents.
    pub fn name(self) -> &'static str {
        match self {
            ErrorClass::Slot(class) => class.name(),
            ErrorClass::Intent => "intent",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for ErrorClass {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        if name == "intent" {
            return Ok(ErrorClass::Intent);
        }
        name.parse()
            .map(ErrorClass::Slot)
            .map_err(|error: Error| Error::request(format!("{error}, or intent")))
    }
}

/// A test of a text.
pub type TextTest<'f> = &'f (dyn Fn(&str) -> bool + Sync);

/// Which utterances and which of their errors are wanted. An empty list wants
/// all.
#[derive(Clone, Copy, Default)]
pub struct ErrorFilter<'f> {
    /// Slots with one of these labels, gold or predicted.
    pub slots: &'f [SlotName],
    /// Errors of these classes; without any, all that are wrong.
    pub classes: &'f [ErrorClass],
    /// Utterances with one of these gold intents.
    pub intents: &'f [Intent],
    /// Utterances with one of these gold scenarios.
    pub scenarios: &'f [Scenario],
    /// Utterances whose text, or whose English source, passes.
    pub text: Option<TextTest<'f>>,
    /// Utterances that the second submission has so.
    pub second: Option<Second>,
}

/// How a second submission has an utterance that the first has wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Second {
    /// Right.
    Right,
    /// Wrong, too.
    Wrong,
}

impl fmt::Debug for ErrorFilter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorFilter")
            .field("slots", &self.slots)
            .field("classes", &self.classes)
            .field("intents", &self.intents)
            .field("scenarios", &self.scenarios)
            .field("text", &self.text.is_some())
            .field("second", &self.second)
            .finish()
    }
}

/// A filter with the English sources that it may look at.
struct Wanted<'f> {
    filter: ErrorFilter<'f>,
    analysis: &'f Analysis,
    /// The rows that both submissions have as the filter wants.
    rows: Option<HashSet<&'f Key>>,
}

impl<'f> Wanted<'f> {
    fn new(filter: ErrorFilter<'f>, analysis: &'f Analysis) -> Self {
        let rows = filter.second.map(|second| {
            let both = analysis.utterances(0).zip(analysis.utterances(1));
            both.filter(|(first, other)| {
                let other_is_wrong = analysis.is_wrong(1, other);
                analysis.is_wrong(0, first) && other_is_wrong == (second == Second::Wrong)
            })
            .map(|(first, _)| &first.row.key)
            .collect()
        });
        Wanted { filter, analysis, rows }
    }
}

impl Chosen for Wanted<'_> {
    fn utterance(&self, utterance: &Analysed<'_>) -> bool {
        let row = utterance.row;
        let among = |empty: bool, found: bool| empty || found;
        self.rows.as_ref().is_none_or(|rows| rows.contains(&row.key))
            && among(self.filter.intents.is_empty(), self.filter.intents.contains(&row.intent))
            && among(
                self.filter.scenarios.is_empty(),
                self.filter.scenarios.contains(&row.scenario),
            )
            && self.filter.text.is_none_or(|passes| {
                passes(&row.utt) || self.analysis.english(&row.key.1).is_some_and(passes)
            })
    }

    fn slot(&self, label: &SlotName) -> bool {
        self.filter.slots.is_empty() || self.filter.slots.contains(label)
    }
}

impl Wanted<'_> {
    /// True if a slot is one of those wanted.
    fn lists(&self, slot: &SlotMatch<SlotName>) -> bool {
        let has = |chunk: &Option<Chunk<SlotName>>| {
            chunk.as_ref().is_some_and(|chunk| self.slot(&chunk.label))
        };
        let class = match self.filter.classes {
            [] => slot.class != SlotClass::Correct,
            classes => classes.contains(&ErrorClass::Slot(slot.class)),
        };
        class && (has(&slot.gold) || has(&slot.predicted))
    }

    /// True if a wrong intent is wanted.
    fn lists_intents(&self) -> bool {
        match self.filter.classes {
            [] => self.filter.slots.is_empty(),
            classes => classes.contains(&ErrorClass::Intent),
        }
    }
}

/// How many of the utterances found are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Listing {
    /// So many drawn at random, with this seed.
    pub sample: Option<(usize, u64)>,
    /// The first so many.
    pub limit: Option<usize>,
}

/// The errors of a submission.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorsDocument {
    /// [`FORMAT`].
    pub format: String,
    /// Everything that changes a number, on one line, as in the score.
    pub signature: Signature,
    /// What wrote it.
    pub tool: Tool,
    /// The partition.
    pub partition: Partition,
    /// The label mode of the gold.
    pub labels: LabelMode,
    /// What was asked for, by the names of the options.
    pub filters: BTreeMap<String, Vec<String>>,
    /// The figures of all utterances that pass the filters.
    pub totals: Figures,
    /// Figures by group, and what was confused, if asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub summary: Option<Summary>,
    /// The errors one by one, if asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub errors: Option<ErrorList>,
    /// What was irregular.
    pub problems: ProblemCounts,
}

/// Figures by group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The breakdowns, in the order in which they were asked for.
    pub breakdowns: Vec<BrokenDown>,
    /// What was taken for what.
    pub confusion: Confusion,
}

/// One breakdown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BrokenDown {
    /// What by: a name of [`Breakdown`].
    pub by: String,
    /// The groups, in their order.
    pub groups: Vec<Group>,
}

/// Utterances with errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorList {
    /// Utterances with an error that was asked for.
    pub found: u64,
    /// How many of them are listed.
    pub listed: u64,
    /// They, by locale and id.
    pub utterances: Vec<ErrorUtterance>,
}

/// An utterance with its errors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ErrorUtterance {
    /// Its locale.
    pub locale: String,
    /// Its id.
    pub id: String,
    /// The gold scenario.
    pub scenario: String,
    /// The gold intent.
    pub intent: String,
    /// The predicted intent; `None` without one.
    pub pred_intent: Option<String>,
    /// True if the intent is one of the errors asked for.
    pub intent_listed: bool,
    /// What was said.
    pub utt: String,
    /// The words, as byte ranges of `utt`.
    pub words: Vec<[usize; 2]>,
    /// The English source, where the corpus has it.
    pub english: Option<String>,
    /// All slots, gold and predicted, in the order of their words.
    pub slots: Vec<ErrorSlot>,
    /// There is no prediction for it.
    pub missing: bool,
    /// Its predicted labels were cut or padded.
    pub misaligned: bool,
    /// Its predicted annotation nests slots or leaves one open.
    pub malformed: bool,
}

/// A slot with its class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorSlot {
    /// The class.
    pub class: SlotClass,
    /// True if it is one of the errors asked for.
    pub listed: bool,
    /// The gold slot.
    pub gold: Option<SlotExtent>,
    /// The predicted slot.
    pub predicted: Option<SlotExtent>,
    /// How the gold slot was carried over from English, where recorded.
    pub method: Option<String>,
    /// What train has of the gold slot, where train was read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub in_train: Option<InTrain>,
}

/// A slot by its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotExtent {
    /// Its label.
    pub slot: String,
    /// Its words, as they stand in `utt`.
    pub value: String,
    /// Its first and last word, from 0.
    pub words: [usize; 2],
    /// Where it stands in `utt`, in bytes.
    pub bytes: [usize; 2],
    /// Where it stands in `utt`, in extended grapheme clusters.
    pub graphemes: [usize; 2],
}

impl ErrorsDocument {
    /// A document with neither list nor summary.
    fn new(
        analysis: &Analysis,
        wanted: &Wanted<'_>,
        filters: BTreeMap<String, Vec<String>>,
    ) -> Self {
        let evaluation = &analysis.evaluation;
        ErrorsDocument {
            format: FORMAT.to_owned(),
            signature: evaluation.signature(Interval::default(), None),
            tool: Tool::this(),
            partition: evaluation.partition,
            labels: evaluation.labels,
            filters,
            totals: totals(analysis, 0, wanted),
            summary: None,
            errors: None,
            problems: evaluation.problem_counts(),
        }
    }

    /// The figures of the first submission of an analysis, broken down.
    ///
    /// `filters` is what the document says about `filter`.
    pub fn summary(
        analysis: &Analysis,
        filter: ErrorFilter<'_>,
        filters: BTreeMap<String, Vec<String>>,
        by: &[Breakdown],
    ) -> ErrorsDocument {
        let wanted = Wanted::new(filter, analysis);
        let breakdowns = by.iter().map(|&by| BrokenDown {
            by: by.name().to_owned(),
            groups: break_down(analysis, 0, by, &wanted),
        });
        let summary = Summary {
            breakdowns: breakdowns.collect(),
            confusion: confusion(analysis, 0, &wanted),
        };
        ErrorsDocument { summary: Some(summary), ..Self::new(analysis, &wanted, filters) }
    }

    /// The errors of the first submission of an analysis, one by one.
    ///
    /// A sample is drawn by the SHA-256 of seed, locale and id, so that it
    /// depends on nothing else and the smaller of two lies within the larger.
    pub fn list(
        analysis: &Analysis,
        filter: ErrorFilter<'_>,
        filters: BTreeMap<String, Vec<String>>,
        listing: Listing,
    ) -> ErrorsDocument {
        let wanted = Wanted::new(filter, analysis);
        let mut found: Vec<Analysed<'_>> = analysis
            .utterances(0)
            .filter(|utterance| is_found(utterance, &wanted, analysis))
            .collect();
        let number = found.len() as u64;
        if let Some((size, seed)) = listing.sample {
            found.sort_by_cached_key(|utterance| {
                (rank(seed, &utterance.row.key), &utterance.row.key)
            });
            found.truncate(size);
            found.sort_by(|a, b| a.row.key.cmp(&b.row.key));
        }
        found.truncate(listing.limit.unwrap_or(usize::MAX));
        let utterances: Vec<ErrorUtterance> = found
            .iter()
            .map(|utterance| ErrorUtterance::of(utterance, &wanted, analysis))
            .collect();
        let errors = ErrorList { found: number, listed: utterances.len() as u64, utterances };
        ErrorsDocument { errors: Some(errors), ..Self::new(analysis, &wanted, filters) }
    }
}

/// True if an utterance has an error that is wanted.
fn is_found(utterance: &Analysed<'_>, wanted: &Wanted<'_>, analysis: &Analysis) -> bool {
    wanted.utterance(utterance)
        && (has_listed_intent(utterance, wanted, analysis)
            || utterance.slots.iter().any(|slot| wanted.lists(slot)))
}

fn has_listed_intent(utterance: &Analysed<'_>, wanted: &Wanted<'_>, analysis: &Analysis) -> bool {
    wanted.lists_intents()
        && analysis.evaluation.predicted.intents
        && !utterance.scored.counts.intent_correct
}

/// What decides who is drawn first.
pub(crate) fn rank(seed: u64, (locale, id): &Key) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(seed.to_le_bytes());
    digest.update(locale.tag());
    digest.update(id.hash_bytes());
    digest.finalize().into()
}

impl ErrorUtterance {
    fn of(utterance: &Analysed<'_>, wanted: &Wanted<'_>, analysis: &Analysis) -> ErrorUtterance {
        let row = utterance.row;
        let (locale, id): &(_, UtteranceId) = &row.key;
        let extent = |chunk: &Chunk<SlotName>| {
            let bytes = row.bytes(chunk.first, chunk.last);
            let graphemes = grapheme_span(&row.utt, bytes.clone());
            SlotExtent {
                slot: chunk.label.to_string(),
                value: row.value(chunk).to_owned(),
                words: [chunk.first, chunk.last],
                bytes: [bytes.start, bytes.end],
                graphemes: [graphemes.start, graphemes.end],
            }
        };
        let slots =
            utterance.slots_with_facts().map(|(slot, facts): (_, Option<&GoldSlot>)| ErrorSlot {
                class: slot.class,
                listed: wanted.lists(slot),
                gold: slot.gold.as_ref().map(extent),
                predicted: slot.predicted.as_ref().map(extent),
                method: facts
                    .and_then(|facts| facts.method)
                    .map(|method: Method| method.name().to_owned()),
                in_train: facts.and_then(|facts| facts.in_train),
            });
        ErrorUtterance {
            locale: locale.tag().to_owned(),
            id: id.to_string(),
            scenario: row.scenario.to_string(),
            intent: row.intent.to_string(),
            pred_intent: utterance.scored.predicted_intent.as_ref().map(ToString::to_string),
            intent_listed: has_listed_intent(utterance, wanted, analysis),
            words: row.words.iter().map(|w| [w.start as usize, w.end as usize]).collect(),
            utt: row.utt.to_string(),
            english: analysis.english(id).map(str::to_owned),
            slots: slots.collect(),
            missing: utterance.scored.missing,
            misaligned: utterance.scored.misaligned,
            malformed: utterance.scored.malformed,
        }
    }

    /// The classes of the errors that were asked for, each with the slot it is
    /// counted under.
    pub fn listed(&self) -> impl Iterator<Item = (ErrorClass, Option<&str>)> {
        let intent = self.intent_listed.then_some((ErrorClass::Intent, None));
        let slots = self.slots.iter().filter(|slot| slot.listed).map(|slot| {
            let label = slot.gold.as_ref().or(slot.predicted.as_ref());
            (ErrorClass::Slot(slot.class), label.map(|extent| extent.slot.as_str()))
        });
        intent.into_iter().chain(slots)
    }
}
