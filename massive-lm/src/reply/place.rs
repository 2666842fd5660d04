//! Putting slots without positions on the words of an utterance.

use unicode_normalization::UnicodeNormalization;

/// Slots on words.
pub(super) struct Placed {
    pub(super) labels: Vec<Option<String>>,
    /// Slots whose words are nowhere.
    pub(super) unplaced: usize,
    /// Slots whose words stand there in another spelling only.
    pub(super) inexact: usize,
}

/// The ways of comparing, from the strictest on.
const FOLDS: [fn(&str) -> String; 3] = [
    |text| text.chars().filter(|c| !is_nothing(*c)).collect(),
    |text| text.chars().filter(|c| !is_nothing(*c)).flat_map(char::to_lowercase).collect(),
    |text| text.nfkc().filter(|c| !is_nothing(*c)).flat_map(char::to_lowercase).collect(),
];

/// White space and characters without width.
pub(super) fn is_nothing(c: char) -> bool {
    massive_data::words::is_space(c) || massive_data::words::is_zero_width(c)
}

/// Puts slots on words: the longest first, each on the first place that is free,
/// exact before another case before compatibility forms (NFKC) before a few
/// letters' difference.
pub(super) fn place(words: &[String], slots: &[(String, String)]) -> Placed {
    let mut placed = Placed { labels: vec![None; words.len()], unplaced: 0, inexact: 0 };
    let mut order: Vec<&(String, String)> =
        slots.iter().filter(|(_, value)| !value.chars().all(is_nothing)).collect();
    placed.unplaced = slots.len() - order.len();
    order.sort_by_key(|(_, value)| std::cmp::Reverse(value.chars().count()));
    for (name, value) in order {
        let exact = find(words, &placed.labels, value, FOLDS[0]);
        let place = exact.clone().or_else(|| {
            FOLDS[1..].iter().find_map(|fold| find(words, &placed.labels, value, *fold))
        });
        match place.or_else(|| nearest(words, &placed.labels, value)) {
            Some(range) => {
                placed.inexact += usize::from(exact.is_none());
                placed.labels[range].fill(Some(name.clone()));
            }
            None => placed.unplaced += 1,
        }
    }
    placed
}

/// The first free words that together are the value.
fn find(
    words: &[String],
    taken: &[Option<String>],
    value: &str,
    fold: fn(&str) -> String,
) -> Option<std::ops::Range<usize>> {
    let value = fold(value);
    let words: Vec<String> = words.iter().map(|word| fold(word)).collect();
    (0..words.len()).find_map(|first| {
        let mut rest = value.as_str();
        for last in first..words.len() {
            if taken[last].is_some() {
                return None;
            }
            rest = rest.strip_prefix(words[last].as_str())?;
            if rest.is_empty() {
                return Some(first..last + 1);
            }
        }
        None
    })
}

/// The free words nearest to the value, where a quarter of its letters at most
/// differs.
fn nearest(
    words: &[String],
    taken: &[Option<String>],
    value: &str,
) -> Option<std::ops::Range<usize>> {
    /// Longer values are no slots, and the distance takes the product of lengths.
    const LONGEST: usize = 100;
    let fold = FOLDS[2];
    let value = fold(value);
    let length = value.chars().count();
    if !(4..=LONGEST).contains(&length) {
        return None;
    }
    let words: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let mut best: Option<(usize, std::ops::Range<usize>)> = None;
    for first in 0..words.len() {
        let mut text = String::new();
        for last in first..words.len() {
            text.push_str(&words[last]);
            let count = text.chars().count();
            if taken[last].is_some() || count > length + length / 4 {
                break;
            }
            if count + length / 4 < length {
                continue;
            }
            let distance = strsim::levenshtein(&text, &value);
            if distance * 4 <= length && best.as_ref().is_none_or(|(least, _)| distance < *least) {
                best = Some((distance, first..last + 1));
            }
        }
    }
    best.map(|(_, range)| range)
}
