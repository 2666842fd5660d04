//! JSON as Python's `json.dumps` writes it, which is how the corpus and the
//! reference's predictions are written: a space after commas and colons.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, Formatter};

/// What becomes of characters outside ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Escapes {
    /// They are written as they are (`ensure_ascii=False`).
    Raw,
    /// They are written as `\uXXXX` in UTF-16 (`ensure_ascii=True`).
    Ascii,
}

struct PythonFormatter(Escapes);

impl Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        first: bool,
    ) -> io::Result<()> {
        if first { Ok(()) } else { out.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(b": ")
    }

    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.0 == Escapes::Raw {
            return out.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(|c| !matches!(c, ' '..='~')) {
            let (plain, special) = rest.split_at(at);
            out.write_all(plain.as_bytes())?;
            let Some(character) = special.chars().next() else { break };
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &special[character.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(out, escape)
    }
}

/// A value on one line, as `json.dumps(value, ensure_ascii=False)`.
pub(crate) fn to_python_json(value: &impl Serialize) -> io::Result<String> {
    to_python_json_with(value, Escapes::Raw)
}

/// A value on one line, as `json.dumps` with or without `ensure_ascii`.
pub(crate) fn to_python_json_with(value: &impl Serialize, escapes: Escapes) -> io::Result<String> {
    let mut out = Vec::new();
    let formatter = PythonFormatter(escapes);
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut out, formatter))?;
    String::from_utf8(out).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn escapes_are_those_of_python() {
        let text = "a\u{7f}é\u{1f600}\"\\\n\u{1}";
        let json = |escapes| to_python_json_with(&[text, "x"], escapes).unwrap();
        assert_eq!(json(Escapes::Raw), "[\"a\u{7f}é\u{1f600}\\\"\\\\\\n\\u0001\", \"x\"]");
        assert_eq!(json(Escapes::Ascii), r#"["a\u007f\u00e9\ud83d\ude00\"\\\n\u0001", "x"]"#);
    }

    proptest! {
        #[test]
        fn any_text_reads_back_and_ascii_is_ascii(text in any::<String>()) {
            for escapes in [Escapes::Raw, Escapes::Ascii] {
                let json = to_python_json_with(&text, escapes).unwrap();
                prop_assert_eq!(&serde_json::from_str::<String>(&json).unwrap(), &text);
                prop_assert!(escapes == Escapes::Raw || json.is_ascii());
            }
        }
    }
}
