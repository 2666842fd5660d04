//! Values of slots seen in the rows of a memory.

use std::collections::BTreeMap;

/// The most words of a value that is looked up.
const LONGEST: usize = 6;

/// How often runs of words were a value of each slot, and how often words stood
/// outside every slot.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Values {
    /// Slots of whole values, with their counts, and how often the words stand
    /// anywhere.
    whole: BTreeMap<String, (BTreeMap<u16, u32>, u32)>,
    /// Slots of single words, 0 outside.
    words: BTreeMap<String, BTreeMap<u16, u32>>,
    /// Slots that occur with an intent.
    intents: BTreeMap<(u16, u16), u32>,
}

/// A run of words that was a value before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Found {
    pub(crate) first: usize,
    pub(crate) last: usize,
    pub(crate) slot: u16,
    /// How often.
    pub(crate) count: u32,
}

/// A row as it is counted: words, slots and intent.
pub(crate) type CountedRow<'a> = (Vec<&'a str>, &'a [u16], u16);

impl Values {
    /// The values of rows.
    pub(crate) fn of(rows: &[CountedRow<'_>]) -> Self {
        let mut values = Values::default();
        for (words, slots, intent) in rows {
            values.add(words, slots, *intent);
        }
        for (words, ..) in rows {
            for first in 0..words.len() {
                for last in first..(first + LONGEST).min(words.len()) {
                    if let Some(value) = values.whole.get_mut(&words[first..=last].join(" ")) {
                        value.1 += 1;
                    }
                }
            }
        }
        values
    }

    /// Counts a row.
    fn add(&mut self, words: &[&str], slots: &[u16], intent: u16) {
        for (word, slot) in words.iter().zip(slots) {
            *self.words.entry((*word).to_owned()).or_default().entry(*slot).or_default() += 1;
        }
        let mut start = 0;
        for same in slots.chunk_by(|a, b| a == b) {
            let range = start..start + same.len();
            start = range.end;
            if same[0] == 0 {
                continue;
            }
            *self.intents.entry((intent, same[0])).or_default() += 1;
            if same.len() <= LONGEST {
                let value = words[range].join(" ");
                *self.whole.entry(value).or_default().0.entry(same[0]).or_default() += 1;
            }
        }
    }

    /// True if the slot was seen with the intent.
    pub(crate) fn fits(&self, intent: u16, slot: u16) -> bool {
        self.intents.contains_key(&(intent, slot))
    }

    /// How unlike the values of a slot a word is: 0 if it was always in it, 0.6
    /// if it was seen elsewhere only; 0.3 for a word never seen.
    pub(crate) fn strangeness(&self, word: &str, slot: u16) -> f32 {
        let Some(counts) = self.words.get(word) else { return 0.3 };
        let all: u32 = counts.values().sum();
        let inside = counts.get(&slot).copied().unwrap_or(0);
        0.6 * (1.0 - inside as f32 / all.max(1) as f32)
    }

    /// Values that fit the intent in an utterance, from left to right, the
    /// longest at each place; words that stand for something else more often than
    /// for the slot are none.
    pub(crate) fn find(&self, words: &[&str], intent: u16) -> Vec<Found> {
        let mut found = Vec::new();
        let mut first = 0;
        while first < words.len() {
            let last = (first + LONGEST).min(words.len());
            let longest =
                (first..last).rev().find_map(|last| self.value(words, first, last, intent));
            first = longest.map_or(first + 1, |value| value.last + 1);
            found.extend(longest);
        }
        found
    }

    fn value(&self, words: &[&str], first: usize, last: usize, intent: u16) -> Option<Found> {
        let (slots, everywhere) = self.whole.get(&words[first..=last].join(" "))?;
        let fitting = slots.iter().filter(|(slot, _)| self.fits(intent, **slot));
        let (&slot, &count) = fitting.max_by_key(|(slot, count)| (**count, u16::MAX - **slot))?;
        (2 * count >= *everywhere).then_some(Found { first, last, slot, count })
    }
}
