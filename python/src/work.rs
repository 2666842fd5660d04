//! Work without the interpreter's lock, which an interrupt ends at once and whose
//! panics become exceptions.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

use crate::failure::{Failure, Result};

/// How often it is looked whether the user has interrupted.
const GLANCE: Duration = Duration::from_millis(20);

/// Does work on a thread of its own and waits for it.
///
/// Where the user interrupts, nobody waits any longer: the work is told to end
/// and its result is dropped.
pub(crate) fn run<T: Send + 'static>(
    py: Python<'_>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    run_telling(py, |_| Ok(()), work)
}

/// [`run`], which tells meanwhile how far the work is.
pub(crate) fn run_telling<T: Send + 'static>(
    py: Python<'_>,
    tell: impl Fn(Python<'_>) -> PyResult<()>,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> PyResult<T> {
    let (send, receive) = sync_channel(1);
    start(move || with_own_threads(work), send).map_err(|failure| failure.raise(py))?;
    let result = wait_telling(py, tell, &Mutex::new(receive))
        .inspect_err(|_| massive_cli::interrupt(true))?;
    let result = result.unwrap_or_else(|| Err(Failure::internal("the work was given up")));
    result.map_err(|failure| failure.raise(py))
}

/// Starts work on a thread of its own.
pub(crate) fn start<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
    result: SyncSender<Result<T>>,
) -> Result<()> {
    let caught = move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        let done = done.unwrap_or_else(|panic| Err(Failure::internal(text_of(&*panic))));
        // Nobody waits any longer.
        let _ = result.send(done);
    };
    let started = thread::Builder::new().name("massive-nlu".to_owned()).spawn(caught);
    started
        .map(drop)
        .map_err(|error| Failure::internal(format!("no thread can be started: {error}")))
}

/// Waits for the next value; `None` once there will be none.
///
/// # Errors
/// The user interrupts.
pub(crate) fn wait<T: Send>(py: Python<'_>, receive: &Mutex<Receiver<T>>) -> PyResult<Option<T>> {
    wait_telling(py, |_| Ok(()), receive)
}

fn wait_telling<T: Send>(
    py: Python<'_>,
    tell: impl Fn(Python<'_>) -> PyResult<()>,
    receive: &Mutex<Receiver<T>>,
) -> PyResult<Option<T>> {
    let next = || {
        let receive = receive.lock().unwrap_or_else(PoisonError::into_inner);
        receive.recv_timeout(GLANCE)
    };
    loop {
        match py.detach(next) {
            Ok(value) => return Ok(Some(value)),
            Err(RecvTimeoutError::Disconnected) => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {
                py.check_signals()?;
                tell(py)?;
            }
        }
    }
}

/// Does work that shares its parts among threads of its own: those of a process
/// that was forked are not there in its child.
fn with_own_threads<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    match rayon::ThreadPoolBuilder::new().build() {
        Ok(threads) => threads.install(work),
        Err(error) => Err(Failure::internal(format!("no threads can be started: {error}"))),
    }
}

/// What a panic says.
fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned());
    format!(
        "a fault of massive-nlu itself, please report it: {}",
        text.unwrap_or_else(|| "a panic without a message".to_owned())
    )
}
