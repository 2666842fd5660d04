//! `massive man`

use clap_mangen::Man;

use crate::args::{Global, ManArgs};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};
use crate::values;

pub(crate) fn run(args: &ManArgs, global: &Global) -> Result<()> {
    let mut root = values::described();
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
                commands.extend(
                    command
                        .get_subcommands()
                        .filter(|one| !is_help(one) && !one.is_hide_set())
                        .cloned(),
                );
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

/// What every command says of how it ended.
const EXIT_STATUS: [(&str, &str); 3] = [
    ("0", "Success."),
    ("1", "The check failed: an invalid submission, a missed threshold."),
    ("2", "It could not run."),
];

fn page(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    let after_help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    let man = Man::new(command).manual("massive manual");
    let sections = [
        Man::render_title,
        Man::render_name_section,
        Man::render_synopsis_section,
        Man::render_description_section,
        Man::render_options_section,
        Man::render_subcommands_section,
    ];
    sections
        .iter()
        .try_for_each(|section| section(&man, &mut page))
        .and_then(|()| man.render_version_section(&mut page))
        .map_err(|error| Failure::CannotRun(format!("the page cannot be written: {error}")))?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    let (remarks, examples) = match after_help.find("Example") {
        Some(start) => after_help.split_at(start),
        None => (after_help.as_str(), ""),
    };
    if !remarks.trim().is_empty() {
        page.push_str(&format!(".SH NOTES\n{}\n", roff(remarks.trim())));
    }
    page.push_str(".SH \"EXIT STATUS\"\n");
    for (code, meaning) in EXIT_STATUS {
        page.push_str(&format!(".TP\n\\fB{code}\\fR\n{meaning}\n"));
    }
    if let Some((_, examples)) = examples.split_once('\n') {
        page.push_str(&format!(".SH EXAMPLES\n.nf\n{}\n.fi\n", roff(examples)));
    }
    Ok(page)
}

/// A text as roff takes it literally.
fn roff(text: &str) -> String {
    text.lines()
        .map(|line| {
            let line = line.strip_prefix("  ").unwrap_or(line);
            let line = line.replace('\\', "\\e").replace('-', "\\-");
            if line.starts_with(['.', '\'']) { format!("\\&{line}\n") } else { format!("{line}\n") }
        })
        .collect::<String>()
        .trim_end()
        .to_owned()
}
