//! What is sent to an endpoint, and what comes back.
//!
//! Endpoints speak the protocol that OpenAI's servers began and vLLM, llama.cpp
//! and others took over: `POST …/chat/completions` and `…/completions`.

mod measure;

use std::fmt;
use std::io::Read;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jiff::fmt::rfc2822::DateTimeParser;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::error::{Error, Result, shorten};
pub use crate::response::{Failure, Reply, Usage};
use crate::stream::{self, Body};

/// The two ways of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Api {
    /// `chat/completions`: messages with roles; the server puts them into the
    /// model's own form.
    #[default]
    Chat,
    /// `completions`: a text that the model goes on with, as base models need it.
    Completion,
}

impl Api {
    /// The name in options and files.
    pub fn name(self) -> &'static str {
        match self {
            Api::Chat => "chat",
            Api::Completion => "completion",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Api::Chat => "chat/completions",
            Api::Completion => "completions",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Api {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "chat" => Ok(Api::Chat),
            "completion" => Ok(Api::Completion),
            _ => Err(Error::request(format!("unknown API `{name}`: expected chat or completion"))),
        }
    }
}

/// A secret that is neither printed nor written.
#[derive(Clone)]
pub struct Key(String);

impl Key {
    /// A key; `None` where there is nothing in it.
    ///
    /// # Errors
    /// Characters that a header cannot carry.
    pub fn new(text: &str) -> Result<Option<Key>> {
        let text = text.trim();
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::request("the key holds characters that a header cannot carry"));
        }
        Ok((!text.is_empty()).then(|| Key(text.to_owned())))
    }

    /// The text with every occurrence of the key taken out: servers quote it.
    fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[key]")
    }
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What is said.
    pub content: String,
}

/// What the model is to go on from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Prompt {
    /// A text.
    Text(String),
    /// A conversation.
    Messages(Vec<Message>),
}

impl Prompt {
    /// All of it as one text.
    pub fn text(&self) -> String {
        match self {
            Prompt::Text(text) => text.clone(),
            Prompt::Messages(messages) => messages
                .iter()
                .map(|message| message.content.as_str())
                .collect::<Vec<_>>()
                .join("\n"),
        }
    }

    /// What it ends in.
    pub fn last(&self) -> &str {
        match self {
            Prompt::Text(text) => text,
            Prompt::Messages(messages) => {
                messages.last().map_or("", |message| message.content.as_str())
            }
        }
    }
}

/// How the model draws its tokens; always sent, since servers have defaults of
/// their own and take them from the model's folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 takes the likeliest token.
    pub temperature: f64,
    /// The share of probability that is drawn from.
    pub top_p: f64,
    /// The seed.
    pub seed: u64,
    /// Tokens of a reply, at most.
    pub max_tokens: u32,
    /// Texts that end a reply.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Sampling { temperature: 0.0, top_p: 1.0, seed: 12345, max_tokens: 256, stop: Vec::new() }
    }
}

/// Where and how to ask.
#[derive(Debug, Clone)]
pub struct EndpointOptions {
    /// The address up to `/v1`.
    pub address: String,
    /// The model's name, as the server knows it.
    pub model: String,
    /// Which way of asking.
    pub api: Api,
    /// The key, if the server wants one.
    pub key: Option<Key>,
    /// Whether replies come piece by piece; some servers give up without.
    pub streaming: bool,
    /// How long the server may be silent.
    pub timeout: Duration,
    /// How long a whole call may take.
    pub total_timeout: Duration,
    /// Connections that are kept.
    pub connections: usize,
}

/// A server of language models.
pub struct Endpoint {
    options: EndpointOptions,
    agent: ureq::Agent,
    base: String,
    /// The server wants `max_completion_tokens`.
    newer_limit: AtomicBool,
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("base", &self.base).finish_non_exhaustive()
    }
}

/// Redirects that are followed.
const REDIRECTS: usize = 3;
/// Bytes of an error's body that are read.
const ERROR_BODY: u64 = 4_096;

impl Endpoint {
    /// An endpoint; nothing is sent yet.
    ///
    /// # Errors
    /// An address that is none.
    pub fn new(options: EndpointOptions) -> Result<Endpoint> {
        let base = options.address.trim_end_matches('/').to_owned();
        let uri: ureq::http::Uri = base.parse().map_err(|_| not_an_address(&base))?;
        if uri.host().is_none() || !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(not_an_address(&base));
        }
        if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
            return Err(Error::request(
                "the endpoint's address holds a password; keys come from the environment",
            ));
        }
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(Duration::from_secs(30).min(options.total_timeout)))
            .timeout_recv_response(Some(options.timeout))
            .timeout_per_read(Some(options.timeout))
            .timeout_global(Some(options.total_timeout))
            .max_idle_connections(options.connections.max(1))
            .max_idle_connections_per_host(options.connections.max(1))
            .user_agent(concat!("massive/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Endpoint { options, agent, base, newer_limit: AtomicBool::new(false) })
    }

    /// Which way of asking it is for.
    pub fn api(&self) -> Api {
        self.options.api
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.options.model
    }

    /// The body of a request. `extra` holds what constrains the reply.
    pub fn body(&self, prompt: &Prompt, sampling: &Sampling, extra: &Map<String, Value>) -> Value {
        let mut body = json!({
            "model": self.options.model,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
            "max_tokens": sampling.max_tokens,
            "stream": self.options.streaming,
        });
        if self.options.streaming {
            body["stream_options"] = json!({ "include_usage": true });
        }
        if !sampling.stop.is_empty() {
            body["stop"] = json!(sampling.stop);
        }
        match prompt {
            Prompt::Text(text) if self.options.api == Api::Completion => {
                body["prompt"] = json!(text);
            }
            Prompt::Text(text) => {
                body["messages"] = json!([{ "role": "user", "content": text }]);
            }
            Prompt::Messages(messages) if self.options.api == Api::Chat => {
                body["messages"] = json!(messages);
            }
            Prompt::Messages(_) => body["prompt"] = json!(prompt.text()),
        }
        if let Some(fields) = body.as_object_mut() {
            fields.extend(extra.iter().map(|(name, value)| (name.clone(), value.clone())));
        }
        body
    }

    /// Asks once.
    ///
    /// # Errors
    /// Whatever keeps the reply away, and whether asking again may help.
    pub fn ask(&self, body: &Value) -> Result<Reply, Failure> {
        if self.newer_limit.load(Ordering::Relaxed) {
            return self.post(&with_newer_limit(body));
        }
        match self.post(body) {
            Err(failure) if failure.status == Some(400) && wants_newer_limit(&failure.message) => {
                self.newer_limit.store(true, Ordering::Relaxed);
                self.post(&with_newer_limit(body))
            }
            other => other,
        }
    }

    fn post(&self, body: &Value) -> Result<Reply, Failure> {
        let text = body.to_string();
        let url = format!("{}/{}", self.base, self.options.api.path());
        let started = Instant::now();
        let response = self.send(&url, &text)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(self.refusal(response));
        }
        let streamed = header(&response, "content-type")
            .is_some_and(|kind| kind.starts_with("text/event-stream"));
        let reader = response.into_body().into_with_config().limit(u64::MAX).reader();
        let body = if streamed { Body::Events } else { Body::Whole };
        stream::read(reader, body, started).map_err(|failure| self.redacted(failure))
    }

    /// Sends a request, and again to where the server points. To another host the
    /// key does not go.
    fn send(&self, url: &str, text: &str) -> Result<ureq::http::Response<ureq::Body>, Failure> {
        let mut url = url.to_owned();
        for _ in 0..=REDIRECTS {
            let mut request = self.agent.post(&url).header("content-type", "application/json");
            if self.options.streaming {
                request = request.header("accept", "text/event-stream, application/json");
            }
            match &self.options.key {
                Some(key) if same_origin(&url, &self.base) => {
                    request = request.header("authorization", format!("Bearer {}", key.0));
                }
                _ => {}
            }
            let response = request
                .send(text)
                .map_err(|error| self.redacted(stream::failure_of(&error, "the request")))?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 303 | 307 | 308) {
                return Ok(response);
            }
            let target = header(&response, "location").unwrap_or_default().to_owned();
            // Other redirects turn a request into one without a body.
            if !matches!(status, 307 | 308) || target.is_empty() {
                return Err(Failure {
                    status: Some(status),
                    again: false,
                    ..Failure::new(
                        "refused",
                        format!(
                            "the endpoint points elsewhere ({}); give that address",
                            shorten(&target, 200)
                        ),
                    )
                });
            }
            url = absolute(&url, &target);
        }
        Err(Failure { again: false, ..Failure::new("refused", "the endpoint points in circles") })
    }

    fn refusal(&self, response: ureq::http::Response<ureq::Body>) -> Failure {
        let status = response.status().as_u16();
        let retry_after = header(&response, "retry-after").and_then(retry_after);
        let mut text = Vec::new();
        // A body that cannot be read says nothing more.
        let _ = response.into_body().into_reader().take(ERROR_BODY).read_to_end(&mut text);
        let text = String::from_utf8_lossy(&text);
        let said = serde_json::from_str::<Value>(&text)
            .ok()
            .and_then(|value| {
                let error = value.get("error")?;
                let message = error.get("message").unwrap_or(error);
                message.as_str().map(str::to_owned)
            })
            .unwrap_or_else(|| text.into_owned());
        let class = match status {
            429 => "rate_limit",
            408 => "timeout",
            500.. => "server",
            _ => "refused",
        };
        self.redacted(Failure {
            status: Some(status),
            again: matches!(status, 408 | 425 | 429 | 500..),
            retry_after,
            ..Failure::new(
                class,
                format!("the endpoint answered {status}: {}", shorten(&said, 500)),
            )
        })
    }

    fn redacted(&self, mut failure: Failure) -> Failure {
        if let Some(key) = &self.options.key {
            failure.message = key.redact(&failure.message);
        }
        failure
    }
}

fn not_an_address(base: &str) -> Error {
    Error::request(format!(
        "`{}` is not the address of an endpoint, such as http://127.0.0.1:8080/v1",
        shorten(base, 100)
    ))
}

fn header<'a>(response: &'a ureq::http::Response<ureq::Body>, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// How long to wait: seconds, as nearly all servers write it, or a date (RFC 9110,
/// 10.2.3); what is neither is taken for half a minute.
fn retry_after(text: &str) -> Option<Duration> {
    /// A server may not keep a run waiting for longer.
    const LONGEST: f64 = 3_600.0;
    /// A wrong day of the week changes no date.
    const DATES: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
    let text = text.trim();
    let seconds = match text.parse::<f64>() {
        Ok(seconds) => seconds,
        Err(_) => match DATES.parse_timestamp(text) {
            Ok(until) => until.duration_since(jiff::Timestamp::now()).as_secs_f64().max(0.0),
            Err(_) => 30.0,
        },
    };
    (seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(LONGEST)))
}

fn wants_newer_limit(message: &str) -> bool {
    message.contains("max_completion_tokens")
}

fn with_newer_limit(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(fields) = body.as_object_mut()
        && let Some(limit) = fields.remove("max_tokens")
    {
        fields.insert("max_completion_tokens".to_owned(), limit);
    }
    body
}

/// Scheme, host and port of an address.
fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: ureq::http::Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let port = uri.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, uri.host()?.to_ascii_lowercase(), port))
}

fn same_origin(one: &str, other: &str) -> bool {
    origin(one).is_some() && origin(one) == origin(other)
}

/// Where `target` points, seen from `url`.
fn absolute(url: &str, target: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let start = url.find("://").map_or(0, |at| at + 3);
    let path = url[start..].find('/').map_or(url.len(), |at| start + at);
    if let Some(rest) = target.strip_prefix("//") {
        return format!("{}//{rest}", &url[..start.saturating_sub(2)]);
    }
    if target.starts_with('/') {
        return format!("{}{target}", &url[..path]);
    }
    let folder = url.rfind('/').map_or(url.len(), |at| at + 1);
    format!("{}{target}", &url[..folder.max(path)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_goes_to_its_own_host_only() {
        let base = "https://models.example/v1";
        assert!(same_origin("https://models.example:443/v1/completions", base));
        for other in [
            "http://models.example/v1",
            "https://models.example:8443/v1",
            "https://models.example.evil/v1",
            "https://evil/models.example",
        ] {
            assert!(!same_origin(other, base), "{other}");
        }
    }

    #[test]
    fn redirects_are_resolved() {
        let url = "http://a:1/v1/completions";
        for (target, expected) in [
            ("http://b/x", "http://b/x"),
            ("/v2/c", "http://a:1/v2/c"),
            ("c", "http://a:1/v1/c"),
            ("//b/x", "http://b/x"),
        ] {
            assert_eq!(absolute(url, target), expected);
        }
    }

    #[test]
    fn a_server_says_how_long_to_wait_in_seconds_or_by_a_date() {
        let seconds = |text: &str| retry_after(text).map(|wait| wait.as_secs_f64());
        assert_eq!(seconds(" 1.5"), Some(1.5));
        assert_eq!(seconds("99999999"), Some(3_600.0));
        assert_eq!((seconds("-1"), seconds("NaN")), (None, None));
        assert_eq!(seconds("soon"), Some(30.0));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0.0));
        assert_eq!(seconds("Fri, 31 Dec 2999 23:59:59 GMT"), Some(3_600.0));
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = Key::new(" sk-secret ").unwrap().unwrap();
        assert_eq!(format!("{key:?}"), "[key]");
        assert_eq!(key.redact("bad key sk-secret."), "bad key [key].");
        assert!(Key::new("  ").unwrap().is_none());
        assert!(Key::new("a\nb").is_err());
    }
}
