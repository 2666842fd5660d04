//! What a model reads and writes.

use std::borrow::Cow;
use std::fmt;

use massive_data::{OTHER, words};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The text of a text-to-text model, in every form that the reference has.
///
/// The options are those of the reference under names of their own, so that
/// only what can be written can be said; [`ReferenceOptions`] has its names.
///
/// ```
/// use massive_models::text_to_text::{Format, Inside, IntentPlace};
///
/// let format = Format { inside: Inside::Inside, intent: IntentPlace::First, ..Format::default() };
/// let words = ["wake", "me", "at", "five", "am"];
/// let labels = ["Other", "Other", "Other", "time", "time"];
/// assert_eq!(format.input(&words).join(" "), "Annotate: wake me at five am");
/// assert_eq!(format.target(&words, &labels, "alarm_set")?, "alarm_set Other Other Other time I");
/// # Ok::<(), massive_models::Error>(())
/// ```
///
/// [`ReferenceOptions`]: super::ReferenceOptions
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Format {
    /// What stands before the utterance as a word of its own, if anything.
    pub prompt: Option<String>,
    /// What the output holds besides the labels.
    pub layout: Layout,
    /// Where the output has its intent.
    pub intent: IntentPlace,
    /// Whether the parts of the output are announced, as by `intent:`.
    pub descriptions: bool,
    /// How the second and further words of a slot are labelled.
    pub inside: Inside,
    /// The label of words outside every slot.
    pub outside: OutsideLabel,
}

impl Default for Format {
    /// The reference's defaults.
    fn default() -> Self {
        Format {
            prompt: Some("Annotate:".to_owned()),
            layout: Layout::default(),
            intent: IntentPlace::default(),
            descriptions: false,
            inside: Inside::default(),
            outside: OutsideLabel::default(),
        }
    }
}

/// What an output holds besides the labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Nothing: one label a word.
    #[default]
    Labels,
    /// All words, then all labels.
    WordsThenLabels,
    /// Each word with its label behind it.
    WordsWithLabels,
    /// A sentinel in place of each word, with its label behind it; in the input
    /// each word has the same sentinel before it.
    Sentinels,
}

/// Where an output has its intent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentPlace {
    /// Before everything else.
    First,
    /// After everything else.
    #[default]
    Last,
}

/// How the second and further words of a slot are labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Inside {
    /// As the first: `date date date`.
    #[default]
    SlotName,
    /// With a mark before the name: `date I-date I-date`.
    InsideSlotName,
    /// With the mark alone: `date I I`.
    Inside,
}

/// The label of words outside every slot: one word, `Other` by default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OutsideLabel(String);

impl OutsideLabel {
    /// This label.
    ///
    /// # Errors
    /// White space in it, or nothing at all: an output could not be read back.
    pub fn new(label: impl Into<String>) -> Result<Self> {
        let label = label.into();
        if label.is_empty() || label.contains(words::is_space) {
            return Err(Error::request(format!(
                "the label of words outside slots is `{}`: expected one word",
                label.escape_debug()
            )));
        }
        Ok(OutsideLabel(label))
    }

    /// The label itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for OutsideLabel {
    fn default() -> Self {
        OutsideLabel(OTHER.to_owned())
    }
}

impl TryFrom<String> for OutsideLabel {
    type Error = Error;

    fn try_from(label: String) -> Result<Self> {
        OutsideLabel::new(label)
    }
}

impl From<OutsideLabel> for String {
    fn from(label: OutsideLabel) -> String {
        label.0
    }
}

impl fmt::Display for OutsideLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One of the pieces between spaces that make up an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// An announcement, as `intent:`.
    Description(&'static str),
    /// The word of this number.
    Word(usize),
    /// The sentinel of the word of this number.
    Sentinel(usize),
    /// The label of the word of this number.
    Label(usize),
    /// The intent.
    Intent,
}

/// The mark of the inside formats.
pub(super) const INSIDE: &str = "I";

/// The mark before a name.
pub(super) const INSIDE_PREFIX: &str = "I-";

/// The sentinel of the word of this number.
pub(super) fn sentinel(word: usize) -> String {
    format!("<extra_id_{word}>")
}

impl Format {
    /// What the model reads for these words, as words: prompt and sentinels are
    /// words of their own.
    pub fn input<'a>(&'a self, words: &[&'a str]) -> Vec<Cow<'a, str>> {
        let mut input = Vec::with_capacity(2 * words.len() + 1);
        input
            .extend(self.prompt.as_deref().map(str::trim).filter(|p| !p.is_empty()).map(Cow::from));
        for (number, &word) in words.iter().enumerate() {
            if self.layout == Layout::Sentinels {
                input.push(Cow::from(sentinel(number)));
            }
            input.push(Cow::from(word));
        }
        input
    }

    /// The pieces of the output for an utterance of this many words, in order.
    pub fn pieces(&self, words: usize) -> Vec<Piece> {
        let description = |text| self.descriptions.then_some(Piece::Description(text));
        let intent = description("intent:").into_iter().chain([Piece::Intent]);
        let mut pieces = Vec::with_capacity(2 * words + 4);
        if self.intent == IntentPlace::First {
            pieces.extend(intent.clone());
        }
        match self.layout {
            Layout::Labels => {
                pieces.extend(description("annotations:"));
                pieces.extend((0..words).map(Piece::Label));
            }
            Layout::WordsThenLabels => {
                pieces.extend(description("tokens:"));
                pieces.extend((0..words).map(Piece::Word));
                pieces.extend(description("annotations:"));
                pieces.extend((0..words).map(Piece::Label));
            }
            Layout::WordsWithLabels => {
                pieces.extend(description("annotation:"));
                pieces.extend((0..words).flat_map(|word| [Piece::Word(word), Piece::Label(word)]));
            }
            Layout::Sentinels => {
                pieces.extend(description("annotation:"));
                pieces.extend((0..words).flat_map(|w| [Piece::Sentinel(w), Piece::Label(w)]));
            }
        }
        if self.intent == IntentPlace::Last {
            pieces.extend(intent);
        }
        pieces
    }

    /// What the model is to write for words with these labels (one each, the
    /// outside label included) and this intent.
    ///
    /// # Errors
    /// Words and labels that differ in number.
    pub fn target(&self, words: &[&str], labels: &[&str], intent: &str) -> Result<String> {
        if words.len() != labels.len() {
            return Err(Error::request(format!(
                "{} words have {} labels: expected one label a word",
                words.len(),
                labels.len()
            )));
        }
        let mut target = String::new();
        for piece in self.pieces(words.len()) {
            if !target.is_empty() {
                target.push(' ');
            }
            match piece {
                Piece::Description(text) => target.push_str(text),
                Piece::Word(word) => target.push_str(words[word]),
                Piece::Sentinel(word) => target.push_str(&sentinel(word)),
                Piece::Label(word) => target.push_str(&self.written(labels, word)),
                Piece::Intent => target.push_str(intent),
            }
        }
        Ok(target)
    }

    /// The label of a word as this format writes it.
    fn written<'a>(&self, labels: &[&'a str], word: usize) -> Cow<'a, str> {
        let label = labels[word];
        let continues = label != self.outside.as_str() && word > 0 && labels[word - 1] == label;
        match self.inside {
            Inside::InsideSlotName if continues => Cow::from(format!("{INSIDE_PREFIX}{label}")),
            Inside::Inside if continues => Cow::from(INSIDE),
            _ => Cow::from(label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_needs_to_name_only_what_is_not_the_default() {
        assert_eq!(serde_json::from_str::<Format>("{}").unwrap(), Format::default());
        let format: Format = serde_json::from_str(
            r#"{"prompt": null, "layout": "words_with_labels", "intent": "first",
                "descriptions": true, "inside": "inside_slot_name", "outside": "O"}"#,
        )
        .unwrap();
        assert_eq!(format.layout, Layout::WordsWithLabels);
        assert_eq!(format.outside.as_str(), "O");
        let again = serde_json::to_string(&format).unwrap();
        assert_eq!(serde_json::from_str::<Format>(&again).unwrap(), format);
    }

    #[test]
    fn what_no_output_can_be_read_back_from_is_refused() {
        for text in [
            r#"{"outside": "no slot"}"#,
            r#"{"outside": ""}"#,
            r#"{"inside": "B"}"#,
            r#"{"sentinels": true}"#,
        ] {
            assert!(serde_json::from_str::<Format>(text).is_err(), "{text}");
        }
        let error = Format::default().target(&["a", "b"], &["Other"], "x").unwrap_err();
        assert_eq!(error.to_string(), "2 words have 1 labels: expected one label a word");
    }

    #[test]
    fn a_prompt_without_text_is_none() {
        let format = Format { prompt: Some("  ".to_owned()), ..Format::default() };
        assert_eq!(format.input(&["a"]), ["a"]);
    }
}
