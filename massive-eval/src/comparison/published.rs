//! Systems beside published figures, which have no predictions to be tested
//! against.

use serde::{Deserialize, Serialize};

use super::{CompareDocument, System};
use crate::document::ScoreOptions;
use crate::error::Result;
use crate::interval::Interval;
use crate::leaderboard::{Phase, Scope, Task, published_entries};
use crate::metrics::Metric;

/// Locales that a published average is over: those of release 1.0.
const LOCALES: u64 = 51;

/// A system's figure beside a published one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedDifference {
    /// The published system.
    pub published: String,
    /// Where it was published.
    pub source: String,
    /// How the figure was verified.
    pub provenance: String,
    /// What it is of: `all` or a locale.
    pub on: String,
    /// The metric.
    pub metric: String,
    /// The system compared here.
    pub system: String,
    /// The published figure, as precise as it was printed.
    pub baseline: f64,
    /// The figure of the system compared here.
    pub new: f64,
    /// New minus published. There is no test: nobody outside has the predictions.
    pub difference: f64,
}

impl CompareDocument {
    /// Holds each of `systems` against the verified figures that were published
    /// for the same partition: of the locales compared, and of `all` if it is over
    /// as many locales as theirs.
    ///
    /// # Errors
    /// Those of [`published_entries`].
    pub fn add_published(&mut self, systems: &[System<'_>]) -> Result<()> {
        let Some(phase) = Phase::ALL.into_iter().find(|phase| phase.partition() == self.partition)
        else {
            return Ok(());
        };
        let options = ScoreOptions { interval: Interval::None, ..ScoreOptions::default() };
        let documents: Vec<_> = systems
            .iter()
            .map(|system| (system.name, system.evaluation.document(&options)))
            .collect();
        for entry in published_entries()? {
            let Some(figures) = entry.published.as_ref() else { continue };
            let is_verified = figures.provenance.starts_with("verified");
            if entry.phase != phase || entry.task != Task::Full || !is_verified {
                continue;
            }
            for (on, scores) in &figures.scores {
                let scope: Scope = on.parse()?;
                for (system, document) in &documents {
                    if scope == Scope::All && document.coverage.locales_scored < LOCALES {
                        continue;
                    }
                    for metric in Metric::PAPER {
                        let (Some(published), Some(new)) =
                            (scores.metric(metric), scope.value(document, metric))
                        else {
                            continue;
                        };
                        self.published.push(PublishedDifference {
                            published: entry.name.clone(),
                            source: figures.source.clone(),
                            provenance: figures.provenance.clone(),
                            on: on.clone(),
                            metric: metric.name().to_owned(),
                            system: (*system).to_owned(),
                            baseline: published.value,
                            new: new.value,
                            difference: new.value - published.value,
                        });
                    }
                }
            }
        }
        Ok(())
    }
}
