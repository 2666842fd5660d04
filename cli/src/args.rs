//! The command line: each flag is defined and documented here, once.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, Parser, Subcommand, ValueEnum};
use massive_data::{BadLines, Corpus, LabelMode, LabelPolicy, LocaleSet, Partition, Selection};
use massive_eval::{Grouping, Metric, MissingRows};

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
    /// Find what is wrong with a submission before anyone uploads it
    Check(CheckArgs),
    /// Work with the corpus itself: convert it
    Corpus(CorpusCommands),
    /// See it work on built-in data: a table, a plot, a JSON score
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
}

/// Which rows of which corpus.
#[derive(Debug, Clone, Args)]
pub(crate) struct CorpusArgs {
    /// The corpus: a release's folder or tar.gz, a folder of .jsonl or .parquet
    /// files, one file, or - for standard input
    #[arg(long, value_name = "PATH", env = "MASSIVE_CORPUS")]
    pub(crate) corpus: PathBuf,

    /// The partition: train, dev, test or MMNLU-22
    #[arg(long, value_name = "NAME", default_value = "test")]
    pub(crate) partition: Partition,

    /// Locales, by name or glob, separated by commas (default: those of the
    /// predictions)
    #[arg(long, value_name = "LIST", conflicts_with = "task")]
    pub(crate) locales: Option<String>,

    /// Locales to leave out, by name or glob, separated by commas
    #[arg(long, value_name = "LIST", conflicts_with = "task")]
    pub(crate) exclude_locales: Option<String>,

    /// The competition's task: `full` demands the 51 locales of release 1.0,
    /// `zero-shot` the 50 without en-US
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<Task>,

    /// Accept intents, scenarios and slots in the corpus that the release does
    /// not have
    #[arg(long)]
    pub(crate) open_labels: bool,

    /// Skip lines of the corpus that cannot be read, and list them, instead of
    /// stopping
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
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
        let mut chosen = match (&self.locales, self.task) {
            (_, Some(task)) => {
                let mut set = LocaleSet::ALL;
                set = set.difference(LocaleSet::from_patterns("ca-ES")?);
                if task == Task::ZeroShot {
                    set = set.difference(LocaleSet::from_patterns("en-US")?);
                }
                ChosenLocales { set, demanded: set }
            }
            (Some(list), None) => {
                let named =
                    list.split(',').filter_map(|name| massive_data::Locale::from_tag(name.trim()));
                ChosenLocales { set: LocaleSet::from_patterns(list)?, demanded: named.collect() }
            }
            (None, None) => ChosenLocales { set: predicted, demanded: LocaleSet::EMPTY },
        };
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

    /// Opens the corpus for these locales.
    pub(crate) fn open(&self, locales: LocaleSet) -> Result<Corpus> {
        let selection = Selection { locales, partition: Some(self.partition) };
        Ok(open(&self.corpus, selection, self.open_labels, self.skip_bad_lines)?)
    }
}

fn open(
    path: &Path,
    selection: Selection,
    open_labels: bool,
    skip_bad_lines: bool,
) -> massive_data::Result<Corpus> {
    let labels = if open_labels { LabelPolicy::Open } else { LabelPolicy::Closed };
    let bad_lines = if skip_bad_lines { BadLines::Skip } else { BadLines::Fail };
    Ok(Corpus::open(path)?.select(selection).labels(labels).bad_lines(bad_lines))
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

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

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

    /// Bootstrap resamples for the intervals; 0 for none
    #[arg(long, value_name = "N", default_value_t = 1_000)]
    pub(crate) resamples: u32,

    /// Seed of the bootstrap
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,
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

/// Holds the subcommands of `massive corpus`.
#[derive(Debug, Args)]
pub(crate) struct CorpusCommands {
    #[command(subcommand)]
    pub(crate) command: CorpusCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CorpusCommand {
    /// Convert the corpus to the format that another tool reads
    Convert(ConvertArgs),
}

/// Which rows of a corpus that is itself the object, by default all.
#[derive(Debug, Clone, Args)]
pub(crate) struct RowsArgs {
    /// The corpus: a release's folder or tar.gz, a folder of .jsonl or .parquet
    /// files, one file, or - for standard input
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// Locales, by name or glob, separated by commas (default: all)
    #[arg(long, value_name = "LIST")]
    pub(crate) locales: Option<String>,

    /// Locales to leave out, by name or glob, separated by commas
    #[arg(long, value_name = "LIST")]
    pub(crate) exclude_locales: Option<String>,

    /// The partition: train, dev, test or MMNLU-22 (default: all)
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<Partition>,

    /// Accept intents, scenarios and slots that the release does not have
    #[arg(long)]
    pub(crate) open_labels: bool,

    /// Skip lines that cannot be read, and list them, instead of stopping
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,
}

impl RowsArgs {
    /// Opens the corpus for these rows.
    pub(crate) fn open(&self) -> Result<Corpus> {
        let mut locales = match &self.locales {
            Some(list) => LocaleSet::from_patterns(list)?,
            None => LocaleSet::ALL,
        };
        if let Some(list) = &self.exclude_locales {
            locales = locales.difference(LocaleSet::from_patterns(list)?);
        }
        let selection = Selection { locales, partition: self.partition };
        Ok(open(&self.path, selection, self.open_labels, self.skip_bad_lines)?)
    }
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
    massive corpus convert amazon-massive-dataset-1.1.tar.gz --to parquet --output massive.parquet\n  \
    massive corpus convert massive.parquet --to conll --locales de-DE --partition test\n  \
    massive corpus convert massive.parquet --to jsonl --per-locale --output data/\n  \
    massive corpus convert 1.1 --to hf --intents massive.intents --slots massive.slots --output hf/")]
pub(crate) struct ConvertArgs {
    #[command(flatten)]
    pub(crate) rows: RowsArgs,

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
