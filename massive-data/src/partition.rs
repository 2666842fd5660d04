//! The partitions of the corpus.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result, nearest};

/// A partition of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Partition {
    /// `train`: 11,514 rows a locale.
    Train,
    /// `dev`: 2,033 rows a locale.
    Dev,
    /// `test`: 2,974 rows a locale.
    Test,
    /// `MMNLU-22`: the competition's held-out rows, published without labels.
    HeldOut,
}

impl Partition {
    /// All of them, in the order of the paper.
    pub const ALL: [Partition; 4] =
        [Partition::Train, Partition::Dev, Partition::Test, Partition::HeldOut];

    /// The name in the files.
    pub fn name(self) -> &'static str {
        match self {
            Partition::Train => "train",
            Partition::Dev => "dev",
            Partition::Test => "test",
            Partition::HeldOut => "MMNLU-22",
        }
    }

    /// The partition with this name, spelled exactly so.
    pub fn from_name(name: &str) -> Option<Partition> {
        Partition::ALL.into_iter().find(|partition| partition.name() == name)
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Partition {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Partition::from_name(name).ok_or_else(|| Error::request(unknown_partition(name)))
    }
}

pub(crate) fn unknown_partition(name: &str) -> String {
    let hint = nearest(name, Partition::ALL.map(Partition::name))
        .map(|known| format!("did you mean {known}? "))
        .unwrap_or_default();
    format!(
        "unknown partition `{}`: {hint}expected train, dev, test or MMNLU-22",
        name.escape_debug()
    )
}
