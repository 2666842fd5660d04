//! Names of entries, and the files that they are kept in.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// Characters of a name that a file's name takes up.
const LONGEST_SLUG: usize = 60;

/// The longest name, in characters.
const LONGEST_NAME: usize = 200;

/// Why this cannot be the name of an entry, if it cannot.
pub fn unfit(name: &str) -> Option<&'static str> {
    if name.trim().is_empty() {
        Some("it is empty")
    } else if name.trim() != name {
        Some("it starts or ends with a space")
    } else if name.chars().count() > LONGEST_NAME {
        Some("it has more than 200 characters")
    } else if name.chars().any(char::is_control) {
        Some("it has control characters")
    } else {
        None
    }
}

/// What the file of an entry is called, without its extension.
///
/// A name of small letters, digits and single hyphens stands for itself. Every
/// other name gives what can be kept of it with the first 8 hexadecimal digits
/// of its SHA-256, so that two names share no file and a name says which file it
/// is in without a look at the others.
pub fn slug(name: &str) -> String {
    let mut kept = String::new();
    for character in name.nfkd().flat_map(char::to_lowercase) {
        if character.is_ascii_alphanumeric() {
            kept.push(character);
        } else if !kept.is_empty() && !kept.ends_with('-') && !is_mark(character) {
            kept.push('-');
        }
    }
    kept.truncate(LONGEST_SLUG);
    let kept = kept.trim_end_matches('-');
    if !kept.is_empty() && kept == name {
        return kept.to_owned();
    }
    let digest = Sha256::digest(name);
    let digits: String = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    if kept.is_empty() { format!("entry-{digits}") } else { format!("{kept}-{digits}") }
}

fn is_mark(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
}

/// What two names share that a reader would take for one: case, forms of
/// characters and white space are set aside.
pub fn likeness(name: &str) -> String {
    let folded: String = name.nfkc().flat_map(char::to_lowercase).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn plain_names_are_their_files() {
        assert_eq!(slug("xlm-r-base"), "xlm-r-base");
        assert!(slug("XLM-R Base").starts_with("xlm-r-base-"));
        assert!(slug("Équipe Zürich").starts_with("equipe-zurich-"));
        assert!(slug("模型").starts_with("entry-"));
        assert!(slug("../../etc/passwd").starts_with("etc-passwd-"));
        assert_ne!(slug("a b"), slug("a  b"));
        assert_ne!(slug("a-"), slug("a"));
    }

    #[test]
    fn names_that_look_alike_are_alike() {
        assert_eq!(likeness("XLM-R  Base"), likeness("xlm-r base"));
        assert_eq!(likeness("caf\u{e9}"), likeness("cafe\u{301}"));
        assert_ne!(likeness("a"), likeness("b"));
        assert!(unfit("a\nb").is_some() && unfit(" a").is_some() && unfit("<b>a</b>").is_none());
    }

    proptest! {
        #[test]
        fn a_slug_is_a_safe_file_name(name in ".{0,120}") {
            let slug = slug(&name);
            prop_assert!(!slug.is_empty() && slug.len() <= LONGEST_SLUG + 9);
            prop_assert!(slug.bytes().all(|byte| byte.is_ascii_lowercase()
                || byte.is_ascii_digit() || byte == b'-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-'));
        }

        #[test]
        fn other_names_have_other_files(one in "[a-zA-Zäß _-]{1,8}", other in "[a-zA-Zäß _-]{1,8}") {
            prop_assert_eq!(slug(&one) == slug(&other), one == other);
        }
    }
}
