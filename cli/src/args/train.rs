//! The flags of `massive train`.

use std::path::PathBuf;

use clap::Args;
use massive_data::LabelMode;

use super::{CheckFormat, LocaleArgs, SourceArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Learns from partition train, one model a locale, and tries them on partition dev, which\n\
    also decides how many passes are best. The folder is a model as `predict` and `model\n\
    inspect` take it; its README.md is its card. The same rows and seed give the same bytes,\n\
    whatever the threads.\n\n\
    Examples:\n  \
    massive train --corpus amazon-massive-dataset-1.1.tar.gz --output baseline/\n  \
    massive train --corpus 1.1 --locales sw-KE --output sw/\n  \
    massive train --corpus mine.jsonl --open-labels --output mine/ --format json"
)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// The folder that the models go to
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,

    /// Replace the folder if it holds trained models
    #[arg(long)]
    pub(crate) force: bool,

    /// What the orders of the rows are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Locales trained at the same time (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,

    /// Learn intents that have one row only, too, instead of stopping
    #[arg(long)]
    pub(crate) rare_labels: bool,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}
