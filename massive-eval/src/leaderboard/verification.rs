//! What stands behind a score: predictions that give it, or a file's word alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::entry::Published;
use super::paired::Outcomes;
use super::published::published_entries;

/// Whether an entry is what it says, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Its predictions were scored anew and gave its score or, for published
    /// figures, they are those that this version knows.
    pub verified: bool,
    /// Why, in a sentence.
    #[serde(rename = "verification")]
    pub reason: String,
}

impl Verification {
    /// Of a score that its predictions gave again.
    pub fn reproduced() -> Self {
        let reason = "its predictions were scored anew and gave its score".to_owned();
        Verification { verified: true, reason }
    }

    /// Of a score that nothing stands behind.
    pub fn lacking(reason: impl Into<String>) -> Self {
        Verification { verified: false, reason: reason.into() }
    }

    /// Of published figures: nobody has the predictions, so they are held against
    /// those that were read in the papers.
    pub fn of_published(published: &Published) -> Self {
        let known = published_entries().unwrap_or_default();
        let known = known.iter().filter_map(|entry| entry.published.as_ref());
        if known.into_iter().any(|known| known == published) {
            let reason = "the figures are those that were read in the paper".to_owned();
            Verification { verified: true, reason }
        } else {
            Verification::lacking("nobody has read these figures in the paper that they name")
        }
    }
}

/// What is known of an entry beside its file.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// Whether its predictions gave its score.
    pub verification: Verification,
    /// What they had right, if they gave it.
    pub outcomes: Option<Outcomes>,
}

/// The evidence of entries by their file names without extension; an entry that
/// is not in it is not verified.
pub type EvidenceByEntry = BTreeMap<String, Evidence>;

/// What becomes of entries that are not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unverified {
    /// They are listed without a rank.
    #[default]
    Unranked,
    /// They are ranked among the others and marked.
    Show,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_figures_are_verified_where_they_were_read() {
        let entries = published_entries().unwrap();
        let mut published = entries[0].published.clone().unwrap();
        assert!(Verification::of_published(&published).verified);
        published.source.push('x');
        assert!(!Verification::of_published(&published).verified);
    }
}
