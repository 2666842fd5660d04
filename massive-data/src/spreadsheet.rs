//! Texts that a spreadsheet would take for formulas.

use std::borrow::Cow;

/// Whether a spreadsheet takes a text for a formula: it starts with `=`, `+`,
/// `-`, `@`, one of these in full width, a tab or a carriage return (OWASP, CSV
/// injection).
pub fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'])
}

/// The text, with an apostrophe before it where it would be taken for a formula:
/// names of files and what models predict can be anything.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if is_formula(text) { format!("'{text}").into() } else { text.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_become_texts() {
        for formula in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "＝1", "＋1", "－1", "＠x"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["", "a=b", " =1", "'=1", "日本"] {
            assert_eq!(harmless(text), text);
        }
    }
}
