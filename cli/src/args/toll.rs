//! The flags of `massive model toll`.

use std::path::PathBuf;

use clap::Args;
use massive_data::LabelMode;
use massive_eval::Metric;

use super::{CheckFormat, CorpusArgs, EngineArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Runs every model on the same rows and says what each locale, script and family pays for the\n\
    variant: differences with paired 95 % intervals, predictions that changed, size on disk and\n\
    in memory, and utterances a second in every engine that is here, measured side by side.\n\n\
    Of a variant with a low-rank term it says how much of what rounding lost the term brings\n\
    back, where variants of as many bits without one, and of eight bits, are among those given.\n\n\
    With --fail-if-worse the exit code is 1 where a variant loses more points than that, on all\n\
    rows or in a locale, by more than chance (exact sign test, corrected for the number of\n\
    locales).\n\n\
    Examples:\n  \
    massive model toll xlmr/ xlmr-int8/ xlmr-int4/ --corpus 1.1\n  \
    massive model toll xlmr/ small/ --corpus 1.1 --locales 'de-DE,fr-FR' --fail-if-worse 0.5\n  \
    massive model toll xlmr/ xlmr-int8/ xlmr-2bit/ xlmr-2bit-r16/ --corpus 1.1 --plot toll.svg\n  \
    massive model toll xlmr/ xlmr-2bit/ --corpus 1.1 --format json --speed-rows 0"
)]
pub(crate) struct ModelTollArgs {
    /// The model that variants are held against
    #[arg(value_name = "BASE")]
    pub(crate) base: PathBuf,

    /// The variants: folders of models, as `massive model compress` writes them
    #[arg(value_name = "VARIANT", required = true)]
    pub(crate) variants: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// The metric by which losses are judged (default: exact match, where intents and
    /// slots are predicted)
    #[arg(long, value_name = "METRIC")]
    pub(crate) metric: Option<Metric>,

    /// Fail if a variant loses more than so many points of 100, on all rows or in
    /// any locale, by more than chance
    #[arg(long, value_name = "POINTS")]
    pub(crate) fail_if_worse: Option<f64>,

    /// Rows on which speed is measured; 0 measures neither speed nor memory
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) speed_rows: usize,

    /// Draw each locale's loss against its pieces a word and its share of the train
    /// text (.svg or .png)
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}

#[derive(Debug, Clone, Args)]
pub(crate) struct ModelResidentArgs {
    /// The model
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) engine: EngineArgs,
}
