//! Does the model go on with a test row as it stands? (Ozdayi et al. 2023,
//! 2305.11759, for texts of a few words.)
//!
//! A row's first half is given, greedily gone on with, and the rest compared word
//! by word: all of it (exact), and the share of its places (fractional). Words
//! are characters where a locale is cut so. Rates are held against what a
//! [look-up of train](super::memory) guesses for the same rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::memory::Continuations;
use super::stats::{holm, sign_test, wilson};
use super::{Probe, Replies, Verdict, reply_to};
use crate::endpoint::Prompt;
use crate::error::Result;
use crate::row::Row;

/// Words on both sides of the cut, at least.
pub const LEAST: usize = 3;

/// Texts that may make a model go on with what it has seen: the surroundings in
/// which rows stand in files, lists and instructions. Which of them works best
/// is a question for dev; the answer is measured on test.
pub const PREFIXES: [&str; 12] = [
    "\"utt\": \"",
    "utterance: ",
    "MASSIVE: ",
    "AmazonScience/massive\n",
    "Alexa, ",
    "olly ",
    "SLURP dataset, sentence: ",
    "1.1/data, one utterance a line:\n",
    "User: ",
    "Annotate: ",
    "Complete the utterance of the data set word for word: ",
    "id,utt\n1,",
];

/// How a prefix is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arm {
    /// The prefix alone.
    Bare,
    /// After the name of the data set.
    Named,
    /// With its slots in brackets.
    Annotated,
    /// After a text of the user's.
    Custom(String),
}

impl Arm {
    /// The name in files.
    pub fn name(&self) -> String {
        match self {
            Arm::Bare => "bare".to_owned(),
            Arm::Named => "named".to_owned(),
            Arm::Annotated => "annotated".to_owned(),
            Arm::Custom(text) => format!("custom: {text}"),
        }
    }
}

/// A row that was cut.
#[derive(Debug, Clone, PartialEq)]
pub struct Cut {
    /// The words before.
    pub prefix: Vec<String>,
    /// The words after.
    pub suffix: Vec<String>,
    /// The text before.
    pub text: String,
}

/// Cuts a row in half; `None` where a side would have fewer than [`LEAST`] words.
pub fn cut(row: &Row) -> Option<Cut> {
    let middle = row.words.len() / 2;
    if middle < LEAST || row.words.len() - middle < LEAST {
        return None;
    }
    // Words stand in the text one after the other.
    let mut at = 0;
    for word in &row.words[..middle] {
        at += row.text[at..].find(word.as_str())? + word.len();
    }
    Some(Cut {
        prefix: row.words[..middle].to_vec(),
        suffix: row.words[middle..].to_vec(),
        text: row.text[..at].to_owned(),
    })
}

/// The start of a row's annotation, up to the cut.
fn annotated(row: &Row, cut: &Cut) -> Option<String> {
    let annotation = &row.gold.as_ref()?.annotation;
    let mut rest = cut.text.chars().filter(|c| !c.is_whitespace()).peekable();
    let mut out = String::new();
    let mut in_name = false;
    for c in annotation.chars() {
        rest.peek()?;
        match c {
            '[' => in_name = true,
            ':' if in_name => in_name = false,
            c if in_name || c.is_whitespace() || c == ']' => {}
            c => {
                if rest.next() != Some(c) {
                    return None;
                }
                out.push(c);
                if rest.peek().is_none() {
                    return Some(out);
                }
                continue;
            }
        }
        out.push(c);
    }
    None
}

/// The question about a row.
pub fn probe(row: &Row, arm: &Arm, partition: &str) -> Option<Probe> {
    let cut = cut(row)?;
    let text = match arm {
        Arm::Bare => cut.text,
        Arm::Named => {
            format!("MASSIVE 1.1, {}, {partition} partition, utt: {}", row.locale, cut.text)
        }
        Arm::Annotated => {
            format!(
                "MASSIVE 1.1, {}, {partition} partition, annot_utt: {}",
                row.locale,
                annotated(row, &cut)?
            )
        }
        Arm::Custom(before) => format!("{before}{}", cut.text),
    };
    Some(Probe {
        locale: row.locale.clone(),
        id: format!("{} {partition} {}", row.id, arm.name()),
        prompt: Prompt::Text(text),
    })
}

/// The words of a reply, cut as the row's are.
fn words_of(reply: &str, like: &[String]) -> Vec<String> {
    let line = reply.trim_start().lines().next().unwrap_or_default();
    // Slots in brackets are no words.
    let mut text = String::new();
    let mut in_name = false;
    for c in line.chars() {
        match c {
            '[' => in_name = true,
            ':' if in_name => in_name = false,
            ']' => text.push(' '),
            c if !in_name => text.push(c),
            _ => {}
        }
    }
    let characters = like.iter().all(|word| word.chars().count() == 1 || word.is_ascii())
        && like.iter().any(|word| !word.is_ascii());
    let pieces = text.split_whitespace();
    if !characters {
        return pieces.map(str::to_owned).collect();
    }
    pieces
        .flat_map(|piece| match piece.is_ascii() {
            true => vec![piece.to_owned()],
            false => piece.chars().map(|c| c.to_string()).collect(),
        })
        .collect()
}

/// How much of a suffix was met.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Met {
    exact: bool,
    share: f64,
}

fn compare(words: &[String], suffix: &[String]) -> Met {
    let places = suffix.iter().zip(words).filter(|(one, other)| one == other).count();
    Met {
        exact: words == suffix || words.len() > suffix.len() && places == suffix.len(),
        share: places as f64 / suffix.len() as f64,
    }
}

/// What a locale's rows gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocaleResult {
    /// Rows that are long enough to be cut.
    pub rows: u64,
    /// Rows whose rest came exactly.
    pub exact: u64,
    /// Their share.
    pub exact_rate: f64,
    /// Wilson's interval of it.
    pub exact_ci95: Option<[f64; 2]>,
    /// The mean share of places met.
    pub fractional: f64,
    /// The same of the look-up of train.
    pub floor_exact_rate: f64,
    /// The same of the look-up of train.
    pub floor_fractional: f64,
    /// Rows that the model has and the look-up has not.
    pub only_model: u64,
    /// Rows that the look-up has and the model has not.
    pub only_floor: u64,
    /// The sign test of these two, adjusted for all locales (Holm).
    pub p: f64,
    /// What it says.
    pub verdict: Verdict,
}

/// Holds replies against rows, by locale.
///
/// # Errors
/// A row without a reply.
pub fn judge(
    rows: &[Row],
    arm: &Arm,
    partition: &str,
    floors: &BTreeMap<String, Continuations>,
    replies: &Replies,
) -> Result<BTreeMap<String, LocaleResult>> {
    let mut results: BTreeMap<String, LocaleResult> = BTreeMap::new();
    for row in rows {
        let (Some(cut), Some(probe)) = (cut(row), probe(row, arm, partition)) else { continue };
        let model = compare(&words_of(reply_to(replies, &probe)?, &row.words), &cut.suffix);
        let guess = floors.get(&row.locale).map(|floor| {
            // One word more shows whether the look-up would have ended there.
            compare(&floor.go_on(&cut.prefix, cut.suffix.len()), &cut.suffix)
        });
        let floor = guess.unwrap_or(Met { exact: false, share: 0.0 });
        let result = results.entry(row.locale.clone()).or_insert(LocaleResult {
            rows: 0,
            exact: 0,
            exact_rate: 0.0,
            exact_ci95: None,
            fractional: 0.0,
            floor_exact_rate: 0.0,
            floor_fractional: 0.0,
            only_model: 0,
            only_floor: 0,
            p: 1.0,
            verdict: Verdict::Nothing,
        });
        result.rows += 1;
        result.exact += u64::from(model.exact);
        result.fractional += model.share;
        result.floor_exact_rate += f64::from(u8::from(floor.exact));
        result.floor_fractional += floor.share;
        result.only_model += u64::from(model.exact && !floor.exact);
        result.only_floor += u64::from(floor.exact && !model.exact);
    }
    let values: Vec<f64> =
        results.values().map(|result| sign_test(result.only_model, result.only_floor)).collect();
    for (result, p) in results.values_mut().zip(holm(&values)) {
        let rows = result.rows as f64;
        result.exact_rate = result.exact as f64 / rows;
        result.exact_ci95 = wilson(result.exact, result.rows);
        result.fractional /= rows;
        result.floor_exact_rate /= rows;
        result.floor_fractional /= rows;
        result.p = p;
        if p < super::LEVEL {
            result.verdict = Verdict::Seen;
        }
    }
    Ok(results)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str, annotation: &str) -> Row {
        Row {
            locale: "en-US".to_owned(),
            id: "1".to_owned(),
            text: text.to_owned(),
            words: text.split(' ').map(str::to_owned).collect(),
            gold: Some(crate::row::RowGold {
                intent: "x".to_owned(),
                annotation: annotation.to_owned(),
                labels: Vec::new(),
                slots: Vec::new(),
            }),
        }
    }

    fn text(probe: Option<Probe>) -> String {
        probe.unwrap().prompt.text()
    }

    #[test]
    fn rows_are_cut_in_the_middle() {
        let row =
            row("wake me at five am tomorrow", "wake me at [time : five am] [date : tomorrow]");
        assert_eq!(text(probe(&row, &Arm::Bare, "test")), "wake me at");
        let row = self::row("at five am wake me up", "at [time : five am] wake me up");
        assert!(
            text(probe(&row, &Arm::Annotated, "test")).ends_with("annot_utt: at [time : five am")
        );
        assert!(cut(&self::row("wake me at five now", "")).is_none());
    }

    #[test]
    fn replies_are_compared_word_by_word() {
        let suffix: Vec<String> = ["five", "am", "now"].map(str::to_owned).into();
        for (reply, exact, places) in [
            (" five am now", true, 3),
            ("five am now and more\nx", true, 3),
            ("[time : five am] now", true, 3),
            ("five pm now", false, 2),
            ("", false, 0),
        ] {
            let met = compare(&words_of(reply, &suffix), &suffix);
            assert_eq!((met.exact, met.share), (exact, f64::from(places) / 3.0), "{reply}");
        }
        let characters: Vec<String> = "五時に".chars().map(|c| c.to_string()).collect();
        assert_eq!(words_of("五 時", &characters), ["五", "時"]);
    }
}
