//! `massive memory`

mod build;

use std::collections::BTreeSet;
use std::path::Path;

use massive_data::prediction::read_annotation;
use massive_data::{Corpus, Detail, LabelMode, LabelPolicy, Locale, LocaleFilter, Selection};
use massive_learn::{
    MANIFEST, MemoryRow, MemoryRows, ModelKind, Source, TrainedFolder, TrainedLocale, read_memory,
};
use serde::Serialize;

use super::score::json;
use crate::args::{CheckFormat, Global, MemoryAddArgs, MemoryCommand, MemoryRemoveArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};

/// What became of a memory. Its schema is `schemas/memory.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    folder: String,
    locales: Vec<Change>,
}

/// What became of a locale's rows.
#[derive(Debug, Clone, Serialize)]
struct Change {
    locale: String,
    rows: usize,
    added: usize,
    replaced: usize,
    removed: usize,
    bytes: u64,
}

pub(crate) fn run(command: &MemoryCommand, global: &Global) -> Result<()> {
    match command {
        MemoryCommand::Build(args) => build::run(args, global),
        MemoryCommand::Add(args) => add(args, global),
        MemoryCommand::Remove(args) => remove(args),
    }
}

fn show(folder: &Path, locales: Vec<Change>, format: CheckFormat) -> Result<()> {
    if format == CheckFormat::Json {
        let folder = folder.display().to_string();
        return output::print(&json(&Document { format: "massive-memory/1", folder, locales })?);
    }
    let mut text = String::from(
        " locale        rows    added replaced  removed      MB\n\
         ──────────────────────────────────────────────────────\n",
    );
    for one in &locales {
        text.push_str(&format!(
            " {:<12} {:>5} {:>8} {:>8} {:>8} {:>7.2}\n",
            one.locale,
            one.rows,
            one.added,
            one.replaced,
            one.removed,
            one.bytes as f64 / 1e6
        ));
    }
    output::print(&text)
}

fn add(args: &MemoryAddArgs, global: &Global) -> Result<()> {
    let folder = TrainedFolder::open(&args.folder)?;
    let mut changes = Vec::new();
    let mut listed = folder.manifest().locales.clone();
    for new in new_rows(args, folder.manifest().labels.parse()?)? {
        let known = folder.locales().iter().any(|locale| locale.tag() == new.locale());
        let mut rows = match known {
            true => folder.memory_rows(new.locale())?,
            false => MemoryRows::new(new.locale(), new.characters()),
        };
        let before = rows.rows().len();
        let replaced = rows.add(new.into_rows())?;
        let added = rows.rows().len() - before;
        let change = Change { replaced, added, ..write(&args.folder, &rows, &mut listed)? };
        changes.push(change);
        if !known {
            output::remark(global, &format!("{} is new in the memory", rows.locale()));
        }
    }
    finish(&folder, listed)?;
    show(&args.folder, changes, args.format)
}

/// The rows that are to be added, locale by locale.
fn new_rows(args: &MemoryAddArgs, labels: LabelMode) -> Result<Vec<MemoryRows>> {
    if let Some(path) = &args.corpus {
        let options = args.forms.options(args.partition);
        let selection = Selection { locales: LocaleFilter::ALL, partition: args.partition };
        let policy = if args.open_labels { LabelPolicy::Open } else { LabelPolicy::Closed };
        let corpus = Corpus::open_with(path, &options)?
            .select(selection)
            .labels(policy)
            .detail(Detail::Labels);
        let found = read_memory(&corpus, labels, true)?;
        return Ok(found.into_iter().map(|one| one.rows).collect());
    }
    let given = (&args.text, &args.forms.locale, &args.id, &args.intent);
    let (Some(text), Some(locale), Some(id), Some(intent)) = given else {
        return Err(Failure::CannotRun(
            "a row needs --text, --locale, --id and --intent".to_owned(),
        ));
    };
    let locale: Locale = locale.parse()?;
    let read = read_annotation(text, locale.segmentation());
    if read.malformed {
        return Err(Failure::CannotRun(format!(
            "--text is no annotation: a bracket is not closed in `{text}`; write a slot as \
             [time : six]"
        )));
    }
    let words: Vec<String> =
        read.words.unwrap_or_default().into_iter().map(str::to_owned).collect();
    let slot =
        |slot: &Option<massive_data::SlotName>| slot.as_ref().map(|slot| slot.as_str().to_owned());
    let between =
        if locale.segmentation() == massive_data::Segmentation::Characters { "" } else { " " };
    let mut rows = MemoryRows::new(locale.tag(), between.is_empty());
    rows.add([MemoryRow {
        id: id.clone(),
        source: Source::Own,
        intent: intent.clone(),
        utt: words.join(between),
        labels: read.labels.iter().map(slot).collect(),
        words,
    }])?;
    Ok(vec![rows])
}

fn remove(args: &MemoryRemoveArgs) -> Result<()> {
    let folder = TrainedFolder::open(&args.folder)?;
    let mut rows = folder.memory_rows(args.locale.tag())?;
    let ids: BTreeSet<String> = args.ids.iter().cloned().collect();
    let removed = ids.len();
    rows.remove(&ids)?;
    if rows.rows().is_empty() {
        return Err(Failure::CannotRun(format!(
            "those are all rows of {}: a memory cannot be empty; nothing was removed",
            args.locale
        )));
    }
    let mut listed = folder.manifest().locales.clone();
    let change = Change { removed, ..write(&args.folder, &rows, &mut listed)? };
    finish(&folder, listed)?;
    show(&args.folder, vec![change], args.format)
}

/// Writes the rows of a locale into the folder and notes them.
fn write(folder: &Path, rows: &MemoryRows, listed: &mut Vec<TrainedLocale>) -> Result<Change> {
    let bytes = rows.to_bytes()?;
    let earlier = listed.iter().position(|one| one.locale == rows.locale());
    let mut noted = note(rows, bytes.len() as u64);
    PendingFile::create(&folder.join(&noted.file))?.finish_with(&bytes)?;
    let change = Change {
        locale: noted.locale.clone(),
        rows: noted.rows,
        added: 0,
        replaced: 0,
        removed: 0,
        bytes: noted.bytes,
    };
    match earlier {
        Some(at) => {
            noted.rejection = listed[at].rejection;
            listed[at] = noted;
        }
        None => {
            listed.push(noted);
            listed.sort_by(|a, b| a.locale.cmp(&b.locale));
        }
    }
    Ok(change)
}

/// What the manifest says about the rows of a locale.
fn note(rows: &MemoryRows, bytes: u64) -> TrainedLocale {
    let (intents, slots) = rows.labels();
    TrainedLocale {
        locale: rows.locale().to_owned(),
        file: ModelKind::Memory.file_name(rows.locale()),
        bytes,
        rows: rows.rows().len(),
        intents: intents.len(),
        slots: slots.len(),
        weights: 0,
        rejection: None,
    }
}

/// Writes the manifest anew.
fn finish(folder: &TrainedFolder, locales: Vec<TrainedLocale>) -> Result<()> {
    let manifest = massive_learn::Manifest { locales, ..folder.manifest().clone() };
    PendingFile::create(&folder.path().join(MANIFEST))?.finish_with(json(&manifest)?.as_bytes())
}
