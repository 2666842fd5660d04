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
    /// True if brackets or colons stand among the words: see
    /// [`PredictedLabels::has_unread_slots`].
    pub marked: bool,
}

impl PredictedLabels<'_> {
    /// True if a bracket, or a pair of a label and a value such as `time: five am`,
    /// stands among the words and opened no slot. What the gold has, too, is text.
    pub fn has_unread_slots(&self, gold: &[&str]) -> bool {
        let Some(words) = self.words.as_ref().filter(|_| self.marked) else { return false };
        let words = words.iter().zip(&self.labels);
        has_marks(words.map(|(word, label)| (*word, label.is_some())), |word| gold.contains(&word))
    }
}

/// True if words, each with whether it is in a slot, hold what opens a slot in
/// some spelling.
pub(crate) fn has_marks<'w>(
    words: impl IntoIterator<Item = (&'w str, bool)>,
    is_text: impl Fn(&str) -> bool,
) -> bool {
    let mut before = "";
    words.into_iter().any(|(word, in_slot)| {
        let found = word.contains(is_bracket) || !in_slot && is_pair(word, before);
        before = word;
        found && !is_text(word)
    })
}

fn is_bracket(c: char) -> bool {
    matches!(c, '[' | '［' | '【')
}

fn is_colon(c: char) -> bool {
    matches!(c, ':' | '：')
}

/// True if a word ends a label, as `time:`, or is the colon after one.
fn is_pair(word: &str, before: &str) -> bool {
    let Some((label, _)) = word.split_once(is_colon) else { return false };
    let label = if label.is_empty() { before } else { label };
    label.starts_with(char::is_alphabetic)
        && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
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
    let (mut malformed, mut marked) = (false, false);
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
        marked |= piece.contains(|c| is_bracket(c) || is_colon(c));
        let closing = slot.as_ref().and_then(|_| piece.strip_suffix(']'));
        push_words(closing.unwrap_or(piece), segmentation, &mut words);
        labels.resize(words.len(), slot.clone().flatten());
        if closing.is_some() {
            slot = None;
        }
    }
    malformed |= slot.is_some();
    PredictedLabels { words: Some(words), labels, malformed, marked }
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
    fn slots_in_another_spelling_are_seen() {
        let gold = ["at", "5:30", "[sic]", "note:"];
        for (text, unread) in [
            ("at [time : five am]", false),
            ("at [time:five am]", true),
            ("at [time: five am]", true),
            ("at [five am](time)", true),
            ("at ［time：five am］", true),
            ("time: five am; date: today", true),
            ("time : five am", true),
            ("at five am", false),
            ("note: at 5:30 [sic]", false),
            ("at 6:30", false),
            ("[time : a : b]", false),
        ] {
            for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
                let read = read_annotation(text, segmentation);
                assert_eq!(read.has_unread_slots(&gold), unread, "{text}");
            }
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
