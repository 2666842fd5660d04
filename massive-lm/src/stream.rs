//! Reading a reply: as one JSON document, or as events, piece by piece.
//!
//! A streamed reply is a sequence of lines `data: {…}`, ended by `data: [DONE]`
//! (Server-Sent Events). The piece before the end has no choices and the usage.

use std::io::{BufRead, BufReader, Read};
use std::time::Instant;

use serde::Deserialize;
use serde_json::Value;

use crate::error::shorten;
use crate::response::{Failure, Reply, Usage};

/// Bytes of a reply's text, after which reading is given up.
pub const MAX_REPLY: usize = 1 << 20;
/// Bytes of a line or of a document, after which it is no reply.
const MAX_LINE: u64 = 1 << 21;

/// How a reply comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// Piece by piece.
    Events,
    /// As one document.
    Whole,
}

#[derive(Debug, Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Option<Vec<Choice>>,
    usage: Option<RawUsage>,
    timings: Option<Timings>,
    error: Option<Value>,
    model: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    text: Option<String>,
    delta: Option<Said>,
    message: Option<Said>,
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Said {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    prompt_tokens_details: Option<Details>,
}

#[derive(Debug, Deserialize)]
struct Details {
    cached_tokens: Option<u64>,
}

/// What llama.cpp adds.
#[derive(Debug, Deserialize)]
struct Timings {
    prompt_n: Option<u64>,
    predicted_n: Option<u64>,
    cache_n: Option<u64>,
}

/// A reply in the making.
struct Collected {
    reply: Reply,
    choices: bool,
    started: Instant,
}

impl Collected {
    fn new(started: Instant) -> Self {
        let reply = Reply {
            text: String::new(),
            finish: None,
            usage: None,
            first_ms: None,
            total_ms: 0.0,
            model: None,
        };
        Collected { reply, choices: false, started }
    }

    fn elapsed_ms(&self) -> f64 {
        // Microseconds are more than clocks of servers agree on.
        (self.started.elapsed().as_secs_f64() * 1e6).round() / 1e3
    }

    fn take(&mut self, chunk: Chunk, in_pieces: bool) -> Result<(), Failure> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            let said = error.get("message").and_then(Value::as_str).map(str::to_owned);
            let said = shorten(&said.unwrap_or_else(|| error.to_string()), 300);
            return Err(Failure::new("server", format!("the endpoint broke off: {said}")));
        }
        if chunk.model.is_some() {
            self.reply.model = chunk.model;
        }
        self.choices |= chunk.choices.is_some();
        if let Some(choice) = chunk.choices.into_iter().flatten().next() {
            let said = choice.delta.or(choice.message);
            let text = choice.text.or_else(|| {
                let said = said?;
                said.content.or(said.refusal)
            });
            if let Some(text) = text.filter(|text| !text.is_empty()) {
                if in_pieces && self.reply.first_ms.is_none() {
                    self.reply.first_ms = Some(self.elapsed_ms());
                }
                self.reply.text.push_str(&text);
            }
            if choice.finish_reason.is_some() {
                self.reply.finish = choice.finish_reason;
            }
        }
        let counted = chunk.usage.and_then(|usage| {
            Some(Usage {
                input: usage.prompt_tokens?,
                output: usage.completion_tokens.unwrap_or(0),
                cached: usage.prompt_tokens_details.and_then(|d| d.cached_tokens).unwrap_or(0),
            })
        });
        let timed = chunk.timings.and_then(|timings| {
            let cached = timings.cache_n.unwrap_or(0);
            Some(Usage { input: timings.prompt_n? + cached, output: timings.predicted_n?, cached })
        });
        if let Some(usage) = counted.or(timed) {
            self.reply.usage = Some(usage);
        }
        Ok(())
    }

    fn finish(mut self) -> Reply {
        self.reply.total_ms = self.elapsed_ms();
        self.reply
    }
}

/// Reads a reply to its end.
pub(crate) fn read(reader: impl Read, body: Body, started: Instant) -> Result<Reply, Failure> {
    match body {
        Body::Events => events(reader, started),
        Body::Whole => document(reader, started),
    }
}

fn document(reader: impl Read, started: Instant) -> Result<Reply, Failure> {
    let mut text = Vec::new();
    reader
        .take(MAX_LINE + 1)
        .read_to_end(&mut text)
        .map_err(|error| io_failure(&error, "the reply"))?;
    if text.len() as u64 > MAX_LINE {
        return Err(Failure::new("unreadable", "the reply is longer than 2 MiB"));
    }
    let chunk: Chunk = serde_json::from_slice(&text).map_err(|error| {
        let shown = shorten(&String::from_utf8_lossy(&text), 100);
        Failure::new("unreadable", format!("the reply is no JSON ({error}): {shown}"))
    })?;
    let mut collected = Collected::new(started);
    collected.take(chunk, false)?;
    if !collected.choices {
        return Err(unknown_dialect(&String::from_utf8_lossy(&text)));
    }
    Ok(collected.finish())
}

fn events(reader: impl Read, started: Instant) -> Result<Reply, Failure> {
    let mut reader = BufReader::new(reader);
    let mut collected = Collected::new(started);
    let mut line = Vec::new();
    let mut seen = String::new();
    loop {
        line.clear();
        let count = (&mut reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| io_failure(&error, "the reply"))?;
        if count == 0 {
            // Some servers end a stream without saying so, but not without a reason.
            if collected.reply.finish.is_some() {
                return Ok(collected.finish());
            }
            if !collected.choices && !seen.is_empty() {
                return Err(unknown_dialect(&seen));
            }
            return Err(Failure::new("cut", "the reply was cut off in the middle"));
        }
        if line.last() != Some(&b'\n') && count as u64 == MAX_LINE {
            return Err(Failure::new("unreadable", "a line of the reply is longer than 2 MiB"));
        }
        let text = String::from_utf8_lossy(&line);
        let Some(data) = text.trim_end().strip_prefix("data:").map(str::trim) else {
            // Comments, names and blank lines.
            continue;
        };
        if data == "[DONE]" {
            if !collected.choices {
                return Err(unknown_dialect(&seen));
            }
            return Ok(collected.finish());
        }
        if seen.is_empty() {
            seen = shorten(data, 100);
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            Failure::new(
                "unreadable",
                format!("a piece of the reply is no JSON ({error}): {}", shorten(data, 100)),
            )
        })?;
        collected.take(chunk, true)?;
        if collected.reply.text.len() > MAX_REPLY {
            collected.reply.finish = Some("too_long".to_owned());
            return Ok(collected.finish());
        }
    }
}

fn unknown_dialect(text: &str) -> Failure {
    Failure {
        again: false,
        ..Failure::new(
            "unreadable",
            format!(
                "the reply has no `choices`, so it is not of the OpenAI protocol: {}",
                shorten(text, 100)
            ),
        )
    }
}

/// Why a connection or a request failed.
pub(crate) fn failure_of(error: &ureq::Error, what: &str) -> Failure {
    match error {
        ureq::Error::Timeout(_) => Failure::new("timeout", format!("{what} timed out ({error})")),
        ureq::Error::Io(error) => io_failure(error, what),
        ureq::Error::HostNotFound | ureq::Error::BadUri(_) | ureq::Error::Tls(_) => {
            Failure { again: false, ..Failure::new("connection", error.to_string()) }
        }
        ureq::Error::Rustls(_) => Failure {
            again: false,
            ..Failure::new("connection", format!("the connection is not safe: {error}"))
        },
        _ => Failure::new("connection", format!("{what} failed: {error}")),
    }
}

fn io_failure(error: &std::io::Error, what: &str) -> Failure {
    if let Some(inner) = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>())
        && !matches!(inner, ureq::Error::Io(_))
    {
        return failure_of(inner, what);
    }
    match error.kind() {
        std::io::ErrorKind::TimedOut | std::io::ErrorKind::WouldBlock => {
            Failure::new("timeout", format!("{what} timed out"))
        }
        std::io::ErrorKind::UnexpectedEof => {
            Failure::new("cut", format!("{what} was cut off in the middle"))
        }
        _ => Failure::new("connection", format!("{what} failed: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_events(text: &str) -> Result<Reply, Failure> {
        read(text.as_bytes(), Body::Events, Instant::now())
    }

    #[test]
    fn pieces_are_joined_and_the_role_is_no_text() {
        let reply = read_events(concat!(
            ": a comment\n\n",
            "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"alarm\"}}]}\r\n\r\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"_set\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,",
            "\"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\n",
            "data: [DONE]\n\n",
        ))
        .unwrap();
        assert_eq!(reply.text, "alarm_set");
        assert_eq!(reply.finish.as_deref(), Some("stop"));
        assert_eq!(reply.usage, Some(Usage { input: 9, output: 2, cached: 4 }));
        assert!(reply.first_ms.is_some_and(|first| first <= reply.total_ms));
    }

    #[test]
    fn the_usage_may_be_in_the_timings_of_the_server() {
        let reply = read_events(concat!(
            "data: {\"choices\":[{\"text\":\"a\",\"finish_reason\":\"length\"}],",
            "\"timings\":{\"prompt_n\":5,\"cache_n\":3,\"predicted_n\":1}}\n\ndata: [DONE]\n\n"
        ))
        .unwrap();
        assert_eq!(reply.usage, Some(Usage { input: 8, output: 1, cached: 3 }));
    }

    #[test]
    fn what_is_no_reply_has_a_class() {
        for (text, class, again) in [
            ("data: {\"choices\":[{\"text\":\"a\"}]}\n\n", "cut", true),
            ("", "cut", true),
            ("data: {\"choices\":[{\"te\n\n", "unreadable", true),
            ("data: {\"generated_text\":\"a\"}\n\n", "unreadable", false),
            ("data: {\"error\":{\"message\":\"overloaded\"}}\n\n", "server", true),
            ("data: [DONE]\n\n", "unreadable", false),
        ] {
            let failure = read_events(text).unwrap_err();
            assert_eq!((failure.class, failure.again), (class, again), "{text}");
        }
    }

    #[test]
    fn a_reply_without_end_is_given_up() {
        let piece = format!("data: {{\"choices\":[{{\"text\":\"{}\"}}]}}\n\n", "a".repeat(1 << 16));
        let reply = read_events(&piece.repeat(40)).unwrap();
        assert_eq!(reply.finish.as_deref(), Some("too_long"));
        assert!(reply.text.len() <= MAX_REPLY + (1 << 16));
        let line = format!("data: {}", "a".repeat(1 << 22));
        assert_eq!(read_events(&line).unwrap_err().class, "unreadable");
    }
}
