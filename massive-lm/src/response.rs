//! What comes back from an endpoint: a reply with what it took, or a failure.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Tokens that a call took, as the server counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    pub input: u64,
    /// Of the reply, with those of its reasoning.
    pub output: u64,
    /// Of the prompt, those that the server had ready.
    #[serde(default)]
    pub cached: u64,
}

/// A reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reply {
    /// The text.
    pub text: String,
    /// Why it ended: `stop`, `length`, `content_filter`, …; `too_long` where
    /// reading it was given up.
    pub finish: Option<String>,
    /// Tokens, where the server tells.
    pub usage: Option<Usage>,
    /// From the request to the first piece of text, in milliseconds; `None`
    /// where the reply did not come in pieces.
    pub first_ms: Option<f64>,
    /// From the request to the end, in milliseconds.
    pub total_ms: f64,
    /// The model's name, as the server gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// Why an attempt failed.
#[derive(Debug, Clone)]
pub struct Failure {
    /// What happened, in words; without the key.
    pub message: String,
    /// One of a few words, to count by: `rate_limit`, `server`, `timeout`,
    /// `cut`, `connection`, `unreadable`, `refused`.
    pub class: &'static str,
    /// The status, where there was one.
    pub status: Option<u16>,
    /// Whether asking again may help.
    pub again: bool,
    /// How long the server wants to be left alone.
    pub retry_after: Option<Duration>,
}

impl Failure {
    pub(crate) fn new(class: &'static str, message: impl Into<String>) -> Self {
        Failure { message: message.into(), class, status: None, again: true, retry_after: None }
    }
}
