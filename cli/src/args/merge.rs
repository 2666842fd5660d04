//! The flags of `massive merge`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Clone, Args)]
#[command(after_help = "Rows that come more than once, as after a task that was tried again, are \
    taken once;\nthose that differ are refused. An unfinished FILE.partial of `massive predict` \
    gives its\nwhole lines.\n\n\
    Examples:\n  \
    massive merge 'predictions-*.jsonl' --output predictions.jsonl\n  \
    massive merge counts-1.parquet counts-2.parquet --output counts.parquet")]
pub(crate) struct MergeArgs {
    /// Predictions as JSON lines (.gz too), or tables of counts (.parquet): files, or
    /// patterns of their names
    #[arg(required = true, value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,

    /// The file that they are put into
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}
