//! From one gold row and what a system says about it to counts: the pure
//! function under every score.
//!
//! ```
//! use massive_data::{LabelMode, LabelPolicy, PredictedSlots, Prediction, Utterance};
//! use massive_eval::row_counts::score_row;
//!
//! let line = concat!(
//!     r#"{"id": "7", "locale": "de-DE", "partition": "test", "scenario": "alarm", "#,
//!     r#""intent": "alarm_set", "utt": "wecker um acht", "worker_id": "1", "#,
//!     r#""annot_utt": "wecker um [time : acht]", "slot_method": [], "judgments": []}"#,
//! );
//! let gold = Utterance::from_json(line, LabelPolicy::Closed)?;
//! let prediction = Prediction {
//!     id: gold.id().clone(),
//!     locale: gold.locale(),
//!     intent: Some("alarm_set".into()),
//!     slots: Some(PredictedSlots::Annotation("[time : wecker] um acht".into())),
//! };
//! let row = score_row(&gold, Some(&prediction), LabelMode::Reference)?;
//! assert!(row.counts.intent_correct && !row.counts.exact_match);
//! assert_eq!((row.counts.slots.gold, row.counts.slots.correct), (1, 0));
//! # Ok::<(), massive_data::Error>(())
//! ```

use massive_data::{
    Gold, Intent, LabelMode, Losses, PredictedSlots, Prediction, SlotName, Utterance,
};
use sha2::{Digest, Sha256};
use smallvec::SmallVec;

use crate::alignment::{Alignment, align};
use crate::counts::{LabelCounts, Labels, UtteranceCounts, count_slots_by_label};
use crate::metrics::Predicted;
use crate::submission::Key;

/// What was right in one row, of one system. Rows counted in different places
/// are put together by [`Evaluation::from_rows`](crate::Evaluation::from_rows).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowCounts {
    /// The locale and id.
    pub key: Key,
    /// What names the gold of the row, words and labels included: see
    /// [`GoldRow::digest`].
    pub digest: u64,
    /// What was right.
    pub counts: UtteranceCounts,
    /// Its slots label by label.
    pub slot_counts: Box<[LabelCounts]>,
    /// The gold intent.
    pub intent: Intent,
    /// The predicted intent, if any.
    pub predicted_intent: Option<Intent>,
    /// What the prediction has at all.
    pub predicted: Predicted,
    /// There is no prediction for it.
    pub missing: bool,
    /// Its predicted annotation nests slots or leaves one open.
    pub malformed: bool,
    /// Its predicted labels were cut or padded.
    pub misaligned: bool,
    /// What of its predicted slots could not be read.
    pub losses: Losses,
}

impl RowCounts {
    /// Whether the scenario, the part of an intent's name before the first `_`, is
    /// right; `None` where no intent was predicted.
    pub fn scenario_correct(&self) -> Option<bool> {
        let predicted = self.predicted_intent.as_ref()?;
        Some(scenario_of(predicted) == scenario_of(&self.intent))
    }

    /// Whether the predicted intent is a name that neither the release has nor
    /// `corpus` knows.
    pub fn has_unknown_intent(&self, corpus: &dyn Fn(&str) -> bool) -> bool {
        self.predicted_intent.as_ref().is_some_and(|intent| {
            !intent.is_known() && *intent != self.intent && !corpus(intent.as_str())
        })
    }

    /// How many predicted slots have a name that neither the release has nor
    /// `corpus` knows.
    pub fn unknown_slots(&self, corpus: &dyn Fn(&str) -> bool) -> u32 {
        let is_unknown = |counts: &&LabelCounts| {
            !counts.slot.is_known() && counts.gold == 0 && !corpus(counts.slot.as_str())
        };
        self.slot_counts.iter().filter(is_unknown).map(|counts| counts.predicted).sum()
    }
}

/// Scores a prediction, or the want of one, on a labelled row.
///
/// # Errors
/// The row has no gold labels; the prediction is of another row.
pub fn score_row(
    utterance: &Utterance<'_>,
    prediction: Option<&Prediction<'_>>,
    mode: LabelMode,
) -> massive_data::Result<RowCounts> {
    let row = GoldRow::of(utterance, mode)?;
    let Some(prediction) = prediction else { return Ok(row.missing()) };
    if (prediction.locale, &prediction.id) != (utterance.locale(), utterance.id()) {
        return Err(massive_data::Error::request(format!(
            "a prediction for utterance {} of {} is held against utterance {} of {}",
            prediction.id,
            prediction.locale,
            utterance.id(),
            utterance.locale()
        )));
    }
    let intent = prediction.intent.as_deref().map(Intent::open);
    let labels = prediction.slots.as_ref().map(|slots| row.aligned_labels(slots));
    Ok(match &labels {
        Some(aligned) => row.counts(
            intent,
            Some(PredictedRow {
                labels: &aligned.labels.iter().map(Option::as_ref).collect::<Vec<_>>(),
                malformed: aligned.malformed,
                misaligned: aligned.misaligned,
                losses: aligned.losses,
            }),
        ),
        None => row.counts(intent, None),
    })
}

/// A list a word of an utterance: few have more words than have a place in it.
pub(crate) type InlineVec<T> = SmallVec<[T; 16]>;

/// A labelled row, cut into words.
#[derive(Debug)]
pub struct GoldRow<'u> {
    /// The row.
    pub utterance: &'u Utterance<'u>,
    /// Its gold.
    pub gold: &'u Gold<'u>,
    words: InlineVec<&'u str>,
    labels: InlineVec<Option<&'u SlotName>>,
}

/// Predicted labels on the gold words.
pub(crate) struct PredictedRow<'p> {
    pub(crate) labels: &'p Labels<'p>,
    pub(crate) malformed: bool,
    pub(crate) misaligned: bool,
    pub(crate) losses: Losses,
}

/// Predicted labels on the gold words, owned.
struct AlignedLabels {
    labels: Vec<Option<SlotName>>,
    malformed: bool,
    misaligned: bool,
    losses: Losses,
}

impl<'u> GoldRow<'u> {
    /// Cuts a row into words with their labels.
    ///
    /// # Errors
    /// The row has no gold labels.
    pub fn of(utterance: &'u Utterance<'u>, mode: LabelMode) -> massive_data::Result<Self> {
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
        Ok(GoldRow { utterance, gold, words, labels })
    }

    /// The words.
    pub fn words(&self) -> &[&'u str] {
        &self.words
    }

    /// A label a word.
    pub fn labels(&self) -> &Labels<'u> {
        &self.labels
    }

    /// The locale and id.
    pub fn key(&self) -> Key {
        (self.utterance.locale(), self.utterance.id().clone())
    }

    /// The first 8 bytes, as a big-endian number, of the SHA-256 of `locale TAB id
    /// TAB intent TAB labels TAB words`, labels and words joined by spaces: two
    /// rows have one digest if they score alike.
    pub fn digest(&self) -> u64 {
        let mut digest = Sha256::new();
        let (locale, id) = self.key();
        digest.update(locale.tag());
        digest.update("\t");
        digest.update(id.to_string());
        digest.update("\t");
        digest.update(self.gold.intent.as_str());
        let labels =
            self.labels.iter().map(|label| label.map_or(massive_data::OTHER, SlotName::as_str));
        join(&mut digest, labels);
        join(&mut digest, self.words.iter().copied());
        let digest = digest.finalize();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        u64::from_be_bytes(first)
    }

    /// A row for which there is no prediction.
    pub fn missing(&self) -> RowCounts {
        RowCounts {
            counts: UtteranceCounts::missing(&self.labels),
            missing: true,
            ..self.counts(None, None)
        }
    }

    /// What was right: of the intent, and of labels on the words if there are any.
    pub(crate) fn counts(
        &self,
        predicted_intent: Option<Intent>,
        slots: Option<PredictedRow<'_>>,
    ) -> RowCounts {
        // What the gold says nothing of is not scored.
        let predicted_intent = predicted_intent.filter(|_| !self.gold.intent.is_absent());
        let intent_correct = predicted_intent.as_ref() == Some(&self.gold.intent);
        let predicted = Predicted { intents: predicted_intent.is_some(), slots: slots.is_some() };
        let labels = slots.as_ref().map_or(&[][..], |slots| slots.labels);
        let counts = UtteranceCounts::of(intent_correct, &self.labels, labels);
        // Without slots in a submission that has some elsewhere: wrong.
        let exact_match = counts.exact_match && predicted.slots;
        RowCounts {
            key: self.key(),
            digest: self.digest(),
            counts: UtteranceCounts { exact_match, ..counts },
            slot_counts: count_slots_by_label(&self.labels, labels),
            intent: self.gold.intent.clone(),
            predicted_intent,
            predicted,
            missing: false,
            malformed: slots.as_ref().is_some_and(|slots| slots.malformed),
            misaligned: slots.as_ref().is_some_and(|slots| slots.misaligned),
            losses: slots.map_or_else(Losses::default, |slots| slots.losses),
        }
    }

    fn aligned_labels(&self, slots: &PredictedSlots<'_>) -> AlignedLabels {
        let predicted = slots.labels(self.utterance.segmentation());
        let (labels, how) = align(&self.words, &predicted);
        AlignedLabels {
            labels: labels.into_iter().map(|label| label.cloned()).collect(),
            malformed: predicted.malformed,
            misaligned: how == Alignment::Misaligned,
            losses: Losses { unplaced: 0, unread: predicted.has_unread_slots(&self.words) },
        }
    }
}

/// The scenario that an intent belongs to: what stands before its first
/// underscore, as in all names of the release.
pub fn scenario_of(intent: &Intent) -> &str {
    let name = intent.as_str();
    name.split_once('_').map_or(name, |(scenario, _)| scenario)
}

/// A tab, and texts joined by spaces.
fn join<'t>(digest: &mut Sha256, texts: impl Iterator<Item = &'t str>) {
    let mut before = "\t";
    for text in texts {
        digest.update(before);
        digest.update(text);
        before = " ";
    }
    if before == "\t" {
        digest.update(before);
    }
}

/// The first 8 hexadecimal digits of the SHA-256 over the digests of rows in the
/// order of their locale and id, 8 bytes each: what the signature calls `gold`.
pub fn gold_digest(rows: impl IntoIterator<Item = u64>) -> String {
    let mut digest = Sha256::new();
    rows.into_iter().for_each(|row| digest.update(row.to_be_bytes()));
    let digest = digest.finalize();
    digest[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}
