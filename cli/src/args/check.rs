//! The flags of `massive check`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::ResultForm;
use super::{CorpusArgs, OutputArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Errors (exit code 1): unparsable lines, missing, duplicate and unknown rows, no\n\
    intent or annotation, words that cannot be aligned. Warnings (exit code 0, or 1 with\n\
    --strict): unknown intents and slots, malformed brackets, texts that differ.\n\n\
    Examples:\n  \
    massive check preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz --task full\n  \
    massive check preds.jsonl --corpus heldout/ --partition MMNLU-22 --format json\n  \
    massive check preds.jsonl --corpus 1.1 --strict --format github"
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

    #[command(flatten)]
    pub(crate) output: OutputArgs<FindingsFormat>,
}

/// The forms of what a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FindingsFormat {
    Table,
    Json,
    /// Annotations of a pull request, as GitHub's workflows take them
    Github,
}

impl ResultForm for FindingsFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", FindingsFormat::Table),
        ("json", FindingsFormat::Json),
        ("txt", FindingsFormat::Github),
    ];
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    Table,
    Json,
}
