//! The flags of `massive report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::ResultForm;
use super::{CorpusArgs, MetricsArgs, Missing, OutputArgs, ScoringArgs, UsageArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The page is one file that needs no network; any browser shows it, and prints it.\n\
    An utterance has an address: report.html#ur-PK-1234; and so has what the filters\n\
    choose: report.html#locale=ur-PK&slot=date.\n\n\
    Examples:\n  \
    massive report preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz --output report.html\n  \
    massive report old.jsonl new.jsonl --corpus 1.1 --output report.html --title 'Old and new'\n  \
    massive report preds/ --corpus 1.1 --locales '*-IN' --format json --output report.json"
)]
pub(crate) struct ReportArgs {
    /// The predictions of the systems, each a file, a folder of files or .gz; -
    /// for standard input. Of several the first is the baseline
    #[arg(required = true, value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,

    #[command(flatten)]
    pub(crate) usage: UsageArgs,

    /// Trials of the approximate randomisation that compares several systems
    #[arg(long, value_name = "N", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) trials: u32,

    /// What to do about rows without a prediction: stop, or count them as wrong
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) missing: Missing,

    /// Report only on the rows that all systems predict
    #[arg(long, conflicts_with = "missing")]
    pub(crate) common: bool,

    /// Put only N of the wrong utterances into the page, drawn at random with
    /// --seed (default: all)
    #[arg(long, value_name = "N")]
    pub(crate) sample: Option<usize>,

    /// Put the utterances that every system has right into the page, too
    #[arg(long)]
    pub(crate) right: bool,

    /// What the report is called (default: by the names of the predictions)
    #[arg(long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs<ReportFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    Html,
    Json,
}

impl ResultForm for ReportFormat {
    const SUFFIXES: &'static [(&'static str, Self)] =
        &[("html", ReportFormat::Html), ("htm", ReportFormat::Html), ("json", ReportFormat::Json)];
}
