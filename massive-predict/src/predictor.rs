//! What all predictors are to the rest of the toolkit.
//!
//! What can be done on any thread, as encoding words, is the [`Predictor`]'s;
//! what needs something of its own on each thread, as a loaded graph or a
//! connection, is the [`Worker`]'s.

use std::any::Any;
use std::fmt;

use crate::error::{Error, Result};
use crate::example::Example;
use crate::prediction::Prediction;

/// Anything that turns examples into predictions.
pub trait Predictor: Send + Sync {
    /// Prepares an example: what can be done before its batch is known.
    ///
    /// The default keeps the example as it is.
    ///
    /// # Errors
    /// Those of the predictor, for instance of a tokenizer that does not fit.
    fn encode(&self, example: Example) -> Result<Encoded> {
        Ok(Encoded::from(example))
    }

    /// Makes what predicts, one for each thread.
    ///
    /// # Errors
    /// Those of the predictor, for instance of loading a graph.
    fn worker(&self) -> Result<Box<dyn Worker + '_>>;
}

/// A predictor at work, on one thread.
pub trait Worker: Send {
    /// A prediction for each example, in their order.
    ///
    /// # Errors
    /// Those of the predictor; one of the kind
    /// [`ErrorKind::OutOfMemory`](crate::ErrorKind::OutOfMemory) makes the
    /// pipeline try smaller batches.
    fn predict(&mut self, batch: &[Encoded]) -> Result<Vec<Prediction>>;
}

/// An example that is ready for a worker.
pub struct Encoded {
    /// The example.
    pub example: Example,
    length: usize,
    input: Box<dyn Any + Send>,
}

impl Encoded {
    /// An example with what its predictor made of it. `length` is what it takes
    /// in a batch, usually in token ids: examples of like length are put
    /// together, and batches are filled up to their longest.
    pub fn new<T: Any + Send>(example: Example, length: usize, input: T) -> Self {
        Encoded { example, length, input: Box::new(input) }
    }

    /// What it takes in a batch.
    pub fn length(&self) -> usize {
        self.length
    }

    /// What its predictor made of it.
    ///
    /// # Errors
    /// It was encoded by a predictor of another kind.
    pub fn input<T: Any>(&self) -> Result<&T> {
        self.input.downcast_ref().ok_or_else(|| {
            Error::request(format!("{} was encoded by another predictor", self.example))
        })
    }
}

impl From<Example> for Encoded {
    /// An example as it is, as long as its words.
    fn from(example: Example) -> Self {
        Encoded { length: example.words.len(), example, input: Box::new(()) }
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("example", &self.example)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The predictor that a function of an example is.
pub fn from_fn<F>(predict: F) -> impl Predictor
where
    F: Fn(&Example) -> Result<Prediction> + Send + Sync,
{
    FromFn(predict)
}

struct FromFn<F>(F);

impl<F: Fn(&Example) -> Result<Prediction> + Send + Sync> Predictor for FromFn<F> {
    fn worker(&self) -> Result<Box<dyn Worker + '_>> {
        Ok(Box::new(FromFnWorker(&self.0)))
    }
}

struct FromFnWorker<'a, F>(&'a F);

impl<F: Fn(&Example) -> Result<Prediction> + Send + Sync> Worker for FromFnWorker<'_, F> {
    fn predict(&mut self, batch: &[Encoded]) -> Result<Vec<Prediction>> {
        batch.iter().map(|encoded| (self.0)(&encoded.example)).collect()
    }
}

/// Predicts a few examples at once, on this thread.
///
/// # Errors
/// Those of the predictor.
pub fn predict_all(predictor: &dyn Predictor, examples: Vec<Example>) -> Result<Vec<Prediction>> {
    let encoded: Vec<Encoded> =
        examples.into_iter().map(|example| predictor.encode(example)).collect::<Result<_>>()?;
    let predictions = predictor.worker()?.predict(&encoded)?;
    expect_count(predictions, encoded.len())
}

/// Checks that there is a prediction for each example.
pub(crate) fn expect_count(predictions: Vec<Prediction>, count: usize) -> Result<Vec<Prediction>> {
    if predictions.len() == count {
        return Ok(predictions);
    }
    Err(Error::predictor(format!(
        "the predictor gave {} predictions for {count} utterances",
        predictions.len()
    )))
}
