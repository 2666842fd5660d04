//! The flags of `massive errors`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use massive_data::LabelMode;
use massive_eval::errors::ErrorClass;

use super::output::ResultForm;
use super::{CorpusArgs, Missing, OutputArgs};

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Classes: boundary (same label, overlapping, other extent), label (same extent, other\n\
    label), label_and_boundary, missed, spurious, and intent; correct slots are listed if asked\n\
    for by name. See docs/errors.md.\n\n\
    Breakdowns (--by): slot, locale, scenario, intent, method, length, train_utterance,\n\
    train_slot, intent_score, slots_score, grammar_score, spelling_score, script, family,\n\
    genus, order, or all.\n\n\
    Examples:\n  \
    massive errors preds.jsonl --corpus 1.1 --locale km-KH --slot date\n  \
    massive errors preds.jsonl --corpus 1.1 --class missed,spurious --sample 20 --seed 7\n  \
    massive errors preds.jsonl --corpus 1.1 --grep 'alarm|wecker' --format xlsx --output errors.xlsx\n  \
    massive errors preds.jsonl --corpus 1.1 --summary\n  \
    massive errors a.jsonl --against b.jsonl --only b-wrong --corpus 1.1\n  \
    massive errors preds.jsonl --corpus 1.1 --by method,train_slot,family",
    // One language at a time is what people read.
    mut_arg("form_locale", |locale| locale.long("rows-locale")),
    mut_arg("locales", |locales| locales.visible_alias("locale"))
)]
pub(crate) struct ErrorsArgs {
    /// Predictions: files, folders of files, .gz; - for standard input. Several
    /// are one submission
    #[arg(required = true, value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,

    /// The predictions of another system on the same rows, B beside A
    #[arg(long, value_name = "PREDICTIONS")]
    pub(crate) against: Option<PathBuf>,

    /// Utterances that only A, only B or both have wrong (default: only A); of
    /// those that only B has wrong, B's errors are listed
    #[arg(long, value_name = "WHICH", requires = "against")]
    pub(crate) only: Option<OnlyWrong>,

    /// How gold labels are derived: as the reference does, or bracket by bracket
    #[arg(long, value_name = "MODE", default_value = "reference")]
    pub(crate) labels: LabelMode,

    /// What to do about rows without a prediction: stop, or count them as wrong
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) missing: Missing,

    /// Errors with these slots, gold or predicted; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) slot: Vec<String>,

    /// Errors of these classes; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with_all = ["summary", "by"])]
    pub(crate) class: Vec<ErrorClass>,

    /// Utterances with these gold intents; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) intent: Vec<String>,

    /// Utterances with these gold scenarios; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) scenario: Vec<String>,

    /// Utterances in which, or in whose English source, this regular expression
    /// is found
    #[arg(long, value_name = "PATTERN")]
    pub(crate) grep: Option<String>,

    /// List at most so many utterances, 0 for all (default: 50 as a table, else
    /// all)
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,

    /// List so many utterances, drawn at random
    #[arg(long, value_name = "N", conflicts_with_all = ["summary", "by"])]
    pub(crate) sample: Option<usize>,

    /// Seed of the sample
    #[arg(long, value_name = "N", default_value_t = 12_345)]
    pub(crate) seed: u64,

    /// Count the errors instead of listing them: by slot and by locale, unless
    /// --by says otherwise
    #[arg(long, conflicts_with = "limit")]
    pub(crate) summary: bool,

    /// Count the errors by these; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "limit")]
    pub(crate) by: Vec<String>,

    #[command(flatten)]
    pub(crate) output: OutputArgs<ErrorsFormat>,
}

/// Which of two systems is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnlyWrong {
    AWrong,
    BWrong,
    Both,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorsFormat {
    Table,
    Json,
    Csv,
    /// A workbook; needs --output
    Xlsx,
    /// A page for a browser
    Html,
}

impl ResultForm for ErrorsFormat {
    const SUFFIXES: &'static [(&'static str, Self)] = &[
        ("txt", ErrorsFormat::Table),
        ("json", ErrorsFormat::Json),
        ("csv", ErrorsFormat::Csv),
        ("xlsx", ErrorsFormat::Xlsx),
        ("html", ErrorsFormat::Html),
        ("htm", ErrorsFormat::Html),
    ];

    fn needs_file(self) -> bool {
        self == ErrorsFormat::Xlsx
    }
}
