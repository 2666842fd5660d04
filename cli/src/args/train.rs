//! The flags of `massive train`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use massive_data::LabelMode;
use massive_learn::Amount;

use super::{CheckFormat, LocaleArgs, SourceArgs};

/// How many rows a model learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CurveAmount(pub(crate) Amount);

impl FromStr for CurveAmount {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(CurveAmount(Amount::All));
        }
        let rows = text.parse().map(Amount::Rows);
        rows.map(CurveAmount)
            .map_err(|_| format!("`{text}` is no number of rows: expected a number, or all"))
    }
}

impl TrainArgs {
    /// Which rows of train are learned from.
    pub(crate) fn amount(&self) -> Amount {
        match (self.rows, self.shots) {
            (Some(rows), _) => Amount::Rows(rows as usize),
            (None, Some(shots)) => Amount::Shots(shots as usize),
            (None, None) => Amount::All,
        }
    }

    /// True if no row of a locale's own is learned from at some point.
    pub(crate) fn is_zero_shot(&self) -> bool {
        let none = Amount::Rows(0);
        self.amount() == none || self.curve.iter().any(|amount| amount.0 == none)
    }
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Learns from partition train, one model a locale, and tries them on partition dev, which\n\
    also decides how many passes are best. The folder is a model as `predict` and `model\n\
    inspect` take it; its README.md is its card. The same rows and seed give the same bytes,\n\
    whatever the threads.\n\n\
    Examples:\n  \
    massive train --corpus amazon-massive-dataset-1.1.tar.gz --output baseline/\n  \
    massive train --corpus 1.1 --locales sw-KE --output sw/\n  \
    massive train --corpus mine.jsonl --open-labels --output mine/ --format json\n  \
    massive train --corpus 1.1 --locales de-DE,sw-KE --curve 10,50,100,500,all --plot curve.svg\n  \
    massive train --corpus 1.1 --locales nb-NO --from da-DK,sv-SE --curve 0,10,100,1000\n  \
    massive train --corpus 1.1 --locales en-US --leave-one-scenario-out\n  \
    massive train --corpus 1.1 --locales de-DE --rows 100 --teacher dev.jsonl --output student/"
)]
pub(crate) struct TrainArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// The folder that the models go to
    #[arg(long, short, value_name = "DIR", required_unless_present_any = ["curve", "leave_one_scenario_out"])]
    pub(crate) output: Option<PathBuf>,

    /// Replace the folder if it holds trained models
    #[arg(long)]
    pub(crate) force: bool,

    /// What the orders of the rows are drawn from
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,

    /// Locales trained at the same time (default: one a core)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,

    /// Learn from so many rows of train only: the same ids in every locale (0 with
    /// --from)
    #[arg(long, value_name = "N", conflicts_with = "shots")]
    pub(crate) rows: Option<u32>,

    /// Learn from so many rows of each intent only
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) shots: Option<u32>,

    /// How good models are with so many rows of train, as 10,50,100,500,all: a
    /// table of scores on dev rows, which then decide nothing; no model is kept
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with_all = ["rows", "shots", "output", "teacher"])]
    pub(crate) curve: Vec<CurveAmount>,

    /// Learn besides from the rows of train of these locales, by name or glob: with
    /// --rows 0 from nothing else, which is zero-shot
    #[arg(long, value_name = "LIST", conflicts_with = "teacher")]
    pub(crate) from: Option<String>,

    /// What a model knows about slots of a scenario whose rows it has not seen: a
    /// table of scores on dev rows of each, beside those of a model that has seen
    /// them; no model is kept
    #[arg(long, conflicts_with_all = ["curve", "output", "teacher"])]
    pub(crate) leave_one_scenario_out: bool,

    /// With --curve: draw it
    #[arg(long, value_name = "FILE.svg", requires = "curve")]
    pub(crate) plot: Option<PathBuf>,

    /// Learn besides from what a teacher predicts for rows of the corpus: all of
    /// them but train's, which keep their labels, and test's. Labels of dev rows
    /// are not used then. If the teacher's predictions hold rows of test, too, it
    /// and the students, with and without it, are compared on these
    #[arg(long, value_name = "PREDICTIONS")]
    pub(crate) teacher: Vec<PathBuf>,

    /// Text without labels that the teacher's predictions are of, in any form of a
    /// corpus
    #[arg(long, value_name = "PATH", requires = "teacher")]
    pub(crate) unlabelled: Option<PathBuf>,

    /// What an error on a teacher's row costs, against one on a labelled row
    #[arg(long, value_name = "COST", default_value_t = 1.0, requires = "teacher")]
    pub(crate) teacher_weight: f32,

    /// About how large a locale's file may be: the weightiest features are kept
    #[arg(long, value_name = "MB", value_parser = megabytes)]
    pub(crate) size: Option<f64>,

    /// Learn intents that have one row only, too, instead of stopping
    #[arg(long)]
    pub(crate) rare_labels: bool,

    /// The form of the result
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

fn megabytes(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.05..=1000.0).contains(number));
    number.ok_or_else(|| format!("`{text}` is no size: expected megabytes, from 0.05 to 1000"))
}
