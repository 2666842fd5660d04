//! `massive corpus`: the corpus itself.

mod check;
mod convert;
mod grep;
mod judged;
mod list;
mod sample;
mod show;
mod stats;
mod workbook;

use massive_data::locale_choice::lacking_locales;
use massive_data::{Corpus, LocaleFilter, ReadReport, Selection};

use super::submission::{list_skipped, open_corpus};
use crate::args::{CorpusCommand, Global, RowArgs};
use crate::failure::{Failure, Result};
use crate::progress::Progress;

pub(crate) fn run(command: &CorpusCommand, global: &Global) -> Result<()> {
    match command {
        CorpusCommand::Stats(args) => stats::run(args, global),
        CorpusCommand::Check(args) => check::run(args, global),
        CorpusCommand::Convert(args) => convert::run(args, global),
        CorpusCommand::Show(args) => show::run(args, global),
        CorpusCommand::Grep(args) => grep::run(args, global),
        CorpusCommand::List(args) => list::run(args, global),
        CorpusCommand::Sample(args) => sample::run(args, global),
    }
}

/// Opens the rows asked for, and these locales besides.
fn open(args: &RowArgs, besides: LocaleFilter, global: &Global) -> Result<(Corpus, Progress)> {
    let locales = args.chosen_locales()?.set.union(besides);
    let selection = Selection { locales, partition: args.partition };
    open_corpus(&args.source, selection, global)
}

/// Lists skipped lines; fails if a locale that was named has no row.
fn account(args: &RowArgs, report: &ReadReport, global: &Global) -> Result<()> {
    list_skipped(report, global);
    let chosen = args.chosen_locales()?;
    let lacking = chosen.demanded.difference(&report.locales);
    if !lacking.is_empty() {
        return Err(Failure::CannotRun(lacking_locales(&lacking, &report.locales, None)));
    }
    if let Some(message) = chosen.misspelled(&report.locales) {
        return Err(Failure::CannotRun(message));
    }
    if report.rows == 0 {
        let filtered = match report.filtered {
            0 => String::new(),
            count => format!(" ({count} did not pass the judgment filters)"),
        };
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales and this partition{filtered}"
        )));
    }
    Ok(())
}
