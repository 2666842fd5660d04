//! Judgments as documents and sheets show them.

use massive_data::{Judgment, Utterance};
use serde::Serialize;

/// What a judge said.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ShownJudgment {
    pub(super) worker_id: String,
    pub(super) intent_score: u8,
    pub(super) slots_score: u8,
    pub(super) grammar_score: u8,
    pub(super) spelling_score: u8,
    pub(super) language_identification: Option<&'static str>,
}

impl ShownJudgment {
    /// What the judges of a row said; `None` for a row that is not judged at all.
    pub(super) fn all_of(utterance: &Utterance<'_>) -> Option<Vec<ShownJudgment>> {
        let review = utterance.gold()?.review.as_ref()?;
        Some(review.judgments.iter().map(ShownJudgment::of).collect())
    }

    fn of(judgment: &Judgment<'_>) -> ShownJudgment {
        ShownJudgment {
            worker_id: judgment.worker_id.to_string(),
            intent_score: judgment.intent_score,
            slots_score: judgment.slots_score,
            grammar_score: judgment.grammar_score,
            spelling_score: judgment.spelling_score,
            language_identification: judgment
                .language_identification
                .map(|language| language.name()),
        }
    }
}

/// The columns of judgments in a sheet, an item a judge in each cell.
pub(super) const JUDGED: [&str; 6] =
    ["judges", "intent_scores", "slots_scores", "grammar_scores", "spelling_scores", "languages"];

/// The cells of [`JUDGED`]: empty where nothing was judged.
pub(super) fn judged_cells(judgments: &[ShownJudgment]) -> [String; 6] {
    let cell = |item: &dyn Fn(&ShownJudgment) -> String| {
        judgments.iter().map(item).collect::<Vec<_>>().join(" ")
    };
    [
        cell(&|judgment| judgment.worker_id.clone()),
        cell(&|judgment| judgment.intent_score.to_string()),
        cell(&|judgment| judgment.slots_score.to_string()),
        cell(&|judgment| judgment.grammar_score.to_string()),
        cell(&|judgment| judgment.spelling_score.to_string()),
        cell(&|judgment| judgment.language_identification.unwrap_or("-").to_owned()),
    ]
}
