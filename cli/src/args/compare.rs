//! The flags of `massive compare`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_eval::Metric;

use super::output::ResultForm;
use super::{CorpusArgs, MetricsArgs, OutputArgs, ScoringArgs, UsageArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A locale is won or lost if its p-value by approximate randomisation, corrected for\n\
    the number of locales (Holm), is below --alpha; otherwise it is undecided. `all` and\n\
    `macro` are one test each and not corrected. --fail-if-worse has a test of its own\n\
    (maxT of Westfall & Young), corrected for everything that is compared. Systems that cover different rows are\n\
    refused (exit code 1).\n\n\
    Examples:\n  \
    massive compare old.jsonl new.jsonl --corpus amazon-massive-dataset-1.1.tar.gz\n  \
    massive compare old.jsonl a.jsonl b.jsonl --corpus 1.1 --common --sort ex_match_acc\n  \
    massive compare main.jsonl branch.jsonl --corpus 1.1 --quiet --fail-if-worse"
)]
pub(crate) struct CompareArgs {
    /// The predictions to hold the others against: a file, a folder of files,
    /// .gz; - for standard input
    #[arg(value_name = "BASELINE")]
    pub(crate) baseline: PathBuf,

    /// The predictions of new systems, each a file or a folder of files
    #[arg(required_unless_present = "published", value_name = "NEW")]
    pub(crate) new: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,

    #[command(flatten)]
    pub(crate) usage: UsageArgs,

    /// Trials of the approximate randomisation
    #[arg(long, value_name = "N", default_value_t = 10_000,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) trials: u32,

    /// The level below which a p-value decides
    #[arg(long, value_name = "P", default_value_t = 0.05, value_parser = level)]
    pub(crate) alpha: f64,

    /// Compare only the rows that all systems predict
    #[arg(long)]
    pub(crate) common: bool,

    /// Also hold every system against the figures that were published for this
    /// partition and verified, without a test: nobody has their predictions
    #[arg(long)]
    pub(crate) published: bool,

    /// Fail if a system is worse than the baseline by more than chance, in any
    /// metric, on `all` or in any locale: one test of all places, metrics and
    /// systems together, so that equal systems fail no more often than --alpha
    #[arg(long)]
    pub(crate) fail_if_worse: bool,

    /// Order the locales by the difference in a metric, best first
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<Metric>,

    /// Draw the differences by locale, with intervals, into this file (.svg or .png)
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) output: OutputArgs<CompareFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    Table,
    Json,
    Csv,
    Markdown,
    Latex,
    /// A workbook; needs --output
    Xlsx,
    /// A page for a browser
    Html,
}

impl ResultForm for CompareFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", CompareFormat::Table),
        ("json", CompareFormat::Json),
        ("csv", CompareFormat::Csv),
        ("md", CompareFormat::Markdown),
        ("markdown", CompareFormat::Markdown),
        ("tex", CompareFormat::Latex),
        ("xlsx", CompareFormat::Xlsx),
        ("html", CompareFormat::Html),
        ("htm", CompareFormat::Html),
    ];

    fn needs_file(self) -> bool {
        self == CompareFormat::Xlsx
    }
}

fn level(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|level| *level > 0.0 && *level < 1.0)
        .ok_or_else(|| format!("`{text}` is not a number between 0 and 1"))
}
