//! Published results, as entries of a leaderboard.
//!
//! They were read, not computed: nobody outside has the predictions. The figures
//! are facts of the papers that each row of `published.tsv` names, in per cent as
//! printed there, with how they were verified. Pooled averages were published
//! for the full task only.

use std::collections::BTreeMap;

use super::entry::{ENTRY_FORMAT, Entry, Figure, Figures, Link, Model, Published};
use crate::document::Tool;
use crate::error::{Error, Result};

const TABLE: &str = include_str!("published.tsv");

/// A line of the table: a figure, and of what.
struct Line<'t> {
    name: &'t str,
    system: &'t str,
    team: &'t str,
    date: &'t str,
    task: &'t str,
    phase: &'t str,
    family: &'t str,
    metric: &'t str,
    locale: &'t str,
    value: &'t str,
    /// Half of its interval, if it has one.
    half: &'t str,
    provenance: &'t str,
    source: &'t str,
}

impl<'t> Line<'t> {
    /// The fields of a line, if there are as many as there should be.
    fn read(line: &'t str) -> Option<Self> {
        let fields: Vec<&str> = line.split('\t').collect();
        let fields = <[&str; 13]>::try_from(fields).ok()?;
        let [name, system, team, date, task, phase, family, ..] = fields;
        let [.., metric, locale, value, half, provenance, source] = fields;
        Some(Line {
            name,
            system,
            team,
            date,
            task,
            phase,
            family,
            metric,
            locale,
            value,
            half,
            provenance,
            source,
        })
    }

    /// The entry that the figure is of, without figures.
    fn entry(&self) -> Result<Entry> {
        let family = (!self.family.is_empty()).then(|| self.family.parse()).transpose()?;
        Ok(Entry {
            format: ENTRY_FORMAT.to_owned(),
            tool: Tool::this(),
            name: self.name.to_owned(),
            system: (!self.system.is_empty()).then(|| self.system.to_owned()),
            team: Some(self.team.to_owned()),
            date: self.date.parse()?,
            task: self.task.parse()?,
            phase: self.phase.parse()?,
            model: Model { family, parameters: None },
            data: Vec::new(),
            trained_on_evaluation_rows: None,
            links: link(self.source).into_iter().collect(),
            report: None,
            predictions: Vec::new(),
            score: None,
            published: Some(Published {
                source: self.source.to_owned(),
                provenance: self.provenance.to_owned(),
                scores: BTreeMap::new(),
            }),
        })
    }

    /// The figure; else what is unfit.
    fn figure(&self) -> std::result::Result<Figure, &'static str> {
        let value = fraction(self.value).ok_or("the value")?;
        let ci95 = match self.half {
            "" => None,
            half => {
                let half = fraction(half).ok_or("the interval")?;
                Some([rounded(value - half), rounded(value + half)])
            }
        };
        Ok(Figure { value, ci95 })
    }
}

/// The published results, in the order of their papers.
///
/// # Errors
/// None as long as the table is what it is.
pub fn published_entries() -> Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = Vec::new();
    for (number, line) in TABLE.lines().enumerate().skip(1) {
        let broken = |what: &str| {
            Error::request(format!("published results, line {}: {what} is unfit", number + 1))
        };
        let line = Line::read(line).ok_or_else(|| broken("the number of fields"))?;
        if entries.iter().all(|entry| entry.name != line.name) {
            entries.push(line.entry()?);
        }
        let entry = entries.iter_mut().find(|entry| entry.name == line.name);
        let Some(published) = entry.and_then(|entry| entry.published.as_mut()) else {
            return Err(broken("the name"));
        };
        // An entry is as well verified as the least of its figures: those at
        // second hand say so, which makes them longer.
        if line.provenance.len() > published.provenance.len() {
            published.provenance = line.provenance.to_owned();
        }
        let figure = line.figure().map_err(broken)?;
        let figures: &mut Figures = published.scores.entry(line.locale.to_owned()).or_default();
        figures.set(line.metric.parse()?, figure);
    }
    Ok(entries)
}

/// Per cent as printed, as a fraction that prints back the same digits.
fn fraction(per_cent: &str) -> Option<f64> {
    format!("{per_cent}e-2").parse().ok()
}

/// A fraction with as many digits as figures are printed with.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

fn link(source: &str) -> Option<Link> {
    let (_, rest) = source.split_once("arXiv ")?;
    let number = rest.split(',').next()?;
    Some(Link { title: source.to_owned(), url: format!("https://arxiv.org/abs/{number}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::leaderboard::{Task, slug};
    use crate::metrics::Metric;

    #[test]
    fn figures_are_those_of_the_papers() {
        let entries = published_entries().unwrap();
        let find = |name: &str| {
            let entry = entries.iter().find(|entry| entry.name == name).unwrap();
            entry.published.as_ref().unwrap()
        };
        let t2t = find("mT5-T2T (MASSIVE paper)");
        let all: Vec<f64> =
            Metric::PAPER.map(|metric| t2t.scores["all"].metric(metric).unwrap().value).into();
        assert_eq!(all, [0.853, 0.768, 0.666]);
        let intent = t2t.scores["en-US"].metric(Metric::IntentAccuracy).unwrap();
        assert_eq!((intent.value, intent.ci95), (0.879, Some([0.867, 0.891])));
        assert!(entries.iter().all(|entry| {
            let published = entry.published.as_ref().unwrap();
            published.provenance.starts_with("verified") && !published.source.is_empty()
        }));
        // Pooled averages exist for the full task only.
        assert!(entries.iter().all(|entry| {
            entry.task == Task::Full
                || !entry.published.as_ref().unwrap().scores.contains_key("all")
        }));
        let mut slugs: Vec<String> = entries.iter().map(|entry| slug(&entry.name)).collect();
        slugs.sort();
        slugs.dedup();
        assert_eq!(slugs.len(), entries.len());
    }
}
