//! The rules of the competition, as far as an entry can be held against them.
//!
//! Source: the MMNLU-22 competition's call (FitzGerald et al. 2022, arXiv
//! 2212.06346): models of one encoder with fewer than 350 million parameters or
//! sequence-to-sequence models with fewer than 700 million, embeddings included;
//! the zero-shot task leaves en-US out of the score; rows of dev, test and the
//! held-out set are not for training.

use serde::{Deserialize, Serialize};

use super::entry::{Entry, Family, Task};

/// A rule and what an entry makes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name: `model-size`, `locales`, `rows` or `training-rows`.
    pub rule: String,
    /// What the entry makes of it.
    pub state: RuleState,
    /// Why, in a sentence.
    pub reason: String,
}

/// What an entry makes of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleState {
    /// It keeps it.
    Kept,
    /// It says too little to tell.
    Undeclared,
    /// It breaks it.
    Broken,
}

impl RuleState {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            RuleState::Kept => "kept",
            RuleState::Undeclared => "undeclared",
            RuleState::Broken => "broken",
        }
    }
}

/// The rules and whether the entry keeps them. A published result has none:
/// nothing of it can be looked into.
pub fn rules_of(entry: &Entry) -> Vec<Rule> {
    if entry.score.is_none() {
        return Vec::new();
    }
    [
        ("model-size", model_size(entry)),
        ("locales", locales(entry)),
        ("rows", rows(entry)),
        ("training-rows", training_rows(entry)),
    ]
    .into_iter()
    .map(|(rule, (state, reason))| Rule { rule: rule.to_owned(), state, reason })
    .collect()
}

fn model_size(entry: &Entry) -> (RuleState, String) {
    let limit = match entry.model.family {
        None => {
            return (RuleState::Undeclared, "the family of the model is not declared".to_owned());
        }
        Some(Family::EncoderOnly) => 350_000_000,
        Some(Family::SequenceToSequence) => 700_000_000,
        Some(family) => {
            return (
                RuleState::Broken,
                format!(
                    "the model is {}; only encoder-only and sequence-to-sequence models take part",
                    if family == Family::Other { "of another family" } else { family.name() }
                ),
            );
        }
    };
    let family = entry.model.family.map_or("", Family::name);
    let Some(parameters) = entry.model.parameters else {
        return (RuleState::Undeclared, "the number of parameters is not declared".to_owned());
    };
    let state = if parameters < limit { RuleState::Kept } else { RuleState::Broken };
    let is = if state == RuleState::Kept { "are under" } else { "are not under" };
    (state, format!("{family}: {} parameters {is} {}", millions(parameters), millions(limit)))
}

/// A number of parameters as people say it.
fn millions(number: u64) -> String {
    let text = format!("{:.1}", number as f64 / 1e6);
    format!("{} M", text.strip_suffix(".0").unwrap_or(&text))
}

fn locales(entry: &Entry) -> (RuleState, String) {
    let (scored, demanded) = (entry.locales(), entry.task.locales());
    let lacking = demanded.difference(&scored);
    let extra = scored.difference(&demanded);
    if entry.task == Task::ZeroShot && extra.iter().any(|locale| locale.tag() == "en-US") {
        return (RuleState::Broken, "the zero-shot task leaves en-US out of the score".to_owned());
    }
    if !lacking.is_empty() {
        return (
            RuleState::Broken,
            format!(
                "{} of the {} locales of the task {} not scored",
                lacking.len(),
                demanded.len(),
                if lacking.len() == 1 { "is" } else { "are" }
            ),
        );
    }
    if !extra.is_empty() {
        return (
            RuleState::Broken,
            format!("the task {} does not have {extra}, which was scored", entry.task),
        );
    }
    (RuleState::Kept, format!("all {} locales of the task are scored", demanded.len()))
}

fn rows(entry: &Entry) -> (RuleState, String) {
    let Some(score) = &entry.score else { return (RuleState::Undeclared, String::new()) };
    if score.partition != entry.phase.partition() {
        return (
            RuleState::Broken,
            format!("phase {} was scored on partition {}", entry.phase, score.partition),
        );
    }
    if score.signature.filter.is_some() {
        return (RuleState::Broken, "only rows that pass a filter were scored".to_owned());
    }
    if score.problems.missing > 0 {
        return (
            RuleState::Broken,
            format!(
                "{} rows have no prediction and count as wrong",
                massive_data::grouped(score.problems.missing)
            ),
        );
    }
    (RuleState::Kept, format!("every row of partition {} is predicted", score.partition))
}

fn training_rows(entry: &Entry) -> (RuleState, String) {
    let what = "trained on rows of dev, test or the held-out set";
    match entry.trained_on_evaluation_rows {
        Some(false) => (RuleState::Kept, format!("declared: not {what}")),
        Some(true) => (RuleState::Broken, format!("declared: {what}")),
        None => (RuleState::Undeclared, format!("it is not declared whether it was {what}")),
    }
}
