//! What shows only when rows are held against each other: the translations of
//! one source, and the texts of one locale.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use smallvec::SmallVec;

use super::IdFacts;
use super::kinds::WarningKind;
use super::row::names;
use crate::findings::{Example, Findings};
use crate::labels::{Intent, SlotName};
use crate::locale::Locale;
use crate::locale_set::LocaleSet;
use crate::partition::Partition;
use crate::utterance::Utterance;
use crate::utterance_id::UtteranceId;

type Warnings = BTreeMap<WarningKind, Findings>;
type Names = SmallVec<[SlotName; 3]>;

/// What is kept of a row until all are read.
pub(super) struct RowFacts {
    locale: Locale,
    id: UtteranceId,
    partition: Partition,
    line: u64,
    intent: Option<Intent>,
    /// Each slot name once, sorted.
    slots: Names,
    /// Each slot name that has a method once, sorted; `None` in the source.
    methods: Option<Names>,
    /// A hash of `utt`.
    text: u64,
}

impl RowFacts {
    pub(super) fn of(utterance: &Utterance<'_>, line: u64) -> Self {
        let gold = utterance.gold();
        let mut hasher = DefaultHasher::new();
        utterance.utt().hash(&mut hasher);
        RowFacts {
            locale: utterance.locale(),
            id: utterance.id().clone(),
            partition: utterance.partition(),
            line,
            intent: gold.map(|gold| gold.intent.clone()),
            slots: gold
                .map(|gold| set(gold.annotation.slots().map(|slot| slot.name)))
                .unwrap_or_default(),
            methods: gold
                .and_then(|gold| gold.review.as_ref())
                .map(|review| set(review.slot_methods.iter().map(|method| &method.slot))),
            text: hasher.finish(),
        }
    }
}

fn set<'a>(names: impl Iterator<Item = &'a SlotName>) -> Names {
    let mut names: Names = names.cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// A place in one of the files that were read.
#[derive(Clone, Copy)]
struct Place {
    file: u32,
    line: u64,
}

/// The translations of one source.
#[derive(Default)]
struct Source {
    /// Where each locale has it.
    places: Vec<(Locale, Place)>,
    partitions: Votes<Partition>,
    intents: Votes<Intent>,
    slots: Votes<SlotName>,
    methods: Votes<Names>,
}

/// Which locales have which value.
struct Votes<V>(SmallVec<[(V, LocaleSet); 1]>);

impl<V> Default for Votes<V> {
    fn default() -> Self {
        Votes(SmallVec::new())
    }
}

impl<V: PartialEq> Votes<V> {
    fn add(&mut self, value: V, locale: Locale) {
        match self.0.iter_mut().find(|(known, _)| *known == value) {
            Some((_, locales)) => {
                locales.insert(locale);
            }
            None => self.0.push((value, LocaleSet::from_iter([locale]))),
        }
    }

    /// The value that most locales have; among equals the English source's.
    fn majority(&self) -> Option<&(V, LocaleSet)> {
        self.0.iter().max_by_key(|(_, locales)| (locales.len(), locales.contains(Locale::EN_US)))
    }
}

/// All sources and texts.
#[derive(Default)]
pub(super) struct Parallel {
    files: Vec<String>,
    sources: BTreeMap<UtteranceId, Source>,
    /// By locale and hash: the partitions that have a text, and where it was first.
    texts: HashMap<(Locale, u64), (Vec<Partition>, UtteranceId)>,
    rows: BTreeMap<Partition, u64>,
    locales: LocaleSet,
    intents: BTreeMap<Partition, BTreeMap<Intent, u64>>,
}

impl Parallel {
    /// Adds the rows of a block.
    pub(super) fn add(
        &mut self,
        file: &str,
        lines_before: u64,
        rows: Vec<RowFacts>,
        duplicates: &mut Findings,
        warnings: &mut Warnings,
    ) {
        if self.files.last().is_none_or(|last| last != file) {
            self.files.push(file.to_owned());
        }
        let number = u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX);
        for row in rows {
            let line = row.line + lines_before;
            *self.rows.entry(row.partition).or_default() += 1;
            self.locales.insert(row.locale);
            let source = self.sources.entry(row.id.clone()).or_default();
            if let Some((_, place)) = source.places.iter().find(|(known, _)| *known == row.locale) {
                let first = format!("{}:{}", self.files[place.file as usize], place.line);
                duplicates.add((row.locale, &row.id), Some((file, line)), || {
                    format!("the same row as {first}")
                });
                continue;
            }
            self.add_text(&row, file, line, warnings);
            let source = self.sources.entry(row.id).or_default();
            source.places.push((row.locale, Place { file: number, line }));
            source.partitions.add(row.partition, row.locale);
            if let Some(intent) = row.intent {
                let intents = self.intents.entry(row.partition).or_default();
                *intents.entry(intent.clone()).or_default() += 1;
                source.intents.add(intent, row.locale);
            }
            for slot in row.slots {
                source.slots.add(slot, row.locale);
            }
            if let Some(methods) = row.methods {
                source.methods.add(methods, row.locale);
            }
        }
    }

    fn add_text(&mut self, row: &RowFacts, file: &str, line: u64, warnings: &mut Warnings) {
        let (partitions, first) = self
            .texts
            .entry((row.locale, row.text))
            .or_insert_with(|| (Vec::new(), row.id.clone()));
        let message = || format!("the text of id {first}");
        let mut warn = |kind| {
            let findings = warnings.entry(kind).or_default();
            findings.add((row.locale, &row.id), Some((file, line)), message);
        };
        if partitions.contains(&row.partition) {
            warn(WarningKind::RepeatedInPartition);
        }
        if partitions.iter().any(|&partition| partition != row.partition) {
            warn(WarningKind::RepeatedAcrossPartitions);
        }
        if !partitions.contains(&row.partition) {
            partitions.push(row.partition);
        }
    }

    /// Rows that were read, second ones included.
    pub(super) fn rows(&self) -> u64 {
        self.rows.values().sum()
    }

    pub(super) fn partitions(&self) -> BTreeMap<String, u64> {
        self.rows.iter().map(|(partition, rows)| (partition.name().to_owned(), *rows)).collect()
    }

    pub(super) fn locales(&self) -> &LocaleSet {
        &self.locales
    }

    pub(super) fn ids(&self) -> IdFacts {
        let distinct = self.sources.len() as u64;
        // Numbers come first.
        let mut numbers = self.sources.keys().map_while(UtteranceId::number);
        let first = numbers.next();
        let (count, last) = numbers.fold((1, first), |(count, _), id| (count + 1, Some(id)));
        let gaps =
            first.zip(last).map_or(0, |(first, last)| (last - first).saturating_sub(count - 1));
        IdFacts { distinct, first, last, gaps }
    }

    /// Compares the locales, once all rows are there. Unless the selection is
    /// `whole`, rows may lack because they were not wanted.
    pub(super) fn finish(&self, whole: bool, warnings: &mut Warnings) {
        for (id, source) in &self.sources {
            let mut warn = |kind, locale, message: &dyn Fn() -> String| {
                let place = source.places.iter().find(|(known, _)| *known == locale);
                let place = place.map(|(_, place)| (self.file(*place), place.line));
                warnings.entry(kind).or_default().add((locale, id), place, message);
            };
            source.disagreements(&mut warn);
            source.lone_slots(&mut warn);
            source.foreign_methods(&mut warn);
            let present: LocaleSet = source.places.iter().map(|(locale, _)| *locale).collect();
            for locale in self.locales.difference(&present).iter().filter(|_| whole) {
                let others = present.len();
                warn(WarningKind::MissingRow, locale, &|| {
                    format!("no such row; {others} other locales have it")
                });
            }
        }
        self.missing_intents(warnings);
    }

    fn file(&self, place: Place) -> &str {
        self.files.get(place.file as usize).map_or("", String::as_str)
    }

    fn missing_intents(&self, warnings: &mut Warnings) {
        let mut all: BTreeMap<&Intent, u64> = BTreeMap::new();
        for (intent, rows) in self.intents.values().flatten() {
            *all.entry(intent).or_default() += rows;
        }
        for (partition, intents) in &self.intents {
            for (intent, rows) in all.iter().filter(|(name, _)| !intents.contains_key(**name)) {
                let message = format!("{partition} lacks {intent}, of which there are {rows} rows");
                let findings = warnings.entry(WarningKind::MissingIntent).or_default();
                findings.add_example(Example { message, ..Example::default() });
            }
        }
    }
}

type Warn<'w> = dyn FnMut(WarningKind, Locale, &dyn Fn() -> String) + 'w;

impl Source {
    fn disagreements(&self, warn: &mut Warn<'_>) {
        if let Some((usual, locales)) = self.partitions.majority() {
            for (partition, dissenters) in self.partitions.0.iter().filter(|(p, _)| p != usual) {
                for locale in dissenters.iter() {
                    warn(WarningKind::OtherPartition, locale, &|| {
                        format!("{partition}, but {usual} in {} locales", locales.len())
                    });
                }
            }
        }
        if let Some((usual, locales)) = self.intents.majority() {
            for (intent, dissenters) in self.intents.0.iter().filter(|(i, _)| i != usual) {
                for locale in dissenters.iter() {
                    warn(WarningKind::OtherIntent, locale, &|| {
                        format!("{intent}, but {usual} in {} locales", locales.len())
                    });
                }
            }
        }
    }

    fn lone_slots(&self, warn: &mut Warn<'_>) {
        // Of two locales neither can say which one errs.
        let present = self.places.len();
        for (slot, locales) in self.slots.0.iter().filter(|(_, locales)| locales.len() == 1) {
            for locale in locales.iter().filter(|_| present > 2) {
                warn(WarningKind::LoneSlot, locale, &|| {
                    format!("{slot}, which none of {} other locales has", present - 1)
                });
            }
        }
    }

    fn foreign_methods(&self, warn: &mut Warn<'_>) {
        if !self.places.iter().any(|(locale, _)| *locale == Locale::EN_US) {
            return;
        }
        let english: Vec<&SlotName> = self
            .slots
            .0
            .iter()
            .filter(|(_, locales)| locales.contains(Locale::EN_US))
            .map(|(slot, _)| slot)
            .collect();
        for (methods, locales) in &self.methods.0 {
            let same = methods.len() == english.len()
                && methods.iter().all(|method| english.contains(&method));
            for locale in locales.iter().filter(|_| !same) {
                warn(WarningKind::MethodsUnlikeSource, locale, &|| {
                    let methods: Vec<&SlotName> = methods.iter().collect();
                    format!("methods of {}, source has {}", names(&methods), names(&english))
                });
            }
        }
    }
}
