//! Finding a name among a few dozen with one comparison or two.

/// Places of the table; twice as many as it may have names, so that a search
/// ends soon.
const PLACES: usize = 256;

/// A place without a name.
const FREE: u8 = u8::MAX;

/// A fixed list of names, found by a hash that the compiler computed.
pub(crate) struct NameTable {
    names: &'static [&'static str],
    /// Indices of the names, each at the first free place from its hash on.
    places: [u8; PLACES],
}

impl NameTable {
    /// A table of at most 128 names.
    pub(crate) const fn new(names: &'static [&'static str]) -> Self {
        assert!(names.len() <= PLACES / 2, "too many names for the table");
        let mut places = [FREE; PLACES];
        let mut index = 0;
        while index < names.len() {
            let mut place = hash(names[index].as_bytes());
            while places[place] != FREE {
                place = (place + 1) % PLACES;
            }
            places[place] = index as u8;
            index += 1;
        }
        NameTable { names, places }
    }

    /// The index of a name in the list.
    pub(crate) fn find(&self, name: &str) -> Option<u8> {
        let mut place = hash(name.as_bytes());
        loop {
            let index = self.places[place];
            if index == FREE {
                return None;
            }
            if self.names[usize::from(index)] == name {
                return Some(index);
            }
            place = (place + 1) % PLACES;
        }
    }
}

/// A place for a name, from its length and its ends.
const fn hash(name: &[u8]) -> usize {
    let length = name.len();
    let mut value = length as u32;
    if length < 4 {
        let mut at = 0;
        while at < length {
            value = value << 8 | name[at] as u32;
            at += 1;
        }
    } else {
        let first = u32::from_le_bytes([name[0], name[1], name[2], name[3]]);
        let last = u32::from_le_bytes([
            name[length - 4],
            name[length - 3],
            name[length - 2],
            name[length - 1],
        ]);
        value = value.wrapping_mul(0x85eb_ca6b) ^ first.wrapping_mul(0xc2b2_ae35) ^ last;
    }
    // The highest bits depend on all others.
    (value.wrapping_mul(0x9e37_79b1) >> 24) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        const NAMES: &[&str] = &["", "a", "ab", "abc", "time", "time_zone", "timeofday", "zz"];
        let table = NameTable::new(NAMES);
        for (index, name) in NAMES.iter().enumerate() {
            assert_eq!(table.find(name), Some(index as u8), "{name}");
            assert_eq!(table.find(&format!("{name}x")), None, "{name}");
        }
    }
}
