//! The inline slot annotation, `[time : five am]`.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use memchr::memchr2;
use smallvec::SmallVec;
use unicode_segmentation::UnicodeSegmentation;

use crate::labels::{LabelPolicy, OTHER, SlotName};
use crate::white_space::is_space;

/// An utterance with its slots written inline.
///
/// The syntax is that of the release: `[name : value]`, one space on both
/// sides of the colon, white space or the end of the text on both outer sides
/// of the brackets, never nested, empty or unbalanced.
///
/// ```
/// use massive_data::{Annotation, LabelPolicy};
///
/// let annotation = Annotation::parse("wake me at [time : five am]", LabelPolicy::Closed)?;
/// assert_eq!(annotation.text(), "wake me at five am");
/// let slot = annotation.slots().next().unwrap();
/// assert_eq!((slot.name.as_str(), slot.value, slot.span), ("time", "five am", 11..18));
/// assert_eq!(annotation.to_string(), "wake me at [time : five am]");
/// # Ok::<(), massive_data::AnnotationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation<'a> {
    source: Cow<'a, str>,
    slots: SmallVec<[Bracket; 3]>,
}

/// A slot by its place in the annotated source.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bracket {
    name: SlotName,
    /// Byte at which `[` stands.
    open: usize,
    /// First byte of the value.
    start: usize,
    /// Byte at which `]` stands.
    close: usize,
}

impl Bracket {
    /// Bytes of syntax before the value and after it.
    fn syntax(&self) -> usize {
        self.start - self.open + 1
    }
}

/// A slot of an annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot<'a> {
    /// Its name.
    pub name: &'a SlotName,
    /// The annotated words.
    pub value: &'a str,
    /// Where the value stands in [`Annotation::text`], in bytes.
    pub span: Range<usize>,
}

/// What is wrong with an annotation, and at which character of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationError {
    message: String,
    offset: usize,
    column: usize,
}

impl AnnotationError {
    fn new(source: &str, offset: usize, message: impl Into<String>) -> Self {
        let column = source[..offset].chars().count() + 1;
        AnnotationError { message: message.into(), offset, column }
    }

    /// The character of the annotation at fault, from 1.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The byte of the annotation at fault, from 0.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// The text without the column.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for AnnotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at character {} of the annotation", self.message, self.column)
    }
}

impl std::error::Error for AnnotationError {}

impl<'a> Annotation<'a> {
    /// Reads an annotation.
    ///
    /// # Errors
    /// Whatever breaks the syntax above, a slot named `Other`, and, under a
    /// closed policy, a slot name that the release does not have.
    pub fn parse(
        source: impl Into<Cow<'a, str>>,
        policy: LabelPolicy,
    ) -> Result<Self, AnnotationError> {
        let source = source.into();
        let mut slots = SmallVec::new();
        let mut from = 0;
        while let Some(found) = memchr2(b'[', b']', &source.as_bytes()[from..]) {
            let bracket = parse_slot(&source, from + found, policy)?;
            from = bracket.close + 1;
            slots.push(bracket);
        }
        Ok(Annotation { source, slots })
    }

    /// Writes slots into a text.
    ///
    /// `slots` are names with byte spans in `text`, in ascending order.
    ///
    /// # Errors
    /// A text or name that the syntax cannot carry (brackets, white space at
    /// the edge of a slot or none outside it), spans that overlap, are empty,
    /// out of order, out of bounds or inside a character.
    pub fn from_spans(
        text: &str,
        slots: &[(SlotName, Range<usize>)],
    ) -> Result<Annotation<'static>, AnnotationError> {
        let mut source = String::with_capacity(text.len() + 16 * slots.len());
        let mut end = 0;
        for (name, span) in slots {
            let wrong = |message: &str| AnnotationError::new(text, end, message);
            if span.start < end {
                return Err(wrong("slots overlap or are out of order"));
            }
            let (Some(before), Some(value)) = (text.get(end..span.start), text.get(span.clone()))
            else {
                return Err(wrong("a slot reaches over the end of the text or cuts a character"));
            };
            source.push_str(before);
            source.extend(["[", name.as_str(), " : ", value, "]"]);
            end = span.end;
        }
        source.push_str(&text[end..]);
        let annotation = Annotation::parse(source, LabelPolicy::Open)?;
        // Brackets in the text would have been read as syntax.
        if annotation.slots.len() != slots.len() {
            return Err(AnnotationError::new(text, 0, "the text holds brackets"));
        }
        Ok(annotation)
    }

    /// The annotation as written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The text without its brackets.
    pub fn text(&self) -> Cow<'_, str> {
        if self.slots.is_empty() {
            return Cow::Borrowed(&self.source);
        }
        Cow::Owned(self.pieces().collect())
    }

    /// The text in pieces: before the first slot, its value, and so on.
    fn pieces(&self) -> impl Iterator<Item = &str> {
        let mut from = 0;
        let inner = self.slots.iter().flat_map(move |slot| {
            let before = &self.source[from..slot.open];
            from = slot.close + 1;
            [before, &self.source[slot.start..slot.close]]
        });
        let last = self.slots.last().map_or(0, |slot| slot.close + 1);
        inner.chain(std::iter::once(&self.source[last..]))
    }

    /// The slots, in the order of the text.
    pub fn slots(&self) -> impl ExactSizeIterator<Item = Slot<'_>> {
        let mut syntax = 0;
        self.slots.iter().map(move |bracket| {
            let start = bracket.start - (syntax + bracket.syntax() - 1);
            syntax += bracket.syntax();
            let value = &self.source[bracket.start..bracket.close];
            Slot { name: &bracket.name, value, span: start..start + value.len() }
        })
    }

    /// Whether the text without brackets is exactly `utt`.
    pub(crate) fn is_exactly(&self, utt: &str) -> bool {
        let mut rest = utt;
        for piece in self.pieces() {
            match rest.strip_prefix(piece) {
                Some(after) => rest = after,
                None => return false,
            }
        }
        rest.is_empty()
    }

    /// The byte span in `utt` of each slot, where `utt` and the text agree
    /// once white space is left out; otherwise the byte of the first
    /// disagreement in `utt` (its length if it ends early).
    pub(crate) fn align(&self, utt: &str) -> Result<SmallVec<[Range<usize>; 3]>, usize> {
        let mut spans = SmallVec::new();
        let mut rest = utt.char_indices().filter(|&(_, c)| !is_space(c));
        for (index, piece) in self.pieces().enumerate() {
            let mut span: Option<Range<usize>> = None;
            for expected in piece.chars().filter(|&c| !is_space(c)) {
                match rest.next() {
                    Some((at, found)) if found == expected => {
                        span.get_or_insert(at..at).end = at + found.len_utf8();
                    }
                    Some((at, _)) => return Err(at),
                    None => return Err(utt.len()),
                }
            }
            // Pieces alternate: text, slot, text, slot, …, text.
            if index % 2 == 1 {
                spans.push(span.unwrap_or(0..0));
            }
        }
        match rest.next() {
            Some((at, _)) => Err(at),
            None => Ok(spans),
        }
    }

    /// The same annotation, owning its text.
    pub fn into_owned(self) -> Annotation<'static> {
        Annotation { source: Cow::Owned(self.source.into_owned()), slots: self.slots }
    }
}

impl fmt::Display for Annotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

fn parse_slot(source: &str, open: usize, policy: LabelPolicy) -> Result<Bracket, AnnotationError> {
    let error = |offset, message: &str| Err(AnnotationError::new(source, offset, message));
    if source.as_bytes()[open] == b']' {
        return error(open, "`]` without `[`");
    }
    if source[..open].chars().next_back().is_some_and(|c| !is_space(c)) {
        return error(open, "no white space before `[`");
    }
    let rest = &source[open + 1..];
    let name = slot_name(rest);
    if name.is_empty() {
        return error(open + 1, "a slot without a name; expected `[name : value]`");
    }
    if name == OTHER {
        return error(open + 1, "`Other` means no slot and cannot be the name of one");
    }
    let after = open + 1 + name.len();
    if !source[after..].starts_with(" : ") {
        return error(after, "expected ` : ` after the slot's name, as in `[name : value]`");
    }
    let start = after + 3;
    let Some(found) = memchr2(b'[', b']', &source.as_bytes()[start..]) else {
        return error(open, "`[` without `]`");
    };
    let close = start + found;
    if source.as_bytes()[close] == b'[' {
        return error(close, "a slot inside a slot");
    }
    let value = &source[start..close];
    if value.is_empty() {
        return error(start, "a slot without words");
    }
    if value.starts_with(is_space) || value.ends_with(is_space) {
        return error(start, "white space between a slot's words and its brackets");
    }
    if source[close + 1..].chars().next().is_some_and(|c| !is_space(c)) {
        return error(close + 1, "no white space after `]`");
    }
    let name = SlotName::parse(name, policy)
        .map_err(|unknown| AnnotationError::new(source, open + 1, unknown.to_string()))?;
    Ok(Bracket { name, open, start, close })
}

/// The name with which `rest` starts: all before white space or syntax.
fn slot_name(rest: &str) -> &str {
    // The names of the release are of these letters and end before a space.
    let plain = rest.bytes().take_while(|byte| matches!(byte, b'a'..=b'z' | b'_')).count();
    if rest.as_bytes().get(plain) == Some(&b' ') {
        return &rest[..plain];
    }
    &rest[..rest.find(|c: char| is_space(c) || "[]:".contains(c)).unwrap_or(rest.len())]
}

/// A byte span of `text` in extended grapheme clusters (Unicode Standard
/// Annex 29), the unit that a reader sees as one character.
///
/// A cluster that the span's edge cuts counts to the span.
///
/// ```
/// // Four letters of Devanagari are the one cluster of the first word.
/// assert_eq!(massive_data::grapheme_span("क्या हाल", 13..22), 2..4);
/// ```
pub fn grapheme_span(text: &str, span: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (0, 0);
    for (at, cluster) in text.grapheme_indices(true) {
        if at + cluster.len() <= span.start {
            start += 1;
        }
        if at < span.end {
            end += 1;
        }
    }
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(source: &str) -> Result<Annotation<'_>, AnnotationError> {
        Annotation::parse(source, LabelPolicy::Open)
    }

    #[test]
    fn every_malformed_annotation_names_its_column() {
        for (source, column, message) in [
            ("é ]", 3, "`]` without `[`"),
            ("é[time : x]", 2, "no white space before `[`"),
            ("é [time : x", 3, "`[` without `]`"),
            ("é [time : x [date : y]]", 13, "a slot inside a slot"),
            ("[time x]", 6, "expected ` : `"),
            ("[time: x]", 6, "expected ` : `"),
            ("[time :x]", 6, "expected ` : `"),
            ("[time]", 6, "expected ` : `"),
            ("[", 2, "a slot without a name"),
            ("[ : x]", 2, "a slot without a name"),
            ("[time : ]", 9, "a slot without words"),
            ("[time :  x]", 9, "white space between"),
            ("[time : x ]", 9, "white space between"),
            ("[time : x]é", 11, "no white space after `]`"),
            ("[Other : x]", 2, "`Other` means no slot"),
        ] {
            let error = parse(source).unwrap_err();
            assert_eq!(error.column(), column, "{source}: {error}");
            assert!(error.message().starts_with(message), "{source}: {error}");
        }
        let error = Annotation::parse("[tyme : x]", LabelPolicy::Closed).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown slot `tyme`: did you mean time? at character 2 of the annotation"
        );
    }

    #[test]
    fn spans_are_those_of_the_text() {
        let annotation = parse("[date : dieser] um [time : fünf uhr] auf").unwrap();
        let text = annotation.text();
        assert_eq!(text, "dieser um fünf uhr auf");
        for slot in annotation.slots() {
            assert_eq!(&text[slot.span.clone()], slot.value);
        }
        assert!(annotation.is_exactly(&text));
        assert!(!annotation.is_exactly("dieser um fünf uhr"));
    }

    #[test]
    fn alignment_skips_white_space_on_both_sides() {
        let annotation = parse("[time : 五 時] に起こ して").unwrap();
        assert_eq!(annotation.align("五時に 起こして").unwrap().first(), Some(&(0..6)));
        assert_eq!(annotation.align("五時に起きて"), Err(12));
        assert_eq!(annotation.align("五時"), Err(6));
    }

    #[test]
    fn grapheme_spans_count_clusters() {
        // A base letter with a combining mark is one cluster.
        assert_eq!(grapheme_span("e\u{301}a", 3..4), 1..2);
        assert_eq!(grapheme_span("abc", 1..1), 1..1);
        assert_eq!(grapheme_span("", 0..0), 0..0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused_without_panic(source in r"[\[\]: a-c\u{200b}é日]{0,24}") {
            match parse(&source) {
                Ok(annotation) => prop_assert_eq!(annotation.to_string(), source),
                Err(error) => {
                    prop_assert!(error.column() <= source.chars().count() + 1);
                    prop_assert!(source.is_char_boundary(error.offset()));
                }
            }
        }

        #[test]
        fn text_and_spans_survive_printing(
            words in prop::collection::vec(("[^\\s\\[\\]\u{1c}-\u{1f}]{1,6}", prop::option::of("[a-z_]{1,8}")), 0..8)
        ) {
            let mut text = String::new();
            let mut slots = Vec::new();
            for (word, name) in &words {
                if !text.is_empty() {
                    text.push(' ');
                }
                if let Some(name) = name {
                    slots.push((SlotName::open(name), text.len()..text.len() + word.len()));
                }
                text.push_str(word);
            }
            let annotation = Annotation::from_spans(&text, &slots).unwrap();
            prop_assert_eq!(annotation.text(), text.as_str());
            let printed = annotation.to_string();
            let again = parse(&printed).unwrap();
            let read: Vec<_> = again.slots().map(|slot| (slot.name.clone(), slot.span)).collect();
            prop_assert_eq!(read, slots);
            prop_assert!(again.is_exactly(&text));
        }

        #[test]
        fn from_spans_never_panics(
            text in r"[\[\]: aé]{0,8}",
            spans in prop::collection::vec((0usize..10, 0usize..10), 0..3)
        ) {
            let slots: Vec<_> = spans.iter().map(|&(a, b)| (SlotName::open("date"), a..b)).collect();
            if let Ok(annotation) = Annotation::from_spans(&text, &slots) {
                prop_assert_eq!(annotation.text(), text);
            }
        }
    }
}
