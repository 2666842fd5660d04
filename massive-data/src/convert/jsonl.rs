//! JSON lines, byte for byte as in the release.

use serde::Serialize;

use super::{Ends, Format, Output, TextWriter};
use crate::error::{Error, Result};
use crate::json::{Escapes, to_python_json_with};
use crate::locale::Locale;
use crate::utterance::{JudgedLanguage, Utterance};

/// JSON lines, each row as the release writes it.
#[derive(Debug, Clone, Copy)]
pub struct Jsonl {
    /// Whether the file ends with a line break. The release's files, one a
    /// locale, do not; two of them joined by `cat` have two objects on one line.
    pub final_line_break: bool,
}

impl Format for Jsonl {
    type Row = String;
    type Writer<'w> = TextWriter<'w>;

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<String>> {
        json_line(&utterance).map(Some)
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<TextWriter<'w>> {
        let ends = if self.final_line_break { Ends::After } else { Ends::Between };
        Ok(TextWriter::new(out, ends))
    }
}

/// The row as the release writes it, without a line break: Python's separators,
/// ca-ES in ASCII with escapes, all other locales in UTF-8.
///
/// ```
/// use massive_data::{Locale, Partition, Utterance, UtteranceId, convert::json_line};
///
/// let row = |locale| {
///     let utterance =
///         Utterance::unlabelled(UtteranceId::from(7), locale, Partition::HeldOut, "què", "3");
///     json_line(&utterance)
/// };
/// assert_eq!(
///     row(Locale::CA_ES)?,
///     r#"{"id": "7", "locale": "ca-ES", "partition": "MMNLU-22", "utt": "qu\u00e8", "worker_id": "3"}"#
/// );
/// assert!(row(Locale::ES_ES)?.contains("què"));
/// # Ok::<(), massive_data::Error>(())
/// ```
///
/// # Errors
/// None that a caller can cause.
pub fn json_line(utterance: &Utterance<'_>) -> Result<String> {
    let escapes = match utterance.locale() {
        Locale::CA_ES => Escapes::Ascii,
        _ => Escapes::Raw,
    };
    to_python_json_with(&Row::from(utterance), escapes).map_err(Error::output)
}

/// A row, its keys in the order of the files.
#[derive(Serialize)]
struct Row<'a> {
    id: String,
    locale: &'a str,
    partition: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intent: Option<&'a str>,
    utt: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    annot_utt: Option<&'a str>,
    worker_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_method: Option<Vec<Method<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    judgments: Option<Vec<Judgment<'a>>>,
}

#[derive(Serialize)]
struct Method<'a> {
    slot: &'a str,
    method: &'a str,
}

#[derive(Serialize)]
struct Judgment<'a> {
    worker_id: &'a str,
    intent_score: u8,
    slots_score: u8,
    grammar_score: u8,
    spelling_score: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    language_identification: Option<&'a str>,
}

impl<'a> From<&'a Utterance<'_>> for Row<'a> {
    fn from(utterance: &'a Utterance<'_>) -> Self {
        let gold = utterance.gold();
        let review = gold.and_then(|gold| gold.review.as_ref());
        let methods = |review: &'a crate::utterance::Review<'_>| {
            let methods = review.slot_methods.iter();
            methods
                .map(|method| Method { slot: method.slot.as_str(), method: method.method.name() })
                .collect()
        };
        Row {
            id: utterance.id().to_string(),
            locale: utterance.locale().tag(),
            partition: utterance.partition().name(),
            scenario: gold.map(|gold| gold.scenario.as_str()),
            intent: gold.map(|gold| gold.intent.as_str()),
            utt: utterance.utt(),
            annot_utt: gold.map(|gold| gold.annotation.as_str()),
            worker_id: utterance.worker_id(),
            slot_method: review.map(methods),
            judgments: review.map(|review| review.judgments.iter().map(Judgment::from).collect()),
        }
    }
}

impl<'a> From<&'a crate::utterance::Judgment<'_>> for Judgment<'a> {
    fn from(judgment: &'a crate::utterance::Judgment<'_>) -> Self {
        Judgment {
            worker_id: &judgment.worker_id,
            intent_score: judgment.intent_score,
            slots_score: judgment.slots_score,
            grammar_score: judgment.grammar_score,
            spelling_score: judgment.spelling_score,
            language_identification: judgment.language_identification.map(JudgedLanguage::name),
        }
    }
}
