//! What the values of flags are called, for help and completion.
//!
//! Flags whose values are parsed by the libraries (metrics, classes of errors,
//! locales, …) do not tell the command line what there is: it is said here, once
//! for all commands that have a flag of the name.

use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr};
use clap::{Arg, Command, CommandFactory};
use massive_data::{Locale, Partition};
use massive_eval::document::Grouping;
use massive_eval::errors::ErrorClass;
use massive_eval::{Metric, SlotClass};

use crate::args::Cli;

/// Longer lists are for completion only, not for help.
const LISTED: usize = 20;

/// The command line, with the values of its flags in its help.
pub(crate) fn described() -> Command {
    each_argument(Cli::command(), |command, argument| {
        let values = values_of(command, argument.get_id().as_str());
        if values.is_empty() || values.len() > LISTED {
            return argument;
        }
        let with_values = |help: &StyledStr| format!("{help} [values: {}]", values.join(", "));
        let help = argument.get_help().map(with_values);
        let long = argument.get_long_help().map(with_values);
        let argument = match help {
            Some(help) => argument.help(help),
            None => argument,
        };
        match long {
            Some(long) => argument.long_help(long),
            None => argument,
        }
    })
}

/// The command line as shells complete it: it names values and parses nothing.
pub(crate) fn completed() -> Command {
    each_argument(Cli::command(), |command, argument| {
        let values = values_of(command, argument.get_id().as_str());
        if values.is_empty() {
            return argument;
        }
        argument.value_parser(PossibleValuesParser::new(values.into_iter().map(PossibleValue::new)))
    })
}

/// Changes every argument of a command and of those below it.
fn each_argument(command: Command, change: impl Fn(&str, Arg) -> Arg + Copy) -> Command {
    let name = command.get_name().to_owned();
    command
        .mut_args(|argument| change(&name, argument))
        .mut_subcommands(|command| each_argument(command, change))
}

/// The values of a command's flag; none where any text may be one.
fn values_of(command: &str, flag: &str) -> Vec<&'static str> {
    match (command, flag) {
        (_, "labels") => vec!["reference", "brackets"],
        (_, "metric") => Metric::PAPER.iter().map(|metric| metric.name()).collect(),
        (_, "sort" | "metrics") => Metric::ALL.iter().map(|metric| metric.name()).collect(),
        (_, "group_by") => Grouping::ALL.iter().map(|one| one.name()).collect(),
        (_, "class") => {
            let slots = SlotClass::ALL.iter().map(|&class| ErrorClass::Slot(class));
            slots.chain([ErrorClass::Intent]).map(|class| class.name()).collect()
        }
        ("stats", "by") => vec!["all", "locale", "partition", "scenario", "intent", "slot"],
        (_, "partition") => Partition::ALL.iter().map(|partition| partition.name()).collect(),
        (_, "task") => vec!["full", "zero-shot"],
        (_, "locale" | "locales" | "exclude_locales") => {
            Locale::RELEASE.iter().map(|locale| locale.tag()).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_help_and_completions() {
        let help = described()
            .find_subcommand_mut("score")
            .map(|score| score.render_long_help().to_string())
            .unwrap();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for values in [
            "[values: reference, brackets]",
            "[values: intent_acc, slot_micro_f1, ex_match_acc",
            "[values: script, family, genus, order]",
        ] {
            assert!(help.contains(values), "{values}: {help}");
        }
        assert!(!help.contains("af-ZA, am-ET"), "{help}");
        for shell in
            [clap_complete::Shell::Bash, clap_complete::Shell::Zsh, clap_complete::Shell::Fish]
        {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut completed(), "massive", &mut script);
            let script = String::from_utf8(script).unwrap();
            for value in ["slot_micro_f1", "label_and_boundary", "brackets", "genus", "sw-KE"] {
                assert!(script.contains(value), "{shell}: {value}");
            }
        }
    }
}
