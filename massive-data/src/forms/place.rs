//! Slots put on words: by tags, by place in the text, by what they say.

use std::ops::Range;

use crate::segmentation::Segmentation;
use crate::{white_space, words};

use super::table::Span;
use super::tags::{self, Tag};

/// A slot over words: the first, the one after the last, the label.
pub(crate) type OnWords = (usize, usize, String);

/// What was met while slots were put on words.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Met {
    /// Slots for which there is no place.
    pub(crate) unplaced: u64,
    /// Slots that lost their words to another.
    pub(crate) overlaps: u64,
    /// Spans whose text is not what stands there.
    pub(crate) disagreements: u64,
    /// Spans that reach over the end of the text.
    pub(crate) outside: u64,
    /// Brackets or pairs of labels and values opened no slot.
    pub(crate) unread: bool,
    /// The reference would read more words into a slot.
    pub(crate) leaks: bool,
}

/// The words of a text with their places, in bytes.
pub(crate) fn words_at(text: &str, segmentation: Segmentation) -> Vec<Range<usize>> {
    words::words(text, segmentation)
        .into_iter()
        .map(|word| {
            let start = word.as_ptr() as usize - text.as_ptr() as usize;
            start..start + word.len()
        })
        .collect()
}

#[derive(Debug, Clone, Copy)]
enum Unit {
    Characters,
    Utf16,
    Bytes,
}

/// The bytes that a span covers in one of the units; `None` outside the text.
fn bytes(text: &str, span: &Span, unit: Unit) -> Option<Range<usize>> {
    let place = |wanted: usize| -> Option<usize> {
        let mut count = 0;
        for (at, c) in text.char_indices() {
            if count >= wanted {
                return Some(at);
            }
            count += match unit {
                Unit::Characters => 1,
                Unit::Utf16 => c.len_utf16(),
                Unit::Bytes => c.len_utf8(),
            };
        }
        (count >= wanted).then_some(text.len())
    };
    let (start, end) = (place(span.start)?, place(span.end)?);
    (start < end).then_some(start..end)
}

fn same(a: &str, b: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|&c| !white_space::is_space(c)).flat_map(char::to_lowercase).collect()
    };
    plain(a) == plain(b)
}

/// Slots by place. Units are those in which the texts agree, where there are
/// texts.
pub(crate) fn by_span(
    text: &str,
    spans: &[Span],
    segmentation: Segmentation,
    met: &mut Met,
) -> Vec<OnWords> {
    let agreeing = |unit: Unit| {
        spans
            .iter()
            .filter(|span| {
                let found = bytes(text, span, unit);
                span.text.as_ref().is_some_and(|said| found.is_some_and(|at| same(&text[at], said)))
            })
            .count()
    };
    let said = spans.iter().filter(|span| span.text.is_some()).count();
    let units = [Unit::Characters, Unit::Utf16, Unit::Bytes];
    // The first of the best.
    let unit =
        units.into_iter().rev().max_by_key(|&unit| agreeing(unit)).unwrap_or(Unit::Characters);
    met.disagreements += (said - agreeing(unit)) as u64;
    let places = words_at(text, segmentation);
    let mut found: Vec<(usize, usize, OnWords)> = Vec::new();
    for span in spans {
        let Some(at) = bytes(text, span, unit) else {
            met.outside += 1;
            continue;
        };
        match covered(text, &places, &at) {
            Some((first, end)) => found.push((at.start, at.end, (first, end, span.label.clone()))),
            None => met.unplaced += 1,
        }
    }
    found.sort_by_key(|slot| (slot.0, std::cmp::Reverse(slot.1)));
    without_overlaps(found.into_iter().map(|(_, _, slot)| slot).collect(), met)
}

/// The words of which a place covers at least half.
fn covered(text: &str, places: &[Range<usize>], at: &Range<usize>) -> Option<(usize, usize)> {
    let count = |range: Range<usize>| text.get(range).map_or(0, |part| part.chars().count());
    let half = |word: &Range<usize>| {
        let (start, end) = (word.start.max(at.start), word.end.min(at.end));
        start < end && 2 * count(start..end) >= count(word.clone())
    };
    let first = places.iter().position(half)?;
    let end = places.iter().rposition(half)? + 1;
    Some((first, end))
}

fn without_overlaps(slots: Vec<OnWords>, met: &mut Met) -> Vec<OnWords> {
    let mut kept: Vec<OnWords> = Vec::new();
    for slot in slots {
        if kept.iter().any(|other| slot.0 < other.1 && other.0 < slot.1) {
            met.overlaps += 1;
        } else {
            kept.push(slot);
        }
    }
    kept.sort();
    kept
}

/// Slots by what they say: searched from left to right, the longest first, each
/// place once.
pub(crate) fn by_value(
    words: &[&str],
    values: &[(String, String)],
    segmentation: Segmentation,
    met: &mut Met,
) -> Vec<OnWords> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|&index| std::cmp::Reverse(values[index].1.chars().count()));
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let mut found: Vec<OnWords> = Vec::new();
    for index in order {
        let (label, value) = &values[index];
        let value = value.to_lowercase();
        let wanted = words::words(&value, segmentation);
        if wanted.is_empty() {
            met.unplaced += 1;
            continue;
        }
        let free = |at: usize| !found.iter().any(|slot| at < slot.1 && slot.0 < at + wanted.len());
        let at = (0..=lower.len().saturating_sub(wanted.len())).find(|&at| {
            at + wanted.len() <= lower.len()
                && free(at)
                && lower[at..at + wanted.len()].iter().zip(&wanted).all(|(a, b)| a == b)
        });
        match at.map(|at| (at, at + wanted.len())).or_else(|| inside(&lower, &value, &found)) {
            Some((first, end)) => found.push((first, end, label.clone())),
            None => met.unplaced += 1,
        }
    }
    found.sort();
    found
}

/// Words of which a value is at least half, without regard to white space.
fn inside(words: &[String], value: &str, taken: &[OnWords]) -> Option<(usize, usize)> {
    let text = words.concat();
    let value: String = value.chars().filter(|&c| !white_space::is_space(c)).collect();
    let mut places = Vec::new();
    let mut start = 0;
    for word in words {
        places.push(start..start + word.len());
        start += word.len();
    }
    text.match_indices(value.as_str()).find_map(|(at, _)| {
        covered(&text, &places, &(at..at + value.len()))
            .filter(|(first, end)| !taken.iter().any(|slot| *first < slot.1 && slot.0 < *end))
    })
}

/// Slots by tags.
pub(crate) fn by_tag(tags: &[Option<Tag>]) -> Vec<OnWords> {
    let chunks = tags::chunks(tags).into_iter();
    chunks.map(|(first, end, label)| (first, end, label.to_owned())).collect()
}

/// A tag a word: `B-` where a slot starts, `I-` inside it, `O` elsewhere.
pub(crate) fn bio(words: usize, slots: &[OnWords]) -> Vec<String> {
    let mut tags = vec!["O".to_owned(); words];
    for (first, end, label) in slots {
        for (at, tag) in tags.iter_mut().enumerate().take(*end).skip(*first) {
            *tag = format!("{}-{label}", if at == *first { "B" } else { "I" });
        }
    }
    tags
}

/// The words with their slots in brackets.
pub(crate) fn annotate(words: &[&str], slots: &[OnWords]) -> String {
    let mut text = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            text.push(' ');
        }
        if let Some((_, _, label)) = slots.iter().find(|slot| slot.0 == index) {
            text.extend(["[", label, " : "]);
        }
        text.push_str(word);
        if slots.iter().any(|slot| slot.1 == index + 1) {
            text.push(']');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: usize, end: usize, text: Option<&str>) -> Span {
        Span { start, end, label: "a".into(), text: text.map(str::to_owned) }
    }

    #[test]
    fn units_are_those_that_agree() {
        let text = "é 😀 six";
        for (start, end) in [(4, 7), (5, 8), (8, 11)] {
            let mut met = Met::default();
            let found =
                by_span(text, &[span(start, end, Some("six"))], Segmentation::WhiteSpace, &mut met);
            assert_eq!(found, [(2, 3, "a".to_owned())], "{start}");
            assert_eq!(met, Met::default());
        }
    }

    #[test]
    fn less_than_half_a_word_is_no_place() {
        let mut met = Met::default();
        assert!(
            by_span("PCRtesting", &[span(0, 4, None)], Segmentation::WhiteSpace, &mut met)
                .is_empty()
        );
        assert_eq!(met.unplaced, 1);
        let found = by_span(
            "a bc",
            &[span(0, 1, None), span(0, 4, None)],
            Segmentation::WhiteSpace,
            &mut met,
        );
        assert_eq!((found, met.overlaps), (vec![(0, 2, "a".to_owned())], 1));
    }

    #[test]
    fn values_are_searched_longest_first_each_place_once() {
        let mut met = Met::default();
        let values: Vec<_> = [("x", "b"), ("y", "a b"), ("x", "b"), ("z", "q")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into();
        let found =
            by_value(&["a", "b", "c", "b", "b"], &values, Segmentation::WhiteSpace, &mut met);
        assert_eq!(found, [(0, 2, "y".to_owned()), (3, 4, "x".to_owned()), (4, 5, "x".to_owned())]);
        assert_eq!(met.unplaced, 1);
    }
}
