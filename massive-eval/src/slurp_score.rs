//! Scoring predictions in SLURP's own form against SLURP's own gold. The schema
//! is `schemas/slurp-score.schema.json`.

use std::collections::HashMap;

use massive_data::slurp::{SlurpGold, SlurpKey, SlurpPrediction};
use serde::{Deserialize, Serialize};

use crate::document::Tool;
use crate::evaluation::MissingRows;
use crate::slu_f1::{LabelScores, SlurpCounts};

/// The format that this version writes.
pub const FORMAT: &str = "massive-slurp-score/1";

/// The figures of SLURP's own evaluation. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SlurpDocument {
    /// [`FORMAT`].
    pub format: String,
    /// What wrote it.
    pub tool: Tool,
    /// Utterances, or recordings of them, that were scored.
    pub utterances: u64,
    /// Those without a prediction, counted as wrong or left out.
    pub missing: u64,
    /// What was done about them: `error`, `wrong` or `intersect`.
    #[serde(default)]
    pub missing_rows: String,
    /// F1 of scenarios.
    pub scenario: LabelScores,
    /// F1 of actions.
    pub action: LabelScores,
    /// F1 of intents, scenario and action together.
    pub intent: LabelScores,
    /// F1 of slots with equal words.
    pub entities: LabelScores,
    /// F1 of slots by the distance of their words.
    pub entities_word: LabelScores,
    /// F1 of slots by the distance of their characters.
    pub entities_char: LabelScores,
    /// SLU-F1, of the sums of the two before.
    pub slu_f1: LabelScores,
}

impl SlurpDocument {
    /// The figures of counts, without what they were counted of.
    fn of(counts: &SlurpCounts) -> SlurpDocument {
        SlurpDocument {
            format: FORMAT.to_owned(),
            tool: Tool::this(),
            utterances: 0,
            missing: 0,
            missing_rows: String::new(),
            scenario: counts.scenario.scores(),
            action: counts.action.scores(),
            intent: counts.intent.scores(),
            entities: counts.slots.exact.scores(),
            entities_word: counts.slots.word.scores(),
            entities_char: counts.slots.char.scores(),
            slu_f1: counts.slots.slu().scores(),
        }
    }

    /// The blocks with their names in the document and for a reader.
    pub fn blocks(&self) -> [(&'static str, &'static str, &LabelScores); 7] {
        [
            ("scenario", "scenario", &self.scenario),
            ("action", "action", &self.action),
            ("intent", "intent", &self.intent),
            ("entities", "slots, equal words", &self.entities),
            ("entities_word", "slots, word distance", &self.entities_word),
            ("entities_char", "slots, character distance", &self.entities_char),
            ("slu_f1", "SLU-F1", &self.slu_f1),
        ]
    }
}

/// A scored system, with what does not fit.
#[derive(Debug)]
pub struct SlurpEvaluation {
    /// The figures.
    pub document: SlurpDocument,
    /// Gold without a prediction.
    pub missing: Vec<String>,
    /// Predictions of what the gold does not have.
    pub unknown: Vec<String>,
    /// What is predicted more than once.
    pub duplicate: Vec<String>,
    /// What is in the gold more than once.
    pub duplicate_gold: Vec<String>,
}

/// Scores predictions by utterance or, if any names one, by recording.
///
/// Missing ones count as wrong in everything: nothing of them is found. With
/// [`MissingRows::LeftOut`] they are left out of all counts, as SLURP's code does.
pub fn score(
    gold: &[SlurpGold],
    predictions: &[SlurpPrediction],
    missing_rows: MissingRows,
) -> SlurpEvaluation {
    let (mut duplicate, mut duplicate_gold) = (Vec::new(), Vec::new());
    let mut by_key: HashMap<&SlurpKey, &SlurpPrediction> = HashMap::new();
    for prediction in predictions {
        if by_key.insert(&prediction.key, prediction).is_some() {
            duplicate.push(name(&prediction.key));
        }
    }
    let by_recording = predictions.iter().any(|p| matches!(p.key, SlurpKey::Recording(_)));
    let keys = |row: &SlurpGold| -> Vec<SlurpKey> {
        if by_recording {
            row.recordings.iter().cloned().map(SlurpKey::Recording).collect()
        } else {
            vec![SlurpKey::Id(row.id.clone())]
        }
    };
    let mut counts = SlurpCounts::default();
    let mut missing = Vec::new();
    let mut known = std::collections::HashSet::new();
    for row in gold {
        for key in keys(row) {
            match by_key.get(&key) {
                Some(prediction) => counts.add(&row.frame, &prediction.frame),
                None => {
                    missing.push(name(&key));
                    if missing_rows != MissingRows::LeftOut {
                        counts.add_missing(&row.frame);
                    }
                }
            }
            if let Some(twice) = known.replace(key) {
                duplicate_gold.push(name(&twice));
            }
        }
    }
    let unknown = predictions
        .iter()
        .map(|prediction| &prediction.key)
        .filter(|key| !known.contains(*key))
        .map(name)
        .collect();
    let left_out = if missing_rows == MissingRows::LeftOut { missing.len() } else { 0 };
    let document = SlurpDocument {
        utterances: (known.len() - left_out) as u64,
        missing_rows: missing_rows.name().to_owned(),
        missing: missing.len() as u64,
        ..SlurpDocument::of(&counts)
    };
    SlurpEvaluation { document, missing, unknown, duplicate, duplicate_gold }
}

fn name(key: &SlurpKey) -> String {
    match key {
        SlurpKey::Id(id) => format!("slurp_id {id}"),
        SlurpKey::Recording(file) => format!("file {file}"),
    }
}
