//! The locales that are cut into words otherwise than usual.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::locale_set::LocaleSet;
use crate::segmentation::Segmentation;

/// The locales whose utterances are cut otherwise than usual
/// ([`Locale::segmentation`]).
///
/// As text they are `LOCALE=words` or `LOCALE=characters`, separated by commas.
///
/// ```
/// use massive_data::{Locale, Segmentation, Segmentations};
///
/// let said: Segmentations = "ja-JP=words,th-TH=characters".parse()?;
/// assert_eq!(said.of(Locale::JA_JP), Segmentation::WhiteSpace);
/// assert_eq!(said.of(Locale::ZH_CN), Segmentation::Characters);
/// assert_eq!(said.to_string(), "ja-JP=words,th-TH=characters");
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Segmentations(BTreeMap<Locale, Segmentation>);

impl Segmentations {
    /// How the utterances of a locale are cut.
    #[inline]
    pub fn of(&self, locale: Locale) -> Segmentation {
        match self.0.get(&locale) {
            Some(said) => *said,
            None => locale.segmentation(),
        }
    }

    /// True if all locales are cut as usual.
    #[inline]
    pub fn are_usual(&self) -> bool {
        self.0.is_empty()
    }

    /// Cuts a locale so; what is said last counts.
    pub fn say(&mut self, locale: Locale, segmentation: Segmentation) {
        if segmentation == locale.segmentation() {
            self.0.remove(&locale);
        } else {
            self.0.insert(locale, segmentation);
        }
    }

    /// All that is said by any of these; what is said last of a locale counts.
    pub fn all<'s>(said: impl IntoIterator<Item = &'s Segmentations>) -> Segmentations {
        let said = said.into_iter().flat_map(|one| &one.0);
        Segmentations(said.map(|(locale, said)| (*locale, *said)).collect())
    }

    /// What is said of these locales.
    #[must_use]
    pub fn within(&self, locales: &LocaleSet) -> Segmentations {
        let said = self.0.iter().filter(|(locale, _)| locales.contains(**locale));
        Segmentations(said.map(|(locale, said)| (*locale, *said)).collect())
    }
}

impl fmt::Display for Segmentations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let said: Vec<String> =
            self.0.iter().map(|(locale, said)| format!("{locale}={said}")).collect();
        f.pad(&said.join(","))
    }
}

impl FromStr for Segmentations {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut said = Segmentations::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let Some((locale, segmentation)) = part.split_once('=') else {
                return Err(Error::request(format!(
                    "`{}` says of no locale how it is cut: expected LOCALE=words or \
                     LOCALE=characters",
                    part.escape_debug()
                )));
            };
            said.say(locale.trim().parse()?, segmentation.trim().parse()?);
        }
        Ok(said)
    }
}
