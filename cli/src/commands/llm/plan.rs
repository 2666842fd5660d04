//! `massive llm plan`

use std::collections::BTreeMap;

use massive_lm::endpoint::{Endpoint, Prompt};
use massive_lm::row::Row;
use massive_models::tokenize::Tokenizer;
use serde::Serialize;

use super::super::score;
use super::rows::{Prompter, asked, endpoint, price};
use crate::args::{CheckFormat, Global, LlmPlanArgs};
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable, number};

/// A plan. Its schema is `schemas/llm-plan.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    /// `endpoint`, `tokenizer` or `probe`.
    counted_by: &'static str,
    all: Part,
    locales: BTreeMap<String, Part>,
}

#[derive(Serialize, Default, Clone)]
struct Part {
    calls: u64,
    input_tokens: f64,
    output_tokens: f64,
    tokens_per_call: f64,
    tokens_to_english: Option<f64>,
    cost: Option<f64>,
    hours: Option<f64>,
}

/// What counts tokens.
enum Counter {
    Endpoint(Endpoint),
    Tokenizer(Box<Tokenizer>),
    Probe(Endpoint),
}

impl Counter {
    fn name(&self) -> &'static str {
        match self {
            Counter::Endpoint(_) => "endpoint",
            Counter::Tokenizer(_) => "tokenizer",
            Counter::Probe(_) => "probe",
        }
    }
}

pub(crate) fn run(args: &LlmPlanArgs, global: &Global) -> Result<()> {
    let rows = asked(&args.corpus, global)?;
    let prompter = Prompter::new(&args.prompt, args.endpoint.api, &args.corpus, &rows, global)?;
    let price = price(args.price.as_ref(), &args.endpoint.model)?;
    let counter = counter(args)?;
    let timer = args.concurrency.map(|_| endpoint(&args.endpoint, 1)).transpose()?;
    let mut by_locale: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    for row in &rows {
        by_locale.entry(&row.locale).or_default().push(row);
    }
    let mut locales: BTreeMap<String, Part> = BTreeMap::new();
    for (locale, rows) in by_locale {
        let step = rows.len().div_ceil(args.probe.max(1)).max(1);
        let (mut input, mut output, mut counted) = (0.0, 0.0, 0.0);
        for row in rows.iter().step_by(step) {
            let prompt = prompter.prompt(row)?;
            let tokens = count(&counter, &prompter, args, &prompt)?;
            let bytes = prompt.text().len().max(1) as f64;
            // The right reply, by the bytes that a token of the prompt has.
            let reply = row.gold.as_ref().map_or(0, |gold| args.prompt.form.write(gold).len());
            input += tokens;
            output += (tokens * reply as f64 / bytes).min(f64::from(args.prompt.max_tokens));
            counted += 1.0;
        }
        let seconds = timer.as_ref().map(|endpoint| time(endpoint, &prompter, args, &rows));
        let seconds = seconds.transpose()?;
        let calls = rows.len() as f64;
        let (input, output) = (input / counted * calls, output / counted * calls);
        let part = Part {
            calls: rows.len() as u64,
            input_tokens: input,
            output_tokens: output,
            tokens_per_call: (input + output) / calls,
            cost: price.map(|price| (input * price.input + output * price.output) / 1e6),
            hours: hours(args, calls, input + output, seconds),
            tokens_to_english: None,
        };
        locales.insert(locale.to_owned(), part);
    }
    let english = locales.get("en-US").map(|part| part.tokens_per_call);
    for part in locales.values_mut() {
        part.tokens_to_english = english.map(|english| part.tokens_per_call / english);
    }
    let document = Document {
        format: "massive-llm-plan/1",
        counted_by: counter.name(),
        all: sum(&locales),
        locales,
    };
    match args.format {
        CheckFormat::Json => output::print(&score::json(&document)?),
        CheckFormat::Table => output::print(&table(&document)),
    }
}

/// What a locale's calls will take: as long as the narrowest of the limits wants;
/// `None` where there is none.
fn hours(args: &LlmPlanArgs, calls: f64, tokens: f64, seconds: Option<f64>) -> Option<f64> {
    let at_once = f64::from(args.concurrency.unwrap_or(1));
    [
        args.rpm.map(|rate| calls / rate / 60.0),
        args.tpm.map(|rate| tokens / rate / 60.0),
        seconds.map(|seconds| calls * seconds / at_once / 3_600.0),
    ]
    .into_iter()
    .flatten()
    .reduce(f64::max)
}

/// The seconds of a call with its whole reply, the mean of a few after a first.
fn time(
    endpoint: &Endpoint,
    prompter: &Prompter,
    args: &LlmPlanArgs,
    rows: &[&Row],
) -> Result<f64> {
    /// Calls that are made; the first opens a connection and does not count.
    const CALLS: usize = 4;
    let (mut seconds, mut counted) = (0.0, 0);
    for (number, row) in rows.iter().take(CALLS).enumerate() {
        let prompt = prompter.prompt(row)?;
        let body =
            endpoint.body(&prompt, &prompter.sampling(&args.prompt), &serde_json::Map::new());
        let reply = endpoint.ask(&body).map_err(|failure| Failure::CannotRun(failure.message))?;
        if number > 0 || rows.len() == 1 {
            seconds += reply.total_ms / 1e3;
            counted += 1;
        }
    }
    Ok(seconds / f64::from(counted.max(1)))
}

fn counter(args: &LlmPlanArgs) -> Result<Counter> {
    if let Some(path) = &args.tokenizer {
        return Ok(Counter::Tokenizer(Box::new(Tokenizer::open(path)?)));
    }
    if args.endpoint.endpoint.is_empty() || args.endpoint.model.is_empty() {
        return Err(Failure::CannotRun(
            "--endpoint and --model, or --tokenizer, are needed to count tokens".to_owned(),
        ));
    }
    let endpoint = endpoint(&args.endpoint, 1)?;
    Ok(match endpoint.count_tokens("a") {
        Ok(_) => Counter::Endpoint(endpoint),
        Err(_) => Counter::Probe(endpoint),
    })
}

/// The tokens of a prompt.
fn count(
    counter: &Counter,
    prompter: &Prompter,
    args: &LlmPlanArgs,
    prompt: &Prompt,
) -> Result<f64> {
    match counter {
        Counter::Endpoint(endpoint) => Ok(endpoint.count_tokens(&prompt.text())? as f64),
        Counter::Tokenizer(tokenizer) => {
            let text = prompt.text();
            let words: Vec<&str> = text.split_whitespace().collect();
            Ok(tokenizer.encode(&words, usize::MAX)?.ids.len() as f64)
        }
        Counter::Probe(endpoint) => {
            let mut sampling = prompter.sampling(&args.prompt);
            sampling.max_tokens = 1;
            let body = endpoint.body(prompt, &sampling, &serde_json::Map::new());
            let reply =
                endpoint.ask(&body).map_err(|failure| Failure::CannotRun(failure.message))?;
            reply.usage.map(|usage| usage.input as f64).ok_or_else(|| {
                Failure::CannotRun(
                    "the endpoint tells no tokens; --tokenizer FILE counts them".to_owned(),
                )
            })
        }
    }
}

fn sum(locales: &BTreeMap<String, Part>) -> Part {
    let mut all = Part::default();
    for part in locales.values() {
        all.calls += part.calls;
        all.input_tokens += part.input_tokens;
        all.output_tokens += part.output_tokens;
        all.cost = part.cost.map(|cost| cost + all.cost.unwrap_or(0.0));
        all.hours = part.hours.map(|hours| hours + all.hours.unwrap_or(0.0));
    }
    all.tokens_per_call = (all.input_tokens + all.output_tokens) / all.calls.max(1) as f64;
    all
}

fn table(document: &Document) -> String {
    let mut header = vec![("locale".to_owned(), Align::Left)];
    let names = ["calls", "tokens in", "tokens out", "a call", "× en-US", "cost", "hours"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    let all = ("all".to_owned(), document.all.clone());
    for (name, part) in document.locales.iter().chain([(&all.0, &all.1)]) {
        table.push(vec![
            name.clone(),
            part.calls.to_string(),
            number(Some(part.input_tokens), 0),
            number(Some(part.output_tokens), 0),
            number(Some(part.tokens_per_call), 1),
            number(part.tokens_to_english, 2),
            number(part.cost, 4),
            number(part.hours, 2),
        ]);
    }
    format!("{}\ntokens counted by: {}\n", table.plain(), document.counted_by)
}
