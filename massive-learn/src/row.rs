//! A labelled row that a model is trained on.

/// An utterance with its intent and the slots of its words, as numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) text: String,
    /// The words; each as it stands in the utterance.
    pub(crate) word_list: Vec<String>,
    /// Number of the intent.
    pub(crate) intent: u16,
    /// For each word 0, or 1 and the number of its slot.
    pub(crate) slots: Vec<u16>,
}

impl Row {
    /// The words.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.word_list.iter().map(String::as_str).collect()
    }
}
