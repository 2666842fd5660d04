//! Hashes of features.
//!
//! A feature is a template with the text that fills it; it is known by a key of
//! 32 bits. Two features of one model share a key about once in ten thousand.

/// A hash being built. The same on every machine, since keys are saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hash(u64);

impl Hash {
    /// The start of a template's hashes.
    pub(crate) const fn template(number: u64) -> Self {
        Hash(number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// This hash and a number.
    #[inline]
    pub(crate) const fn with(self, number: u64) -> Self {
        let mixed = (self.0 ^ number).wrapping_mul(0xff51_afd7_ed55_8ccd);
        Hash(mixed ^ (mixed >> 32))
    }

    /// This hash and another.
    #[inline]
    pub(crate) const fn and(self, other: Hash) -> Self {
        self.with(other.0.rotate_left(17))
    }

    /// This hash and a character.
    #[inline]
    pub(crate) const fn char(self, character: char) -> Self {
        self.with(character as u64)
    }

    /// This hash and the characters of a text.
    #[inline]
    pub(crate) fn text(self, text: &str) -> Self {
        text.chars().fold(self, Hash::char)
    }

    /// The hash as a number.
    pub(crate) const fn value(self) -> u64 {
        self.0
    }

    /// The key in files and dictionaries.
    #[inline]
    pub(crate) const fn key(self) -> u32 {
        (self.0.wrapping_mul(0xc4ce_b9fe_1a85_ec53) >> 32) as u32
    }
}

/// A seeded shuffle of `order` (Fisher and Yates; xorshift64*).
pub(crate) fn shuffle(order: &mut [u32], seed: u64) {
    let mut state = Hash::template(seed).with(0x5eed).0 | 1;
    for last in (1..order.len()).rev() {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        let random = state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32;
        order.swap(last, ((random * (last as u64 + 1)) >> 32) as usize);
    }
}
