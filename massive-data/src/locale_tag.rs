//! Language tags as BCP 47 (RFC 5646) has them: which are well-formed, and
//! their canonical form.

/// The longest tag that is read, in bytes; RFC 5646 section 4.4.1 asks for 35.
const LONGEST: usize = 100;

/// Languages that have another code since, as in the IANA registry.
const RENAMED: [(&str, &str); 5] =
    [("in", "id"), ("iw", "he"), ("ji", "yi"), ("jw", "jv"), ("mo", "ro")];

/// Languages that are extended by another, which then stands alone in canonical
/// form (`zh-yue` is `yue`), as in the IANA registry.
const EXTENDED: [&str; 8] = ["ar", "kok", "lv", "ms", "sgn", "sw", "uz", "zh"];

/// The canonical form of a tag; `None` if it is not well-formed.
///
/// The language has two or three letters: longer ones are only reserved.
/// Underscores stand for hyphens, case is mended, languages that were renamed
/// and extended languages are replaced as in RFC 5646 section 4.5. Three-letter
/// codes of languages that have a two-letter one stay: they are what the data
/// says, and so do regions.
pub(crate) fn canonical(tag: &str) -> Option<String> {
    if tag.len() > LONGEST {
        return None;
    }
    let mut subtags = tag.split(['-', '_']).peekable();
    let mut language = lower(subtags.next().filter(|first| is_alpha(first, 2..=3))?);
    if EXTENDED.contains(&language.as_str())
        && let Some(extended) = subtags.next_if(|next| is_alpha(next, 3..=3))
    {
        language = lower(extended);
    }
    if let Some((_, name)) = RENAMED.iter().find(|(old, _)| *old == language) {
        (*name).clone_into(&mut language);
    }
    let mut parts = vec![language];
    if let Some(script) = subtags.next_if(|next| is_alpha(next, 4..=4)) {
        parts.push(script[..1].to_ascii_uppercase() + &lower(&script[1..]));
    }
    if let Some(region) = subtags.next_if(|next| is_region(next)) {
        parts.push(region.to_ascii_uppercase());
    }
    let variants = parts.len();
    while let Some(variant) = subtags.next_if(|next| is_variant(next)) {
        let variant = lower(variant);
        if parts[variants..].contains(&variant) {
            return None;
        }
        parts.push(variant);
    }
    parts.extend(extensions(subtags)?);
    Some(parts.join("-"))
}

/// Extensions, sorted by their letter, and what is for private use.
fn extensions<'a>(subtags: impl Iterator<Item = &'a str>) -> Option<Vec<String>> {
    let mut extensions: Vec<Vec<String>> = Vec::new();
    for subtag in subtags {
        let private = extensions.last().is_some_and(|open| open[0] == "x");
        let length = if private { 1..=8 } else { 2..=8 };
        if !private && is_alphanumeric(subtag, 1..=1) {
            extensions.push(vec![lower(subtag)]);
        } else if is_alphanumeric(subtag, length) {
            extensions.last_mut()?.push(lower(subtag));
        } else {
            return None;
        }
    }
    // `x` comes last of itself: nothing else can follow it.
    let last = extensions.pop_if(|last| last[0] == "x");
    extensions.sort();
    let twice = extensions.windows(2).any(|two| two[0][0] == two[1][0]);
    extensions.extend(last);
    let empty = extensions.iter().any(|extension| extension.len() < 2);
    (!twice && !empty).then(|| extensions.concat())
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

fn is_alpha(subtag: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_alphanumeric(subtag: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_region(subtag: &str) -> bool {
    is_alpha(subtag, 2..=2) || subtag.len() == 3 && subtag.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_variant(subtag: &str) -> bool {
    is_alphanumeric(subtag, 5..=8)
        || is_alphanumeric(subtag, 4..=4) && subtag.starts_with(|c: char| c.is_ascii_digit())
}

/// The language of a canonical tag.
pub(crate) fn language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// The script of a canonical tag, if it names one.
pub(crate) fn script(tag: &str) -> Option<&str> {
    tag.split('-').nth(1).filter(|second| is_alpha(second, 4..=4))
}

/// The region of a canonical tag, if it names one.
pub(crate) fn region(tag: &str) -> Option<&str> {
    let place = if script(tag).is_some() { 2 } else { 1 };
    tag.split('-').nth(place).filter(|subtag| is_region(subtag))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::language_facts::TAGS;

    #[test]
    fn the_tags_of_the_release_are_canonical() {
        for tag in TAGS {
            assert_eq!(canonical(tag).as_deref(), Some(tag));
            assert_eq!(canonical(&tag.to_uppercase().replace('-', "_")).as_deref(), Some(tag));
        }
    }

    #[test]
    fn case_order_and_old_names_are_mended() {
        for (written, expected) in [
            ("nap", "nap"),
            ("NAP", "nap"),
            ("en_us", "en-US"),
            ("sr_latn_rs", "sr-Latn-RS"),
            ("es-419", "es-419"),
            ("hau-NG", "hau-NG"),
            ("deu-de", "deu-DE"),
            ("fil-PH", "fil-PH"),
            ("iw-IL", "he-IL"),
            ("in_ID", "id-ID"),
            ("zh-yue-hk", "yue-HK"),
            ("ar-arz-EG", "arz-EG"),
            ("ca-es-VALENCIA", "ca-ES-valencia"),
            ("de-1901", "de-1901"),
            ("de-ch-1996-x-Mine", "de-CH-1996-x-mine"),
            ("th-u-nu-thai-a-bb", "th-a-bb-u-nu-thai"),
        ] {
            assert_eq!(canonical(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_none() {
        for tag in [
            "",
            "d",
            "d-DE",
            "german",
            "de-",
            "-de",
            "de--DE",
            "de DE",
            "dé-DE",
            "en-USA",
            "en-1",
            "de-DE-x",
            "de-u",
            "de-1901-1901",
            "de-a-bb-a-cc",
            "x-mine",
            "i-klingon",
            "de-DE-Latn",
            "12-DE",
            "de-abcdefghi",
            "*-IN",
        ] {
            assert_eq!(canonical(tag), None, "{tag}");
        }
        assert_eq!(canonical(&"de-".repeat(1_000)), None);
    }

    #[test]
    fn subtags_are_found_by_their_shape() {
        for (tag, expected) in [
            ("nap", ("nap", None, None)),
            ("es-419", ("es", None, Some("419"))),
            ("sr-Latn", ("sr", Some("Latn"), None)),
            ("sr-Latn-RS", ("sr", Some("Latn"), Some("RS"))),
            ("de-1901", ("de", None, None)),
        ] {
            assert_eq!((language(tag), script(tag), region(tag)), expected, "{tag}");
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_its_own(tag in "[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{1,8}){0,4}") {
            if let Some(once) = canonical(&tag) {
                prop_assert_eq!(canonical(&once), Some(once));
            }
        }

        #[test]
        fn any_text_is_a_tag_or_none(text in ".{0,12}") {
            let _ = canonical(&text);
        }
    }
}
