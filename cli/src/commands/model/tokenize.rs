//! `massive model tokenize`

use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use massive_data::{Detail, LocaleFilter, LocaleSet};
use massive_models::folder::{Choice, DEFAULT_MAX_LENGTH, InputForm, ModelFolder};
use massive_models::tokenize::{Sequence, Tokenizer};
use massive_predict::Example;
use serde::Serialize;

use super::super::submission;
use crate::args::{Global, ModelTokenizeArgs};
use crate::failure::{Failure, Result};
use crate::form;
use crate::output::{PendingFile, cannot_be_written};

/// What a model sees of an utterance; see `schemas/tokens.schema.json`.
#[derive(Serialize)]
struct Line<'a> {
    id: String,
    locale: &'a str,
    words: &'a [Box<str>],
    input_ids: &'a [u32],
    word_ids: &'a [Option<u32>],
    tokens: Vec<String>,
}

pub(crate) fn run(args: &ModelTokenizeArgs, global: &Global) -> Result<()> {
    form::demand(args.output.as_deref(), &["jsonl"])?;
    let (tokenizer, max_length, input) = tokenizer(args)?;
    match &args.output {
        Some(path) => PendingFile::create(path)?.finish(|out| {
            write(args, (&tokenizer, max_length, input), global, out, &|error| {
                cannot_be_written(path, error)
            })
        }),
        None => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            write(args, (&tokenizer, max_length, input), global, &mut out, &Failure::stdout)?;
            out.flush().map_err(Failure::stdout)
        }
    }
}

/// The tokenizer of a folder with how long its model's sequences are and what it
/// reads, or a bare one.
fn tokenizer(args: &ModelTokenizeArgs) -> Result<(Arc<Tokenizer>, usize, InputForm)> {
    let max_length = args.max_length.map(|length| length as usize);
    if is_tokenizer(&args.model) {
        let tokenizer = Arc::new(Tokenizer::open(&args.model)?);
        let max_length = max_length.unwrap_or(DEFAULT_MAX_LENGTH);
        return Ok((tokenizer, max_length, InputForm::Words));
    }
    let folder = ModelFolder::open(&args.model, &Choice { max_length, ..Choice::default() })?;
    Ok((Arc::clone(folder.tokenizer()), folder.max_length(), folder.input()))
}

fn is_tokenizer(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.is_file() && (name.ends_with(".json") || name.ends_with(".json.gz"))
}

fn write(
    args: &ModelTokenizeArgs,
    (tokenizer, max_length, input): (&Tokenizer, usize, InputForm),
    global: &Global,
    out: &mut dyn Write,
    failed: &dyn Fn(io::Error) -> Failure,
) -> Result<()> {
    let locales = args.corpus.chosen_locales(LocaleFilter::ALL)?;
    let selection = args.corpus.selection(&locales);
    let (corpus, progress) = submission::open_corpus(&args.corpus.source, selection, global)?;
    let corpus = corpus.detail(Detail::Labels);
    let mut failure = None;
    let read = corpus.for_each(
        |utterance| {
            let example = Example::of(&utterance);
            Ok(encoded(input, tokenizer, &example, max_length)
                .map(|sequence| line(tokenizer, &example, &sequence)))
        },
        |_, line| {
            let written = line
                .map_err(Failure::from)
                .and_then(|line| line)
                .and_then(|line| out.write_all(line.as_bytes()).map_err(failed));
            written.map_err(|error| {
                failure = Some(error);
                massive_data::Error::request("writing failed")
            })
        },
    );
    drop(progress);
    if let Some(failure) = failure {
        return Err(failure);
    }
    let report = read?;
    submission::list_skipped(&report, global);
    let found = if report.rows == 0 { &LocaleSet::EMPTY } else { &report.locales };
    Ok(locales.demand(found, args.corpus.partition, 0, &report)?)
}

fn encoded(
    input: InputForm,
    tokenizer: &Tokenizer,
    example: &Example,
    max_length: usize,
) -> massive_models::Result<Sequence> {
    match input {
        InputForm::Words => tokenizer.encode(&example.words, max_length),
        InputForm::Text => tokenizer.encode_text(&example.text, &example.words, max_length),
    }
}

fn line(tokenizer: &Tokenizer, example: &Example, sequence: &Sequence) -> Result<String> {
    let line = Line {
        id: example.id.to_string(),
        locale: example.locale.tag(),
        words: &example.words,
        input_ids: &sequence.ids,
        word_ids: &sequence.words,
        tokens: sequence.ids.iter().map(|&id| tokenizer.piece(id).unwrap_or_default()).collect(),
    };
    serde_json::to_string(&line)
        .map(|line| line + "\n")
        .map_err(|error| Failure::CannotRun(format!("a line cannot be written: {error}")))
}
