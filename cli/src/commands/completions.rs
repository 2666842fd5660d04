//! `massive completions`

use crate::args::CompletionsArgs;
use crate::failure::Result;
use crate::{output, values};

pub(crate) fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut values::completed(), "massive", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}
