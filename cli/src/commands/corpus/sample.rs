//! `massive corpus sample`

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use massive_data::convert::json_line;
use massive_data::sample::{Sample, SampleSize, Share};
use massive_data::{Corpus, Locale, LocaleFilter, Partition};
use massive_report::grouped;

use crate::args::{CorpusSampleArgs, Global};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile, PendingFolder, refuse_existing};

pub(crate) fn run(args: &CorpusSampleArgs, global: &Global) -> Result<()> {
    let size = size_of(args)?;
    let target = Target::prepare(args)?;
    let (corpus, progress) = super::open(&args.rows, LocaleFilter::NONE, global)?;
    if !corpus.rereadable() {
        return Err(Failure::CannotRun(
            "a sample needs to read the corpus twice, which standard input does not allow; give \
             a file or folder"
                .to_owned(),
        ));
    }
    let (sample, report) = Sample::draw(&corpus, size, args.seed)?;
    super::account(&args.rows, &report, global)?;
    if sample.is_empty() {
        return Err(Failure::CannotRun(
            "nothing is left to draw from: no id is in every locale chosen".to_owned(),
        ));
    }
    target.write(&corpus, &sample)?;
    drop(progress);
    output::remark(global, &describe(&sample, size));
    Ok(())
}

fn size_of(args: &CorpusSampleArgs) -> Result<SampleSize> {
    Ok(match (args.size, args.fraction, args.shots) {
        (Some(number), ..) => SampleSize::Ids(number),
        (_, Some(share), _) => SampleSize::Share(Share::new(share)?),
        (.., Some(shots)) => SampleSize::Shots(shots),
        (None, None, None) => {
            return Err(Failure::CannotRun("give --size, --fraction or --shots".to_owned()));
        }
    })
}

/// Where the rows go.
enum Target {
    Stdout,
    File(PendingFile, PathBuf),
    Folder(PendingFolder),
}

impl Target {
    fn prepare(args: &CorpusSampleArgs) -> Result<Target> {
        let Some(path) = &args.output else { return Ok(Target::Stdout) };
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            refuse_existing(path, args.force)?;
            return Ok(Target::File(PendingFile::create(path)?, path.clone()));
        }
        form::demand_folder(Some(path))?;
        let ours = |name: &str| {
            name.strip_suffix(".jsonl")
                .is_some_and(|tag| Locale::from_tag(tag).is_some_and(|locale| locale.tag() == tag))
        };
        Ok(Target::Folder(PendingFolder::create(path, args.force, ours)?))
    }

    fn write(self, corpus: &Corpus, sample: &Sample) -> Result<()> {
        match self {
            Target::Stdout => {
                let mut out = BufWriter::new(io::stdout().lock());
                rows(corpus, sample, |_, line| writeln!(out, "{line}").map_err(Failure::stdout))?;
                out.flush().map_err(Failure::stdout)
            }
            Target::File(file, path) => file.finish(|out| {
                rows(corpus, sample, |_, line| {
                    writeln!(out, "{line}").map_err(|error| unwritable(&path, error))
                })
            }),
            Target::Folder(folder) => {
                write_files(folder.path(), corpus, sample)?;
                folder.finish()
            }
        }
    }
}

/// A file a locale.
fn write_files(folder: &Path, corpus: &Corpus, sample: &Sample) -> Result<()> {
    let mut files: BTreeMap<Locale, BufWriter<File>> = BTreeMap::new();
    rows(corpus, sample, |locale, line| {
        let path = folder.join(format!("{locale}.jsonl"));
        let failed = |error| unwritable(&path, error);
        let file = match files.entry(locale) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                entry.insert(BufWriter::new(File::create_new(&path).map_err(failed)?))
            }
        };
        writeln!(file, "{line}").map_err(failed)
    })?;
    files.into_values().try_for_each(|mut file| {
        let written = file.flush().and_then(|()| file.get_ref().sync_all());
        written.map_err(|error| unwritable(folder, error))
    })
}

/// Hands on the rows that were drawn, as the release writes them.
fn rows(
    corpus: &Corpus,
    sample: &Sample,
    mut write: impl FnMut(Locale, &str) -> Result<()>,
) -> Result<()> {
    let mut failure = None;
    let read = corpus.for_each(
        |utterance| {
            let drawn = sample.contains(utterance.id());
            let line = drawn.then(|| json_line(&utterance)).transpose()?;
            Ok((utterance.locale(), line))
        },
        |_, (locale, line)| {
            let Some(line) = line else { return Ok(()) };
            write(locale, &line).map_err(|error| {
                failure = Some(error);
                massive_data::Error::request("the sample cannot be written")
            })
        },
    );
    match failure {
        Some(failure) => Err(failure),
        None => Ok(read.map(drop)?),
    }
}

fn unwritable(path: &Path, error: io::Error) -> Failure {
    Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
}

fn describe(sample: &Sample, size: SampleSize) -> String {
    let partitions = Partition::ALL.into_iter().filter_map(|partition| {
        let of = sample.strata.iter().filter(|stratum| stratum.partition == partition);
        let drawn: usize = of.map(|stratum| stratum.drawn).sum();
        (drawn > 0).then(|| format!("{partition} {}", grouped(drawn as u64)))
    });
    let partitions: Vec<String> = partitions.collect();
    let mut text =
        format!("{} ids in every locale: {}", grouped(sample.len() as u64), partitions.join(", "));
    if sample.not_parallel > 0 {
        text.push_str(&format!(
            "\n{} ids were left out: a locale lacks them or has them in another partition",
            grouped(sample.not_parallel as u64)
        ));
    }
    if let SampleSize::Shots(shots) = size {
        let few: Vec<String> = sample
            .strata
            .iter()
            .filter(|stratum| stratum.partition == Partition::Train && stratum.drawn < shots)
            .map(|stratum| {
                let intent = stratum.intent.as_ref().map_or("no intent", |intent| intent.as_str());
                format!("{intent} ({})", stratum.drawn)
            })
            .collect();
        if !few.is_empty() {
            text.push_str(&format!(
                "\nintents with fewer than {shots} ids in train: {}",
                few.join(", ")
            ));
        }
    }
    text
}
