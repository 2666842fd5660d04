//! Bringing predicted labels onto the gold words.
//!
//! Models change characters but rarely the number of words; where they do, the
//! characters decide, and what cannot be aligned is counted, never hidden.

use massive_data::prediction::PredictedLabels;
use massive_data::words::{is_space, is_zero_width};
use massive_data::{SlotName, chunks};

/// How predicted labels came onto the gold words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Word by word: there are as many.
    ByPosition,
    /// By character: the texts agree but are cut differently.
    ByCharacter,
    /// Cut or padded with no slot, as the reference does: *misaligned*.
    Misaligned,
}

/// Characters that a reader does not see and models drop or add.
pub fn is_invisible(c: char) -> bool {
    is_space(c) || is_zero_width(c)
}

/// The label of each gold word according to a prediction, and how it was found.
pub fn align<'p>(
    gold_words: &[&str],
    predicted: &'p PredictedLabels<'_>,
) -> (Vec<Option<&'p SlotName>>, Alignment) {
    let labels = || predicted.labels.iter().map(Option::as_ref);
    if predicted.labels.len() == gold_words.len() {
        return (labels().collect(), Alignment::ByPosition);
    }
    if let Some(words) = &predicted.words
        && let Some(aligned) = by_character(gold_words, words, labels().collect())
    {
        return (aligned, Alignment::ByCharacter);
    }
    let fitted = labels().chain(std::iter::repeat(None)).take(gold_words.len()).collect();
    (fitted, Alignment::Misaligned)
}

fn by_character<'p>(
    gold_words: &[&str],
    words: &[&str],
    labels: Vec<Option<&'p SlotName>>,
) -> Option<Vec<Option<&'p SlotName>>> {
    // Which chunk each predicted word is in, so that an empty gold word knows
    // whether its neighbours are in the same one.
    let mut chunk_of = vec![None; words.len()];
    for (number, chunk) in chunks(labels.iter().copied()).enumerate() {
        chunk_of[chunk.first..=chunk.last].fill(Some((number, chunk.label)));
    }
    let visible =
        |word: &str| -> Vec<char> { word.chars().filter(|&c| !is_invisible(c)).collect() };
    let predicted: Vec<(char, usize)> = words
        .iter()
        .enumerate()
        .flat_map(|(index, word)| visible(word).into_iter().map(move |c| (c, index)))
        .collect();
    let chunk_at = |position: usize| predicted.get(position).and_then(|&(_, word)| chunk_of[word]);
    let mut position = 0;
    let mut aligned = Vec::with_capacity(gold_words.len());
    for word in gold_words {
        let characters = visible(word);
        let here = chunk_at(position);
        aligned.push(match (characters.is_empty(), position.checked_sub(1)) {
            (false, _) => here.map(|(_, label)| label),
            (true, Some(before)) if chunk_at(before) == here => here.map(|(_, label)| label),
            (true, _) => None,
        });
        for c in characters {
            if predicted.get(position).is_none_or(|&(found, _)| found != c) {
                return None;
            }
            position += 1;
        }
    }
    (position == predicted.len()).then_some(aligned)
}

#[cfg(test)]
mod tests {
    use massive_data::Segmentation;
    use massive_data::prediction::read_annotation;

    use super::*;

    fn aligned(gold: &str, annotation: &str) -> (String, Alignment) {
        let gold: Vec<&str> = gold.split(' ').collect();
        let predicted = read_annotation(annotation, Segmentation::WhiteSpace);
        let (labels, how) = align(&gold, &predicted);
        let labels: Vec<&str> =
            labels.into_iter().map(|label| label.map_or("-", SlotName::as_str)).collect();
        (labels.join(" "), how)
    }

    #[test]
    fn as_many_words_align_by_position_whatever_their_characters() {
        assert_eq!(
            aligned("a b c", "x [time : y z]"),
            ("- time time".into(), Alignment::ByPosition)
        );
    }

    #[test]
    fn equal_characters_align_by_character() {
        // split
        assert_eq!(aligned("abc d", "a [time : bc] d"), ("- -".into(), Alignment::ByCharacter));
        assert_eq!(aligned("abc d", "[time : a] bc d"), ("time -".into(), Alignment::ByCharacter));
        // joined
        assert_eq!(
            aligned("a b c", "[time : ab] c"),
            ("time time -".into(), Alignment::ByCharacter)
        );
        // invisible characters on either side
        assert_eq!(
            aligned("a\u{200b} b c", "[time : a] \u{feff}bc"),
            ("time - -".into(), Alignment::ByCharacter)
        );
    }

    #[test]
    fn an_empty_gold_word_takes_the_slot_around_it() {
        let zero = "\u{200b}";
        assert_eq!(
            aligned(&format!("a {zero} b"), "[time : a b]"),
            ("time time time".into(), Alignment::ByCharacter)
        );
        assert_eq!(
            aligned(&format!("a {zero} b"), "[time : a] [date : b]"),
            ("time - date".into(), Alignment::ByCharacter)
        );
        assert_eq!(
            aligned(&format!("{zero} a {zero}"), "[time : a]"),
            ("- time -".into(), Alignment::ByCharacter)
        );
        assert_eq!(aligned(zero, ""), ("-".into(), Alignment::ByCharacter));
    }

    #[test]
    fn the_rest_is_cut_or_padded_and_said_so() {
        assert_eq!(aligned("a b", "[time : x y z]"), ("time time".into(), Alignment::Misaligned));
        assert_eq!(aligned("a b", "[time : x]"), ("time -".into(), Alignment::Misaligned));
        assert_eq!(aligned("a b", ""), ("- -".into(), Alignment::Misaligned));
        // a prefix is not agreement
        assert_eq!(aligned("a b", "[time : a]"), ("time -".into(), Alignment::Misaligned));
        let labels_only =
            PredictedLabels { words: None, labels: vec![None], ..PredictedLabels::default() };
        assert_eq!(align(&["a", "b"], &labels_only), (vec![None, None], Alignment::Misaligned));
    }
}
