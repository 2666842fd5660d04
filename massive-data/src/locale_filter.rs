//! Choosing locales: by name, by pattern, all but some.

use std::fmt;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::language_facts::COUNT;
use crate::locale::{Locale, not_a_locale};
use crate::locale_set::LocaleSet;

/// Tags and globs that choose locales, such as `de-DE,zh-*,*-IN`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LocalePatterns {
    named: LocaleSet,
    globs: Vec<LocaleGlob>,
}

/// A glob over tags.
#[derive(Debug, Clone)]
struct LocaleGlob {
    text: String,
    matcher: globset::GlobMatcher,
}

impl PartialEq for LocaleGlob {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for LocaleGlob {}

impl LocaleGlob {
    fn new(text: &str) -> Result<LocaleGlob> {
        let matcher = globset::GlobBuilder::new(&text.replace('_', "-"))
            .case_insensitive(true)
            .build()
            .map_err(|error| {
                Error::request(format!("`{text}` is not a glob of locales")).with_source(error)
            })?
            .compile_matcher();
        Ok(LocaleGlob { text: text.to_owned(), matcher })
    }

    fn matches(&self, locale: Locale) -> bool {
        self.matcher.is_match(locale.tag())
    }
}

impl LocalePatterns {
    /// Reads a comma-separated list of tags and globs.
    ///
    /// # Errors
    /// A tag that is not well-formed (one that may have been meant is suggested),
    /// a malformed glob.
    pub fn parse(list: &str) -> Result<LocalePatterns> {
        let mut patterns = LocalePatterns::default();
        for pattern in list.split(',').map(str::trim) {
            if pattern.contains(['*', '?', '[', '{']) {
                patterns.globs.push(LocaleGlob::new(pattern)?);
            } else {
                let locale = Locale::from_tag(pattern);
                let unknown = || Error::request(not_a_locale(pattern));
                patterns.named.insert(locale.ok_or_else(unknown)?);
            }
        }
        Ok(patterns)
    }

    /// The locales that are named one by one.
    pub fn named(&self) -> &LocaleSet {
        &self.named
    }

    /// The first glob that matches neither a locale of the release nor one of
    /// these, if there is one: it is likely misspelled.
    pub fn unmatched(&self, found: &LocaleSet) -> Option<&str> {
        let known = found.union(&LocaleSet::RELEASE);
        let glob = self.globs.iter().find(|glob| !known.iter().any(|locale| glob.matches(locale)));
        glob.map(|glob| glob.text.as_str())
    }

    fn contains(&self, locale: Locale) -> bool {
        self.named.contains(locale) || self.globs.iter().any(|glob| glob.matches(locale))
    }

    fn all(&self) -> bool {
        self.globs.iter().any(|glob| glob.text == "*")
    }
}

/// Which locales are wanted, of those that there may be.
///
/// ```
/// use massive_data::{Locale, LocaleFilter};
///
/// let indian = LocaleFilter::from_patterns("*-IN")?;
/// assert!(indian.contains(Locale::HI_IN) && !indian.contains(Locale::UR_PK));
/// assert!(indian.contains("mr-IN".parse()?));
/// # Ok::<(), massive_data::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocaleFilter {
    /// The answers for the release, a bit a locale.
    release: u64,
    rule: Rule,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    All,
    Set(LocaleSet),
    Patterns(Arc<LocalePatterns>),
    Either(Arc<[Rule; 2]>),
    Without(Arc<[Rule; 2]>),
}

impl Rule {
    fn contains(&self, locale: Locale) -> bool {
        match self {
            Rule::All => true,
            Rule::Set(set) => set.contains(locale),
            Rule::Patterns(patterns) => patterns.contains(locale),
            Rule::Either(rules) => rules.iter().any(|rule| rule.contains(locale)),
            Rule::Without(rules) => rules[0].contains(locale) && !rules[1].contains(locale),
        }
    }

    /// All locales that it can contain, if they are known.
    fn candidates(&self) -> Option<LocaleSet> {
        match self {
            Rule::All => None,
            Rule::Set(set) => Some(set.clone()),
            Rule::Patterns(patterns) => patterns.globs.is_empty().then(|| patterns.named.clone()),
            Rule::Either(rules) => Some(rules[0].candidates()?.union(&rules[1].candidates()?)),
            Rule::Without(rules) if rules[1] == Rule::All => Some(LocaleSet::EMPTY),
            Rule::Without(rules) => rules[0].candidates(),
        }
    }
}

impl LocaleFilter {
    /// Every locale.
    pub const ALL: LocaleFilter = LocaleFilter { release: (1 << COUNT) - 1, rule: Rule::All };
    /// No locale.
    pub const NONE: LocaleFilter = LocaleFilter { release: 0, rule: Rule::Set(LocaleSet::EMPTY) };

    fn new(rule: Rule) -> LocaleFilter {
        let bits = Locale::RELEASE.into_iter().filter(|&locale| rule.contains(locale));
        let release = bits.fold(0, |bits, locale| bits | 1 << locale.index());
        LocaleFilter { release, rule }
    }

    /// The locales that a comma-separated list of tags and globs names, such as
    /// `de-DE,zh-*,*-IN`.
    ///
    /// # Errors
    /// Those of [`LocalePatterns::parse`].
    pub fn from_patterns(list: &str) -> Result<LocaleFilter> {
        LocalePatterns::parse(list).map(LocaleFilter::from)
    }

    /// True if `locale` is wanted.
    #[inline]
    pub fn contains(&self, locale: Locale) -> bool {
        if locale.in_release() {
            self.release & 1 << locale.index() != 0
        } else {
            self.rule.contains(locale)
        }
    }

    /// Those that either wants.
    #[must_use]
    pub fn union(self, other: LocaleFilter) -> LocaleFilter {
        LocaleFilter::new(Rule::Either(Arc::new([self.rule, other.rule])))
    }

    /// Those of this filter that `other` does not want.
    #[must_use]
    pub fn without(self, other: LocaleFilter) -> LocaleFilter {
        LocaleFilter::new(Rule::Without(Arc::new([self.rule, other.rule])))
    }

    /// True if it is certain that no locale is wanted.
    pub fn is_empty(&self) -> bool {
        let wanted = |set: LocaleSet| set.iter().any(|locale| self.contains(locale));
        self.rule.candidates().is_some_and(|candidates| !wanted(candidates))
    }

    /// Those of `set` that are wanted.
    pub fn of(&self, set: &LocaleSet) -> LocaleSet {
        set.iter().filter(|&locale| self.contains(locale)).collect()
    }
}

/// As it was asked for: tags and globs, `*` for all.
impl fmt::Display for LocaleFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.rule, f)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rule::All => f.write_str("*"),
            Rule::Set(set) => fmt::Display::fmt(set, f),
            Rule::Patterns(patterns) => {
                let mut texts: Vec<&str> = patterns.named.iter().map(Locale::tag).collect();
                texts.extend(patterns.globs.iter().map(|glob| glob.text.as_str()));
                f.write_str(&texts.join(", "))
            }
            Rule::Either(rules) => write!(f, "{}, {}", rules[0], rules[1]),
            Rule::Without(rules) => write!(f, "{} without ({})", rules[0], rules[1]),
        }
    }
}

impl Default for LocaleFilter {
    fn default() -> Self {
        LocaleFilter::ALL
    }
}

impl From<LocalePatterns> for LocaleFilter {
    fn from(patterns: LocalePatterns) -> Self {
        LocaleFilter::new(if patterns.all() {
            Rule::All
        } else {
            Rule::Patterns(Arc::new(patterns))
        })
    }
}

impl From<LocaleSet> for LocaleFilter {
    fn from(set: LocaleSet) -> Self {
        LocaleFilter::new(Rule::Set(set))
    }
}

impl FromIterator<Locale> for LocaleFilter {
    fn from_iter<I: IntoIterator<Item = Locale>>(locales: I) -> Self {
        LocaleSet::from_iter(locales).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(list: &str) -> LocaleFilter {
        LocaleFilter::from_patterns(list).unwrap()
    }

    fn release(filter: &LocaleFilter) -> String {
        filter.of(&LocaleSet::RELEASE).to_string()
    }

    #[test]
    fn patterns() {
        assert_eq!(release(&filter("zh-*, de-DE")), "de-DE, zh-CN, zh-TW");
        assert_eq!(release(&filter("ZH_*,de_de")), "de-DE, zh-CN, zh-TW");
        assert_eq!(filter("*"), LocaleFilter::ALL);
        let some = filter("zh-*,fr-FR,de-DE").without(filter("*-TW"));
        assert_eq!(some.to_string(), "de-DE, fr-FR, zh-* without (*-TW)");
        for (list, expected) in [
            ("zh-*,", "unknown locale ``"),
            ("german", "unknown locale `german`"),
            ("en-USA", "unknown locale `en-USA`: did you mean en-US?"),
            ("[", "`[` is not a glob of locales"),
        ] {
            let error = LocaleFilter::from_patterns(list).unwrap_err();
            assert!(error.to_string().starts_with(expected), "{error}");
            assert!(error.is_request());
        }
    }

    #[test]
    fn globs_match_whatever_there_is() {
        let marathi: Locale = "mr-IN".parse().unwrap();
        assert!(filter("*-IN").contains(marathi));
        assert!(!filter("*-IN").without(filter("mr-*")).contains(marathi));
        assert!(filter("de-DE").union(filter("mr-*")).contains(marathi));
        let patterns = LocalePatterns::parse("q*,*-IN").unwrap();
        assert_eq!(patterns.unmatched(&LocaleSet::RELEASE), Some("q*"));
        assert_eq!(patterns.unmatched(&["qaa".parse().unwrap()].into_iter().collect()), None);
    }

    #[test]
    fn a_filter_is_empty_where_nothing_can_be_left() {
        assert!(LocaleFilter::NONE.is_empty());
        assert!(filter("de-DE,gl-ES").without(filter("*-DE,gl-*")).is_empty());
        assert!(LocaleFilter::ALL.without(filter("*")).is_empty());
        assert!(!filter("de-DE,gl-ES").without(filter("*-DE")).is_empty());
        assert!(!LocaleFilter::ALL.without(LocaleSet::RELEASE.into()).is_empty());
    }
}
