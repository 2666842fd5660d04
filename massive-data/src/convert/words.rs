//! Words and labels, one JSON object a row.

use serde::Serialize;

use super::{Ends, Format, Output, TextWriter};
use crate::error::{Error, Result};
use crate::json::to_python_json;
use crate::selection::Detail;
use crate::table::name_of;
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// JSON lines with `id`, `locale`, `partition`, `words` and `labels`; `labels`
/// is `null` in a held-out row.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    /// How labels are derived.
    pub labels: LabelMode,
}

#[derive(Serialize)]
struct Row<'a> {
    id: String,
    locale: &'a str,
    partition: &'a str,
    words: Vec<&'a str>,
    labels: Option<Vec<&'a str>>,
}

impl Format for Words {
    type Row = String;
    type Writer<'w> = TextWriter<'w>;

    fn detail(&self) -> Detail {
        Detail::Labels
    }

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<String>> {
        let (words, labels) = match utterance.labelled_words(self.labels) {
            Some(labelled) => {
                let (words, labels) =
                    labelled.into_iter().map(|(word, label)| (word, name_of(label))).unzip();
                (words, Some(labels))
            }
            None => (utterance.words(), None),
        };
        let row = Row {
            id: utterance.id().to_string(),
            locale: utterance.locale().tag(),
            partition: utterance.partition().name(),
            words,
            labels,
        };
        to_python_json(&row).map(Some).map_err(Error::output)
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<TextWriter<'w>> {
        Ok(TextWriter::new(out, Ends::After))
    }
}
