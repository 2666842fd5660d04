//! `massive leaderboard`

mod add;
mod at_hand;
mod baseline;
mod check;
mod evidence;
mod meta;
mod render;
mod rendered;

use crate::args::{Global, LeaderboardCommand};
use crate::failure::Result;

pub(crate) fn run(command: &LeaderboardCommand, global: &Global) -> Result<()> {
    match command {
        LeaderboardCommand::Add(args) => add::run(args, global),
        LeaderboardCommand::Render(args) => render::run(args, global),
        LeaderboardCommand::Check(args) => check::run(args, global),
    }
}
