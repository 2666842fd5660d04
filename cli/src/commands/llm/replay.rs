//! `massive llm replay`

use std::io::Write as _;
use std::path::PathBuf;

use massive_lm::replay::{ReplayOptions, replay};
use massive_lm::row::Names;

use super::rows::price;
use super::usage;
use crate::args::{Global, LlmReplayArgs, ReplyReading};
use crate::failure::{Failure, Result};
use crate::output::PendingFile;

pub(crate) fn run(args: &LlmReplayArgs, global: &Global) -> Result<()> {
    let names = Names::release();
    let price = price(args.price.as_ref(), &usage::model_of(&args.log)?)?;
    let options = ReplayOptions {
        form: args.form,
        strict: args.reply_reading == ReplyReading::Strict,
        ..ReplayOptions::new(&names, price)
    };
    let mut predictions = Vec::new();
    let block = replay(&args.log, options, &mut predictions)?;
    if let Some(path) = &args.output {
        PendingFile::create(path)?.finish_with(&predictions)?;
    }
    let Some(corpus) = &args.corpus.0 else {
        return usage::print(&block, &args.log, None, args.format, global);
    };
    // Scores are of files: without one that was asked for, of one that goes again.
    let scored: Option<tempfile::NamedTempFile> = match &args.output {
        Some(_) => None,
        None => Some(in_passing(&predictions)?),
    };
    let path: PathBuf = match (&args.output, &scored) {
        (_, Some(file)) => file.path().to_owned(),
        (Some(path), None) => path.clone(),
        (None, None) => return Ok(()),
    };
    usage::print(&block, &path, Some((corpus, &args.scoring)), args.format, global)
}

fn in_passing(predictions: &[u8]) -> Result<tempfile::NamedTempFile> {
    let failed = |error: std::io::Error| {
        Failure::CannotRun(format!("a file for the predictions cannot be made: {error}"))
    };
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().map_err(failed)?;
    file.write_all(predictions).and_then(|()| file.flush()).map_err(failed)?;
    Ok(file)
}
