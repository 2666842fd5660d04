//! `massive llm replay`

use massive_lm::replay::{ReplayOptions, replay};
use massive_lm::row::Names;

use super::rows::price;
use super::usage;
use crate::args::{Global, LlmReplayArgs};
use crate::failure::Result;
use crate::output::PendingFile;

pub(crate) fn run(args: &LlmReplayArgs, global: &Global) -> Result<()> {
    let names = Names::release();
    let mut model = String::new();
    massive_lm::log::read(&args.log, |call| {
        if model.is_empty() {
            model = call.request["model"].as_str().unwrap_or_default().to_owned();
        }
        Ok(())
    })?;
    let price = price(args.price.as_ref(), &model)?;
    let options = ReplayOptions { form: args.form, names: &names, price, wanted: None };
    let block = match &args.output {
        Some(path) => {
            let mut block = None;
            PendingFile::create(path)?.finish(|out| {
                block = Some(replay(&args.log, options, out)?);
                Ok(())
            })?;
            block
        }
        None => Some(replay(&args.log, options, &mut std::io::sink())?),
    };
    let Some(block) = block else { return Ok(()) };
    usage::print(&block, &args.log, None, args.format, global)
}
