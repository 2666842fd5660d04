//! `massive score` in parts: `--counts-only` writes one, `--counts` adds them up.

use std::path::PathBuf;

use massive_eval::document::ScoreOptions;
use massive_eval::{CountsPart, Evaluation, Metric, counts_file};

use super::request;
use crate::args::{Global, ScoreArgs};
use crate::commands::submission::OnTerminal;
use crate::failure::{Failure, Result};
use crate::output::PendingFile;
use crate::paths;

/// Counts predictions and writes the table.
pub(super) fn write(args: &ScoreArgs, global: &Global) -> Result<()> {
    let Some(path) = &args.output.file else {
        return Err(Failure::CannotRun("--counts-only needs --output".to_owned()));
    };
    let file = PendingFile::create(path)?;
    let request = request(args, ScoreOptions::default())?;
    let scored = request.run(&OnTerminal::new(global))?;
    let system = args.corpus.source.forms.system.clone().unwrap_or_default();
    let part = CountsPart::of(&scored.evaluation, &system)?;
    file.finish(|out| Ok(counts_file::write(&part, out)?))
}

/// The evaluation that tables of counts add up to.
pub(super) fn read(args: &ScoreArgs, options: &ScoreOptions) -> Result<Evaluation> {
    if options.metrics.contains(&Metric::SluF1) {
        return Err(Failure::CannotRun(
            "SLU-F1 is counted on the words of slots, which tables of counts do not hold; score \
             the predictions themselves"
                .to_owned(),
        ));
    }
    let files: Vec<PathBuf> = paths::matching(&args.counts)?;
    Ok(counts_file::merge(&files, args.corpus.source.forms.system.as_deref())?)
}
