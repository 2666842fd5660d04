//! A scanner for lines whose spelling is known beforehand.
//!
//! Nearly all lines of nearly all files are written as one program writes them.
//! Reading those without a general JSON parser takes half the time; whatever
//! looks otherwise in any way is left to that parser, so that nothing here
//! decides what is valid.

use crate::utterance_id::UtteranceId;

/// What of a line is still to be read.
pub(crate) struct Scan<'a>(pub(crate) &'a str);

impl<'a> Scan<'a> {
    /// Exactly this text.
    #[inline(always)]
    pub(crate) fn literal(&mut self, literal: &'static str) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    /// A string without escapes, after its opening quote.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Option<&'a str> {
        let end = string_end(self.0.as_bytes())?;
        let text = &self.0[..end];
        self.0 = &self.0[end + 1..];
        Some(text)
    }

    /// A number without leading zeros as a string, after its opening quote.
    #[inline(always)]
    pub(crate) fn number(&mut self) -> Option<u64> {
        // 19 digits fit.
        let digits = self.0.bytes().take(20).take_while(u8::is_ascii_digit).count();
        let (number, rest) = (&self.0[..digits], &self.0[digits..]);
        let canonical = number == "0" || !number.starts_with('0');
        if digits == 0 || digits > 19 || !canonical {
            return None;
        }
        self.0 = rest.strip_prefix('"')?;
        Some(number.bytes().fold(0, |number, digit| 10 * number + u64::from(digit - b'0')))
    }

    /// One digit.
    #[inline(always)]
    pub(crate) fn digit(&mut self) -> Option<u8> {
        let (&digit, _) = self.0.as_bytes().split_first()?;
        if !digit.is_ascii_digit() {
            return None;
        }
        self.0 = &self.0[1..];
        Some(digit - b'0')
    }

    /// The items of a list after its opening bracket, one call an item.
    #[inline(always)]
    pub(crate) fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        if self.literal("]").is_some() {
            return Some(());
        }
        loop {
            item(self)?;
            if self.literal("]").is_some() {
                return Some(());
            }
            self.literal(", ")?;
        }
    }

    /// The end of the object, and of the line.
    #[inline(always)]
    pub(crate) fn end(&self) -> Option<()> {
        (self.0.trim_end_matches([' ', '\t', '\r']) == "}").then_some(())
    }
}

/// An id that is written as a string, after its opening quote.
#[inline(always)]
pub(crate) fn id(scan: &mut Scan<'_>) -> Option<UtteranceId> {
    match scan.number() {
        Some(number) => Some(UtteranceId::from(number)),
        None => scan.string()?.parse().ok(),
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
    use super::*;

    #[test]
    fn numbers_are_those_of_ids() {
        for (text, number) in [
            ("0\"", Some(0)),
            ("42\"", Some(42)),
            ("9999999999999999999\"", Some(9_999_999_999_999_999_999)),
            ("99999999999999999999\"", None),
            ("007\"", None),
            ("\"", None),
            ("4", None),
            ("4x\"", None),
        ] {
            assert_eq!(Scan(text).number(), number, "{text}");
        }
    }

    #[test]
    fn strings_end_at_their_quote() {
        for length in 0..24 {
            let text = format!("{}\" x", "é".repeat(length));
            assert_eq!(Scan(&text).string(), Some("é".repeat(length).as_str()));
            for bad in ["\\", "\n", "\u{1}"] {
                assert_eq!(Scan(&format!("{}{bad}\"", "a".repeat(length))).string(), None);
            }
        }
    }
}
