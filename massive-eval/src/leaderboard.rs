//! A leaderboard in a folder: one file an entry, and what is made of them.
//!
//! An [`Entry`] holds who submitted what, and the score document of its
//! predictions with their digests. [`Folder`] reads a folder of entries and says
//! what is wrong with it; [`Rule`]s are those of the competition; a [`Board`]
//! ranks what compares and keeps apart what does not.
//!
//! The competition's own board (MMNLU-22, FitzGerald et al. 2022, arXiv
//! 2212.06346) ranked by exact match on all locales.

mod board;
mod consistency;
mod date;
mod defect;
mod entry;
mod folder;
mod history;
mod name;
mod paired;
mod published;
mod ranking;
mod rules;
mod scope;
mod verification;

pub use board::{
    BOARD_FORMAT, Board, BoardOptions, Group, ListedEntry, PublishedRow, RankedRow, Standing,
};
pub use consistency::inconsistencies;
pub use date::Date;
pub use defect::{Defect, DefectKind};
pub use entry::{
    ENTRY_FORMAT, Entry, EvaluationRows, Family, Figure, Figures, Link, Model, Phase,
    PredictionFile, Published, Task,
};
pub use folder::{EntryFile, Folder, LOCK, REPORTS, sha256, sha256_of};
pub use history::Standings;
pub use name::{likeness, slug, unfit};
pub use paired::{Outcomes, PairedTests};
pub use published::published_entries;
pub use ranking::{RankRange, TiesBy};
pub use rules::{Rule, RuleState, rules_of};
pub use scope::{Columns, Scope};
pub use verification::{Evidence, EvidenceByEntry, Unverified, Verification};
