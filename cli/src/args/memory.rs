//! The flags of `massive memory`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use massive_data::{LabelMode, Locale, Partition};

use super::{CheckFormat, FormArgs, LocaleArgs, SourceArgs};

/// What is done with a memory.
#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// Make a memory of the rows of a corpus
    Build(MemoryBuildArgs),
    /// Add rows to it; they are known at the next prediction
    Add(MemoryAddArgs),
    /// Remove rows from it
    Remove(MemoryRemoveArgs),
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A memory keeps the rows of partition train, a file a locale. `predict` asks which rows are\n\
    nearest to an utterance, by n-grams of words and characters: they vote for the intent, and\n\
    show where its slots are. Nothing is trained.\n\n\
    Examples:\n  \
    massive memory build --corpus amazon-massive-dataset-1.1.tar.gz --output memory/\n  \
    massive memory build --corpus 1.1 --locales sw-KE --reject 0.05 --output sw/\n  \
    massive predict --model memory/ --locale de-DE --text 'weck mich um neun' --explain"
)]
pub(crate) struct MemoryBuildArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// The folder that the memory goes to
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,

    /// Replace the folder if it holds a memory
    #[arg(long)]
    pub(crate) force: bool,

    /// How many neighbours vote
    #[arg(long, value_name = "K", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub(crate) neighbours: u16,

    /// Remember the names of the intents as rows, too
    #[arg(long)]
    pub(crate) label_descriptions: bool,

    /// Say nothing about utterances that are like no row. The threshold is such
    /// that this share of the rows of partition dev is rejected (of train, each
    /// left out, where there is no dev)
    #[arg(long, value_name = "SHARE")]
    pub(crate) reject: Option<f64>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    group = clap::ArgGroup::new("rows").required(true).args(["corpus", "text"]),
    after_help = "A row whose id is there replaces the row that has it.\n\n\
    Examples:\n  \
    massive memory add memory/ --corpus mine.csv --partition train --open-labels\n  \
    massive memory add memory/ --locale en-US --id mine-1 --intent alarm_set \\\n    \
    --text 'get me up at [time : six]'"
)]
pub(crate) struct MemoryAddArgs {
    /// The folder of the memory
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The rows, in any form of a corpus
    #[arg(long, value_name = "PATH")]
    pub(crate) corpus: Option<PathBuf>,

    /// Only rows of this partition, which is also that of rows without one
    #[arg(long, value_name = "NAME", requires = "corpus")]
    pub(crate) partition: Option<Partition>,

    /// Accept intents and slots that the release does not have
    #[arg(long)]
    pub(crate) open_labels: bool,

    #[command(flatten)]
    pub(crate) forms: FormArgs,

    /// One row, of --locale: its text, with its slots in brackets as `[time : six]`
    #[arg(long, value_name = "TEXT", requires_all = ["form_locale", "id", "intent"])]
    pub(crate) text: Option<String>,

    /// The intent of --text
    #[arg(long, value_name = "NAME")]
    pub(crate) intent: Option<String>,

    /// The id of --text
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<String>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  massive memory remove memory/ --locale en-US mine-1 42")]
pub(crate) struct MemoryRemoveArgs {
    /// The folder of the memory
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The ids of the rows
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,

    /// The locale of the rows
    #[arg(long, value_name = "NAME")]
    pub(crate) locale: Locale,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}
