//! `massive llm prompt`

use std::time::Duration;

use massive_lm::endpoint::{Endpoint, EndpointOptions};
use massive_lm::prompt::{Finding, LintContext, Severity, lint};
use massive_lm::row::Names;
use serde::Serialize;
use serde_json::Value;

use super::super::score;
use super::rows::{Prompter, asked};
use crate::args::{CheckFormat, Global, LlmPromptArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// Bytes that a token is taken for where nobody counts.
const BYTES_A_TOKEN: usize = 3;

/// A prompt. Its schema is `schemas/llm-prompt.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    locale: String,
    id: String,
    shots: Vec<String>,
    request: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Finding>>,
}

pub(crate) fn run(args: &LlmPromptArgs, global: &Global) -> Result<()> {
    let rows = asked(&args.corpus, global)?;
    let Some(row) = rows.iter().find(|row| row.id == args.id) else {
        return Err(Failure::CannotRun(format!(
            "the corpus has no row {} in these locales of partition {}",
            args.id, args.corpus.partition
        )));
    };
    let prompter = Prompter::new(&args.prompt, args.api, &args.corpus, &rows, global)?;
    let shots = prompter.shots(row);
    let prompt = prompter.prompt(row)?;
    let sampling = prompter.sampling(&args.prompt);
    let names = Names::release();
    // Nothing is sent: the address is for show.
    let endpoint = Endpoint::new(EndpointOptions {
        address: "http://localhost/v1".to_owned(),
        model: "MODEL".to_owned(),
        api: args.api,
        key: None,
        streaming: true,
        timeout: Duration::from_secs(1),
        total_timeout: Duration::from_secs(1),
        connections: 1,
    })?;
    let constraint = args.prompt.form.constraint(args.prompt.constrain, &names)?;
    let findings = args.lint.then(|| {
        lint(
            &prompt,
            &LintContext {
                row,
                shots: &shots,
                names: &names,
                api: args.api,
                stops: &sampling.stop,
                tokens: Some(prompt.text().len().div_ceil(BYTES_A_TOKEN)),
                context: args.context,
                max_tokens: sampling.max_tokens,
            },
        )
    });
    let spoilt = findings
        .iter()
        .flatten()
        .filter(|finding| finding.severity == Severity::Error)
        .map(|finding| finding.message.clone())
        .collect::<Vec<_>>();
    let document = Document {
        format: "massive-llm-prompt/1",
        locale: row.locale.clone(),
        id: row.id.clone(),
        shots: shots.iter().map(|shot| format!("{} {}", shot.locale, shot.id)).collect(),
        request: endpoint.body(&prompt, &sampling, &constraint),
        findings,
    };
    match args.format {
        CheckFormat::Json => output::print(&score::json(&document)?)?,
        CheckFormat::Table => output::print(&readable(&document, &prompt.text()))?,
    }
    if spoilt.is_empty() { Ok(()) } else { Err(Failure::CheckFailed(spoilt.join("\n"))) }
}

/// The prompt as it is, between lines that show where it ends.
fn readable(document: &Document, prompt: &str) -> String {
    let mut out = String::new();
    match document.request["messages"].as_array() {
        Some(messages) => {
            for message in messages {
                let text = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
                out.push_str(&format!("--- {}\n{}⏎\n", text("role"), text("content")));
            }
        }
        None => out.push_str(&format!("{prompt}⏎\n")),
    }
    for finding in document.findings.iter().flatten() {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        out.push_str(&format!("{severity}: {}: {}\n", finding.kind, finding.message));
    }
    out
}
