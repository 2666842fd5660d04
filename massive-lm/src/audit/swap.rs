//! Does the model pick the released row out of four?
//!
//! Three rows have one slot's value exchanged for another of the same slot and
//! locale from train. Whoever has not seen the row has no more than its
//! naturalness to go by, and that can be much: so rows that nobody can have seen
//! are asked about too, as a control, and the two shares are compared.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::stats::{binomial_tail, fisher, holm, wilson};
use super::{Probe, Replies, Verdict, reply_to};
use crate::budget::random;
use crate::endpoint::Prompt;
use crate::error::Result;
use crate::row::Row;
use crate::shots::rank;

/// Values of slots, by locale and slot.
#[derive(Debug, Default, Clone)]
pub struct Values(BTreeMap<(String, String), BTreeSet<String>>);

impl Values {
    /// The values of rows of train.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Values {
        let mut values = Values::default();
        for row in rows {
            for (slot, value) in row.gold.iter().flat_map(|gold| &gold.slots) {
                let key = (row.locale.clone(), slot.clone());
                values.0.entry(key).or_default().insert(value.clone());
            }
        }
        values
    }
}

/// A question with the place of the released row among the four.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What is asked.
    pub probe: Probe,
    /// The texts.
    pub options: Vec<String>,
    /// Which of them is the released one.
    pub right: usize,
}

/// The letters of the options.
const LETTERS: [char; 4] = ['A', 'B', 'C', 'D'];

/// A choice of four about a row; `None` where it has no slot whose value can be
/// exchanged for three others.
pub fn choice(row: &Row, values: &Values, seed: u64, named: &str) -> Option<Choice> {
    let gold = row.gold.as_ref()?;
    let mut state = rank(seed, &format!("{} {}", row.locale, row.id));
    let start = random(&mut state) as usize;
    let (value, others) = (0..gold.slots.len()).find_map(|offset| {
        let (slot, value) = &gold.slots[(start + offset) % gold.slots.len()];
        let known = values.0.get(&(row.locale.clone(), slot.clone()))?;
        let mut others: Vec<&String> = known
            .iter()
            .filter(|other| {
                !other.eq_ignore_ascii_case(value) && row.text.matches(value.as_str()).count() == 1
            })
            .collect();
        if others.len() < LETTERS.len() - 1 {
            return None;
        }
        for place in 0..LETTERS.len() - 1 {
            let chosen = place + (random(&mut state) as usize) % (others.len() - place);
            others.swap(place, chosen);
        }
        others.truncate(LETTERS.len() - 1);
        Some((value, others))
    })?;
    let right = (random(&mut state) as usize) % LETTERS.len();
    let mut options: Vec<String> =
        others.into_iter().map(|other| row.text.replacen(value.as_str(), other, 1)).collect();
    options.insert(right, row.text.clone());
    let list: String = LETTERS
        .iter()
        .zip(&options)
        .map(|(letter, option)| format!("{letter}. {option}\n"))
        .collect();
    let text = format!(
        "One of these four utterances stands word for word in the MASSIVE 1.1 corpus, locale {}; \
         in the others a value was exchanged.\n{list}Answer with its letter only.\nAnswer:",
        row.locale
    );
    Some(Choice {
        probe: Probe {
            locale: row.locale.clone(),
            id: format!("{} {named} swap", row.id),
            prompt: Prompt::Text(text),
        },
        options,
        right,
    })
}

/// Which option a reply names; `None` if none.
pub fn chosen(reply: &str) -> Option<usize> {
    let word = reply
        .split(|c: char| !c.is_alphanumeric())
        .find(|word| word.len() == 1 && LETTERS.contains(&word.chars().next().unwrap_or(' ')));
    word.and_then(|word| LETTERS.iter().position(|letter| word.starts_with(*letter)))
}

/// What a locale's rows gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocaleResult {
    /// Rows that were asked about.
    pub rows: u64,
    /// Rows where the released one was picked.
    pub right: u64,
    /// Replies that name no option; they count as wrong.
    pub unread: u64,
    /// The share of right ones.
    pub rate: f64,
    /// Wilson's interval of it.
    pub ci95: Option<[f64; 2]>,
    /// The exact test against one in four; what is more natural passes it too.
    pub p_chance: f64,
    /// Rows of the control, and those of them where the original was picked.
    pub control: Option<(u64, u64)>,
    /// Fisher's exact test against the control, adjusted for all locales (Holm).
    pub p: Option<f64>,
    /// What it says; nothing without a control.
    pub verdict: Verdict,
}

/// Rows, and how many were picked right, and how many replies name no option.
type Tally = (u64, u64, u64);

fn tally(choices: &[Choice], replies: &Replies) -> Result<BTreeMap<String, Tally>> {
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for choice in choices {
        let picked = chosen(reply_to(replies, &choice.probe)?);
        let (rows, right, unread) = tallies.entry(choice.probe.locale.clone()).or_default();
        *rows += 1;
        *right += u64::from(picked == Some(choice.right));
        *unread += u64::from(picked.is_none());
    }
    Ok(tallies)
}

/// Holds replies against choices, by locale.
///
/// # Errors
/// A choice without a reply.
pub fn judge(
    choices: &[Choice],
    control: &[Choice],
    replies: &Replies,
) -> Result<BTreeMap<String, LocaleResult>> {
    let controls = tally(control, replies)?;
    let mut results: BTreeMap<String, LocaleResult> = BTreeMap::new();
    for (locale, (rows, right, unread)) in tally(choices, replies)? {
        let control = controls.get(&locale).map(|&(rows, right, _)| (rows, right));
        let result = LocaleResult {
            rows,
            right,
            unread,
            rate: right as f64 / rows as f64,
            ci95: wilson(right, rows),
            p_chance: binomial_tail(right, rows, 0.25),
            p: control.map(|(n, ok)| fisher(right, rows, ok, n)),
            control,
            verdict: Verdict::Undecided,
        };
        results.insert(locale, result);
    }
    let values: Vec<f64> = results.values().filter_map(|result| result.p).collect();
    let controlled = results.values_mut().filter(|result| result.p.is_some());
    for (result, p) in controlled.zip(holm(&values)) {
        result.p = Some(p);
        result.verdict = if p < super::LEVEL { Verdict::Seen } else { Verdict::Nothing };
    }
    Ok(results)
}
