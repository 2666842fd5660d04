//! The script in which a language is likely written, by CLDR's likely subtags.

use crate::locale_tag;

/// A line a script: its code, languages, and languages with a region.
const TABLE: &str = include_str!("likely_scripts.txt");

/// The ISO 15924 code of the script in which the language of a canonical tag is
/// likely written in its region (UTS 35, "Likely Subtags"); `None` where CLDR
/// does not say.
///
/// It reads a table of 9,700 words, which takes microseconds and is done once
/// for each locale that the release does not have.
pub(crate) fn likely_script(tag: &str) -> Option<&'static str> {
    let language = locale_tag::language(tag);
    let in_region = locale_tag::region(tag).map(|region| format!("{language}-{region}"));
    in_region.and_then(|tag| script_of(&tag)).or_else(|| script_of(language))
}

fn script_of(wanted: &str) -> Option<&'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (script, tags) = line.split_once(' ')?;
        tags.split(' ').any(|tag| tag == wanted).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_facts::FACTS;

    /// A second source for the scripts of the release.
    #[test]
    fn cldr_agrees_on_the_release() {
        for facts in &FACTS {
            assert_eq!(likely_script(facts.tag), Some(facts.script.code()), "{}", facts.tag);
        }
    }

    #[test]
    fn languages_and_regions_have_scripts() {
        for (tag, script) in [
            ("gl-ES", Some("Latn")),
            ("hau-NG", Some("Latn")),
            ("es-419", Some("Latn")),
            ("nap", Some("Latn")),
            ("yue", Some("Hant")),
            ("yue-CN", Some("Hans")),
            ("wuu", Some("Hans")),
            ("zh-HK", Some("Hant")),
            ("jpn-JP", Some("Jpan")),
            ("pa-PK", Some("Arab")),
            ("pa-IN", Some("Guru")),
            ("iw", Some("Hebr")),
            ("und-IN", None),
            ("qaa", None),
            ("xx-IN", None),
        ] {
            assert_eq!(likely_script(tag), script, "{tag}");
        }
    }
}
