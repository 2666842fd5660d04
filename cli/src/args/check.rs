//! The flags of `massive check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::CorpusArgs;

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Errors (exit code 1): unparsable lines, missing, duplicate and unknown rows, no\n\
    intent or annotation, words that cannot be aligned. Warnings (exit code 0, or 1 with\n\
    --strict): unknown intents and slots, malformed brackets, texts that differ.\n\n\
    Examples:\n  \
    massive check preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz --task full\n  \
    massive check preds.jsonl --corpus heldout/ --partition MMNLU-22 --format json"
)]
pub(crate) struct CheckArgs {
    /// Predictions: files, folders of files, .gz; - for standard input. Several
    /// are one submission
    #[arg(required = true, value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// Fail on warnings too
    #[arg(long)]
    pub(crate) strict: bool,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,

    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Table,
    Json,
}
