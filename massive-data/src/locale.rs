//! Locales: any language tag, and what is known of those of the release.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{LazyLock, OnceLock, RwLock};

use crate::error::{Error, Result, nearest};
use crate::language_facts::{COUNT, FACTS, Facts, Politeness, TAGS, WordOrder};
use crate::likely_script::likely_script;
use crate::locale_tag;
use crate::names::NameTable;
use crate::script::Script;
use crate::segmentation::Segmentation;

/// A locale: a language tag as BCP 47 has them, such as `de-DE`, `sr-Latn-RS`,
/// `es-419` or `nap`.
///
/// Any well-formed tag whose language has two or three letters is one, and is
/// written in its canonical form: underscores and case are mended. The 52
/// locales of MASSIVE 1.1 are constants, and facts about their languages are
/// known; of others only the script is, if the tag names it or CLDR knows the
/// language. Slovenian is tagged `sl-SL` in the release.
///
/// Locales are ordered by the code points of their tags.
///
/// ```
/// use massive_data::{Direction, Locale, Script};
///
/// let urdu: Locale = "ur-PK".parse()?;
/// assert_eq!((urdu, urdu.language()), (Locale::UR_PK, Some("Urdu")));
/// assert_eq!(urdu.script().direction(), Direction::RightToLeft);
///
/// let galician: Locale = "gl_es".parse()?;
/// assert_eq!((galician.tag(), galician.script()), ("gl-ES", Script::LATN));
/// assert_eq!(galician.family(), None);
///
/// let error = "german".parse::<Locale>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown locale `german`"));
/// # Ok::<(), massive_data::Error>(())
/// ```
// An index: of the release's locales, and after them of all others in the order
// in which they were met. Nothing that depends on this order may be seen.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locale(u16);

macro_rules! constants {
    ($($name:ident $tag:literal $language:literal,)*) => {
        impl Locale {
            $(
                #[doc = concat!("`", $tag, "`: ", $language, ".")]
                pub const $name: Locale = Locale(place_in_release($tag));
            )*

            /// The 52 of MASSIVE 1.1, in code-point order of their tags.
            pub const RELEASE: [Locale; COUNT] = [$(Locale::$name),*];
        }
    };
}

constants! {
    AF_ZA "af-ZA" "Afrikaans",
    AM_ET "am-ET" "Amharic",
    AR_SA "ar-SA" "Arabic",
    AZ_AZ "az-AZ" "Azerbaijani",
    BN_BD "bn-BD" "Bengali",
    CA_ES "ca-ES" "Catalan",
    CY_GB "cy-GB" "Welsh",
    DA_DK "da-DK" "Danish",
    DE_DE "de-DE" "German",
    EL_GR "el-GR" "Greek",
    EN_US "en-US" "English",
    ES_ES "es-ES" "Spanish",
    FA_IR "fa-IR" "Persian",
    FI_FI "fi-FI" "Finnish",
    FR_FR "fr-FR" "French",
    HE_IL "he-IL" "Hebrew",
    HI_IN "hi-IN" "Hindi",
    HU_HU "hu-HU" "Hungarian",
    HY_AM "hy-AM" "Armenian",
    ID_ID "id-ID" "Indonesian",
    IS_IS "is-IS" "Icelandic",
    IT_IT "it-IT" "Italian",
    JA_JP "ja-JP" "Japanese",
    JV_ID "jv-ID" "Javanese",
    KA_GE "ka-GE" "Georgian",
    KM_KH "km-KH" "Khmer",
    KN_IN "kn-IN" "Kannada",
    KO_KR "ko-KR" "Korean",
    LV_LV "lv-LV" "Latvian",
    ML_IN "ml-IN" "Malayalam",
    MN_MN "mn-MN" "Mongolian",
    MS_MY "ms-MY" "Malay",
    MY_MM "my-MM" "Burmese",
    NB_NO "nb-NO" "Norwegian",
    NL_NL "nl-NL" "Dutch",
    PL_PL "pl-PL" "Polish",
    PT_PT "pt-PT" "Portuguese",
    RO_RO "ro-RO" "Romanian",
    RU_RU "ru-RU" "Russian",
    SL_SL "sl-SL" "Slovenian",
    SQ_AL "sq-AL" "Albanian",
    SV_SE "sv-SE" "Swedish",
    SW_KE "sw-KE" "Swahili",
    TA_IN "ta-IN" "Tamil",
    TE_IN "te-IN" "Telugu",
    TH_TH "th-TH" "Thai",
    TL_PH "tl-PH" "Tagalog",
    TR_TR "tr-TR" "Turkish",
    UR_PK "ur-PK" "Urdu",
    VI_VN "vi-VN" "Vietnamese",
    ZH_CN "zh-CN" "Mandarin",
    ZH_TW "zh-TW" "Mandarin",
}

/// The index of a tag of the release, for constants.
const fn place_in_release(tag: &str) -> u16 {
    let mut index = 0;
    while index < COUNT {
        if is_same(TAGS[index].as_bytes(), tag.as_bytes()) {
            return index as u16;
        }
        index += 1;
    }
    panic!("no tag of the release");
}

const fn is_same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// What is known of a locale that the release does not have.
#[derive(Debug)]
struct Other {
    tag: &'static str,
    script: Script,
    segmentation: Segmentation,
}

/// The locales beside those of the release, in the order in which they were
/// met: entries are only added, so that reading one takes no lock.
struct Others {
    blocks: [OnceLock<Box<[OnceLock<Other>; BLOCK]>>; BLOCKS],
    by_tag: LazyLock<RwLock<HashMap<&'static str, Locale>>>,
}

const BLOCK: usize = 64;
const BLOCKS: usize = 256;

/// How many locales beside those of the release a process can know. Their tags
/// are kept for ever, so that input cannot take more memory than this.
const MOST_OTHERS: usize = BLOCK * BLOCKS;

static OTHERS: Others =
    Others { blocks: [const { OnceLock::new() }; BLOCKS], by_tag: LazyLock::new(RwLock::default) };

impl Others {
    fn get(&self, index: usize) -> Option<&Other> {
        self.blocks.get(index / BLOCK)?.get()?[index % BLOCK].get()
    }

    fn find(&self, tag: &str) -> Option<Locale> {
        // Nothing that holds the lock leaves the map half-written.
        self.by_tag.read().unwrap_or_else(|held| held.into_inner()).get(tag).copied()
    }

    /// The locale with a canonical tag; `None` if there are too many.
    fn add(&self, tag: String) -> Option<Locale> {
        let mut by_tag = self.by_tag.write().unwrap_or_else(|held| held.into_inner());
        if let Some(known) = by_tag.get(tag.as_str()) {
            return Some(*known);
        }
        let index = by_tag.len();
        let block = self.blocks.get(index / BLOCK)?;
        let block = block.get_or_init(|| Box::new([const { OnceLock::new() }; BLOCK]));
        let tag: &'static str = tag.leak();
        block[index % BLOCK].get_or_init(|| Other::new(tag));
        let locale = Locale((COUNT + index) as u16);
        by_tag.insert(tag, locale);
        Some(locale)
    }
}

impl Other {
    fn new(tag: &'static str) -> Other {
        let script = match locale_tag::script(tag) {
            Some(code) => Script::of_code(code),
            None => likely_script(tag).map_or(Script::UNKNOWN, Script::of_code),
        };
        let spaceless = matches!(
            locale_tag::language(tag),
            "ja" | "jpn" | "zh" | "zho" | "cmn" | "yue" | "wuu"
        ) && script.is_han_or_kana();
        let segmentation =
            if spaceless { Segmentation::Characters } else { Segmentation::WhiteSpace };
        Other { tag, script, segmentation }
    }
}

impl Locale {
    /// What is known of it: by the release, or otherwise.
    fn facts(self) -> Result<&'static Facts, &'static Other> {
        /// There is no handle without an entry; this is what it would have.
        static NONE: Other =
            Other { tag: "und", script: Script::UNKNOWN, segmentation: Segmentation::WhiteSpace };
        let index = self.index();
        FACTS.get(index).ok_or_else(|| OTHERS.get(index - COUNT).unwrap_or(&NONE))
    }

    /// The tag in canonical form, such as `de-DE`.
    pub fn tag(self) -> &'static str {
        self.facts().map_or_else(|other| other.tag, |facts| facts.tag)
    }

    /// The locale with this tag; `None` if the tag is not well-formed.
    pub fn from_tag(tag: &str) -> Option<Locale> {
        Locale::of_release(tag).or_else(|| OTHERS.find(tag)).or_else(|| {
            let canonical = locale_tag::canonical(tag)?;
            Locale::of_release(&canonical).or_else(|| OTHERS.add(canonical))
        })
    }

    /// The locale of the release with this tag, spelled exactly so.
    #[inline]
    pub(crate) fn of_release(tag: &str) -> Option<Locale> {
        const TABLE: &NameTable = &NameTable::new(&TAGS);
        TABLE.find(tag).map(|index| Locale(u16::from(index)))
    }

    /// The locale that a file with this name, less its ending, is named after:
    /// one of the release, or one with a region; only as the tag is written in
    /// canonical form, since many words are well-formed tags.
    pub(crate) fn of_file(name: &str) -> Option<Locale> {
        Locale::of_release(name).or_else(|| {
            let canonical = locale_tag::canonical(name).filter(|canonical| canonical == name)?;
            let region = locale_tag::region(&canonical)?;
            region.bytes().all(|byte| byte.is_ascii_alphabetic()).then(|| OTHERS.add(canonical))?
        })
    }

    /// A small number that stands for the locale while the program runs: 0 to 51
    /// in code-point order for those of the release, then in the order in which
    /// locales were met. For tables; it must not decide an order that is seen.
    #[inline]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    /// True for the 52 locales of release 1.1.
    #[inline]
    pub fn in_release(self) -> bool {
        self.index() < COUNT
    }

    /// True for the 51 locales of release 1.0 (all but ca-ES).
    pub fn in_release_1_0(self) -> bool {
        self.in_release() && self != Locale::CA_ES
    }

    /// The language subtag, such as `de`.
    pub fn language_code(self) -> &'static str {
        locale_tag::language(self.tag())
    }

    /// The region subtag, such as `DE` or `419`, if there is one.
    pub fn region(self) -> Option<&'static str> {
        locale_tag::region(self.tag())
    }

    /// The English name of the language. zh-CN and zh-TW are both Mandarin.
    pub fn language(self) -> Option<&'static str> {
        self.facts().ok().map(|facts| facts.language)
    }

    /// The ISO 639-3 code of the language.
    pub fn iso639_3(self) -> Option<&'static str> {
        self.facts().ok().map(|facts| facts.iso639_3)
    }

    /// The script: that of the tag, else that in which the language is likely
    /// written by CLDR; [`Script::UNKNOWN`] where CLDR does not say.
    pub fn script(self) -> Script {
        self.facts().map_or_else(|other| other.script, |facts| facts.script)
    }

    /// The language family.
    pub fn family(self) -> Option<&'static str> {
        self.facts().ok().map(|facts| facts.family)
    }

    /// The genus: the group of evidently related languages within the family.
    pub fn genus(self) -> Option<&'static str> {
        self.facts().ok().map(|facts| facts.genus)
    }

    /// The dominant word order; `None` where WALS has no value.
    pub fn word_order(self) -> Option<WordOrder> {
        self.facts().ok()?.word_order
    }

    /// The politeness distinctions; `None` where WALS has no value.
    pub fn politeness(self) -> Option<Politeness> {
        self.facts().ok()?.politeness
    }

    /// How utterances are cut into words unless it is said otherwise: Chinese
    /// and Japanese (`ja`, `zh`, `yue`, `wuu`) in their own scripts into
    /// characters, as the reference does, all others at white space.
    pub fn segmentation(self) -> Segmentation {
        match self {
            Locale::JA_JP | Locale::ZH_CN | Locale::ZH_TW => Segmentation::Characters,
            _ if self.in_release() => Segmentation::WhiteSpace,
            _ => self.facts().map_or_else(|other| other.segmentation, |_| Segmentation::WhiteSpace),
        }
    }

    /// The one of `known` that may have been meant by a tag: of the same
    /// language if there is one, else that with the nearest spelling.
    pub fn suggest(tag: &str, known: impl IntoIterator<Item = Locale>) -> Option<Locale> {
        let known: Vec<&str> = known.into_iter().map(Locale::tag).collect();
        let language = language_of(&tag.replace('_', "-"));
        let same: Vec<&str> =
            known.iter().copied().filter(|&known| language_of(known) == language).collect();
        let found = match same[..] {
            [] => nearest(tag, known),
            [only] => Some(only),
            _ => nearest(tag, same.iter().copied()).or(same.first().copied()),
        };
        found.and_then(Locale::from_tag)
    }
}

/// The ISO 639-3 code of a tag's language where one of the release has it, else
/// the subtag.
fn language_of(tag: &str) -> String {
    let subtag = locale_tag::language(tag).to_ascii_lowercase();
    let facts = FACTS.iter().find(|facts| locale_tag::language(facts.tag) == subtag);
    facts.map_or(subtag, |facts| facts.iso639_3.to_owned())
}

impl Ord for Locale {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        if self.in_release() && other.in_release() {
            self.0.cmp(&other.0)
        } else {
            self.tag().cmp(other.tag())
        }
    }
}

impl PartialOrd for Locale {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.tag())
    }
}

impl fmt::Debug for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

impl FromStr for Locale {
    type Err = Error;

    fn from_str(tag: &str) -> Result<Self> {
        Locale::from_tag(tag).ok_or_else(|| Error::request(not_a_locale(tag)))
    }
}

/// Says that `tag` is no locale, and which one may have been meant.
pub(crate) fn not_a_locale(tag: &str) -> String {
    let shown = tag.escape_debug();
    if locale_tag::canonical(tag).is_some() {
        return format!("unknown locale `{shown}`: more than {MOST_OTHERS} locales were met");
    }
    match Locale::suggest(tag, Locale::RELEASE) {
        Some(known) => format!("unknown locale `{shown}`: did you mean {known}?"),
        None => format!(
            "unknown locale `{shown}`: locales are language tags such as de-DE, sr-Latn-RS or nap"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::Direction;

    #[test]
    fn the_locales_of_the_release_are_found_in_order() {
        assert!(Locale::RELEASE.is_sorted_by(|a, b| a < b));
        for (index, locale) in Locale::RELEASE.into_iter().enumerate() {
            assert_eq!((locale.index(), locale.in_release()), (index, true));
            assert_eq!(Locale::from_tag(locale.tag()), Some(locale));
            assert_eq!(Locale::from_tag(&locale.tag().to_lowercase()), Some(locale));
            assert!(locale.language().is_some() && locale.family().is_some());
        }
    }

    #[test]
    fn right_to_left_locales() {
        let tags: Vec<&str> = Locale::RELEASE
            .into_iter()
            .filter(|locale| locale.script().direction() == Direction::RightToLeft)
            .map(Locale::tag)
            .collect();
        assert_eq!(tags, ["ar-SA", "fa-IR", "he-IL", "ur-PK"]);
    }

    #[test]
    fn other_locales_have_one_handle_and_no_facts() {
        let one: Locale = "SR_latn_rs".parse().unwrap();
        assert_eq!(one, "sr-Latn-RS".parse().unwrap());
        assert_eq!((one.tag(), one.script().code()), ("sr-Latn-RS", "Latn"));
        assert_eq!((one.language_code(), one.region()), ("sr", Some("RS")));
        assert_eq!((one.language(), one.family(), one.word_order()), (None, None, None));
        assert!(!one.in_release() && one.index() >= COUNT);
        assert_eq!(Locale::from_tag("sr-Cyrl-RS").unwrap().script(), Script::CYRL);
        assert_eq!(Locale::from_tag("qaa").unwrap().script(), Script::UNKNOWN);
    }

    #[test]
    fn the_order_is_that_of_the_tags() {
        let mut tags = ["zu-ZA", "de-AT", "de", "de-DE", "nap", "af-ZA", "hau-NG", "es-419"];
        let mut locales = tags.map(|tag| tag.parse::<Locale>().unwrap());
        locales.sort();
        tags.sort_unstable();
        assert_eq!(locales.map(Locale::tag), tags);
    }

    #[test]
    fn chinese_and_japanese_are_cut_into_characters() {
        for tag in ["ja-JP", "zh-CN", "zh-TW", "ja", "zh-HK", "zh-Hant", "yue", "wuu", "jpn-JP"] {
            let locale: Locale = tag.parse().unwrap();
            assert_eq!(locale.segmentation(), Segmentation::Characters, "{tag}");
        }
        for tag in ["ko-KR", "th-TH", "gl-ES", "zh-Latn", "ja-Latn-JP", "nan", "km"] {
            let locale: Locale = tag.parse().unwrap();
            assert_eq!(locale.segmentation(), Segmentation::WhiteSpace, "{tag}");
        }
    }

    #[test]
    fn suggestions_prefer_the_language() {
        for (tag, expected) in [
            ("de-DD", Some("de-DE")),
            ("deu-DE", Some("de-DE")),
            ("en-USA", Some("en-US")),
            ("zh-TWN", Some("zh-TW")),
            ("zh-SG", Some("zh-CN")),
            ("fr", Some("fr-FR")),
            ("dd-DE", Some("de-DE")),
            ("", None),
            ("german", None),
        ] {
            let found = Locale::suggest(tag, Locale::RELEASE);
            assert_eq!(found.map(Locale::tag), expected, "{tag}");
        }
        assert_eq!(Locale::suggest("de-DD", [Locale::FR_FR]), None);
    }

    #[test]
    fn files_are_named_after_locales_only_where_that_is_sure() {
        for (name, expected) in [
            ("de-DE", true),
            ("gl-ES", true),
            ("sr-Latn-RS", true),
            ("dev", false),
            ("test", false),
            ("de", false),
            ("run-001", false),
            ("de-de", false),
            ("my-data", false),
        ] {
            assert_eq!(Locale::of_file(name).is_some(), expected, "{name}");
        }
    }
}
