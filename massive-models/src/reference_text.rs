//! Words as the reference writes them: rebuilt from the pieces of the
//! vocabulary, not copied from the utterance.

use crate::tokenize::{Sequence, Tokenizer};

/// The mark of a word's start in a vocabulary.
const START: char = '▁';

/// The text of each word that has an id, rebuilt from its pieces.
///
/// The mark of the start is dropped; one inside is a zero-width space that the
/// normaliser took for a space, and becomes one again. A piece that is not in
/// the vocabulary reads `<unk>`. The result is normalised as the tokenizer
/// normalises, and a word without ids is `""`.
pub fn rebuilt_words(tokenizer: &Tokenizer, sequence: &Sequence, count: usize) -> Vec<String> {
    let mut words = vec![String::new(); count];
    for (&id, word) in sequence.ids.iter().zip(&sequence.words) {
        let Some(text) = word.and_then(|word| words.get_mut(word as usize)) else { continue };
        text.push_str(&tokenizer.piece(id).unwrap_or_default());
    }
    for word in &mut words {
        let text = word.strip_prefix(START).unwrap_or(word);
        *word = text.replace(START, "\u{200b}");
    }
    words
}
