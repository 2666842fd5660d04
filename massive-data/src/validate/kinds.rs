//! The kinds of findings.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($(#[$meta:meta])* $type:ident { $($(#[$doc:meta])* $variant:ident = $title:literal,)* }) => {
        $(#[$meta])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $type { $($(#[$doc])* $variant,)* }

        impl $type {
            /// All of them.
            pub const ALL: &'static [$type] = &[$($type::$variant),*];

            /// What it is, for a reader.
            pub fn title(self) -> &'static str {
                match self { $($type::$variant => $title,)* }
            }
        }
    };
}

kinds! {
    /// What makes a corpus broken.
    ErrorKind {
        /// There is no row at all.
        Empty = "no rows at all",
        /// A file that cannot be read to its end.
        BrokenFile = "files that cannot be read to their end",
        /// A line that is not a row of the corpus.
        BadLine = "lines that are no rows of the corpus",
        /// A second row with the same locale and id.
        DuplicateRow = "second rows of one locale and id",
    }
}

kinds! {
    /// What is odd.
    WarningKind {
        /// A file named as one of the release, with other bytes.
        NotTheRelease = "files that are not those of release 1.1",
        /// A file whose last line has no line break.
        NoFinalLineBreak = "files without a line break at their end",
        /// A line with `\u` escapes.
        EscapedLine = "lines with \\u escapes",
        /// A line whose `id` or `worker_id` is a number.
        NumericId = "lines with a number as id or worker_id",
        /// Brackets or a colon in `utt`.
        BracketsInText = "utterances with [, ] or :",
        /// An upper-case letter in `utt`.
        UpperCase = "utterances with upper-case letters",
        /// White space at an end of `utt`, or twice in a row.
        LooseSpaces = "utterances with leading, trailing or double spaces",
        /// `annot_utt` without brackets has other white space than `utt`.
        RespacedAnnotation = "annotations with other spaces than the utterance",
        /// In the reference's label mode a label leaks on to words after its slot.
        LeakingLabel = "labels that leak over the end of their slot (reference mode)",
        /// The leak joins two slots.
        MergedSlots = "rows where a leak joins two slots",
        /// `slot_method` is not the row's own slots, as a multiset.
        MethodsUnlikeSlots = "rows whose slot methods are not their slots, counted",
        /// `slot_method` is not the row's own slots, as a set.
        MethodsUnlikeSlotSet = "rows whose slot methods name other slots than the row has",
        /// `slot_method` is not empty, but the row has no slot.
        MethodsWithoutSlots = "rows without slots that list slot methods",
        /// `slot_method` does not name the slots of the English source, as a set.
        MethodsUnlikeSource = "rows whose slot methods are not the slots of the English source",
        /// No judgment.
        NoJudgments = "localised rows without judgments",
        /// Another number of judgments than three, but not none.
        UnusualJudges = "rows with another number of judgments than three",
        /// A judgment without `language_identification`.
        NoLanguage = "judgments without a language",
        /// U+200B.
        ZeroWidthSpace = "utterances with U+200B, zero width space",
        /// U+200C.
        ZeroWidthNonJoiner = "utterances with U+200C, zero width non-joiner",
        /// U+200D.
        ZeroWidthJoiner = "utterances with U+200D, zero width joiner",
        /// U+200E.
        LeftToRightMark = "utterances with U+200E, left-to-right mark",
        /// U+200F.
        RightToLeftMark = "utterances with U+200F, right-to-left mark",
        /// U+2060.
        WordJoiner = "utterances with U+2060, word joiner",
        /// U+FEFF.
        ZeroWidthNoBreakSpace = "utterances with U+FEFF, zero width no-break space",
        /// A word that holds nothing but such characters.
        InvisibleWord = "utterances with a word that cannot be seen",
        /// `utt` is not in normal form C.
        NotNfc = "utterances that are not in Unicode's normal form C",
        /// A partition without rows of an intent that another one has.
        MissingIntent = "intents that a partition lacks",
        /// A locale that lacks an id that others have.
        MissingRow = "ids that a locale lacks",
        /// A row whose partition most locales do not share.
        OtherPartition = "rows in another partition than in most locales",
        /// A row whose intent most locales do not share.
        OtherIntent = "rows with another intent than in most locales",
        /// A slot that only one locale has for this id.
        LoneSlot = "slots that no other locale has",
        /// A text that the partition already had in this locale.
        RepeatedInPartition = "texts that occur again in their partition",
        /// A text that another partition already had in this locale.
        RepeatedAcrossPartitions = "texts that occur again in another partition",
    }
}

impl WarningKind {
    /// The kind of each of [`crate::words::ZERO_WIDTH`].
    pub(super) const ZERO_WIDTH: [WarningKind; 7] = [
        WarningKind::ZeroWidthSpace,
        WarningKind::ZeroWidthNonJoiner,
        WarningKind::ZeroWidthJoiner,
        WarningKind::LeftToRightMark,
        WarningKind::RightToLeftMark,
        WarningKind::WordJoiner,
        WarningKind::ZeroWidthNoBreakSpace,
    ];
}
