//! The command line: each flag is defined and documented here, once; those of a
//! command in a file of its name.

mod audit;
mod check;
mod compare;
mod compress;
mod convert;
mod corpus;
mod errors;
mod forms;
mod generation;
mod inference;
mod leaderboard;
mod llm;
mod memory;
mod merge;
mod model;
mod output;
mod predict;
mod reference;
mod report;
mod rows;
mod runtime;
mod score;
mod toll;
mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::audit::{
    AuditAskArgs, AuditCommand, AuditCorpusArgs, AuditExtractArgs, AuditMinkArgs, AuditOrderArgs,
    AuditProbeArgs, AuditSwapArgs,
};
pub(crate) use self::check::{CheckArgs, CheckFormat, FindingsFormat};
pub(crate) use self::compare::{CompareArgs, CompareFormat};
pub(crate) use self::compress::ModelCompressArgs;
pub(crate) use self::convert::{ConvertArgs, Target};
pub(crate) use self::corpus::{
    CorpusCheckArgs, CorpusCommand, CorpusGrepArgs, CorpusListArgs, CorpusSampleArgs,
    CorpusShowArgs, CorpusStatsArgs, ListFormat, StatsFormat,
};
pub(crate) use self::errors::{ErrorsArgs, ErrorsFormat, OnlyWrong};
pub(crate) use self::forms::FormArgs;
pub(crate) use self::generation::GenerationArgs;
pub(crate) use self::inference::{EngineArgs, ModelArgs};
pub(crate) use self::leaderboard::{
    AtHandArgs, BoardFormat, EntryArgs, LeaderboardAddArgs, LeaderboardCheckArgs,
    LeaderboardCommand, LeaderboardRenderArgs, Unverified, is_address,
};
pub(crate) use self::llm::{
    EndpointArgs, LatencyBy, LlmCommand, LlmLatencyArgs, LlmPlanArgs, LlmPromptArgs, LlmReplayArgs,
    LlmRunArgs, PriceSource, PromptArgs, ReplyReading, UsageArgs,
};
pub(crate) use self::memory::{MemoryAddArgs, MemoryBuildArgs, MemoryCommand, MemoryRemoveArgs};
pub(crate) use self::merge::MergeArgs;
pub(crate) use self::model::{ModelCommand, ModelExplainArgs, ModelInspectArgs, ModelTokenizeArgs};
pub(crate) use self::output::{OutputArgs, ResultForm};
pub(crate) use self::predict::{BatchArgs, PredictArgs};
pub(crate) use self::reference::{ExplainArgs, LocalesArgs, LocalesFormat, ManArgs, SchemaArgs};
pub(crate) use self::report::{ReportArgs, ReportFormat};
pub(crate) use self::rows::{
    CorpusArgs, JudgmentArgs, LocaleArgs, OptionalCorpus, RowArgs, SourceArgs,
};
pub(crate) use self::runtime::{LibraryArgs, RuntimeCommand, RuntimeInfoArgs, RuntimeInstallArgs};
pub(crate) use self::score::{
    MetricsArgs, Missing, ScoreArgs, ScoreFormat, ScoringArgs, Threshold,
};
pub(crate) use self::toll::{ModelResidentArgs, ModelTollArgs};
pub(crate) use self::train::TrainArgs;

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
    /// Run a model over the corpus, or over a text, and score it if asked
    Predict(PredictArgs),
    /// Put predictions, or tables of counts, that were made in parts together
    Merge(MergeArgs),
    /// Train a model on labelled rows, in seconds a locale, on the CPU
    Train(TrainArgs),
    /// Keep labelled rows and predict from those nearest to an utterance; nothing is
    /// trained
    #[command(subcommand)]
    Memory(MemoryCommand),
    /// Look into a model: what is in its folder, what it sees
    #[command(subcommand)]
    Model(ModelCommand),
    /// Ask a language model behind an endpoint: what it gets right, what it costs,
    /// how long it takes
    #[command(subcommand)]
    Llm(LlmCommand),
    /// Look for signs that a model has seen the test set, or that a training text
    /// holds it
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Read what a submission gets wrong, slot by slot, with the English beside
    /// it; or count it by slot, language and much else
    Errors(ErrorsArgs),
    /// Write a page to read: scores, plots, and every utterance that is wrong
    Report(ReportArgs),
    /// Find what is wrong with a submission before anyone uploads it
    Check(CheckArgs),
    /// Work with the corpus itself: count it, check it, convert it, read it across
    /// languages, take a sample
    #[command(subcommand)]
    Corpus(CorpusCommand),
    /// See which library of ONNX Runtime is used and what it can do here; install
    /// it
    #[command(subcommand)]
    Runtime(RuntimeCommand),
    /// Run a leaderboard in a folder: add submissions, check them, render the board
    #[command(subcommand)]
    Leaderboard(LeaderboardCommand),
    /// See it work on built-in data: a table, a plot, a JSON score
    Demo(DemoArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print the JSON Schema of a file that is read or written
    Schema(SchemaArgs),
    /// Print what is known of locales: language, script, family, word order
    Locales(LocalesArgs),
    /// Explain a metric, an error class, a problem, a mark or an exit code
    Explain(ExplainArgs),
    /// Print the manual page of a command
    Man(ManArgs),
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  massive demo --folder /tmp/demo")]
pub(crate) struct DemoArgs {
    /// Where to put the files; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "massive-demo")]
    pub(crate) folder: PathBuf,

    /// What to print: a table of scores, or a document that names the files
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
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
}
