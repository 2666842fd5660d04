//! The whole record of the corpus.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use crate::annotation::{Annotation, grapheme_span};
use crate::error::{Error, Result};
use crate::labels::{Intent, Scenario, SlotName};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::segmentation::Segmentation;
use crate::utterance_id::UtteranceId;
use crate::words::{self, LabelMode, LabelledWord};

/// One row of the corpus.
///
/// A labelled row has a [`Gold`], a held-out row has none. The invariant that
/// the annotation's text is the utterance's (up to white space in the three
/// locales split into characters) holds for every value of this type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Utterance<'a> {
    id: UtteranceId,
    locale: Locale,
    segmentation: Segmentation,
    partition: Partition,
    utt: Cow<'a, str>,
    worker_id: Cow<'a, str>,
    gold: Option<Gold<'a>>,
}

/// What the annotators said about an utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gold<'a> {
    /// The scenario.
    pub scenario: Scenario,
    /// The intent.
    pub intent: Intent,
    /// The utterance with its slots.
    pub annotation: Annotation<'a>,
    /// How it was localised and judged; the English source was not.
    pub review: Option<Review<'a>>,
}

/// How a localised utterance came about and what its judges said.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Review<'a> {
    /// How each slot of the English source was carried over. Compared with
    /// the row's own annotation this list may lack or add slots; it is empty
    /// where the English source has no slot.
    pub slot_methods: Vec<SlotMethod>,
    /// The judgments: three as a rule, none in a few rows.
    pub judgments: Vec<Judgment<'a>>,
}

/// How one slot of the English source was carried over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotMethod {
    /// The slot.
    pub slot: SlotName,
    /// What was done with it.
    pub method: Method,
}

macro_rules! names {
    ($(#[$meta:meta])* $type:ident ($what:literal) { $($(#[$doc:meta])* $variant:ident = $name:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// The name in the files.
            pub fn name(self) -> &'static str {
                match self { $($type::$variant => $name,)* }
            }

            /// The value with this name, spelled exactly so.
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some($type::$variant),)* _ => None }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = Error;

            fn from_str(name: &str) -> Result<Self> {
                $type::from_name(name).ok_or_else(|| {
                    Error::request(unknown_name($what, name, $type::ALL.iter().map(|t| t.name())))
                })
            }
        }
    };
}

names! {
    /// What a localiser did with a slot's value.
    Method ("method") {
        /// Translated.
        Translation = "translation",
        /// Replaced by something local.
        Localization = "localization",
        /// Left as in English.
        Unchanged = "unchanged",
        /// Left as in English, as a translation.
        UnchangedTranslation = "unchanged_translation",
        /// Left as in English, as a localisation.
        UnchangedLocalization = "unchanged_localization",
        /// Not recorded.
        Unknown = "unknown",
    }
}

names! {
    /// The language in which a judge found an utterance to be.
    JudgedLanguage ("language_identification") {
        /// The locale's own.
        Target = "target",
        /// The locale's own and English.
        TargetEnglish = "target|english",
        /// The locale's own and another.
        TargetOther = "target|other",
        /// The locale's own, English and another.
        TargetEnglishOther = "target|english|other",
        /// English.
        English = "english",
        /// English and another.
        EnglishOther = "english|other",
        /// Another.
        Other = "other",
    }
}

/// The highest scores of a judgment.
pub(crate) mod most {
    pub(crate) const INTENT: u8 = 2;
    pub(crate) const SLOTS: u8 = 2;
    pub(crate) const GRAMMAR: u8 = 4;
    pub(crate) const SPELLING: u8 = 2;
}

/// What one judge said about a localised utterance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgment<'a> {
    /// The judge.
    pub worker_id: Cow<'a, str>,
    /// Does the utterance fit the intent: 0 no, 1 yes, 2 it is a reasonable reading.
    pub intent_score: u8,
    /// Do the words fit the slots: 0 no, 1 yes, 2 there are none.
    pub slots_score: u8,
    /// Does it sound natural: 0 (nonsense) to 4 (as a native would say it).
    pub grammar_score: u8,
    /// Is it spelled right: 0 (more than two mistakes) to 2 (none).
    pub spelling_score: u8,
    /// The language; one judgment of the release lacks it.
    pub language_identification: Option<JudgedLanguage>,
}

/// A slot of an utterance by its place in `utt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotSpan<'a> {
    /// Its name.
    pub name: &'a SlotName,
    /// Its words, as they stand in `utt`.
    pub value: &'a str,
    /// Where they stand in `utt`, in bytes.
    pub bytes: Range<usize>,
    utt: &'a str,
}

impl SlotSpan<'_> {
    /// Where the words stand in `utt`, in extended grapheme clusters.
    pub fn graphemes(&self) -> Range<usize> {
        grapheme_span(self.utt, self.bytes.clone())
    }
}

impl<'a> Utterance<'a> {
    /// An utterance without labels.
    pub fn unlabelled(
        id: UtteranceId,
        locale: Locale,
        partition: Partition,
        utt: impl Into<Cow<'a, str>>,
        worker_id: impl Into<Cow<'a, str>>,
    ) -> Self {
        Utterance {
            id,
            locale,
            segmentation: locale.segmentation(),
            partition,
            utt: utt.into(),
            worker_id: worker_id.into(),
            gold: None,
        }
    }

    /// The same utterance, cut into words in this way.
    ///
    /// # Errors
    /// It has labels, and the text of its annotation is not its own then.
    pub fn segmented(mut self, segmentation: Segmentation) -> Result<Self> {
        self.segmentation = segmentation;
        match self.gold.take() {
            Some(gold) => self.with_gold(gold),
            None => Ok(self),
        }
    }

    /// The same utterance with labels.
    ///
    /// # Errors
    /// The annotation's text is not the utterance's. In the locales split into
    /// characters white space may differ, as it does in the release.
    pub fn with_gold(mut self, gold: Gold<'a>) -> Result<Self> {
        if !gold.fits(&self.utt, self.segmentation) {
            return Err(Error::line(format!(
                "annot_utt without its brackets is `{}`, but utt is `{}`",
                shorten(&gold.annotation.text()),
                shorten(&self.utt)
            )));
        }
        self.gold = Some(gold);
        Ok(self)
    }

    /// As [`Utterance::with_gold`], where nothing is said about what is wrong. The
    /// quick ways of reading make it of every row, so it is written once and not
    /// moved.
    #[inline]
    pub(crate) fn labelled(
        id: UtteranceId,
        locale: Locale,
        partition: Partition,
        utt: &'a str,
        worker_id: &'a str,
        gold: Gold<'a>,
    ) -> Option<Self> {
        let segmentation = locale.segmentation();
        gold.fits(utt, segmentation).then(|| Utterance {
            id,
            locale,
            segmentation,
            partition,
            utt: Cow::Borrowed(utt),
            worker_id: Cow::Borrowed(worker_id),
            gold: Some(gold),
        })
    }

    /// The id, shared by all translations of one source.
    pub fn id(&self) -> &UtteranceId {
        &self.id
    }

    /// The locale.
    pub fn locale(&self) -> Locale {
        self.locale
    }

    /// How it is cut into words.
    pub fn segmentation(&self) -> Segmentation {
        self.segmentation
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// What was said.
    pub fn utt(&self) -> &str {
        &self.utt
    }

    /// Who wrote it.
    pub fn worker_id(&self) -> &str {
        &self.worker_id
    }

    /// The labels, absent in held-out rows.
    pub fn gold(&self) -> Option<&Gold<'a>> {
        self.gold.as_ref()
    }

    /// The words, as the reference cuts them.
    ///
    /// In the locales split into characters they are those of the annotation
    /// where there is one; the release gives the same words without it.
    pub fn words(&self) -> Vec<&str> {
        match &self.gold {
            Some(gold) if self.segmentation == Segmentation::Characters => words::labelled_words(
                &gold.annotation,
                Segmentation::Characters,
                LabelMode::Brackets,
            )
            .into_iter()
            .map(|(word, _)| word)
            .collect(),
            _ => words::words(&self.utt, self.segmentation),
        }
    }

    /// The words with their labels; `None` in a held-out row.
    pub fn labelled_words(&self, mode: LabelMode) -> Option<Vec<LabelledWord<'_>>> {
        let gold = self.gold.as_ref()?;
        Some(words::labelled_words(&gold.annotation, self.segmentation, mode))
    }

    /// Hands every word with its label to `take`, as [`Utterance::labelled_words`]
    /// lists them; `None`, and nothing handed over, in a held-out row.
    pub fn for_each_labelled_word<'s>(
        &'s self,
        mode: LabelMode,
        take: impl FnMut(&'s str, Option<&'s SlotName>),
    ) -> Option<()> {
        let gold = self.gold.as_ref()?;
        words::for_each_labelled_word(&gold.annotation, self.segmentation, mode, take);
        Some(())
    }

    /// The slots with their spans in `utt`; none in a held-out row.
    pub fn slots(&self) -> Vec<SlotSpan<'_>> {
        let Some(gold) = &self.gold else {
            return Vec::new();
        };
        let utt: &str = &self.utt;
        // A slot's value may differ from `utt` by white space only.
        let spans = gold.annotation.align(utt).unwrap_or_default();
        gold.annotation
            .slots()
            .zip(spans)
            .map(|(slot, bytes)| SlotSpan {
                name: slot.name,
                value: &utt[bytes.clone()],
                bytes,
                utt,
            })
            .collect()
    }

    /// The same utterance without its review.
    #[inline]
    pub(crate) fn without_review(mut self) -> Self {
        if let Some(gold) = &mut self.gold {
            gold.review = None;
        }
        self
    }

    /// The same utterance, owning its texts.
    pub fn into_owned(self) -> Utterance<'static> {
        Utterance {
            id: self.id,
            locale: self.locale,
            segmentation: self.segmentation,
            partition: self.partition,
            utt: Cow::Owned(self.utt.into_owned()),
            worker_id: Cow::Owned(self.worker_id.into_owned()),
            gold: self.gold.map(|gold| Gold {
                scenario: gold.scenario,
                intent: gold.intent,
                annotation: gold.annotation.into_owned(),
                review: gold.review.map(Review::into_owned),
            }),
        }
    }
}

impl Gold<'_> {
    /// Whether the annotation's text is that of the utterance. In the locales
    /// split into characters white space may differ, as it does in the release.
    #[inline]
    fn fits(&self, utt: &str, segmentation: Segmentation) -> bool {
        self.annotation.is_exactly(utt)
            || segmentation == Segmentation::Characters && self.annotation.align(utt).is_ok()
    }
}

impl Review<'_> {
    fn into_owned(self) -> Review<'static> {
        Review {
            slot_methods: self.slot_methods,
            judgments: self
                .judgments
                .into_iter()
                .map(|judgment| Judgment {
                    worker_id: Cow::Owned(judgment.worker_id.into_owned()),
                    ..judgment
                })
                .collect(),
        }
    }
}

/// Says that `found` is no name of its kind, and which ones are.
pub(crate) fn unknown_name(
    what: &str,
    found: &str,
    known: impl IntoIterator<Item = &'static str>,
) -> String {
    let known: Vec<&str> = known.into_iter().collect();
    format!("unknown {what} `{}`: expected one of {}", found.escape_debug(), known.join(", "))
}

/// At most 60 characters of a text, for messages.
pub(crate) fn shorten(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", &text[..end])),
        None => Cow::Borrowed(text),
    }
}
