//! Which utterances are run together, and how their predictions come back in order.
//!
//! A batch is filled up to its longest sequence, so utterances of like length
//! belong together. Sorting needs a window of utterances; the window is bounded,
//! and so is what waits for its turn to be written.

use std::collections::BTreeMap;

/// How large a batch may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchLimits {
    /// Utterances at most.
    pub rows: usize,
    /// The sum of lengths at most, filling up to the longest included, usually in
    /// token ids; one utterance may have more.
    pub length: usize,
}

impl BatchLimits {
    /// Cuts sequences of these lengths into batches, longest first: the places of
    /// each batch's sequences.
    ///
    /// The longest go first, so that memory runs out early if it does, and the
    /// last batch is a quick one.
    pub fn cut(&self, lengths: &[usize]) -> Vec<Vec<usize>> {
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&place| std::cmp::Reverse(lengths[place]));
        let mut batches = Vec::new();
        let mut rest = &order[..];
        while let Some(&first) = rest.first() {
            let fitting = self.length / lengths[first].max(1);
            let rows = fitting.min(self.rows).clamp(1, rest.len());
            let (batch, others) = rest.split_at(rows);
            batches.push(batch.to_vec());
            rest = others;
        }
        batches
    }
}

/// The windows in which utterances are sorted: small ones first, so that work
/// starts at once, and never more than `largest`.
#[derive(Debug, Clone)]
pub struct Windows {
    largest: usize,
    next: usize,
}

impl Windows {
    /// Windows of up to `largest` utterances.
    pub fn up_to(largest: usize) -> Self {
        Windows { largest: largest.max(1), next: largest.clamp(1, 256) }
    }
}

impl Iterator for Windows {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let size = self.next;
        self.next = (2 * size).min(self.largest);
        Some(size)
    }
}

/// Puts values that come in any order back into theirs.
#[derive(Debug)]
pub struct Reorder<T> {
    waiting: BTreeMap<u64, T>,
    next: u64,
}

impl<T> Default for Reorder<T> {
    fn default() -> Self {
        Reorder { waiting: BTreeMap::new(), next: 0 }
    }
}

impl<T> Reorder<T> {
    /// Takes a value with its number.
    pub fn insert(&mut self, number: u64, value: T) {
        self.waiting.insert(number, value);
    }

    /// The next value, if it has come.
    pub fn pop(&mut self) -> Option<T> {
        let value = self.waiting.remove(&self.next)?;
        self.next += 1;
        Some(value)
    }

    /// Values handed out.
    pub fn done(&self) -> u64 {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn windows_grow() {
        let windows: Vec<usize> = Windows::up_to(1000).take(5).collect();
        assert_eq!(windows, [256, 512, 1000, 1000, 1000]);
        assert_eq!(Windows::up_to(0).next(), Some(1));
    }

    proptest! {
        #[test]
        fn batches_hold_everything_once_and_keep_to_their_limits(
            lengths in prop::collection::vec(0usize..600, 0..200),
            rows in 0usize..70,
            length in 0usize..4000,
        ) {
            let limits = BatchLimits { rows, length };
            let batches = limits.cut(&lengths);
            let mut places: Vec<usize> = batches.concat();
            places.sort_unstable();
            prop_assert_eq!(places, (0..lengths.len()).collect::<Vec<_>>());
            for batch in batches {
                let longest = batch.iter().map(|&place| lengths[place]).max().unwrap();
                prop_assert!(batch.len() == 1 || batch.len() * longest <= length && batch.len() <= rows);
            }
        }

        #[test]
        fn order_is_restored(order in Just((0..50u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut reorder = Reorder::default();
            let mut seen = Vec::new();
            for number in order {
                reorder.insert(number, number);
                while let Some(value) = reorder.pop() {
                    seen.push(value);
                }
            }
            prop_assert_eq!(seen, (0..50).collect::<Vec<_>>());
        }
    }
}
