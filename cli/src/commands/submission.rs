//! What is said of predictions and corpora while they are read, and of what is
//! wrong with them.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::path::Path;

use massive_data::{Corpus, OnProgress, ReadReport, Recognised, Selection};
use massive_eval::misreading::{Misread, Misreading};
use massive_eval::request::{Obstacle, Reading, ReadingObserver};

use crate::args::{Global, SourceArgs};
use crate::failure::{Result, with_flags};
use crate::output;
use crate::progress::Progress;

/// How many rows a message lists.
pub(crate) const LISTED: usize = 10;

/// Shows on standard error what is being read: a bar, the forms that were
/// recognised, the lines that were skipped.
pub(crate) struct OnTerminal<'g> {
    global: &'g Global,
    bar: RefCell<Option<Progress>>,
}

impl<'g> OnTerminal<'g> {
    pub(crate) fn new(global: &'g Global) -> Self {
        OnTerminal { global, bar: RefCell::new(None) }
    }
}

impl ReadingObserver for OnTerminal<'_> {
    fn begin(
        &self,
        what: Reading,
        recognised: Option<&Recognised>,
        bytes: Option<u64>,
    ) -> Option<OnProgress> {
        if let Some(recognised) = recognised {
            list_recognised(what.name(), recognised, self.global);
        }
        let bar = Progress::bytes(self.global, what.name(), bytes);
        let callback = bar.callback();
        self.bar.replace(Some(bar));
        Some(callback)
    }

    fn end(&self, _: Reading) {
        self.bar.take();
    }

    fn skipped(&self, report: &ReadReport) {
        list_skipped(report, self.global);
    }
}

/// What to do about an obstacle, in the options of the commands.
pub(crate) fn hint(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::Unreadable { more: 0, .. }
        | Obstacle::NoPredictions { .. }
        | Obstacle::Duplicate { .. } => String::new(),
        Obstacle::Unreadable { .. } => "; `massive check` lists them".to_owned(),
        Obstacle::Missing { .. } => {
            "\n  (--missing wrong counts them as wrong, --missing intersect leaves them out, \
             --locales chooses locales)"
                .to_owned()
        }
        Obstacle::Unknown(unknown) => {
            let mut text = String::new();
            if let [other] = unknown.partitions[..] {
                // Writing to a string cannot fail.
                let _ = write!(text, "\n  (did you mean --partition {other}?)");
            }
            if let Some(pattern) = &unknown.id_pattern {
                let _ = write!(text, "\n  (did you mean --id-pattern '{pattern}'?)");
            }
            text
        }
        Obstacle::Uneven { .. } => {
            "\n  (--common compares only what they share, --locales chooses locales)".to_owned()
        }
        Obstacle::Unpredicted { .. } => {
            "\n  (--common leaves them out, --locales chooses locales)".to_owned()
        }
    }
}

/// What readers call the predictions in a file or folder.
pub(crate) fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into())
}

/// Opens these rows of the corpus, with a progress bar that lives as long as
/// the second value.
pub(crate) fn open_corpus(
    source: &SourceArgs,
    selection: Selection,
    global: &Global,
) -> Result<(Corpus, Progress)> {
    let corpus = source.open(selection)?;
    if let Some(recognised) = corpus.recognised() {
        list_recognised(Reading::Corpus.name(), recognised, global);
    }
    let progress = Progress::bytes(global, Reading::Corpus.name(), corpus.size());
    Ok((corpus.on_progress(progress.callback()), progress))
}

/// Says as what files were read that are not of the usual form, and what was met
/// in them.
fn list_recognised(what: &str, recognised: &Recognised, global: &Global) {
    let mut text = format!("{what} read as {}", recognised.forms.join(", "));
    for note in &recognised.notes {
        let _ = write!(text, "\n  {}: {} (first: {})", note.what, note.count, note.first);
    }
    if !recognised.differences.is_empty() {
        let count = recognised.differences.len();
        let _ = write!(
            text,
            "\n  {count} differences from the release; `massive corpus check` lists them"
        );
    }
    output::remark(global, &text);
}

/// Lists the lines of the corpus that were skipped as asked.
pub(crate) fn list_skipped(report: &ReadReport, global: &Global) {
    if report.skipped == 0 {
        return;
    }
    let mut text = format!("warning: {} lines of the corpus skipped:", report.skipped);
    for error in report.examples.iter().take(LISTED) {
        let _ = write!(text, "\n  {}", with_flags(&error.to_string()));
    }
    and_more(&mut text, report.skipped as usize);
    output::remark(global, &text);
}

/// What was not understood in more than half of the predictions, with the option
/// that reads it.
pub(crate) fn misread(found: &[Misreading]) -> Vec<String> {
    let with_option = |found: &Misreading| {
        let option = match found.kind {
            _ if found.is_read_tolerantly() => "; --reading tolerant reads them",
            Misread::IntentNumbers => "; --labels-map FILE says what they mean",
            _ => "",
        };
        format!("{found}{option}")
    };
    found.iter().map(with_option).collect()
}

/// Says what was not understood in most predictions.
pub(crate) fn warn_of_misread(found: &[Misreading], global: &Global) {
    for found in misread(found) {
        output::remark(global, &format!("warning: {found}"));
    }
}

/// Says what was not understood in most predictions of each system.
pub(crate) fn warn_of_misread_systems(systems: &[(String, Vec<Misreading>)], global: &Global) {
    for (name, found) in systems {
        for found in misread(found) {
            output::remark(global, &format!("warning: {name}: {found}"));
        }
    }
}

pub(crate) fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

pub(crate) fn and_more(text: &mut String, count: usize) {
    if count > LISTED {
        let _ = write!(text, "\n  and {} more", count - LISTED);
    }
}
