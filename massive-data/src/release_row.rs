//! The quick way to read a row that is written as the release writes it.
//!
//! Nearly all rows of nearly all corpora are; reading those without a general
//! JSON parser takes half the time. Whatever looks otherwise in any way is left
//! to that parser, so this decides nothing about what is valid.

use std::borrow::Cow;

use crate::record::{Digits, RawJudgment, RawRow, RawSlotMethod, Text};

/// A row written exactly as the release writes it: keys in its order, one
/// space after colons and commas, no escapes. `None` for any other, which the
/// JSON parser then reads; what is read here it would read alike.
pub(crate) fn release_row(line: &str) -> Option<RawRow<'_>> {
    let mut scan = Scan(line);
    scan.literal("{\"id\": \"")?;
    let id = Digits(Cow::Borrowed(scan.string()?));
    scan.literal(", \"locale\": \"")?;
    let locale = Cow::Borrowed(scan.string()?);
    scan.literal(", \"partition\": \"")?;
    let partition = Cow::Borrowed(scan.string()?);
    scan.literal(", \"scenario\": \"")?;
    let scenario = Some(scan.text()?);
    scan.literal(", \"intent\": \"")?;
    let intent = Some(scan.text()?);
    scan.literal(", \"utt\": \"")?;
    let utt = Cow::Borrowed(scan.string()?);
    scan.literal(", \"annot_utt\": \"")?;
    let annot_utt = Some(scan.text()?);
    scan.literal(", \"worker_id\": \"")?;
    let worker_id = Digits(Cow::Borrowed(scan.string()?));
    let (mut slot_method, mut judgments) = (None, None);
    if scan.literal(", \"slot_method\": [").is_some() {
        slot_method = Some(scan.list(Scan::slot_method)?);
        scan.literal(", \"judgments\": [")?;
        judgments = Some(scan.list(Scan::judgment)?);
    }
    (scan.0.trim_end_matches([' ', '\t', '\r']) == "}").then_some(RawRow {
        id,
        locale,
        partition,
        scenario,
        intent,
        utt,
        annot_utt,
        worker_id,
        slot_method,
        judgments,
    })
}

/// What of a line is still to be read.
struct Scan<'a>(&'a str);

impl<'a> Scan<'a> {
    #[inline(always)]
    fn literal(&mut self, literal: &'static str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// A string without escapes, after its opening quote.
    #[inline(always)]
    fn string(&mut self) -> Option<&'a str> {
        let end = string_end(self.0.as_bytes())?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    #[inline(always)]
    fn text(&mut self) -> Option<Text<'a>> {
        self.string().map(|text| Text(Cow::Borrowed(text)))
    }

    #[inline(always)]
    fn digit(&mut self) -> Option<u8> {
        let (&digit, _) = self.0.as_bytes().split_first()?;
        if !digit.is_ascii_digit() {
            return None;
        }
        self.0 = &self.0[1..];
        Some(digit - b'0')
    }

    /// The items of a list after its opening bracket.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        if self.literal("]").is_some() {
            return Some(Vec::new());
        }
        let mut items = Vec::with_capacity(3);
        loop {
            items.push(item(self)?);
            if self.literal("]").is_some() {
                return Some(items);
            }
            self.literal(", ")?;
        }
    }

    fn slot_method(&mut self) -> Option<RawSlotMethod<'a>> {
        self.literal("{\"slot\": \"")?;
        let slot = Cow::Borrowed(self.string()?);
        self.literal(", \"method\": \"")?;
        let method = Cow::Borrowed(self.string()?);
        self.literal("}")?;
        Some(RawSlotMethod { slot, method })
    }

    fn judgment(&mut self) -> Option<RawJudgment<'a>> {
        self.literal("{\"worker_id\": \"")?;
        let worker_id = Digits(Cow::Borrowed(self.string()?));
        self.literal(", \"intent_score\": ")?;
        let intent_score = self.digit()?;
        self.literal(", \"slots_score\": ")?;
        let slots_score = self.digit()?;
        self.literal(", \"grammar_score\": ")?;
        let grammar_score = self.digit()?;
        self.literal(", \"spelling_score\": ")?;
        let spelling_score = self.digit()?;
        let mut language_identification = None;
        if self.literal(", \"language_identification\": \"").is_some() {
            language_identification = Some(self.text()?);
        }
        self.literal("}")?;
        Some(RawJudgment {
            worker_id,
            intent_score,
            slots_score,
            grammar_score,
            spelling_score,
            language_identification,
        })
    }
}

/// Where the quote stands that ends a string; `None` where a backslash or a
/// control character comes first.
#[inline(always)]
fn string_end(bytes: &[u8]) -> Option<usize> {
    const fn each(byte: u8) -> u64 {
        u64::from_ne_bytes([byte; 8])
    }
    // The lowest byte set is exact: a borrow only goes upwards.
    let zeros = |word: u64| word.wrapping_sub(each(1)) & !word & each(0x80);
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(chunk.try_into().ok()?);
        let found = zeros(word ^ each(b'"'))
            | zeros(word ^ each(b'\\'))
            | (word.wrapping_sub(each(0x20)) & !word & each(0x80));
        if found != 0 {
            at += found.trailing_zeros() as usize / 8;
            return (bytes[at] == b'"').then_some(at);
        }
        at += 8;
    }
    let rest = bytes[at..].iter().position(|&byte| matches!(byte, b'"' | b'\\' | ..0x20))?;
    (bytes[at + rest] == b'"').then_some(at + rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::labels::LabelPolicy;
    use crate::record::{from_json, parse_utterance};

    const ROW: &str = r#"{"id": "7", "locale": "de-DE", "partition": "test", "scenario": "alarm", "intent": "alarm_set", "utt": "weck mich um fünf", "annot_utt": "weck mich um [time : fünf]", "worker_id": "3", "slot_method": [{"slot": "time", "method": "translation"}], "judgments": [{"worker_id": "8", "intent_score": 1, "slots_score": 1, "grammar_score": 4, "spelling_score": 2, "language_identification": "target|english"}]}"#;

    /// A space before a row leaves it to the JSON parser.
    #[test]
    fn the_quick_way_reads_what_the_slow_one_reads() {
        let english = r#"{"id": "1", "locale": "en-US", "partition": "dev", "scenario": "iot", "intent": "iot_wemo_on", "utt": "turn on", "annot_utt": "turn on", "worker_id": "1"}"#;
        for row in [
            ROW,
            english,
            &ROW.replacen("[{\"slot\": \"time\", \"method\": \"translation\"}]", "[]", 1),
        ] {
            assert!(release_row(row).is_some(), "{row}");
            let slow = format!(" {row}");
            assert_eq!(
                parse_utterance(row, LabelPolicy::Closed).unwrap(),
                parse_utterance(&slow, LabelPolicy::Closed).unwrap()
            );
        }
        assert!(release_row(&ROW.replacen("fünf", r"f\u00fcnf", 1)).is_none());
        assert!(release_row(&ROW.replacen("weck", "we\tck", 1)).is_none());
    }

    proptest! {
        #[test]
        fn a_damaged_row_is_read_as_the_parser_reads_it(
            at in 0..ROW.len(), with in "[\"\\\\,:{}\\[\\] a0\u{1}é]{0,2}"
        ) {
            if ROW.is_char_boundary(at) && ROW.is_char_boundary(at + 1) {
                let row = format!("{}{with}{}", &ROW[..at], &ROW[at + 1..]);
                if let Some(quick) = release_row(&row) {
                    let slow: RawRow<'_> = from_json(&row).unwrap();
                    prop_assert_eq!(format!("{quick:?}"), format!("{slow:?}"));
                }
            }
        }
    }
}
