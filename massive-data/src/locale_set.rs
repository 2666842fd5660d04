//! Sets of locales.

use std::collections::BTreeSet;
use std::fmt;

use crate::language_facts::COUNT;
use crate::locale::Locale;

/// A set of locales; it iterates in code-point order of their tags.
///
/// ```
/// use massive_data::{Locale, LocaleSet};
///
/// let mut set = LocaleSet::from_iter([Locale::ZH_TW, Locale::DE_DE]);
/// set.insert("gl-ES".parse()?);
/// assert_eq!(set.to_string(), "de-DE, gl-ES, zh-TW");
/// # Ok::<(), massive_data::Error>(())
/// ```
// Those of the release are bits, so that reading it counts them for nothing.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct LocaleSet {
    release: u64,
    others: BTreeSet<Locale>,
}

fn bit(locale: Locale) -> u64 {
    1 << locale.index()
}

impl LocaleSet {
    /// No locale.
    pub const EMPTY: LocaleSet = LocaleSet { release: 0, others: BTreeSet::new() };
    /// The 52 of release 1.1.
    pub const RELEASE: LocaleSet = LocaleSet { release: (1 << COUNT) - 1, others: BTreeSet::new() };

    /// Adds one; false if it was there.
    #[inline]
    pub fn insert(&mut self, locale: Locale) -> bool {
        if !locale.in_release() {
            return self.others.insert(locale);
        }
        let before = self.release;
        self.release |= bit(locale);
        self.release != before
    }

    /// True if `locale` is in the set.
    #[inline]
    pub fn contains(&self, locale: Locale) -> bool {
        if locale.in_release() {
            self.release & bit(locale) != 0
        } else {
            self.others.contains(&locale)
        }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.release.count_ones() as usize + self.others.len()
    }

    /// True if there is none.
    pub fn is_empty(&self) -> bool {
        self.release == 0 && self.others.is_empty()
    }

    /// Those in either.
    #[must_use]
    pub fn union(&self, other: &LocaleSet) -> LocaleSet {
        LocaleSet { release: self.release | other.release, others: &self.others | &other.others }
    }

    /// Those in both.
    #[must_use]
    pub fn intersection(&self, other: &LocaleSet) -> LocaleSet {
        LocaleSet { release: self.release & other.release, others: &self.others & &other.others }
    }

    /// Those of this set that are not in `other`.
    #[must_use]
    pub fn difference(&self, other: &LocaleSet) -> LocaleSet {
        LocaleSet { release: self.release & !other.release, others: &self.others - &other.others }
    }

    /// The locales in code-point order.
    pub fn iter(&self) -> impl Iterator<Item = Locale> + '_ {
        let mut release =
            Locale::RELEASE.into_iter().filter(|&locale| self.contains(locale)).peekable();
        let mut others = self.others.iter().copied().peekable();
        std::iter::from_fn(move || match (release.peek(), others.peek()) {
            (Some(one), Some(other)) if other < one => others.next(),
            (Some(_), _) => release.next(),
            (None, _) => others.next(),
        })
    }
}

impl Extend<Locale> for LocaleSet {
    fn extend<I: IntoIterator<Item = Locale>>(&mut self, locales: I) {
        for locale in locales {
            self.insert(locale);
        }
    }
}

impl FromIterator<Locale> for LocaleSet {
    fn from_iter<I: IntoIterator<Item = Locale>>(locales: I) -> Self {
        let mut set = LocaleSet::EMPTY;
        set.extend(locales);
        set
    }
}

impl fmt::Display for LocaleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, locale) in self.iter().enumerate() {
            write!(f, "{}{locale}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for LocaleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(tags: &[&str]) -> LocaleSet {
        tags.iter().map(|tag| tag.parse::<Locale>().unwrap()).collect()
    }

    #[test]
    fn the_release_is_all_of_its_locales() {
        assert_eq!(Locale::RELEASE.into_iter().collect::<LocaleSet>(), LocaleSet::RELEASE);
        assert_eq!(LocaleSet::RELEASE.len(), COUNT);
        assert!(!LocaleSet::RELEASE.contains("gl-ES".parse().unwrap()));
    }

    proptest! {
        /// As a set of tags, by definition.
        #[test]
        fn sets_do_what_sets_of_tags_do(
            one in prop::collection::btree_set(prop::sample::select(vec![
                "af-ZA", "de", "de-DE", "gl-ES", "hau-NG", "ja-JP", "nap", "zu-ZA",
            ]), 0..6),
            other in prop::collection::btree_set(prop::sample::select(vec![
                "af-ZA", "de", "de-DE", "gl-ES", "hau-NG", "ja-JP", "nap", "zu-ZA",
            ]), 0..6),
        ) {
            let tags = |set: &LocaleSet| set.iter().map(Locale::tag).collect::<Vec<_>>();
            let (a, b) = (
                set(&one.iter().copied().collect::<Vec<_>>()),
                set(&other.iter().copied().collect::<Vec<_>>()),
            );
            prop_assert_eq!(tags(&a), one.iter().copied().collect::<Vec<_>>());
            prop_assert_eq!(tags(&a.union(&b)), one.union(&other).copied().collect::<Vec<_>>());
            prop_assert_eq!(
                tags(&a.intersection(&b)),
                one.intersection(&other).copied().collect::<Vec<_>>()
            );
            prop_assert_eq!(
                tags(&a.difference(&b)),
                one.difference(&other).copied().collect::<Vec<_>>()
            );
            prop_assert_eq!((a.len(), a.is_empty()), (one.len(), one.is_empty()));
        }
    }
}
