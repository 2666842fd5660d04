//! The figures of a group, each with its name.

use serde::ser::{Serialize, Serializer};

use super::tally::Tally;
use crate::error::{Error, Result, nearest};

/// A figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell {
    /// A number of things.
    Count(u64),
    /// A mean or share, absent where there is nothing to take it of.
    Number(Option<f64>),
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Count(count) => serializer.serialize_u64(*count),
            Cell::Number(number) => number.serialize(serializer),
        }
    }
}

/// A figure's name and meaning.
#[derive(Debug)]
pub struct Column {
    /// The name in JSON, CSV and tables.
    pub name: &'static str,
    /// What it counts.
    pub about: &'static str,
    /// True if it is a mean or share, so that it may have no value.
    pub fractional: bool,
    value: fn(&Tally) -> Cell,
}

impl Column {
    /// Its value for a group.
    pub(super) fn of(&self, tally: &Tally) -> Cell {
        (self.value)(tally)
    }

    /// The column with this name.
    ///
    /// # Errors
    /// A name that no column has; the nearest is suggested.
    pub fn named(name: &str) -> Result<&'static Column> {
        COLUMNS.iter().find(|column| column.name == name).ok_or_else(|| {
            let hint = match nearest(name, COLUMNS.iter().map(|column| column.name)) {
                Some(known) => format!("did you mean {known}?"),
                None => "the columns are those of the whole table as CSV".to_owned(),
            };
            Error::request(format!("unknown column `{}`: {hint}", name.escape_debug()))
        })
    }
}

macro_rules! columns {
    ($($name:literal $kind:ident $value:expr, $about:literal;)*) => {
        /// The figures, in order.
        pub const COLUMNS: &[Column] = &[$(columns!(@ $kind $name $value, $about)),*];
    };
    (@ count $name:literal $value:expr, $about:literal) => {
        Column { name: $name, about: $about, fractional: false, value: |tally| {
            let value: fn(&Tally) -> u64 = $value;
            Cell::Count(value(tally))
        } }
    };
    (@ number $name:literal $value:expr, $about:literal) => {
        Column { name: $name, about: $about, fractional: true, value: |tally| {
            let value: fn(&Tally) -> Option<f64> = $value;
            Cell::Number(value(tally))
        } }
    };
}

/// A share, if there is something to take it of.
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

fn length(tally: &Tally, at: f64) -> Option<f64> {
    tally.length_at(at).map(|length| length as f64)
}

fn score_mean(tally: &Tally, score: usize) -> Option<f64> {
    share(tally.judgments.sums[score], tally.judgments.judgments)
}

fn agreement(tally: &Tally, score: usize) -> Option<f64> {
    share(tally.judgments.agreed[score], tally.judgments.comparable())
}

fn judged(tally: &Tally, judges: usize) -> u64 {
    tally.judgments.rows.get(&judges).copied().unwrap_or(0)
}

fn language(tally: &Tally, language: usize) -> Option<f64> {
    share(tally.judgments.languages[language], tally.judgments.languages.iter().sum())
}

columns! {
    "rows" count |t| t.rows, "utterances";
    "rows_with_slots" count |t| t.rows_with_slots, "utterances with a slot at least";
    "slots" count |t| t.slots, "slots, as bracketed";
    "words" count |t| t.words, "words, as the reference cuts them";
    "chunks" count |t| t.chunks, "slots over words: runs of words with one label";
    "utt_chars" count |t| t.utt_chars, "code points of utt";
    "intents" count |t| t.intents.len() as u64, "distinct intents";
    "slot_types" count |t| t.slot_types.len() as u64, "distinct slot names";
    "scenarios" count |t| t.scenarios.len() as u64, "distinct scenarios";
    "distinct_words" count |t| t.distinct_words.len() as u64, "distinct words, not normalised";
    "length_mean" number |t| share(t.words, t.rows), "words of an utterance, mean";
    "length_min" number |t| length(t, 0.0), "words of the shortest utterance";
    "length_p25" number |t| length(t, 0.25), "words of an utterance, lower quartile";
    "length_median" number |t| length(t, 0.5), "words of an utterance, median";
    "length_p75" number |t| length(t, 0.75), "words of an utterance, upper quartile";
    "length_p95" number |t| length(t, 0.95), "words of an utterance, 95th percentile";
    "length_max" number |t| length(t, 1.0), "words of the longest utterance";
    "method_translation" count |t| t.methods[0], "slots that were translated";
    "method_localization" count |t| t.methods[1], "slots replaced by something local";
    "method_unchanged" count |t| t.methods[2], "slots left as in English";
    "method_unchanged_translation" count |t| t.methods[3], "slots left as in English, as a translation";
    "method_unchanged_localization" count |t| t.methods[4], "slots left as in English, as a localisation";
    "method_unknown" count |t| t.methods[5], "slots whose method was not recorded";
    "judgments" count |t| t.judgments.judgments, "judgments";
    "rows_judged" count |t| t.judgments.rows.range(1..).map(|(_, rows)| rows).sum(), "utterances with a judgment at least";
    "rows_unjudged" count |t| judged(t, 0), "localised utterances without any judgment (en-US is not localised)";
    "rows_3_judges" count |t| judged(t, 3), "utterances with three judgments";
    "intent_score_mean" number |t| score_mean(t, 0), "mean over judgments of intent_score, 0 to 2";
    "slots_score_mean" number |t| score_mean(t, 1), "mean over judgments of slots_score, 0 to 2";
    "grammar_score_mean" number |t| score_mean(t, 2), "mean over judgments of grammar_score, 0 to 4";
    "spelling_score_mean" number |t| score_mean(t, 3), "mean over judgments of spelling_score, 0 to 2";
    "intent_score_agreement" number |t| agreement(t, 0), "share of utterances with two judges at least that all gave the same intent_score";
    "slots_score_agreement" number |t| agreement(t, 1), "the same for slots_score";
    "grammar_score_agreement" number |t| agreement(t, 2), "the same for grammar_score";
    "spelling_score_agreement" number |t| agreement(t, 3), "the same for spelling_score";
    "language_target" number |t| language(t, 0), "share of judgments that name this language";
    "language_target_english" number |t| language(t, 1), "the same for target|english";
    "language_target_other" number |t| language(t, 2), "the same for target|other";
    "language_target_english_other" number |t| language(t, 3), "the same for target|english|other";
    "language_english" number |t| language(t, 4), "the same for english";
    "language_english_other" number |t| language(t, 5), "the same for english|other";
    "language_other" number |t| language(t, 6), "the same for other";
    "language_missing" count |t| t.judgments.judgments - t.judgments.languages.iter().sum::<u64>(), "judgments without a language";
    "zero_width_rows" count |t| t.zero_width_rows, "utterances with a zero-width character";
    "zero_width_200b" count |t| t.zero_width[0], "utterances with U+200B, zero width space";
    "zero_width_200c" count |t| t.zero_width[1], "utterances with U+200C, zero width non-joiner";
    "zero_width_200d" count |t| t.zero_width[2], "utterances with U+200D, zero width joiner";
    "zero_width_200e" count |t| t.zero_width[3], "utterances with U+200E, left-to-right mark";
    "zero_width_200f" count |t| t.zero_width[4], "utterances with U+200F, right-to-left mark";
    "zero_width_2060" count |t| t.zero_width[5], "utterances with U+2060, word joiner";
    "zero_width_feff" count |t| t.zero_width[6], "utterances with U+FEFF, zero width no-break space";
    "invisible_word_rows" count |t| t.invisible_word_rows, "utterances with a word of nothing but such characters";
    "non_nfc_rows" count |t| t.non_nfc_rows, "utterances that are not in Unicode's normal form C";
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::utterance::{JudgedLanguage, Method};

    #[test]
    fn columns_of_names_are_in_the_order_of_the_names() {
        let after = |prefix: &str, except: &str| -> Vec<String> {
            let names = COLUMNS.iter().filter_map(|column| column.name.strip_prefix(prefix));
            names.filter(|name| *name != except).map(str::to_owned).collect()
        };
        let methods: Vec<&str> = Method::ALL.iter().map(|method| method.name()).collect();
        assert_eq!(after("method_", ""), methods);
        let languages: Vec<String> =
            JudgedLanguage::ALL.iter().map(|language| language.name().replace('|', "_")).collect();
        assert_eq!(after("language_", "missing"), languages);
    }

    #[test]
    fn a_slip_of_the_hand_is_suggested() {
        let error = Column::named("word").unwrap_err();
        assert_eq!(error.to_string(), "unknown column `word`: did you mean words?");
    }
}
