//! Scoring a submission: from the corpus and predictions to counts.

use std::sync::Arc;

use massive_data::prediction::PredictedLabels;
use massive_data::{
    Corpus, Gold, JudgmentFilter, LabelMode, Locale, LocaleFilter, LocaleSet, Losses, Partition,
    ReadReport, SlotName, Utterance,
};

use crate::alignment::{Alignment, align};
use crate::counts::{Counts, Labels};
use crate::error::{Error, Result};
use crate::metrics::Predicted;
use crate::pairing::{Leftovers, OtherRows, PerSubmission, Row, pair_and_read};
use crate::row_counts::{GoldRow, PredictedRow, RowCounts, gold_digest};
use crate::slu_f1::SluRow;
use crate::submission::{InputForm, Key, StoredPrediction, Submission};

/// What is done about rows of the corpus without a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MissingRows {
    /// Nothing is scored.
    #[default]
    Error,
    /// They count as wrong in everything.
    Wrong,
    /// They are left out: what is scored is what all submissions predict.
    LeftOut,
}

impl MissingRows {
    /// The name in options and signatures.
    pub fn name(self) -> &'static str {
        match self {
            MissingRows::Error => "error",
            MissingRows::Wrong => "wrong",
            MissingRows::LeftOut => "intersect",
        }
    }
}

/// A scored submission: counts an utterance, before any metric.
#[derive(Debug)]
pub struct Evaluation {
    /// The partition.
    pub partition: Partition,
    /// How gold labels were derived.
    pub labels: LabelMode,
    /// What was done about missing rows.
    pub missing_rows: MissingRows,
    /// What the rows had to pass.
    pub filter: JudgmentFilter,
    /// Every selected row of the corpus that was not left out, by locale and id.
    pub utterances: Vec<RowCounts>,
    /// The counts of SLU-F1, an entry an utterance, where they were taken
    /// ([`crate::slu_counting::counts_of_row`]).
    pub slu: Option<Vec<SluRow>>,
    /// What the submission predicts at all.
    pub predicted: Predicted,
    /// The first 8 hexadecimal digits of the gold's digest.
    pub gold_digest: String,
    /// Problems that stop the score, or are counted in it.
    pub problems: Problems,
    /// How the predictions were read.
    pub input: InputForm,
    /// What was met while reading the corpus, for all submissions read with it.
    pub report: Arc<ReadReport>,
}

/// What holds for all rows of an evaluation, wherever they were counted.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The partition.
    pub partition: Partition,
    /// How gold labels were derived.
    pub labels: LabelMode,
    /// How the predictions were read.
    pub input: InputForm,
    /// What is done about missing rows.
    pub missing_rows: MissingRows,
    /// What the rows had to pass.
    pub filter: JudgmentFilter,
    /// What was met while reading the corpus.
    pub report: Arc<ReadReport>,
}

impl Settings {
    /// Those of the reference implementation, on all rows of a partition.
    pub fn reference(partition: Partition) -> Settings {
        Settings {
            partition,
            labels: LabelMode::default(),
            input: InputForm::default(),
            missing_rows: MissingRows::default(),
            filter: JudgmentFilter::default(),
            report: Arc::new(ReadReport::default()),
        }
    }
}

/// Rows without their counterpart.
#[derive(Debug, Default)]
pub struct Problems {
    /// Rows of the corpus without a prediction.
    pub missing: Vec<Key>,
    /// Predictions (by index) for which there is no row.
    pub unknown: Vec<usize>,
    /// Predictions (by index) for a row that has one already.
    pub duplicate: Vec<usize>,
    /// Predictions of locales that were not selected.
    pub unselected: u64,
    /// Rows that were left out for want of a prediction in some submission
    /// ([`MissingRows::LeftOut`]).
    pub left_out: u64,
}

impl Problems {
    /// Those of a submission, but for its missing rows.
    fn of(
        submission: &Submission,
        leftovers: Leftovers,
        left_out: u64,
        selected: &LocaleFilter,
    ) -> Problems {
        let duplicates = submission.duplicates().iter().map(|duplicate| duplicate.later);
        Problems {
            unknown: leftovers.unknown,
            unselected: leftovers.unselected,
            left_out,
            duplicate: duplicates
                .filter(|&later| selected.contains(submission.predictions()[later].key.0))
                .collect(),
            missing: Vec::new(),
        }
    }
}

/// A row with its gold and what each submission says, before it becomes counts.
#[derive(Debug)]
pub struct ScoredRow<'r> {
    /// The row.
    pub utterance: &'r Utterance<'r>,
    /// Its gold.
    pub gold: &'r Gold<'r>,
    /// Its words.
    pub words: &'r [&'r str],
    /// Their gold labels.
    pub labels: &'r Labels<'r>,
    /// What each submission says, in their order; `None` where it says nothing.
    pub systems: PerSubmission<Option<SystemRow<'r>>>,
}

/// What a submission says about a row.
#[derive(Debug)]
pub struct SystemRow<'r> {
    /// The prediction.
    pub prediction: &'r StoredPrediction,
    /// The words and labels that it has; `None` if it predicts no slots.
    pub predicted: Option<&'r PredictedLabels<'r>>,
    /// Its labels brought onto the gold words; empty if it predicts no slots.
    pub labels: &'r Labels<'r>,
}

/// How an evaluation is to look at the rows, beside counting.
#[derive(Debug, Clone, Copy)]
pub struct Observer<'s, L, W> {
    /// What is read besides.
    pub others: OtherRows<'s, L>,
    /// What is kept of each scored row.
    pub row: W,
}

/// What each submission makes of a row, and what was kept of it.
struct Scored<T> {
    systems: PerSubmission<RowCounts>,
    observed: T,
}

impl Evaluation {
    /// Scores `submission` on the selected rows of `corpus`.
    ///
    /// Missing, duplicate and unknown rows are found and reported in
    /// [`Evaluation::problems`]; whether they stop the score is up to the caller.
    ///
    /// # Errors
    /// A corpus that cannot be read, holds a row twice, or has no gold labels.
    pub fn run(
        corpus: &Corpus,
        submission: &Submission,
        partition: Partition,
        labels: LabelMode,
        missing_rows: MissingRows,
    ) -> Result<Evaluation> {
        let (evaluation, _) =
            Self::run_several(corpus, submission, &[], partition, labels, missing_rows)?;
        Ok(evaluation)
    }

    /// Scores several submissions on the same rows, reading the corpus once:
    /// the evaluation of `first` and those of `others`, in their order.
    ///
    /// # Errors
    /// Those of [`Evaluation::run`].
    pub fn run_several(
        corpus: &Corpus,
        first: &Submission,
        others: &[&Submission],
        partition: Partition,
        labels: LabelMode,
        missing_rows: MissingRows,
    ) -> Result<(Evaluation, Vec<Evaluation>)> {
        let observer = Observer { others: OtherRows::NOTHING, row: |_: &ScoredRow<'_>| () };
        let (first, others, _) = Self::run_observed(
            corpus,
            first,
            others,
            partition,
            labels,
            missing_rows,
            &observer,
            drop,
        )?;
        Ok((first, others))
    }

    /// As [`Evaluation::run_several`], with what `observer` keeps of each row, in
    /// the order of [`Evaluation::utterances`], which is the same for all;
    /// `keep` takes what is kept of the rows that are read besides.
    ///
    /// # Errors
    /// Those of [`Evaluation::run`].
    #[allow(clippy::too_many_arguments, reason = "those of run_several, and how to observe it")]
    pub fn run_observed<T, A, L, W>(
        corpus: &Corpus,
        first: &Submission,
        others: &[&Submission],
        partition: Partition,
        labels: LabelMode,
        missing_rows: MissingRows,
        observer: &Observer<'_, L, W>,
        keep: impl FnMut(A),
    ) -> Result<(Evaluation, Vec<Evaluation>, Vec<T>)>
    where
        T: Send,
        A: Send,
        L: Fn(&Utterance<'_>) -> Option<A> + Sync,
        W: Fn(&ScoredRow<'_>) -> T + Sync,
    {
        let submissions: Vec<&Submission> =
            std::iter::once(first).chain(others.iter().copied()).collect();
        let form = corpus.recognised();
        // Slots that were never written as an annotation end where they say.
        let labels = if form.is_some_and(|form| form.leaks) { LabelMode::Brackets } else { labels };
        let with_slots = form.is_none_or(|form| !form.without_slots);
        let mut pairing = pair_and_read(
            corpus,
            &submissions,
            &observer.others,
            |_: &mut (), utterance, predictions| {
                score(utterance, predictions, labels, with_slots, &observer.row)
            },
            keep,
        )?;
        let selected = pairing.rows.len();
        if missing_rows == MissingRows::LeftOut {
            pairing.rows.retain(|row| row.predictions.iter().all(Option::is_some));
        }
        let left_out = (selected - pairing.rows.len()) as u64;
        let (rows, observed) = by_submission(pairing.rows, submissions.len());
        let settings = Settings {
            partition,
            labels,
            input: InputForm::default(),
            missing_rows,
            filter: corpus.judgment_filter().clone(),
            report: Arc::new(pairing.report),
        };
        let selected = &corpus.selection().locales;
        let mut evaluations = submissions.iter().zip(rows).zip(pairing.leftovers).map(
            |((submission, rows), leftovers)| {
                let problems = Problems::of(submission, leftovers, left_out, selected);
                let input = submission.input().clone();
                Self::of_sorted(Settings { input, ..settings.clone() }, rows, problems)
            },
        );
        let first = evaluations.next().expect("there is a first submission");
        let others = evaluations.collect();
        Ok((first, others, observed))
    }

    /// Puts rows together that were counted anywhere, in any order and grouping:
    /// the very evaluation that scoring them in one place gives.
    ///
    /// A row that is there more than once is taken once, as after a task that was
    /// tried again; one that has a prediction stands before one that lacks it.
    ///
    /// # Errors
    /// Two rows of one locale and id that differ.
    pub fn from_rows(
        settings: Settings,
        rows: impl IntoIterator<Item = RowCounts>,
    ) -> Result<Evaluation> {
        let mut rows: Vec<RowCounts> = rows.into_iter().collect();
        rows.sort_by(|a, b| a.key.cmp(&b.key).then(a.missing.cmp(&b.missing)));
        let mut differs = None;
        rows.dedup_by(|later, first| {
            if later.key != first.key {
                return false;
            }
            let is_same = later == first || later.missing && later.digest == first.digest;
            if !is_same && differs.is_none() {
                differs = Some(first.key.clone());
            }
            is_same
        });
        if let Some((locale, id)) = differs {
            return Err(Error::request(format!(
                "utterance {id} of {locale} was counted twice, with different results: the parts \
                 are of different predictions or of different corpora"
            )));
        }
        Ok(Self::of_sorted(settings, rows, Problems::default()))
    }

    /// `problems` without its missing rows.
    fn of_sorted(settings: Settings, rows: Vec<RowCounts>, problems: Problems) -> Evaluation {
        let nothing = Predicted { intents: false, slots: false };
        Evaluation {
            partition: settings.partition,
            labels: settings.labels,
            input: settings.input,
            missing_rows: settings.missing_rows,
            filter: settings.filter,
            slu: None,
            predicted: rows.iter().fold(nothing, |all, row| all.or(row.predicted)),
            gold_digest: gold_digest(rows.iter().map(|row| row.digest)),
            problems: Problems {
                missing: rows.iter().filter(|row| row.missing).map(|row| row.key.clone()).collect(),
                ..problems
            },
            utterances: rows,
            report: settings.report,
        }
    }

    /// The locales that have scored rows.
    pub fn locales(&self) -> LocaleSet {
        self.utterances.iter().map(|utterance| utterance.key.0).collect()
    }

    /// The sum over one locale.
    pub fn locale_counts(&self, locale: Locale) -> Counts {
        let start = self.utterances.partition_point(|utterance| utterance.key.0 < locale);
        let end = self.utterances.partition_point(|utterance| utterance.key.0 <= locale);
        self.utterances[start..end].iter().map(|utterance| utterance.counts).sum()
    }
}

/// The counts of each of so many submissions, and what was kept of the rows.
fn by_submission<T>(
    rows: Vec<Row<Scored<T>>>,
    submissions: usize,
) -> (Vec<Vec<RowCounts>>, Vec<T>) {
    let mut counts: Vec<Vec<RowCounts>> =
        (0..submissions).map(|_| Vec::with_capacity(rows.len())).collect();
    let mut observed = Vec::with_capacity(rows.len());
    for row in rows {
        for (counts, of_row) in counts.iter_mut().zip(row.value.systems) {
            counts.push(of_row);
        }
        observed.push(row.value.observed);
    }
    (counts, observed)
}

fn score<T>(
    utterance: &Utterance<'_>,
    predictions: &[Option<&StoredPrediction>],
    mode: LabelMode,
    with_slots: bool,
    observer: &impl Fn(&ScoredRow<'_>) -> T,
) -> massive_data::Result<Scored<T>> {
    let row = GoldRow::of(utterance, mode)?;
    let segmentation = utterance.segmentation();
    let read: PerSubmission<Option<PredictedLabels<'_>>> = predictions
        .iter()
        .map(|prediction| Some((*prediction)?.slots.as_ref()?.labels(segmentation)))
        .collect();
    let aligned: PerSubmission<(Vec<Option<&SlotName>>, Alignment)> = read
        .iter()
        .map(|read| match read {
            Some(read) => align(row.words(), read),
            None => (Vec::new(), Alignment::ByPosition),
        })
        .collect();
    let systems =
        predictions.iter().zip(&read).zip(&aligned).map(|((prediction, read), aligned)| {
            Some(SystemRow {
                prediction: (*prediction)?,
                predicted: read.as_ref(),
                labels: &aligned.0,
            })
        });
    let scored_row = ScoredRow {
        utterance,
        gold: row.gold,
        words: row.words(),
        labels: row.labels(),
        systems: systems.collect(),
    };
    let counts =
        scored_row.systems.iter().zip(&aligned).map(|(system, (labels, how))| match system {
            Some(system) => {
                // What the gold says nothing of is not scored.
                let predicted = system.predicted.filter(|_| with_slots);
                let slots = predicted.map(|predicted| PredictedRow {
                    labels,
                    malformed: predicted.malformed,
                    misaligned: *how == Alignment::Misaligned,
                    losses: Losses {
                        unread: system.prediction.losses.unread
                            || predicted.has_unread_slots(row.words()),
                        ..system.prediction.losses
                    },
                });
                row.counts(system.prediction.intent.clone(), slots)
            }
            None => row.missing(),
        });
    Ok(Scored { systems: counts.collect(), observed: observer(&scored_row) })
}
