//! The names of intents and slots that a corpus has, beside the release's.

use std::collections::HashSet;

use massive_data::{Intent, SlotName};

use crate::row_counts::RowCounts;

/// The names in the gold of some rows.
#[derive(Debug, Default)]
pub(crate) struct KnownNames<'r> {
    intents: HashSet<&'r str>,
    slots: HashSet<&'r str>,
}

impl<'r> KnownNames<'r> {
    /// Those of these rows that the release lacks.
    pub(crate) fn of(rows: &'r [RowCounts]) -> Self {
        let mut names = KnownNames::default();
        for row in rows {
            if !row.intent.is_known() {
                names.intents.insert(row.intent.as_str());
            }
            let own = row.slot_counts.iter().filter(|one| one.gold > 0 && !one.slot.is_known());
            names.slots.extend(own.map(|one| one.slot.as_str()));
        }
        names
    }

    /// True for an intent that the rows have and the release lacks.
    pub(crate) fn has_intent(&self, name: &str) -> bool {
        self.intents.contains(name)
    }

    /// True for a slot that the rows have and the release lacks.
    pub(crate) fn has_slot(&self, name: &str) -> bool {
        self.slots.contains(name)
    }

    /// The intent of the release or of the rows that another spelling of its name
    /// means.
    pub(crate) fn intent_meant(&self, name: &str) -> Option<String> {
        meant(name, &self.intents, |name| Intent::known(name).is_some())
    }

    /// The slot of the release or of the rows that another spelling of its name
    /// means.
    pub(crate) fn slot_meant(&self, name: &str) -> Option<String> {
        meant(name, &self.slots, |name| SlotName::known(name).is_some())
    }
}

fn meant(name: &str, names: &HashSet<&str>, in_release: impl Fn(&str) -> bool) -> Option<String> {
    let flat = flat(name);
    if in_release(&flat) {
        return Some(flat);
    }
    let mut same: Vec<&&str> = names.iter().filter(|known| self::flat(known) == flat).collect();
    same.sort();
    same.first().map(|known| (**known).to_owned())
}

/// A name without its case, with one kind of separator.
fn flat(name: &str) -> String {
    name.trim().to_lowercase().replace([' ', ':', '.', '-', '/'], "_")
}
