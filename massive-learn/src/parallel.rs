//! Training of many locales side by side.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use crate::error::Result;
use crate::locale_model::LocaleModel;
use crate::rows::LocaleRows;
use crate::settings::Settings;
use crate::train::{TrainingReport, train_locale};

/// Trains a model for each locale, `threads` at a time, and hands each to `take`
/// on the calling thread once it is done, with its number in `rows`.
///
/// What each model is does not depend on the threads; the order in which they are
/// done does.
///
/// # Errors
/// The first of [`train_locale`] or of `take`; what was not begun is not done.
pub fn train_locales<E: From<crate::Error>>(
    rows: &[LocaleRows],
    settings: &Settings,
    threads: usize,
    stop: &AtomicBool,
    mut take: impl FnMut(usize, LocaleModel, TrainingReport) -> Result<(), E>,
) -> Result<(), E> {
    let next = AtomicUsize::new(0);
    let (send, receive) = mpsc::channel();
    let mut failed: Option<E> = None;
    thread::scope(|scope| {
        for _ in 0..threads.clamp(1, rows.len().max(1)) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(number) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .filter(|number| *number < rows.len() && !stop.load(Ordering::Relaxed))
                {
                    let trained = train_locale(&rows[number], settings, stop);
                    if send.send((number, trained)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        for (number, trained) in receive {
            let taken = match trained {
                Ok((model, report)) => take(number, model, report),
                Err(error) => Err(error.into()),
            };
            if let Err(error) = taken {
                // The others are not to begin anything more.
                next.store(rows.len(), Ordering::Relaxed);
                failed.get_or_insert(error);
            }
        }
    });
    match failed {
        Some(error) => Err(error),
        None if stop.load(Ordering::Relaxed) => Err(crate::Error::stopped().into()),
        None => Ok(()),
    }
}
