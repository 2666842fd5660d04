//! Which rows of a corpus are wanted, and how much of each.

use crate::locale::Locale;
use crate::locale_filter::LocaleFilter;
use crate::partition::Partition;

/// Which rows of a corpus are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Rows of these locales.
    pub locales: LocaleFilter,
    /// Rows of this partition; of all where it is `None`.
    pub partition: Option<Partition>,
}

impl Selection {
    /// Every row.
    pub const ALL: Selection = Selection { locales: LocaleFilter::ALL, partition: None };

    /// True if a row of this locale and partition is wanted.
    pub fn contains(&self, locale: Locale, partition: Partition) -> bool {
        self.locales.contains(locale) && self.partition.is_none_or(|wanted| wanted == partition)
    }
}

/// How much of each row is wanted: a Parquet file then reads fewer columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// All of it.
    #[default]
    Everything,
    /// Text and labels: [`Gold::review`](crate::Gold::review) is `None`
    /// everywhere. Judgments and slot methods of JSON lines are still checked,
    /// those of a Parquet file are not even read.
    Labels,
}
