//! Does the model know which text has which id?
//!
//! Nobody guesses a text from an id, so the base rate is about 0 and one text
//! that comes back is evidence. It is measured all the same: replies are held
//! against the texts of other ids.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::stats::{fisher, holm};
use super::{Probe, Replies, Verdict, normalised, reply_to};
use crate::endpoint::Prompt;
use crate::error::Result;
use crate::row::Row;

/// The question about a row.
pub fn probe(row: &Row, partition: &str) -> Probe {
    Probe {
        locale: row.locale.clone(),
        id: format!("{} {partition} recall", row.id),
        prompt: Prompt::Text(format!(
            "MASSIVE 1.1, file {}.jsonl\n{{\"id\": \"{}\", \"locale\": \"{}\", \"partition\": \
             \"{partition}\", \"utt\": \"",
            row.locale, row.id, row.locale
        )),
    }
}

/// What a locale's rows gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocaleResult {
    /// Rows that were asked about.
    pub rows: u64,
    /// Rows whose text came back.
    pub recalled: u64,
    /// Replies that are the text of the next row asked about, whose id it was not.
    pub by_chance: u64,
    /// Fisher's exact test of the two, adjusted for all locales (Holm).
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
    partition: &str,
    replies: &Replies,
) -> Result<BTreeMap<String, LocaleResult>> {
    let mut by_locale: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_locale.entry(&row.locale).or_default().push(row);
    }
    let mut results = BTreeMap::new();
    for (locale, rows) in by_locale {
        let (mut recalled, mut by_chance) = (0, 0);
        for (index, row) in rows.iter().enumerate() {
            let reply = reply_to(replies, &probe(row, partition))?;
            let said = normalised(reply.split(['"', '\n']).next().unwrap_or_default());
            let other = rows[(index + 1) % rows.len()];
            recalled += u64::from(said == normalised(&row.text));
            by_chance += u64::from(other.text != row.text && said == normalised(&other.text));
        }
        let rows = rows.len() as u64;
        let result = LocaleResult { rows, recalled, by_chance, p: 1.0, verdict: Verdict::Nothing };
        results.insert(locale.to_owned(), result);
    }
    let values: Vec<f64> = results
        .values()
        .map(|one| fisher(one.recalled, one.rows, one.by_chance, one.rows))
        .collect();
    for (result, p) in results.values_mut().zip(holm(&values)) {
        result.p = p;
        if p < super::LEVEL {
            result.verdict = Verdict::Seen;
        }
    }
    Ok(results)
}
