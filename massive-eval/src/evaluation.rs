//! Scoring a submission: from the corpus and predictions to counts.

use std::fmt::Write as _;
use std::ops::Range;
use std::sync::Arc;

use massive_data::prediction::PredictedLabels;
use massive_data::{
    Corpus, Gold, Intent, JudgmentFilter, LabelMode, Locale, LocaleSet, Partition, ReadReport,
    SlotName, Utterance,
};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use crate::alignment::{Alignment, align};
use crate::counts::{Counts, LabelCounts, Labels, UtteranceCounts, count_slots_by_label};
use crate::error::Result;
use crate::metrics::Predicted;
use crate::pairing::{Along, PerSubmission, Row, pair_along};
use crate::slu_f1::SluRow;
use crate::submission::{Key, StoredPrediction, Submission};

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
            MissingRows::LeftOut => "left-out",
        }
    }
}

/// One scored utterance.
#[derive(Debug, Clone)]
pub struct ScoredUtterance {
    /// Its locale and id.
    pub key: Key,
    /// What was right.
    pub counts: UtteranceCounts,
    /// Its slots label by label.
    pub slot_counts: Box<[LabelCounts]>,
    /// The gold intent.
    pub intent: Intent,
    /// The predicted intent, if any.
    pub predicted_intent: Option<Intent>,
    /// There is no prediction for it.
    pub missing: bool,
    /// Its predicted annotation nests slots or leaves one open.
    pub malformed: bool,
    /// Its predicted labels were cut or padded.
    pub misaligned: bool,
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
    pub utterances: Vec<ScoredUtterance>,
    /// The counts of SLU-F1, an entry an utterance, where they were taken
    /// ([`crate::slu_counting::counts_of_scene`]).
    pub slu: Option<Vec<SluRow>>,
    /// What the submission predicts at all.
    pub predicted: Predicted,
    /// The first 8 hexadecimal digits of the gold's digest.
    pub gold_digest: String,
    /// Problems that stop the score, or are counted in it.
    pub problems: Problems,
    /// What was met while reading the corpus, for all submissions read with it.
    pub report: Arc<ReadReport>,
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

/// A row with its gold and what each submission says, before it becomes counts.
#[derive(Debug)]
pub struct Scene<'r> {
    /// The row.
    pub utterance: &'r Utterance<'r>,
    /// Its gold.
    pub gold: &'r Gold<'r>,
    /// Its words.
    pub words: &'r [&'r str],
    /// Their gold labels.
    pub labels: &'r Labels<'r>,
    /// What each submission says, in their order; `None` where it says nothing.
    pub systems: PerSubmission<Option<SystemScene<'r>>>,
}

/// What a submission says about a row.
#[derive(Debug)]
pub struct SystemScene<'r> {
    /// The prediction.
    pub prediction: &'r StoredPrediction,
    /// The words and labels that it has; `None` if it predicts no slots.
    pub predicted: Option<&'r PredictedLabels<'r>>,
    /// Its labels brought onto the gold words; empty if it predicts no slots.
    pub labels: &'r Labels<'r>,
}

/// How an evaluation is to look at the rows, beside counting.
#[derive(Debug, Clone, Copy)]
pub struct Watch<'s, L, W> {
    /// What is read along.
    pub along: Along<'s, L>,
    /// What is kept of each scored row.
    pub row: W,
}

/// A row's gold, and what each submission makes of it.
struct Scored<T> {
    intent: Intent,
    /// Its place among the gold lines of its block.
    gold_line: Range<usize>,
    systems: PerSubmission<Outcome>,
    watched: T,
}

/// What one submission makes of a row.
struct Outcome {
    counts: UtteranceCounts,
    slot_counts: Box<[LabelCounts]>,
    predicted_intent: Option<Intent>,
    malformed: bool,
    misaligned: bool,
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
        let watch = Watch { along: Along::NOTHING, row: |_: &Scene<'_>| () };
        let (first, others, _) = Self::run_watched(
            corpus,
            first,
            others,
            partition,
            labels,
            missing_rows,
            &watch,
            drop,
        )?;
        Ok((first, others))
    }

    /// As [`Evaluation::run_several`], with what `watch` keeps of each row, in
    /// the order of [`Evaluation::utterances`], which is the same for all;
    /// `keep` takes what is kept of the rows that are read along.
    ///
    /// # Errors
    /// Those of [`Evaluation::run`].
    #[allow(clippy::too_many_arguments, reason = "those of run_several, and how to watch it")]
    pub fn run_watched<T, A, L, W>(
        corpus: &Corpus,
        first: &Submission,
        others: &[&Submission],
        partition: Partition,
        labels: LabelMode,
        missing_rows: MissingRows,
        watch: &Watch<'_, L, W>,
        keep: impl FnMut(A),
    ) -> Result<(Evaluation, Vec<Evaluation>, Vec<T>)>
    where
        T: Send,
        A: Send,
        L: Fn(&Utterance<'_>) -> Option<A> + Sync,
        W: Fn(&Scene<'_>) -> T + Sync,
    {
        let submissions: Vec<&Submission> =
            std::iter::once(first).chain(others.iter().copied()).collect();
        let mut pairing = pair_along(
            corpus,
            &submissions,
            &watch.along,
            |gold_lines: &mut String, utterance, predictions| {
                score(gold_lines, utterance, predictions, labels, &watch.row)
            },
            keep,
        )?;
        let selected = pairing.rows.len();
        if missing_rows == MissingRows::LeftOut {
            pairing.rows.retain(|row| row.predictions.iter().all(Option::is_some));
        }
        let left_out = (selected - pairing.rows.len()) as u64;
        let gold_digest = digest_gold(&pairing.rows, &pairing.blocks);
        let report = Arc::new(pairing.report);
        let selected = &corpus.selection().locales;
        let evaluate = |number: usize, submission: &Submission| {
            let leftovers = &pairing.leftovers[number];
            let mut problems = Problems {
                unknown: leftovers.unknown.clone(),
                unselected: leftovers.unselected,
                left_out,
                duplicate: submission
                    .duplicates()
                    .iter()
                    .map(|duplicate| duplicate.later)
                    .filter(|&later| selected.contains(submission.predictions()[later].key.0))
                    .collect(),
                missing: Vec::new(),
            };
            let mut predicted = Predicted { intents: false, slots: false };
            let utterances = pairing
                .rows
                .iter()
                .map(|row| {
                    let outcome = &row.value.systems[number];
                    if let Some(index) = row.predictions[number] {
                        let prediction = &submission.predictions()[index];
                        predicted.intents |= prediction.intent.is_some();
                        predicted.slots |= prediction.slots.is_some();
                    } else {
                        problems.missing.push(row.key.clone());
                    }
                    ScoredUtterance {
                        key: row.key.clone(),
                        counts: outcome.counts,
                        slot_counts: outcome.slot_counts.clone(),
                        intent: row.value.intent.clone(),
                        predicted_intent: outcome.predicted_intent.clone(),
                        missing: row.predictions[number].is_none(),
                        malformed: outcome.malformed,
                        misaligned: outcome.misaligned,
                    }
                })
                .collect();
            Evaluation {
                partition,
                labels,
                missing_rows,
                filter: corpus.judgment_filter().clone(),
                utterances,
                slu: None,
                predicted,
                gold_digest: gold_digest.clone(),
                problems,
                report: report.clone(),
            }
        };
        let others = others
            .iter()
            .enumerate()
            .map(|(number, submission)| evaluate(number + 1, submission))
            .collect();
        let first = evaluate(0, first);
        let watched = pairing.rows.into_iter().map(|row| row.value.watched).collect();
        Ok((first, others, watched))
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

/// A list a word of an utterance: few have more words than have a place in it.
type InlineVec<T> = SmallVec<[T; 16]>;

fn score<T>(
    gold_lines: &mut String,
    utterance: &Utterance<'_>,
    predictions: &[Option<&StoredPrediction>],
    mode: LabelMode,
    watch: &impl Fn(&Scene<'_>) -> T,
) -> massive_data::Result<Scored<T>> {
    let mut words: InlineVec<&str> = SmallVec::new();
    let mut labels: InlineVec<Option<&SlotName>> = SmallVec::new();
    let labelled = utterance.for_each_labelled_word(mode, |word, label| {
        words.push(word);
        labels.push(label);
    });
    let (Some(gold), Some(())) = (utterance.gold(), labelled) else {
        return Err(massive_data::Error::request(format!(
            "partition {} has no gold labels here, so there is nothing to score against; \
             `massive check` works without them",
            utterance.partition()
        )));
    };
    let segmentation = utterance.locale().segmentation();
    let read: PerSubmission<Option<PredictedLabels<'_>>> = predictions
        .iter()
        .map(|prediction| Some((*prediction)?.slots.as_ref()?.labels(segmentation)))
        .collect();
    let aligned: PerSubmission<(Vec<Option<&SlotName>>, Alignment)> = read
        .iter()
        .map(|read| match read {
            Some(read) => align(&words, read),
            None => (Vec::new(), Alignment::ByPosition),
        })
        .collect();
    let systems =
        predictions.iter().zip(&read).zip(&aligned).map(|((prediction, read), aligned)| {
            Some(SystemScene {
                prediction: (*prediction)?,
                predicted: read.as_ref(),
                labels: &aligned.0,
            })
        });
    let scene =
        Scene { utterance, gold, words: &words, labels: &labels, systems: systems.collect() };
    let outcomes = scene.systems.iter().zip(&aligned).map(|(system, (_, how))| match system {
        Some(system) => Outcome::of(system, &gold.intent, &labels, *how),
        None => Outcome {
            counts: UtteranceCounts::missing(&labels),
            slot_counts: count_slots_by_label(&labels, &[]),
            predicted_intent: None,
            malformed: false,
            misaligned: false,
        },
    });
    let start = gold_lines.len();
    write_gold_line(gold_lines, utterance, &gold.intent, &labels);
    Ok(Scored {
        systems: outcomes.collect(),
        watched: watch(&scene),
        gold_line: start..gold_lines.len(),
        intent: gold.intent.clone(),
    })
}

impl Outcome {
    fn of(
        system: &SystemScene<'_>,
        intent: &Intent,
        labels: &Labels<'_>,
        alignment: Alignment,
    ) -> Outcome {
        let predicted_intent = system.prediction.intent.clone();
        let intent_correct = predicted_intent.as_ref() == Some(intent);
        let counts = UtteranceCounts::of(intent_correct, labels, system.labels);
        let slot_counts = count_slots_by_label(labels, system.labels);
        let Some(predicted) = system.predicted else {
            // No slots predicted in a submission that has some elsewhere: wrong.
            return Outcome {
                counts: UtteranceCounts { exact_match: false, ..counts },
                slot_counts,
                predicted_intent,
                malformed: false,
                misaligned: false,
            };
        };
        Outcome {
            counts,
            slot_counts,
            predicted_intent,
            malformed: predicted.malformed,
            misaligned: alignment == Alignment::Misaligned,
        }
    }
}

/// `locale TAB id TAB intent TAB labels joined by spaces`, with a line break.
fn write_gold_line(
    lines: &mut String,
    utterance: &Utterance<'_>,
    intent: &Intent,
    labels: &[Option<&SlotName>],
) {
    // Writing to a string cannot fail.
    let _ = write!(lines, "{}\t{}\t{intent}\t", utterance.locale(), utterance.id());
    for (index, label) in labels.iter().enumerate() {
        if index > 0 {
            lines.push(' ');
        }
        lines.push_str(label.map_or(massive_data::OTHER, SlotName::as_str));
    }
    lines.push('\n');
}

/// The first 8 hexadecimal digits of the SHA-256 over the sorted gold lines,
/// each ending with a line break. The rows are in the order of their locales,
/// which is that of their tags.
fn digest_gold<T>(rows: &[Row<Scored<T>>], blocks: &[String]) -> String {
    let line = |row: &Row<Scored<T>>| &blocks[row.block as usize][row.value.gold_line.clone()];
    let mut lines: Vec<(Locale, &str)> = rows.iter().map(|row| (row.key.0, line(row))).collect();
    lines.par_chunk_by_mut(|one, other| one.0 == other.0).for_each(<[_]>::sort_unstable);
    let mut digest = Sha256::new();
    for (_, line) in lines {
        digest.update(line);
    }
    let digest = digest.finalize();
    digest[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}
