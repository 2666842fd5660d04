//! `massive explain`: what names, marks and exit codes mean, from the glossary of
//! the documentation.

use massive_data::error::nearest;
use serde::Serialize;

use super::score;
use crate::args::{CheckFormat, ExplainArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// The page that entries are taken from.
const GLOSSARY: &str = include_str!("../../assets/glossary.md");

/// Entries. Its schema is `schemas/explain.schema.json`.
#[derive(Serialize)]
struct Explained {
    format: &'static str,
    entries: Vec<Entry>,
}

/// A name and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Entry {
    name: &'static str,
    /// Other names for the same.
    also: Vec<&'static str>,
    text: &'static str,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<()> {
    let entries = match &args.name {
        Some(name) => vec![find(name)?],
        None => glossary(),
    };
    match args.format {
        CheckFormat::Json => {
            output::print(&score::json(&Explained { format: "massive-explain/1", entries })?)
        }
        CheckFormat::Table if args.name.is_some() => {
            let texts: Vec<String> = entries
                .iter()
                .map(|one| {
                    let also = match one.also.as_slice() {
                        [] => String::new(),
                        also => format!(" ({})", also.join(", ")),
                    };
                    format!("{}{also}\n{}\n", one.name, wrapped(one.text, output::width()))
                })
                .collect();
            output::print(&texts.join("\n"))
        }
        CheckFormat::Table => {
            let width = entries.iter().map(|one| one.name.chars().count()).max().unwrap_or(0);
            let lines = entries.iter().map(|one| {
                format!(
                    "{:width$}  {}\n",
                    one.name,
                    one.text.split(['.', ':']).next().unwrap_or("")
                )
            });
            output::print(&lines.collect::<String>())
        }
    }
}

/// All entries, in the order of the page.
fn glossary() -> Vec<Entry> {
    GLOSSARY
        .split("\n## ")
        .skip(1)
        .map(|section| {
            let (name, text) = section.split_once('\n').unwrap_or((section, ""));
            let text = text.trim();
            let (also, text) =
                match text.strip_prefix("*Also: ").and_then(|rest| rest.split_once(".* ")) {
                    Some((also, text)) => (also.split(", ").collect(), text),
                    None => (Vec::new(), text),
                };
            Entry { name: name.trim(), also, text }
        })
        .collect()
}

/// The entry of a name, whatever its case.
fn find(name: &str) -> Result<Entry> {
    let entries = glossary();
    let plain = |name: &str| name.trim().to_lowercase().replace(['-', ' '], "_");
    let wanted = plain(name);
    let is_wanted = |entry: &&Entry| {
        std::iter::once(&entry.name).chain(&entry.also).any(|one| plain(one) == wanted)
    };
    if let Some(entry) = entries.iter().find(is_wanted) {
        return Ok(entry.clone());
    }
    let names =
        entries.iter().flat_map(|entry| std::iter::once(entry.name).chain(entry.also.clone()));
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean {near}?"),
        None => "`massive explain` lists what there is".to_owned(),
    };
    Err(Failure::CannotRun(format!("`{}` is not explained; {hint}", name.escape_debug())))
}

/// A text in lines of at most `width` columns.
fn wrapped(text: &str, width: u16) -> String {
    let width = usize::from(width).clamp(20, 100);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is a first line");
        let length = unicode_width::UnicodeWidthStr::width(line.as_str());
        if length > 0 && length + 1 + unicode_width::UnicodeWidthStr::width(word) > width {
            lines.push(word.to_owned());
        } else {
            if length > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_to_its_entry() {
        let entries = glossary();
        assert!(entries.len() > 30);
        for entry in &entries {
            assert!(!entry.text.is_empty(), "{}", entry.name);
            for name in std::iter::once(&entry.name).chain(&entry.also) {
                assert_eq!(&find(name).unwrap(), entry, "{name}");
            }
        }
    }

    #[test]
    fn lines_are_no_longer_than_they_may_be() {
        let text = wrapped("one two three four five six seven eight", 20);
        assert_eq!(text, "one two three four\nfive six seven eight");
    }
}
