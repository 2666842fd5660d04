//! Text-to-text models as predictors.

use std::path::Path;
use std::sync::Arc;

use massive_data::chunks;

use super::decoder::DecoderGraphs;
use super::fault::Names;
use super::generator::{Generator, Graphs, Output, Request};
use super::model::{Generation, TextToText};
use super::special_ids::SpecialIds;
use crate::engine::{Engine, SessionOptions};
use crate::error::{Error, Result};
use crate::folder::{Kind, TextToTextFolder};
use crate::predictor::{Model, Parse, Predictor, Question, Scores, Task};

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

    fn prepare(&self, question: Question) -> Result<Task> {
        let words: Vec<&str> = question.words.iter().map(|word| &**word).collect();
        let sequence = self.model.encode(&words)?;
        let rows = self.folder.encoder.embedding_rows.unwrap_or(usize::MAX);
        if let Some(id) = sequence.ids.iter().find(|&&id| id as usize >= rows) {
            return Err(Error::model(format!(
                "{}: the tokenizer does not fit the model: in utterance {question} it gives id {id} \
                 (`{}`), but {} has {rows} rows",
                self.folder.tokenizer.path().display(),
                self.folder.tokenizer.piece(*id).unwrap_or_default().escape_debug(),
                self.folder.encoder.path.display(),
            )));
        }
        Ok(Task { question, sequences: vec![sequence] })
    }

    fn predictor<'a>(
        &'a self,
        engine: &dyn Engine,
        options: &SessionOptions,
    ) -> Result<Box<dyn Predictor + 'a>> {
        Ok(Box::new(self.generator(engine, options)?))
    }
}

impl Predictor for Generator<'_> {
    fn predict(&mut self, batch: &[Task]) -> Result<Vec<Parse>> {
        let requests: Vec<Request<'_>> = batch
            .iter()
            .map(|task| Request {
                ids: task.sequences.first().map_or(&[], |sequence| &sequence.ids),
                words: task.question.words.len(),
            })
            .collect();
        let outputs = self.write(&requests)?;
        Ok(batch.iter().zip(outputs).map(|(task, output)| parse(task, output)).collect())
    }
}

fn parse(task: &Task, output: Output) -> Parse {
    let scores = output.scores.map(|scores| Scores {
        intent: scores.intent,
        margin: None,
        slots: scores.labels.map(|labels| {
            chunks(output.labels.iter().map(Option::as_ref))
                .map(|chunk| {
                    let words = labels.get(chunk.first..=chunk.last).unwrap_or_default();
                    words.iter().sum::<f64>() / words.len().max(1) as f64
                })
                .collect()
        }),
    });
    Parse {
        intent: Some(output.intent.into()),
        labels: Some(output.labels),
        words: None,
        scores,
        lost: task.sequences.first().map_or(0, |sequence| sequence.lost),
        malformed: output.fault.is_some(),
    }
}
