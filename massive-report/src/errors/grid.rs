//! An utterance set in columns, with its slots marked above and below.
//!
//! Every word has a column as wide as a terminal shows it (or as the slot's name
//! needs), so that marks stand where their words are in every script. Words of a
//! script written from right to left are set from right to left, each in an
//! isolate of its own: a terminal that knows the bidirectional algorithm and one
//! that does not show the words in the same columns.
//!
//! Terminals do not agree on the width of every cluster of Indic scripts and
//! Khmer. Where the output is a terminal, each word is therefore put to its
//! column by a control sequence, so that differences do not add up.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A slot over words.
pub(super) struct Mark {
    /// Its first word.
    pub(super) first: usize,
    /// Its last word.
    pub(super) last: usize,
    /// Its name.
    pub(super) label: String,
    /// Whether it is right.
    pub(super) right: bool,
    /// Above the words (gold) or below (predicted).
    pub(super) side: Side,
}

/// Where a mark stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Above,
    Below,
}

/// A word's column.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    text: String,
    /// Terminal columns of the text.
    width: usize,
    /// Columns that follow it so that a slot's name fits.
    padding: usize,
    /// Columns between it and the next word.
    gap: usize,
}

impl Column {
    fn total(&self) -> usize {
        self.width + self.padding
    }
}

/// The lines of one band of an utterance.
pub(super) struct Band {
    /// Marks above, empty if there are none.
    pub(super) above: Vec<Piece>,
    /// The words.
    pub(super) words: String,
    /// Marks below, empty if there are none.
    pub(super) below: Vec<Piece>,
}

/// A part of a line of marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) text: String,
    /// Of a mark, whether it is right; `None` of blanks.
    pub(super) right: Option<bool>,
}

/// Sets an utterance in bands at most `width` columns wide where its words allow.
///
/// `words` are byte ranges of `utt`, in order. With `anchor`, the columns that
/// come before the words in a terminal, each word is put to its own; not so from
/// right to left, where terminals differ in what a column is.
pub(super) fn set(
    utt: &str,
    words: &[[usize; 2]],
    marks: &[Mark],
    right_to_left: bool,
    width: usize,
    anchor: Option<usize>,
) -> Vec<Band> {
    let mut columns = columns(utt, words);
    // Short ones first: what they make room for, longer ones have too.
    let mut by_length: Vec<&Mark> = marks.iter().collect();
    by_length.sort_by_key(|mark| mark.last - mark.first);
    for mark in by_length {
        let need = mark.label.width() + 2;
        let have = extent(&columns, mark.first, mark.last);
        if let Some(last) = columns.get_mut(mark.last) {
            last.padding += need.saturating_sub(have);
        }
    }
    let mut bands = Vec::new();
    let mut start = 0;
    while start < columns.len() {
        let mut end = start + 1;
        while end < columns.len() && extent(&columns, start, end) <= width {
            end += 1;
        }
        let anchor = anchor.filter(|_| !right_to_left);
        bands.push(band(&columns, start..end, marks, right_to_left, anchor));
        start = end;
    }
    bands
}

/// Terminal columns from the first word to the last, without the gap after it.
fn extent(columns: &[Column], first: usize, last: usize) -> usize {
    let Some(words) = columns.get(first..=last) else { return 0 };
    let gaps: usize = words.iter().rev().skip(1).map(|column| column.gap).sum();
    words.iter().map(Column::total).sum::<usize>() + gaps
}

fn columns(utt: &str, words: &[[usize; 2]]) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    for (index, &[start, end]) in words.iter().enumerate() {
        let gap = words.get(index + 1).is_some_and(|next| next[0] > end);
        let word = utt.get(start..end).unwrap_or_default();
        // A word that goes on with the cluster before it is shown in its column.
        let follows = index > 0 && words[index - 1][1] == start;
        let joins = follows && !is_boundary(utt, start);
        if joins && let Some(before) = columns.iter_mut().rev().find(|column| column.width > 0) {
            before.text.push_str(&harmless(word));
            before.width = display_width(&before.text);
            columns.push(Column { text: String::new(), width: 0, padding: 0, gap: gap.into() });
            continue;
        }
        let text = visible(word);
        let width = display_width(&text);
        columns.push(Column { text, width, padding: 0, gap: gap.into() });
    }
    columns
}

/// Terminal columns of a text: those of its characters, as most terminals count
/// them, but of an emoji made of several as one.
fn display_width(text: &str) -> usize {
    let cluster = |cluster: &str| {
        if cluster.contains('\u{fe0f}') {
            return cluster.width();
        }
        cluster.chars().map(|c| c.width().unwrap_or(0)).sum()
    };
    text.graphemes(true).map(cluster).sum()
}

fn is_boundary(text: &str, at: usize) -> bool {
    text.is_char_boundary(at)
        && GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0).unwrap_or(true)
}

/// A word that can be seen and does nothing to a terminal: characters that
/// control it or the direction of text are replaced, and a word without any
/// width is written by its code points.
pub(super) fn visible(word: &str) -> String {
    let safe = harmless(word);
    if !safe.is_empty() && safe.width() == 0 {
        let points: Vec<String> = safe.chars().map(|c| format!("U+{:04X}", u32::from(c))).collect();
        return format!("‹{}›", points.join(" "));
    }
    safe
}

/// A word without characters that control a terminal or the direction of text.
fn harmless(word: &str) -> String {
    let controls =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    word.chars().map(|c| if controls(c) { '\u{fffd}' } else { c }).collect()
}

fn band(
    columns: &[Column],
    Range { start, end }: Range<usize>,
    marks: &[Mark],
    right_to_left: bool,
    anchor: Option<usize>,
) -> Band {
    let total = extent(columns, start, end - 1);
    let line = |side: Side| -> Vec<Piece> {
        let mut placed: Vec<(usize, usize, &Mark)> = marks
            .iter()
            .filter(|mark| mark.side == side && mark.first < end && mark.last >= start)
            .map(|mark| {
                let (first, last) = (mark.first.max(start), mark.last.min(end - 1));
                let before = if first == start {
                    0
                } else {
                    extent(columns, start, first - 1) + columns[first - 1].gap
                };
                let width = extent(columns, first, last);
                let from =
                    if right_to_left { total.saturating_sub(before + width) } else { before };
                (from, width, mark)
            })
            .collect();
        placed.sort_by_key(|(from, ..)| *from);
        let mut at = 0;
        let mut pieces = Vec::new();
        for (from, width, mark) in placed {
            if from > at {
                pieces.push(Piece { text: " ".repeat(from - at), right: None });
            }
            let (begins, ends) = (mark.first >= start, mark.last < end);
            let (left, right) = if right_to_left { (ends, begins) } else { (begins, ends) };
            pieces.push(Piece { text: drawn(mark, width, left, right), right: Some(mark.right) });
            at = from + width;
        }
        pieces
    };
    Band {
        above: line(Side::Above),
        words: words(&columns[start..end], right_to_left, anchor),
        below: line(Side::Below),
    }
}

/// The words of a band.
fn words(columns: &[Column], right_to_left: bool, anchor: Option<usize>) -> String {
    let mut line = String::new();
    if !right_to_left {
        let mut at = 0;
        for column in columns {
            if let Some(before) = anchor.filter(|_| at > 0 && !column.text.is_empty()) {
                // Cursor horizontal absolute, which counts from 1.
                line.push_str(&format!("\x1b[{}G", before + at + 1));
            }
            line.push_str(&column.text);
            line.push_str(&" ".repeat(column.padding + column.gap));
            at += column.total() + column.gap;
        }
        return line.trim_end_matches(' ').to_owned();
    }
    for (index, column) in columns.iter().enumerate().rev() {
        // The gap belongs to the word before, which stands to the right; the last
        // one of the band has none.
        let gap = if index + 1 == columns.len() { 0 } else { column.gap };
        line.push_str(&" ".repeat(gap + column.padding));
        if !column.text.is_empty() {
            // An isolate of its own direction; the marks beside it are strong
            // left-to-right characters for terminals that do not know isolates.
            line.push_str("\u{200e}\u{2068}");
            line.push_str(&column.text);
            line.push_str("\u{2069}\u{200e}");
        }
    }
    line
}

/// A mark as a line with corners where it begins and ends, and its name.
fn drawn(mark: &Mark, width: usize, left: bool, right: bool) -> String {
    let (line, corners) = match (mark.right, mark.side) {
        (true, Side::Above) => ('─', ['┌', '┐']),
        (true, Side::Below) => ('─', ['└', '┘']),
        (false, Side::Above) => ('═', ['╔', '╗']),
        (false, Side::Below) => ('═', ['╚', '╝']),
    };
    if width < 2 {
        return line.to_string().repeat(width);
    }
    let mut text = String::new();
    text.push(if left { corners[0] } else { line });
    let room = width - 2;
    let mut used = 0;
    for cluster in mark.label.graphemes(true) {
        if used + cluster.width() > room {
            break;
        }
        text.push_str(cluster);
        used += cluster.width();
    }
    text.extend(std::iter::repeat_n(line, room - used));
    text.push(if right { corners[1] } else { line });
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Byte ranges of the pieces between spaces.
    fn ranges(utt: &str) -> Vec<[usize; 2]> {
        let at = |piece: &str| piece.as_ptr() as usize - utt.as_ptr() as usize;
        utt.split(' ').map(|piece| [at(piece), at(piece) + piece.len()]).collect()
    }

    fn mark(first: usize, last: usize, label: &str, right: bool, side: Side) -> Mark {
        Mark { first, last, label: label.to_owned(), right, side }
    }

    fn shown(bands: &[Band]) -> String {
        let line = |pieces: &[Piece]| -> String {
            pieces.iter().map(|piece| piece.text.as_str()).collect()
        };
        let bands: Vec<String> = bands
            .iter()
            .map(|band| format!("{}\n{}\n{}", line(&band.above), band.words, line(&band.below)))
            .collect();
        bands.join("\n")
    }

    #[test]
    fn marks_stand_over_and_under_their_words() {
        let utt = "wake me at five am on friday";
        let marks = [
            mark(2, 4, "time", false, Side::Above),
            mark(6, 6, "date", true, Side::Above),
            mark(3, 4, "time", false, Side::Below),
            mark(6, 6, "date", true, Side::Below),
        ];
        assert_eq!(
            shown(&set(utt, &ranges(utt), &marks, false, 80, None)),
            "        ╔time════╗    ┌date┐\n\
             wake me at five am on friday\n           \
             ╚time═╝    └date┘"
        );
    }

    #[test]
    fn double_width_counts_twice_and_names_make_room() {
        let utt = "今日は";
        let words = [[0, 3], [3, 6], [6, 9]];
        let marks = [mark(0, 1, "date", true, Side::Above), mark(0, 0, "date", false, Side::Below)];
        assert_eq!(
            shown(&set(utt, &words, &marks, false, 80, None)),
            "┌date──┐\n今    日は\n╚date╝"
        );
    }

    #[test]
    fn in_a_terminal_words_are_put_to_their_columns() {
        let utt = "តើ ក្រៅ";
        let marks = [mark(0, 0, "date", true, Side::Above)];
        let bands = set(utt, &ranges(utt), &marks, false, 80, Some(7));
        assert_eq!(bands[0].words, "តើ     \x1b[15Gក្រៅ");
        // Not where columns mean different things.
        let bands = set(utt, &ranges(utt), &marks, true, 80, Some(7));
        assert!(!bands[0].words.contains('\x1b'));
    }

    #[test]
    fn widths_are_those_of_terminals() {
        for (text, width) in [("ក្រៅ", 3), ("لا", 2), ("今日", 4), ("e\u{301}", 1), ("न्ही", 3)]
        {
            assert_eq!(display_width(text), width, "{text}");
        }
    }

    #[test]
    fn right_to_left_is_set_from_the_right() {
        let utt = "کل صبح جگاؤ";
        let marks = [mark(0, 0, "date", true, Side::Above)];
        let shown = shown(&set(utt, &ranges(utt), &marks, true, 80, None));
        let lines: Vec<&str> = shown.lines().collect();
        // The first word stands last, and its mark with it.
        assert_eq!(display_width(lines[0]), display_width(lines[1]));
        assert!(lines[0].ends_with("┌date┐"), "{shown}");
        let plain: String = lines[1]
            .chars()
            .filter(|c| !matches!(c, '\u{200e}' | '\u{2068}' | '\u{2069}'))
            .collect();
        assert_eq!(plain, "جگاؤ صبح     کل");
    }

    #[test]
    fn long_utterances_go_on_below_and_marks_with_them() {
        let utt = "one two three four five";
        let marks = [mark(1, 3, "time", false, Side::Above)];
        assert_eq!(
            shown(&set(utt, &ranges(utt), &marks, false, 12, None)),
            "    ╔t═\none two\n\n═time════╗\nthree four\n\n\nfive\n"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_written_out_and_what_controls_is_replaced() {
        assert_eq!(visible("\u{200b}"), "‹U+200B›");
        assert_eq!(visible("a\u{1b}[31m\u{202e}"), "a\u{fffd}[31m\u{fffd}");
        // A combining mark that is a word of its own stays with its letter.
        let utt = "か\u{3099}";
        let columns = columns(utt, &[[0, 3], [3, 6]]);
        assert_eq!((columns[0].text.as_str(), columns[0].width, columns[1].width), (utt, 2, 0));
        // Not over a space.
        let utt = "a \u{17d2}";
        assert_eq!(super::columns(utt, &ranges(utt))[1].text, "‹U+17D2›");
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_lines_are_as_wide_as_they_say(
            words in prop::collection::vec("[a-zकि今ខ្មែរé]{1,6}", 1..12),
            width in 4usize..60,
            right_to_left: bool,
        ) {
            let utt = words.join(" ");
            let ranges = ranges(&utt);
            let marks = [mark(0, words.len() / 2, "some_slot", false, Side::Above)];
            let bands = set(&utt, &ranges, &marks, right_to_left, width, None);
            let text: String = bands.iter().map(|band| band.words.as_str()).collect();
            for word in &words {
                prop_assert!(text.contains(&visible(word)));
            }
            for band in &bands {
                let marks: usize = band.above.iter().map(|piece| piece.text.width()).sum();
                let columns = display_width(&band.words);
                // Padding after the last word is not written.
                prop_assert!(marks <= columns + "some_slot".len() + 2);
            }
        }
    }
}
