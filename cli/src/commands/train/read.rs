//! The rows of the corpus that `massive train` learns from.

use massive_data::{Detail, Locale, LocaleFilter, Partition, Selection};
use massive_learn::{Amount, LocaleRows, NamedLocale, read_locales};

use crate::args::{Global, TrainArgs};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Progress;

/// The locales that are trained, and those whose rows are lent to them.
pub(super) struct Read {
    pub(super) locales: Vec<NamedLocale>,
    lenders: Vec<NamedLocale>,
}

impl Read {
    /// So many rows of each locale's own, and all of those that are lent.
    pub(super) fn few(&self, one: &NamedLocale, args: &TrainArgs, amount: Amount) -> NamedLocale {
        one.few(amount, args.seed).lent(&self.lenders)
    }

    /// The same of all locales, with numbers.
    pub(super) fn numbered(&self, args: &TrainArgs, amount: Amount) -> Result<Vec<LocaleRows>> {
        let few = self.locales.iter().map(|one| self.few(one, args, amount));
        Ok(few.map(|one| one.numbered()).collect::<massive_learn::Result<_>>()?)
    }

    /// How many rows of others a locale is lent.
    pub(super) fn lent_rows(&self, one: &NamedLocale) -> usize {
        let others = self.lenders.iter().filter(|lender| lender.locale() != one.locale());
        others.map(|lender| lender.count(Partition::Train)).sum()
    }

    /// The locales whose rows are lent.
    pub(super) fn from(&self) -> Vec<String> {
        self.lenders.iter().map(|one| one.locale().to_owned()).collect()
    }
}

/// The rows of the partitions that are wanted.
pub(super) fn read(
    args: &TrainArgs,
    wanted: impl Fn(Partition) -> bool + Sync,
    global: &Global,
) -> Result<Read> {
    let chosen = args.locales.chosen(LocaleFilter::ALL)?;
    let lenders = args.from.as_deref().map(LocaleFilter::from_patterns).transpose()?;
    let set = match &lenders {
        Some(lenders) => chosen.set.clone().union(lenders.clone()),
        None => chosen.set.clone(),
    };
    let mut corpus =
        args.source.open(Selection { locales: set, partition: None })?.detail(Detail::Labels);
    let progress = Progress::bytes(global, "reading", corpus.size());
    corpus = corpus.on_progress(progress.callback());
    let rows = read_locales(&corpus, args.labels, wanted)?;
    drop(progress);
    let of = |one: &NamedLocale, filter: &LocaleFilter| {
        one.locale().parse::<Locale>().is_ok_and(|locale| filter.contains(locale))
    };
    let lent = |one: &&NamedLocale| lenders.as_ref().is_some_and(|lenders| of(one, lenders));
    let lenders: Vec<NamedLocale> = rows.iter().filter(lent).cloned().collect();
    if let (Some(list), true) = (&args.from, lenders.is_empty()) {
        return Err(Failure::CannotRun(format!(
            "--from {list}: the corpus has no rows of these locales to learn from"
        )));
    }
    let locales: Vec<NamedLocale> = rows.into_iter().filter(|one| of(one, &chosen.set)).collect();
    for locale in chosen.demanded.iter() {
        if !locales.iter().any(|rows| rows.locale() == locale.tag()) {
            return Err(Failure::CannotRun(format!(
                "{locale} has no rows in partition train of the corpus: there is nothing to learn \
                 from"
            )));
        }
    }
    if locales.is_empty() {
        return Err(Failure::CannotRun(
            "the corpus has no rows of these locales in partition train or dev: nothing to learn \
             from"
                .to_owned(),
        ));
    }
    Ok(Read { locales, lenders })
}

/// Names slots of which little can be learned.
pub(super) fn tell_rare(rows: &[LocaleRows], global: &Global) {
    for rows in rows {
        if let rare @ [_, ..] = rows.rare_slots().as_slice() {
            let rare = rare.join(", ");
            output::remark(
                global,
                &format!(
                    "{}: slots with one row in train, of which little can be learned: {rare}",
                    rows.locale()
                ),
            );
        }
    }
}
