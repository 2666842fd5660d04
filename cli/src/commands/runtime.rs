//! `massive runtime`: the library of ONNX Runtime.

use std::fmt::Write as _;

use massive_models::runtime::{self, InstallDocument, RuntimeDocument, Wanted};

use crate::args::{CheckFormat, Global, RuntimeCommand, RuntimeInfoArgs, RuntimeInstallArgs};
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;
use crate::progress::Progress;

pub(crate) fn run(command: &RuntimeCommand, global: &Global) -> Result<()> {
    match command {
        RuntimeCommand::Info(args) => info(args),
        RuntimeCommand::Install(args) => install(args, global),
    }
}

fn info(args: &RuntimeInfoArgs) -> Result<()> {
    let named = args.library.library.as_deref();
    let document = RuntimeDocument::make(named);
    output::print(&match args.format {
        CheckFormat::Table => render(&document),
        CheckFormat::Json => json(&document)?,
    })?;
    match named {
        Some(path) if document.library.is_none() => {
            Err(Failure::CheckFailed(format!("the library {} cannot be used", path.display())))
        }
        _ => Ok(()),
    }
}

/// Writing to a string cannot fail.
fn render(document: &RuntimeDocument) -> String {
    let mut text = String::new();
    match &document.library {
        Some(library) => {
            let _ = writeln!(text, "ONNX Runtime {}: {}", library.version, library.path.display());
        }
        None => {
            let _ = writeln!(text, "no library of ONNX Runtime can be used");
        }
    }
    let _ = writeln!(text, "engine auto takes: {}", document.auto);
    let _ = writeln!(text, "without a library: {}", document.builtin);
    if let Some(cache) = &document.cache {
        let _ = writeln!(text, "cache: {}", cache.display());
    }
    let _ = writeln!(text, "\nlooked for in");
    for candidate in &document.candidates {
        let what = match (candidate.state, &candidate.reason) {
            ("taken", _) => "in use",
            ("spare", _) => "not needed",
            (_, Some(reason)) => reason,
            _ => "",
        };
        let path = candidate.path.as_ref().map(|path| format!("{}: ", path.display()));
        let _ = writeln!(text, "  {:<11} {}{what}", candidate.place, path.unwrap_or_default());
    }
    if let Some(library) = &document.library {
        let _ = writeln!(text, "\nexecution providers");
        for provider in &library.providers {
            let name = match provider.name.trim_end_matches("ExecutionProvider") {
                "Tensorrt" => "TensorRT",
                name => name,
            };
            let state = match (provider.works, &provider.reason, provider.device) {
                (Some(true), _, Some(device)) => format!("works (--device {device})"),
                (Some(true), _, None) => "works".to_owned(),
                (_, Some(reason), _) => format!("does not work: {reason}"),
                _ => "built in, not used by massive".to_owned(),
            };
            let _ = writeln!(text, "  {name:<11} {state}");
        }
    } else {
        let _ = writeln!(text, "\n`massive runtime install` brings the library");
    }
    text
}

fn install(args: &RuntimeInstallArgs, global: &Global) -> Result<()> {
    let wanted = Wanted {
        gpu: args.gpu,
        version: args.version.clone(),
        wheel: args.from.clone(),
        cache: None,
    };
    let progress = Progress::waiting(global, "installing ONNX Runtime");
    let installation = runtime::install(&wanted)?;
    drop(progress);
    let document = InstallDocument::from(&installation);
    output::print(&match args.format {
        CheckFormat::Table => {
            let was = if document.new { "installed" } else { "already installed" };
            let kind = if document.gpu { " for GPUs" } else { "" };
            format!(
                "{was}: ONNX Runtime {}{kind}, {}\n",
                document.version,
                document.library.display()
            )
        }
        CheckFormat::Json => json(&document)?,
    })?;
    if document.gpu {
        output::remark(
            global,
            "CUDA and cuDNN are not part of it: `massive runtime info` says what is missing; the \
             Python package onnxruntime-gpu[cuda,cudnn] brings both",
        );
    }
    Ok(())
}
