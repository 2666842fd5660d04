//! The flags of `massive model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use massive_data::Locale;

use super::inference::GraphPrecision;
use super::{CheckFormat, CorpusArgs, ModelCompressArgs, ModelResidentArgs, ModelTollArgs};

#[derive(Debug, Clone, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, parsed once")]
pub(crate) enum ModelCommand {
    /// Explain a model folder: kind, inputs, outputs, labels, parameters, size,
    /// and what is missing or wrong
    Inspect(ModelInspectArgs),
    /// Make a model smaller and faster: trim its vocabulary, store its weights in
    /// fewer bits
    Compress(ModelCompressArgs),
    /// Say which features of an utterance decided what a trained model says
    Explain(ModelExplainArgs),
    /// Show what a model sees: the ids and pieces of each utterance
    Tokenize(ModelTokenizeArgs),
    /// Say what each language pays for a smaller model: losses by locale and script,
    /// size and speed
    Toll(ModelTollArgs),
    /// Print how many bytes of memory a warm session of a model takes; `toll` asks a
    /// process of its own for each
    #[command(hide = true)]
    Resident(ModelResidentArgs),
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code 1 if the model cannot be used. A folder is recognised from its files; massive.json\n\
    (schemas/model-manifest.schema.json) can name what they do not show.\n\n\
    Examples:\n  \
    massive model inspect xlmr-joint\n  \
    massive model inspect hf-intent --slot-model hf-slots --format json\n  \
    massive model inspect xlmr-joint --precision int8"
)]
pub(crate) struct ModelInspectArgs {
    /// The model: a folder, a folder of two (a pair), or a graph in a folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The slot model of a pair, where DIR is its intent model
    #[arg(long, value_name = "DIR")]
    pub(crate) slot_model: Option<PathBuf>,

    /// Take the graph of this precision
    #[arg(long, value_name = "NAME", conflicts_with = "graph")]
    pub(crate) precision: Option<GraphPrecision>,

    /// Take this graph of the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: Option<PathBuf>,

    /// Take this tokenizer instead of the folder's tokenizer.json
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Prints one JSON object an utterance: id, locale, words, input_ids, word_ids, tokens. Special\n\
    ids belong to no word (null). What lies beyond the maximum length is cut, as the model\n\
    would not see it.\n\n\
    Examples:\n  \
    massive model tokenize --model xlmr-joint --corpus 1.1 --locales th-TH\n  \
    massive model tokenize --model xlmr/tokenizer.json.gz --corpus 1.1 --partition dev"
)]
pub(crate) struct ModelTokenizeArgs {
    /// The model: a folder, or a bare tokenizer.json, compressed or not
    #[arg(long, value_name = "PATH")]
    pub(crate) model: PathBuf,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// Cut utterances to so many ids (default: what the model takes, or 512)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..))]
    pub(crate) max_length: Option<u32>,

    /// Write to a file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "For models of `massive train`. A feature's weight is what it added to the intent over the\n\
    next likely one, or to the slot of a word over no slot.\n\n\
    Examples:\n  \
    massive model explain baseline/ --locale de-DE --text 'weck mich um neun uhr'\n  \
    massive model explain baseline/ --locale ja-JP --text '明日の天気' --format json"
)]
pub(crate) struct ModelExplainArgs {
    /// The folder of trained models
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The locale of the utterance
    #[arg(long, value_name = "NAME")]
    pub(crate) locale: Locale,

    /// The utterance
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: String,

    /// Features to show for the intent and for each word in a slot
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) top: usize,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}
