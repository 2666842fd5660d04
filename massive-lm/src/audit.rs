//! Has a model seen the test set?
//!
//! Every finding comes with what it can and cannot show. A high rate may be
//! evidence; a low one never shows that a model has not seen the rows.

pub mod corpus;
pub mod extract;
pub mod memory;
pub mod mink;
pub mod order;
pub mod recall;
pub mod stats;
pub mod swap;

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::endpoint::Prompt;
use crate::error::{Error, Result};
use crate::log;
use crate::row::Row;
use crate::run::RequestDigest;

/// A question of an audit.
#[derive(Debug, Clone, PartialEq)]
pub struct Probe {
    /// The locale of the row that it is about.
    pub locale: String,
    /// Its id, and which question about it this is.
    pub id: String,
    /// What is asked.
    pub prompt: Prompt,
}

impl Probe {
    /// A row that stands for the question in a run and its log.
    pub fn row(&self) -> Row {
        Row {
            locale: self.locale.clone(),
            id: self.id.clone(),
            text: String::new(),
            words: Vec::new(),
            gold: None,
        }
    }

    /// What names the question in a log.
    pub fn key(&self) -> (String, String) {
        (self.locale.clone(), self.id.clone())
    }
}

/// Replies by locale and name of the question.
pub type Replies = BTreeMap<(String, String), String>;

/// The replies of a log to these requests.
///
/// # Errors
/// A log that cannot be read.
pub fn replies(path: &Path, wanted: &std::collections::HashSet<RequestDigest>) -> Result<Replies> {
    let mut replies = Replies::new();
    log::read(path, |call| {
        if wanted.contains(&crate::run::parse_digest(&call.digest)?) {
            replies.insert((call.locale, call.id), call.reply.text);
        }
        Ok(())
    })?;
    Ok(replies)
}

/// The reply to a question.
fn reply_to<'a>(replies: &'a Replies, probe: &Probe) -> Result<&'a str> {
    replies.get(&probe.key()).map(String::as_str).ok_or_else(|| {
        Error::request(format!("no reply about {} {}; ask again", probe.locale, probe.id))
    })
}

/// The level of all tests together: to say that a model has seen the test set is
/// grave, so one false finding in a hundred is what is allowed.
pub const LEVEL: f64 = 0.01;

/// What a test says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// More than chance or the floor explains, at [`LEVEL`] over all locales together.
    Seen,
    /// No more than that. It does not show that the rows were not seen.
    Nothing,
    /// Too few rows, or nothing to compare with.
    Undecided,
}

/// A text in the form in which texts are compared: compatibility characters
/// (NFKC), lower case, letters and digits only, one space between words.
pub fn normalised(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut out = String::with_capacity(text.len());
    for c in text.nfkc().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) {
            out.push(c);
        } else if !massive_data::words::is_zero_width(c) && !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}
