//! `massive audit`: has a model seen the test set?

mod ask;
mod corpus;
mod extract;
mod likelihood;
mod recall;
mod swap;

use crate::args::{AuditCommand, Global};
use crate::failure::Result;

pub(crate) fn run(command: &AuditCommand, global: &Global) -> Result<()> {
    match command {
        AuditCommand::Corpus(args) => corpus::run(args, global),
        AuditCommand::Extract(args) => extract::run(args, global),
        AuditCommand::RecallId(args) => recall::run(args, global),
        AuditCommand::Swap(args) => swap::run(args, global),
        AuditCommand::Order(args) => likelihood::order(args, global),
        AuditCommand::Mink(args) => likelihood::mink(args, global),
    }
}
