//! What a ranking is about, and which columns stand beside it.

use std::fmt;
use std::str::FromStr;

use massive_data::{Locale, LocaleSet};

use super::entry::Figures;
use crate::document::{Grouping, MetricValue, ScoreDocument};
use crate::error::{Error, Result};
use crate::metrics::Metric;

/// A set of utterances that scores are given for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// All utterances of all locales, pooled.
    All,
    /// The mean over the locales.
    Macro,
    /// One locale.
    Locale(Locale),
    /// A group of languages, pooled.
    Group(Grouping, String),
}

impl Scope {
    /// One metric of a score document.
    pub fn value(&self, score: &ScoreDocument, metric: Metric) -> Option<MetricValue> {
        match self {
            Scope::All => score.all.metric(metric),
            Scope::Macro => score.macro_.metric(metric),
            Scope::Locale(locale) => score.locales.get(locale.tag())?.metric(metric),
            Scope::Group(grouping, name) => {
                score.groups.get(grouping.name())?.get(name)?.scores.metric(metric)
            }
        }
    }

    pub(super) fn figures(&self, score: &ScoreDocument) -> Figures {
        Figures::of(|metric| self.value(score, metric))
    }

    /// The locales it is about, of those scored.
    pub(super) fn locales(&self, scored: LocaleSet) -> LocaleSet {
        match self {
            Scope::All | Scope::Macro => scored,
            Scope::Locale(locale) => LocaleSet::from_iter([*locale]),
            Scope::Group(grouping, name) => {
                scored.iter().filter(|&locale| grouping.of(locale) == name).collect()
            }
        }
    }

    /// All that a score document has scores for.
    pub(super) fn all_of(score: &ScoreDocument) -> Vec<Scope> {
        let mut scopes = vec![Scope::All, Scope::Macro];
        scopes.extend(
            score.locales.keys().filter_map(|tag| Locale::from_tag(tag)).map(Scope::Locale),
        );
        for grouping in Grouping::ALL {
            let groups = score.groups.get(grouping.name());
            scopes.extend(
                groups
                    .into_iter()
                    .flat_map(|groups| groups.keys())
                    .map(|name| Scope::Group(grouping, name.clone())),
            );
        }
        scopes
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::All => f.pad("all"),
            Scope::Macro => f.pad("macro"),
            Scope::Locale(locale) => f.pad(locale.tag()),
            Scope::Group(grouping, name) => f.pad(&format!("{grouping}:{name}")),
        }
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Scope> {
        match text {
            "all" => return Ok(Scope::All),
            "macro" => return Ok(Scope::Macro),
            _ => {}
        }
        let Some((feature, name)) = text.split_once(':') else {
            return Ok(Scope::Locale(text.parse::<Locale>()?));
        };
        let grouping: Grouping = feature.parse()?;
        let names: Vec<&str> = names_of(grouping);
        match names.iter().find(|known| **known == name) {
            Some(name) => Ok(Scope::Group(grouping, (*name).to_owned())),
            None => Err(Error::request(format!(
                "unknown {grouping} `{name}`: expected one of {}",
                names.join(", ")
            ))),
        }
    }
}

fn names_of(grouping: Grouping) -> Vec<&'static str> {
    let mut names: Vec<&str> =
        LocaleSet::RELEASE.iter().map(|locale| grouping.of(locale)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Columns that stand beside the three metrics: scores in the metric of the
/// ranking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// Every locale.
    Locales,
    /// Every group of languages by a feature.
    Groups(Grouping),
    /// One column.
    One(Scope),
}

impl Columns {
    /// The scopes, of all languages that MASSIVE has.
    pub fn scopes(&self) -> Vec<Scope> {
        match self {
            Columns::Locales => LocaleSet::RELEASE.iter().map(Scope::Locale).collect(),
            Columns::Groups(grouping) => names_of(*grouping)
                .into_iter()
                .map(|name| Scope::Group(*grouping, name.to_owned()))
                .collect(),
            Columns::One(scope) => vec![scope.clone()],
        }
    }
}

impl FromStr for Columns {
    type Err = Error;

    fn from_str(text: &str) -> Result<Columns> {
        if text == "locales" {
            return Ok(Columns::Locales);
        }
        match text.parse::<Grouping>() {
            Ok(grouping) => Ok(Columns::Groups(grouping)),
            Err(_) => text.parse().map(Columns::One),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        for text in ["all", "macro", "de-DE", "script:Latn", "order:unknown"] {
            assert_eq!(text.parse::<Scope>().unwrap().to_string(), text);
        }
        for (text, message) in [
            ("de-", "unknown locale `de-`"),
            ("script:Latin", "unknown script `Latin`: expected one of Arab"),
            ("colour:red", "unknown group `colour`"),
        ] {
            assert!(text.parse::<Scope>().unwrap_err().to_string().starts_with(message), "{text}");
        }
        assert_eq!("locales".parse::<Columns>().unwrap().scopes().len(), 52);
        assert!("family".parse::<Columns>().unwrap().scopes().len() > 5);
    }
}
