//! Files of predictions.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::intent_scores::parse_intent_scores;
use super::line::parse_prediction;
use super::model::Prediction;
use crate::blocks::{OnProgress, map_blocks};
use crate::corpus::Corpus;
use crate::error::{Error, Result};
use crate::forms::{self, FormOptions, GoldSource, OpenGold, Recognised};
use crate::input::Input;
use crate::json_line::utf8;
use crate::read_report::LinePlace;

/// Opens the corpus that predictions are about, where it is needed.
pub type OpenCorpus<'a> = &'a dyn Fn() -> Result<Corpus>;

/// Files of predictions that together are one submission.
#[derive(Clone)]
pub struct PredictionFiles {
    inputs: Vec<Input>,
    progress: Option<OnProgress>,
    recognised: Option<Arc<Recognised>>,
}

impl fmt::Debug for PredictionFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PredictionFiles").field("inputs", &self.inputs).finish_non_exhaustive()
    }
}

impl PredictionFiles {
    /// Opens files, folders of files and archives; `-` is standard input.
    ///
    /// # Errors
    /// As [`Corpus::open`](crate::Corpus::open), and standard input named twice.
    pub fn open(paths: &[PathBuf]) -> Result<PredictionFiles> {
        PredictionFiles::open_with(paths, &FormOptions::default(), None)
    }

    /// As [`PredictionFiles::open`], of any form that is recognised by its
    /// content: see [`FormOptions`]. Some need the rows of the corpus: slots
    /// without positions are searched in their words, predictions without ids
    /// stand in their order.
    ///
    /// # Errors
    /// Those of [`PredictionFiles::open`], and a row that cannot be understood.
    pub fn open_with(
        paths: &[PathBuf],
        options: &FormOptions,
        corpus: Option<OpenCorpus<'_>>,
    ) -> Result<PredictionFiles> {
        if paths.iter().filter(|path| path.as_path() == Path::new("-")).count() > 1 {
            return Err(Error::request("standard input (-) can be read only once"));
        }
        let files = |inputs, recognised| PredictionFiles { inputs, progress: None, recognised };
        let open =
            corpus.map(|open| move || open().map(|corpus| Box::new(corpus) as Box<dyn GoldSource>));
        let gold = open.as_ref().map(|open| open as OpenGold<'_>);
        if let Some((input, recognised)) = forms::predictions(paths, options, gold)? {
            return Ok(files(vec![input], Some(recognised)));
        }
        let inputs = paths.iter().map(|path| Input::open(path)).collect::<Result<_>>()?;
        Ok(files(inputs, None))
    }

    /// Reports the bytes consumed, from another thread.
    #[must_use]
    pub fn on_progress(mut self, progress: OnProgress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// What was recognised, where it is not as the reference writes it.
    pub fn recognised(&self) -> Option<&Recognised> {
        self.recognised.as_deref()
    }

    /// Bytes to be consumed, where that is known.
    pub fn size(&self) -> Option<u64> {
        self.inputs.iter().map(Input::size).sum()
    }

    /// The files that are read, in order; `None` if some of it is a pipe or
    /// standard input, which can be read once only.
    pub fn files(&self) -> Option<Vec<&Path>> {
        let files: Option<Vec<Vec<&Path>>> = self.inputs.iter().map(Input::files).collect();
        Some(files?.concat())
    }

    /// Maps every line on all cores and takes the results in order.
    ///
    /// A line that is not a prediction comes as an error, with its place, and
    /// reading goes on: whether that is tolerable is up to `sink`.
    ///
    /// # Errors
    /// Input that cannot be read or decompressed, and any error of `sink`.
    pub fn for_each<T: Send>(
        &self,
        map: impl Fn(Prediction<'_>) -> T + Sync,
        sink: impl FnMut(LinePlace<'_>, Result<T>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_line(|line| parse_prediction(line).map(&map), sink)
    }

    /// As [`PredictionFiles::for_each`], with the probabilities of intents that a
    /// line gives (`pred_intent_scores`), none if it gives none.
    ///
    /// # Errors
    /// Those of [`PredictionFiles::for_each`].
    pub fn for_each_scored<T: Send>(
        &self,
        map: impl Fn(Prediction<'_>, Vec<(Cow<'_, str>, f64)>) -> T + Sync,
        sink: impl FnMut(LinePlace<'_>, Result<T>) -> Result<()>,
    ) -> Result<()> {
        self.for_each_line(
            |line| Ok(map(parse_prediction(line)?, parse_intent_scores(line)?)),
            sink,
        )
    }

    fn for_each_line<T: Send>(
        &self,
        parse: impl Fn(&str) -> Result<T> + Sync,
        mut sink: impl FnMut(LinePlace<'_>, Result<T>) -> Result<()>,
    ) -> Result<()> {
        let mut consumed_before = 0;
        for input in &self.inputs {
            let progress = self.progress.clone().map(|progress| -> OnProgress {
                std::sync::Arc::new(move |bytes| progress(consumed_before + bytes))
            });
            map_blocks(
                input,
                &mut |_| true,
                progress.as_ref(),
                &|lines| {
                    lines
                        .map(|(number, line)| {
                            let parsed = utf8(line).and_then(&parse);
                            (number, parsed.map_err(|error| error.at_line(number)))
                        })
                        .collect::<Vec<_>>()
                },
                &mut |place, values| {
                    values.into_iter().try_for_each(|(number, value)| {
                        let file = &place.member.name;
                        let line = place.lines_before + number;
                        let value = value
                            .map_err(|error| error.shift_lines(place.lines_before).at_file(file));
                        sink(LinePlace { file, line }, value)
                    })
                },
            )?;
            consumed_before += input.size().unwrap_or(0);
        }
        Ok(())
    }
}
