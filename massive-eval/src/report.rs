//! The report document: all that a reader wants to know of one or several
//! systems in one place, and what the page for a browser is made from. Its
//! schema is `schemas/report.schema.json`.
//!
//! It joins the scores of each system, its slots by class, what it confuses,
//! the comparison of several systems, and every utterance that one of them has
//! wrong.

use std::collections::BTreeMap;

use massive_data::SlotName;
use serde::{Deserialize, Serialize};

use crate::analysis::Analysis;
use crate::breakdown::{Breakdown, Confusion, Everything, Group, break_down, confusion};
use crate::comparison::{CompareDocument, CompareOptions, System};
use crate::document::{Grouping, ScoreDocument, ScoreOptions, SlotTotals, Tool};
use crate::error::{Error, Result};

mod mend;
mod wrong;

pub use mend::{LocaleMend, Mend, MendKind};
pub use wrong::{ReportSlot, SlotSpan, SystemOutcome, WrongList, WrongUtterance};

/// The format that this version writes.
pub const FORMAT: &str = "massive-report/1";

/// The whole report. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportDocument {
    /// [`FORMAT`].
    pub format: String,
    /// What it is called.
    pub title: String,
    /// What wrote it.
    pub tool: Tool,
    /// The systems; of several the first is the baseline.
    pub systems: Vec<SystemReport>,
    /// Each other system against the first, if there is any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<CompareDocument>,
    /// The utterances that a system has wrong.
    pub wrong: WrongList,
}

/// A system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemReport {
    /// Its name.
    pub name: String,
    /// Its scores, with those of groups of languages.
    pub scores: ScoreDocument,
    /// Its figures by locale; the slots in their classes.
    pub locales: Vec<Group>,
    /// Its figures by slot.
    pub slots: Vec<Group>,
    /// Its figures by gold intent.
    pub intents: Vec<Group>,
    /// How many slots are right, by label and locale; empty if it predicts none.
    pub slots_by_locale: BTreeMap<String, BTreeMap<String, SlotTotals>>,
    /// What it takes for what.
    pub confusion: Confusion,
    /// What to mend first: classes of errors by how much exact match would gain
    /// without them.
    #[serde(default)]
    pub mend: Vec<Mend>,
}

/// What a report holds.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions {
    /// How systems are compared, and how intervals are made.
    pub compare: CompareOptions,
    /// So many utterances that are wrong, drawn at random with this seed,
    /// instead of all.
    pub sample: Option<(usize, u64)>,
    /// Whether utterances that every system has right are listed too.
    pub right: bool,
}

impl ReportDocument {
    /// The report of the systems of an analysis, whose names are given in their
    /// order.
    ///
    /// # Errors
    /// Not a name a system; those of [`CompareDocument::new`].
    pub fn new(
        title: &str,
        names: &[String],
        analysis: &Analysis,
        options: ReportOptions,
    ) -> Result<ReportDocument> {
        let systems: Vec<System<'_>> = names
            .iter()
            .enumerate()
            .map_while(|(number, name)| {
                Some(System { name, evaluation: analysis.evaluation_of(number)? })
            })
            .collect();
        if systems.len() != names.len() || systems.len() != analysis.others.len() + 1 {
            return Err(Error::request("a report needs one name for each system"));
        }
        let comparison = match &systems[..] {
            [baseline, new @ ..] if !new.is_empty() => {
                Some(CompareDocument::new(*baseline, new, &options.compare)?)
            }
            _ => None,
        };
        let reports = systems.iter().enumerate().map(|(number, system)| SystemReport {
            name: system.name.to_owned(),
            scores: system.evaluation.document(&ScoreOptions {
                interval: options.compare.interval,
                groupings: Grouping::ALL.into(),
                metrics: options.compare.metrics.clone(),
            }),
            locales: break_down(analysis, number, Breakdown::Locale, &Everything),
            slots: break_down(analysis, number, Breakdown::Slot, &Everything),
            intents: break_down(analysis, number, Breakdown::Intent, &Everything),
            slots_by_locale: slots_by_locale(analysis, number),
            confusion: confusion(analysis, number, &Everything),
            mend: mend::mend(analysis, number),
        });
        Ok(ReportDocument {
            format: FORMAT.to_owned(),
            title: title.to_owned(),
            tool: Tool::this(),
            systems: reports.collect(),
            comparison,
            wrong: WrongList::of(analysis, options.sample, options.right),
        })
    }
}

/// Sums by label and locale: a gold slot counts under its label, a predicted one
/// under its own.
fn slots_by_locale(
    analysis: &Analysis,
    system: usize,
) -> BTreeMap<String, BTreeMap<String, SlotTotals>> {
    type Sums<'s> = BTreeMap<&'s SlotName, BTreeMap<&'s str, SlotTotals>>;
    fn sum_of<'m, 's>(
        sums: &'m mut Sums<'s>,
        label: &'s SlotName,
        tag: &'s str,
    ) -> &'m mut SlotTotals {
        let none = SlotTotals { gold: 0, predicted: 0, correct: 0 };
        sums.entry(label).or_default().entry(tag).or_insert(none)
    }
    let mut sums = Sums::new();
    for utterance in analysis.utterances(system) {
        let tag = utterance.row.key.0.tag();
        for slot in utterance.slots {
            if let Some(gold) = &slot.gold {
                let sum = sum_of(&mut sums, &gold.label, tag);
                sum.gold += 1;
                sum.correct += u64::from(slot.class == crate::SlotClass::Correct);
            }
            if let Some(predicted) = &slot.predicted {
                sum_of(&mut sums, &predicted.label, tag).predicted += 1;
            }
        }
    }
    let owned = |by_locale: BTreeMap<&str, SlotTotals>| {
        by_locale.into_iter().map(|(tag, sum)| (tag.to_owned(), sum)).collect()
    };
    sums.into_iter().map(|(label, sum)| (label.to_string(), owned(sum))).collect()
}
