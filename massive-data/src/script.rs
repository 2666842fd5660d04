//! Writing systems.

use std::fmt;

/// A writing system, by its ISO 15924 code.
///
/// ```
/// use massive_data::{Direction, Script};
///
/// assert_eq!(Script::ARAB.code(), "Arab");
/// assert_eq!(Script::ARAB.direction(), Direction::RightToLeft);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Script(&'static str);

macro_rules! scripts {
    ($($name:ident $code:literal $doc:literal,)*) => {
        impl Script {
            $(#[doc = $doc] pub const $name: Script = Script($code);)*

            /// The scripts of the release's locales, by code.
            pub const RELEASE: &'static [Script] = &[$(Script::$name),*];
        }
    };
}

scripts! {
    ARAB "Arab" "Arabic.",
    ARMN "Armn" "Armenian.",
    BENG "Beng" "Bengali.",
    CYRL "Cyrl" "Cyrillic.",
    DEVA "Deva" "Devanagari.",
    ETHI "Ethi" "Ethiopic.",
    GEOR "Geor" "Georgian.",
    GREK "Grek" "Greek.",
    HANS "Hans" "Han, simplified.",
    HANT "Hant" "Han, traditional.",
    HEBR "Hebr" "Hebrew.",
    JPAN "Jpan" "Japanese: Han, Hiragana and Katakana.",
    KHMR "Khmr" "Khmer.",
    KNDA "Knda" "Kannada.",
    KORE "Kore" "Korean: Hangul and Han.",
    LATN "Latn" "Latin.",
    MLYM "Mlym" "Malayalam.",
    MYMR "Mymr" "Myanmar (Burmese).",
    TAML "Taml" "Tamil.",
    TELU "Telu" "Telugu.",
    THAI "Thai" "Thai.",
}

impl Script {
    /// Not known: neither in the tag nor in CLDR's likely subtags.
    pub const UNKNOWN: Script = Script("Zzzz");

    /// The script with this code, which is written as in ISO 15924.
    pub(crate) const fn of_code(code: &'static str) -> Script {
        Script(code)
    }

    /// The ISO 15924 code, such as `Latn`.
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// True unless it is [`Script::UNKNOWN`].
    pub fn is_known(self) -> bool {
        self != Script::UNKNOWN
    }

    /// The direction in which the script is written (the scripts of Unicode 16
    /// whose letters have the bidirectional class R or AL).
    pub fn direction(self) -> Direction {
        match self.0 {
            "Adlm" | "Arab" | "Aran" | "Armi" | "Avst" | "Chrs" | "Cprt" | "Elym" | "Gara"
            | "Hatr" | "Hebr" | "Hung" | "Khar" | "Lydi" | "Mand" | "Mani" | "Mend" | "Merc"
            | "Mero" | "Narb" | "Nbat" | "Nkoo" | "Orkh" | "Ougr" | "Palm" | "Phli" | "Phlp"
            | "Phnx" | "Prti" | "Rohg" | "Samr" | "Sarb" | "Sogd" | "Sogo" | "Syrc" | "Thaa"
            | "Yezi" => Direction::RightToLeft,
            _ => Direction::LeftToRight,
        }
    }

    /// True for the scripts of Chinese and Japanese, written without spaces
    /// between words.
    pub(crate) fn is_han_or_kana(self) -> bool {
        matches!(
            self.0,
            "Bopo" | "Hanb" | "Hani" | "Hans" | "Hant" | "Hira" | "Hrkt" | "Jpan" | "Kana"
        )
    }
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Script {
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

impl Direction {
    /// The name as CSS and HTML write it: `ltr` or `rtl`.
    pub fn name(self) -> &'static str {
        match self {
            Direction::LeftToRight => "ltr",
            Direction::RightToLeft => "rtl",
        }
    }
}
