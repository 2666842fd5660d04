//! Choosing examples for a prompt, from train only.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};
use crate::row::Row;

/// Which examples a prompt shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Pick {
    /// The same ones for all rows: drawn by id, so that they are translations of
    /// each other in every locale.
    Random,
    /// The same ones for all rows, each of another intent, drawn by id.
    PerIntent,
    /// The ones nearest to the row, the nearest last.
    #[default]
    Nearest,
}

impl Pick {
    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Pick::Random => "random",
            Pick::PerIntent => "per-intent",
            Pick::Nearest => "nearest",
        }
    }
}

impl fmt::Display for Pick {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Pick {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Pick::Random, Pick::PerIntent, Pick::Nearest]
            .into_iter()
            .find(|pick| pick.name() == name)
            .ok_or_else(|| {
                Error::request(format!(
                    "unknown way to pick shots `{name}`: expected random, per-intent or nearest"
                ))
            })
    }
}

/// Chooses examples for a row.
pub trait ShotPicker: Sync {
    /// The examples for a prompt, in the order in which it shows them.
    fn pick<'a>(&'a self, row: &Row) -> Vec<&'a Row>;
}

/// No examples.
#[derive(Debug, Clone, Copy)]
pub struct NoShots;

impl ShotPicker for NoShots {
    fn pick<'a>(&'a self, _: &Row) -> Vec<&'a Row> {
        Vec::new()
    }
}

/// The same examples for every row.
#[derive(Debug)]
pub struct FixedShots(Vec<Row>);

impl FixedShots {
    /// Draws `count` rows with labels. The draw depends on seeds and ids alone:
    /// every locale of a parallel corpus gives translations of the same rows.
    pub fn draw(rows: &[Row], count: usize, per_intent: bool, seed: u64) -> FixedShots {
        let mut drawn: Vec<(u64, &Row)> = rows
            .iter()
            .filter(|row| row.gold.is_some())
            .map(|row| (rank(seed, &row.id), row))
            .collect();
        drawn.sort_by_key(|(rank, _)| *rank);
        if per_intent {
            let mut turns: BTreeMap<&str, usize> = BTreeMap::new();
            let mut by_turn: Vec<(usize, u64, &Row)> = drawn
                .iter()
                .filter_map(|&(rank, row)| {
                    let intent = row.gold.as_ref()?.intent.as_str();
                    let turn = turns.entry(intent).or_default();
                    *turn += 1;
                    Some((*turn, rank, row))
                })
                .collect();
            by_turn.sort_by_key(|&(turn, rank, _)| (turn, rank));
            drawn = by_turn.into_iter().map(|(_, rank, row)| (rank, row)).collect();
        }
        FixedShots(drawn.into_iter().take(count).map(|(_, row)| row.clone()).collect())
    }
}

impl ShotPicker for FixedShots {
    fn pick<'a>(&'a self, _: &Row) -> Vec<&'a Row> {
        self.0.iter().collect()
    }
}

/// A number that depends on a seed and an id only.
pub fn rank(seed: u64, id: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(id).finalize();
    digest.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The rows nearest to a text: cosine of TF-IDF over character n-grams.
///
/// N-grams have 1 to 4 characters and stay within a word that is padded with
/// spaces, as scikit-learn's `char_wb` cuts them; counts are damped (1 + ln tf)
/// and weighted by ln((1 + n)/(1 + df)) + 1. The search is exact.
#[derive(Debug)]
pub struct NearestShots {
    rows: Vec<Row>,
    count: usize,
    grams: HashMap<Box<str>, u32>,
    idf: Vec<f32>,
    /// Rows with an n-gram, with its weight there.
    postings: Vec<Vec<(u32, f32)>>,
}

impl NearestShots {
    /// An index of the rows that have labels.
    pub fn index(rows: Vec<Row>, count: usize) -> NearestShots {
        let rows: Vec<Row> = rows.into_iter().filter(|row| row.gold.is_some()).collect();
        let mut grams: HashMap<Box<str>, u32> = HashMap::new();
        let mut postings: Vec<Vec<(u32, f32)>> = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            for (gram, count) in counted(&row.text) {
                let next = grams.len() as u32;
                let gram = *grams.entry(gram.into_boxed_str()).or_insert(next) as usize;
                if gram == postings.len() {
                    postings.push(Vec::new());
                }
                postings[gram].push((index as u32, 1.0 + (count as f32).ln()));
            }
        }
        let n = rows.len() as f32;
        let idf: Vec<f32> = postings
            .iter()
            .map(|posting| ((1.0 + n) / (1.0 + posting.len() as f32)).ln() + 1.0)
            .collect();
        let mut squares = vec![0.0f32; rows.len()];
        for (posting, idf) in postings.iter_mut().zip(&idf) {
            for (row, weight) in posting {
                *weight *= idf;
                squares[*row as usize] += *weight * *weight;
            }
        }
        for (row, weight) in postings.iter_mut().flatten() {
            *weight /= squares[*row as usize].sqrt().max(f32::MIN_POSITIVE);
        }
        NearestShots { rows, count, grams, idf, postings }
    }

    /// The nearest rows with their cosine, the nearest first; of equal ones the
    /// first in the corpus.
    pub fn nearest(&self, text: &str, count: usize) -> Vec<(&Row, f32)> {
        let mut scores = vec![0.0f32; self.rows.len()];
        let mut squares = 0.0;
        for (gram, count) in counted(text) {
            let Some(&gram) = self.grams.get(gram.as_str()) else { continue };
            let weight = (1.0 + (count as f32).ln()) * self.idf[gram as usize];
            squares += weight * weight;
            for &(row, other) in &self.postings[gram as usize] {
                scores[row as usize] += weight * other;
            }
        }
        let norm = squares.sqrt().max(f32::MIN_POSITIVE);
        let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
        let by_score =
            |a: &u32, b: &u32| scores[*b as usize].total_cmp(&scores[*a as usize]).then(a.cmp(b));
        if count < order.len() && count > 0 {
            order.select_nth_unstable_by(count - 1, by_score);
        }
        order.truncate(count);
        order.sort_by(by_score);
        order
            .into_iter()
            .map(|row| (&self.rows[row as usize], scores[row as usize] / norm))
            .collect()
    }
}

impl ShotPicker for NearestShots {
    fn pick<'a>(&'a self, row: &Row) -> Vec<&'a Row> {
        // Models heed most what stands nearest to the question.
        let mut shots: Vec<&Row> =
            self.nearest(&row.text, self.count).into_iter().map(|(shot, _)| shot).collect();
        shots.reverse();
        shots
    }
}

/// The n-grams of a text, with their counts, in a fixed order.
fn counted(text: &str) -> BTreeMap<String, u32> {
    let mut counts = BTreeMap::new();
    for word in text.to_lowercase().split_whitespace() {
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        for n in 1..=4 {
            for gram in padded.windows(n) {
                *counts.entry(gram.iter().collect()).or_default() += 1;
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::RowGold;

    fn row(id: usize, text: &str, intent: &str) -> Row {
        Row {
            locale: "en-US".to_owned(),
            id: id.to_string(),
            text: text.to_owned(),
            words: Vec::new(),
            gold: Some(RowGold {
                intent: intent.to_owned(),
                annotation: text.to_owned(),
                labels: Vec::new(),
                slots: Vec::new(),
            }),
        }
    }

    fn rows() -> Vec<Row> {
        ["wake me at five", "play some jazz", "wake me at six", "what is the weather", "play rock"]
            .iter()
            .zip(["alarm_set", "play_music", "alarm_set", "weather_query", "play_music"])
            .enumerate()
            .map(|(id, (text, intent))| row(id, text, intent))
            .collect()
    }

    fn ids(rows: &[&Row]) -> Vec<String> {
        rows.iter().map(|row| row.id.clone()).collect()
    }

    #[test]
    fn the_nearest_comes_last() {
        let picker = NearestShots::index(rows(), 2);
        let asked = row(9, "wake me at five please", "alarm_set");
        assert_eq!(ids(&picker.pick(&asked)), ["2", "0"]);
        let nearest = picker.nearest("play rock", 5);
        assert_eq!((nearest.len(), nearest[0].0.id.as_str()), (5, "4"));
        assert!((nearest[0].1 - 1.0).abs() < 1e-5);
        assert!(picker.nearest("日", 0).is_empty());
        assert!(NearestShots::index(Vec::new(), 3).pick(&asked).is_empty());
    }

    #[test]
    fn translations_are_drawn_together() {
        let english = FixedShots::draw(&rows(), 3, false, 1);
        let mut swahili = rows();
        for row in &mut swahili {
            row.text = format!("{} x", row.text);
        }
        swahili.reverse();
        let swahili = FixedShots::draw(&swahili, 3, false, 1);
        let asked = row(9, "a", "alarm_set");
        assert_eq!(ids(&english.pick(&asked)), ids(&swahili.pick(&asked)));
        let intents = FixedShots::draw(&rows(), 3, true, 1);
        let mut names: Vec<&str> = intents
            .pick(&asked)
            .iter()
            .filter_map(|row| Some(row.gold.as_ref()?.intent.as_str()))
            .collect();
        names.sort_unstable();
        assert_eq!(names, ["alarm_set", "play_music", "weather_query"]);
    }
}
