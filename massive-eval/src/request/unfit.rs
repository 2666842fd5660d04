//! Finds the obstacles of an evaluation.

use std::collections::{BTreeMap, HashSet};

use massive_data::locale_choice::lacking_locales;
use massive_data::{ChosenLocales, Corpus, Locale, LocaleSet, Partition};

use crate::check::other_partitions;
use crate::comparison::{System, UnevenRow, uneven_rows, unpredicted_rows};
use crate::error::{Error, Result};
use crate::evaluation::{Evaluation, Problems};
use crate::submission::Submission;

use super::Obstacle;
use super::obstacle::UnknownRows;

/// Unknown ids that are looked at for a prefix.
const IDS: usize = 1000;

/// Fails if the corpus lacks a locale that was named, or has nothing at all.
pub(super) fn demand(
    locales: &ChosenLocales,
    evaluation: &Evaluation,
    partition: Partition,
) -> Result<()> {
    let unknown = evaluation.problems.unknown.len();
    Ok(locales.demand(&evaluation.locales(), partition, unknown, &evaluation.report)?)
}

/// Fails if the corpus, or what systems share of it, lacks a locale that was
/// named, or has nothing at all.
pub(super) fn demand_shared(
    locales: &ChosenLocales,
    baseline: &Evaluation,
    partition: Partition,
) -> Result<()> {
    if baseline.problems.left_out == 0 {
        return demand(locales, baseline, partition);
    }
    let found = baseline.locales();
    let lacking = locales.demanded.difference(&found);
    if !lacking.is_empty() {
        return Err(Error::request(format!("no row of {lacking} is predicted by all systems")));
    }
    if found.is_empty() {
        return Err(Error::request("no row is predicted by all systems"));
    }
    Ok(())
}

/// Why a submission cannot be scored, if it cannot; rows without a prediction are
/// a reason if `missing_stop`.
pub(super) fn obstacles(
    evaluation: &Evaluation,
    missing_stop: bool,
    corpus: &Corpus,
    submission: &Submission,
    partition: Partition,
) -> Result<Vec<Obstacle>> {
    let problems = &evaluation.problems;
    let mut found = Vec::new();
    if missing_stop && !problems.missing.is_empty() {
        let first = problems.missing.iter().take(Obstacle::LISTED).cloned().collect();
        found.push(Obstacle::Missing { first, count: problems.missing.len() });
    }
    if !problems.duplicate.is_empty() {
        let first = problems.duplicate.iter().take(Obstacle::LISTED).map(|&index| {
            (submission.predictions()[index].key.clone(), submission.place(index).to_string())
        });
        let count = problems.duplicate.len();
        found.push(Obstacle::Duplicate { first: first.collect(), count });
    }
    if !problems.unknown.is_empty() {
        let unknown = unknown_rows(evaluation, corpus, submission, partition)?;
        found.push(Obstacle::Unknown(unknown));
    }
    Ok(found)
}

fn unknown_rows(
    evaluation: &Evaluation,
    corpus: &Corpus,
    submission: &Submission,
    partition: Partition,
) -> Result<UnknownRows> {
    let problems = &evaluation.problems;
    let unknown = &problems.unknown;
    let elsewhere = other_partitions(corpus, submission, unknown)?;
    let key = |index: usize| &submission.predictions()[index].key;
    let first = unknown.iter().take(Obstacle::LISTED).map(|&index| {
        let place = submission.place(index).to_string();
        (key(index).clone(), place, elsewhere.get(key(index)).copied())
    });
    let first = first.collect();
    let mut partitions: Vec<Partition> = elsewhere.into_values().collect();
    partitions.sort_unstable();
    partitions.dedup();
    let of: LocaleSet = unknown.iter().map(|&index| key(index).0).collect();
    let lacking = of.difference(&evaluation.report.locales);
    Ok(UnknownRows {
        partition,
        first,
        count: unknown.len(),
        partitions,
        searched: corpus.rereadable(),
        lacking: (!lacking.is_empty())
            .then(|| lacking_locales(&lacking, &evaluation.report.locales, None)),
        id_pattern: id_pattern(problems, submission),
    })
}

/// A pattern for ids without the prefix that those of predictions have before
/// those of the corpus, or the other way round.
fn id_pattern(problems: &Problems, submission: &Submission) -> Option<String> {
    let missing: HashSet<String> = problems.missing.iter().map(|(_, id)| id.to_string()).collect();
    let ids = problems.unknown.iter().take(IDS);
    let unknown: HashSet<String> =
        ids.map(|&index| submission.predictions()[index].key.1.to_string()).collect();
    let with_prefix = |longer: &String, is_there: &HashSet<String>| {
        let marks = longer.char_indices().filter(|(_, c)| !c.is_alphanumeric());
        let mut prefixes = marks.map(|(at, mark)| &longer[..at + mark.len_utf8()]);
        prefixes.find(|prefix| is_there.contains(&longer[prefix.len()..])).map(str::to_owned)
    };
    let of_predictions = || unknown.iter().find_map(|id| with_prefix(id, &missing));
    let of_corpus = || missing.iter().find_map(|id| with_prefix(id, &unknown));
    let prefix = of_predictions().or_else(of_corpus)?;
    Some(format!("^{}(.*)$", regex::escape(&prefix)))
}

/// Why systems cannot be held against each other: the rows that some of them or all
/// of them lack.
pub(super) fn uneven(systems: &[System<'_>]) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let rows = uneven_rows(systems);
    if !rows.is_empty() {
        let name = |index: usize| systems[index].name.to_owned();
        let lacking =
            (0..systems.len()).map(|index| (name(index), lacking_by_locale(&rows, index)));
        let first = rows
            .iter()
            .take(Obstacle::LISTED)
            .map(|row| (row.key.clone(), row.lacking.iter().map(|&index| name(index)).collect()));
        found.push(Obstacle::Uneven {
            count: rows.len(),
            lacking: lacking.collect(),
            first: first.collect(),
        });
    }
    let rows = unpredicted_rows(systems);
    if !rows.is_empty() {
        let first = rows.iter().take(Obstacle::LISTED).cloned().collect();
        found.push(Obstacle::Unpredicted { first, count: rows.len() });
    }
    found
}

fn lacking_by_locale(uneven: &[UnevenRow], system: usize) -> BTreeMap<Locale, usize> {
    let mut counts = BTreeMap::new();
    for row in uneven.iter().filter(|row| row.lacking.contains(&system)) {
        *counts.entry(row.key.0).or_default() += 1;
    }
    counts
}
