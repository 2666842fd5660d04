//! What a tokenizer makes of each locale's text.

use std::collections::BTreeMap;

use massive_data::{Corpus, Error, Partition, Selection};
use massive_eval::toll::LocaleText;
use massive_models::tokenize::Tokenizer;

use crate::failure::Result;

/// More ids than any utterance has.
const LENGTH: usize = 4096;

/// Pieces and words by locale.
type Counts = BTreeMap<String, [u64; 2]>;

/// Pieces a word in the rows of `corpus`, and each locale's share of the pieces of the
/// train partition.
pub(super) fn of_locales(
    corpus: &Corpus,
    tokenizer: &Tokenizer,
) -> Result<BTreeMap<String, LocaleText>> {
    let here = counts(corpus, tokenizer)?;
    let selection = Selection { partition: Some(Partition::Train), ..corpus.selection().clone() };
    let train = counts(&corpus.clone().select(selection), tokenizer)?;
    let whole: u64 = train.values().map(|[pieces, _]| pieces).sum();
    let of = |locale: &String, [pieces, words]: [u64; 2]| LocaleText {
        pieces_per_word: pieces as f64 / words.max(1) as f64,
        train_share: train.get(locale).map(|[pieces, _]| *pieces as f64 / whole.max(1) as f64),
    };
    Ok(here.into_iter().map(|(locale, counts)| (locale.clone(), of(&locale, counts))).collect())
}

fn counts(corpus: &Corpus, tokenizer: &Tokenizer) -> Result<Counts> {
    let mut counts = Counts::new();
    corpus.for_each(
        |utterance| {
            let words: Vec<Box<str>> = utterance.words().into_iter().map(Box::from).collect();
            let sequence = tokenizer.encode(&words, LENGTH);
            let sequence = sequence.map_err(|error| Error::request(error.to_string()))?;
            let pieces = sequence.words.iter().flatten().count();
            Ok((utterance.locale(), [pieces as u64, words.len() as u64]))
        },
        |_, (locale, [pieces, words])| {
            let sums = counts.entry(locale.tag().to_owned()).or_default();
            sums[0] += pieces;
            sums[1] += words;
            Ok(())
        },
    )?;
    Ok(counts)
}
