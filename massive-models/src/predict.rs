//! The pipeline: reading, encoding, inference and writing at the same time.
//!
//! One thread feeds tasks, workers with a predictor each turn batches into
//! parses, and the calling thread takes the answers in the order of the tasks.
//! At most a few windows of tasks are under way, so memory does not grow with
//! the corpus.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use massive_data::{Corpus, ReadReport};

use crate::batch::{BatchLimits, Reorder, Windows};
use crate::device::Device;
use crate::engine::{Engine, Keep, Port, Session, SessionOptions, Value};
use crate::error::{Error, Result};
use crate::predictor::{Model, Parse, Predictor, Question, Task};

/// How the pipeline works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How large a batch may be.
    pub batch: BatchLimits,
    /// Utterances that are sorted together.
    pub window: usize,
}

/// Windows under way.
const WINDOWS: usize = 3;

/// A question and what was predicted.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The question.
    pub question: Question,
    /// The prediction.
    pub parse: Parse,
}

/// What happened on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PipelineReport {
    /// Answers handed out.
    pub answers: u64,
    /// Batches run.
    pub batches: u64,
    /// Utterances that were cut, and words lost by it.
    pub cut: (u64, u64),
    /// Answers whose text was not of the expected form.
    pub malformed: u64,
    /// Batches that did not fit into memory and were halved: the first as a
    /// sentence, and how many.
    pub halved: Option<(String, u64)>,
    /// From the first task to the last answer.
    pub wall: Duration,
    /// True if it was told to stop.
    pub interrupted: bool,
}

/// Where tasks go in.
pub struct Feed<'a> {
    windows: Windows,
    size: usize,
    waiting: Vec<Task>,
    sent: u64,
    limits: Limits,
    permits: Receiver<()>,
    batches: Sender<Batch>,
    stop: &'a AtomicBool,
}

/// Nobody takes tasks any more: an error or an interrupt happened elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

struct Batch {
    numbers: Vec<u64>,
    tasks: Vec<Task>,
}

impl Feed<'_> {
    /// Hands in a task; waits while too many are under way.
    ///
    /// # Errors
    /// [`Closed`]: end, quietly.
    pub fn push(&mut self, task: Task) -> Result<(), Closed> {
        self.waiting.push(task);
        if self.waiting.len() < self.size { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Closed> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Closed);
        }
        let lengths: Vec<usize> = self.waiting.iter().map(Task::length).collect();
        let mut tasks: Vec<Option<Task>> = self.waiting.drain(..).map(Some).collect();
        if tasks.is_empty() {
            return Ok(());
        }
        self.permits.recv().map_err(|_| Closed)?;
        for places in self.limits.batch.cut(&lengths) {
            let batch = Batch {
                numbers: places.iter().map(|&place| self.sent + place as u64).collect(),
                tasks: places.iter().filter_map(|&place| tasks[place].take()).collect(),
            };
            self.batches.send(batch).map_err(|_| Closed)?;
        }
        self.sent += lengths.len() as u64;
        self.size = self.windows.next().unwrap_or(self.size);
        Ok(())
    }
}

/// Runs `feed`, whose tasks the predictors answer, and hands the answers to
/// `sink` in the order of the tasks.
///
/// Once `stop` is set nothing new begins, and the report says that it was
/// interrupted; answers that were handed out by then are whole and in order.
///
/// # Errors
/// Any error of `feed`, a predictor or `sink`.
pub fn run<F: Send>(
    feed: impl FnOnce(&mut Feed<'_>) -> Result<F> + Send,
    predictors: Vec<Box<dyn Predictor + '_>>,
    limits: Limits,
    stop: &AtomicBool,
    mut sink: impl FnMut(Answer) -> Result<()>,
) -> Result<(F, PipelineReport)> {
    let start = Instant::now();
    let workers = predictors.len();
    let (batches, to_do) = bounded::<Batch>(2 * workers);
    let (done, results) = bounded::<Result<Done>>(2 * workers);
    let (permit, permits) = bounded::<()>(WINDOWS);
    for _ in 0..WINDOWS {
        // The channel has room for exactly these.
        let _ = permit.send(());
    }
    let mut report = PipelineReport::default();
    let fed = thread::scope(|scope| {
        let feeding = scope.spawn(move || {
            let mut windows = Windows::up_to(limits.window);
            let size = windows.next().unwrap_or(1);
            let waiting = Vec::with_capacity(size);
            let mut door = Feed { windows, size, waiting, sent: 0, limits, permits, batches, stop };
            let fed = feed(&mut door)?;
            let _ = door.flush();
            Ok(fed)
        });
        for predictor in predictors {
            let (to_do, done) = (to_do.clone(), done.clone());
            scope.spawn(move || work(predictor, to_do, &done, stop));
        }
        drop((to_do, done));
        let received = receive(&results, &permit, limits.window, &mut report, &mut sink);
        // Whoever still waits for one of these ends.
        drop((results, permit));
        let fed = match feeding.join() {
            Ok(fed) => fed,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        // An error of a worker or the sink makes the feed end, not the other way
        // round.
        received.and(fed)
    })?;
    report.interrupted = stop.load(Ordering::Relaxed);
    report.wall = start.elapsed();
    Ok((fed, report))
}

/// A batch that was answered.
struct Done {
    numbers: Vec<u64>,
    answers: Vec<Answer>,
    halved: Option<String>,
}

fn work(
    mut predictor: Box<dyn Predictor + '_>,
    to_do: Receiver<Batch>,
    done: &Sender<Result<Done>>,
    stop: &AtomicBool,
) {
    for Batch { numbers, tasks } in to_do {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut halved = None;
        let result = predict_or_halve(&mut *predictor, &tasks, &mut halved).map(|parses| Done {
            numbers,
            answers: tasks
                .into_iter()
                .zip(parses)
                .map(|(task, parse)| Answer { question: task.question, parse })
                .collect(),
            halved,
        });
        let failed = result.is_err();
        if done.send(result).is_err() || failed {
            return;
        }
    }
}

/// Predicts a batch; one that does not fit into memory is halved, once.
fn predict_or_halve(
    predictor: &mut dyn Predictor,
    tasks: &[Task],
    halved: &mut Option<String>,
) -> Result<Vec<Parse>> {
    let expected = |parses: Vec<Parse>, tasks: &[Task]| {
        if parses.len() == tasks.len() {
            return Ok(parses);
        }
        Err(Error::inference(format!(
            "the model gave {} answers for {} utterances",
            parses.len(),
            tasks.len()
        )))
    };
    let error = match predictor.predict(tasks) {
        Err(error) if error.is_out_of_memory() => error,
        result => return expected(result?, tasks),
    };
    let what = describe(tasks);
    if tasks.len() < 2 {
        return Err(Error::out_of_memory(format!("no memory for {what}: {error}")));
    }
    let (first, second) = tasks.split_at(tasks.len() / 2);
    let mut parses = Vec::with_capacity(tasks.len());
    for half in [first, second] {
        let result = predictor.predict(half).map_err(|again| {
            if !again.is_out_of_memory() {
                return again;
            }
            Error::out_of_memory(format!(
                "no memory for {what}, nor for half of it; give a smaller --batch-tokens or \
                 --batch-size: {again}"
            ))
        })?;
        parses.extend(expected(result, half)?);
    }
    *halved = Some(what);
    Ok(parses)
}

fn describe(tasks: &[Task]) -> String {
    let longest = tasks.iter().map(Task::length).max().unwrap_or(0);
    let first = tasks.first().map(|task| task.question.to_string()).unwrap_or_default();
    format!("the batch of {} utterances of up to {longest} ids around {first}", tasks.len())
}

fn receive(
    results: &Receiver<Result<Done>>,
    permit: &Sender<()>,
    window: usize,
    report: &mut PipelineReport,
    sink: &mut dyn FnMut(Answer) -> Result<()>,
) -> Result<()> {
    let mut reorder = Reorder::default();
    let mut windows = Windows::up_to(window);
    let mut window_ends = windows.next().unwrap_or(1) as u64;
    for result in results {
        let Done { numbers, answers, halved } = result?;
        report.batches += 1;
        if let Some(what) = halved {
            let (first, count) = report.halved.take().unwrap_or((what, 0));
            report.halved = Some((first, count + 1));
        }
        for (number, answer) in numbers.into_iter().zip(answers) {
            reorder.insert(number, answer);
        }
        while let Some(answer) = reorder.pop() {
            report.answers += 1;
            report.malformed += u64::from(answer.parse.malformed);
            report.cut.0 += u64::from(answer.parse.lost > 0);
            report.cut.1 += answer.parse.lost as u64;
            sink(answer)?;
            if reorder.done() == window_ends {
                window_ends += windows.next().unwrap_or(1) as u64;
                let _ = permit.send(());
            }
        }
    }
    Ok(())
}

/// Predicts the selected rows of a corpus, but for the first `skip` of them, of
/// which `skipped` is told.
///
/// # Errors
/// Those of [`run`], of reading the corpus and of `skipped`.
#[allow(clippy::too_many_arguments, reason = "those of run, and what to skip")]
pub fn corpus(
    corpus: &Corpus,
    model: &dyn Model,
    predictors: Vec<Box<dyn Predictor + '_>>,
    limits: Limits,
    stop: &AtomicBool,
    skip: u64,
    mut skipped: impl FnMut(&Question) -> Result<()> + Send,
    sink: impl FnMut(Answer) -> Result<()>,
) -> Result<(ReadReport, PipelineReport)> {
    let feed = |feed: &mut Feed<'_>| {
        let mut failure = None;
        let mut left = skip;
        let read = corpus.for_each(
            |utterance| Ok(model.prepare(Question::of(&utterance))),
            |_, task| {
                let pushed = task.and_then(|task| {
                    if left > 0 {
                        left -= 1;
                        return skipped(&task.question).map(|()| Ok(()));
                    }
                    Ok(feed.push(task))
                });
                match pushed {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(Closed)) => Err(ended()),
                    Err(error) => {
                        failure = Some(error);
                        Err(ended())
                    }
                }
            },
        );
        match (failure, read) {
            (Some(error), _) => Err(error),
            (None, Ok(report)) => Ok(report),
            (None, Err(error)) if error.message() == ENDED => Ok(ReadReport::default()),
            (None, Err(error)) => Err(error.into()),
        }
    };
    run(feed, predictors, limits, stop, sink)
}

/// Ends the reading of a corpus; never shown.
const ENDED: &str = "reading was ended";

fn ended() -> massive_data::Error {
    massive_data::Error::request(ENDED)
}

/// An engine whose sessions measure how long they run, and that knows where.
#[derive(Debug, Clone)]
pub struct TimedEngine {
    inner: Arc<dyn Engine>,
    nanoseconds: Arc<AtomicU64>,
    device: Arc<Mutex<Option<Device>>>,
}

impl TimedEngine {
    /// Measures the sessions of `inner`.
    pub fn new(inner: Arc<dyn Engine>) -> Self {
        TimedEngine { inner, nanoseconds: Arc::default(), device: Arc::default() }
    }

    /// How long all sessions ran, together.
    pub fn running(&self) -> Duration {
        Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed))
    }

    /// Where the session that was loaded last runs.
    pub fn device(&self) -> Option<Device> {
        *self.device.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine for TimedEngine {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn description(&self) -> String {
        self.inner.description()
    }

    fn load(&self, graph: &Path, options: &SessionOptions) -> Result<Box<dyn Session>> {
        let inner = self.inner.load(graph, options)?;
        *self.device.lock().unwrap_or_else(PoisonError::into_inner) = Some(inner.device());
        Ok(Box::new(TimedSession { inner, nanoseconds: Arc::clone(&self.nanoseconds) }))
    }
}

struct TimedSession {
    inner: Box<dyn Session>,
    nanoseconds: Arc<AtomicU64>,
}

impl Session for TimedSession {
    fn inputs(&self) -> &[Port] {
        self.inner.inputs()
    }

    fn outputs(&self) -> &[Port] {
        self.inner.outputs()
    }

    fn device(&self) -> Device {
        self.inner.device()
    }

    fn device_reason(&self) -> Option<&str> {
        self.inner.device_reason()
    }

    fn run(&mut self, inputs: &[(&str, &Value)], outputs: &[(&str, Keep)]) -> Result<Vec<Value>> {
        let start = Instant::now();
        let result = self.inner.run(inputs, outputs);
        let nanoseconds = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    fn select_rows(&mut self, value: &Value, rows: &[usize]) -> Result<Value> {
        self.inner.select_rows(value, rows)
    }
}
