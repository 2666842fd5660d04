//! The 52 locales of the corpus and what a linguist groups them by.
//!
//! Genealogy, word order and politeness are facts from the World Atlas of
//! Language Structures (WALS Online, CC BY 4.0; Dryer & Haspelmath 2013,
//! chapters 45 "Politeness Distinctions in Pronouns" and 81 "Order of
//! Subject, Object and Verb"). `None` means that WALS has no value. The values
//! of mn-MN are those of Khalkha.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, nearest};
use crate::names::NameTable;

/// A writing system, by its ISO 15924 code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Script {
    /// Arabic.
    Arab,
    /// Armenian.
    Armn,
    /// Bengali.
    Beng,
    /// Cyrillic.
    Cyrl,
    /// Devanagari.
    Deva,
    /// Ethiopic.
    Ethi,
    /// Georgian.
    Geor,
    /// Greek.
    Grek,
    /// Han, simplified.
    Hans,
    /// Han, traditional.
    Hant,
    /// Hebrew.
    Hebr,
    /// Japanese: Han, Hiragana and Katakana.
    Jpan,
    /// Khmer.
    Khmr,
    /// Kannada.
    Knda,
    /// Korean: Hangul and Han.
    Kore,
    /// Latin.
    Latn,
    /// Malayalam.
    Mlym,
    /// Myanmar (Burmese).
    Mymr,
    /// Tamil.
    Taml,
    /// Telugu.
    Telu,
    /// Thai.
    Thai,
}

impl Script {
    /// The ISO 15924 code, such as `Latn`.
    pub fn code(self) -> &'static str {
        match self {
            Script::Arab => "Arab",
            Script::Armn => "Armn",
            Script::Beng => "Beng",
            Script::Cyrl => "Cyrl",
            Script::Deva => "Deva",
            Script::Ethi => "Ethi",
            Script::Geor => "Geor",
            Script::Grek => "Grek",
            Script::Hans => "Hans",
            Script::Hant => "Hant",
            Script::Hebr => "Hebr",
            Script::Jpan => "Jpan",
            Script::Khmr => "Khmr",
            Script::Knda => "Knda",
            Script::Kore => "Kore",
            Script::Latn => "Latn",
            Script::Mlym => "Mlym",
            Script::Mymr => "Mymr",
            Script::Taml => "Taml",
            Script::Telu => "Telu",
            Script::Thai => "Thai",
        }
    }

    /// The direction in which the script is written.
    pub fn direction(self) -> Direction {
        match self {
            Script::Arab | Script::Hebr => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The direction in which a script is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// As Latin.
    LeftToRight,
    /// As Arabic and Hebrew.
    RightToLeft,
}

/// The dominant order of subject, object and verb (WALS feature 81A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordOrder {
    /// No dominant order.
    NoDominantOrder,
    /// Subject, object, verb.
    Sov,
    /// Subject, verb, object.
    Svo,
    /// Verb, subject, object.
    Vso,
}

impl WordOrder {
    /// The name as WALS writes it.
    pub fn name(self) -> &'static str {
        match self {
            WordOrder::NoDominantOrder => "No dominant order",
            WordOrder::Sov => "SOV",
            WordOrder::Svo => "SVO",
            WordOrder::Vso => "VSO",
        }
    }
}

impl fmt::Display for WordOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Politeness distinctions in second-person pronouns (WALS feature 45A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Politeness {
    /// No politeness distinction.
    NoDistinction,
    /// Two degrees, as French tu and vous.
    Binary,
    /// More than two degrees.
    Multiple,
    /// Pronouns are avoided for politeness.
    PronounsAvoided,
}

impl Politeness {
    /// The name as WALS writes it.
    pub fn name(self) -> &'static str {
        match self {
            Politeness::NoDistinction => "No politeness distinction",
            Politeness::Binary => "Binary politeness distinction",
            Politeness::Multiple => "Multiple politeness distinctions",
            Politeness::PronounsAvoided => "Pronouns avoided for politeness",
        }
    }
}

impl fmt::Display for Politeness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How the reference implementation cuts an utterance into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segmentation {
    /// At white space.
    WhiteSpace,
    /// Into characters, except pieces that are all ASCII.
    Characters,
}

struct Facts {
    tag: &'static str,
    language: &'static str,
    iso639_3: &'static str,
    script: Script,
    family: &'static str,
    genus: &'static str,
    word_order: Option<WordOrder>,
    politeness: Option<Politeness>,
}

macro_rules! locales {
    ($($variant:ident, $tag:literal, $language:literal, $iso:literal, $script:ident, $family:literal,
       $genus:literal, $order:expr, $politeness:expr;)*) => {
        /// One of the 52 locales of MASSIVE 1.1.
        ///
        /// The order of the variants, and so of `Ord`, is the code-point order of
        /// the tags. Slovenian is tagged `sl-SL` in the release.
        ///
        /// ```
        /// use massive_data::{Direction, Locale};
        ///
        /// let urdu: Locale = "ur-PK".parse()?;
        /// assert_eq!(urdu.language(), "Urdu");
        /// assert_eq!(urdu.script().direction(), Direction::RightToLeft);
        ///
        /// let error = "de-DD".parse::<Locale>().unwrap_err();
        /// assert!(error.to_string().contains("did you mean de-DE?"));
        /// # Ok::<(), massive_data::Error>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Locale {
            $(#[doc = concat!("`", $tag, "`: ", $language, ".")] $variant,)*
        }

        impl Locale {
            /// All 52, in code-point order of their tags.
            pub const ALL: [Locale; 52] = [$(Locale::$variant),*];
        }

        static TAGS: [&str; 52] = [$($tag),*];

        const FACTS: [Facts; 52] = [$(Facts {
            tag: $tag, language: $language, iso639_3: $iso, script: Script::$script, family: $family,
            genus: $genus, word_order: $order, politeness: $politeness,
        }),*];
    };
}

locales! {
    AfZa, "af-ZA", "Afrikaans", "afr", Latn, "Indo-European", "Germanic", None, None;
    AmEt, "am-ET", "Amharic", "amh", Ethi, "Afro-Asiatic", "Semitic", Some(WordOrder::Sov), None;
    ArSa, "ar-SA", "Arabic", "ara", Arab, "Afro-Asiatic", "Semitic", Some(WordOrder::Vso), None;
    AzAz, "az-AZ", "Azerbaijani", "aze", Latn, "Altaic", "Turkic", Some(WordOrder::Sov), None;
    BnBd, "bn-BD", "Bengali", "ben", Beng, "Indo-European", "Indic", Some(WordOrder::Sov), None;
    CaEs, "ca-ES", "Catalan", "cat", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), None;
    CyGb, "cy-GB", "Welsh", "cym", Latn, "Indo-European", "Celtic", Some(WordOrder::Vso), Some(Politeness::Binary);
    DaDk, "da-DK", "Danish", "dan", Latn, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    DeDe, "de-DE", "German", "deu", Latn, "Indo-European", "Germanic", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    ElGr, "el-GR", "Greek", "ell", Grek, "Indo-European", "Greek", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    EnUs, "en-US", "English", "eng", Latn, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    EsEs, "es-ES", "Spanish", "spa", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    FaIr, "fa-IR", "Persian", "fas", Arab, "Indo-European", "Iranian", Some(WordOrder::Sov), Some(Politeness::Binary);
    FiFi, "fi-FI", "Finnish", "fin", Latn, "Uralic", "Finnic", Some(WordOrder::Svo), Some(Politeness::Binary);
    FrFr, "fr-FR", "French", "fra", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    HeIl, "he-IL", "Hebrew", "heb", Hebr, "Afro-Asiatic", "Semitic", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    HiIn, "hi-IN", "Hindi", "hin", Deva, "Indo-European", "Indic", Some(WordOrder::Sov), Some(Politeness::Multiple);
    HuHu, "hu-HU", "Hungarian", "hun", Latn, "Uralic", "Ugric", Some(WordOrder::NoDominantOrder), Some(Politeness::Multiple);
    HyAm, "hy-AM", "Armenian", "hye", Armn, "Indo-European", "Armenian", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    IdId, "id-ID", "Indonesian", "ind", Latn, "Austronesian", "Malayo-Sumbawan", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    IsIs, "is-IS", "Icelandic", "isl", Latn, "Indo-European", "Germanic", Some(WordOrder::Svo), None;
    ItIt, "it-IT", "Italian", "ita", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    JaJp, "ja-JP", "Japanese", "jpn", Jpan, "Japanese", "Japanese", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    JvId, "jv-ID", "Javanese", "jav", Latn, "Austronesian", "Javanese", None, None;
    KaGe, "ka-GE", "Georgian", "kat", Geor, "Kartvelian", "Kartvelian", Some(WordOrder::Sov), Some(Politeness::Binary);
    KmKh, "km-KH", "Khmer", "khm", Khmr, "Austro-Asiatic", "Khmer", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    KnIn, "kn-IN", "Kannada", "kan", Knda, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    KoKr, "ko-KR", "Korean", "kor", Kore, "Korean", "Korean", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    LvLv, "lv-LV", "Latvian", "lav", Latn, "Indo-European", "Baltic", Some(WordOrder::Svo), Some(Politeness::Binary);
    MlIn, "ml-IN", "Malayalam", "mal", Mlym, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    MnMn, "mn-MN", "Mongolian", "mon", Cyrl, "Altaic", "Mongolic", Some(WordOrder::Sov), Some(Politeness::Binary);
    MsMy, "ms-MY", "Malay", "msa", Latn, "Austronesian", "Malayo-Sumbawan", None, None;
    MyMm, "my-MM", "Burmese", "mya", Mymr, "Sino-Tibetan", "Burmese-Lolo", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    NbNo, "nb-NO", "Norwegian", "nob", Latn, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    NlNl, "nl-NL", "Dutch", "nld", Latn, "Indo-European", "Germanic", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    PlPl, "pl-PL", "Polish", "pol", Latn, "Indo-European", "Slavic", Some(WordOrder::Svo), Some(Politeness::Binary);
    PtPt, "pt-PT", "Portuguese", "por", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    RoRo, "ro-RO", "Romanian", "ron", Latn, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Multiple);
    RuRu, "ru-RU", "Russian", "rus", Cyrl, "Indo-European", "Slavic", Some(WordOrder::Svo), Some(Politeness::Binary);
    SlSl, "sl-SL", "Slovenian", "slv", Latn, "Indo-European", "Slavic", Some(WordOrder::Svo), None;
    SqAl, "sq-AL", "Albanian", "sqi", Latn, "Indo-European", "Albanian", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    SvSe, "sv-SE", "Swedish", "swe", Latn, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    SwKe, "sw-KE", "Swahili", "swa", Latn, "Niger-Congo", "Bantu", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    TaIn, "ta-IN", "Tamil", "tam", Taml, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    TeIn, "te-IN", "Telugu", "tel", Telu, "Dravidian", "Dravidian", Some(WordOrder::Sov), None;
    ThTh, "th-TH", "Thai", "tha", Thai, "Tai-Kadai", "Kam-Tai", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    TlPh, "tl-PH", "Tagalog", "tgl", Latn, "Austronesian", "Greater Central Philippine", Some(WordOrder::Vso), Some(Politeness::Multiple);
    TrTr, "tr-TR", "Turkish", "tur", Latn, "Altaic", "Turkic", Some(WordOrder::Sov), Some(Politeness::Binary);
    UrPk, "ur-PK", "Urdu", "urd", Arab, "Indo-European", "Indic", Some(WordOrder::Sov), Some(Politeness::Multiple);
    ViVn, "vi-VN", "Vietnamese", "vie", Latn, "Austro-Asiatic", "Vietic", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    ZhCn, "zh-CN", "Mandarin", "zho", Hans, "Sino-Tibetan", "Chinese", Some(WordOrder::Svo), Some(Politeness::Binary);
    ZhTw, "zh-TW", "Mandarin", "zho", Hant, "Sino-Tibetan", "Chinese", Some(WordOrder::Svo), Some(Politeness::Binary);
}

impl Locale {
    fn facts(self) -> &'static Facts {
        &FACTS[self as usize]
    }

    /// The tag, such as `de-DE`.
    pub fn tag(self) -> &'static str {
        self.facts().tag
    }

    /// The locale with this tag, spelled exactly so.
    pub fn from_tag(tag: &str) -> Option<Locale> {
        const TABLE: &NameTable = &NameTable::new(&TAGS);
        TABLE.find(tag).map(|index| Locale::ALL[usize::from(index)])
    }

    /// The English name of the language. zh-CN and zh-TW are both Mandarin.
    pub fn language(self) -> &'static str {
        self.facts().language
    }

    /// The ISO 639-3 code of the language.
    pub fn iso639_3(self) -> &'static str {
        self.facts().iso639_3
    }

    /// The script.
    pub fn script(self) -> Script {
        self.facts().script
    }

    /// The language family.
    pub fn family(self) -> &'static str {
        self.facts().family
    }

    /// The genus: the group of evidently related languages within the family.
    pub fn genus(self) -> &'static str {
        self.facts().genus
    }

    /// The dominant word order; `None` where WALS has no value.
    pub fn word_order(self) -> Option<WordOrder> {
        self.facts().word_order
    }

    /// The politeness distinctions; `None` where WALS has no value.
    pub fn politeness(self) -> Option<Politeness> {
        self.facts().politeness
    }

    /// How the reference cuts this locale's utterances into words.
    pub fn segmentation(self) -> Segmentation {
        match self {
            Locale::JaJp | Locale::ZhCn | Locale::ZhTw => Segmentation::Characters,
            _ => Segmentation::WhiteSpace,
        }
    }

    /// True for the 51 locales of release 1.0 (all but ca-ES).
    pub fn in_release_1_0(self) -> bool {
        self != Locale::CaEs
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

impl FromStr for Locale {
    type Err = Error;

    fn from_str(tag: &str) -> Result<Self> {
        Locale::from_tag(tag).ok_or_else(|| Error::request(unknown_locale(tag)))
    }
}

/// Says that `tag` is no locale, and which one may have been meant.
pub(crate) fn unknown_locale(tag: &str) -> String {
    let hint = match nearest(tag, FACTS.iter().map(|facts| facts.tag)) {
        Some(known) => format!("did you mean {known}?"),
        None => "locales look like de-DE; the release has 52".to_owned(),
    };
    format!("unknown locale `{}`: {hint}", tag.escape_debug())
}

/// A set of locales.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LocaleSet(u64);

impl LocaleSet {
    /// No locale.
    pub const EMPTY: LocaleSet = LocaleSet(0);
    /// All 52.
    pub const ALL: LocaleSet = LocaleSet((1 << 52) - 1);

    /// Adds one; false if it was there.
    pub fn insert(&mut self, locale: Locale) -> bool {
        let before = self.0;
        self.0 |= 1 << locale as u8;
        self.0 != before
    }

    /// True if `locale` is in the set.
    pub fn contains(self, locale: Locale) -> bool {
        self.0 & 1 << locale as u8 != 0
    }

    /// How many.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// True if there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in either.
    pub fn union(self, other: LocaleSet) -> LocaleSet {
        LocaleSet(self.0 | other.0)
    }

    /// Those in both.
    pub fn intersection(self, other: LocaleSet) -> LocaleSet {
        LocaleSet(self.0 & other.0)
    }

    /// Those of this set that are not in `other`.
    pub fn difference(self, other: LocaleSet) -> LocaleSet {
        LocaleSet(self.0 & !other.0)
    }

    /// The locales in code-point order.
    pub fn iter(self) -> impl Iterator<Item = Locale> {
        Locale::ALL.into_iter().filter(move |&locale| self.contains(locale))
    }

    /// The locales that a comma-separated list of tags and globs names, such
    /// as `de-DE,zh-*,*-IN`.
    ///
    /// # Errors
    /// A tag that is unknown (the nearest is suggested), a glob that matches
    /// nothing or is malformed.
    pub fn from_patterns(list: &str) -> Result<LocaleSet> {
        let mut set = LocaleSet::EMPTY;
        for pattern in list.split(',').map(str::trim) {
            if let Some(locale) = Locale::from_tag(pattern) {
                set.insert(locale);
                continue;
            }
            if !pattern.contains(['*', '?', '[', '{']) {
                return Err(Error::request(unknown_locale(pattern)));
            }
            let glob = globset::Glob::new(pattern)
                .map_err(|error| {
                    Error::request(format!("`{pattern}` is not a glob of locales"))
                        .with_source(error)
                })?
                .compile_matcher();
            let matches: LocaleSet =
                Locale::ALL.into_iter().filter(|locale| glob.is_match(locale.tag())).collect();
            if matches.is_empty() {
                return Err(Error::request(format!("no locale matches `{pattern}`")));
            }
            set = set.union(matches);
        }
        Ok(set)
    }
}

impl FromIterator<Locale> for LocaleSet {
    fn from_iter<I: IntoIterator<Item = Locale>>(locales: I) -> Self {
        let mut set = LocaleSet::EMPTY;
        for locale in locales {
            set.insert(locale);
        }
        set
    }
}

impl fmt::Display for LocaleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, locale) in self.iter().enumerate() {
            write!(f, "{}{locale}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted_and_found() {
        assert!(FACTS.is_sorted_by(|a, b| a.tag < b.tag));
        for locale in Locale::ALL {
            assert_eq!(Locale::from_tag(locale.tag()), Some(locale));
        }
    }

    #[test]
    fn right_to_left_locales() {
        let set: LocaleSet = Locale::ALL
            .into_iter()
            .filter(|locale| locale.script().direction() == Direction::RightToLeft)
            .collect();
        assert_eq!(set.to_string(), "ar-SA, fa-IR, he-IL, ur-PK");
    }

    #[test]
    fn patterns() {
        assert_eq!(
            LocaleSet::from_patterns("zh-*, de-DE").unwrap().to_string(),
            "de-DE, zh-CN, zh-TW"
        );
        assert_eq!(LocaleSet::from_patterns("*").unwrap(), LocaleSet::ALL);
        for (list, expected) in [
            ("zh-*,", "unknown locale ``"),
            ("se-SV", "unknown locale `se-SV`: did you mean"),
            ("x*", "no locale matches `x*`"),
            ("[", "`[` is not a glob of locales"),
        ] {
            let error = LocaleSet::from_patterns(list).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
            assert!(error.is_request());
        }
    }
}
