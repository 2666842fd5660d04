//! The flags of `massive score`, and those of all that scores.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use massive_data::LabelMode;
use massive_eval::{Bootstrap, Grouping, Interval, Metric, MissingRows};

use super::output::ResultForm;
use super::{CorpusArgs, OutputArgs, UsageArgs};

/// Which metrics are computed.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct MetricsArgs {
    /// The metrics, separated by commas (default: the three of the paper)
    #[arg(long, value_name = "METRIC", value_delimiter = ',')]
    pub(crate) metrics: Vec<Metric>,
}

impl MetricsArgs {
    /// Those named, or else those of the paper.
    pub(crate) fn chosen(&self) -> Vec<Metric> {
        if self.metrics.is_empty() { Metric::PAPER.into() } else { self.metrics.clone() }
    }
}

/// How scores and their uncertainty are computed.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScoringArgs {
    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// How the 95 % intervals are made
    #[arg(long, value_name = "METHOD", default_value = "wilson")]
    pub(crate) interval: IntervalMethod,

    /// Resamples of the bootstrap, which is then the method; 0 for no intervals
    #[arg(long, value_name = "N")]
    pub(crate) resamples: Option<u32>,

    /// Seed of all resampling
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,
}

impl ScoringArgs {
    pub(crate) fn interval(&self) -> Interval {
        let bootstrap = |resamples| Interval::Bootstrap(Bootstrap { resamples, seed: self.seed });
        match (self.interval, self.resamples) {
            (IntervalMethod::None, _) | (_, Some(0)) => Interval::None,
            (_, Some(resamples)) => bootstrap(resamples),
            (IntervalMethod::Bootstrap, None) => bootstrap(Bootstrap::default().resamples),
            (IntervalMethod::Wilson, None) => Interval::WilsonIds,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IntervalMethod {
    /// Wilson's, with the effective number of ids: holds at every size
    Wilson,
    /// The percentile bootstrap over ids, as before version 0.2
    Bootstrap,
    /// No intervals
    None,
}

/// The flags that say how rows are counted, which tables of counts say themselves.
const COUNTED_SO: [&str; 8] = [
    "predictions",
    "counts_only",
    "labels",
    "missing",
    "partition",
    "locales",
    "exclude_locales",
    "slu_f1",
];

#[derive(Debug, Clone, Args)]
#[command(
    mut_arg("corpus", |corpus| {
        corpus.required(false).required_unless_present("counts").default_value_if(
            "counts",
            clap::builder::ArgPredicate::IsPresent,
            "-",
        )
    }),
)]
#[command(after_help = "Examples:\n  \
    massive score preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz\n  \
    massive score preds/ --corpus 1.1 --locales 'de-DE,*-IN' --sort ex_match_acc\n  \
    massive score preds.jsonl.gz --corpus 1.1 --output score.json --plot score.svg\n  \
    massive score preds.jsonl --corpus 1.1 --group-by script,family --output score.html\n  \
    massive score slurp-preds.jsonl --slu-f1 --corpus slurp/test.jsonl.gz\n  \
    massive score part-3.jsonl --corpus 1.1 --counts-only --output counts-3.parquet\n  \
    massive score --counts 'counts-*.parquet' --format json\n  \
    massive score preds.jsonl --corpus 1.1 --task full --format evalai --split test_split\n  \
    massive score preds.jsonl --corpus 1.1 --fail-under ex_match_acc=60 --fail-under sw-KE:intent_acc=0.8")]
pub(crate) struct ScoreArgs {
    /// Predictions: files, folders of files, .gz; - for standard input. Several
    /// are one submission
    #[arg(required_unless_present = "counts", value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// Score tables of counts instead of predictions: files that --counts-only wrote,
    /// or a pattern of their names; may be repeated
    #[arg(long, value_name = "FILES", conflicts_with_all = COUNTED_SO)]
    pub(crate) counts: Vec<PathBuf>,

    /// Write what was right in each row to --output, as Parquet, instead of scoring:
    /// a part of a score that --counts adds up
    #[arg(long, requires = "output", conflicts_with_all = [
        "format", "score_only", "short", "plot", "per_utterance", "fail_under", "slu_f1", "metrics",
    ])]
    pub(crate) counts_only: bool,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    /// Also score groups of languages; may be repeated
    #[arg(long, value_name = "FEATURE", value_delimiter = ',')]
    pub(crate) group_by: Vec<Grouping>,

    #[command(flatten)]
    pub(crate) metrics: MetricsArgs,

    #[command(flatten)]
    pub(crate) usage: UsageArgs,

    /// Plot exact match against cost, a point a locale, to a .svg or .png file
    #[arg(long, value_name = "FILE", requires = "usage")]
    pub(crate) cost_plot: Option<PathBuf>,

    /// Also compute SLURP's SLU-F1, as --metrics slu_f1 does. Where --corpus is SLURP's own gold, as its
    /// test.jsonl, predictions are read in SLURP's form (slurp_id or file,
    /// scenario, action, entities) and its own figures are given
    #[arg(long)]
    pub(crate) slu_f1: bool,

    /// Order the locales by a metric, best first
    #[arg(long, value_name = "METRIC")]
    pub(crate) sort: Option<Metric>,

    #[command(flatten)]
    pub(crate) output: OutputArgs<ScoreFormat>,

    /// Print nothing but the values on all utterances, a line a metric, in per
    /// cent: for scripts
    #[arg(long, conflicts_with_all = ["format", "output", "short"])]
    pub(crate) score_only: bool,

    /// Print a line a metric (its name, its value on all utterances and the bounds
    /// of its interval, in per cent) and the signature
    #[arg(long, conflicts_with_all = ["format", "output"])]
    pub(crate) short: bool,

    /// The dataset split of an EvalAI challenge that the result is for
    #[arg(long, value_name = "NAME", required_if_eq("format", "evalai"))]
    pub(crate) split: Option<String>,

    /// Also write a row an utterance, as .parquet or .csv
    #[arg(long, value_name = "FILE")]
    pub(crate) per_utterance: Option<PathBuf>,

    /// Also draw the metrics per locale, as .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,

    /// Fail if a metric is lower, on `all` or on the locale named; fractions or
    /// per cent; may be repeated
    #[arg(long, value_name = "[LOCALE:]METRIC=VALUE")]
    pub(crate) fail_under: Vec<Threshold>,

    /// Fail if an intent or slot has a name that neither the release nor the corpus
    /// has, a bracket opened no slot, or a slot has no place in its utterance
    #[arg(long)]
    pub(crate) strict: bool,

    /// What to do about rows without a prediction: stop, count them as wrong, or
    /// score only those that both sides have
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) missing: Missing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScoreFormat {
    Table,
    Json,
    Csv,
    Markdown,
    Latex,
    /// A workbook; needs --output
    Xlsx,
    /// A page for a browser
    Html,
    /// What an evaluation script of EvalAI returns; needs --split
    Evalai,
}

impl ResultForm for ScoreFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", ScoreFormat::Table),
        ("json", ScoreFormat::Json),
        ("csv", ScoreFormat::Csv),
        ("md", ScoreFormat::Markdown),
        ("markdown", ScoreFormat::Markdown),
        ("tex", ScoreFormat::Latex),
        ("xlsx", ScoreFormat::Xlsx),
        ("html", ScoreFormat::Html),
        ("htm", ScoreFormat::Html),
        ("json", ScoreFormat::Evalai),
    ];

    fn needs_file(self) -> bool {
        self == ScoreFormat::Xlsx
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Missing {
    Error,
    Wrong,
    Intersect,
}

impl From<Missing> for MissingRows {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Error => MissingRows::Error,
            Missing::Wrong => MissingRows::Wrong,
            Missing::Intersect => MissingRows::LeftOut,
        }
    }
}

/// A lower bound for a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Threshold {
    /// `all`, `macro` or a locale.
    pub(crate) of: String,
    pub(crate) metric: Metric,
    /// A fraction.
    pub(crate) value: f64,
}

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, value) =
            text.split_once('=').ok_or("expected [LOCALE:]METRIC=VALUE, as sw-KE:intent_acc=80")?;
        let (of, metric) = name.split_once(':').unwrap_or(("all", name));
        let of = match of {
            "all" | "macro" => of,
            tag => tag.parse::<massive_data::Locale>().map_err(|error| error.to_string())?.tag(),
        };
        let metric = metric.parse::<Metric>().map_err(|error| error.to_string())?;
        let has_sign = value.ends_with('%');
        let number: f64 = value
            .trim_end_matches('%')
            .trim_end()
            .parse()
            .ok()
            .filter(|number| (0.0..=100.0).contains(number))
            .ok_or_else(|| format!("`{value}` is not a fraction or per cent"))?;
        if !has_sign && number > 1.0 && number < 2.0 {
            return Err(format!(
                "`{value}` may be meant as a fraction or as per cent: write {value}% or {}",
                number / 100.0
            ));
        }
        let per_cent = has_sign || number > 1.0;
        let value = if per_cent { number / 100.0 } else { number };
        Ok(Threshold { of: of.to_owned(), metric, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_take_fractions_and_per_cent() {
        let parse = |text: &str| text.parse::<Threshold>();
        for (text, of, value) in [
            ("intent_acc=0.85", "all", 0.85),
            ("intent_acc=85", "all", 0.85),
            ("sw-KE:intent_acc=85%", "sw-KE", 0.85),
            ("sw_ke:intent_acc=85%", "sw-KE", 0.85),
            ("macro:intent_acc=1", "macro", 1.0),
            ("intent_acc=1%", "all", 0.01),
            ("intent_acc=1.5%", "all", 0.015),
            ("slot_macro_f1=2", "all", 0.02),
        ] {
            let threshold = parse(text).unwrap();
            assert_eq!((threshold.of.as_str(), threshold.value), (of, value), "{text}");
        }
        for (text, message) in [
            ("intent_acc", "expected [LOCALE:]METRIC=VALUE"),
            ("f1=3", "unknown metric `f1`"),
            ("sw-:intent_acc=3", "unknown locale `sw-`"),
            ("intent_acc=1.5", "`1.5` may be meant as a fraction or as per cent: write 1.5%"),
            ("intent_acc=101", "`101` is not a fraction"),
            ("intent_acc=NaN", "`NaN` is not a fraction"),
        ] {
            assert!(parse(text).unwrap_err().starts_with(message), "{text}");
        }
    }
}
