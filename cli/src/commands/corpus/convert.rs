//! `massive corpus convert`

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;

use massive_data::convert::{
    self, Arrow, Conll, Converted, Csv, Format, Jsonl, Output, Parquet, Words, hf,
};
use massive_data::{Corpus, LabelMap, Locale, LocaleFilter, Partition};
use massive_report::{sheet, xlsx};
use serde::Serialize;

use super::{account, open, workbook};
use crate::args::{CheckFormat, ConvertArgs, Global, Target};
use crate::commands::score;
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{self, PendingFile, PendingFolder};

/// What was converted. Its schema is `schemas/corpus-convert.schema.json`.
#[derive(Serialize)]
struct Summary<'a> {
    format: &'static str,
    to: Target,
    output: &'a Path,
    rows: u64,
    left_out: u64,
}

pub(crate) fn run(args: &ConvertArgs, global: &Global) -> Result<()> {
    let labels = args.labels;
    if args.format == CheckFormat::Json && args.output.is_none() {
        return Err(Failure::CannotRun(
            "--format json says what was written to --output; without it the rows themselves go \
             to standard output"
                .to_owned(),
        ));
    }
    if args.wide && !matches!(args.to, Target::Xlsx | Target::Csv) {
        return Err(Failure::CannotRun(
            "--wide is for --to xlsx and --to csv: the other formats have a row an utterance"
                .to_owned(),
        ));
    }
    if args.comments && args.to != Target::Conll {
        return Err(Failure::CannotRun(
            "--comments is for --to conll: the other formats have columns for what they say"
                .to_owned(),
        ));
    }
    refuse_unfit_name(args)?;
    let converted = match args.to {
        Target::Xlsx => convert_to_sheets(args, global),
        Target::Csv if args.wide => convert_to_sheets(args, global),
        Target::Parquet => convert(args, global, &Parquet { labels }),
        Target::Arrow => convert(args, global, &Arrow { labels }),
        Target::Csv => convert(args, global, &Csv { labels }),
        // A file a locale is as in the release.
        Target::Jsonl => convert(args, global, &Jsonl { final_line_break: !args.per_locale }),
        Target::Words => convert(args, global, &Words { labels }),
        Target::Conll => convert(args, global, &Conll { labels, comments: args.comments }),
        Target::Hf => convert_to_hf(args, global),
    }?;
    match (args.format, &args.output) {
        (CheckFormat::Json, Some(output)) => output::print(&score::json(&Summary {
            format: "massive-corpus-convert/1",
            to: args.to,
            output,
            rows: converted.written,
            left_out: converted.left_out,
        })?),
        _ => Ok(()),
    }
}

/// Refuses a name that says something else than what is to be written.
fn refuse_unfit_name(args: &ConvertArgs) -> Result<()> {
    let output = args.output.as_deref();
    if args.per_locale || args.to == Target::Hf {
        return form::demand_folder(output);
    }
    form::chosen(Some(args.to), output, &Target::SUFFIXES, args.to).map(drop)
}

fn convert<F: Format>(args: &ConvertArgs, global: &Global, format: &F) -> Result<Converted> {
    match &args.output {
        Some(path) if args.per_locale => {
            let folder = PendingFolder::create(path, args.force, |name| is_file_of(name, args.to))?;
            let converted = read(args, global, |corpus| {
                Ok(convert::to_one_a_locale(corpus, format, |locale| {
                    create(&folder.path().join(file_name(locale, args.to)))
                })?)
            })?;
            folder.finish()?;
            Ok(converted)
        }
        Some(path) => {
            output::refuse_existing(path, args.force)?;
            let mut converted = None;
            PendingFile::create(path)?.finish(|out| {
                let to_one = |corpus: &Corpus| Ok(convert::to_one(corpus, format, Box::new(out))?);
                converted = Some(read(args, global, to_one)?);
                Ok(())
            })?;
            converted.ok_or_else(|| Failure::CannotRun("nothing was converted".to_owned()))
        }
        None if args.per_locale || args.to.is_binary() => Err(Failure::CannotRun(format!(
            "{} cannot go to standard output; name a place with --output",
            if args.per_locale { "files a locale" } else { "this format" }
        ))),
        None => {
            let out: Output<'_> = Box::new(BufWriter::new(io::stdout()));
            read(args, global, |corpus| {
                convert::to_one(corpus, format, out).map_err(Failure::of_stdout)
            })
        }
    }
}

/// A workbook, or its one wide sheet as CSV.
fn convert_to_sheets(args: &ConvertArgs, global: &Global) -> Result<Converted> {
    if args.per_locale {
        return Err(Failure::CannotRun(
            "--per-locale: a workbook has a sheet a locale as it is".to_owned(),
        ));
    }
    match &args.output {
        Some(path) => output::refuse_existing(path, args.force)?,
        None if args.to == Target::Xlsx => {
            return Err(Failure::CannotRun(
                "a spreadsheet needs a file: name one with --output".to_owned(),
            ));
        }
        None => {}
    }
    let mut sheets = Vec::new();
    let converted = read(args, global, |corpus| {
        let made = if args.wide { workbook::a_row_an_id } else { workbook::a_locale_each };
        let (made, converted) = made(corpus)?;
        sheets = made;
        Ok(converted)
    })?;
    let content = match args.to {
        Target::Xlsx => xlsx::book(&sheets)?,
        _ => sheet::csv(&sheets).into_bytes(),
    };
    match &args.output {
        Some(path) => PendingFile::create(path)?.finish_with(&content)?,
        None => output::print(&String::from_utf8_lossy(&content))?,
    }
    Ok(converted)
}

fn convert_to_hf(args: &ConvertArgs, global: &Global) -> Result<Converted> {
    let Some(path) = &args.output else {
        return Err(Failure::CannotRun(
            "this format is a folder; name it with --output".to_owned(),
        ));
    };
    if args.per_locale {
        return Err(Failure::CannotRun(
            "--per-locale: a dataset has a folder a partition, not a file a locale; choose \
             locales with --locales"
                .to_owned(),
        ));
    }
    let map = |path: &Option<_>| path.as_deref().map(read_map).transpose();
    let format =
        hf::Hf { labels: args.labels, intents: map(&args.intents)?, slots: map(&args.slots)? };
    let ours = |name: &str| {
        [hf::SPLITS, hf::INTENTS, hf::SLOTS].contains(&name)
            || Partition::ALL.iter().any(|partition| partition.name() == name)
    };
    let folder = PendingFolder::create(path, args.force, ours)?;
    let converted = read(args, global, |corpus| Ok(format.write(corpus, folder.path())?))?;
    folder.finish()?;
    Ok(converted)
}

fn read_map(path: &Path) -> Result<LabelMap> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
    })?;
    LabelMap::from_json(&text)
        .map_err(|error| Failure::CannotRun(format!("{}: {error}", path.display())))
}

fn create(path: &Path) -> io::Result<Output<'static>> {
    Ok(Box::new(BufWriter::new(File::create_new(path)?)))
}

fn file_name(locale: Locale, to: Target) -> String {
    format!("{locale}.{}", to.extension())
}

fn is_file_of(name: &str, to: Target) -> bool {
    let locale = name.strip_suffix(to.extension()).and_then(|name| name.strip_suffix('.'));
    locale.is_some_and(|tag| Locale::from_tag(tag).is_some_and(|locale| locale.tag() == tag))
}

/// Opens the corpus, lets `work` convert it and says what was left out.
fn read(
    args: &ConvertArgs,
    global: &Global,
    work: impl FnOnce(&Corpus) -> Result<Converted>,
) -> Result<Converted> {
    let (corpus, progress) = open(&args.rows, LocaleFilter::NONE, global)?;
    let converted = work(&corpus)?;
    drop(progress);
    account(&args.rows, &converted.report, global)?;
    if converted.left_out > 0 {
        output::remark(
            global,
            &format!(
                "warning: {} rows without labels or words were left out, which this format \
                 cannot show",
                converted.left_out
            ),
        );
    }
    output::remark(global, &format!("{} rows converted", converted.written));
    Ok(converted)
}
