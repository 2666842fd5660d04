//! A model that takes part.

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread::available_parallelism;

use massive_compress::Record;
use massive_compress::quantize::Weights;
use massive_data::{Corpus, PredictionFiles};
use massive_eval::Submission;
use massive_eval::toll::{Form, ModelFacts};
use massive_models::engine::{Engine, SessionOptions, choose};
use massive_models::folder::{Choice, ModelFolder};
use massive_models::tokenize::Tokenizer;
use massive_models::{OnnxPredictor, encoder_model};
use massive_predict::batch::BatchLimits;
use massive_predict::corpus::{Request, Target, predict};
use massive_predict::line::LineWords;
use massive_predict::pipeline::Limits;
use massive_predict::{Extras, Predictor, Shard, Worker};

use crate::args::{EngineArgs, Global};
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Progress;

/// A model that takes part.
pub(super) struct Candidate {
    folder: ModelFolder,
    pub(super) facts: ModelFacts,
    engine: Arc<dyn Engine>,
    options: SessionOptions,
}

/// As many ids in a batch as `massive predict` takes on a CPU.
const BATCH: BatchLimits = BatchLimits { rows: 64, length: 1024 };

impl Candidate {
    pub(super) fn open(path: &Path, args: &EngineArgs) -> Result<Self> {
        let folder = ModelFolder::open(path, &Choice::default())?;
        if encoder_model(&folder, Extras::default()).is_none() {
            return Err(Failure::CannotRun(format!(
                "{} is a text-to-text model; only encoders with heads can be held against each \
                 other here: predict with each and give the files to `massive compare`",
                path.display()
            )));
        }
        let graphs: u64 = folder.graphs().iter().map(|graph| graph.bytes).sum();
        let tokenizer = std::fs::metadata(folder.tokenizer().path()).map_or(0, |file| file.len());
        let facts = ModelFacts {
            name: path.display().to_string(),
            bytes: graphs + tokenizer,
            form: Record::read(path)?.as_ref().map(form),
            ..ModelFacts::default()
        };
        let engine = choose(args.engine, args.library.library.as_deref())?.engine;
        Ok(Candidate { folder, facts, engine, options: args.session_options() })
    }

    /// The model on an engine.
    pub(super) fn predictor(
        &self,
        engine: &Arc<dyn Engine>,
        threads: Option<usize>,
    ) -> Result<OnnxPredictor> {
        let model = encoder_model(&self.folder, Extras::default()).ok_or_else(|| {
            Failure::CannotRun(format!("{} is no encoder", self.folder.path.display()))
        })?;
        let options = SessionOptions { threads, ..self.options.clone() };
        Ok(OnnxPredictor::new(Box::new(model), Arc::clone(engine), options))
    }

    /// The tokenizer.
    pub(super) fn tokenizer(&self) -> &Tokenizer {
        self.folder.tokenizer()
    }

    /// Its folder.
    pub(super) fn path(&self) -> &str {
        &self.facts.name
    }

    /// What runs it.
    pub(super) fn engine(&self) -> &Arc<dyn Engine> {
        &self.engine
    }

    /// The threads that it may use.
    pub(super) fn threads(&self) -> usize {
        self.options.threads.unwrap_or_else(|| available_parallelism().map_or(1, NonZero::get))
    }

    /// What it says about every row, with a session a thread.
    pub(super) fn predict(&self, corpus: &Corpus, global: &Global) -> Result<Submission> {
        let predictor = self.predictor(&self.engine, Some(1))?;
        let workers = (0..self.threads())
            .map(|_| predictor.worker())
            .collect::<massive_predict::Result<Vec<Box<dyn Worker + '_>>>>()?;
        output::remark(global, &format!("{} with {}", self.facts.name, self.engine.description()));
        let failed = |error: std::io::Error| {
            Failure::CannotRun(format!("a temporary file cannot be made: {error}"))
        };
        let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().map_err(failed)?;
        let progress = Progress::utterances(global, "utterances", None, 0);
        let never = AtomicBool::new(false);
        let request = Request {
            corpus,
            shard: Shard::WHOLE,
            predictor: &predictor,
            workers,
            limits: Limits { batch: BATCH, window: 4096 },
            words: LineWords::Own,
            stop: &never,
            on_row: &|| progress.advance(),
        };
        let done = predict(request, &mut Target::Stream(&mut file))?;
        drop(progress);
        if done.rows == 0 {
            return Err(Failure::CannotRun(
                "the corpus has no rows of these locales in this partition".to_owned(),
            ));
        }
        let files = PredictionFiles::open(&[file.path().to_owned()])?;
        Ok(Submission::read(&files)?.0)
    }
}

/// The form of the weights of a model that was compressed.
fn form(record: &Record) -> Form {
    let bits = match record.recipe.weights {
        Some(Weights::Int8 { reduce_range: false }) => 8,
        Some(Weights::Int8 { reduce_range: true }) => 7,
        Some(Weights::Int4 { .. }) => 4,
        Some(Weights::Fp16) => 16,
        Some(Weights::Simulated { bits, .. }) => bits,
        None => 32,
    };
    Form {
        bits,
        rank: record.recipe.compensate.map_or(0, |how| how.rank as u64),
        pruned: record.recipe.prune.is_some(),
    }
}
