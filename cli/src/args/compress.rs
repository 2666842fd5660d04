//! The flags of `massive model compress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_compress::Recipe;
use massive_compress::quantize::Weights;
use massive_models::folder::{Choice, Precision};

use super::inference::GraphPrecision;
use super::{CheckFormat, LocaleArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Writes a folder of the same form, which `massive predict` and `massive model toll` take, with\n\
    massive-compress.json in it: what was done, and to which model. What each language pays is\n\
    for `massive model toll` to say.\n\n\
    Examples:\n  \
    massive model compress xlmr/ --weights int8 --output xlmr-int8\n  \
    massive model compress xlmr/ --trim-vocabulary --corpus 1.1 --output xlmr-52\n  \
    massive model compress xlmr/ --trim-vocabulary --locales 'de-DE,fr-FR' --corpus 1.1 --weights int8 --output small\n  \
    massive model compress xlmr/ --weights int4 --block-size 64 --output xlmr-int4\n  \
    massive model compress xlmr/ --bits 2 --output xlmr-2bit"
)]
pub(crate) struct ModelCompressArgs {
    /// The model: a folder with one graph, or a graph in a folder
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The new model's folder; it must not exist
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,

    /// Keep only the pieces of the vocabulary that the train partition of --corpus
    /// uses, and the special ones
    #[arg(long, requires = "corpus")]
    pub(crate) trim_vocabulary: bool,

    /// The corpus by whose text the vocabulary is trimmed
    #[arg(long, value_name = "PATH")]
    pub(crate) corpus: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// How weights are stored: int8 (faster on processors), int4 (smallest)
    #[arg(long, value_name = "FORM", conflicts_with = "bits")]
    pub(crate) weights: Option<WeightForm>,

    /// With --weights int8: use 7 of the 8 bits, for processors without VNNI,
    /// where sums of 8-bit products overflow
    #[arg(long, requires = "weights")]
    pub(crate) reduce_range: bool,

    /// Round weights to so many bits but store them as they were: shows what
    /// rounding costs, saves nothing
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=8))]
    pub(crate) bits: Option<u32>,

    /// Weights that share a scale, for int4 and --bits: 16, 32, 64 or 128
    #[arg(long, value_name = "N", default_value_t = 32)]
    pub(crate) block_size: usize,

    /// Take the graph of this precision
    #[arg(long, value_name = "NAME", conflicts_with = "graph")]
    pub(crate) precision: Option<GraphPrecision>,

    /// Take this graph of the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: Option<PathBuf>,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeightForm {
    /// 8-bit integers, computed with as such
    Int8,
    /// 4-bit integers in blocks
    Int4,
}

impl ModelCompressArgs {
    /// What is to be done.
    pub(crate) fn recipe(&self) -> Recipe {
        let block = self.block_size;
        let weights = match (self.weights, self.bits) {
            (Some(WeightForm::Int8), _) => Some(Weights::Int8 { reduce_range: self.reduce_range }),
            (Some(WeightForm::Int4), _) => Some(Weights::Int4 { block }),
            (None, bits) => bits.map(|bits| Weights::Simulated { bits, block }),
        };
        Recipe { trim_vocabulary: self.trim_vocabulary, weights }
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice {
            precision: self.precision.map(Precision::from),
            graph: self.graph.clone(),
            ..Choice::default()
        }
    }
}
