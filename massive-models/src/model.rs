//! Models of ONNX graphs, as predictors.
//!
//! A [`Model`] encodes without its graphs; an engine loads these, once for each
//! thread. Both together are an [`OnnxPredictor`], which the rest of the toolkit
//! runs as any other [`Predictor`].

use std::sync::Arc;

use massive_predict::{Encoded, Example, Predictor, Worker};

use crate::engine::{Engine, SessionOptions};
use crate::error::{Error, Result};
use crate::folder::{GraphFacts, Kind};
use crate::tokenize::{Sequence, Tokenizer};

/// A model before its graphs are loaded.
pub trait Model: Send + Sync {
    /// What kind it is.
    fn kind(&self) -> Kind;

    /// Encodes an example.
    ///
    /// # Errors
    /// A tokenizer that fails, or gives an id that the model does not have.
    fn encode(&self, example: Example) -> Result<Encoded>;

    /// Loads the graphs.
    ///
    /// # Errors
    /// Those of [`Engine::load`].
    fn load<'a>(
        &'a self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Box<dyn Worker + 'a>>;
}

/// A model with what runs its graphs.
pub struct OnnxPredictor {
    model: Box<dyn Model>,
    engine: Arc<dyn Engine>,
    options: SessionOptions,
}

impl OnnxPredictor {
    /// `model` on `engine`; each worker loads the graphs with `options`.
    pub fn new(model: Box<dyn Model>, engine: Arc<dyn Engine>, options: SessionOptions) -> Self {
        OnnxPredictor { model, engine, options }
    }
}

impl Predictor for OnnxPredictor {
    fn encode(&self, example: Example) -> massive_predict::Result<Encoded> {
        Ok(self.model.encode(example)?)
    }

    fn worker(&self) -> massive_predict::Result<Box<dyn Worker + '_>> {
        Ok(self.model.load(&*self.engine, &self.options)?)
    }
}

/// An example with its ids, once for each encoding that the model reads.
pub(crate) fn encoded(example: Example, sequences: Vec<Sequence>) -> Encoded {
    let length = sequences.iter().map(|sequence| sequence.ids.len()).max().unwrap_or(0);
    Encoded::new(example, length, sequences)
}

/// The ids of an example.
pub(crate) fn sequences(encoded: &Encoded) -> Result<&[Sequence]> {
    let sequences = encoded.input::<Vec<Sequence>>();
    sequences.map(Vec::as_slice).map_err(|error| Error::request(error.to_string()))
}

/// Checks that the graph's table has a row for every id.
pub(crate) fn check_ids(
    tokenizer: &Tokenizer,
    graph: &GraphFacts,
    sequence: &Sequence,
    example: &Example,
) -> Result<()> {
    let rows = graph.embedding_rows.unwrap_or(usize::MAX);
    match sequence.ids.iter().find(|&&id| id as usize >= rows) {
        None => Ok(()),
        Some(id) => Err(Error::model(format!(
            "{}: the tokenizer does not fit the model: in utterance {example} it gives id {id} \
             (`{}`), but {} has {rows} rows",
            tokenizer.path().display(),
            tokenizer.piece(*id).unwrap_or_default().escape_debug(),
            graph.path.display(),
        ))),
    }
}
