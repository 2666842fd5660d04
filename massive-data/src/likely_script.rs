//! The script in which a language is likely written, by CLDR's likely subtags.

use icu_locale::{LanguageIdentifier, LocaleCanonicalizer, LocaleExpander};

use crate::locale_tag;

/// The ISO 15924 code of the script in which the language of a canonical tag is
/// likely written in its region (UTS 35, "Likely Subtags"); `None` where CLDR
/// does not say.
pub(crate) fn likely_script(tag: &str) -> Option<String> {
    let language: LanguageIdentifier = locale_tag::language(tag).parse().ok()?;
    let mut locale = icu_locale::Locale::from(language);
    locale.id.region = locale_tag::region(tag).and_then(|region| region.parse().ok());
    // CLDR has most languages under their two-letter codes.
    LocaleCanonicalizer::new_extended().canonicalize(&mut locale);
    // Without a language it would be that which is most spoken in the region.
    if locale.id.language.is_unknown() {
        return None;
    }
    LocaleExpander::new_extended().maximize(&mut locale.id);
    locale.id.script.map(|script| script.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language_facts::FACTS;

    /// A second source for the scripts of the release.
    #[test]
    fn cldr_agrees_on_the_release() {
        for facts in &FACTS {
            // Slovenian is tagged with the region of Sierra Leone there.
            assert_eq!(
                likely_script(facts.tag).as_deref(),
                Some(facts.script.code()),
                "{}",
                facts.tag
            );
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
            assert_eq!(likely_script(tag).as_deref(), script, "{tag}");
        }
    }
}
