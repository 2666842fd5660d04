//! What a folder holds for a locale: a linear model, or a memory.

use crate::locale_model::{Labels, LocaleModel, Names, Workspace};
use crate::memory::locale_memory::{LocaleMemory, MemoryWorkspace};

/// What a folder holds for a locale.
#[derive(Debug, Clone, PartialEq)]
pub enum LocalePart {
    /// A linear model.
    Linear(Box<LocaleModel>),
    /// A memory.
    Memory(Box<LocaleMemory>),
}

/// What is used again from utterance to utterance.
#[derive(Debug, Default)]
pub(crate) struct PartWorkspace {
    linear: Workspace,
    memory: MemoryWorkspace,
}

impl LocalePart {
    /// What its numbers are called.
    pub fn names(&self) -> &Names {
        match self {
            LocalePart::Linear(model) => model.names(),
            LocalePart::Memory(memory) => memory.names(),
        }
    }

    /// The intent and slots of an utterance with these words, and the
    /// probabilities of all intents.
    pub(crate) fn predict<'a>(
        &self,
        text: &str,
        words: &[&str],
        space: &'a mut PartWorkspace,
    ) -> (Labels, &'a [f32]) {
        match self {
            LocalePart::Linear(model) => {
                let labels = model.predict(text, words, &mut space.linear);
                (labels, &space.linear.margins)
            }
            LocalePart::Memory(memory) => {
                let labels = memory.predict(text, words, &mut space.memory);
                (labels, &space.memory.shares)
            }
        }
    }
}
