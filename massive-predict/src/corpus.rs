//! A predictor over a corpus: every selected row becomes a line.

use std::io::{BufWriter, Write};
use std::sync::atomic::AtomicBool;

use massive_data::{Corpus, ReadReport};

use crate::error::{Error, ErrorKind, Result};
use crate::example::Example;
use crate::journal::{Earlier, Journal};
use crate::line::{self, LineWords};
use crate::pipeline::{self, Closed, Feed, Limits, PipelineReport};
use crate::prediction::Predicted;
use crate::predictor::{Encoded, Predictor, Worker};
use crate::shard::Shard;

/// What is to be predicted, by what.
pub struct Request<'a> {
    /// The rows.
    pub corpus: &'a Corpus,
    /// Which of them.
    pub shard: Shard,
    /// What encodes them.
    pub predictor: &'a dyn Predictor,
    /// What predicts, one a thread.
    pub workers: Vec<Box<dyn Worker + 'a>>,
    /// How large batches are.
    pub limits: Limits,
    /// Which words the lines hold.
    pub words: LineWords,
    /// Once it is set nothing new begins.
    pub stop: &'a AtomicBool,
    /// Told of every row that was written.
    pub on_row: &'a (dyn Fn() + Sync),
}

/// Where lines go.
pub enum Target<'a> {
    /// Where a later run can go on.
    Journal(Journal),
    /// A stream.
    Stream(&'a mut dyn Write),
}

/// What was done.
#[derive(Debug)]
pub struct Outcome {
    /// What was read.
    pub read: ReadReport,
    /// What was predicted.
    pub pipeline: PipelineReport,
    /// Rows in the output, those of an earlier run included.
    pub rows: u64,
}

/// Predicts the rows and writes a line for each, in their order. The rows that a
/// journal holds already are passed over.
///
/// What was written before an error or an interrupt is whole and in order, and
/// [`Journal::rows`] says how much that is.
///
/// # Errors
/// Those of the predictor, of reading the corpus and of writing; an earlier run's
/// rows that are not those of the corpus.
pub fn predict(request: Request<'_>, target: &mut Target<'_>) -> Result<Outcome> {
    let (skip, mut earlier) = match target {
        Target::Journal(journal) => (journal.rows(), Some(journal.earlier()?)),
        Target::Stream(_) => (0, None),
    };
    let (words, on_row, stop) = (request.words, request.on_row, request.stop);
    let mut written = 0;
    let mut skipped = 0u64;
    let result = {
        let out: &mut dyn Write = match target {
            Target::Journal(journal) => journal,
            Target::Stream(out) => *out,
        };
        let mut out = BufWriter::with_capacity(1 << 16, out);
        let result = run(request, skip, &mut skipped, &mut earlier, |predicted| {
            line::write(&predicted, words, &mut out).map_err(Error::output)?;
            written += 1u64;
            on_row();
            Ok(())
        });
        // What was written before an error can be gone on with.
        match (out.flush(), result) {
            (Err(error), Ok(_)) => Err(Error::output(error)),
            (_, result) => result,
        }
    };
    if let Target::Journal(journal) = target {
        (0..written).for_each(|_| journal.count_row());
    }
    let (read, pipeline) = result?;
    if skipped < skip && !stop.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(Error::new(
            ErrorKind::Damaged,
            format!("the unfinished output has {skip} rows, but the corpus only {skipped}"),
        ));
    }
    Ok(Outcome { read, pipeline, rows: skip + written })
}

/// A row on its way: encoded where it was read, or, where most rows belong to
/// other shards, not before it is known whose it is.
enum Row {
    Encoded(Result<Encoded>),
    Plain(Example),
}

fn run(
    request: Request<'_>,
    skip: u64,
    skipped: &mut u64,
    earlier: &mut Option<Earlier>,
    sink: impl FnMut(Predicted) -> Result<()>,
) -> Result<(ReadReport, PipelineReport)> {
    let Request { corpus, shard, predictor, workers, limits, stop, .. } = request;
    let map = |example: Example| match shard == Shard::WHOLE {
        true => Row::Encoded(predictor.encode(example)),
        false => Row::Plain(example),
    };
    let feed = |feed: &mut Feed<'_>| {
        let mut failure = None;
        let mut number = 0;
        let mut push = |row: Row| -> Result<Result<(), Closed>> {
            number += 1;
            if !shard.holds(number - 1) {
                return Ok(Ok(()));
            }
            let encoded = match row {
                Row::Encoded(encoded) => encoded?,
                Row::Plain(example) => predictor.encode(example)?,
            };
            if *skipped < skip {
                *skipped += 1;
                let expected = earlier.as_mut().map(|lines| lines.expect(&encoded.example));
                return expected.transpose().map(|_| Ok(()));
            }
            Ok(feed.push(encoded))
        };
        let read = corpus.for_each(
            |utterance| Ok(map(Example::of(&utterance))),
            |_, row| match push(row) {
                Ok(Ok(())) => Ok(()),
                Ok(Err(Closed)) => {
                    failure = Some(None);
                    Err(ended())
                }
                Err(error) => {
                    failure = Some(Some(error));
                    Err(ended())
                }
            },
        );
        match (failure, read) {
            (Some(Some(error)), _) => Err(error),
            // Whoever closed the feed says why.
            (Some(None), _) => Ok(ReadReport::default()),
            (None, Ok(report)) => Ok(report),
            (None, Err(error)) => Err(error.into()),
        }
    };
    pipeline::run(feed, workers, limits, stop, sink)
}

/// Ends the reading of a corpus; never shown.
fn ended() -> massive_data::Error {
    massive_data::Error::request("reading was ended")
}
