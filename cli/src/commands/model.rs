//! `massive model`: what is in a model's folder, and what it sees.

mod inspect;
mod tokenize;

use crate::args::{Global, ModelCommand};
use crate::failure::Result;

pub(crate) fn run(command: &ModelCommand, global: &Global) -> Result<()> {
    match command {
        ModelCommand::Inspect(args) => inspect::run(args, global),
        ModelCommand::Tokenize(args) => tokenize::run(args, global),
    }
}
