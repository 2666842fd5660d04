//! A folder of trained models with what runs it: no engine, no sessions.

use std::num::NonZero;
use std::thread::available_parallelism;

use massive_data::{Locale, LocaleSet};
use massive_learn::{MANIFEST, TrainedFolder, TrainedPredictor};
use massive_predict::batch::BatchLimits;
use massive_predict::pipeline::Limits;
use massive_predict::{Extras, Predictor};

use super::loading::{Loaded, WINDOW};
use crate::args::PredictArgs;
use crate::failure::{Failure, Result};

/// A folder of trained models.
pub(crate) struct TrainedRunner {
    pub(crate) predictor: TrainedPredictor,
    threads: usize,
    batch: usize,
}

impl TrainedRunner {
    /// Opens the folder.
    pub(super) fn open(args: &PredictArgs, extras: Extras) -> Result<Self> {
        let folder = TrainedFolder::open(&args.model.model)?;
        let model = &args.model;
        let foreign = [
            ("--slot-model", model.slot_model.is_some()),
            ("--precision", model.precision.is_some()),
            ("--graph", model.graph.is_some()),
            ("--tokenizer", model.tokenizer.is_some()),
            ("--max-length", model.max_length.is_some()),
        ];
        let flag = foreign.iter().find(|(_, given)| *given).map(|(flag, _)| *flag);
        if let Some(flag) = flag.or(args.generation.given()) {
            return Err(Failure::CannotRun(format!(
                "{flag} is for ONNX models, and {} holds models of `massive {}`",
                folder.path().display(),
                folder.manifest().kind.maker()
            )));
        }
        let cores = available_parallelism().map_or(1, NonZero::get);
        Ok(TrainedRunner {
            predictor: TrainedPredictor::new(folder, extras),
            threads: args.engine.threads.map_or(cores, usize::from),
            batch: args.batches.batch_size.map_or(256, |rows| rows as usize),
        })
    }

    /// The locales that it can predict.
    pub(super) fn locales(&self) -> LocaleSet {
        self.predictor.folder().locales()
    }

    /// Reads the models of these locales: a missing or damaged one is known
    /// before the work.
    pub(super) fn read(&self, locales: impl Iterator<Item = Locale>) -> Result<()> {
        for locale in locales {
            self.predictor.folder().part(locale.tag())?;
        }
        Ok(())
    }

    pub(super) fn load(&self) -> Result<Loaded<'_>> {
        let workers = (0..self.threads).map(|_| self.predictor.worker()).collect::<Result<_, _>>();
        let folder = self.predictor.folder();
        let name = folder.path().file_name().unwrap_or(folder.path().as_os_str());
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            count => format!("{count} {what}s"),
        };
        Ok(Loaded {
            workers: workers?,
            limits: Limits {
                batch: BatchLimits { rows: self.batch, length: usize::MAX },
                window: WINDOW,
            },
            description: format!(
                "{} ({}, {}) on {}",
                name.display(),
                folder.manifest().kind,
                count(folder.manifest().locales.len(), "locale"),
                count(self.threads, "thread")
            ),
        })
    }

    /// The files of its models.
    pub(super) fn files(&self) -> Vec<std::path::PathBuf> {
        let folder = self.predictor.folder();
        let weights = folder.manifest().locales.iter().map(|one| folder.path().join(&one.file));
        std::iter::once(folder.path().join(MANIFEST)).chain(weights).collect()
    }
}
