//! An utterance as prompts and replies need it.

use massive_data::{LabelMode, Utterance};
use serde::{Deserialize, Serialize};

/// An utterance with its words, and its labels where it has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The locale's tag.
    pub locale: String,
    /// The id.
    pub id: String,
    /// What was said.
    pub text: String,
    /// The words, as the reference cuts them.
    pub words: Vec<String>,
    /// The labels, absent in rows without.
    pub gold: Option<RowGold>,
}

/// The labels of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowGold {
    /// The intent.
    pub intent: String,
    /// The text with its slots in brackets.
    pub annotation: String,
    /// A slot's name a word, `None` outside every slot.
    pub labels: Vec<Option<String>>,
    /// The slots, with their words as they stand in the text.
    pub slots: Vec<(String, String)>,
}

impl Row {
    /// The row of an utterance. Labels end where their bracket ends.
    pub fn of(utterance: &Utterance<'_>) -> Row {
        let words = utterance.words().into_iter().map(str::to_owned).collect();
        let gold = utterance.gold().map(|gold| RowGold {
            intent: gold.intent.to_string(),
            annotation: gold.annotation.to_string(),
            labels: utterance
                .labelled_words(LabelMode::Brackets)
                .unwrap_or_default()
                .into_iter()
                .map(|(_, label)| label.map(ToString::to_string))
                .collect(),
            slots: utterance
                .slots()
                .into_iter()
                .map(|slot| (slot.name.to_string(), slot.value.to_owned()))
                .collect(),
        });
        Row {
            locale: utterance.locale().to_string(),
            id: utterance.id().to_string(),
            text: utterance.utt().to_owned(),
            words,
            gold,
        }
    }
}

/// The names that intents and slots may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Intents, sorted.
    pub intents: Vec<String>,
    /// Slots, sorted.
    pub slots: Vec<String>,
}

impl Names {
    /// The names of the release.
    pub fn release() -> Names {
        use massive_data::labels::{Intents, SlotNames, Vocabulary};
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Names { intents: owned(Intents::NAMES), slots: owned(SlotNames::NAMES) }
    }
}
