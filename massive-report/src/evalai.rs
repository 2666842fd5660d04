//! The score document as an evaluation script of EvalAI returns it.
//!
//! EvalAI calls `evaluate(test_annotation_file, user_submission_file,
//! phase_codename, **kwargs)` and puts into its leaderboard what that returns:
//! an object whose `result` lists one object a dataset split, by the split's
//! code name, with a number for each label of the leaderboard's schema
//! (EvalAI's documentation, "Writing Evaluation Script").

use std::collections::BTreeMap;

use serde::Serialize;

use massive_eval::document::ScoreDocument;
use massive_eval::error::{Error, Result};
use massive_eval::metrics::Metric;

/// What an evaluation script returns.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EvalAiResult {
    /// One object a dataset split.
    pub result: Vec<BTreeMap<String, BTreeMap<String, f64>>>,
}

/// The scores for one dataset split, as fractions: the metrics on all
/// utterances by their names, their means over locales after `macro_`, and
/// exact match by locale after `ex_match_acc_`.
///
/// # Errors
/// A metric without a value: EvalAI has no place for that.
pub fn result(document: &ScoreDocument, split: &str) -> Result<EvalAiResult> {
    let mut scores = BTreeMap::new();
    for metric in Metric::PAPER {
        let value = |value: Option<massive_eval::document::MetricValue>| {
            value.map(|value| value.value).ok_or_else(|| {
                Error::request(format!(
                    "{metric} has no value, and EvalAI takes numbers only; predict intents and \
                     slots"
                ))
            })
        };
        scores.insert(metric.name().to_owned(), value(document.all.metric(metric))?);
        scores.insert(format!("macro_{metric}"), value(document.macro_.metric(metric))?);
    }
    for (tag, locale) in &document.locales {
        if let Some(value) = locale.metric(Metric::ExactMatch) {
            scores.insert(format!("{}_{tag}", Metric::ExactMatch), value.value);
        }
    }
    Ok(EvalAiResult { result: vec![BTreeMap::from([(split.to_owned(), scores)])] })
}
