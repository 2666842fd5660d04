//! The pipeline: reading, encoding, inference and writing at the same time.
//!
//! One thread feeds encoded examples, workers turn batches of them into
//! predictions, and the calling thread takes these in the order of the examples.
//! At most a few windows of examples are under way, so memory does not grow with
//! their number.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::batch::{BatchLimits, Reorder, Windows};
use crate::error::{Error, ErrorKind, Result};
use crate::prediction::{Predicted, Prediction};
use crate::predictor::{Encoded, Worker, expect_count};

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

/// What happened on the way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PipelineReport {
    /// Predictions handed out.
    pub predictions: u64,
    /// Batches run.
    pub batches: u64,
    /// Utterances that were longer than the model takes.
    pub truncated: u64,
    /// Words that were cut off them.
    pub truncated_words: u64,
    /// Predictions whose text was not of the expected form.
    pub malformed: u64,
    /// Batches that did not fit into memory and were split: the first as a
    /// sentence, and how many.
    pub split: Option<(String, u64)>,
    /// From the first example to the last prediction.
    pub wall: Duration,
    /// True if it was told to stop.
    pub interrupted: bool,
}

/// Where examples go in.
pub struct Feed<'a> {
    windows: Windows,
    size: usize,
    waiting: Vec<Encoded>,
    sent: u64,
    limits: Limits,
    permits: Receiver<()>,
    batches: Sender<Batch>,
    stop: &'a AtomicBool,
}

/// Nobody takes examples any more: an error or an interrupt happened elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed;

struct Batch {
    numbers: Vec<u64>,
    examples: Vec<Encoded>,
}

impl Feed<'_> {
    /// Hands in an example; waits while too many are under way.
    ///
    /// # Errors
    /// [`Closed`]: end, quietly.
    pub fn push(&mut self, encoded: Encoded) -> Result<(), Closed> {
        self.waiting.push(encoded);
        if self.waiting.len() < self.size { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Closed> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Closed);
        }
        let lengths: Vec<usize> = self.waiting.iter().map(Encoded::length).collect();
        let mut examples: Vec<Option<Encoded>> = self.waiting.drain(..).map(Some).collect();
        if examples.is_empty() {
            return Ok(());
        }
        self.permits.recv().map_err(|_| Closed)?;
        for places in self.limits.batch.cut(&lengths) {
            let batch = Batch {
                numbers: places.iter().map(|&place| self.sent + place as u64).collect(),
                examples: places.iter().filter_map(|&place| examples[place].take()).collect(),
            };
            self.batches.send(batch).map_err(|_| Closed)?;
        }
        self.sent += lengths.len() as u64;
        self.size = self.windows.next().unwrap_or(self.size);
        Ok(())
    }
}

/// Runs `feed`, whose examples the workers predict, and hands the predictions to
/// `sink` in the order of the examples.
///
/// Once `stop` is set nothing new begins, and the report says that it was
/// interrupted; predictions that were handed out by then are whole and in order.
///
/// # Errors
/// Any error of `feed`, a worker or `sink`.
pub fn run<F: Send>(
    feed: impl FnOnce(&mut Feed<'_>) -> Result<F> + Send,
    workers: Vec<Box<dyn Worker + '_>>,
    limits: Limits,
    stop: &AtomicBool,
    mut sink: impl FnMut(Predicted) -> Result<()>,
) -> Result<(F, PipelineReport)> {
    let start = Instant::now();
    let threads = workers.len();
    let (batches, to_do) = bounded::<Batch>(2 * threads);
    let (done, results) = bounded::<Result<Done>>(2 * threads);
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
        for worker in workers {
            let (to_do, done) = (to_do.clone(), done.clone());
            scope.spawn(move || work(worker, to_do, &done, stop));
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

/// A batch that was predicted.
struct Done {
    numbers: Vec<u64>,
    predictions: Vec<Predicted>,
    split: Option<String>,
}

fn work(
    mut worker: Box<dyn Worker + '_>,
    to_do: Receiver<Batch>,
    done: &Sender<Result<Done>>,
    stop: &AtomicBool,
) {
    for Batch { numbers, examples } in to_do {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let mut split = None;
        let result =
            predict_or_split(&mut *worker, &examples, &mut split).map(|predictions| Done {
                numbers,
                predictions: examples
                    .into_iter()
                    .zip(predictions)
                    .map(|(encoded, prediction)| Predicted { example: encoded.example, prediction })
                    .collect(),
                split,
            });
        let failed = result.is_err();
        if done.send(result).is_err() || failed {
            return;
        }
    }
}

/// Predicts a batch; one that does not fit into memory is split in halves, once.
fn predict_or_split(
    worker: &mut dyn Worker,
    examples: &[Encoded],
    split: &mut Option<String>,
) -> Result<Vec<Prediction>> {
    let error = match worker.predict(examples) {
        Err(error) if error.kind() == ErrorKind::OutOfMemory => error,
        result => return expect_count(result?, examples.len()),
    };
    let what = describe(examples);
    if examples.len() < 2 {
        return Err(Error::out_of_memory(format!("no memory for {what}: {error}")));
    }
    let (first, second) = examples.split_at(examples.len() / 2);
    let mut predictions = Vec::with_capacity(examples.len());
    for half in [first, second] {
        let result = worker.predict(half).map_err(|again| {
            if again.kind() != ErrorKind::OutOfMemory {
                return again;
            }
            Error::out_of_memory(format!("no memory for {what}, nor for half of it: {again}"))
        })?;
        predictions.extend(expect_count(result, half.len())?);
    }
    *split = Some(what);
    Ok(predictions)
}

fn describe(examples: &[Encoded]) -> String {
    let longest = examples.iter().map(Encoded::length).max().unwrap_or(0);
    let first = examples.first().map(|encoded| encoded.example.to_string()).unwrap_or_default();
    format!("the batch of {} utterances of up to {longest} ids around {first}", examples.len())
}

fn receive(
    results: &Receiver<Result<Done>>,
    permit: &Sender<()>,
    window: usize,
    report: &mut PipelineReport,
    sink: &mut dyn FnMut(Predicted) -> Result<()>,
) -> Result<()> {
    let mut reorder = Reorder::default();
    let mut windows = Windows::up_to(window);
    let mut window_ends = windows.next().unwrap_or(1) as u64;
    for result in results {
        let Done { numbers, predictions, split } = result?;
        report.batches += 1;
        if let Some(what) = split {
            let (first, count) = report.split.take().unwrap_or((what, 0));
            report.split = Some((first, count + 1));
        }
        for (number, predicted) in numbers.into_iter().zip(predictions) {
            reorder.insert(number, predicted);
        }
        while let Some(predicted) = reorder.pop() {
            report.predictions += 1;
            report.malformed += u64::from(predicted.prediction.malformed);
            report.truncated += u64::from(predicted.prediction.truncated > 0);
            report.truncated_words += predicted.prediction.truncated as u64;
            sink(predicted)?;
            if reorder.done() == window_ends {
                window_ends += windows.next().unwrap_or(1) as u64;
                let _ = permit.send(());
            }
        }
    }
    Ok(())
}
