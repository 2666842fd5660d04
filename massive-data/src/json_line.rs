//! A line of JSON as a value, and what to say when it is none.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer, Visitor};

use crate::error::{Error, Result};
use crate::locale::{Locale, not_a_locale};
use crate::partition::{Partition, unknown_partition};
use crate::utterance_id::UtteranceId;

/// A line as text.
pub(crate) fn utf8(line: &[u8]) -> Result<&str> {
    simdutf8::compat::from_utf8(line).map_err(|error| {
        let valid = &line[..error.valid_up_to()];
        let column = String::from_utf8_lossy(valid).chars().count() + 1;
        // No byte from 0x80 to 0x9f is a character of ISO-8859-1.
        let guess = match line.iter().any(|byte| (0x80..0xa0).contains(byte)) {
            true => "Windows-1252",
            false => "ISO-8859-1 (Latin-1)",
        };
        Error::line(format!("not UTF-8; convert the file to UTF-8 (it is perhaps {guess})"))
            .at_column(column)
    })
}

/// What begins a line that stands in place of a row which a reader of another
/// form could not read.
const FAULT: char = '\u{1}';

/// The line that stands in place of such a row, so that it is skipped or stops
/// the reading as any other line at fault.
pub(crate) fn fault_line(error: &Error) -> String {
    let column = error.place().and_then(|place| place.column).unwrap_or(0);
    format!("{FAULT}{column}{FAULT}{}", error.message().replace('\n', " "))
}

fn read_fault(line: &str) -> Option<Error> {
    let (column, message) = line.strip_prefix(FAULT)?.split_once(FAULT)?;
    let error = Error::line(message);
    Some(match column.parse() {
        Ok(column) if column > 0 => error.at_column(column),
        _ => error,
    })
}

/// Deserialises a line.
///
/// sonic-rs reads the corpus faster than serde_json; where it refuses a line,
/// serde_json has the last word and the better message.
pub(crate) fn from_json<'a, T: Deserialize<'a>>(line: &'a str) -> Result<T> {
    if let Some(error) = read_fault(line) {
        return Err(error);
    }
    sonic_rs::from_str(line)
        .or_else(|_| serde_json::from_str(line).map_err(|error| json_error(line, &error)))
}

fn json_error(line: &str, error: &serde_json::Error) -> Error {
    let text = error.to_string();
    // serde_json appends its own place.
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    if let Some((message, byte)) = foreign(line) {
        let column = line[..byte].chars().count() + 1;
        return Error::line(format!("not valid JSON: {message}")).at_column(column);
    }
    let what = &*plain(what);
    let hint = if what.starts_with("trailing characters") {
        "; one JSON object a line is expected (were two files joined without a line break?)"
    } else if error.is_eof() {
        "; the line ends in the middle of an object"
    } else {
        ""
    };
    let message = match error.classify() {
        serde_json::error::Category::Data => what.to_owned(),
        _ => format!("not valid JSON: {what}{hint}"),
    };
    // Its column is a byte, and points at the last byte read.
    let byte = error.column().saturating_sub(1);
    let column = line.char_indices().take_while(|&(at, _)| at < byte).count() + 1;
    Error::line(message).at_column(column)
}

/// What of another notation stands outside the texts of a line, and where.
fn foreign(line: &str) -> Option<(&'static str, usize)> {
    const PYTHON: &str = "this is how Python prints an object, with single quotes or None, True and \
                          False; write it with json.dumps";
    let bytes = line.as_bytes();
    let (mut at, mut in_text) = (0, false);
    while at < bytes.len() {
        let byte = bytes[at];
        if in_text {
            match byte {
                b'\\' => at += 1,
                b'"' => in_text = false,
                _ => {}
            }
        } else if byte == b'"' {
            in_text = true;
        } else if byte == b'\'' {
            return Some((PYTHON, at));
        } else if byte.is_ascii_alphabetic() {
            let word: &[u8] = &bytes[at..];
            let end = word.iter().position(|byte| !byte.is_ascii_alphabetic());
            let word = &word[..end.unwrap_or(word.len())];
            match word {
                b"NaN" | b"Infinity" => {
                    return Some(("NaN and Infinity are no numbers of JSON; write null", at));
                }
                b"None" | b"True" | b"False" => return Some((PYTHON, at)),
                _ => at += word.len() - 1,
            }
        }
        at += 1;
    }
    None
}

/// The words of the parser without the names of types.
fn plain(what: &str) -> Cow<'_, str> {
    let Some((before, expected)) = what.rsplit_once("expected ") else { return what.into() };
    let expected = match expected.split(' ').next().unwrap_or_default() {
        "struct" => "an object with named fields",
        "u8" | "u16" | "u32" | "u64" | "i64" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        _ => expected.trim_start_matches("a borrowed "),
    };
    let expected = expected.replace("a sequence", "a list").replace("a map", "an object");
    format!("{before}expected {expected}").replace("type: sequence", "type: a list").into()
}

/// The column in `line` of a text that was borrowed from it, `offset` bytes
/// into the text; `None` where escapes forced a copy.
fn column_of(line: &str, text: &str, offset: usize) -> Option<usize> {
    let start = (text.as_ptr() as usize).checked_sub(line.as_ptr() as usize)?;
    let end = start.checked_add(text.len())?;
    (end <= line.len()).then(|| line[..start + offset].chars().count() + 1)
}

pub(crate) trait InLine {
    /// Adds the column of `text` in `line`, where it can be known.
    fn in_line(self, line: &str, text: &str, offset: usize) -> Self;
}

impl InLine for Error {
    fn in_line(self, line: &str, text: &str, offset: usize) -> Self {
        match column_of(line, text, offset) {
            Some(column) => self.at_column(column),
            None => self,
        }
    }
}

/// A string, or an integer as copies in the wild have it.
#[derive(Debug, Clone)]
pub(crate) struct Digits<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Digits<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DigitsVisitor;

        impl<'de> Visitor<'de> for DigitsVisitor {
            type Value = Digits<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string of digits or an integer")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(text.to_owned())))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(number.to_string())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Digits(Cow::Owned(number.to_string())))
            }
        }

        deserializer.deserialize_any(DigitsVisitor)
    }
}

/// A borrowed string where one is possible; serde borrows a bare `Cow` only
/// when it is told so, and cannot be told so inside an `Option`.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

pub(crate) fn parse_locale(line: &str, tag: &str) -> Result<Locale> {
    Locale::from_tag(tag).ok_or_else(|| Error::line(not_a_locale(tag)).in_line(line, tag, 0))
}

pub(crate) fn parse_partition(line: &str, name: &str) -> Result<Partition> {
    Partition::from_name(name)
        .ok_or_else(|| Error::line(unknown_partition(name)).in_line(line, name, 0))
}

pub(crate) fn parse_id(line: &str, digits: &Digits<'_>) -> Result<UtteranceId> {
    digits.0.parse().map_err(|error: Error| error.in_line(line, &digits.0, 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_errors_count_characters() {
        let error = utf8(b"\xc3\xa9\xff").unwrap_err();
        assert_eq!(error.place().unwrap().column, Some(2));
    }
}
