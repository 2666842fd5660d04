//! From the keys of features to their numbers.

/// The features of a model: keys in ascending order, numbered from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dictionary {
    keys: Vec<u32>,
    /// Open addressing with linear probing. The keys stand here, too, so that one
    /// access to memory answers most questions.
    table: Vec<Slot>,
    shift: u32,
}

/// A place of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Slot {
    key: u32,
    /// The feature's number + 1, 0 where the place is free.
    number: u32,
}

impl Dictionary {
    /// The features with these keys, sorted and without repetition.
    pub(crate) fn new(keys: Vec<u32>) -> Self {
        debug_assert!(keys.is_sorted_by(|a, b| a < b));
        let bits = (keys.len() * 2).next_power_of_two().trailing_zeros().max(4);
        let shift = 32 - bits;
        let mut table = vec![Slot::default(); 1 << bits];
        let mask = table.len() - 1;
        for (number, &key) in (1..).zip(&keys) {
            let mut at = place(key, shift);
            while table[at].number != 0 {
                at = (at + 1) & mask;
            }
            table[at] = Slot { key, number };
        }
        Dictionary { keys, table, shift }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Their keys, in the order of their numbers.
    pub(crate) fn keys(&self) -> &[u32] {
        &self.keys
    }

    /// The number of a feature, if the model has it.
    #[inline]
    pub(crate) fn get(&self, key: u32) -> Option<u32> {
        let mask = self.table.len() - 1;
        let mut at = place(key, self.shift);
        loop {
            let slot = self.table[at];
            if slot.number == 0 {
                return None;
            }
            if slot.key == key {
                return Some(slot.number - 1);
            }
            at = (at + 1) & mask;
        }
    }
}

#[inline]
fn place(key: u32, shift: u32) -> usize {
    (key.wrapping_mul(0x9e37_79b1) >> shift) as usize
}
