//! `massive model`: what is in a model's folder, and what it sees.

mod compress;
mod explain;
mod inspect;
mod memory;
mod tokenize;
mod toll;
mod trained;

pub(super) use self::explain::show_why;
use crate::args::{Global, ModelCommand};
use crate::failure::Result;

pub(crate) fn run(command: &ModelCommand, global: &Global) -> Result<()> {
    match command {
        ModelCommand::Compress(args) => compress::run(args, global),
        ModelCommand::Explain(args) => explain::run(args),
        ModelCommand::Inspect(args) => inspect::run(args, global),
        ModelCommand::Tokenize(args) => tokenize::run(args, global),
        ModelCommand::Toll(args) => toll::run(args, global),
        ModelCommand::Resident(args) => toll::resident(args),
    }
}
