//! A model that stays loaded, for programs that predict again and again.

use clap::FromArgMatches;
use massive_predict::line::{self, LineWords};
use massive_predict::{Encoded, Example, Extras, Predicted, Worker};

use crate::args::{Cli, Command};
use crate::commands::predict::Runner;
use crate::failure::{Failure, Result};
use crate::{CommandError, failed, output, values};

/// A model at work.
pub struct LoadedModel<'r> {
    runner: &'r Runner,
    worker: Box<dyn Worker + 'r>,
    scores: bool,
}

impl std::fmt::Debug for LoadedModel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoadedModel").finish_non_exhaustive()
    }
}

/// Utterances that a model takes at a time.
const BATCH: usize = 64;

/// Loads the model that the flags of `massive predict` name, and hands it to `work`.
///
/// # Errors
/// Flags that are none; a model that cannot be loaded.
pub fn with_model<T>(
    arguments: impl IntoIterator<Item = String>,
    work: impl FnOnce(&mut LoadedModel<'_>) -> T,
) -> Result<T, CommandError> {
    let matches = values::described().try_get_matches_from(arguments);
    let cli = matches
        .and_then(|matches| Cli::from_arg_matches(&matches))
        .map_err(|error| CommandError { exit_code: 2, message: error.to_string(), place: None })?;
    let (result, _) = output::kept(|| {
        let Command::Predict(args) = &cli.command else {
            return Err(Failure::CannotRun("a model is loaded as `predict` loads it".to_owned()));
        };
        let mut args = args.clone();
        // A few utterances at a time want one session with all threads.
        args.batches.sessions = args.batches.sessions.or(Some(1));
        let extras = Extras { scores: args.scores, ..Extras::default() };
        let runner = Runner::open(&args, extras)?;
        let mut workers = runner.load()?.workers;
        let Some(worker) = workers.pop() else {
            return Err(Failure::CannotRun("the model cannot be loaded".to_owned()));
        };
        drop(workers);
        Ok(work(&mut LoadedModel { runner: &runner, worker, scores: args.scores }))
    });
    result.map_err(|failure| failed(failure).unwrap_or_else(nothing))
}

impl LoadedModel<'_> {
    /// Predicts examples: a line of JSON each, in their order.
    ///
    /// # Errors
    /// An example without words; those of the model.
    pub fn predict(&mut self, examples: Vec<Example>) -> Result<Vec<String>, CommandError> {
        self.lines(examples).map_err(|failure| failed(failure).unwrap_or_else(nothing))
    }

    fn lines(&mut self, examples: Vec<Example>) -> Result<Vec<String>> {
        if let Some(empty) = examples.iter().find(|example| example.words.is_empty()) {
            return Err(Failure::CannotRun(format!("the text of {empty} has no words")));
        }
        self.runner.demand(examples.iter().map(|example| example.locale))?;
        let mut encoded: Vec<(usize, Encoded)> = Vec::with_capacity(examples.len());
        for (place, example) in examples.into_iter().enumerate() {
            encoded.push((place, self.runner.predictor().encode(example)?));
        }
        // Those of like length go together.
        encoded.sort_by_key(|(_, one)| one.length());
        let mut lines = vec![String::new(); encoded.len()];
        while !encoded.is_empty() {
            let rest = encoded.split_off(encoded.len().min(BATCH));
            let (places, batch): (Vec<usize>, Vec<Encoded>) = encoded.into_iter().unzip();
            encoded = rest;
            let predictions = self.worker.predict(&batch)?;
            if predictions.len() != batch.len() {
                return Err(Failure::CannotRun("the model left utterances out".to_owned()));
            }
            for ((place, one), mut prediction) in places.into_iter().zip(batch).zip(predictions) {
                prediction.scores = prediction.scores.filter(|_| self.scores);
                let mut text = Vec::new();
                let predicted = Predicted { example: one.example, prediction };
                line::write(&predicted, LineWords::Own, &mut text).map_err(Failure::stdout)?;
                lines[place] = String::from_utf8_lossy(&text).into_owned();
            }
        }
        Ok(lines)
    }
}

/// What is said where nothing is wrong and yet there is no result.
fn nothing() -> CommandError {
    CommandError { exit_code: 2, message: "there is no result".to_owned(), place: None }
}
