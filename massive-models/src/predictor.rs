//! What all models are to the rest of the toolkit.
//!
//! A predictor is anything that turns utterances into predictions: a graph with
//! heads, a generator of text, and whatever comes later. What can be done on any
//! thread, as encoding words, is the [`Model`]'s; what needs a loaded graph, of
//! which each thread has its own, is the [`Predictor`]'s.

use std::fmt;
use std::sync::Arc;

use massive_data::{Locale, SlotName, Utterance, UtteranceId};

use crate::engine::{Engine, SessionOptions};
use crate::error::Result;
use crate::folder::Kind;
use crate::tokenize::Sequence;

/// An utterance that wants a prediction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Its id.
    pub id: UtteranceId,
    /// Its locale.
    pub locale: Locale,
    /// Its words, as the reference cuts them.
    pub words: Vec<Box<str>>,
}

impl Question {
    /// The question that a row of the corpus is.
    pub fn of(utterance: &Utterance<'_>) -> Self {
        Question {
            id: utterance.id().clone(),
            locale: utterance.locale(),
            words: utterance.words().into_iter().map(Box::from).collect(),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.locale, self.id)
    }
}

/// A question with its ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The question.
    pub question: Question,
    /// Its ids, once for each tokenizer of the model.
    pub sequences: Vec<Sequence>,
}

impl Task {
    /// Ids that it takes in a batch.
    pub fn length(&self) -> usize {
        self.sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0)
    }
}

/// What a model says about an utterance.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parse {
    /// The intent; `None` if the model predicts none.
    pub intent: Option<Arc<str>>,
    /// A label for each word; `None` if the model predicts none.
    pub labels: Option<Vec<Option<SlotName>>>,
    /// The words as the model saw them, where they were asked for.
    pub words: Option<Vec<String>>,
    /// How sure the model is, where that was asked for.
    pub scores: Option<Scores>,
    /// Words that did not fit into the model; they are outside every slot.
    pub lost: usize,
    /// True if a text that the model wrote is not of the expected form.
    pub malformed: bool,
}

/// How sure a model is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    /// The probability of the intent.
    pub intent: Option<f64>,
    /// How much more probable it is than the next one.
    pub margin: Option<f64>,
    /// For each slot over words, in order, the mean probability of its words'
    /// labels.
    pub slots: Option<Vec<f64>>,
}

/// What is wanted besides intents and labels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extras {
    /// [`Parse::scores`].
    pub scores: bool,
    /// [`Parse::words`].
    pub words: bool,
}

/// A model before its graphs are loaded.
pub trait Model: Send + Sync {
    /// What kind it is.
    fn kind(&self) -> Kind;

    /// Encodes the words of a question.
    ///
    /// # Errors
    /// A tokenizer that fails, or gives an id that the model does not have.
    fn prepare(&self, question: Question) -> Result<Task>;

    /// Loads the graphs.
    ///
    /// # Errors
    /// Those of [`Engine::load`].
    fn predictor<'a>(
        &'a self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Box<dyn Predictor + 'a>>;
}

/// A model with its graphs loaded.
pub trait Predictor: Send {
    /// What it says about each task, in their order.
    ///
    /// # Errors
    /// Those of [`Session::run`](crate::engine::Session::run), outputs of an
    /// unexpected shape, logits that are not numbers.
    fn predict(&mut self, batch: &[Task]) -> Result<Vec<Parse>>;
}
