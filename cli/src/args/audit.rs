//! The flags of `massive audit`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CheckFormat, CorpusArgs, EndpointArgs};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum AuditCommand {
    /// Find test rows that stand in a training text, exactly or nearly
    Corpus(AuditCorpusArgs),
    /// See whether a model goes on with test rows as they stand, beyond what a
    /// look-up of train guesses
    Extract(AuditExtractArgs),
    /// See whether a model knows the text of an id
    RecallId(AuditProbeArgs),
    /// See whether a model picks the released row out of four with exchanged values
    Swap(AuditSwapArgs),
    /// Hold the released order of rows against others (exploratory; needs
    /// log-probabilities of prompts)
    Order(AuditOrderArgs),
    /// Hold the least likely tokens of train rows against those of test rows (needs
    /// log-probabilities of prompts)
    Mink(AuditMinkArgs),
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Texts are compared in lower case, without punctuation. A row is near where the given share of\n\
    its n-grams of 13 characters stands in a line; a row of fewer characters counts where it is\n\
    the whole line. Lines of JSON are searched in all their strings. Found rows are named, not\n\
    quoted. Exit code 1 if any is found.\n\n\
    Examples:\n  \
    massive audit corpus train.jsonl web.txt.gz --corpus 1.1 --locales 'de-DE,sw-KE'\n  \
    massive audit corpus web.txt --corpus 1.1 --clean web-clean.txt --hits hits.jsonl"
)]
pub(crate) struct AuditCorpusArgs {
    /// Training texts: files of lines, plain or .gz
    #[arg(required = true, value_name = "TEXT")]
    pub(crate) texts: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// The share of a row's n-grams from which on it is near
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    pub(crate) near: f64,

    /// Write the lines in which no row stands to a file
    #[arg(long, value_name = "FILE")]
    pub(crate) clean: Option<PathBuf>,

    /// Write where rows stand to a file, as JSON lines
    #[arg(long, value_name = "FILE")]
    pub(crate) hits: Option<PathBuf>,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

/// What every audit that asks a model takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct AuditAskArgs {
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// Rows of each locale and partition, drawn by id
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) rows: usize,

    /// Seed of what is drawn
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,

    /// Where the calls are logged; packed if the name ends in .zst (`order` and
    /// `mink` log nothing) [default: audit.calls.jsonl.zst]
    #[arg(
        long,
        value_name = "FILE",
        default_value = "audit.calls.jsonl.zst",
        hide_default_value = true
    )]
    pub(crate) log: PathBuf,

    /// Go on with the log that is there
    #[arg(long)]
    pub(crate) resume: bool,

    /// Calls that go on at once
    #[arg(long, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Rows of test, dev and train are asked about alike. What is above the floor, in test as in\n\
    train, is evidence that the rows were seen; what is not shows nothing.\n\n\
    Example:\n  \
    massive audit extract --endpoint http://127.0.0.1:8080/v1 --model m --api completion --corpus 1.1 \\\n      \
    --locales 'en-US,ca-ES' --log extract.jsonl.zst"
)]
pub(crate) struct AuditExtractArgs {
    #[command(flatten)]
    pub(crate) ask: AuditAskArgs,

    /// Try N texts before the prefix, of a list: the best on dev is measured on
    /// test
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) prompt_search: Option<u16>,

    /// The list, a text a line (`\n` is a new line), instead of the built-in one
    /// of 12
    #[arg(long, value_name = "FILE", requires = "prompt_search")]
    pub(crate) prompt_list: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  \
    massive audit recall-id --endpoint http://127.0.0.1:8080/v1 --model m --api completion --corpus 1.1 --log recall.jsonl.zst")]
pub(crate) struct AuditProbeArgs {
    #[command(flatten)]
    pub(crate) ask: AuditAskArgs,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Without --control nothing is concluded: the released value may merely be the more natural one.\n\n\
    Example:\n  \
    massive audit swap --endpoint http://127.0.0.1:8080/v1 --model m --corpus 1.1 --control own.jsonl --log swap.jsonl.zst"
)]
pub(crate) struct AuditSwapArgs {
    #[command(flatten)]
    pub(crate) ask: AuditAskArgs,

    /// Rows that the model cannot have seen, as a corpus of the same locales
    #[arg(long, value_name = "PATH")]
    pub(crate) control: Option<PathBuf>,

    /// The partition of --control
    #[arg(long, value_name = "NAME", default_value = "test")]
    pub(crate) control_partition: massive_data::Partition,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  \
    massive audit order --endpoint http://127.0.0.1:8000/v1 --model m --api completion --corpus 1.1 --locales en-US")]
pub(crate) struct AuditOrderArgs {
    #[command(flatten)]
    pub(crate) ask: AuditAskArgs,

    /// Rows of a shard
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) shard: usize,

    /// Other orders of each shard
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) orders: usize,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  \
    massive audit mink --endpoint http://127.0.0.1:8000/v1 --model m --api completion --corpus 1.1 --locales en-US")]
pub(crate) struct AuditMinkArgs {
    #[command(flatten)]
    pub(crate) ask: AuditAskArgs,

    /// The share of tokens that counts
    #[arg(long, value_name = "SHARE", default_value_t = 0.2)]
    pub(crate) k: f64,
}
