//! What can be wrong with a folder of entries.

use serde::{Deserialize, Serialize};

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Defect {
    /// What kind of thing.
    pub kind: DefectKind,
    /// The file, as the folder has it.
    pub file: String,
    /// What, and what to do.
    pub message: String,
}

impl Defect {
    /// A defect of a file.
    pub fn new(kind: DefectKind, file: &str, message: impl Into<String>) -> Self {
        Defect { kind, file: file.to_owned(), message: message.into() }
    }
}

/// The kinds of defects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DefectKind {
    /// The file cannot be read.
    Unreadable,
    /// The file is no JSON.
    NotJson,
    /// A newer version wrote the entry or its score.
    NewerFormat,
    /// The entry is not as the schema says.
    Schema,
    /// The name cannot be the name of an entry.
    Name,
    /// The file is not called as its entry's name demands.
    FileName,
    /// Another entry has the name, or one that looks the same.
    DuplicateName,
    /// The day is yet to come.
    FutureDate,
    /// The numbers of the score contradict each other.
    Inconsistent,
    /// The predictions are not those that were scored.
    Digest,
    /// The predictions score otherwise.
    NotReproducible,
    /// Nothing stands behind the score: its predictions are not at hand.
    NotVerified,
    /// The report of the entry is not there.
    ReportMissing,
    /// What was rendered is not what the entries say now.
    Rendered,
    /// A rule of the competition is broken.
    RuleBroken,
    /// It is not declared whether a rule is kept.
    RuleUndeclared,
    /// Another entry has the same predictions.
    SamePredictions,
    /// The file has nothing to do with the leaderboard.
    UnrelatedFile,
}

impl DefectKind {
    /// True if it does not keep a folder from passing, unless that is asked for.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            DefectKind::RuleBroken
                | DefectKind::RuleUndeclared
                | DefectKind::SamePredictions
                | DefectKind::UnrelatedFile
        )
    }

    /// The name for readers.
    pub fn title(self) -> &'static str {
        match self {
            DefectKind::Unreadable => "cannot be read",
            DefectKind::NotJson => "no JSON",
            DefectKind::NewerFormat => "written by a newer version",
            DefectKind::Schema => "not as the schema says",
            DefectKind::Name => "unfit name",
            DefectKind::FileName => "wrong file name",
            DefectKind::DuplicateName => "name taken",
            DefectKind::FutureDate => "date in the future",
            DefectKind::Inconsistent => "score contradicts itself",
            DefectKind::Digest => "other predictions",
            DefectKind::NotReproducible => "score not reproduced",
            DefectKind::NotVerified => "not verified",
            DefectKind::ReportMissing => "report missing",
            DefectKind::Rendered => "rendered output out of date",
            DefectKind::RuleBroken => "rule broken",
            DefectKind::RuleUndeclared => "not declared",
            DefectKind::SamePredictions => "same predictions",
            DefectKind::UnrelatedFile => "unrelated file",
        }
    }
}
