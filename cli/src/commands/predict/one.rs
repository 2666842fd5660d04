//! One utterance at a time, for people who just want to try.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal};

use massive_data::{Locale, UtteranceId, chunks};
use massive_predict::line::{self, LineWords};
use massive_predict::{Example, Extras, Predicted, Worker};

use super::super::model::show_why;
use super::runner::Runner;
use crate::args::{CheckFormat, Global, PredictArgs};
use crate::failure::{Failure, Result};
use crate::output;

pub(crate) fn run(args: &PredictArgs, locale: Locale, global: &Global) -> Result<()> {
    // A sentence at a time wants one session with all threads.
    let mut args = args.clone();
    args.batches.sessions = args.batches.sessions.or(Some(1));
    let runner = Runner::open(
        &args,
        Extras { scores: true, top_intents: args.top_k(), ..Extras::default() },
    )?;
    let mut loaded = runner.load()?;
    runner.demand(std::iter::once(locale))?;
    output::remark(global, &loaded.description);
    let Some(worker) = loaded.workers.first_mut() else { return Ok(()) };
    let mut parse = |number: u64, text: &str| -> Result<()> {
        let example = Example::from_text(UtteranceId::from(number), locale, text);
        if example.words.is_empty() {
            return Ok(());
        }
        if args.explain {
            return explain(&runner, &example, args.format);
        }
        let predicted = predict(&runner, &mut **worker, example)?;
        output::print(&rendered(&predicted, args.format, args.scores)?)
    };
    if let Some(text) = &args.text {
        if text.trim().is_empty() {
            return Err(Failure::CannotRun("--text has no words".to_owned()));
        }
        return parse(0, text);
    }
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        output::remark(global, "one utterance a line; end with Ctrl-D");
    }
    for (number, line) in (0..).zip(stdin.lines()) {
        let line = line.map_err(|error| {
            Failure::CannotRun(format!("standard input cannot be read: {error}"))
        })?;
        parse(number, &line)?;
    }
    Ok(())
}

/// Says what decided, where the model can say it.
fn explain(runner: &Runner, example: &Example, format: CheckFormat) -> Result<()> {
    let Runner::Trained(runner) = runner else {
        return Err(Failure::CannotRun(
            "--explain is for folders of `massive train` and `massive memory`: a graph does not \
             say which features decided"
                .to_owned(),
        ));
    };
    let part = runner.predictor.folder().part(example.locale.tag())?;
    show_why(part, (example.locale, &example.text), 8, format)
}

fn predict(runner: &Runner, worker: &mut dyn Worker, example: Example) -> Result<Predicted> {
    let batch = [runner.predictor().encode(example)?];
    let prediction = worker
        .predict(&batch)?
        .pop()
        .ok_or_else(|| Failure::CannotRun("the model gave no prediction".to_owned()))?;
    let [encoded] = batch;
    Ok(Predicted { example: encoded.example, prediction })
}

/// A prediction for a reader, or as a line.
fn rendered(predicted: &Predicted, format: CheckFormat, scores: bool) -> Result<String> {
    if format == CheckFormat::Json {
        let mut predicted = predicted.clone();
        predicted.prediction.scores = predicted.prediction.scores.filter(|_| scores);
        let mut text = Vec::new();
        line::write(&predicted, LineWords::Own, &mut text).map_err(Failure::stdout)?;
        return Ok(String::from_utf8_lossy(&text).into_owned());
    }
    let (example, prediction) = (&predicted.example, &predicted.prediction);
    let per_cent = |score: Option<f64>| {
        score.map_or_else(String::new, |score| format!("  {:.0} %", 100.0 * score))
    };
    let mut text = String::new();
    if let Some(intent) = &prediction.intent {
        let score = prediction.scores.as_ref().and_then(|scores| scores.intent);
        let _ = writeln!(text, "{intent}{}", per_cent(score));
    }
    if let Some(labels) = &prediction.labels {
        let of_slots = prediction.scores.as_ref().and_then(|scores| scores.slots.as_deref());
        for (number, chunk) in chunks(labels.iter().map(Option::as_ref)).enumerate() {
            let words = example.words[chunk.first..=chunk.last].join(" ");
            let score = of_slots.and_then(|scores| scores.get(number).copied());
            let _ = writeln!(text, "  {}: {words}{}", chunk.label, per_cent(score));
        }
    }
    if text.is_empty() {
        text.push_str("(nothing: no intent and no slot)\n");
    }
    if prediction.truncated > 0 {
        let _ = writeln!(text, "  ({} words did not fit into the model)", prediction.truncated);
    }
    if prediction.malformed {
        text.push_str("  (the model's text is not of the expected form)\n");
    }
    Ok(text)
}
