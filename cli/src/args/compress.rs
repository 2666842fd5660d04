//! The flags of `massive model compress`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_compress::Recipe;
use massive_compress::compensate::{Compensation, Init};
use massive_compress::prune::{Method, Prune, Sparsity};
use massive_compress::quantize::Weights;
use massive_models::engine::EngineChoice;
use massive_models::folder::{Choice, Precision};

use super::inference::GraphPrecision;
use super::{CheckFormat, LibraryArgs, LocaleArgs};

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
    massive model compress xlmr/ --bits 2 --output xlmr-2bit\n  \
    massive model compress xlmr/ --weights int4 --rank 16 --init qera --corpus 1.1 --output xlmr-int4-r16\n  \
    massive model compress xlmr/ --weights int4 --rank 16 --corpus 1.1 --calibrate-locales en-US --output english\n  \
    massive model compress xlmr/ --prune wanda --sparsity 2:4 --corpus 1.1 --output xlmr-wanda"
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

    /// The corpus by whose text the vocabulary is trimmed and activations are seen
    #[arg(long, value_name = "PATH")]
    pub(crate) corpus: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// How weights are stored: int8 (faster on processors), int4 (smallest), fp16
    /// (for GPUs)
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

    /// Set weights to zero: those nearest to zero (magnitude), or those that matter
    /// least on the calibration text (wanda)
    #[arg(long, value_name = "METHOD", requires = "sparsity")]
    pub(crate) prune: Option<PruneMethod>,

    /// How many: a share such as 0.5, or zeros in groups of inputs such as 2:4
    #[arg(long, value_name = "SHARE", requires = "prune")]
    pub(crate) sparsity: Option<Sparsity>,

    /// Make up for what rounding and zeros lose by a low-rank term of this rank
    /// beside each matrix
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) rank: Option<u16>,

    /// How the term is found: svd (weights alone), lqer (mean activations), qera
    /// (closed form of the least error of outputs), quailora (the same by turns)
    #[arg(long, value_name = "METHOD", default_value = "qera", requires = "rank")]
    pub(crate) init: TermInit,

    /// Rows of --corpus, partition train, on which activations are seen, as many of
    /// each locale as can be (default: 256, where they are needed)
    #[arg(long, value_name = "N", requires = "corpus",
          value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) calibrate_rows: Option<u32>,

    /// The locales of these rows (default: those of --locales)
    #[arg(long, value_name = "LIST", requires = "corpus")]
    pub(crate) calibrate_locales: Option<String>,

    /// What runs the model on these rows: onnxruntime, builtin or auto
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(crate) engine: EngineChoice,

    #[command(flatten)]
    pub(crate) library: LibraryArgs,

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
    /// 16-bit floating point
    Fp16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PruneMethod {
    /// Those nearest to zero
    Magnitude,
    /// Those that matter least on the calibration text
    Wanda,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TermInit {
    /// From the weights alone
    Svd,
    /// With the largest means of the activations
    Lqer,
    /// With their second moments, in closed form
    Qera,
    /// With their second moments, by turns
    Quailora,
}

/// Rows of calibration where no number is given.
const CALIBRATION_ROWS: u32 = 256;

impl ModelCompressArgs {
    /// What is to be done.
    pub(crate) fn recipe(&self) -> Recipe {
        let block = self.block_size;
        let weights = match (self.weights, self.bits) {
            (Some(WeightForm::Int8), _) => Some(Weights::Int8 { reduce_range: self.reduce_range }),
            (Some(WeightForm::Int4), _) => Some(Weights::Int4 { block }),
            (Some(WeightForm::Fp16), _) => Some(Weights::Fp16),
            (None, bits) => bits.map(|bits| Weights::Simulated { bits, block }),
        };
        let prune = self.prune.zip(self.sparsity).map(|(method, sparsity)| Prune {
            method: match method {
                PruneMethod::Magnitude => Method::Magnitude,
                PruneMethod::Wanda => Method::Wanda,
            },
            sparsity,
        });
        let compensate = self.rank.map(|rank| Compensation {
            rank: rank.into(),
            init: match self.init {
                TermInit::Svd => Init::Svd,
                TermInit::Lqer => Init::Lqer,
                TermInit::Qera => Init::Qera,
                TermInit::Quailora => Init::Quailora,
            },
        });
        Recipe { trim_vocabulary: self.trim_vocabulary, weights, prune, compensate }
    }

    /// How many rows are read for calibration, if any are.
    pub(crate) fn calibration(&self, recipe: &Recipe) -> Option<usize> {
        let asked = self.calibrate_rows.is_some() || self.calibrate_locales.is_some();
        (asked || recipe.needs_activations())
            .then(|| self.calibrate_rows.unwrap_or(CALIBRATION_ROWS) as usize)
    }

    pub(crate) fn choice(&self) -> Choice {
        Choice {
            precision: self.precision.map(Precision::from),
            graph: self.graph.clone(),
            ..Choice::default()
        }
    }
}
