//! The flags of `massive predict`.

use std::path::PathBuf;

use clap::Args;
use massive_data::Locale;
use massive_predict::Shard;

use super::{CheckFormat, EngineArgs, GenerationArgs, ModelArgs, OptionalCorpus, ScoringArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Without --corpus it parses --text, or standard input, one utterance a line.\n\n\
    With --output the work goes to FILE.partial first; the file appears under its name once\n\
    it is complete, and --resume continues after an interruption.\n\n\
    Examples:\n  \
    massive predict --model xlmr-joint --corpus amazon-massive-dataset-1.1.tar.gz --output preds.jsonl\n  \
    massive predict --model xlmr-joint --corpus 1.1 --locales 'de-DE,*-IN' --score\n  \
    massive predict --model hf-intent --slot-model hf-slots --corpus 1.1 --output preds.jsonl.gz\n  \
    massive predict --model xlmr-joint --text 'niamshe saa kumi na moja' --locale sw-KE\n  \
    massive predict --model xlmr-joint --locale en-US\n  \
    massive predict --model mt5-text-to-text --beams 2 --corpus 1.1 --output preds.jsonl"
)]
pub(crate) struct PredictArgs {
    #[command(flatten)]
    pub(crate) model: ModelArgs,

    #[command(flatten)]
    pub(crate) corpus: OptionalCorpus,

    /// With --locale: the utterance to parse. With a corpus: whether predictions
    /// hold the utterance's `own` words (default) or, as the `reference` writes
    /// them, words rebuilt from the model's vocabulary
    #[arg(long, value_name = "TEXT|FORM")]
    pub(crate) text: Option<String>,

    /// The locale of --text or standard input
    #[arg(long, value_name = "NAME")]
    pub(crate) locale: Option<Locale>,

    /// Predict every n-th row only, from the i-th on: 1/4 to 4/4 for four machines
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE, hide_default_value = true, conflicts_with = "score")]
    pub(crate) shard: Shard,

    /// Where the predictions go; compressed if the name ends in .gz (default:
    /// standard output)
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Continue what an interrupted run left in FILE.partial
    #[arg(long, requires = "output")]
    pub(crate) resume: bool,

    /// Start anew although an interrupted run left FILE.partial
    #[arg(long, requires = "output", conflicts_with = "resume")]
    pub(crate) force: bool,

    /// Score the predictions and print the scores
    #[arg(long)]
    pub(crate) score: bool,

    /// Add how sure the model is: the intent's probability, its margin over the
    /// next, each slot's mean probability
    #[arg(long)]
    pub(crate) scores: bool,

    /// With --scores: the N most probable intents, each with its probability
    #[arg(long, value_name = "N", requires = "scores", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) top_k: Option<u16>,

    /// With --text and a folder of `massive train` or `massive memory`: the
    /// features or neighbours that decided
    #[arg(long, requires = "text")]
    pub(crate) explain: bool,

    /// The form of the scores, or of the parse of --text
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,

    #[command(flatten)]
    pub(crate) batches: BatchArgs,

    #[command(flatten)]
    pub(crate) generation: GenerationArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,
}

impl PredictArgs {
    /// How many of the most probable intents are wanted.
    pub(crate) fn top_k(&self) -> usize {
        self.top_k.map_or(0, usize::from)
    }
}

/// How utterances are put together.
#[derive(Debug, Clone, Args)]
pub(crate) struct BatchArgs {
    /// Utterances in a batch at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch_size: Option<u32>,

    /// Ids in a batch at most, filling included
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch_tokens: Option<u32>,

    /// Copies of the model that run side by side, sharing the threads (default:
    /// by the model's size and the device)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) sessions: Option<u16>,
}
