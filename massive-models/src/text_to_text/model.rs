//! A text-to-text model without its graphs: what all threads share.

use std::num::NonZeroUsize;
use std::sync::Arc;

use super::constraint::{Constraint, Plan};
use super::fault::Names;
use super::format::Format;
use super::reading::Reading;
use super::special_ids::{SpecialIds, unknown_id};
use crate::error::{Error, Result};
use crate::tokenize::{Sequence, Tokenizer};

/// How outputs are written and read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation {
    /// How many beams; 1 is greedy search. The reference uses 2.
    pub beams: NonZeroUsize,
    /// The most ids of an output, the end token included. What is longer is cut.
    pub max_new_tokens: usize,
    /// Whether only well-formed outputs can be written. They end by themselves,
    /// so `max_new_tokens` does not hold for them.
    pub constrained: bool,
    /// How outputs are read.
    pub reading: Reading,
    /// Whether greedy search computes probabilities too; beam search always does.
    pub scores: bool,
}

impl Default for Generation {
    /// Greedy search for up to 512 ids, the start included.
    fn default() -> Self {
        Generation {
            beams: NonZeroUsize::MIN,
            max_new_tokens: 511,
            constrained: false,
            reading: Reading::default(),
            scores: false,
        }
    }
}

/// A text-to-text model without its graphs.
#[derive(Debug)]
pub struct TextToText {
    pub(super) format: Format,
    pub(super) names: Names,
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) special: SpecialIds,
    pub(super) generation: Generation,
    pub(super) constraint: Option<Constraint>,
    pub(super) unknown: Option<u32>,
    max_length: usize,
}

impl TextToText {
    /// A model that reads at most `max_length` ids and writes in `format`;
    /// `names` are what it may write in a well-formed output.
    ///
    /// # Errors
    /// Constrained decoding is asked for, and the format or the tokenizer has no
    /// place for it.
    pub fn new(
        format: Format,
        names: Names,
        tokenizer: Arc<Tokenizer>,
        special: SpecialIds,
        generation: Generation,
        max_length: usize,
    ) -> Result<Self> {
        let unknown = unknown_id(&tokenizer);
        let mut model = TextToText {
            format,
            names,
            tokenizer,
            special,
            generation,
            constraint: None,
            unknown,
            max_length,
        };
        if generation.constrained {
            model.check_spelling()?;
            let spell = |word: &str| model.spell(word);
            let constraint = Constraint::new(&model.format, &model.names, &spell, special.end)?;
            model.constraint = Some(constraint);
        }
        Ok(model)
    }

    /// The format of its texts.
    pub fn format(&self) -> &Format {
        &self.format
    }

    /// What it may write.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// The ids of an utterance as the model reads it, prompt and sentinels
    /// included. [`Sequence::words`] counts the words that are read, too.
    ///
    /// # Errors
    /// Those of [`Tokenizer::encode`].
    pub fn encode(&self, words: &[&str]) -> Result<Sequence> {
        self.tokenizer.encode(&self.format.input(words), self.max_length)
    }

    /// The ids of a word in a text.
    fn spell(&self, word: &str) -> Result<Vec<u32>> {
        let mut ids = self.tokenizer.encode(&[word], usize::MAX)?.ids;
        ids.truncate(ids.len() - self.tokenizer.suffix().len());
        if ids.is_empty() || ids.iter().any(|&id| Some(id) == self.unknown) {
            return Err(Error::model(format!(
                "constrained decoding does not work with this tokenizer: it cannot write `{}`",
                word.escape_debug()
            )));
        }
        Ok(ids)
    }

    /// Checks that words have the same ids within a text as they have alone.
    fn check_spelling(&self) -> Result<()> {
        let names = || self.names.slots().iter().chain(self.names.intents()).map(String::as_str);
        let text = names().collect::<Vec<_>>().join(" ");
        let mut ids = Vec::new();
        for name in names() {
            ids.extend(self.spell(name)?);
        }
        if !text.is_empty() && self.spell(&text)? != ids {
            return Err(Error::model(
                "constrained decoding does not work with this tokenizer: a label has other ids \
                 within a text than alone",
            ));
        }
        Ok(())
    }

    /// What the constraint has for an utterance of this many words.
    pub(super) fn plan(&self, words: usize) -> Result<Option<Plan>> {
        let spell = |word: &str| self.spell(word);
        self.constraint.as_ref().map(|constraint| constraint.plan(words, &spell)).transpose()
    }

    /// The text of an output, without special ids, as the reference has it.
    pub(super) fn text(&self, ids: &[u32]) -> Result<String> {
        let ids: Vec<u32> = ids.iter().copied().filter(|&id| !self.is_special(id)).collect();
        let text = self.tokenizer.decode(&ids)?;
        Ok(match self.generation.reading {
            Reading::Compatible => joined_punctuation(text),
            Reading::Corrected => text,
        })
    }

    pub(super) fn is_special(&self, id: u32) -> bool {
        self.special.contains(id) || Some(id) == self.unknown
    }
}

/// English punctuation and contractions without the space before them, which
/// the reference's decoding takes away in every language.
fn joined_punctuation(mut text: String) -> String {
    for (apart, joined) in [
        (" .", "."),
        (" ?", "?"),
        (" !", "!"),
        (" ,", ","),
        (" ' ", "'"),
        (" n't", "n't"),
        (" 'm", "'m"),
        (" 's", "'s"),
        (" 've", "'ve"),
        (" 're", "'re"),
    ] {
        if text.contains(apart) {
            text = text.replace(apart, joined);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_is_joined_as_transformers_does() {
        let joined = |text: &str| joined_punctuation(text.to_owned());
        assert_eq!(joined("Other date alarm_set"), "Other date alarm_set");
        assert_eq!(joined("what 's up ? l ' heure , i do n't"), "what's up? l'heure, i don't");
    }
}
