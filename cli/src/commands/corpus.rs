//! `massive corpus`: working with the corpus itself, a file a subcommand.

mod convert;

use crate::args::{CorpusCommand, Global};
use crate::failure::Result;

pub(crate) fn run(command: &CorpusCommand, global: &Global) -> Result<()> {
    match command {
        CorpusCommand::Convert(args) => convert::run(args, global),
    }
}
