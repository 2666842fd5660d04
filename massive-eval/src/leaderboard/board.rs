//! The board document: who ranks where among those that compare. Its schema is
//! `schemas/leaderboard.schema.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::date::Date;
use super::defect::DefectKind;
use super::entry::{Entry, Figure, Figures, Link, Model, Phase, Task};
use super::folder::{EntryFile, Folder};
use super::history::{Standings, standings};
use super::paired::{Outcomes, PairedTests};
use super::ranking::{RankRange, TiesBy, rank};
use super::rules::{Rule, RuleState, rules_of};
use super::scope::Scope;
use super::verification::{EvidenceByEntry, Unverified, Verification};
use crate::document::{MetricValue, Tool};
use crate::metrics::Metric;
use crate::signature::{Signature, SignatureDifference};

/// The format that this version writes.
pub const BOARD_FORMAT: &str = "massive-leaderboard/1";

/// A whole leaderboard. Values are fractions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// [`BOARD_FORMAT`].
    pub format: String,
    /// What wrote it.
    pub tool: Tool,
    /// The title for readers.
    pub title: String,
    /// The metric that ranks.
    pub metric: String,
    /// What it is taken on: `all`, `macro`, a locale or a group of languages.
    pub on: String,
    /// The columns asked for, as scopes.
    pub columns: Vec<String>,
    /// What became of entries that are not verified.
    pub unverified: Unverified,
    /// What it was made from: a digest over the entries and their reports.
    pub entries_digest: String,
    /// The rankings; entries of two of them do not compare.
    pub groups: Vec<Group>,
    /// Results that were published and not computed anew; they have no rank.
    pub published: Vec<PublishedRow>,
    /// Files of the folder that are no entries and were left alone.
    pub unrelated: Vec<String>,
}

/// Entries that compare, ranked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The task.
    pub task: Task,
    /// The phase.
    pub phase: Phase,
    /// How many locales were scored.
    pub locales: u64,
    /// How many utterances.
    pub utterances: u64,
    /// What the signatures of all have in common: all but the version.
    pub signature: String,
    /// Where it differs from that of the first group.
    pub differences: Vec<SignatureDifference>,
    /// Its entries break a rule of the competition.
    pub breaks_rules: bool,
    /// What tells its entries apart.
    pub ties_by: TiesBy,
    /// The entries, best first; those without a rank last.
    pub entries: Vec<RankedRow>,
    /// Who led when.
    pub history: Vec<Standings>,
}

/// What is told of an entry whatever its scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListedEntry {
    /// Its file without extension.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// The system, in a few words.
    pub system: Option<String>,
    /// Who submitted it.
    pub team: Option<String>,
    /// When.
    pub date: Date,
    /// The model.
    pub model: Model,
    /// Public data that it was made with.
    pub data: Vec<String>,
    /// Where to read more.
    pub links: Vec<Link>,
    /// Its report: an address, or a path from the folder of the entries.
    pub report: Option<String>,
}

/// An entry in a ranking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankedRow {
    /// What it is.
    #[serde(flatten)]
    pub entry: ListedEntry,
    /// Whether its predictions gave its score.
    #[serde(flatten)]
    pub verification: Verification,
    /// Where it stands; `None` without a value, or if it is not verified and only
    /// what is verified is ranked.
    pub standing: Option<Standing>,
    /// The rules and whether it keeps them.
    pub rules: Vec<Rule>,
    /// Its whole signature.
    pub signature: Signature,
    /// Its scores, by scope: `all`, `macro`, locales, groups of languages.
    pub scores: BTreeMap<String, Figures>,
}

/// Where an entry stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Its place by the value alone; equal values share one.
    pub place: u64,
    /// The ranks that it may have, ties considered.
    pub rank: RankRange,
    /// The value.
    #[serde(flatten)]
    pub value: Figure,
}

/// A published result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedRow {
    /// What it is.
    #[serde(flatten)]
    pub entry: ListedEntry,
    /// The task.
    pub task: Task,
    /// The phase.
    pub phase: Phase,
    /// Where it was published.
    pub source: String,
    /// How the figures were verified.
    pub provenance: String,
    /// Whether they are those that this version knows.
    #[serde(flatten)]
    pub verification: Verification,
    /// Its figures, by `all` or a locale.
    pub scores: BTreeMap<String, Figures>,
}

/// How a board is made.
#[derive(Debug, Clone)]
pub struct BoardOptions {
    /// The title for readers.
    pub title: String,
    /// The metric that ranks.
    pub metric: Metric,
    /// What it is taken on.
    pub on: Scope,
    /// The columns asked for.
    pub columns: Vec<Scope>,
    /// What becomes of entries that are not verified.
    pub unverified: Unverified,
}

impl Board {
    /// Makes a board of the entries of a folder and what is known of them beside
    /// their files. Entries that break a rule are in rankings of their own.
    pub fn new(folder: &Folder, options: &BoardOptions, evidence: &EvidenceByEntry) -> Board {
        let mut by_kind: BTreeMap<(Phase, Task, bool, String), Vec<&EntryFile>> = BTreeMap::new();
        let mut published: Vec<PublishedRow> = Vec::new();
        for file in &folder.entries {
            match &file.entry.score {
                Some(score) => {
                    let breaks = breaks_rules(&file.entry);
                    let signature = score.signature.without_version();
                    let kind = (file.entry.phase, file.entry.task, breaks, signature);
                    by_kind.entry(kind).or_default().push(file);
                }
                None => published.extend(published_row(folder, file)),
            }
        }
        sort_published(&mut published, options);
        let mut groups: Vec<Group> = by_kind
            .into_iter()
            .map(|((phase, task, breaks, signature), files)| Group {
                breaks_rules: breaks,
                ..group(folder, options, evidence, (phase, task), &signature, &files)
            })
            .collect();
        sort_groups(&mut groups);
        compare_signatures(&mut groups);
        Board {
            format: BOARD_FORMAT.to_owned(),
            tool: Tool::this(),
            title: options.title.clone(),
            metric: options.metric.name().to_owned(),
            on: options.on.to_string(),
            columns: options.columns.iter().map(Scope::to_string).collect(),
            unverified: options.unverified,
            entries_digest: folder.digest(),
            groups,
            published,
            unrelated: folder
                .defects
                .iter()
                .filter(|defect| defect.kind == DefectKind::UnrelatedFile)
                .map(|defect| defect.file.clone())
                .collect(),
        }
    }
}

/// Sorts published results by phase and task, and by what ranks, the best first.
fn sort_published(rows: &mut [PublishedRow], options: &BoardOptions) {
    let value = |row: &PublishedRow| {
        let figures = row.scores.get(&options.on.to_string())?;
        figures.metric(options.metric).map(|value| value.value)
    };
    rows.sort_by(|a, b| {
        (a.phase, a.task)
            .cmp(&(b.phase, b.task))
            .then(value(b).unwrap_or(-1.0).total_cmp(&value(a).unwrap_or(-1.0)))
            .then_with(|| a.entry.slug.cmp(&b.entry.slug))
    });
}

/// Sorts rankings: the largest of a task and phase comes first.
fn sort_groups(groups: &mut [Group]) {
    let ranked =
        |group: &Group| group.entries.iter().filter(|entry| entry.standing.is_some()).count();
    groups.sort_by(|a, b| {
        (a.phase, a.task, a.breaks_rules)
            .cmp(&(b.phase, b.task, b.breaks_rules))
            .then_with(|| ranked(b).cmp(&ranked(a)))
            .then(b.entries.len().cmp(&a.entries.len()))
            .then_with(|| a.signature.cmp(&b.signature))
    });
}

/// Says of each ranking where its signature differs from that of the first.
fn compare_signatures(groups: &mut [Group]) {
    let signature = |group: &Group| Some(group.entries.first()?.signature.clone());
    let first = groups.first().and_then(signature);
    for group in groups.iter_mut().skip(1) {
        let differences = signature(group).zip(first.as_ref());
        group.differences =
            differences.map_or_else(Vec::new, |(here, first)| here.differences(first));
    }
}

/// Whether an entry breaks a rule of the competition.
fn breaks_rules(entry: &Entry) -> bool {
    rules_of(entry).iter().any(|rule| rule.state == RuleState::Broken)
}

/// The values that rank; `None` of an entry without one, or that is not ranked.
fn ranking_values(
    options: &BoardOptions,
    evidence: &EvidenceByEntry,
    files: &[&EntryFile],
) -> Vec<Option<MetricValue>> {
    files
        .iter()
        .map(|file| {
            let ranked = options.unverified == Unverified::Show
                || evidence.get(&file.slug).is_some_and(|known| known.verification.verified);
            let score = file.entry.score.as_ref().filter(|_| ranked)?;
            options.on.value(score, options.metric)
        })
        .collect()
}

/// What tells entries apart, of which so many `pairs` differ and so many were
/// `tested`.
fn ties_by(values: &[Option<MetricValue>], pairs: usize, tested: usize) -> TiesBy {
    if values.iter().flatten().all(|value| value.ci95.is_none()) {
        TiesBy::Nothing
    } else if tested == 0 {
        TiesBy::Intervals
    } else if tested == pairs {
        TiesBy::PairedTest
    } else {
        TiesBy::PairedTestAndIntervals
    }
}

/// An entry with its scores where it stands; `None` without a score.
fn ranked_row(
    folder: &Folder,
    evidence: &EvidenceByEntry,
    file: &EntryFile,
    standing: Option<Standing>,
) -> Option<RankedRow> {
    let score = file.entry.score.as_ref()?;
    Some(RankedRow {
        entry: listed(folder, file),
        verification: match evidence.get(&file.slug) {
            Some(known) => known.verification.clone(),
            None => Verification::lacking("its predictions were not given"),
        },
        standing,
        rules: rules_of(&file.entry),
        signature: score.signature.clone(),
        scores: Scope::all_of(score)
            .into_iter()
            .map(|scope| (scope.to_string(), scope.figures(score)))
            .collect(),
    })
}

/// The ranking of entries that compare.
fn group(
    folder: &Folder,
    options: &BoardOptions,
    evidence: &EvidenceByEntry,
    (phase, task): (Phase, Task),
    signature: &str,
    files: &[&EntryFile],
) -> Group {
    let values = ranking_values(options, evidence, files);
    let pairs = differing(&values);
    let at_hand: Vec<Option<&Outcomes>> =
        files.iter().map(|file| evidence.get(&file.slug)?.outcomes.as_ref()).collect();
    let tests = PairedTests::run(&pairs, &at_hand, options.metric, &options.on);
    let ranked = rank(&values, |a, b| tests.apart(a, b));
    let dated: Vec<_> = files
        .iter()
        .zip(&values)
        .filter_map(|(file, value)| Some((file.entry.date, (*value)?.value, file.slug.as_str())))
        .collect();
    let mut entries: Vec<RankedRow> = files
        .iter()
        .zip(values.iter().zip(ranked))
        .filter_map(|(file, (value, ranked))| {
            let standing = value.zip(ranked).map(|(value, ranked)| Standing {
                place: ranked.place,
                rank: ranked.range,
                value: value.into(),
            });
            ranked_row(folder, evidence, file, standing)
        })
        .collect();
    entries.sort_by(|a, b| {
        let place = |row: &RankedRow| row.standing.map_or(u64::MAX, |standing| standing.place);
        (place(a), a.entry.date, &a.entry.slug).cmp(&(place(b), b.entry.date, &b.entry.slug))
    });
    let rows = files.first().and_then(|file| file.entry.rows());
    Group {
        task,
        phase,
        locales: rows.map_or(0, |rows| rows.locales),
        utterances: rows.map_or(0, |rows| rows.utterances),
        signature: signature.to_owned(),
        differences: Vec::new(),
        breaks_rules: false,
        ties_by: ties_by(&values, pairs.len(), tests.len()),
        entries,
        history: standings(&dated),
    }
}

/// The pairs of entries whose values differ: only a test can say whether that is
/// more than chance, whatever their intervals.
fn differing(values: &[Option<MetricValue>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (a, first) in values.iter().enumerate() {
        for (b, second) in values.iter().enumerate().skip(a + 1) {
            if let (Some(first), Some(second)) = (first, second)
                && first.value != second.value
            {
                pairs.push((a, b));
            }
        }
    }
    pairs
}

fn listed(folder: &Folder, file: &EntryFile) -> ListedEntry {
    let entry: &Entry = &file.entry;
    ListedEntry {
        slug: file.slug.clone(),
        name: entry.name.clone(),
        system: entry.system.clone(),
        team: entry.team.clone(),
        date: entry.date,
        model: entry.model.clone(),
        data: entry.data.clone(),
        links: entry.links.clone(),
        report: folder.report_of(file),
    }
}

fn published_row(folder: &Folder, file: &EntryFile) -> Option<PublishedRow> {
    let published = file.entry.published.as_ref()?;
    Some(PublishedRow {
        entry: listed(folder, file),
        task: file.entry.task,
        phase: file.entry.phase,
        source: published.source.clone(),
        provenance: published.provenance.clone(),
        verification: Verification::of_published(published),
        scores: published.scores.clone(),
    })
}
