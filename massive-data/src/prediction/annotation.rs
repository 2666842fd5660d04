//! Annotations as models write them.

use crate::labels::{OTHER, SlotName};
use crate::segmentation::Segmentation;
use crate::words::{push_words, split};

/// Words and their labels, read from a prediction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PredictedLabels<'a> {
    /// The words; `None` where only labels were given.
    pub words: Option<Vec<&'a str>>,
    /// A label a word.
    pub labels: Vec<Option<SlotName>>,
    /// True if a slot was opened inside a slot or never closed.
    pub malformed: bool,
}

/// Most annotations have no more words.
const USUAL_WORDS: usize = 16;

/// Reads an annotation as a model wrote it, whatever it is.
///
/// A piece `[x…` before a piece `:` opens a slot; inside a slot a piece that
/// ends in `]` closes it, and a lone `]` is an empty word; all other brackets
/// and colons are text. An opening inside a slot closes that slot first, and
/// one still open at the end ends there: both make the result `malformed`.
///
/// ```
/// use massive_data::{Segmentation, prediction::read_annotation};
///
/// let read = read_annotation("wake me at [time : five [date : today]", Segmentation::WhiteSpace);
/// assert_eq!(read.words.unwrap(), ["wake", "me", "at", "five", "today"]);
/// assert_eq!(read.labels[3].as_ref().unwrap().as_str(), "time");
/// assert!(read.malformed);
/// ```
pub fn read_annotation(text: &str, segmentation: Segmentation) -> PredictedLabels<'_> {
    let mut words = Vec::with_capacity(USUAL_WORDS);
    let mut labels: Vec<Option<SlotName>> = Vec::with_capacity(USUAL_WORDS);
    let mut malformed = false;
    // The label in force inside a slot, which may be `Other`.
    let mut slot: Option<Option<SlotName>> = None;
    let mut pieces = split(text).peekable();
    while let Some(piece) = pieces.next() {
        let name = piece.strip_prefix('[').filter(|name| !name.is_empty());
        if let Some(name) = name
            && pieces.next_if_eq(&":").is_some()
        {
            malformed |= slot.is_some();
            slot = Some(predicted_label(name));
            continue;
        }
        let closing = slot.as_ref().and_then(|_| piece.strip_suffix(']'));
        push_words(closing.unwrap_or(piece), segmentation, &mut words);
        labels.resize(words.len(), slot.clone().flatten());
        if closing.is_some() {
            slot = None;
        }
    }
    malformed |= slot.is_some();
    PredictedLabels { words: Some(words), labels, malformed }
}

/// The slot that a predicted label names: none for `Other` and `O`, `x` for
/// `B-x` and `I-x`.
pub fn predicted_label(name: &str) -> Option<SlotName> {
    if name == OTHER || name == "O" {
        return None;
    }
    let name = name.strip_prefix("B-").or_else(|| name.strip_prefix("I-")).unwrap_or(name);
    Some(SlotName::open(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, segmentation: Segmentation) -> (Vec<String>, Vec<String>, bool) {
        let read = read_annotation(text, segmentation);
        (
            read.words.unwrap().into_iter().map(str::to_owned).collect(),
            read.labels
                .iter()
                .map(|label| label.as_ref().map_or("-".into(), ToString::to_string))
                .collect(),
            read.malformed,
        )
    }

    #[test]
    fn predicted_annotations_are_read_whatever_they_are() {
        for (text, words, labels, malformed) in [
            ("", "", "", false),
            ("a [time : five am] b", "a|five|am|b", "-|time|time|-", false),
            ("[time : ]", "", "time", false),
            ("[time : a ] b", "a||b", "time|time|-", false),
            ("[time : a]]", "a]", "time", false),
            ("] [ : a : [b] x]", "]|[|:|a|:|[b]|x]", "-|-|-|-|-|-|-", false),
            ("[time a] [date", "[time|a]|[date", "-|-|-", false),
            ("[time : a [date : b] c", "a|b|c", "time|date|-", true),
            ("[time : a b", "a|b", "time|time", true),
            ("[time :", "", "", true),
            ("[Other : a] [B-time : b] [O : c]", "a|b|c", "-|time|-", false),
            ("[time : a : b]", "a|:|b", "time|time|time", false),
        ] {
            let (found, found_labels, found_malformed) = read(text, Segmentation::WhiteSpace);
            assert_eq!(found.join("|"), words, "{text}");
            assert_eq!(found_labels.join("|"), labels, "{text}");
            assert_eq!(found_malformed, malformed, "{text}");
        }
    }

    #[test]
    fn characters_are_words_unless_a_piece_is_ascii() {
        let (words, labels, _) =
            read("[media_type : b. 今日] は wifi 日]", Segmentation::Characters);
        assert_eq!(words.join("|"), "b.|今|日|は|wifi|日|]");
        assert_eq!(labels.join("|"), "media_type|media_type|media_type|-|-|-|-");
    }

    proptest! {
        #[test]
        fn a_word_has_a_label(text in r"[\[\]: a-c日]{0,24}") {
            for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
                let read = read_annotation(&text, segmentation);
                prop_assert_eq!(read.words.unwrap().len(), read.labels.len());
            }
        }
    }
}
