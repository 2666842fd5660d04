//! `massive llm`: what language models get right, and what they cost.

mod latency;
mod plan;
mod prompt;
mod replay;
mod rows;
mod run;
mod usage;

pub(in crate::commands) use self::rows::{endpoint, read as read_rows};
pub(in crate::commands) use self::usage::{usage_of, warn_of_other_rows};
use crate::args::{Global, LlmCommand};
use crate::failure::Result;

pub(crate) fn run(command: &LlmCommand, global: &Global) -> Result<()> {
    match command {
        LlmCommand::Plan(args) => plan::run(args, global),
        LlmCommand::Run(args) => run::run(args, global),
        LlmCommand::Prompt(args) => prompt::run(args, global),
        LlmCommand::Replay(args) => replay::run(args, global),
        LlmCommand::Latency(args) => latency::run(args),
    }
}
