//! From the log of calls to predictions and figures, offline.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::budget::Price;
use crate::error::{Error, Result};
use crate::form::Form;
use crate::log::{self, Call};
use crate::reply::{self, Reading, Validity};
use crate::row::Names;
use crate::run::{RequestDigest, parse_digest};
use crate::usage::{UsageBlock, UsageCounter};

/// A prediction as one line.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    locale: &'a str,
    utt: &'a [String],
    /// A reply in which nothing can be read has no name, which is wrong.
    pred_intent: &'a str,
    pred_labels: Vec<&'a str>,
}

/// How a log is read again.
#[derive(Debug, Clone, Copy)]
pub struct ReplayOptions<'a> {
    /// The form that replies are read in; by default the one asked for.
    pub form: Option<Form>,
    /// The names that labels may have.
    pub names: &'a Names,
    /// What tokens cost.
    pub price: Option<Price>,
    /// Only these requests; all by default.
    pub wanted: Option<&'a HashSet<RequestDigest>>,
    /// Replies that are not of their form to the letter say nothing.
    pub strict: bool,
}

impl<'a> ReplayOptions<'a> {
    /// All calls, in the form that they were asked for, read tolerantly.
    pub fn new(names: &'a Names, price: Option<Price>) -> Self {
        ReplayOptions { form: None, names, price, wanted: None, strict: false }
    }
}

/// Reads a log, writes a prediction a call, and adds the calls up.
///
/// # Errors
/// A log that cannot be read, two calls about one row, a full disk.
pub fn replay(path: &Path, options: ReplayOptions<'_>, out: &mut dyn Write) -> Result<UsageBlock> {
    let mut counter = UsageCounter::new(options.price);
    let mut rows: HashSet<(String, String)> = HashSet::new();
    let mut calls = 0;
    each(path, options, |call, reading| {
        if !rows.insert((call.locale.clone(), call.id.clone())) {
            return Err(Error::request(format!(
                "{}: two calls about {} {}: the log is of more than one run; give each a log of \
                 its own",
                path.display(),
                call.locale,
                call.id
            )));
        }
        calls += 1;
        counter.add(call, reading);
        let line = Line {
            id: &call.id,
            locale: &call.locale,
            utt: &call.words,
            pred_intent: reading.intent.as_deref().unwrap_or_default(),
            pred_labels: reading
                .labels
                .iter()
                .map(|label| label.as_deref().unwrap_or(massive_data::OTHER))
                .collect(),
        };
        serde_json::to_writer(&mut *out, &line)
            .map_err(std::io::Error::from)
            .and_then(|()| out.write_all(b"\n"))
            .map_err(|error| Error::request(format!("predictions cannot be written: {error}")))
    })?;
    if calls == 0 {
        return Err(Error::request(format!("{}: no calls in it", path.display())));
    }
    Ok(counter.finish())
}

/// Hands every call of a log to `take`, with what its reply says.
///
/// # Errors
/// A log that cannot be read, and any error of `take`.
pub fn each(
    path: &Path,
    options: ReplayOptions<'_>,
    mut take: impl FnMut(&Call, &Reading) -> Result<()>,
) -> Result<()> {
    log::read(path, |call| {
        if let Some(wanted) = options.wanted
            && !wanted.contains(&parse_digest(&call.digest)?)
        {
            return Ok(());
        }
        let form = options.form.unwrap_or(call.form);
        let mut reading = reply::read(&call.reply, form, &call.words, options.names);
        if options.strict && reading.validity != Validity::Valid {
            reading.intent = None;
            reading.labels.fill(None);
        }
        take(&call, &reading)
    })
}
