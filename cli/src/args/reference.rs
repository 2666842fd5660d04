//! The flags of the commands that print what `massive` knows about itself.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_data::Locale;

use super::CheckFormat;

#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  massive schema\n  massive schema score > score.schema.json")]
pub(crate) struct SchemaArgs {
    /// The schema (default: list all)
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// The form of the list; a schema itself is JSON
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  massive locales\n  massive locales gl-ES hau-NG --format json"
)]
pub(crate) struct LocalesArgs {
    /// Language tags, as de-DE, sr-Latn-RS or nap (default: the 52 of the release)
    #[arg(value_name = "TAG")]
    pub(crate) tags: Vec<Locale>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: LocalesFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LocalesFormat {
    Table,
    Json,
    Csv,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  massive explain\n  massive explain slot_micro_f1\n  \
    massive explain unread_brackets")]
pub(crate) struct ExplainArgs {
    /// What to explain (default: list all names)
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// The form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  massive man | man -l -\n  massive man leaderboard add | man -l -\n  \
    massive man --output-dir ~/.local/share/man/man1"
)]
pub(crate) struct ManArgs {
    /// The command, in one word or two (default: massive itself)
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,

    /// Write a page for every command into a folder
    #[arg(long, value_name = "DIR", conflicts_with = "command")]
    pub(crate) output_dir: Option<PathBuf>,
}
