//! The flags of `massive llm`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Subcommand, ValueEnum};
use massive_data::Locale;
use massive_lm::budget::{Price, parse_price};
use massive_lm::endpoint::Api;
use massive_lm::form::{Constrain, Form};
use massive_lm::shots::Pick;

use super::{CheckFormat, CorpusArgs, OptionalCorpus, ScoringArgs};

#[derive(Debug, Clone, Subcommand)]
pub(crate) enum LlmCommand {
    /// What a run would take, before it is paid for: tokens, money and hours by
    /// locale
    Plan(LlmPlanArgs),
    /// Ask a model about every utterance, within a budget, and log every call
    Run(LlmRunArgs),
    /// Print exactly what is sent for one utterance, and what is wrong with it
    Prompt(LlmPromptArgs),
    /// Read a log of calls again, offline: predictions, scores, costs
    Replay(LlmReplayArgs),
    /// Time to the first token, in all, and speed, by locale or by concurrency
    Latency(LlmLatencyArgs),
}

/// Heads the flags about prompts in `--help`.
const PROMPTS: &str = "Prompts";
/// Heads the flags about the endpoint in `--help`.
const ENDPOINT: &str = "Endpoint (the key comes from MASSIVE_API_KEY or OPENAI_API_KEY)";
/// Heads the flags about limits in `--help`.
const LIMITS: &str = "Limits";

/// Where the model is.
#[derive(Debug, Clone, Args)]
pub(crate) struct EndpointArgs {
    /// The endpoint's address up to /v1
    #[arg(long, help_heading = ENDPOINT, value_name = "URL", env = "MASSIVE_ENDPOINT")]
    pub(crate) endpoint: String,

    /// The model's name, as the endpoint knows it
    #[arg(long, help_heading = ENDPOINT, value_name = "NAME")]
    pub(crate) model: String,

    /// How it is asked: `chat`, or `completion` for base models
    #[arg(long, help_heading = ENDPOINT, value_name = "API", default_value = "chat")]
    pub(crate) api: Api,

    /// Wait for whole replies; without pieces there is no time to the first token
    #[arg(long, help_heading = ENDPOINT)]
    pub(crate) no_streaming: bool,

    /// Seconds for which the endpoint may be silent
    #[arg(long, help_heading = ENDPOINT, value_name = "SECONDS", default_value_t = 120.0,
        value_parser = positive)]
    pub(crate) timeout: f64,
}

/// What is asked.
#[derive(Debug, Clone, Args)]
pub(crate) struct PromptArgs {
    /// The form of replies: json, brackets, labels (one a word) or dict
    #[arg(long, help_heading = PROMPTS, value_name = "FORM", default_value = "brackets")]
    pub(crate) form: Form,

    /// What holds replies to it: none, schema (json only) or grammar (llama.cpp)
    #[arg(long, help_heading = PROMPTS, value_name = "HOW", default_value = "none")]
    pub(crate) constrain: Constrain,

    /// A template of prompts in Jinja's language (see docs/llm.md)
    #[arg(long, help_heading = PROMPTS, value_name = "FILE")]
    pub(crate) template: Option<PathBuf>,

    /// Examples in a prompt, from the train partition
    #[arg(long, help_heading = PROMPTS, value_name = "K", default_value_t = 0)]
    pub(crate) shots: usize,

    /// Which examples: random, per-intent or nearest
    #[arg(long, help_heading = PROMPTS, value_name = "HOW", default_value = "nearest")]
    pub(crate) pick: Pick,

    /// The locale of the examples (default: that of the utterance)
    #[arg(long, help_heading = PROMPTS, value_name = "LOCALE")]
    pub(crate) shots_from: Option<Locale>,

    /// Tokens of a reply, at most
    #[arg(long, help_heading = PROMPTS, value_name = "N", default_value_t = 256,
        value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tokens: u32,

    /// A text that ends a reply (default: a blank line for `completion`)
    #[arg(long, help_heading = PROMPTS, value_name = "TEXT")]
    pub(crate) stop: Vec<String>,

    /// 0 takes the likeliest token
    #[arg(long, help_heading = PROMPTS, value_name = "T", default_value_t = 0.0)]
    pub(crate) temperature: f64,

    /// The share of probability that tokens are drawn from
    #[arg(long, help_heading = PROMPTS, value_name = "P", default_value_t = 1.0)]
    pub(crate) top_p: f64,

    /// Seed of examples, of waits and of the model
    #[arg(long = "draw-seed", help_heading = PROMPTS, value_name = "N", default_value_t = 12_345)]
    pub(crate) draw_seed: u64,

    /// The corpus that examples are taken from (default: --corpus)
    #[arg(long, help_heading = PROMPTS, value_name = "PATH")]
    pub(crate) shots_corpus: Option<PathBuf>,
}

/// What predictions took to make, where it is known.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct UsageArgs {
    /// What the predictions took: the log of massive llm run, or the .json that
    /// it printed; of several systems one each, in their order, - for none
    #[arg(long, value_name = "FILE")]
    pub(crate) usage: Vec<PathBuf>,

    /// What a million tokens of a log cost: IN,OUT or IN,OUT,CACHED, or a .toml
    /// file by model
    #[arg(long, value_name = "PRICE", requires = "usage")]
    pub(crate) price: Option<PriceSource>,
}

/// A price, or a file of prices.
#[derive(Debug, Clone)]
pub(crate) enum PriceSource {
    Given(Price),
    File(PathBuf),
}

impl FromStr for PriceSource {
    type Err = massive_lm::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.ends_with(".toml") {
            return Ok(PriceSource::File(text.into()));
        }
        parse_price(text).map(PriceSource::Given)
    }
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Nothing of the corpus is labelled: prompts are made as `run` makes them, and counted by\n\
    the endpoint's own tokenizer (/tokenize) or, where it has none, by a probe of calls with\n\
    replies of one token. Tokens of replies are those of the right ones, in the form asked for.\n\n\
    Example:\n  \
    massive llm plan --endpoint http://127.0.0.1:8080/v1 --model m --corpus 1.1 --shots 8 --price 0.15,0.60,0.075\n  \
    massive llm plan --tokenizer tokenizer.json --corpus 1.1 --shots 8 --price 0.15,0.60 --rpm 500",
    // A tokenizer counts without anyone to ask.
    mut_arg("endpoint", |arg| arg.required(false).default_value("").hide_default_value(true)),
    mut_arg("model", |arg| arg.required(false).default_value("").hide_default_value(true))
)]
pub(crate) struct LlmPlanArgs {
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
    #[command(flatten)]
    pub(crate) prompt: PromptArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// For a million tokens: IN,OUT or IN,OUT,CACHED, or a .toml file by model
    #[arg(long, value_name = "PRICE")]
    pub(crate) price: Option<PriceSource>,

    /// Count tokens by this tokenizer.json instead of asking the endpoint
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,

    /// Prompts of each locale that are counted
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) probe: usize,

    /// Calls a minute that the run will make, for the hours
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) rpm: Option<f64>,

    /// Tokens a minute that the run will send and get, for the hours
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(crate) tpm: Option<f64>,

    /// Calls that will go on at once, for the hours: a few calls with whole
    /// replies are made and timed, one of each locale
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: Option<u16>,

    /// The form of the plan
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Every reply is in the log, on disk, before anything more is asked: after a kill or Ctrl-C the\n\
    same command with --resume asks for what is missing and buys nothing twice. The predictions\n\
    are read from the log, as `massive llm replay` does it. Exit code 2 if rows got no reply.\n\n\
    Examples:\n  \
    massive llm run --endpoint http://127.0.0.1:8080/v1 --model gemma --api completion --corpus 1.1 \\\n      \
    --locales en-US,sw-KE --shots 8 --output preds.jsonl --score\n  \
    massive llm run --endpoint https://api.example.com/v1 --model m --form json --constrain schema \\\n      \
    --corpus 1.1 --concurrency 8 --rpm 500 --price 0.15,0.60 --max-cost 5 --output preds.jsonl"
)]
pub(crate) struct LlmRunArgs {
    #[command(flatten)]
    pub(crate) endpoint: EndpointArgs,
    #[command(flatten)]
    pub(crate) prompt: PromptArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// Where the predictions go
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,

    /// Where the calls are logged; packed if the name ends in .zst (default: the
    /// output's name with .calls.jsonl.zst)
    #[arg(long, value_name = "FILE")]
    pub(crate) log: Option<PathBuf>,

    /// Go on with the log that is there
    #[arg(long)]
    pub(crate) resume: bool,

    /// Calls that go on at once
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 4,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) concurrency: u16,

    /// Calls a minute, at most
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = positive)]
    pub(crate) rpm: Option<f64>,

    /// Tokens a minute, at most
    #[arg(long, help_heading = LIMITS, value_name = "N", value_parser = positive)]
    pub(crate) tpm: Option<f64>,

    /// For a million tokens: IN,OUT or IN,OUT,CACHED, or a .toml file by model
    #[arg(long, help_heading = LIMITS, value_name = "PRICE")]
    pub(crate) price: Option<PriceSource>,

    /// Money in all, earlier runs of the log included; needs --price
    #[arg(long, help_heading = LIMITS, value_name = "COST", requires = "price",
        value_parser = positive)]
    pub(crate) max_cost: Option<f64>,

    /// Repetitions of a call that failed
    #[arg(long, help_heading = LIMITS, value_name = "N", default_value_t = 5)]
    pub(crate) retries: u32,

    /// Score the predictions
    #[arg(long)]
    pub(crate) score: bool,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Prints the body of the request, with the prompt as it is sent; with --lint what is wrong with\n\
    it, and exit code 1 if that would spoil a run. Nothing is sent.\n\n\
    Examples:\n  \
    massive llm prompt --corpus 1.1 --locales ja-JP --id 7 --shots 8 --api completion\n  \
    massive llm prompt --corpus 1.1 --locales en-US --id 7 --template my.j2 --lint"
)]
pub(crate) struct LlmPromptArgs {
    #[command(flatten)]
    pub(crate) prompt: PromptArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// The utterance
    #[arg(long, value_name = "ID")]
    pub(crate) id: String,

    /// How it is asked: `chat`, or `completion` for base models
    #[arg(long, value_name = "API", default_value = "chat")]
    pub(crate) api: Api,

    /// Say what is wrong with the prompt
    #[arg(long)]
    pub(crate) lint: bool,

    /// Tokens that the model takes, for --lint; a token is taken for 3 bytes
    #[arg(long, value_name = "N")]
    pub(crate) context: Option<usize>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "With --corpus the predictions are scored, too. A strict reading takes only replies that are of\n\
    the form asked for, to the letter: what a simple parser would make of them.\n\n\
    Examples:\n  \
    massive llm replay calls.jsonl.zst --output preds.jsonl --form brackets\n  \
    massive llm replay calls.jsonl.zst --corpus 1.1 --reading strict --price 0.15,0.60"
)]
pub(crate) struct LlmReplayArgs {
    /// The log of calls
    #[arg(value_name = "LOG")]
    pub(crate) log: PathBuf,

    /// Where the predictions go
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Read replies in this form (default: the one that was asked for)
    #[arg(long, value_name = "FORM")]
    pub(crate) form: Option<Form>,

    /// How replies are read: tolerant, or strict
    #[arg(long = "reading", value_name = "HOW", default_value = "tolerant")]
    pub(crate) reply_reading: ReplyReading,

    #[command(flatten)]
    pub(crate) corpus: OptionalCorpus,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    /// For a million tokens: IN,OUT or IN,OUT,CACHED, or a .toml file by model
    #[arg(long, value_name = "PRICE")]
    pub(crate) price: Option<PriceSource>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReplyReading {
    Tolerant,
    Strict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LatencyBy {
    Locale,
    Concurrency,
}

#[derive(Debug, Clone, Args)]
#[command(after_help = "Percentiles of fewer than 100 calls are marked.\n\n\
    Example:\n  massive llm latency calls.jsonl.zst --by locale")]
pub(crate) struct LlmLatencyArgs {
    /// Logs of calls
    #[arg(required = true, value_name = "LOG")]
    pub(crate) logs: Vec<PathBuf>,

    /// What the calls are grouped by
    #[arg(long, value_name = "WHAT", default_value = "locale")]
    pub(crate) by: LatencyBy,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

/// A number above 0.
fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value > 0.0 && value.is_finite() => Ok(value),
        _ => Err("expected a number above 0".to_owned()),
    }
}
