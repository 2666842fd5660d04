//! Two columns, word and BIO tag, as conlleval, seqeval and spaCy read them.

use super::{Ends, Format, Output, TextWriter};
use crate::error::Result;
use crate::labels::SlotName;
use crate::selection::Detail;
use crate::utterance::Utterance;
use crate::words::LabelMode;

/// A word and its tag a line, a blank line after each utterance. The first word
/// of a slot is tagged `B-name`, the others `I-name`, words in no slot `O`.
///
/// Rows without labels or words are left out.
#[derive(Debug, Clone, Copy)]
pub struct Conll {
    /// How labels are derived. Neighbouring words of one label are one slot, as
    /// in every score.
    pub labels: LabelMode,
    /// Whether comments before the words (`# id: 7`, `# locale: …`, `# partition: …`,
    /// `# intent: …`, `# text: …`) hold the rest, so that it can be read back.
    pub comments: bool,
}

impl Format for Conll {
    type Row = String;
    type Writer<'w> = TextWriter<'w>;

    fn detail(&self) -> Detail {
        Detail::Labels
    }

    fn prepare(&self, utterance: Utterance<'_>) -> Result<Option<String>> {
        let words = utterance.labelled_words(self.labels).filter(|words| !words.is_empty());
        Ok(words.map(|words| {
            let mut text = String::with_capacity(128 + 16 * words.len());
            if self.comments {
                push_comments(&mut text, &utterance);
            }
            let mut before = None;
            for (word, label) in words {
                push_line(&mut text, word, label, before);
                before = label;
            }
            text
        }))
    }

    fn writer<'w>(&self, out: Output<'w>) -> Result<TextWriter<'w>> {
        Ok(TextWriter::new(out, Ends::After))
    }
}

fn push_comments(text: &mut String, utterance: &Utterance<'_>) {
    let intent = utterance.gold().map(|gold| gold.intent.as_str());
    let (id, locale) = (utterance.id().to_string(), utterance.locale());
    for (key, value) in [
        ("id", Some(&*id)),
        ("locale", Some(locale.tag())),
        ("partition", Some(utterance.partition().name())),
        ("intent", intent.filter(|name| !name.is_empty())),
        ("text", Some(utterance.utt()).filter(|text| !text.contains('\n'))),
    ] {
        if let Some(value) = value {
            text.extend(["# ", key, ": ", value, "\n"]);
        }
    }
}

/// A word cannot hold white space, so one space separates the columns for every
/// reader.
fn push_line(text: &mut String, word: &str, label: Option<&SlotName>, before: Option<&SlotName>) {
    text.push_str(word);
    match label {
        None => text.push_str(" O"),
        Some(slot) => {
            text.push_str(if before == Some(slot) { " I-" } else { " B-" });
            text.push_str(slot.as_str());
        }
    }
    text.push('\n');
}
