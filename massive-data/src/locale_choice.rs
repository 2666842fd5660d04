//! The locales that somebody asks for, by name, by pattern, or by saying nothing.

use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::locale_filter::{LocaleFilter, LocalePatterns};
use crate::locale_set::LocaleSet;
use crate::partition::Partition;
use crate::read_report::ReadReport;

/// Which locales are asked for.
#[derive(Debug, Clone, Default)]
pub struct LocaleChoice {
    /// By name or glob; `None` leaves it to who is asked.
    pub included: Option<LocalePatterns>,
    /// Those that are left out of them.
    pub excluded: Option<LocaleFilter>,
}

/// The locales that were asked for.
#[derive(Debug, Clone)]
pub struct ChosenLocales {
    /// All of them.
    pub set: LocaleFilter,
    /// Those that a corpus must have, since they were named one by one.
    pub demanded: LocaleSet,
    /// As they were asked for.
    patterns: LocalePatterns,
}

impl LocaleChoice {
    /// These locales, each of which a corpus must have.
    ///
    /// # Errors
    /// None for locales of the release; a tag that is none.
    pub fn all_of(locales: &LocaleSet) -> Result<LocaleChoice> {
        let tags: Vec<&str> = locales.iter().map(|locale| locale.tag()).collect();
        let included = Some(LocalePatterns::parse(&tags.join(","))?);
        Ok(LocaleChoice { included, excluded: None })
    }

    /// True if locales are asked for, so that there is no need of a default.
    pub fn is_explicit(&self) -> bool {
        self.included.is_some()
    }

    /// The locales asked for, by default these.
    ///
    /// # Errors
    /// No locale is left.
    pub fn chosen(&self, default: LocaleFilter) -> Result<ChosenLocales> {
        let mut chosen = match &self.included {
            None => ChosenLocales::of(default),
            Some(patterns) => ChosenLocales {
                set: patterns.clone().into(),
                demanded: patterns.named().clone(),
                patterns: patterns.clone(),
            },
        };
        if let Some(excluded) = &self.excluded {
            let kept = chosen.demanded.iter().filter(|&locale| !excluded.contains(locale));
            chosen.demanded = kept.collect();
            chosen.set = chosen.set.without(excluded.clone());
        }
        if chosen.set.is_empty() {
            return Err(Error::request(
                "no locale is left to look at; name more locales (option locales) or leave out \
                 fewer (option exclude-locales)",
            ));
        }
        Ok(chosen)
    }
}

impl ChosenLocales {
    /// Locales that nobody named.
    pub fn of(set: LocaleFilter) -> Self {
        ChosenLocales { set, demanded: LocaleSet::EMPTY, patterns: LocalePatterns::default() }
    }

    /// What is misspelled in words, going by the locales that a corpus has: a
    /// pattern that matches nothing.
    pub fn misspelled(&self, corpus: &LocaleSet) -> Option<String> {
        let glob = self.patterns.unmatched(corpus)?;
        Some(format!("no locale matches `{glob}`; the corpus has {corpus}"))
    }

    /// Fails if a corpus, read as `report` says, lacks a locale that was named, or
    /// has nothing at all: no rows of `found` locales, and no rows that were asked
    /// for in vain, of which there were so many `unknown`.
    ///
    /// # Errors
    /// What is lacking, and which locales of the corpus may have been meant.
    pub fn demand(
        &self,
        found: &LocaleSet,
        partition: Partition,
        unknown: usize,
        report: &ReadReport,
    ) -> Result<()> {
        if report.locales.is_empty() {
            return Err(Error::request("the corpus has no rows at all"));
        }
        let lacking = self.demanded.difference(found);
        if !lacking.is_empty() {
            return Err(Error::request(lacking_locales(
                &lacking,
                &report.locales,
                Some(partition),
            )));
        }
        if let Some(message) = self.misspelled(&report.locales) {
            return Err(Error::request(message));
        }
        if found.is_empty() && unknown == 0 {
            return Err(Error::request(format!(
                "the corpus has no rows of these locales in partition {partition}"
            )));
        }
        Ok(())
    }
}

/// Says that a corpus has no rows of some locales, and which of its own may have
/// been meant.
pub fn lacking_locales(
    lacking: &LocaleSet,
    corpus: &LocaleSet,
    partition: Option<Partition>,
) -> String {
    let place = partition.map(|partition| format!(" in partition {partition}")).unwrap_or_default();
    // Whoever names a locale of the release means it.
    let meant: LocaleSet = lacking
        .iter()
        .filter(|locale| !locale.in_release())
        .filter_map(|locale| Locale::suggest(locale.tag(), corpus.iter()))
        .collect();
    let hint = if meant.is_empty() { String::new() } else { format!("; did you mean {meant}?") };
    format!("the corpus has no rows of {lacking}{place}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_is_demanded_unless_it_is_left_out() {
        let choice = LocaleChoice {
            included: Some(LocalePatterns::parse("en-US,de-*,sw-KE").unwrap()),
            excluded: Some(LocaleFilter::from_patterns("sw-*").unwrap()),
        };
        let chosen = choice.chosen(LocaleFilter::ALL).unwrap();
        assert_eq!(chosen.demanded, [Locale::EN_US].into_iter().collect());
        let tagged = |tag| chosen.set.contains(Locale::from_tag(tag).unwrap());
        assert!(tagged("de-DE") && tagged("en-US"));
        assert!(!tagged("sw-KE") && !tagged("fr-FR"));
    }

    #[test]
    fn nothing_asked_is_the_default_and_demands_nothing() {
        let default: LocaleFilter = [Locale::EN_US].into_iter().collect();
        let chosen = LocaleChoice::default().chosen(default).unwrap();
        assert!(chosen.set.contains(Locale::EN_US));
        assert!(chosen.demanded.is_empty());
    }

    #[test]
    fn leaving_out_everything_is_refused() {
        let excluded = Some(LocaleFilter::from_patterns("en-*").unwrap());
        let choice = LocaleChoice { included: None, excluded };
        let default: LocaleFilter = [Locale::EN_US].into_iter().collect();
        assert!(choice.chosen(default).unwrap_err().message().contains("no locale is left"));
    }
}
