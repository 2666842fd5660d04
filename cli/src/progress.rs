//! The progress bar: on standard error, only where somebody watches.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use massive_data::OnProgress;

use crate::args::Global;
use crate::output;

/// A bar over bytes that vanishes when dropped.
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows a bar, unless told to be quiet or nobody watches.
    pub(crate) fn bytes(global: &Global, what: &str, total: Option<u64>) -> Self {
        let bar =
            ProgressBar::with_draw_target(total, target(global)).with_message(what.to_owned());
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
        let bar =
            ProgressBar::with_draw_target(total, target(global)).with_message(what.to_owned());
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
        global.quiet || output::is_kept() || !std::io::stderr().is_terminal()
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
    }
}

fn target(global: &Global) -> ProgressDrawTarget {
    if Progress::is_hidden(global) {
        ProgressDrawTarget::hidden()
    } else {
        ProgressDrawTarget::stderr()
    }
}
