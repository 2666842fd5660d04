//! How files of predictions are read, as far as it changes a number.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// How the text of predictions is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Reading {
    /// As the reference implementation reads it: the only reading that compares
    /// with published scores.
    #[default]
    Reference,
    /// Also what models that write text produce: other brackets, pairs of label
    /// and value, names in another spelling.
    Tolerant,
}

impl Reading {
    /// Both of them.
    pub const ALL: [Reading; 2] = [Reading::Reference, Reading::Tolerant];

    /// The name in options and signatures.
    pub fn name(self) -> &'static str {
        match self {
            Reading::Reference => "reference",
            Reading::Tolerant => "tolerant",
        }
    }
}

impl fmt::Display for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Reading {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Reading::ALL.into_iter().find(|reading| reading.name() == name).ok_or_else(|| {
            Error::request(format!(
                "unknown reading `{}`: expected reference or tolerant",
                name.escape_debug()
            ))
        })
    }
}

/// How rows of predictions find their rows of the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Matching {
    /// By locale and id.
    #[default]
    ById,
    /// By their order, since they have no ids.
    ByOrder,
}

impl Matching {
    /// The name in documents.
    pub fn name(self) -> &'static str {
        match self {
            Matching::ById => "id",
            Matching::ByOrder => "order",
        }
    }
}

impl fmt::Display for Matching {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Matching {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Matching::ById, Matching::ByOrder].into_iter().find(|way| way.name() == name).ok_or_else(
            || {
                Error::request(format!(
                    "unknown way `{}` to match rows: expected id or order",
                    name.escape_debug()
                ))
            },
        )
    }
}
