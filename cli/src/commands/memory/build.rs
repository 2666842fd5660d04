//! `massive memory build`

use std::path::Path;

use massive_data::words::words;
use massive_data::{Detail, Locale, LocaleFilter, Selection};
use massive_learn::{
    LocaleMemory, MANIFEST, Manifest, MemoryCorpus, MemoryRow, Rejection, Source, TrainedLocale,
    read_memory,
};

use super::{Change, note, show};
use crate::args::{Global, MemoryBuildArgs};
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFolder};
use crate::progress::Progress;

/// The most rows of train that a rejection is calibrated on.
const MOST_LEFT_OUT: usize = 2000;

pub(super) fn run(args: &MemoryBuildArgs, global: &Global) -> Result<()> {
    let ours = |name: &str| name == MANIFEST || name.ends_with(".memory.jsonl");
    let folder = PendingFolder::create(&args.output, args.force, ours)?;
    let (mut listed, mut changes) = (Vec::new(), Vec::new());
    for mut found in corpus(args, global)? {
        if args.label_descriptions {
            found.rows.add(descriptions(&found)?)?;
        }
        let bytes = found.rows.to_bytes()?;
        let mut noted = note(&found.rows, bytes.len() as u64);
        write(folder.path(), &noted.file, &bytes)?;
        if let Some(rate) = args.reject {
            noted.rejection = Some(calibrated(found, usize::from(args.neighbours), rate)?);
        }
        changes.push(Change {
            locale: noted.locale.clone(),
            rows: noted.rows,
            added: noted.rows,
            replaced: 0,
            removed: 0,
            bytes: noted.bytes,
        });
        listed.push(noted);
    }
    for TrainedLocale { locale, rejection, .. } in &listed {
        if let Some(rejection) = rejection {
            output::remark(
                global,
                &format!(
                    "{locale}: rejects what is less similar than {:.3} to all rows: {:.1} % of {} \
                     requests in scope",
                    rejection.threshold,
                    100.0 * rejection.rate,
                    rejection.rows
                ),
            );
        }
    }
    let manifest =
        Manifest::of_memories(usize::from(args.neighbours), args.labels.to_string(), listed);
    write(folder.path(), MANIFEST, json(&manifest)?.as_bytes())?;
    folder.finish()?;
    show(&args.output, changes, args.format)
}

/// The rows to remember.
fn corpus(args: &MemoryBuildArgs, global: &Global) -> Result<Vec<MemoryCorpus>> {
    let chosen = args.locales.chosen(LocaleFilter::ALL)?;
    let selection = Selection { locales: chosen.set.clone(), partition: None };
    let mut corpus = args.source.open(selection)?.detail(Detail::Labels);
    let progress = Progress::bytes(global, "reading", corpus.size());
    corpus = corpus.on_progress(progress.callback());
    let found = read_memory(&corpus, args.labels, false)?;
    drop(progress);
    for locale in chosen.demanded.iter() {
        if !found.iter().any(|one| one.rows.locale() == locale.tag()) {
            return Err(Failure::CannotRun(format!(
                "{locale} has no rows in partition train of the corpus: there is nothing to \
                 remember"
            )));
        }
    }
    Ok(found)
}

/// The names of the intents as rows: `alarm_set` is described by "alarm set".
fn descriptions(found: &MemoryCorpus) -> Result<Vec<MemoryRow>> {
    let locale: Locale = found.rows.locale().parse()?;
    let row = |intent: &str| {
        let utt = intent.replace('_', " ");
        let words: Vec<String> =
            words(&utt, locale.segmentation()).into_iter().map(str::to_owned).collect();
        MemoryRow {
            id: format!("label:{intent}"),
            source: Source::Label,
            intent: intent.to_owned(),
            labels: vec![None; words.len()],
            utt,
            words,
        }
    };
    Ok(found.rows.labels().0.into_iter().map(row).collect())
}

fn calibrated(found: MemoryCorpus, neighbours: usize, rate: f64) -> Result<Rejection> {
    let MemoryCorpus { rows, dev } = found;
    let memory = LocaleMemory::new(rows, neighbours, None);
    let similarity = |(text, words): &(String, Vec<String>)| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        memory.similarity(text, &words)
    };
    let nearest = match dev.is_empty() {
        true => memory.left_out_similarities(MOST_LEFT_OUT),
        false => dev.iter().map(similarity).collect(),
    };
    Ok(Rejection::calibrated(nearest, rate)?)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, bytes).map_err(|error| output::cannot_be_written(&path, error))
}
