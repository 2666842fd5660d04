//! The flags that choose a model and what runs it.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_models::Device;
use massive_models::engine::{EngineChoice, Optimization, SessionOptions};
use massive_models::folder::{Choice, Precision};

use super::LibraryArgs;

/// Which model, and which of its files.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArgs {
    /// The model: a folder with its graph, tokenizer and labels, a folder of two
    /// such folders (a pair), or a graph in a folder
    #[arg(long, value_name = "DIR")]
    pub(crate) model: PathBuf,

    /// The slot model of a pair, where --model is its intent model
    #[arg(long, value_name = "DIR")]
    pub(crate) slot_model: Option<PathBuf>,

    /// Take the graph of this precision (model_int8.onnx, …), where there are
    /// several (default: model.onnx)
    #[arg(long, value_name = "NAME", conflicts_with = "graph")]
    pub(crate) precision: Option<GraphPrecision>,

    /// Take this graph of the folder
    #[arg(long, value_name = "FILE")]
    pub(crate) graph: Option<PathBuf>,

    /// Take this tokenizer instead of the folder's tokenizer.json
    #[arg(long, value_name = "FILE")]
    pub(crate) tokenizer: Option<PathBuf>,

    /// Cut utterances to so many ids (default: what the model takes)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..))]
    pub(crate) max_length: Option<u32>,
}

impl ModelArgs {
    pub(crate) fn choice(&self) -> Choice {
        Choice {
            precision: self.precision.map(Precision::from),
            graph: self.graph.clone(),
            tokenizer: self.tokenizer.clone(),
            max_length: self.max_length.map(|length| length as usize),
            slot_model: self.slot_model.clone(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphPrecision {
    Fp32,
    Fp16,
    Int8,
}

impl From<GraphPrecision> for Precision {
    fn from(precision: GraphPrecision) -> Self {
        match precision {
            GraphPrecision::Fp32 => Precision::Fp32,
            GraphPrecision::Fp16 => Precision::Fp16,
            GraphPrecision::Int8 => Precision::Int8,
        }
    }
}

/// What runs a model, and where.
#[derive(Debug, Clone, Args)]
pub(crate) struct EngineArgs {
    /// What runs the model: onnxruntime, builtin, or auto, which takes ONNX
    /// Runtime if its library is found (`massive runtime info`), else the built-in
    /// engine
    #[arg(long, value_name = "NAME", default_value = "auto")]
    pub(crate) engine: EngineChoice,

    #[command(flatten)]
    pub(crate) library: LibraryArgs,

    /// Where it runs: auto, cpu, cuda, cuda:N, tensorrt or tensorrt:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    pub(crate) device: Device,

    /// Processor threads (default: all cores)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,

    /// How much the engine rewrites the graph before it runs
    #[arg(long, value_name = "LEVEL", default_value = "all")]
    pub(crate) optimization: GraphOptimization,
}

impl EngineArgs {
    /// How sessions are made, but for their number of threads.
    pub(crate) fn session_options(&self) -> SessionOptions {
        SessionOptions {
            device: self.device,
            threads: self.threads.map(usize::from),
            optimization: self.optimization.into(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphOptimization {
    None,
    Basic,
    All,
}

impl GraphOptimization {
    /// The name of the level, as it is given.
    pub(crate) fn name(self) -> &'static str {
        match self {
            GraphOptimization::None => "none",
            GraphOptimization::Basic => "basic",
            GraphOptimization::All => "all",
        }
    }
}

impl From<GraphOptimization> for Optimization {
    fn from(optimization: GraphOptimization) -> Self {
        match optimization {
            GraphOptimization::None => Optimization::None,
            GraphOptimization::Basic => Optimization::Basic,
            GraphOptimization::All => Optimization::All,
        }
    }
}
