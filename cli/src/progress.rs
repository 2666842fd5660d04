//! The progress bar: on standard error, only where somebody watches, or shown by the
//! program that called the command.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use massive_data::OnProgress;

use crate::args::Global;
use crate::output;

thread_local! {
    /// What looks at the bars of this thread's command, if a program called it.
    static WATCH: RefCell<Option<Watch>> = const { RefCell::new(None) };
}

/// Shows a program how far a command is that it called: see [`crate::call_watched`].
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Mutex<Option<(ProgressBar, Unit)>>>);

/// What a command is at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In words.
    pub what: String,
    /// What is counted.
    pub unit: Unit,
    /// So much is done.
    pub done: u64,
    /// Of so much, where that is known.
    pub total: Option<u64>,
}

/// What progress counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes that were read.
    Bytes,
    /// Utterances.
    Utterances,
}

impl Watch {
    /// What the command is at; nothing while it shows no progress.
    pub fn now(&self) -> Option<Step> {
        let shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shown.as_ref().map(|(bar, unit)| Step {
            what: bar.message(),
            unit: *unit,
            done: bar.position(),
            total: bar.length(),
        })
    }

    /// Runs a command whose progress this shows.
    pub(crate) fn over<T>(&self, command: impl FnOnce() -> T) -> T {
        /// Ends it also where the command panics.
        struct Ended;
        impl Drop for Ended {
            fn drop(&mut self) {
                WATCH.set(None);
            }
        }
        WATCH.set(Some(self.clone()));
        let _ended = Ended;
        command()
    }

    fn show(&self, bar: Option<(ProgressBar, Unit)>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bar;
    }
}

/// A bar over bytes that vanishes when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar, unless told to be quiet or nobody watches.
    pub(crate) fn bytes(global: &Global, what: &str, total: Option<u64>) -> Self {
        let bar = shown(global, what, total, Unit::Bytes);
        let template = match total {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {eta}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        // The templates are constants; a broken one would show the default bar.
        Progress(match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Shows that something takes its time, of which nothing is known.
    pub(crate) fn waiting(global: &Global, what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target(global)).with_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        Progress(match ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        })
    }

    /// Shows a bar over utterances, of which so many were done before.
    pub(crate) fn utterances(global: &Global, what: &str, total: Option<u64>, done: u64) -> Self {
        let bar = shown(global, what, total, Unit::Utterances);
        let template = match total {
            Some(_) => "{msg} {wide_bar} {human_pos}/{human_len} {per_sec} {eta}",
            None => "{msg} {spinner} {human_pos} {per_sec}",
        };
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        };
        bar.set_position(done);
        bar.reset_eta();
        Progress(bar)
    }

    /// True if nobody sees it.
    pub(crate) fn is_hidden(global: &Global) -> bool {
        let watched = WATCH.with_borrow(Option::is_some);
        global.quiet || !(watched || is_drawn())
    }

    /// Moves the bar by one.
    pub(crate) fn advance(&self) {
        self.0.inc(1);
    }

    /// What moves the bar.
    pub(crate) fn callback(&self) -> OnProgress {
        let bar = self.0.clone();
        Arc::new(move |bytes| bar.set_position(bytes))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
        WATCH.with_borrow(|watch| watch.iter().for_each(|watch| watch.show(None)));
    }
}

/// A bar that somebody sees, in a terminal or through a [`Watch`].
fn shown(global: &Global, what: &str, total: Option<u64>, unit: Unit) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(total, target(global)).with_message(what.to_owned());
    WATCH.with_borrow(|watch| watch.iter().for_each(|watch| watch.show(Some((bar.clone(), unit)))));
    bar
}

/// Whether bars are drawn on standard error.
fn is_drawn() -> bool {
    !output::is_kept() && std::io::stderr().is_terminal()
}

fn target(global: &Global) -> ProgressDrawTarget {
    if global.quiet || !is_drawn() {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::ColorChoice;

    #[test]
    fn a_watch_sees_the_bar_of_its_command_and_no_other() {
        let global = Global { color: ColorChoice::Never, quiet: false };
        let watch = Watch::default();
        let seen = watch.over(|| {
            let bar = Progress::utterances(&global, "utterances", Some(3), 1);
            bar.advance();
            let seen = watch.now();
            assert!(!Progress::is_hidden(&global));
            seen
        });
        let step =
            Step { what: "utterances".into(), unit: Unit::Utterances, done: 2, total: Some(3) };
        assert_eq!(seen, Some(step));
        assert_eq!(watch.now(), None);
        let _other = Progress::bytes(&global, "reading", None);
        assert_eq!(watch.now(), None);
    }
}
