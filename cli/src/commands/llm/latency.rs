//! `massive llm latency`

use std::collections::BTreeMap;

use massive_lm::usage::Percentiles;
use serde::Serialize;

use super::super::score;
use crate::args::{CheckFormat, LatencyBy, LlmLatencyArgs};
use crate::failure::Result;
use crate::output;
use crate::table::{Align, TextTable, number};

/// Fewer calls give no percentile to rely on.
const ENOUGH: usize = 100;

/// Times. Its schema is `schemas/llm-latency.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    by: &'static str,
    groups: BTreeMap<String, Group>,
}

#[derive(Serialize)]
struct Group {
    calls: usize,
    concurrency: Vec<usize>,
    /// Tokens of prompt and reply, medians.
    input_tokens: Option<f64>,
    output_tokens: Option<f64>,
    /// Share of the prompts' tokens that the server had ready.
    cached: Option<f64>,
    first_ms: Option<Percentiles>,
    total_ms: Option<Percentiles>,
    output_speed: Option<Percentiles>,
}

#[derive(Default)]
struct Samples {
    concurrency: std::collections::BTreeSet<usize>,
    first: Vec<f32>,
    total: Vec<f32>,
    speed: Vec<f32>,
    input: Vec<f32>,
    output: Vec<f32>,
    cached: u64,
}

pub(crate) fn run(args: &LlmLatencyArgs) -> Result<()> {
    let mut groups: BTreeMap<String, Samples> = BTreeMap::new();
    for log in &args.logs {
        massive_lm::log::read(log, |call| {
            let name = match args.by {
                LatencyBy::Locale => call.locale.clone(),
                LatencyBy::Concurrency => format!("{:>3}", call.concurrency),
            };
            let samples = groups.entry(name).or_default();
            samples.concurrency.insert(call.concurrency);
            samples.total.push(call.reply.total_ms as f32);
            samples.first.extend(call.reply.first_ms.map(|first| first as f32));
            if let Some(usage) = call.reply.usage {
                samples.input.push(usage.input as f32);
                samples.output.push(usage.output as f32);
                samples.cached += usage.cached;
                if let Some(first) = call.reply.first_ms
                    && usage.output > 1
                    && call.reply.total_ms > first
                {
                    let seconds = (call.reply.total_ms - first) / 1e3;
                    samples.speed.push(((usage.output - 1) as f64 / seconds) as f32);
                }
            }
            Ok(())
        })?;
    }
    let groups =
        groups.into_iter().map(|(name, samples)| (name.trim().to_owned(), samples.group()));
    let document = Document {
        format: "massive-llm-latency/1",
        by: match args.by {
            LatencyBy::Locale => "locale",
            LatencyBy::Concurrency => "concurrency",
        },
        groups: groups.collect(),
    };
    match args.format {
        CheckFormat::Json => output::print(&score::json(&document)?),
        CheckFormat::Table => output::print(&table(&document)),
    }
}

impl Samples {
    fn group(mut self) -> Group {
        let tokens: f64 = self.input.iter().map(|tokens| f64::from(*tokens)).sum();
        Group {
            calls: self.total.len(),
            concurrency: self.concurrency.into_iter().collect(),
            cached: (tokens > 0.0).then(|| self.cached as f64 / tokens),
            input_tokens: Percentiles::of(&mut self.input).map(|value| value.p50),
            output_tokens: Percentiles::of(&mut self.output).map(|value| value.p50),
            first_ms: Percentiles::of(&mut self.first),
            total_ms: Percentiles::of(&mut self.total),
            output_speed: Percentiles::of(&mut self.speed),
        }
    }
}

fn table(document: &Document) -> String {
    let names = ["calls", "at once", "in", "out", "cached %", "first ms p50", "p95"];
    let more = ["total ms p50", "p95", "tok/s p50"];
    let mut header = vec![(document.by.to_owned(), Align::Left)];
    header.extend(names.iter().chain(&more).map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    let mut few = false;
    for (name, group) in &document.groups {
        few |= group.calls < ENOUGH;
        let mark = if group.calls < ENOUGH { "*" } else { "" };
        let concurrency: Vec<String> = group.concurrency.iter().map(ToString::to_string).collect();
        table.push(vec![
            name.clone(),
            format!("{}{mark}", group.calls),
            concurrency.join(", "),
            number(group.input_tokens, 0),
            number(group.output_tokens, 0),
            number(group.cached.map(|share| 100.0 * share), 0),
            number(group.first_ms.map(|value| value.p50), 0),
            number(group.first_ms.map(|value| value.p95), 0),
            number(group.total_ms.map(|value| value.p50), 0),
            number(group.total_ms.map(|value| value.p95), 0),
            number(group.output_speed.map(|value| value.p50), 0),
        ]);
    }
    let mut out = table.plain();
    if few {
        out.push_str(&format!("\n* fewer than {ENOUGH} calls: no percentile to rely on\n"));
    }
    out
}
