//! The probabilities of intents on a line of predictions.

use std::borrow::Cow;

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::json_line::from_json;

/// The field, as `predict --scores --top-k` writes it.
#[derive(Deserialize)]
struct RawScores<'a> {
    #[serde(borrow, default)]
    pred_intent_scores: Vec<(Cow<'a, str>, f64)>,
}

/// Reads the probabilities of a line's intents, none if it has none.
///
/// # Errors
/// Something else than pairs of a name and a number, a number outside 0 to 1.
pub(super) fn parse_intent_scores(line: &str) -> Result<Vec<(Cow<'_, str>, f64)>> {
    if !line.contains("\"pred_intent_scores\"") {
        return Ok(Vec::new());
    }
    let scores = from_json::<RawScores<'_>>(line)?.pred_intent_scores;
    match scores.iter().find(|(_, score)| !(0.0..=1.0).contains(score)) {
        None => Ok(scores),
        Some((intent, score)) => Err(Error::line(format!(
            "pred_intent_scores: `{}` has {score}; a probability is from 0 to 1",
            intent.escape_debug()
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_pairs() {
        let scores = parse_intent_scores(
            r#"{"id": "1", "pred_intent_scores": [["alarm_set", 0.75], ["a\"b", 0.25]]}"#,
        );
        assert_eq!(scores.unwrap(), [("alarm_set".into(), 0.75), ("a\"b".into(), 0.25)]);
        assert_eq!(parse_intent_scores(r#"{"id": "1"}"#).unwrap(), []);
        for (line, message) in [
            (r#"{"pred_intent_scores": [["x", 1.5]]}"#, "`x` has 1.5"),
            (r#"{"pred_intent_scores": [["x"]]}"#, "invalid length 1"),
        ] {
            let error = parse_intent_scores(line).unwrap_err();
            assert!(error.message().contains(message), "{error}");
        }
    }
}
