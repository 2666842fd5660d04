//! What a linguist groups the 52 locales of the release by.
//!
//! Genealogy, word order and politeness are facts from the World Atlas of
//! Language Structures (WALS Online, CC BY 4.0; Dryer & Haspelmath 2013,
//! chapters 45 "Politeness Distinctions in Pronouns" and 81 "Order of
//! Subject, Object and Verb"). `None` means that WALS has no value. The values
//! of mn-MN are those of Khalkha.

use std::fmt;

use crate::script::Script;

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

/// The facts of one locale.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) tag: &'static str,
    pub(crate) language: &'static str,
    pub(crate) iso639_3: &'static str,
    pub(crate) script: Script,
    pub(crate) family: &'static str,
    pub(crate) genus: &'static str,
    pub(crate) word_order: Option<WordOrder>,
    pub(crate) politeness: Option<Politeness>,
}

/// How many locales the release has.
pub(crate) const COUNT: usize = 52;

macro_rules! facts {
    ($($tag:literal, $language:literal, $iso:literal, $script:ident, $family:literal,
       $genus:literal, $order:expr, $politeness:expr;)*) => {
        /// The tags, in code-point order.
        pub(crate) static TAGS: [&str; COUNT] = [$($tag),*];

        /// The facts, in the order of the tags.
        pub(crate) static FACTS: [Facts; COUNT] = [$(Facts {
            tag: $tag, language: $language, iso639_3: $iso, script: Script::$script,
            family: $family, genus: $genus, word_order: $order, politeness: $politeness,
        }),*];
    };
}

facts! {
    "af-ZA", "Afrikaans", "afr", LATN, "Indo-European", "Germanic", None, None;
    "am-ET", "Amharic", "amh", ETHI, "Afro-Asiatic", "Semitic", Some(WordOrder::Sov), None;
    "ar-SA", "Arabic", "ara", ARAB, "Afro-Asiatic", "Semitic", Some(WordOrder::Vso), None;
    "az-AZ", "Azerbaijani", "aze", LATN, "Altaic", "Turkic", Some(WordOrder::Sov), None;
    "bn-BD", "Bengali", "ben", BENG, "Indo-European", "Indic", Some(WordOrder::Sov), None;
    "ca-ES", "Catalan", "cat", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), None;
    "cy-GB", "Welsh", "cym", LATN, "Indo-European", "Celtic", Some(WordOrder::Vso), Some(Politeness::Binary);
    "da-DK", "Danish", "dan", LATN, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "de-DE", "German", "deu", LATN, "Indo-European", "Germanic", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    "el-GR", "Greek", "ell", GREK, "Indo-European", "Greek", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    "en-US", "English", "eng", LATN, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    "es-ES", "Spanish", "spa", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    "fa-IR", "Persian", "fas", ARAB, "Indo-European", "Iranian", Some(WordOrder::Sov), Some(Politeness::Binary);
    "fi-FI", "Finnish", "fin", LATN, "Uralic", "Finnic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "fr-FR", "French", "fra", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    "he-IL", "Hebrew", "heb", HEBR, "Afro-Asiatic", "Semitic", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    "hi-IN", "Hindi", "hin", DEVA, "Indo-European", "Indic", Some(WordOrder::Sov), Some(Politeness::Multiple);
    "hu-HU", "Hungarian", "hun", LATN, "Uralic", "Ugric", Some(WordOrder::NoDominantOrder), Some(Politeness::Multiple);
    "hy-AM", "Armenian", "hye", ARMN, "Indo-European", "Armenian", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    "id-ID", "Indonesian", "ind", LATN, "Austronesian", "Malayo-Sumbawan", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    "is-IS", "Icelandic", "isl", LATN, "Indo-European", "Germanic", Some(WordOrder::Svo), None;
    "it-IT", "Italian", "ita", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    "ja-JP", "Japanese", "jpn", JPAN, "Japanese", "Japanese", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    "jv-ID", "Javanese", "jav", LATN, "Austronesian", "Javanese", None, None;
    "ka-GE", "Georgian", "kat", GEOR, "Kartvelian", "Kartvelian", Some(WordOrder::Sov), Some(Politeness::Binary);
    "km-KH", "Khmer", "khm", KHMR, "Austro-Asiatic", "Khmer", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    "kn-IN", "Kannada", "kan", KNDA, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    "ko-KR", "Korean", "kor", KORE, "Korean", "Korean", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    "lv-LV", "Latvian", "lav", LATN, "Indo-European", "Baltic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "ml-IN", "Malayalam", "mal", MLYM, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    "mn-MN", "Mongolian", "mon", CYRL, "Altaic", "Mongolic", Some(WordOrder::Sov), Some(Politeness::Binary);
    "ms-MY", "Malay", "msa", LATN, "Austronesian", "Malayo-Sumbawan", None, None;
    "my-MM", "Burmese", "mya", MYMR, "Sino-Tibetan", "Burmese-Lolo", Some(WordOrder::Sov), Some(Politeness::PronounsAvoided);
    "nb-NO", "Norwegian", "nob", LATN, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "nl-NL", "Dutch", "nld", LATN, "Indo-European", "Germanic", Some(WordOrder::NoDominantOrder), Some(Politeness::Binary);
    "pl-PL", "Polish", "pol", LATN, "Indo-European", "Slavic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "pt-PT", "Portuguese", "por", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Binary);
    "ro-RO", "Romanian", "ron", LATN, "Indo-European", "Romance", Some(WordOrder::Svo), Some(Politeness::Multiple);
    "ru-RU", "Russian", "rus", CYRL, "Indo-European", "Slavic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "sl-SL", "Slovenian", "slv", LATN, "Indo-European", "Slavic", Some(WordOrder::Svo), None;
    "sq-AL", "Albanian", "sqi", LATN, "Indo-European", "Albanian", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    "sv-SE", "Swedish", "swe", LATN, "Indo-European", "Germanic", Some(WordOrder::Svo), Some(Politeness::Binary);
    "sw-KE", "Swahili", "swa", LATN, "Niger-Congo", "Bantu", Some(WordOrder::Svo), Some(Politeness::NoDistinction);
    "ta-IN", "Tamil", "tam", TAML, "Dravidian", "Dravidian", Some(WordOrder::Sov), Some(Politeness::Multiple);
    "te-IN", "Telugu", "tel", TELU, "Dravidian", "Dravidian", Some(WordOrder::Sov), None;
    "th-TH", "Thai", "tha", THAI, "Tai-Kadai", "Kam-Tai", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    "tl-PH", "Tagalog", "tgl", LATN, "Austronesian", "Greater Central Philippine", Some(WordOrder::Vso), Some(Politeness::Multiple);
    "tr-TR", "Turkish", "tur", LATN, "Altaic", "Turkic", Some(WordOrder::Sov), Some(Politeness::Binary);
    "ur-PK", "Urdu", "urd", ARAB, "Indo-European", "Indic", Some(WordOrder::Sov), Some(Politeness::Multiple);
    "vi-VN", "Vietnamese", "vie", LATN, "Austro-Asiatic", "Vietic", Some(WordOrder::Svo), Some(Politeness::PronounsAvoided);
    "zh-CN", "Mandarin", "zho", HANS, "Sino-Tibetan", "Chinese", Some(WordOrder::Svo), Some(Politeness::Binary);
    "zh-TW", "Mandarin", "zho", HANT, "Sino-Tibetan", "Chinese", Some(WordOrder::Svo), Some(Politeness::Binary);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_sorted() {
        assert!(FACTS.is_sorted_by(|a, b| a.tag < b.tag));
        assert!(FACTS.iter().map(|facts| facts.tag).eq(TAGS));
        assert!(FACTS.iter().all(|facts| Script::RELEASE.contains(&facts.script)));
    }
}
