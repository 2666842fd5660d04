//! One flat row an utterance, for spreadsheets.

use super::{Ends, Format, Output, RowWriter, TextWriter};
use crate::error::{Error, Result};
use crate::table::name_of;
use crate::utterance::{JudgedLanguage, Judgment, Utterance};
use crate::words::LabelMode;

/// CSV with a header. What is a list in the corpus is one field with its items
/// separated by spaces: `words`, `labels` (one a word), `slot_methods`
/// (`slot:method`) and, one item a judge, the judgments.
#[derive(Debug, Clone, Copy)]
pub struct Csv {
    /// How labels are derived.
    pub labels: LabelMode,
}

const HEADER: [&str; 17] = [
    "id",
    "locale",
    "partition",
    "scenario",
    "intent",
    "utt",
    "annot_utt",
    "worker_id",
    "words",
    "labels",
    "slot_methods",
    "judges",
    "intent_scores",
    "slots_scores",
    "grammar_scores",
    "spelling_scores",
    "languages",
];

/// The language of a judgment that lacks it.
const NO_LANGUAGE: &str = "-";

impl Format for Csv {
    type Row = String;
    type Writer<'w> = TextWriter<'w>;

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<String>> {
        let gold = utterance.gold();
        let (words, labels): (Vec<&str>, Vec<&str>) = match utterance.labelled_words(self.labels) {
            Some(labelled) => {
                labelled.into_iter().map(|(word, label)| (word, name_of(label))).unzip()
            }
            None => (utterance.words(), Vec::new()),
        };
        let review = gold.and_then(|gold| gold.review.as_ref());
        let methods = review.map_or(&[][..], |review| &review.slot_methods);
        let judgments = review.map_or(&[][..], |review| &review.judgments);
        let judged = |item: fn(&Judgment<'_>) -> String| {
            judgments.iter().map(item).collect::<Vec<_>>().join(" ")
        };
        let methods: Vec<String> =
            methods.iter().map(|method| format!("{}:{}", method.slot, method.method)).collect();
        line([
            &utterance.id().to_string(),
            utterance.locale().tag(),
            utterance.partition().name(),
            gold.map_or("", |gold| gold.scenario.as_str()),
            gold.map_or("", |gold| gold.intent.as_str()),
            utterance.utt(),
            gold.map_or("", |gold| gold.annotation.as_str()),
            utterance.worker_id(),
            &words.join(" "),
            &labels.join(" "),
            &methods.join(" "),
            &judged(|judgment| judgment.worker_id.clone().into_owned()),
            &judged(|judgment| judgment.intent_score.to_string()),
            &judged(|judgment| judgment.slots_score.to_string()),
            &judged(|judgment| judgment.grammar_score.to_string()),
            &judged(|judgment| judgment.spelling_score.to_string()),
            &judged(|judgment| {
                let language = judgment.language_identification;
                language.map_or(NO_LANGUAGE, JudgedLanguage::name).to_owned()
            }),
        ])
        .map(Some)
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<TextWriter<'w>> {
        let mut writer = TextWriter::new(out, Ends::After);
        writer.write(line(HEADER)?)?;
        Ok(writer)
    }
}

/// A line of CSV without its line break.
fn line(fields: [&str; HEADER.len()]) -> Result<String> {
    let mut writer = csv::WriterBuilder::new().buffer_capacity(1 << 10).from_writer(Vec::new());
    writer.write_record(fields).map_err(Error::output)?;
    let mut bytes = writer.into_inner().map_err(|error| Error::output(error.into_error()))?;
    bytes.truncate(bytes.len().saturating_sub(1));
    String::from_utf8(bytes).map_err(Error::output)
}
