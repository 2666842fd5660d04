//! What calls took, as a table and as a document.

use std::path::{Path, PathBuf};

use massive_eval::ScoreOptions;
use massive_lm::usage::{UsageBlock, UsagePart};
use serde_json::{Value, json};

use super::super::{score, submission};
use crate::args::{CheckFormat, CorpusArgs, Global, Missing, ScoringArgs};
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// Prints what calls took and, if asked for, the scores of their predictions.
pub(super) fn print(
    block: &UsageBlock,
    predictions: &Path,
    scored: Option<(&CorpusArgs, &ScoringArgs)>,
    format: CheckFormat,
    global: &Global,
) -> Result<()> {
    let document = scored
        .map(|(corpus, scoring)| {
            let paths = [PathBuf::from(predictions)];
            let missing = Missing::Error.into();
            let scored = score::evaluate(&paths, corpus, scoring.labels, missing, global)?;
            submission::warn_of_misread(None, &scored.misread, global);
            let options = ScoreOptions { interval: scoring.interval(), ..ScoreOptions::default() };
            Ok::<_, Failure>(scored.evaluation.document(&options))
        })
        .transpose()?;
    let scores =
        document.as_ref().map(serde_json::to_value).transpose().map_err(|error| {
            Failure::CannotRun(format!("the scores cannot be written: {error}"))
        })?;
    match format {
        CheckFormat::Json => {
            let value = match scores {
                // The block joins the score document that it belongs to.
                Some(mut scores) => {
                    scores["usage"] = json!(block);
                    scores
                }
                None => {
                    let mut value = json!(block);
                    value["format"] = json!("massive-llm-usage/1");
                    value
                }
            };
            output::print(&score::json(&value)?)
        }
        CheckFormat::Table => output::print(&table(block, scores.as_ref())),
    }
}

/// A line a locale: quality beside validity, time, tokens and cost.
fn table(block: &UsageBlock, scores: Option<&Value>) -> String {
    let mut header = vec![("locale".to_owned(), Align::Left), ("calls".to_owned(), Align::Right)];
    let mut columns: Vec<&str> = Vec::new();
    if scores.is_some() {
        columns.extend(["exact", "intent", "slot F1"]);
    }
    columns.extend(["valid %", "words %", "first ms p50", "p95", "total ms p50", "p95"]);
    columns.extend(["tok/s", "in", "out", "× en-US", "per 1,000"]);
    header.extend(columns.into_iter().map(|name| (name.to_owned(), Align::Right)));
    let mut table = TextTable::new(header);
    for (locale, part) in &block.locales {
        let scores = scores.map(|scores| &scores["locales"][locale]);
        table.push(line(locale, part, scores));
    }
    if block.locales.len() > 1 {
        table.push(line("all", &block.all, scores.map(|scores| &scores["all"])));
    }
    let mut out = table.plain();
    let (all, replies) = (&block.all, &block.all.replies);
    let counts: Vec<String> = replies
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    out.push_str(&format!("\nreplies: {}", counts.join(", ")));
    if all.unplaced > 0 {
        out.push_str(&format!("; slots whose words are not in the utterance: {}", all.unplaced));
    }
    if all.without_usage > 0 {
        out.push_str(&format!("; without a count of tokens, and no cost: {}", all.without_usage));
    }
    if let Some(cost) = all.cost {
        out.push_str(&format!("; cost: {cost:.6}"));
    }
    out.push('\n');
    out
}

fn line(name: &str, part: &UsagePart, scores: Option<&Value>) -> Vec<String> {
    let mut cells = vec![name.to_owned(), part.calls.to_string()];
    if let Some(scores) = scores {
        for metric in ["ex_match_acc", "intent_acc", "slot_micro_f1"] {
            let value = scores[metric]["value"].as_f64();
            cells.push(number(value.map(|value| 100.0 * value), 1));
        }
    }
    let counted = (part.calls - part.without_usage).max(1) as f64;
    let of = |sum: u64| (part.calls > part.without_usage).then(|| sum as f64 / counted);
    cells.extend([
        number(part.valid.map(|share| 100.0 * share), 1),
        number(part.words_preserved.map(|share| 100.0 * share), 1),
        number(part.first_ms.map(|value| value.p50), 0),
        number(part.first_ms.map(|value| value.p95), 0),
        number(part.total_ms.map(|value| value.p50), 0),
        number(part.total_ms.map(|value| value.p95), 0),
        number(part.output_speed.map(|value| value.p50), 0),
        number(of(part.input_tokens), 0),
        number(of(part.output_tokens), 0),
        number(part.tokens_to_english, 2),
        number(part.cost_per_1000, 4),
    ]);
    cells
}

/// A number, or a dash where there is none.
pub(super) fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}
