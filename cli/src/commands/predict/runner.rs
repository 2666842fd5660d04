//! What predicts: an ONNX model with its engine, or trained models.

use std::time::Duration;

use massive_data::{Locale, LocaleFilter};
use massive_predict::{Extras, Predictor};

use super::loading::{Loaded, OnnxRunner};
use super::trained::TrainedRunner;
use crate::args::PredictArgs;
use crate::failure::Result;

/// A model and what runs it.
pub(crate) enum Runner {
    /// Graphs.
    Onnx(Box<OnnxRunner>),
    /// What this toolkit trained.
    Trained(TrainedRunner),
}

impl Runner {
    /// Opens the folder that the flags name, and finds an engine for it.
    pub(crate) fn open(args: &PredictArgs, extras: Extras) -> Result<Runner> {
        if massive_learn::is_trained(&args.model.model) {
            return TrainedRunner::open(args, extras).map(Runner::Trained);
        }
        OnnxRunner::open(args, extras).map(|runner| Runner::Onnx(Box::new(runner)))
    }

    /// Loads what works, once or several times.
    pub(crate) fn load(&self) -> Result<Loaded<'_>> {
        match self {
            Runner::Onnx(runner) => runner.load(),
            Runner::Trained(runner) => runner.load(),
        }
    }

    /// What encodes.
    pub(crate) fn predictor(&self) -> &dyn Predictor {
        match self {
            Runner::Onnx(runner) => &runner.predictor,
            Runner::Trained(runner) => &runner.predictor,
        }
    }

    /// The locales that it can predict.
    pub(crate) fn locales(&self) -> LocaleFilter {
        match self {
            Runner::Onnx(_) => LocaleFilter::ALL,
            Runner::Trained(runner) => runner.locales().into(),
        }
    }

    /// Fails if it has nothing for one of these locales.
    pub(crate) fn demand(&self, locales: impl Iterator<Item = Locale>) -> Result<()> {
        match self {
            Runner::Onnx(_) => Ok(()),
            Runner::Trained(runner) => runner.read(locales),
        }
    }

    /// How long graphs ran, all sessions together, where there are any.
    pub(crate) fn running(&self) -> Option<Duration> {
        match self {
            Runner::Onnx(runner) => Some(runner.running()),
            Runner::Trained(_) => None,
        }
    }
}
