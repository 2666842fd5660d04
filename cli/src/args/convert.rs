//! The flags of `massive corpus convert`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_data::LabelMode;

use serde::Serialize;

use super::{CheckFormat, RowArgs};

#[derive(Debug, Clone, Args)]
#[command(after_help = "Formats:\n  \
    parquet  a typed table, a row group a locale and partition; itself a --corpus\n  \
    arrow    the same table as an Arrow IPC file (Feather)\n  \
    csv      a flat row an utterance\n  \
    jsonl    JSON lines as in the release\n  \
    words    JSON lines of id, locale, partition, words and labels\n  \
    conll    word and BIO tag a line, a blank line between utterances\n  \
    hf       a folder for load_from_disk of the Python library datasets\n  \
    xlsx     a workbook with a sheet a locale, or one row an id (--wide)\n\n\
    Examples:\n  \
    massive corpus convert --corpus amazon-massive-dataset-1.1.tar.gz --to parquet --output massive.parquet\n  \
    massive corpus convert --corpus massive.parquet --to conll --locales de-DE --partition test\n  \
    massive corpus convert --corpus massive.parquet --to jsonl --per-locale --output data/\n  \
    massive corpus convert --corpus 1.1 --to xlsx --wide --locales en-US,de-DE --output both.xlsx\n  \
    massive corpus convert --corpus 1.1 --to hf --intents massive.intents --slots massive.slots --output hf/")]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// The format
    #[arg(long, value_name = "FORMAT")]
    pub(crate) to: Target,

    /// Where to write: a file, or a folder for hf and with --per-locale (default
    /// for text formats: standard output)
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Write a file a locale, such as de-DE.jsonl, into the folder --output
    #[arg(long)]
    pub(crate) per_locale: bool,

    /// One row an id, the locales side by side, English first (xlsx and csv)
    #[arg(long, conflicts_with = "per_locale")]
    pub(crate) wide: bool,

    /// Write id, locale, partition, intent and text as comments (# id: 7) before the
    /// words (conll), so that the corpus can be read back
    #[arg(long)]
    pub(crate) comments: bool,

    /// How labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// Number intents as this map does (hf), {"0": "alarm_set", ...}
    #[arg(long, value_name = "FILE")]
    pub(crate) intents: Option<PathBuf>,

    /// Number slots as this map does (hf), {"0": "Other", ...}
    #[arg(long, value_name = "FILE")]
    pub(crate) slots: Option<PathBuf>,

    /// What to say once --output is written: a remark, or a document
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,

    /// Replace what --output names
    #[arg(long)]
    pub(crate) force: bool,
}

/// What a corpus can be converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    Parquet,
    Arrow,
    Csv,
    Jsonl,
    Words,
    Conll,
    Hf,
    Xlsx,
}

impl Target {
    /// How the names of its files end.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Target::Parquet => "parquet",
            Target::Arrow | Target::Hf => "arrow",
            Target::Csv => "csv",
            Target::Jsonl | Target::Words => "jsonl",
            Target::Conll => "conll",
            Target::Xlsx => "xlsx",
        }
    }

    /// How the name of one file of it ends.
    pub(crate) const SUFFIXES: [(&'static str, Target); 14] = [
        ("parquet", Target::Parquet),
        ("arrow", Target::Arrow),
        ("ipc", Target::Arrow),
        ("feather", Target::Arrow),
        ("csv", Target::Csv),
        ("jsonl", Target::Jsonl),
        ("ndjson", Target::Jsonl),
        ("jsonl", Target::Words),
        ("ndjson", Target::Words),
        ("conll", Target::Conll),
        ("bio", Target::Conll),
        ("iob2", Target::Conll),
        ("txt", Target::Conll),
        ("xlsx", Target::Xlsx),
    ];

    /// True if it means nothing on a terminal.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Target::Parquet | Target::Arrow | Target::Hf | Target::Xlsx)
    }
}
