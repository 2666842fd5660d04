//! `massive man`

use clap::CommandFactory;
use clap_mangen::Man;

use crate::args::{Cli, Global, ManArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};

pub(crate) fn run(args: &ManArgs, global: &Global) -> Result<()> {
    let mut root = Cli::command();
    root.build();
    match &args.output_dir {
        None => output::print(&page(found(root, &args.command)?)?),
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|error| {
                Failure::CannotRun(format!("{} cannot be made: {error}", folder.display()))
            })?;
            let mut commands = vec![root];
            let mut count = 0;
            while let Some(command) = commands.pop() {
                commands.extend(command.get_subcommands().filter(|one| !is_help(one)).cloned());
                let man = Man::new(command.clone());
                let file = PendingFile::create(&folder.join(man.get_filename()))?;
                file.finish_with(page(command)?.as_bytes())?;
                count += 1;
            }
            output::remark(global, &format!("{count} pages in {}", folder.display()));
            Ok(())
        }
    }
}

/// The command that these words name.
fn found(root: clap::Command, words: &[String]) -> Result<clap::Command> {
    let mut command = root;
    for word in words {
        let Some(next) = command.find_subcommand(word).cloned() else {
            return Err(Failure::CannotRun(format!("there is no command `{}`", words.join(" "))));
        };
        command = next;
    }
    Ok(command)
}

fn is_help(command: &clap::Command) -> bool {
    command.get_name() == "help"
}

fn page(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    Man::new(command)
        .manual("massive manual")
        .render(&mut page)
        .map_err(|error| Failure::CannotRun(format!("the page cannot be written: {error}")))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
