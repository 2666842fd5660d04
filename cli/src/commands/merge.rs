//! `massive merge`

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use massive_eval::{CountsPart, counts_file, counts_parts};
use massive_predict::merge::Merged;

use crate::args::{Global, MergeArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};
use crate::paths;

pub(crate) fn run(args: &MergeArgs, global: &Global) -> Result<()> {
    let files = paths::matching(&args.files)?;
    let output = PendingFile::create(&args.output)?;
    let is_counts = |path: &PathBuf| extension(path) == Some("parquet");
    if files.iter().all(is_counts) {
        return counts(&files, output, global);
    }
    if files.iter().any(is_counts) {
        return Err(Failure::CannotRun(
            "predictions and tables of counts (.parquet) cannot be merged with each other"
                .to_owned(),
        ));
    }
    predictions(&files, output, global)
}

/// Puts tables of counts together.
fn counts(files: &[PathBuf], output: PendingFile, global: &Global) -> Result<()> {
    let parts: Vec<CountsPart> =
        files.iter().map(|path| counts_file::read(path)).collect::<massive_eval::Result<_>>()?;
    let whole = counts_parts::merge(parts)?.without_repeated()?;
    output.finish(|out| Ok(counts_file::write(&whole, out)?))?;
    let rows: usize = whole.systems.values().map(Vec::len).sum();
    output::remark(global, &format!("{rows} rows of {} tables", files.len()));
    Ok(())
}

/// Puts predictions together.
fn predictions(files: &[PathBuf], output: PendingFile, global: &Global) -> Result<()> {
    let mut merged = Merged::default();
    for path in files {
        let unfinished = extension(path) == Some("partial");
        merged.add(&path.display().to_string(), unfinished, BufReader::new(open(path)?))?;
    }
    output.finish(|out| {
        merged.write(out).map_err(|error| {
            Failure::CannotRun(format!("the merged predictions cannot be written: {error}"))
        })
    })?;
    if !merged.cut_off().is_empty() {
        let places = merged.cut_off().join(", ");
        output::remark(global, &format!("warning: lines that were cut off are left out: {places}"));
    }
    let repeated = match merged.repeated() {
        0 => String::new(),
        repeated => format!("; {repeated} lines came more than once"),
    };
    output::remark(global, &format!("{} rows of {} files{repeated}", merged.rows(), files.len()));
    Ok(())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path).map_err(|error| {
        Failure::CannotRun(format!("{} cannot be read: {error}", path.display()))
    })?;
    Ok(match extension(path) {
        Some("gz") => Box::new(MultiGzDecoder::new(BufReader::new(file))),
        _ => Box::new(file),
    })
}

fn extension(path: &Path) -> Option<&str> {
    path.extension()?.to_str()
}
