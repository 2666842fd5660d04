//! Words and their labels, as the reference implementation cuts them.
//!
//! Two label modes exist because the reference lets labels leak in the locales
//! that it splits into characters; see [`LabelMode`].

use std::fmt;
use std::str::FromStr;

use crate::annotation::Annotation;
use crate::error::{Error, Result};
use crate::labels::SlotName;
use crate::segmentation::Segmentation;
pub use crate::white_space::{ZERO_WIDTH, is_space, is_zero_width, split};

/// How gold labels are derived from an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum LabelMode {
    /// As the reference does, the only mode that compares with published
    /// scores: in ja-JP, zh-CN and zh-TW the label of a slot that ends in an
    /// ASCII piece leaks on to the words after it.
    #[default]
    Reference,
    /// A label ends where its bracket ends.
    Brackets,
}

impl LabelMode {
    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            LabelMode::Reference => "reference",
            LabelMode::Brackets => "brackets",
        }
    }
}

impl fmt::Display for LabelMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for LabelMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [LabelMode::Reference, LabelMode::Brackets]
            .into_iter()
            .find(|mode| mode.name() == name)
            .ok_or_else(|| {
                Error::request(format!(
                    "unknown label mode `{name}`: expected reference or brackets"
                ))
            })
    }
}

/// True if a piece of `text` between white space holds nothing but such
/// characters. Where text is cut into characters each of them is a word anyway.
pub(crate) fn has_invisible_word(text: &str) -> bool {
    split(text).any(|piece| piece.chars().all(is_zero_width))
}

/// The words of an utterance that has no annotation.
pub fn words(utt: &str, segmentation: Segmentation) -> Vec<&str> {
    let mut words = Vec::new();
    for piece in split(utt) {
        push_words(piece, segmentation, &mut words);
    }
    words
}

/// Appends the words of a piece without white space: itself, or its
/// characters where the locale is cut so and the piece is not all ASCII.
pub(crate) fn push_words<'a>(piece: &'a str, segmentation: Segmentation, words: &mut Vec<&'a str>) {
    match segmentation {
        Segmentation::Characters if !piece.is_ascii() => words.extend(characters(piece)),
        _ => words.push(piece),
    }
}

/// The characters (code points) of a string, as strings.
pub(crate) fn characters(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().map(|(at, c)| &text[at..at + c.len_utf8()])
}

/// A word and the slot that it is in, if any.
pub type LabelledWord<'a> = (&'a str, Option<&'a SlotName>);

/// The words of an annotation, each with its label.
pub(crate) fn labelled_words<'a>(
    annotation: &'a Annotation<'_>,
    segmentation: Segmentation,
    mode: LabelMode,
) -> Vec<LabelledWord<'a>> {
    let mut words = Vec::new();
    for_each_labelled_word(annotation, segmentation, mode, |word, label| words.push((word, label)));
    words
}

/// Hands every word of an annotation with its label to `take`.
pub(crate) fn for_each_labelled_word<'a>(
    annotation: &'a Annotation<'_>,
    segmentation: Segmentation,
    mode: LabelMode,
    mut take: impl FnMut(&'a str, Option<&'a SlotName>),
) {
    let mut slots = annotation.slots().map(|slot| slot.name);
    let mut label = None;
    let mut skip_colon = false;
    for piece in split(annotation.as_str()) {
        if piece.starts_with('[') {
            label = slots.next();
            skip_colon = true;
        } else if skip_colon {
            skip_colon = false;
        } else if segmentation == Segmentation::Characters && !piece.is_ascii() {
            for character in characters(piece) {
                match character {
                    "]" => label = None,
                    _ => take(character, label),
                }
            }
        } else if let Some(word) = piece.strip_suffix(']') {
            take(word, label);
            // The leak: an ASCII piece keeps its label in force.
            if segmentation == Segmentation::WhiteSpace || mode == LabelMode::Brackets {
                label = None;
            }
        } else {
            take(piece, label);
        }
    }
}

/// A slot over words: a maximal run of words with the same label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Chunk<L> {
    /// Index of the first word.
    pub first: usize,
    /// Index of the last word.
    pub last: usize,
    /// The label that all of its words have.
    pub label: L,
}

/// The chunks of a sequence of labels, `None` being a word outside every slot.
///
/// This is how the reference turns labels into entities, and conlleval's rule
/// for them: neighbouring slots of one label are one chunk.
///
/// ```
/// use massive_data::chunks;
///
/// let labels = [Some("date"), Some("date"), None, Some("time"), Some("date")];
/// let spans: Vec<_> = chunks(labels).map(|chunk| (chunk.label, chunk.first, chunk.last)).collect();
/// assert_eq!(spans, [("date", 0, 1), ("time", 3, 3), ("date", 4, 4)]);
/// ```
pub fn chunks<L: Copy + PartialEq>(
    labels: impl IntoIterator<Item = Option<L>>,
) -> impl Iterator<Item = Chunk<L>> {
    let mut open: Option<Chunk<L>> = None;
    let mut labels = labels.into_iter().enumerate();
    std::iter::from_fn(move || {
        for (index, label) in labels.by_ref() {
            match (&mut open, label) {
                (Some(chunk), Some(label)) if chunk.label == label => chunk.last = index,
                (_, label) => {
                    let next = label.map(|label| Chunk { first: index, last: index, label });
                    if let Some(done) = std::mem::replace(&mut open, next) {
                        return Some(done);
                    }
                }
            }
        }
        open.take()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::LabelPolicy;

    fn labelled(
        source: &str,
        segmentation: Segmentation,
        mode: LabelMode,
    ) -> Vec<(String, String)> {
        let annotation = Annotation::parse(source, LabelPolicy::Closed).unwrap();
        labelled_words(&annotation, segmentation, mode)
            .into_iter()
            .map(|(word, label)| {
                (word.to_owned(), label.map_or("-".to_owned(), ToString::to_string))
            })
            .collect()
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(word, label)| (word.to_string(), label.to_string())).collect()
    }

    #[test]
    fn labels_leak_in_reference_mode_only() {
        let source = "[media_type : b. b. c.] の [date : 今日] も";
        let reference = labelled(source, Segmentation::Characters, LabelMode::Reference);
        assert_eq!(
            reference,
            pairs(&[
                ("b.", "media_type"),
                ("b.", "media_type"),
                ("c.", "media_type"),
                ("の", "media_type"),
                ("今", "date"),
                ("日", "date"),
                ("も", "-"),
            ])
        );
        let brackets = labelled(source, Segmentation::Characters, LabelMode::Brackets);
        assert_eq!(brackets[3], ("の".to_owned(), "-".to_owned()));
        assert_eq!(brackets[4..], reference[4..]);
    }

    #[test]
    fn a_colon_in_the_text_is_a_word() {
        for segmentation in [Segmentation::WhiteSpace, Segmentation::Characters] {
            assert_eq!(
                labelled("a : [time : 5 : 30]", segmentation, LabelMode::Reference),
                pairs(&[("a", "-"), (":", "-"), ("5", "time"), (":", "time"), ("30", "time")])
            );
        }
    }

    #[test]
    fn mixed_pieces_split_into_characters() {
        assert_eq!(words("wifi bluetoothを", Segmentation::Characters).len(), 11);
    }
}
