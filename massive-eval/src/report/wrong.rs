//! The utterances that a system has wrong, slot by slot.

use std::collections::BTreeMap;
use std::ops::Range;

use massive_data::{Chunk, SlotName, UtteranceId};
use serde::{Deserialize, Serialize};

use crate::analysis::{Analysed, AnalysedRow, Analysis};
use crate::errors::rank;
use crate::slot_errors::SlotClass;

/// Utterances that at least one system has wrong, and right ones if asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrongList {
    /// How many there are.
    pub found: u64,
    /// How many of them are listed.
    pub listed: u64,
    /// The English source of each id listed, where the corpus has it.
    pub english: BTreeMap<UtteranceId, String>,
    /// So many utterances that every system has right are listed too, where
    /// they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub right: Option<u64>,
    /// They, by locale and id.
    pub utterances: Vec<WrongUtterance>,
}

/// An utterance, as a rule one that at least one system has wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WrongUtterance {
    /// Its locale.
    pub locale: String,
    /// Its id.
    pub id: UtteranceId,
    /// The gold intent.
    pub intent: String,
    /// What was said.
    pub utt: String,
    /// The gold slots, in their order.
    pub gold: Vec<SlotSpan>,
    /// What each system makes of it.
    pub systems: Vec<SystemOutcome>,
}

/// What a system makes of an utterance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemOutcome {
    /// It has something wrong.
    pub wrong: bool,
    /// There is no prediction.
    pub missing: bool,
    /// The predicted intent; `None` without one.
    pub intent: Option<String>,
    /// The slots, gold and predicted, in the order of their words; `None` of a
    /// system that predicts none anywhere.
    pub slots: Option<Vec<ReportSlot>>,
}

/// A slot with its class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportSlot {
    /// The class.
    pub class: SlotClass,
    /// The gold slot, by its number among those of the utterance.
    pub gold: Option<usize>,
    /// The predicted slot.
    pub predicted: Option<SlotSpan>,
}

/// A slot by its label and place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotSpan {
    /// Its label.
    pub slot: String,
    /// Where it stands in `utt`, in bytes.
    pub bytes: [usize; 2],
}

impl WrongList {
    /// The utterances, or a sample of them; with those that are right if `right`.
    pub(super) fn of(analysis: &Analysis, sample: Option<(usize, u64)>, right: bool) -> WrongList {
        let systems = 1 + analysis.others.len();
        let mut views: Vec<_> = (0..systems).map(|system| analysis.utterances(system)).collect();
        let mut rows: Vec<Vec<Analysed<'_>>> = Vec::new();
        let is_found = |row: &Vec<Analysed<'_>>| {
            row.iter().enumerate().any(|(system, seen)| analysis.is_wrong(system, seen))
        };
        let mut found = 0;
        // All systems have the same rows.
        while let Some(row) = views.iter_mut().map(Iterator::next).collect::<Option<Vec<_>>>() {
            let wrong = is_found(&row);
            found += u64::from(wrong);
            if wrong || right {
                rows.push(row);
            }
        }
        if let Some((size, seed)) = sample {
            rows.sort_by_cached_key(|row| (rank(seed, &row[0].row.key), &row[0].row.key));
            rows.truncate(size);
            rows.sort_by(|a, b| a[0].row.key.cmp(&b[0].row.key));
        }
        let listed = rows.iter().filter(|row| is_found(row)).count() as u64;
        let english = rows.iter().filter_map(|row| {
            let id = &row[0].row.key.1;
            Some((id.clone(), analysis.english(id)?.to_owned()))
        });
        WrongList {
            found,
            listed,
            right: right.then_some(rows.len() as u64 - listed),
            english: english.collect(),
            utterances: rows.iter().map(|row| WrongUtterance::of(analysis, row)).collect(),
        }
    }
}

impl WrongUtterance {
    fn of(analysis: &Analysis, systems: &[Analysed<'_>]) -> WrongUtterance {
        let row = systems[0].row;
        // Whoever predicts slots at all has every gold one.
        let with_slots = systems.iter().find(|seen| !seen.slots.is_empty());
        let slots = with_slots.map_or(&[][..], |seen| seen.slots);
        let mut gold: Vec<&Chunk<SlotName>> =
            slots.iter().filter_map(|slot| slot.gold.as_ref()).collect();
        // Slots come in the order of what they are paired with, too.
        gold.sort_by_key(|chunk| chunk.first);
        WrongUtterance {
            locale: row.key.0.tag().to_owned(),
            id: row.key.1.clone(),
            intent: row.intent.to_string(),
            utt: row.utt.to_string(),
            gold: gold.iter().map(|chunk| SlotSpan::of(row, chunk)).collect(),
            systems: systems
                .iter()
                .enumerate()
                .map(|(number, seen)| SystemOutcome::of(analysis, number, seen, &gold))
                .collect(),
        }
    }
}

impl SystemOutcome {
    fn of(
        analysis: &Analysis,
        system: usize,
        seen: &Analysed<'_>,
        gold: &[&Chunk<SlotName>],
    ) -> SystemOutcome {
        let predicts_slots =
            analysis.evaluation_of(system).is_some_and(|evaluation| evaluation.predicted.slots);
        let number =
            |chunk: &Chunk<SlotName>| gold.iter().position(|gold| gold.first == chunk.first);
        let slots = seen.slots.iter().map(|slot| ReportSlot {
            class: slot.class,
            gold: slot.gold.as_ref().and_then(number),
            predicted: slot.predicted.as_ref().map(|chunk| SlotSpan::of(seen.row, chunk)),
        });
        SystemOutcome {
            wrong: analysis.is_wrong(system, seen),
            missing: seen.scored.missing,
            intent: seen.scored.predicted_intent.as_ref().map(ToString::to_string),
            slots: predicts_slots.then(|| slots.collect()),
        }
    }
}

impl SlotSpan {
    fn of(row: &AnalysedRow, chunk: &Chunk<SlotName>) -> SlotSpan {
        let Range { start, end } = row.bytes(chunk.first, chunk.last);
        SlotSpan { slot: chunk.label.to_string(), bytes: [start, end] }
    }
}
