//! Who led when.

use serde::{Deserialize, Serialize};

use super::date::Date;

/// How many entries of a day are kept.
pub(super) const TOP: usize = 10;

/// The best entries at the end of a day on which there was a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standings {
    /// The day.
    pub date: Date,
    /// The files of at most ten entries, best first, without extension.
    pub top: Vec<String>,
}

/// The standings of every day on which an entry was submitted, by value alone.
pub(super) fn standings(entries: &[(Date, f64, &str)]) -> Vec<Standings> {
    let mut by_date: Vec<&(Date, f64, &str)> = entries.iter().collect();
    by_date.sort_by(|a, b| a.0.cmp(&b.0).then(a.2.cmp(b.2)));
    let mut top: Vec<(f64, &str)> = Vec::new();
    let mut days: Vec<Standings> = Vec::new();
    for (date, value, slug) in by_date {
        let at = top.partition_point(|(other, _)| other >= value);
        top.insert(at, (*value, slug));
        top.truncate(TOP);
        let now = top.iter().map(|(_, slug)| (*slug).to_owned()).collect();
        match days.last_mut() {
            Some(last) if last.date == *date => last.top = now,
            _ => days.push(Standings { date: *date, top: now }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_know_only_what_was_submitted() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let entries = [
            (day("2024-02-01"), 0.7, "c"),
            (day("2024-01-01"), 0.5, "a"),
            (day("2024-01-01"), 0.6, "b"),
            (day("2024-03-01"), 0.1, "d"),
        ];
        let found: Vec<(String, String)> = standings(&entries)
            .into_iter()
            .map(|day| (day.date.to_string(), day.top.join(" ")))
            .collect();
        let expected = [("2024-01-01", "b a"), ("2024-02-01", "c b a"), ("2024-03-01", "c b a d")];
        assert_eq!(found, expected.map(|(date, top)| (date.to_owned(), top.to_owned())));
    }
}
