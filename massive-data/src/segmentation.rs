//! How utterances are cut into words.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// How an utterance is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segmentation {
    /// At white space.
    WhiteSpace,
    /// Into characters, except pieces that are all ASCII.
    Characters,
}

impl Segmentation {
    /// The name in options, files and signatures: `words` or `characters`.
    pub fn name(self) -> &'static str {
        match self {
            Segmentation::WhiteSpace => "words",
            Segmentation::Characters => "characters",
        }
    }
}

impl fmt::Display for Segmentation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Segmentation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        [Segmentation::WhiteSpace, Segmentation::Characters]
            .into_iter()
            .find(|segmentation| segmentation.name() == name)
            .ok_or_else(|| {
                Error::request(format!(
                    "unknown segmentation `{}`: expected words or characters",
                    name.escape_debug()
                ))
            })
    }
}
