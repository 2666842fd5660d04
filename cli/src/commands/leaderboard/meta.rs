//! What an entry says of itself: flags, and a file for what flags leave open.

use std::path::Path;

use massive_eval::leaderboard::{Date, Link, Model, Phase, Task};
use serde::Deserialize;

use crate::args::{EntryArgs, is_address};
use crate::failure::{Failure, Result};

/// What a submission says of itself. Its schema is
/// `schemas/entry-meta.schema.json`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meta {
    pub(super) name: Option<String>,
    pub(super) system: Option<String>,
    pub(super) team: Option<String>,
    pub(super) date: Option<Date>,
    pub(super) task: Option<Task>,
    pub(super) phase: Option<Phase>,
    #[serde(default)]
    pub(super) model: Model,
    #[serde(default)]
    pub(super) data: Vec<String>,
    pub(super) trained_on_evaluation_rows: Option<bool>,
    #[serde(default)]
    pub(super) links: Vec<Link>,
    pub(super) report: Option<String>,
}

impl Meta {
    /// What file and flags say; flags have precedence.
    pub(super) fn read(args: &EntryArgs) -> Result<Meta> {
        let mut meta = match &args.meta {
            Some(path) => Meta::of_file(path)?,
            None => Meta::default(),
        };
        fn take<T: Clone>(flag: &Option<T>, place: &mut Option<T>) {
            if flag.is_some() {
                place.clone_from(flag);
            }
        }
        take(&args.name, &mut meta.name);
        take(&args.system, &mut meta.system);
        take(&args.team, &mut meta.team);
        take(&args.date, &mut meta.date);
        take(&args.task, &mut meta.task);
        take(&args.phase, &mut meta.phase);
        take(&args.family, &mut meta.model.family);
        take(&args.parameters, &mut meta.model.parameters);
        take(&args.trained_on_evaluation_rows, &mut meta.trained_on_evaluation_rows);
        take(&args.report, &mut meta.report);
        if !args.data.is_empty() {
            meta.data.clone_from(&args.data);
        }
        if !args.link.is_empty() {
            meta.links.clone_from(&args.link);
        }
        for link in &meta.links {
            if !is_address(&link.url) {
                return Err(Failure::CannotRun(format!(
                    "the link `{}` leads to `{}`, which is no address that starts with https://",
                    link.title.escape_debug(),
                    link.url.escape_debug()
                )));
            }
        }
        Ok(meta)
    }

    fn of_file(path: &Path) -> Result<Meta> {
        let failed = |what: String| Failure::CannotRun(format!("{}: {what}", path.display()));
        let text = std::fs::read_to_string(path)
            .map_err(|error| failed(format!("cannot be read: {error}")))?;
        serde_json::from_str(&text).map_err(|error| {
            failed(format!("{error}; `massive schema entry-meta` says what it may hold"))
        })
    }
}
