//! An ONNX model with what runs it.

use std::num::NonZero;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use massive_models::engine::{SessionOptions, TimedEngine, choose};
use massive_models::folder::{ModelFolder, Parts};
use massive_models::heads::HeadsModel;
use massive_models::model::Model;
use massive_models::text_to_text::{Names, TextToTextModel};
use massive_models::{Device, OnnxPredictor};
use massive_predict::batch::BatchLimits;
use massive_predict::pipeline::Limits;
use massive_predict::{Extras, Predictor, Worker};

use crate::args::{BatchArgs, GenerationArgs, PredictArgs};
use crate::failure::{Failure, Result};

/// An ONNX model and its engine.
pub(crate) struct OnnxRunner {
    pub(crate) folder: ModelFolder,
    pub(crate) predictor: OnnxPredictor,
    pub(crate) engine: TimedEngine,
    /// Which engine was taken, and why.
    reason: String,
    /// Threads of each session.
    threads: usize,
    /// Sessions on a CPU at most.
    at_most: usize,
    batches: BatchArgs,
}

/// A model of more bytes is loaded once: its operators are large enough to keep
/// all threads busy, and a copy for each thread would cost memory.
const SMALL: u64 = 256 << 20;

/// Utterances that are sorted together.
pub(super) const WINDOW: usize = 4096;

impl OnnxRunner {
    /// Opens the folder and finds the engine.
    pub(super) fn open(args: &PredictArgs, extras: Extras) -> Result<Self> {
        let folder = ModelFolder::open(&args.model.model, &args.model.choice())?;
        let chosen = choose(args.engine.engine, args.engine.library.library.as_deref())?;
        let engine = TimedEngine::new(chosen.engine);
        let options = args.engine.session_options();
        let cores = available_parallelism().map_or(1, NonZero::get);
        let threads = options.threads.unwrap_or(cores);
        let bytes: u64 = folder.graphs().iter().map(|graph| graph.bytes).sum();
        let at_most = match args.batches.sessions.map(usize::from) {
            Some(sessions) => sessions,
            None if bytes <= SMALL => threads,
            None => 1,
        };
        let threads = (threads / at_most).max(1);
        let options = SessionOptions { threads: Some(threads), ..options };
        let model = model_of(&folder, extras, &args.generation)?;
        Ok(OnnxRunner {
            predictor: OnnxPredictor::new(model, Arc::new(engine.clone()), options),
            folder,
            engine,
            reason: chosen.reason,
            threads,
            at_most,
            batches: args.batches.clone(),
        })
    }

    /// Loads the graphs, once or several times: small ones run side by side, on a
    /// thread each, which keeps processors busier than sharing every operator.
    pub(super) fn load(&self) -> Result<Loaded<'_>> {
        let mut workers = vec![self.predictor.worker()?];
        let device = self.engine.device().unwrap_or(Device::Cpu);
        if device == Device::Cpu || self.batches.sessions.is_some() {
            while workers.len() < self.at_most {
                workers.push(self.predictor.worker()?);
            }
        }
        let bytes: u64 = self.folder.graphs().iter().map(|graph| graph.bytes).sum();
        let (rows, ids) = match device {
            // The activations of a large model's batch soon outgrow the caches.
            Device::Cpu if bytes > SMALL => (64, 512),
            Device::Cpu => (64, 1024),
            _ => (512, 16_384),
        };
        let batch = BatchLimits {
            rows: self.batches.batch_size.map_or(rows, |rows| rows as usize),
            length: self.batches.batch_tokens.map_or(ids, |ids| ids as usize),
        };
        let sessions = workers.len();
        let share = match (device, sessions, self.threads) {
            (Device::Cpu, 1, 1) => "1 thread".to_owned(),
            (Device::Cpu, 1, threads) => format!("{threads} threads"),
            (Device::Cpu, sessions, 1) => format!("{sessions} sessions of 1 thread"),
            (Device::Cpu, sessions, threads) => format!("{sessions} sessions of {threads} threads"),
            (_, 1, _) => "1 session".to_owned(),
            (_, sessions, _) => format!("{sessions} sessions"),
        };
        let precision = self.folder.graphs().first().map(|graph| graph.precision);
        let precision = precision.map_or_else(String::new, |precision| format!(", {precision}"));
        let description = format!(
            "{} ({}{precision}) on {device}, {share}, with {}",
            self.folder.name,
            self.folder.kind(),
            self.reason
        );
        Ok(Loaded { workers, limits: Limits { batch, window: WINDOW }, description })
    }

    /// How long the graphs ran, all sessions together.
    pub(super) fn running(&self) -> Duration {
        self.engine.running()
    }
}

/// Graphs that are loaded.
pub(crate) struct Loaded<'a> {
    pub(crate) workers: Vec<Box<dyn Worker + 'a>>,
    pub(crate) limits: Limits,
    /// One line that says what runs where.
    pub(crate) description: String,
}

fn model_of(
    folder: &ModelFolder,
    extras: Extras,
    generation: &GenerationArgs,
) -> Result<Box<dyn Model>> {
    if let (Parts::Encoder(_) | Parts::Pair { .. }, Some(flag)) =
        (&folder.parts, generation.given())
    {
        return Err(Failure::CannotRun(format!(
            "{flag} is for text-to-text models, and {} is {}",
            folder.path.display(),
            folder.kind()
        )));
    }
    match &folder.parts {
        Parts::Encoder(encoder) => Ok(Box::new(HeadsModel::single(encoder.clone(), extras))),
        Parts::Pair { intent, slots } => {
            Ok(Box::new(HeadsModel::pair(intent.clone(), slots.clone(), extras)))
        }
        Parts::TextToText(model) => {
            let generation = generation.generation(extras.scores);
            Ok(Box::new(TextToTextModel::new(model.clone(), Names::default(), generation)?))
        }
    }
}
