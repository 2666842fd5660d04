//! `massive corpus sample`
use crate::args::{CorpusSampleArgs, Global};
use crate::failure::Result;
pub(crate) fn run(_args: &CorpusSampleArgs, _global: &Global) -> Result<()> {
    Ok(())
}
