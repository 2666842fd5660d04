//! Text-to-text models as predictors.

use std::path::Path;
use std::sync::Arc;

use massive_data::chunks;
use massive_predict::{Encoded, Example, Prediction, Scores, Worker};

use super::decoder::DecoderGraphs;
use super::fault::Names;
use super::generator::{Generator, Graphs, Output, Request};
use super::model::{Generation, TextToText};
use super::special_ids::SpecialIds;
use crate::engine::{Engine, SessionOptions};
use crate::error::{Error, Result};
use crate::folder::{Kind, TextToTextFolder};
use crate::model::{Model, check_ids, encoded, sequences};
use crate::tokenize::Sequence;

/// A text-to-text model in a folder.
#[derive(Debug)]
pub struct TextToTextModel {
    folder: TextToTextFolder,
    model: TextToText,
}

impl TextToTextModel {
    /// The model in a folder, which may write these names.
    ///
    /// # Errors
    /// A configuration that cannot be read, and those of
    /// [`TextToText::new`].
    pub fn new(folder: TextToTextFolder, names: Names, generation: Generation) -> Result<Self> {
        let format = folder.format.clone().unwrap_or_default();
        let special = SpecialIds::read(&folder.folder)?;
        let tokenizer = Arc::clone(&folder.tokenizer);
        let model =
            TextToText::new(format, names, tokenizer, special, generation, folder.max_length)?;
        Ok(TextToTextModel { folder, model })
    }

    /// The model without its graphs.
    pub fn model(&self) -> &TextToText {
        &self.model
    }

    /// The model with its graphs.
    ///
    /// # Errors
    /// Those of [`Engine::load`] and [`Generator::new`].
    pub fn generator(
        &self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Generator<'_>> {
        let load = |path: &Path| engine.load(path, options);
        let graph = |name: &str| {
            let graph = self.folder.decoders.iter().find(|graph| is_named(&graph.path, name));
            graph.map(|graph| graph.path.as_path())
        };
        let decoder = match (graph(MERGED), graph(FIRST), graph(LATER)) {
            (Some(merged), _, _) => DecoderGraphs::Merged(load(merged)?),
            (None, Some(first), Some(later)) => {
                DecoderGraphs::Split { first: load(first)?, later: load(later)? }
            }
            (None, Some(plain), None) => DecoderGraphs::Plain(load(plain)?),
            (None, None, Some(_)) => {
                return Err(Error::model(format!(
                    "{}: {LATER}.onnx is there, but no {FIRST}.onnx, which makes the cache that it \
                     takes; export both, or {MERGED}.onnx",
                    self.folder.folder.display()
                )));
            }
            (None, None, None) => {
                return Err(Error::model(format!(
                    "{}: no decoder: expected {MERGED}.onnx, {FIRST}.onnx and {LATER}.onnx, or \
                     {FIRST}.onnx",
                    self.folder.folder.display()
                )));
            }
        };
        let encoder = load(&self.folder.encoder.path)?;
        Generator::new(&self.model, Graphs { encoder, decoder }).map_err(|error| {
            Error::model(format!("{}: {error}", self.folder.folder.display())).with_source(error)
        })
    }
}

const MERGED: &str = "decoder_model_merged";
const FIRST: &str = "decoder_model";
const LATER: &str = "decoder_with_past_model";

/// True for `decoder_model.onnx` and its variants, as `decoder_model_int8.onnx`.
fn is_named(path: &Path, name: &str) -> bool {
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let rest = stem.strip_prefix(name);
    rest.is_some_and(|rest| !(name == FIRST && rest.starts_with("_merged")))
}

impl Model for TextToTextModel {
    fn kind(&self) -> Kind {
        Kind::TextToText
    }

    fn encode(&self, example: Example) -> Result<Encoded> {
        let words: Vec<&str> = example.words.iter().map(|word| &**word).collect();
        let sequence = self.model.encode(&words)?;
        check_ids(&self.folder.tokenizer, &self.folder.encoder, &sequence, &example)?;
        Ok(encoded(example, vec![sequence]))
    }

    fn load<'a>(
        &'a self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Box<dyn Worker + 'a>> {
        Ok(Box::new(self.generator(engine, options)?))
    }
}

impl Worker for Generator<'_> {
    fn predict(&mut self, batch: &[Encoded]) -> massive_predict::Result<Vec<Prediction>> {
        let sequences = batch
            .iter()
            .map(|encoded| Ok(sequences(encoded)?.first().unwrap_or(&EMPTY)))
            .collect::<Result<Vec<&Sequence>>>()?;
        let requests: Vec<Request<'_>> = batch
            .iter()
            .zip(&sequences)
            .map(|(encoded, sequence)| Request {
                ids: &sequence.ids,
                words: encoded.example.words.len(),
            })
            .collect();
        let outputs = self.write(&requests)?;
        let predictions = sequences.iter().zip(outputs);
        Ok(predictions.map(|(sequence, output)| prediction(sequence, output)).collect())
    }
}

static EMPTY: Sequence = Sequence { ids: Vec::new(), words: Vec::new(), truncated: 0 };

fn prediction(sequence: &Sequence, output: Output) -> Prediction {
    let scores = output.scores.map(|scores| Scores {
        intent: scores.intent,
        margin: None,
        top_intents: Vec::new(),
        slots: scores.labels.map(|labels| {
            chunks(output.labels.iter().map(Option::as_ref))
                .map(|chunk| {
                    let words = labels.get(chunk.first..=chunk.last).unwrap_or_default();
                    words.iter().sum::<f64>() / words.len().max(1) as f64
                })
                .collect()
        }),
    });
    Prediction {
        intent: Some(output.intent.into()),
        labels: Some(output.labels),
        scores,
        truncated: sequence.truncated,
        malformed: output.fault.is_some(),
        ..Prediction::default()
    }
}
