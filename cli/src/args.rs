//! The command line: each flag is defined and documented here, once.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use massive_data::{
    BadLines, Corpus, JudgedLanguage, JudgedScore, JudgmentFilter, LabelMode, LabelPolicy,
    LocaleSet, Method, Partition, Selection, UtteranceId,
};
use massive_eval::{Bootstrap, Grouping, Metric, MissingRows};

use crate::failure::{Failure, Result};

/// Score, check and explore multilingual natural-language understanding on the
/// MASSIVE corpus.
#[derive(Debug, Parser)]
#[command(name = "massive", version, propagate_version = true)]
#[command(after_help = "Exit codes: 0 success, 1 the check failed, 2 it could not run.\n\
    Start with `massive demo`: it needs no data.")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) global: Global,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// Print results and errors only: no progress, no remarks
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,

    /// When to use colour; `auto` obeys NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: ColorChoice,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Score a submission: intent accuracy, slot micro-F1 and exact match, per
    /// locale and overall
    Score(ScoreArgs),
    /// Hold systems against a baseline: what they win, lose and leave undecided,
    /// per locale and overall
    Compare(CompareArgs),
    /// Find what is wrong with a submission before anyone uploads it
    Check(CheckArgs),
    /// Work with the corpus itself: count it, check it, convert it, read it across
    /// languages, take a sample
    #[command(subcommand)]
    Corpus(CorpusCommand),
    /// See it work on built-in data: a table, a plot, a JSON score
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Where the corpus is, how it is read, and which of its rows pass.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// The corpus: a release's folder or tar.gz, a folder of .jsonl or .parquet
    /// files, one file, or - for standard input
    #[arg(long, value_name = "PATH", env = "MASSIVE_CORPUS")]
    pub(crate) corpus: PathBuf,

    /// Accept intents, scenarios and slots in the corpus that the release does
    /// not have
    #[arg(long)]
    pub(crate) open_labels: bool,

    /// Skip lines of the corpus that cannot be read, and list them, instead of
    /// stopping
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,

    #[command(flatten)]
    pub(crate) judgments: JudgmentArgs,
}

impl SourceArgs {
    /// Opens the corpus for these rows.
    pub(crate) fn open(&self, selection: Selection) -> Result<Corpus> {
        let labels = if self.open_labels { LabelPolicy::Open } else { LabelPolicy::Closed };
        let bad_lines = if self.skip_bad_lines { BadLines::Skip } else { BadLines::Fail };
        Ok(Corpus::open(&self.corpus)?
            .select(selection)
            .filter(self.judgments.filter()?)
            .labels(labels)
            .bad_lines(bad_lines))
    }
}

/// Heads the filters in `--help`.
const JUDGMENT_FILTERS: &str =
    "Judgment filters (en-US, the source, passes all; rows without judgments none)";

/// Which rows pass, going by their judges and localisers.
#[derive(Debug, Clone, Args)]
pub(crate) struct JudgmentArgs {
    /// Keep rows with at least N judgments
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "N")]
    pub(crate) min_judges: Option<usize>,

    /// Keep rows where at least this share of judges accepted the intent, 0 to 1
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "SHARE")]
    pub(crate) min_intent_score: Option<f64>,

    /// Keep rows where at least this share of judges accepted the slots, 0 to 1
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "SHARE")]
    pub(crate) min_slots_score: Option<f64>,

    /// Keep rows whose mean grammar score is at least this, 0 to 4
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "MEAN")]
    pub(crate) min_grammar: Option<f64>,

    /// Keep rows whose mean spelling score is at least this, 0 to 2
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "MEAN")]
    pub(crate) min_spelling: Option<f64>,

    /// Keep rows in which all judges found one of these languages, as `target`
    /// or `target|english`; separated by commas
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "LIST", value_delimiter = ',')]
    pub(crate) language: Vec<JudgedLanguage>,

    /// Keep rows with slots that were all carried over by one of these methods,
    /// as `translation` or `localization`; separated by commas
    #[arg(long, help_heading = JUDGMENT_FILTERS, value_name = "LIST", value_delimiter = ',')]
    pub(crate) method: Vec<Method>,
}

impl JudgmentArgs {
    fn filter(&self) -> Result<JudgmentFilter> {
        let mut filter = JudgmentFilter::default()
            .judges(self.min_judges.unwrap_or(0))
            .languages(self.language.iter().copied())
            .methods(self.method.iter().copied());
        for (score, minimum) in [
            (JudgedScore::Intent, self.min_intent_score),
            (JudgedScore::Slots, self.min_slots_score),
            (JudgedScore::Grammar, self.min_grammar),
            (JudgedScore::Spelling, self.min_spelling),
        ] {
            if let Some(minimum) = minimum {
                filter = filter.at_least(score, minimum)?;
            }
        }
        Ok(filter)
    }
}

/// Locales by name.
#[derive(Debug, Clone, Args)]
pub(crate) struct LocaleArgs {
    /// Locales, by name or glob, separated by commas (default: those of the
    /// predictions, if there are any, else all)
    #[arg(long, value_name = "LIST")]
    pub(crate) locales: Option<String>,

    /// Locales to leave out, by name or glob, separated by commas
    #[arg(long, value_name = "LIST")]
    pub(crate) exclude_locales: Option<String>,
}

impl LocaleArgs {
    /// The locales asked for, by default these.
    fn chosen(&self, default: LocaleSet) -> Result<ChosenLocales> {
        let chosen = match &self.locales {
            Some(list) => {
                let named =
                    list.split(',').filter_map(|name| massive_data::Locale::from_tag(name.trim()));
                ChosenLocales { set: LocaleSet::from_patterns(list)?, demanded: named.collect() }
            }
            None => ChosenLocales { set: default, demanded: LocaleSet::EMPTY },
        };
        self.without_excluded(chosen)
    }

    fn without_excluded(&self, mut chosen: ChosenLocales) -> Result<ChosenLocales> {
        if let Some(list) = &self.exclude_locales {
            let excluded = LocaleSet::from_patterns(list)?;
            chosen.set = chosen.set.difference(excluded);
            chosen.demanded = chosen.demanded.difference(excluded);
        }
        if chosen.set.is_empty() {
            return Err(Failure::CannotRun(
                "no locale is left to look at; mend --locales or --exclude-locales".to_owned(),
            ));
        }
        Ok(chosen)
    }
}

/// Which rows of which corpus predictions are held against.
#[derive(Debug, Clone, Args)]
pub(crate) struct CorpusArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// The partition: train, dev, test or MMNLU-22
    #[arg(long, value_name = "NAME", default_value = "test")]
    pub(crate) partition: Partition,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// The competition's task: `full` demands the 51 locales of release 1.0,
    /// `zero-shot` the 50 without en-US
    #[arg(long, value_name = "TASK", conflicts_with_all = ["locales", "exclude_locales"])]
    pub(crate) task: Option<Task>,
}

/// Which rows of which corpus a command about the corpus itself is for.
#[derive(Debug, Clone, Args)]
pub(crate) struct RowArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// The partition: train, dev, test or MMNLU-22 (default: all)
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<Partition>,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,
}

impl RowArgs {
    /// The locales asked for, by default all.
    pub(crate) fn chosen_locales(&self) -> Result<ChosenLocales> {
        self.locales.chosen(LocaleSet::ALL)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    Full,
    ZeroShot,
}

/// The locales that were asked for.
pub(crate) struct ChosenLocales {
    /// All of them.
    pub(crate) set: LocaleSet,
    /// Those that the corpus must have: named one by one, or part of a task.
    pub(crate) demanded: LocaleSet,
}

impl CorpusArgs {
    /// The locales asked for, by default those of the predictions.
    pub(crate) fn chosen_locales(&self, predicted: LocaleSet) -> Result<ChosenLocales> {
        let Some(task) = self.task else { return self.locales.chosen(predicted) };
        let left_out = match task {
            Task::Full => "ca-ES",
            Task::ZeroShot => "ca-ES,en-US",
        };
        let set = LocaleSet::ALL.difference(LocaleSet::from_patterns(left_out)?);
        Ok(ChosenLocales { set, demanded: set })
    }

    /// These locales of the partition.
    pub(crate) fn selection(&self, locales: LocaleSet) -> Selection {
        Selection { locales, partition: Some(self.partition) }
    }

    /// True if the locales do not depend on the predictions.
    pub(crate) fn names_locales(&self) -> bool {
        self.locales.locales.is_some() || self.task.is_some()
    }
}

/// How scores and their uncertainty are computed.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScoringArgs {
    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// Bootstrap resamples for the intervals; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) resamples: u32,

    /// Seed of all resampling
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,
}

impl ScoringArgs {
    pub(crate) fn bootstrap(&self) -> Option<Bootstrap> {
        let bootstrap = Bootstrap { resamples: self.resamples, seed: self.seed };
        (self.resamples > 0).then_some(bootstrap)
    }
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  \
    massive score preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz\n  \
    massive score preds/ --corpus 1.1 --locales 'de-DE,*-IN' --sort ex_match_acc\n  \
    massive score preds.jsonl.gz --corpus 1.1 --format json --output score.json --plot score.svg\n  \
    massive score preds.jsonl --corpus 1.1 --fail-under ex_match_acc=60 --fail-under sw-KE:intent_acc=0.8")]
pub(crate) struct ScoreArgs {
    /// Predictions: files, folders of files, .gz; - for standard input. Several
    /// are one submission
    #[arg(required = true, value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    /// Also score groups of languages; may be repeated
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub(crate) group_by: Vec<Grouping>,

    /// Order the locales by a metric, best first
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<Metric>,

    /// The form of the result (default: by the name of --output, else a table)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<ScoreFormat>,

    /// Write the result to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Also write a row an utterance, as .parquet or .csv
    #[arg(long, value_name = "FILE")]
    pub(crate) per_utterance: Option<PathBuf>,

    /// Also draw the metrics per locale, as .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// Fail if a metric is lower, on `all` or on the locale named; fractions or
    /// per cent; may be repeated
    #[arg(long, value_name = "[LOCALE:]METRIC=VALUE")]
    pub(crate) fail_under: Vec<Threshold>,

    /// What to do about rows without a prediction: stop, or count them as wrong
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) missing: Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreFormat {
    Table,
    Json,
    Csv,
    Markdown,
    Latex,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Missing {
    Error,
    Wrong,
}

impl From<Missing> for MissingRows {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Error => MissingRows::Error,
            Missing::Wrong => MissingRows::Wrong,
        }
    }
}

/// A lower bound for a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    /// `all`, `macro` or a locale.
    pub(crate) of: String,
    pub(crate) metric: Metric,
    /// A fraction.
    pub(crate) value: f64,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once('=').ok_or("expected [LOCALE:]METRIC=VALUE, as sw-KE:intent_acc=80")?;
        let (of, metric) = name.split_once(':').unwrap_or(("all", name));
        if !matches!(of, "all" | "macro") {
            of.parse::<massive_data::Locale>().map_err(|error| error.to_string())?;
        }
        let metric = metric.parse::<Metric>().map_err(|error| error.to_string())?;
        let number: f64 = value
            .trim_end_matches('%')
            .trim_end()
            .parse()
            .ok()
            .filter(|number| (0.0..=100.0).contains(number))
            .ok_or_else(|| format!("`{value}` is not a fraction or per cent"))?;
        let per_cent = value.ends_with('%') || number > 1.0;
        let value = if per_cent { number / 100.0 } else { number };
        Ok(Threshold { of: of.to_owned(), metric, value })
    }
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "A locale is won or lost if its p-value by approximate randomisation, corrected for\n\
    the number of locales (Holm), is below --alpha; otherwise it is undecided. `all` and\n\
    `macro` are one test each and not corrected. Systems that cover different rows are\n\
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
    #[arg(required = true, value_name = "NEW")]
    pub(crate) new: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

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

    /// Fail if a system is worse than the baseline by more than chance, in any
    /// metric, on `all` or in any locale
    #[arg(long)]
    pub(crate) fail_if_worse: bool,

    /// Order the locales by the difference in a metric, best first
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<Metric>,

    /// The form of the result (default: by the name of --output, else a table)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<CompareFormat>,

    /// Write the result to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareFormat {
    Table,
    Json,
    Csv,
    Markdown,
}

fn level(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|level| *level > 0.0 && *level < 1.0)
        .ok_or_else(|| format!("`{text}` is not a number between 0 and 1"))
}

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

    /// The form of the result (default: by the name of --output, else a table)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<StatsFormat>,

    /// Write the result to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatsFormat {
    Table,
    Json,
    Csv,
    Markdown,
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

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,

    /// Write the report to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
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
#[command(after_help = "Formats:\n  \
    parquet  a typed table, a row group a locale and partition; itself a --corpus\n  \
    arrow    the same table as an Arrow IPC file (Feather)\n  \
    csv      a flat row an utterance\n  \
    jsonl    JSON lines as in the release\n  \
    words    JSON lines of id, locale, partition, words and labels\n  \
    conll    word and BIO tag a line, a blank line between utterances\n  \
    hf       a folder for load_from_disk of the Python library datasets\n\n\
    Examples:\n  \
    massive corpus convert --corpus amazon-massive-dataset-1.1.tar.gz --to parquet --output massive.parquet\n  \
    massive corpus convert --corpus massive.parquet --to conll --locales de-DE --partition test\n  \
    massive corpus convert --corpus massive.parquet --to jsonl --per-locale --output data/\n  \
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

    /// How labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// Number intents as this map does (hf), {"0": "alarm_set", ...}
    #[arg(long, value_name = "FILE")]
    pub(crate) intents: Option<PathBuf>,

    /// Number slots as this map does (hf), {"0": "Other", ...}
    #[arg(long, value_name = "FILE")]
    pub(crate) slots: Option<PathBuf>,

    /// Replace what --output names
    #[arg(long)]
    pub(crate) force: bool,
}

/// What a corpus can be converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Target {
    Parquet,
    Arrow,
    Csv,
    Jsonl,
    Words,
    Conll,
    Hf,
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
        }
    }

    /// True if it means nothing on a terminal.
    pub(crate) fn is_binary(self) -> bool {
        matches!(self, Target::Parquet | Target::Arrow | Target::Hf)
    }
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  massive demo --folder /tmp/demo")]
pub(crate) struct DemoArgs {
    /// Where to put the files; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "massive-demo")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Example:\n  massive completions bash > ~/.local/share/bash-completion/completions/massive"
)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn thresholds_take_fractions_and_per_cent() {
        let parse = |text: &str| text.parse::<Threshold>();
        for (text, of, value) in [
            ("intent_acc=0.85", "all", 0.85),
            ("intent_acc=85", "all", 0.85),
            ("sw-KE:intent_acc=85%", "sw-KE", 0.85),
            ("macro:intent_acc=1", "macro", 1.0),
            ("intent_acc=1%", "all", 0.01),
        ] {
            let threshold = parse(text).unwrap();
            assert_eq!((threshold.of.as_str(), threshold.value), (of, value), "{text}");
        }
        for (text, message) in [
            ("intent_acc", "expected [LOCALE:]METRIC=VALUE"),
            ("f1=3", "unknown metric `f1`"),
            ("sw-KX:intent_acc=3", "unknown locale `sw-KX`: did you mean sw-KE?"),
            ("intent_acc=101", "`101` is not a fraction"),
            ("intent_acc=NaN", "`NaN` is not a fraction"),
        ] {
            assert!(parse(text).unwrap_err().starts_with(message), "{text}");
        }
    }
}
