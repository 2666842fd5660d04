//! A model that stays loaded.

use std::process;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::thread;

use massive_cli::LoadedModel;
use massive_data::{Locale, UtteranceId};
use massive_predict::Example;
use pyo3::prelude::*;

use crate::failure::{Failure, Result};
use crate::work;

type Lines = Result<Vec<String>>;

/// Texts that want predictions, and who waits for them.
struct Job {
    examples: Vec<Example>,
    done: SyncSender<Lines>,
}

/// A model on a thread of its own, which works off what it is asked.
#[pyclass(frozen, module = "massive_nlu._native")]
pub(crate) struct Predictor {
    jobs: std::sync::mpsc::Sender<Job>,
    /// The process that has the thread: a forked one does not.
    process: u32,
}

#[pymethods]
impl Predictor {
    /// Loads the model that these flags of `massive predict` name.
    #[new]
    fn new(py: Python<'_>, arguments: Vec<String>) -> PyResult<Self> {
        let (jobs, wanted) = channel();
        let (ready, is_ready) = sync_channel(1);
        let started = thread::Builder::new().name("massive-nlu model".to_owned());
        started
            .spawn(move || serve(arguments, &wanted, &ready))
            .map_err(|error| Failure::internal(error.to_string()).raise(py))?;
        let loaded = work::wait(py, &Mutex::new(is_ready))?;
        let fault = || Err(Failure::internal("the model could not be loaded"));
        loaded.unwrap_or_else(fault).map_err(|failure| failure.raise(py))?;
        Ok(Predictor { jobs, process: process::id() })
    }

    /// A line of JSON for each text, in their order.
    fn predict(
        &self,
        py: Python<'_>,
        texts: Vec<String>,
        locales: Vec<String>,
        ids: Vec<String>,
    ) -> PyResult<Vec<String>> {
        self.lines(py, &texts, &locales, &ids)?.map_err(|failure| failure.raise(py))
    }
}

impl Predictor {
    fn lines(
        &self,
        py: Python<'_>,
        texts: &[String],
        locales: &[String],
        ids: &[String],
    ) -> PyResult<Lines> {
        if self.process != process::id() {
            return Ok(Err(Failure::request(
                "this predictor was made before the process was forked: make it after that",
            )));
        }
        let examples = texts.iter().zip(locales).zip(ids).map(|((text, locale), id)| {
            let (locale, id): (Locale, UtteranceId) = (locale.parse()?, id.parse()?);
            Ok(Example::from_text(id, locale, text))
        });
        let examples = match examples.collect::<massive_data::Result<Vec<_>>>() {
            Ok(examples) => examples,
            Err(error) => return Ok(Err(error.into())),
        };
        let (done, receive) = sync_channel(1);
        let gone = || Failure::internal("the model has stopped after a fault");
        if self.jobs.send(Job { examples, done }).is_err() {
            return Ok(Err(gone()));
        }
        Ok(work::wait(py, &Mutex::new(receive))?.unwrap_or_else(|| Err(gone())))
    }
}

/// Loads a model and works until nobody can ask any more.
fn serve(arguments: Vec<String>, jobs: &Receiver<Job>, ready: &SyncSender<Result<()>>) {
    let work = |model: &mut LoadedModel<'_>| {
        // Whoever waited may have been interrupted.
        let _ = ready.send(Ok(()));
        for job in jobs {
            let lines = model.predict(job.examples).map_err(Failure::from);
            let _ = job.done.send(lines);
        }
    };
    if let Err(error) = massive_cli::with_model(arguments, work) {
        let _ = ready.send(Err(Failure::from(error)));
    }
}
