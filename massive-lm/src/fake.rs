//! An endpoint for tests: it answers as it is told, faults included.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

/// A request as it came.
#[derive(Debug, Clone)]
pub struct FakeRequest {
    /// The path, such as `/v1/completions`.
    pub path: String,
    /// Headers, their names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
    /// Which request it is, from 0.
    pub number: u64,
}

impl FakeRequest {
    /// The prompt: the text, or the last message.
    pub fn prompt(&self) -> &str {
        self.body["prompt"].as_str().unwrap_or_else(|| {
            let last = self.body["messages"].as_array().and_then(|messages| messages.last());
            last.and_then(|message| message["content"].as_str()).unwrap_or_default()
        })
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub enum FakeReply {
    /// A text, as asked for: in pieces or whole, with usage.
    Text(String),
    /// A text without usage.
    WithoutUsage(String),
    /// A text after a while.
    Slow(String, Duration),
    /// A status with headers and a body.
    Status(u16, Vec<(String, String)>, String),
    /// A body of a reply, whatever it is.
    Raw(String),
    /// The first half of a text, and then the connection ends.
    Cut(String),
    /// The first half of a text, and then nothing for a while.
    Stall(String, Duration),
    /// Nothing: the connection ends.
    Reset,
}

type Answer = dyn Fn(&FakeRequest) -> FakeReply + Send + Sync;

struct Shared {
    answer: Box<Answer>,
    requests: AtomicU64,
    /// Replies that were sent to their end.
    replies: AtomicU64,
    seen: Mutex<Vec<FakeRequest>>,
    keep: AtomicBool,
    closed: AtomicBool,
}

/// A server on a free port of this machine; it ends when dropped.
pub struct FakeEndpoint {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl FakeEndpoint {
    /// Starts a server.
    ///
    /// # Errors
    /// No port is free.
    pub fn start(
        answer: impl Fn(&FakeRequest) -> FakeReply + Send + Sync + 'static,
    ) -> std::io::Result<FakeEndpoint> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            answer: Box::new(answer),
            requests: AtomicU64::new(0),
            replies: AtomicU64::new(0),
            seen: Mutex::new(Vec::new()),
            keep: AtomicBool::new(true),
            closed: AtomicBool::new(false),
        });
        let server = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if server.closed.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let server = Arc::clone(&server);
                std::thread::spawn(move || {
                    // A client that goes away is what tests are for.
                    let _ = serve(&stream, &server);
                });
            }
        });
        Ok(FakeEndpoint { address, shared })
    }

    /// Its address up to `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Requests that came.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::SeqCst)
    }

    /// Replies that were sent to their end.
    pub fn replies(&self) -> u64 {
        self.shared.replies.load(Ordering::SeqCst)
    }

    /// The requests, unless they are no longer kept.
    pub fn seen(&self) -> Vec<FakeRequest> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps no requests from now on.
    pub fn forget(&self) {
        self.shared.keep.store(false, Ordering::Relaxed);
    }
}

impl Drop for FakeEndpoint {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: &TcpStream, shared: &Shared) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(mut request) = read_request(&mut reader)? {
        request.number = shared.requests.fetch_add(1, Ordering::SeqCst);
        if shared.keep.load(Ordering::Relaxed) {
            shared.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request.clone());
        }
        let reply = (shared.answer)(&request);
        if !answer(stream, &request, reply, shared)? {
            return Ok(());
        }
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<FakeRequest>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Some(FakeRequest { path, headers, body, number: 0 }))
}

/// Sends an answer; false if the connection is to end.
fn answer(
    mut stream: &TcpStream,
    request: &FakeRequest,
    reply: FakeReply,
    shared: &Shared,
) -> std::io::Result<bool> {
    let done = |more: bool| {
        shared.replies.fetch_add(1, Ordering::SeqCst);
        Ok(more)
    };
    match reply {
        FakeReply::Reset => Ok(false),
        FakeReply::Slow(text, wait) => {
            std::thread::sleep(wait);
            answer(stream, request, FakeReply::Text(text), shared)
        }
        FakeReply::Status(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} No\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
            stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
            Ok(true)
        }
        FakeReply::Raw(body) => {
            let kind =
                if body.starts_with("data:") { "text/event-stream" } else { "application/json" };
            whole(stream, kind, &body)?;
            done(true)
        }
        FakeReply::Text(text) | FakeReply::WithoutUsage(text) if !is_streaming(request) => {
            let body = json!({
                "choices": [choice(request, "message", &text, Some("stop"))],
                "usage": usage(request, &text),
            });
            whole(stream, "application/json", &body.to_string())?;
            done(true)
        }
        FakeReply::Text(text) => {
            let last = json!({ "choices": [], "usage": usage(request, &text) });
            let body = format!("{}data: {last}\n\ndata: [DONE]\n\n", pieces(request, &text, true));
            whole(stream, "text/event-stream", &body)?;
            done(true)
        }
        FakeReply::WithoutUsage(text) => {
            let body = format!("{}data: [DONE]\n\n", pieces(request, &text, true));
            whole(stream, "text/event-stream", &body)?;
            done(true)
        }
        FakeReply::Cut(text) => {
            half(stream, request, &text)?;
            Ok(false)
        }
        FakeReply::Stall(text, wait) => {
            half(stream, request, &text)?;
            std::thread::sleep(wait);
            Ok(false)
        }
    }
}

fn half(mut stream: &TcpStream, request: &FakeRequest, text: &str) -> std::io::Result<()> {
    let body = pieces(request, text, false);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked";
    stream.write_all(format!("{head}\r\n\r\n{:x}\r\n{body}\r\n", body.len()).as_bytes())?;
    stream.flush()
}

fn whole(mut stream: &TcpStream, kind: &str, body: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes())?;
    stream.flush()
}

fn is_streaming(request: &FakeRequest) -> bool {
    request.body["stream"] == Value::Bool(true)
}

fn choice(request: &FakeRequest, key: &str, text: &str, finish: Option<&str>) -> Value {
    if request.path.contains("chat") {
        let content = json!({ "content": text });
        return json!({ "index": 0, key: content, "finish_reason": finish });
    }
    json!({ "index": 0, "text": text, "finish_reason": finish })
}

/// A text in two pieces, or the first of them.
fn pieces(request: &FakeRequest, text: &str, all: bool) -> String {
    let middle = (0..=text.len() / 2).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let (first, second) = text.split_at(middle);
    let first = json!({ "choices": [choice(request, "delta", first, None)] });
    if !all {
        return format!("data: {first}\n\n");
    }
    let second = json!({ "choices": [choice(request, "delta", second, Some("stop"))] });
    format!("data: {first}\n\ndata: {second}\n\n")
}

/// A token a word of the prompt and of the text.
fn usage(request: &FakeRequest, text: &str) -> Value {
    json!({
        "prompt_tokens": request.prompt().split_whitespace().count(),
        "completion_tokens": text.split_whitespace().count(),
    })
}
