//! White space as the reference sees it, and characters without width.

/// White space as Python's `str.split()` sees it, which the reference uses:
/// that of Unicode and U+001C to U+001F. U+200B is not white space.
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// The characters without width that texts of the release and of models hold.
pub const ZERO_WIDTH: [char; 7] =
    ['\u{200b}', '\u{200c}', '\u{200d}', '\u{200e}', '\u{200f}', '\u{2060}', '\u{feff}'];

/// True for [`ZERO_WIDTH`].
pub fn is_zero_width(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The pieces of `text` between white space, as Python's `str.split()`.
pub fn split(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let (end, space) = next_space(rest).unwrap_or((rest.len(), 0));
            let piece = &rest[..end];
            rest = &rest[end + space..];
            if !piece.is_empty() {
                return Some(piece);
            }
            if rest.is_empty() {
                return None;
            }
        }
    })
}

/// Where the first white space stands, and its length in bytes.
///
/// Only bytes that can start white space are looked at more closely: few texts
/// have others of them, and decoding every character takes three times as long.
#[inline]
fn next_space(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|&byte| STARTS_SPACE[usize::from(byte)])?;
        if bytes[at].is_ascii() {
            return Some((at, 1));
        }
        let character = text[at..].chars().next()?;
        if is_space(character) {
            return Some((at, character.len_utf8()));
        }
        from = at + character.len_utf8();
    }
}

/// The bytes with which white space starts in UTF-8.
static STARTS_SPACE: [bool; 256] = {
    let mut starts = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        starts[byte] = matches!(byte as u8, b'\t'..=b'\r' | 0x1c..=b' ' | 0xc2 | 0xe1..=0xe3);
        byte += 1;
    }
    starts
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_white_space() {
        assert_eq!(split("a\u{1c}b\u{200b}c\u{a0}d").collect::<Vec<_>>(), ["a", "b\u{200b}c", "d"]);
    }

    /// Byte by byte or character by character, the pieces are the same.
    #[test]
    fn all_white_space_is_found() {
        for c in ('\0'..=char::MAX).filter(|&c| is_space(c) || c < '\u{3100}') {
            let text = format!("a{c}é{c}{c}日{c}");
            let expected: Vec<&str> =
                text.split(is_space).filter(|piece| !piece.is_empty()).collect();
            assert_eq!(split(&text).collect::<Vec<_>>(), expected, "{c:?}");
        }
        assert_eq!(split("").next(), None);
    }
}
