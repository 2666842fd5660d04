//! Tags: what a slot is at its first word and at the words after it.
//!
//! 0 is no slot, `1..=n` begin the `n` slots, `n + 1..=2n` go on in them.

/// The tags of `n` slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tags(pub(crate) u16);

impl Tags {
    /// How many tags there are.
    pub(crate) fn count(self) -> usize {
        2 * usize::from(self.0) + 1
    }

    /// The tags of words with these slots (0, or 1 and the slot's number),
    /// where neighbours with one slot are one chunk.
    pub(crate) fn of(self, slots: &[u16]) -> Vec<u16> {
        let before = std::iter::once(&0).chain(slots);
        let tag = |(&slot, &before): (&u16, &u16)| match slot {
            0 => 0,
            slot if slot == before => slot + self.0,
            slot => slot,
        };
        slots.iter().zip(before).map(tag).collect()
    }

    /// The slot of a tag: 0, or 1 and the slot's number.
    pub(crate) fn slot(self, tag: u16) -> u16 {
        if tag > self.0 { tag - self.0 } else { tag }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_with_one_slot_are_one_chunk() {
        let tags = Tags(3);
        assert_eq!(tags.count(), 7);
        assert_eq!(tags.of(&[2, 2, 0, 3, 1, 1, 1]), [2, 5, 0, 3, 1, 4, 4]);
        let slots: Vec<u16> = tags.of(&[2, 2, 0, 3]).iter().map(|tag| tags.slot(*tag)).collect();
        assert_eq!(slots, [2, 2, 0, 3]);
    }
}
