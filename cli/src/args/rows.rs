//! Which rows of which corpus a command is for.

use std::path::PathBuf;

use clap::{ArgMatches, Args, FromArgMatches, ValueEnum};
use massive_data::{
    BadLines, ChosenLocales, Corpus, CorpusSource, JudgedLanguage, JudgedScore, JudgmentFilter,
    LabelPolicy, Locale, LocaleChoice, LocaleFilter, LocalePatterns, Method, Partition, Selection,
};
use massive_eval::request::Rows;

use super::FormArgs;
use crate::failure::Result;

/// Where the corpus is, how it is read, and which of its rows pass.
#[derive(Debug, Clone, Args)]
pub(crate) struct SourceArgs {
    /// The corpus: a release's folder or tar.gz, a folder of .jsonl or .parquet
    /// files, one file, or - for standard input
    #[arg(long, value_name = "PATH", env = "MASSIVE_CORPUS")]
    pub(crate) corpus: PathBuf,

    /// Accept intents, scenarios and slots in the corpus that the release does
    /// not have
    #[arg(long)]
    pub(crate) open_labels: bool,

    /// Skip lines of the corpus that cannot be read, and list them, instead of
    /// stopping
    #[arg(long)]
    pub(crate) skip_bad_lines: bool,

    #[command(flatten)]
    pub(crate) forms: FormArgs,

    #[command(flatten)]
    pub(crate) judgments: JudgmentArgs,
}

impl SourceArgs {
    /// A corpus as it is, with all its rows.
    pub(crate) fn whole(corpus: PathBuf) -> Self {
        let judgments = JudgmentArgs::default();
        let forms = FormArgs::default();
        SourceArgs { corpus, open_labels: false, skip_bad_lines: false, forms, judgments }
    }

    /// The corpus as the libraries know it.
    pub(crate) fn source(&self) -> Result<CorpusSource> {
        Ok(CorpusSource {
            path: self.corpus.clone(),
            forms: self.forms.options(None),
            labels: if self.open_labels { LabelPolicy::Open } else { LabelPolicy::Closed },
            bad_lines: if self.skip_bad_lines { BadLines::Skip } else { BadLines::Fail },
            judgments: self.judgments.filter()?,
        })
    }

    /// Opens the corpus for these rows.
    pub(crate) fn open(&self, selection: Selection) -> Result<Corpus> {
        Ok(self.source()?.open(selection)?)
    }
}

/// Heads the filters in `--help`.
const JUDGMENT_FILTERS: &str =
    "Judgment filters (en-US, the source, passes all; rows without judgments none)";

/// Which rows pass, going by their judges and localisers.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct JudgmentArgs {
    /// Keep rows with at least N judgments
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "N")]
    pub(crate) min_judges: Option<usize>,

    /// Keep rows where at least this share of judges accepted the intent, 0 to 1
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "SHARE")]
    pub(crate) min_intent_score: Option<f64>,

    /// Keep rows where at least this share of judges accepted the slots, 0 to 1
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "SHARE")]
    pub(crate) min_slots_score: Option<f64>,

    /// Keep rows whose mean grammar score is at least this, 0 to 4
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "MEAN")]
    pub(crate) min_grammar: Option<f64>,

    /// Keep rows whose mean spelling score is at least this, 0 to 2
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "MEAN")]
    pub(crate) min_spelling: Option<f64>,

    /// Keep rows in which all judges found one of these languages, as `target`
    /// or `target|english`; separated by commas
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "LIST", value_delimiter = ',')]
    pub(crate) language: Vec<JudgedLanguage>,

    /// Keep rows with slots that were all carried over by one of these methods,
    /// as `translation` or `localization`; separated by commas
    #[arg(long, hide_short_help = true, help_heading = JUDGMENT_FILTERS, value_name = "LIST", value_delimiter = ',')]
    pub(crate) method: Vec<Method>,
}

impl JudgmentArgs {
    pub(crate) fn filter(&self) -> Result<JudgmentFilter> {
        let filter = JudgmentFilter::default()
            .judges(self.min_judges.unwrap_or(0))
            .languages(self.language.iter().copied())
            .methods(self.method.iter().copied());
        Ok(filter.at_least_each([
            (JudgedScore::Intent, self.min_intent_score),
            (JudgedScore::Slots, self.min_slots_score),
            (JudgedScore::Grammar, self.min_grammar),
            (JudgedScore::Spelling, self.min_spelling),
        ])?)
    }
}

/// Locales by name.
#[derive(Debug, Clone, Args)]
pub(crate) struct LocaleArgs {
    /// Locales, by name or glob, separated by commas (default: those of the
    /// predictions, if there are any, else all)
    #[arg(long, value_name = "LIST")]
    pub(crate) locales: Option<String>,

    /// Locales to leave out, by name or glob, separated by commas
    #[arg(long, value_name = "LIST")]
    pub(crate) exclude_locales: Option<String>,
}

impl LocaleArgs {
    /// What was asked for.
    pub(crate) fn choice(&self) -> Result<LocaleChoice> {
        let included = self.locales.as_deref().map(LocalePatterns::parse).transpose()?;
        let excluded = self.exclude_locales.as_deref().map(LocaleFilter::from_patterns);
        Ok(LocaleChoice { included, excluded: excluded.transpose()? })
    }

    /// The locales asked for, by default these.
    pub(crate) fn chosen(&self, default: LocaleFilter) -> Result<ChosenLocales> {
        Ok(self.choice()?.chosen(default)?)
    }
}

/// Which rows of which corpus predictions are held against.
#[derive(Debug, Clone, Args)]
pub(crate) struct CorpusArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// The partition: train, dev, test or MMNLU-22
    #[arg(long, value_name = "NAME", default_value = "test")]
    pub(crate) partition: Partition,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,

    /// The competition's task: `full` demands the 51 locales of release 1.0,
    /// `zero-shot` the 50 without en-US
    #[arg(long, value_name = "TASK", conflicts_with_all = ["locales", "exclude_locales"])]
    pub(crate) task: Option<Task>,
}

/// Which rows of which corpus a command about the corpus itself is for.
#[derive(Debug, Clone, Args)]
pub(crate) struct RowArgs {
    #[command(flatten)]
    pub(crate) source: SourceArgs,

    /// The partition: train, dev, test or MMNLU-22 (default: all)
    #[arg(long, value_name = "NAME")]
    pub(crate) partition: Option<Partition>,

    #[command(flatten)]
    pub(crate) locales: LocaleArgs,
}

impl RowArgs {
    /// The locales asked for, by default all.
    pub(crate) fn chosen_locales(&self) -> Result<ChosenLocales> {
        self.locales.chosen(LocaleFilter::ALL)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Task {
    Full,
    ZeroShot,
}

/// The same flags for a command that can do without a corpus.
#[derive(Debug, Clone)]
pub(crate) struct OptionalCorpus(pub(crate) Option<CorpusArgs>);

impl Args for OptionalCorpus {
    fn augment_args(command: clap::Command) -> clap::Command {
        // As for an update, where nothing is required.
        // Its own --locale is that of one utterance, its own --reading that of a
        // model's output.
        CorpusArgs::augment_args_for_update(command)
            .mut_arg("form_locale", |arg| arg.long("rows-locale"))
            .mut_arg("form_reading", |arg| arg.long("rows-reading").hide(true))
    }

    fn augment_args_for_update(command: clap::Command) -> clap::Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OptionalCorpus {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = matches.contains_id("corpus");
        Ok(OptionalCorpus(given.then(|| CorpusArgs::from_arg_matches(matches)).transpose()?))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl CorpusArgs {
    /// The rows as the libraries know them.
    pub(crate) fn rows(&self) -> Result<Rows> {
        Ok(Rows {
            source: self.source.source()?,
            partition: self.partition,
            locales: self.locale_choice()?,
        })
    }

    /// The locales that were asked for.
    fn locale_choice(&self) -> Result<LocaleChoice> {
        let Some(task) = self.task else { return self.locales.choice() };
        let of_task = |locale: &Locale| match task {
            Task::Full => locale.in_release_1_0(),
            Task::ZeroShot => locale.in_release_1_0() && *locale != Locale::EN_US,
        };
        Ok(LocaleChoice::all_of(&Locale::RELEASE.into_iter().filter(of_task).collect())?)
    }

    /// The locales asked for, by default those of the predictions.
    pub(crate) fn chosen_locales(
        &self,
        predicted: impl Into<LocaleFilter>,
    ) -> Result<ChosenLocales> {
        Ok(self.locale_choice()?.chosen(predicted.into())?)
    }

    /// These locales of the partition.
    pub(crate) fn selection(&self, locales: &ChosenLocales) -> Selection {
        Selection { locales: locales.set.clone(), partition: Some(self.partition) }
    }

    /// True if the locales do not depend on the predictions.
    pub(crate) fn names_locales(&self) -> bool {
        self.locales.locales.is_some() || self.task.is_some()
    }
}
