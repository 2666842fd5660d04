//! What one row shows by itself.

use std::collections::BTreeMap;

use unicode_normalization::is_nfc;

use super::kinds::WarningKind;
use crate::findings::Findings;
use crate::labels::SlotName;
use crate::segmentation::Segmentation;
use crate::utterance::{Gold, Review, Utterance};
use crate::words::{LabelMode, ZERO_WIDTH, chunks, has_invisible_word, is_space, is_zero_width};

/// What is not odd, but counted.
#[derive(Default)]
pub(super) struct Tallies {
    pub(super) judges: BTreeMap<usize, u64>,
    pub(super) rows_without_methods: u64,
}

impl Tallies {
    pub(super) fn merge(&mut self, other: &Tallies) {
        for (&judges, rows) in &other.judges {
            *self.judges.entry(judges).or_default() += rows;
        }
        self.rows_without_methods += other.rows_without_methods;
    }
}

/// What the rows of a block show; lines count from its start.
#[derive(Default)]
pub(super) struct BlockFindings {
    pub(super) warnings: BTreeMap<WarningKind, Findings>,
    pub(super) tallies: Tallies,
}

impl Findings {
    /// Gives findings of a block their file, and lines of the file.
    pub(super) fn move_to(&mut self, file: &str, lines_before: u64) {
        for example in &mut self.examples {
            example.file = Some(file.to_owned());
            example.line = example.line.map(|line| line + lines_before);
        }
    }
}

impl BlockFindings {
    pub(super) fn examine(&mut self, utterance: &Utterance<'_>, line: u64) {
        let mut row = RowFindings { block: self, utterance, line };
        row.text();
        if let Some(gold) = utterance.gold() {
            row.annotation(gold);
            if let Some(review) = &gold.review {
                row.methods(gold, review);
                row.judgments(review);
            }
        }
    }
}

struct RowFindings<'r> {
    block: &'r mut BlockFindings,
    utterance: &'r Utterance<'r>,
    line: u64,
}

impl RowFindings<'_> {
    fn warn(&mut self, kind: WarningKind, message: impl FnOnce() -> String) {
        let key = (self.utterance.locale(), self.utterance.id());
        let findings = self.block.warnings.entry(kind).or_default();
        findings.add(key, Some(("", self.line)), message);
    }

    fn text(&mut self) {
        let utterance = self.utterance;
        let utt = utterance.utt();
        let shown = || format!("`{}`", utt.escape_debug());
        if utt.contains(['[', ']', ':']) {
            self.warn(WarningKind::BracketsInText, shown);
        }
        if utt.contains(char::is_uppercase) {
            self.warn(WarningKind::UpperCase, shown);
        }
        let loose = |two: [char; 2]| two.into_iter().all(is_space);
        let pairs = utt.chars().zip(utt.chars().skip(1));
        if utt.starts_with(is_space)
            || utt.ends_with(is_space)
            || pairs.into_iter().any(|(a, b)| loose([a, b]))
        {
            self.warn(WarningKind::LooseSpaces, shown);
        }
        if utt.is_ascii() {
            return;
        }
        if !is_nfc(utt) {
            self.warn(WarningKind::NotNfc, || format!("`{utt}`"));
        }
        if !utt.contains(is_zero_width) {
            return;
        }
        for (c, kind) in ZERO_WIDTH.into_iter().zip(WarningKind::ZERO_WIDTH) {
            if utt.contains(c) {
                self.warn(kind, shown);
            }
        }
        if has_invisible_word(utt) {
            self.warn(WarningKind::InvisibleWord, shown);
        }
    }

    fn annotation(&mut self, gold: &Gold<'_>) {
        let utterance = self.utterance;
        if utterance.segmentation() != Segmentation::Characters {
            return;
        }
        if !gold.annotation.is_exactly(utterance.utt()) {
            self.warn(WarningKind::RespacedAnnotation, || {
                format!("`{}` for `{}`", gold.annotation, utterance.utt())
            });
        }
        let labels = |mode| -> Vec<Option<&SlotName>> {
            let words = utterance.labelled_words(mode).unwrap_or_default();
            words.into_iter().map(|(_, label)| label).collect()
        };
        let (reference, brackets) = (labels(LabelMode::Reference), labels(LabelMode::Brackets));
        if reference == brackets {
            return;
        }
        let shown = || format!("`{}`", gold.annotation);
        self.warn(WarningKind::LeakingLabel, shown);
        if chunks(reference).count() < chunks(brackets).count() {
            self.warn(WarningKind::MergedSlots, shown);
        }
    }

    fn methods(&mut self, gold: &Gold<'_>, review: &Review<'_>) {
        let mut slots: Vec<&SlotName> = gold.annotation.slots().map(|slot| slot.name).collect();
        let mut methods: Vec<&SlotName> =
            review.slot_methods.iter().map(|method| &method.slot).collect();
        if methods.is_empty() {
            self.block.tallies.rows_without_methods += 1;
        }
        slots.sort_unstable();
        methods.sort_unstable();
        if slots == methods {
            return;
        }
        let message = || format!("slots {}, methods of {}", names(&slots), names(&methods));
        self.warn(WarningKind::MethodsUnlikeSlots, message);
        if slots.is_empty() {
            self.warn(WarningKind::MethodsWithoutSlots, message);
        }
        let set = |names: &[&SlotName]| {
            let mut set: Vec<SlotName> = names.iter().map(|&name| name.clone()).collect();
            set.dedup();
            set
        };
        if set(&slots) != set(&methods) {
            self.warn(WarningKind::MethodsUnlikeSlotSet, message);
        }
    }

    fn judgments(&mut self, review: &Review<'_>) {
        let judges = review.judgments.len();
        *self.block.tallies.judges.entry(judges).or_default() += 1;
        match judges {
            0 => self.warn(WarningKind::NoJudgments, || "judgments is []".to_owned()),
            3 => {}
            _ => self.warn(WarningKind::UnusualJudges, || format!("{judges} judgments")),
        }
        for judgment in &review.judgments {
            if judgment.language_identification.is_none() {
                let judge = &judgment.worker_id;
                self.warn(WarningKind::NoLanguage, || format!("the judgment of worker {judge}"));
            }
        }
    }
}

/// Names for a message.
pub(super) fn names(names: &[&SlotName]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(" ")
}
