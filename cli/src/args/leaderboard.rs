//! The flags of `massive leaderboard`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use massive_eval::Metric;
use massive_eval::leaderboard::{Columns, Date, Family, Link, Phase, Scope, Task};

use super::{CheckFormat, FindingsFormat, OutputArgs, ScoringArgs, UsageArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum LeaderboardCommand {
    /// Score a submission and put it into the folder of a leaderboard
    Add(Box<LeaderboardAddArgs>),
    /// Make a page, a table or a document of the entries in a folder
    Render(LeaderboardRenderArgs),
    /// Find what is wrong with the entries in a folder, and whether what was
    /// rendered is up to date
    Check(LeaderboardCheckArgs),
}

/// What counts as today.
#[derive(Debug, Clone, Args)]
pub(crate) struct TodayArgs {
    /// What counts as today, as 2022-07-25 (default: today in UTC)
    #[arg(long, value_name = "DATE", env = "MASSIVE_TODAY")]
    today: Option<Date>,
}

impl TodayArgs {
    pub(crate) fn today(&self) -> Date {
        self.today.unwrap_or_else(Date::today)
    }
}

/// Predictions and the corpus, where they are at hand.
#[derive(Debug, Clone, Args)]
pub(crate) struct AtHandArgs {
    /// A folder with the predictions of entries, anywhere in it; they are found
    /// by their digests
    #[arg(long, value_name = "DIR")]
    pub(crate) predictions: Option<PathBuf>,

    /// The corpus that they were scored on, to score them anew
    #[arg(long, value_name = "PATH", env = "MASSIVE_CORPUS")]
    pub(crate) corpus: Option<PathBuf>,
}

/// What an entry says of itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct EntryArgs {
    /// The name it is listed under
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// What else to say of it, as JSON (`massive schema entry-meta`); flags have
    /// precedence
    #[arg(long, value_name = "FILE")]
    pub(crate) meta: Option<PathBuf>,

    /// The system, in a few words
    #[arg(long, value_name = "TEXT")]
    pub(crate) system: Option<String>,

    /// Who submits it
    #[arg(long, value_name = "NAME")]
    pub(crate) team: Option<String>,

    /// The day of the submission, as 2022-07-25 (default: today)
    #[arg(long, value_name = "DATE")]
    pub(crate) date: Option<Date>,

    /// The competition's task: full or zero-shot (default: full)
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<Task>,

    /// Which rows are predicted: test or MMNLU-22 (default: test)
    #[arg(long, value_name = "PHASE")]
    pub(crate) phase: Option<Phase>,

    /// What the model is built like: encoder-only, sequence-to-sequence,
    /// decoder-only or other
    #[arg(long, value_name = "FAMILY")]
    pub(crate) family: Option<Family>,

    /// How many parameters the model has, embeddings included, as 278M or
    /// 278043648
    #[arg(long, value_name = "N", value_parser = parameters)]
    pub(crate) parameters: Option<u64>,

    /// Public data that it was made with; may be repeated
    #[arg(long, value_name = "TEXT")]
    pub(crate) data: Vec<String>,

    /// Declare whether rows of dev, test or the held-out set were trained on
    #[arg(long, value_name = "YES|NO", value_parser = yes_or_no)]
    pub(crate) trained_on_evaluation_rows: Option<bool>,

    /// Where to read more; may be repeated
    #[arg(long, value_name = "TITLE=URL", value_parser = link)]
    pub(crate) link: Vec<Link>,

    /// Its report: an address, or a page of `massive report`, which is copied
    /// beside the entry
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) report: Option<String>,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Rules of the competition that are broken or not declared are marked on the board; \
    --strict\nrefuses them (exit code 1). A name that is taken is refused without --force; the \
    same\npredictions with the same words change nothing.\n\n\
    Examples:\n  \
    massive leaderboard add preds.jsonl --corpus amazon-massive-dataset-1.1.tar.gz \\\n    \
    --name 'XLM-R base' --family encoder-only --parameters 278M --trained-on-evaluation-rows no\n  \
    massive leaderboard add preds/ --corpus 1.1 --meta meta.json --folder board --format json\n  \
    massive leaderboard add --published --folder board\n  \
    massive leaderboard add --baseline submissions/linear.jsonl --corpus 1.1 --folder board"
)]
pub(crate) struct LeaderboardAddArgs {
    /// Predictions: files or folders of files, .gz. Several are one submission
    #[arg(required_unless_present_any = ["published", "baseline"], value_name = "PREDICTIONS")]
    pub(crate) predictions: Vec<PathBuf>,

    /// Add the results published for MASSIVE instead, marked as such
    #[arg(long, conflicts_with_all = ["predictions", "name", "meta"])]
    pub(crate) published: bool,

    /// Train a linear model of each locale on partition train of the corpus, write
    /// its predictions to FILE, and add these: the floor of the board
    #[arg(long, value_name = "FILE", conflicts_with_all = ["predictions", "published"])]
    pub(crate) baseline: Option<PathBuf>,

    /// The folder of the leaderboard; it is made if it is not there
    #[arg(long, value_name = "DIR", default_value = "leaderboard")]
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) entry: EntryArgs,

    /// The corpus to score on: a release's folder or tar.gz, or a folder of files
    #[arg(long, value_name = "PATH", env = "MASSIVE_CORPUS")]
    pub(crate) corpus: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) usage: UsageArgs,

    #[command(flatten)]
    pub(crate) scoring: ScoringArgs,

    /// Locales, by name or glob, separated by commas (default: those of the
    /// task); fewer than the task's break its rule
    #[arg(long, value_name = "LIST")]
    pub(crate) locales: Option<String>,

    /// What rows without a prediction are: an error, or wrong
    #[arg(long, value_name = "WHAT", default_value = "error")]
    pub(crate) missing: super::score::Missing,

    /// Refuse an entry that breaks a rule or does not declare that it keeps it
    #[arg(long)]
    pub(crate) strict: bool,

    /// Replace an entry of this name, and the file of --baseline
    #[arg(long)]
    pub(crate) force: bool,

    #[command(flatten)]
    pub(crate) today: TodayArgs,

    /// The form of what is said about it
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: CheckFormat,
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Entries whose signatures differ in more than the version are in rankings of their own.\n\
    A rank is a range where entries are tied: by overlapping 95 % intervals or, with\n\
    --predictions and --corpus, by a paired test.\n\
    An entry is verified if its predictions are among --predictions and give its score on\n\
    --corpus. Others have no rank, unless --unverified show asks for it. Entries that break\n\
    a rule are ranked apart.\n\n\
    Examples:\n  \
    massive leaderboard render leaderboard --predictions submissions --corpus 1.1 --output site\n  \
    massive leaderboard render leaderboard --on sw-KE --columns locales --output board.csv\n  \
    massive leaderboard render leaderboard --columns family --metric slot_micro_f1"
)]
pub(crate) struct LeaderboardRenderArgs {
    /// The folder of the leaderboard
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// The form (default: by the name of --output, a folder is html; else
    /// markdown)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<BoardFormat>,

    /// The file, or for html the folder, instead of standard output
    #[arg(long, short, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the output
    #[arg(long)]
    pub(crate) force: bool,

    /// What stands above it
    #[arg(long, value_name = "TEXT", default_value = "MASSIVE leaderboard")]
    pub(crate) title: String,

    /// The metric that ranks
    #[arg(long, value_name = "METRIC", default_value = "ex_match_acc")]
    pub(crate) metric: Metric,

    /// What it is taken on: all, macro, a locale, or a group of languages as
    /// script:Latn, family:…, genus:… or order:…
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    pub(crate) on: Scope,

    /// Columns beside the metrics: locales, script, family, genus, order, or
    /// single ones as in --on; separated by commas
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) columns: Vec<Columns>,

    #[command(flatten)]
    pub(crate) at_hand: AtHandArgs,

    /// What becomes of entries that are not verified
    #[arg(long, value_name = "WHAT", default_value = "unranked")]
    pub(crate) unverified: Unverified,

    #[command(flatten)]
    pub(crate) today: TodayArgs,
}

/// What becomes of entries that are not verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Unverified {
    /// List them without a rank
    Unranked,
    /// Rank them among the others, marked
    Show,
}

impl From<Unverified> for massive_eval::leaderboard::Unverified {
    fn from(unverified: Unverified) -> Self {
        match unverified {
            Unverified::Unranked => Self::Unranked,
            Unverified::Show => Self::Show,
        }
    }
}

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Exit code 1 if anything is wrong. Broken or undeclared rules, equal predictions and\n\
    unrelated files are warnings: exit code 1 with --strict only.\n\n\
    Examples:\n  \
    massive leaderboard check leaderboard --rendered site\n  \
    massive leaderboard check leaderboard --predictions submissions --corpus 1.1 \\\n    \
    --require-predictions"
)]
pub(crate) struct LeaderboardCheckArgs {
    /// The folder of the leaderboard
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    #[command(flatten)]
    pub(crate) at_hand: AtHandArgs,

    /// What was rendered from it, to tell whether it is up to date; may be
    /// repeated
    #[arg(long, value_name = "PATH")]
    pub(crate) rendered: Vec<PathBuf>,

    /// Fail on entries whose score the predictions do not give again, and on those
    /// whose predictions are not there
    #[arg(long, requires_all = ["predictions", "corpus"])]
    pub(crate) require_predictions: bool,

    /// Fail on warnings too
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) today: TodayArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs<FindingsFormat>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BoardFormat {
    Html,
    Markdown,
    Json,
    Csv,
}

/// A number of parameters: digits, with `_` or `,` between them, or with M or B.
fn parameters(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a number of parameters, as 278M or 278043648");
    let plain: String = text.chars().filter(|c| !matches!(c, '_' | ',' | ' ')).collect();
    let (digits, unit) = match plain.char_indices().last() {
        Some((at, 'M' | 'm')) => (&plain[..at], 1e6),
        Some((at, 'B' | 'b')) => (&plain[..at], 1e9),
        _ => (plain.as_str(), 1.0),
    };
    if unit == 1.0 {
        return digits.parse().map_err(|_| wrong());
    }
    let number: f64 = digits.parse().map_err(|_| wrong())?;
    let parameters = (number * unit).round();
    if (0.0..1e15).contains(&parameters) { Ok(parameters as u64) } else { Err(wrong()) }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("expected yes or no".to_owned()),
    }
}

/// Whether an address may stand on a page as a link.
pub(crate) fn is_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
    })
}

fn link(text: &str) -> Result<Link, String> {
    let (title, url) = text.split_once('=').ok_or("expected TITLE=URL")?;
    if title.trim().is_empty() || !is_address(url) {
        return Err("expected TITLE=URL with an address that starts with https://".to_owned());
    }
    Ok(Link { title: title.to_owned(), url: url.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_as_people_say_them() {
        for (text, number) in [
            ("278M", Some(278_000_000)),
            ("1.2B", Some(1_200_000_000)),
            ("278_043_648", Some(278_043_648)),
            ("278,043,648", Some(278_043_648)),
            ("0.5", None),
            ("-1M", None),
            ("NaNM", None),
            ("many", None),
        ] {
            assert_eq!(parameters(text).ok(), number, "{text}");
        }
    }

    #[test]
    fn links_lead_to_pages_only() {
        assert!(link("Paper=https://example.org/a=b").is_ok());
        for text in
            ["Paper", "=https://a.b", "x=javascript:alert(1)", "x=https://", "x=https://a b"]
        {
            assert!(link(text).is_err(), "{text}");
        }
    }
}
