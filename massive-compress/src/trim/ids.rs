//! Ids that are used, and ids that are kept.

/// Which ids of a vocabulary text uses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Used {
    pub(super) ids: Vec<bool>,
}

impl Used {
    /// Notes these ids.
    pub fn add(&mut self, ids: &[u32]) {
        for &id in ids {
            let id = id as usize;
            if id >= self.ids.len() {
                self.ids.resize(id + 1, false);
            }
            self.ids[id] = true;
        }
    }

    /// Whether an id was noted.
    pub fn contains(&self, id: u32) -> bool {
        self.ids.get(id as usize).copied().unwrap_or(false)
    }
}

/// What became of the ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The former ids that are kept, in order; each one's place is its new id.
    pub ids: Vec<u32>,
}

impl Kept {
    /// The new id of a former one.
    pub fn new_id(&self, id: u32) -> Option<u32> {
        self.ids.binary_search(&id).ok().map(|place| place as u32)
    }

    /// Whether all these ids are kept.
    pub fn has_all(&self, ids: &[u32]) -> bool {
        ids.iter().all(|&id| self.new_id(id).is_some())
    }
}
