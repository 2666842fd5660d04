//! Parts of a score that were counted in different places, and the score that they
//! add up to.

use std::collections::BTreeMap;

use crate::counts_header::CountsHeader;
use crate::error::{Error, Result};
use crate::evaluation::{Evaluation, MissingRows};
use crate::row_counts::RowCounts;

/// A part: rows of one or several systems, and what holds for them.
#[derive(Debug, Clone)]
pub struct CountsPart {
    /// What the part is called in messages.
    pub name: String,
    /// What holds for its rows.
    pub header: CountsHeader,
    /// Its rows, by system.
    pub systems: BTreeMap<String, Vec<RowCounts>>,
}

impl CountsPart {
    /// The rows of an evaluation that have a prediction; where missing rows count as
    /// wrong, those that lack one besides.
    ///
    /// # Errors
    /// Those of [`CountsHeader::of`]; SLU-F1 was counted, which needs the texts of slots.
    pub fn of(evaluation: &Evaluation, system: &str) -> Result<Self> {
        let keeps =
            |row: &&RowCounts| !row.missing || evaluation.missing_rows == MissingRows::Wrong;
        let rows: Vec<RowCounts> = evaluation.utterances.iter().filter(keeps).cloned().collect();
        Ok(CountsPart {
            name: system.to_owned(),
            header: CountsHeader::of(evaluation)?,
            systems: BTreeMap::from([(system.to_owned(), rows)]),
        })
    }

    /// The same part, with rows that are there more than once taken once.
    ///
    /// # Errors
    /// Rows counted twice with different results.
    pub fn without_repeated(mut self) -> Result<Self> {
        for rows in self.systems.values_mut() {
            let once = Evaluation::from_rows(self.header.settings()?, std::mem::take(rows))?;
            *rows = once.utterances;
        }
        Ok(self)
    }
}

/// Puts parts together: one part with all their rows.
///
/// # Errors
/// No part; parts of different corpora, partitions or settings.
pub fn merge(parts: impl IntoIterator<Item = CountsPart>) -> Result<CountsPart> {
    let mut parts = parts.into_iter();
    let Some(mut whole) = parts.next() else {
        return Err(Error::request("there are no tables of counts to merge"));
    };
    for part in parts {
        whole.header.join(&part.header, &whole.name, &part.name)?;
        for (system, mut rows) in part.systems {
            whole.systems.entry(system).or_default().append(&mut rows);
        }
    }
    Ok(whole)
}

/// The score that a part adds up to, which is that of scoring everything in one
/// place; of `system`, or of the only one there is.
///
/// # Errors
/// Several systems and none named; one that is not there; rows counted twice with
/// different results; rows of the corpus that are not there.
pub fn fold(whole: CountsPart, system: Option<&str>) -> Result<Evaluation> {
    let CountsPart { header, mut systems, .. } = whole;
    let names = || systems.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let rows = match system {
        Some(system) => match systems.contains_key(system) {
            true => systems.remove(system),
            false => {
                let message = format!(
                    "there is no system `{}` in these tables of counts: there are {}",
                    system.escape_debug(),
                    names()
                );
                return Err(Error::request(message));
            }
        },
        None if systems.len() > 1 => {
            return Err(Error::request(format!(
                "the tables of counts are of several systems ({}): say which is meant",
                names()
            )));
        }
        None => systems.into_values().next(),
    };
    let mut evaluation = Evaluation::from_rows(header.settings()?, rows.unwrap_or_default())?;
    evaluation.problems.unselected = evaluation.report.unselected;
    let (found, expected) = (evaluation.utterances.len() as u64, header.rows());
    if found < expected && header.missing_rows()? != MissingRows::LeftOut {
        return Err(Error::request(format!(
            "{} of {expected} rows are in none of these tables of counts: a part is not there, or \
             rows have no prediction",
            expected - found
        )));
    }
    Ok(evaluation)
}
