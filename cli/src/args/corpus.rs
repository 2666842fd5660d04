//! The flags of `massive corpus`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use massive_data::{LabelMode, UtteranceId};

use super::output::ResultForm;
use super::{CheckFormat, ConvertArgs, FindingsFormat, OutputArgs, RowArgs};

/// The commands about the corpus itself.
#[derive(Debug, Subcommand)]
pub(crate) enum CorpusCommand {
    /// Count rows, words, slots, labels, judgments and oddities of the text
    Stats(CorpusStatsArgs),
    /// Find what is broken or odd in a release, or in data of your own in its
    /// schema
    Check(CorpusCheckArgs),
    /// Convert it to the format that another tool reads
    Convert(ConvertArgs),
    /// Show an utterance in all locales, slots below one another, with judgments
    Show(CorpusShowArgs),
    /// Find utterances by a regular expression, with the English beside each
    Grep(CorpusGrepArgs),
    /// List rows, or those that their judges rejected, with judgments
    List(CorpusListArgs),
    /// Take a sample that stays parallel: the same ids in every locale
    Sample(CorpusSampleArgs),
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = format!("{}\n\nExamples:\n  \
    massive corpus stats --corpus amazon-massive-dataset-1.1.tar.gz\n  \
    massive corpus stats --corpus 1.1 --by locale,partition --format csv --output stats.csv\n  \
    massive corpus stats --corpus 1.1 --by slot --locales ja-JP --columns rows,slots,distinct_words\n  \
    massive corpus stats --corpus 1.1 --min-grammar 3.5 --language target",
    massive_data::stats::PAPER_NOTE)
)]
pub(crate) struct CorpusStatsArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// Count by locale, partition, scenario, intent, slot or several of them,
    /// separated by commas; `all` for one row
    #[arg(long, value_name = "LIST", default_value = "locale")]
    pub(crate) by: massive_data::stats::Grouping,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// Figures to print, separated by commas (default: all in JSON and CSV, what
    /// fits in tables)
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs<StatsFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsFormat {
    Table,
    Json,
    Csv,
    Markdown,
}

impl ResultForm for StatsFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", StatsFormat::Table),
        ("json", StatsFormat::Json),
        ("csv", StatsFormat::Csv),
        ("md", StatsFormat::Markdown),
        ("markdown", StatsFormat::Markdown),
    ];
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Errors (exit code 1): lines that are no rows, files that end early, a row twice, no row\n\
    at all. Warnings (exit code 0, or 1 with --strict) count what is merely odd; the release\n\
    itself has many of them.\n\n\
    Examples:\n  \
    massive corpus check --corpus amazon-massive-dataset-1.1.tar.gz\n  \
    massive corpus check --corpus mine/de-DE.jsonl --open-labels --format json"
)]
pub(crate) struct CorpusCheckArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// Fail on warnings too
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs<FindingsFormat>,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    massive corpus show 42 --corpus 1.1\n  \
    massive corpus show 42 17 --corpus 1.1 --locales en-US,de-DE,ja-JP --format json")]
pub(crate) struct CorpusShowArgs {
    /// Ids of utterances
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<UtteranceId>,

    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "The expression is that of Rust's regex crate (no look-around, no back references),\n\
    matched anywhere in the utterance; (?i) ignores case. Exit code 0 even without a match.\n\n\
    Examples:\n  \
    massive corpus grep 'wecker' --corpus 1.1 --locales de-DE\n  \
    massive corpus grep '^[0-9]+$' --slot time --corpus 1.1 --partition test\n  \
    massive corpus grep '' --intent alarm_set --slot event_name --corpus 1.1 --format json"
)]
pub(crate) struct CorpusGrepArgs {
    /// A regular expression; '' for every utterance
    #[arg(value_name = "PATTERN")]
    pub(crate) pattern: String,

    /// Look in the words of this slot, not in the whole utterance
    #[arg(long, value_name = "NAME")]
    pub(crate) slot: Option<String>,

    /// Only utterances with this intent
    #[arg(long, value_name = "NAME")]
    pub(crate) intent: Option<String>,

    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    group = clap::ArgGroup::new("how_many").required(true),
    after_help = "Only ids that every chosen locale has are drawn, stratified by partition and intent. The\n\
    choice depends on the seed and the ids alone: not on threads, files or locales that are left\n\
    out, and a smaller sample of the same seed lies within a larger one of --shots.\n\n\
    Examples:\n  \
    massive corpus sample --size 500 --corpus 1.1 --output sample/\n  \
    massive corpus sample --fraction 0.1 --corpus 1.1 --locales de-DE,en-US --output tenth.jsonl\n  \
    massive corpus sample --shots 5 --seed 1 --corpus 1.1 --output 5-shot/"
)]
pub(crate) struct CorpusSampleArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// So many ids, shared among partitions and intents as they are in the corpus
    #[arg(long, value_name = "N", group = "how_many")]
    pub(crate) size: Option<usize>,

    /// This share of the ids of each partition and intent
    #[arg(long, value_name = "SHARE", group = "how_many")]
    pub(crate) fraction: Option<f64>,

    /// Few-shot: so many ids an intent in train (all, where it has fewer), and
    /// the other partitions whole
    #[arg(long, value_name = "K", group = "how_many")]
    pub(crate) shots: Option<usize>,

    /// Seed of the choice
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,

    /// Where the rows go: a .jsonl file, or a folder that gets a file a locale
    /// (default: standard output)
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Rejected is what does not pass the judgment filters below; where none is named, what fewer\n\
    than half of the judges accepted, by intent or by slots. Rows that nobody judged are never\n\
    rejected.\n\n\
    Examples:\n  \
    massive corpus list --rejected --corpus 1.1 --locales de-DE\n  \
    massive corpus list --rejected --min-grammar 3 --corpus 1.1 --output rejected.xlsx\n  \
    massive corpus list --corpus 1.1 --locales sw-KE --partition dev --format csv"
)]
pub(crate) struct CorpusListArgs {
    #[command(flatten)]
    pub(crate) rows: RowArgs,

    /// Only rows that do not pass the judgment filters
    #[arg(long)]
    pub(crate) rejected: bool,

    #[command(flatten)]
    pub(crate) output: OutputArgs<ListFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Table,
    Json,
    Csv,
    Xlsx,
}

impl ResultForm for ListFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", ListFormat::Table),
        ("json", ListFormat::Json),
        ("csv", ListFormat::Csv),
        ("xlsx", ListFormat::Xlsx),
    ];

    fn needs_file(self) -> bool {
        self == ListFormat::Xlsx
    }
}
