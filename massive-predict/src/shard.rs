//! A part of the rows, for one of several machines.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// Every `count`-th row, from the `index`-th on: written `1/4` to `4/4`.
///
/// Rows are counted over the selected rows of a corpus, in its order, so that
/// the shards of one selection hold every row once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: u64,
    count: u64,
}

impl Shard {
    /// All rows.
    pub const WHOLE: Shard = Shard { index: 1, count: 1 };

    /// The part `index` of `count`, from 1.
    ///
    /// # Errors
    /// An index of 0, or beyond the count.
    pub fn new(index: u64, count: u64) -> Result<Self> {
        if index == 0 || index > count {
            return Err(Error::request(format!(
                "there is no shard {index}/{count}: of 4, they are 1/4, 2/4, 3/4 and 4/4"
            )));
        }
        Ok(Shard { index, count })
    }

    /// Whether the row of this number, from 0, is in it.
    pub fn holds(self, row: u64) -> bool {
        row % self.count == self.index - 1
    }

    /// How many of so many rows are in it.
    pub fn rows(self, of: u64) -> u64 {
        (of + self.count - self.index) / self.count
    }
}

impl Default for Shard {
    fn default() -> Self {
        Shard::WHOLE
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let numbers =
            text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        let (index, count) = numbers.ok_or_else(|| {
            Error::request(format!(
                "`{}` is no shard: expected i/n, for instance 1/4",
                text.escape_debug()
            ))
        })?;
        Shard::new(index, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_hold_every_row_once() {
        for count in 1..6 {
            let shards: Vec<Shard> = (1..=count).map(|i| Shard::new(i, count).unwrap()).collect();
            for rows in 0..20 {
                let held = |shard: &Shard| (0..rows).filter(|&row| shard.holds(row)).count() as u64;
                assert!(shards.iter().all(|shard| held(shard) == shard.rows(rows)));
                assert_eq!(shards.iter().map(|shard| shard.rows(rows)).sum::<u64>(), rows);
            }
        }
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        assert_eq!("2/4".parse::<Shard>().unwrap().to_string(), "2/4");
        for text in ["", "1", "0/4", "5/4", "1/0", "a/b", "-1/4", "1/4/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
