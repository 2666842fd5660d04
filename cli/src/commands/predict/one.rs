//! One utterance at a time, for people who just want to try.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal};

use massive_data::words::words;
use massive_data::{Locale, UtteranceId, chunks};
use massive_models::predict::Answer;
use massive_models::predictor::{Extras, Predictor, Question};

use super::lines::{self, TextForm};
use super::loading::Runner;
use crate::args::{CheckFormat, Global, PredictArgs};
use crate::failure::{Failure, Result};
use crate::output;

pub(crate) fn run(args: &PredictArgs, locale: Locale, global: &Global) -> Result<()> {
    // A sentence at a time wants one session with all threads.
    let mut args = args.clone();
    args.batches.sessions = args.batches.sessions.or(Some(1));
    let runner = Runner::open(&args, Extras { scores: true, words: false })?;
    let mut loaded = runner.predictors()?;
    output::remark(global, &loaded.description);
    let Some(predictor) = loaded.predictors.first_mut() else { return Ok(()) };
    let mut parse = |number: u64, text: &str| -> Result<()> {
        let question = Question {
            id: UtteranceId::from(number),
            locale,
            words: words(text, locale.segmentation()).into_iter().map(Box::from).collect(),
        };
        if question.words.is_empty() {
            return Ok(());
        }
        let answer = answer(&runner, &mut **predictor, question)?;
        output::print(&rendered(&answer, args.format, args.scores)?)
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

fn answer(runner: &Runner, predictor: &mut dyn Predictor, question: Question) -> Result<Answer> {
    let task = runner.model.prepare(question)?;
    let tasks = [task];
    let parse = predictor
        .predict(&tasks)?
        .pop()
        .ok_or_else(|| Failure::CannotRun("the model gave no answer".to_owned()))?;
    let [task] = tasks;
    Ok(Answer { question: task.question, parse })
}

/// An answer for a reader, or as a line of predictions.
fn rendered(answer: &Answer, format: CheckFormat, scores: bool) -> Result<String> {
    if format == CheckFormat::Json {
        let mut answer = answer.clone();
        answer.parse.scores = answer.parse.scores.filter(|_| scores);
        let mut line = Vec::new();
        lines::write(&answer, TextForm::Own, &mut line).map_err(Failure::stdout)?;
        return Ok(String::from_utf8_lossy(&line).into_owned());
    }
    let (question, parse) = (&answer.question, &answer.parse);
    let per_cent = |score: Option<f64>| {
        score.map_or_else(String::new, |score| format!("  {:.0} %", 100.0 * score))
    };
    let mut text = String::new();
    if let Some(intent) = &parse.intent {
        let score = parse.scores.as_ref().and_then(|scores| scores.intent);
        let _ = writeln!(text, "{intent}{}", per_cent(score));
    }
    if let Some(labels) = &parse.labels {
        let of_slots = parse.scores.as_ref().and_then(|scores| scores.slots.as_deref());
        for (number, chunk) in chunks(labels.iter().map(Option::as_ref)).enumerate() {
            let words = question.words[chunk.first..=chunk.last].join(" ");
            let score = of_slots.and_then(|scores| scores.get(number).copied());
            let _ = writeln!(text, "  {}: {words}{}", chunk.label, per_cent(score));
        }
    }
    if parse.lost > 0 {
        let _ = writeln!(text, "  ({} words did not fit into the model)", parse.lost);
    }
    if parse.malformed {
        text.push_str("  (the model's text is not of the expected form)\n");
    }
    Ok(text)
}
