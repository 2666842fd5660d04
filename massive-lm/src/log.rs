//! The log of calls: one a line, on disk before anything more is asked.
//!
//! A name that ends in `.zst` packs it, each write as a frame of its own
//! (RFC 8878): what a kill cuts off is one frame at the end, and going on drops
//! it. Bodies are logged, headers never, so no key is in it.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::endpoint::{Api, Reply};
use crate::error::{Error, Result};
use crate::form::{Constrain, Form};

/// What a line of the log is.
pub const FORMAT: &str = "massive-call/1";

/// One call, with what it was for and how it went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// `massive-call/1`.
    pub format: String,
    /// The SHA-256 of the row's locale and id and of the request.
    pub digest: String,
    /// The locale of the utterance.
    pub locale: String,
    /// Its id.
    pub id: String,
    /// Its words, which slots are put on.
    pub words: Vec<String>,
    /// The form that replies were asked for in.
    pub form: Form,
    /// How the reply was constrained.
    pub constrain: Constrain,
    /// How it was asked.
    pub api: Api,
    /// How many calls went on at once, at most.
    pub concurrency: usize,
    /// The body that was sent.
    pub request: Value,
    /// What came back.
    pub reply: Reply,
    /// The attempts that failed before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<FailedAttempt>,
}

/// An attempt that brought no reply.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// `rate_limit`, `server`, `timeout`, `cut`, `connection`, `unreadable` or
    /// `refused`.
    pub class: String,
    /// The status, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// What happened.
    pub message: String,
    /// How long the next attempt waited, in milliseconds.
    pub waited_ms: f64,
}

/// A log that is written to.
///
/// Threads that come together are written together, and each goes on once its
/// own line is on disk.
#[derive(Debug)]
pub struct LogWriter {
    path: PathBuf,
    packed: bool,
    file: Mutex<File>,
    queue: Mutex<Queue>,
    written: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    lines: Vec<u8>,
    /// The write that the lines of the queue will be part of.
    next: u64,
    /// Writes that are done.
    done: u64,
    busy: bool,
    failed: Option<String>,
}

/// Locks what holds plain data, which a panic elsewhere does not break.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zst"))
}

impl LogWriter {
    /// Begins a log.
    ///
    /// # Errors
    /// A name that is taken, or a place that cannot be written.
    pub fn create(path: &Path) -> Result<LogWriter> {
        let file = File::options()
            .write(true)
            .create_new(true)
            .open(path)
            .map_err(|error| Error::file(path, error))?;
        Ok(Self::over(path, file))
    }

    /// Goes on with a log, after its last whole line.
    ///
    /// # Errors
    /// A log that is damaged before its end, or cannot be written.
    pub fn resume(path: &Path, each: impl FnMut(Call) -> Result<()>) -> Result<LogWriter> {
        let end = read_to_end(path, each)?;
        let failed = |error: io::Error| Error::file(path, error);
        let mut file = File::options().read(true).write(true).open(path).map_err(failed)?;
        file.set_len(end).map_err(failed)?;
        file.seek(SeekFrom::Start(end)).map_err(failed)?;
        Ok(Self::over(path, file))
    }

    fn over(path: &Path, file: File) -> LogWriter {
        LogWriter {
            path: path.to_owned(),
            packed: is_packed(path),
            file: Mutex::new(file),
            queue: Mutex::new(Queue { next: 1, ..Queue::default() }),
            written: Condvar::new(),
        }
    }

    /// Writes a call; it is on disk when this returns.
    ///
    /// # Errors
    /// A disk that is full or gone; every later write fails too.
    pub fn write(&self, call: &Call) -> Result<()> {
        let mut line = serde_json::to_vec(call).map_err(|error| Error::file(&self.path, error))?;
        line.push(b'\n');
        let mut queue = lock(&self.queue);
        queue.lines.extend_from_slice(&line);
        let mine = queue.next;
        loop {
            if let Some(message) = &queue.failed {
                return Err(Error::file(&self.path, message));
            }
            if queue.done >= mine {
                return Ok(());
            }
            if queue.busy {
                queue = self.written.wait(queue).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let lines = std::mem::take(&mut queue.lines);
            queue.busy = true;
            queue.next += 1;
            drop(queue);
            let result = self.put(&lines);
            queue = lock(&self.queue);
            queue.busy = false;
            match result {
                Ok(()) => queue.done = mine,
                Err(error) => queue.failed = Some(error.to_string()),
            }
            self.written.notify_all();
        }
    }

    fn put(&self, lines: &[u8]) -> io::Result<()> {
        let mut file = lock(&self.file);
        if self.packed {
            file.write_all(&zstd::bulk::compress(lines, 3)?)?;
        } else {
            file.write_all(lines)?;
        }
        file.sync_data()
    }
}

/// Reads a log, call by call, in the order in which replies came.
///
/// A line or frame that a kill cut off at the end is passed over.
///
/// # Errors
/// No file, a line that is no call, and any error of `each`.
pub fn read(path: &Path, each: impl FnMut(Call) -> Result<()>) -> Result<()> {
    read_to_end(path, each).map(drop)
}

/// Reads a log; gives the byte at which its whole lines end.
fn read_to_end(path: &Path, mut each: impl FnMut(Call) -> Result<()>) -> Result<u64> {
    let file = File::open(path).map_err(|error| Error::file(path, error))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut number = 0;
    if !is_packed(path) {
        return read_lines(path, &mut reader, &mut number, &mut each);
    }
    let mut end = 0;
    loop {
        let rest = reader.fill_buf().map_err(|error| Error::file(path, error))?;
        if rest.is_empty() {
            return Ok(end);
        }
        let mut lines = Vec::new();
        let mut frame = zstd::stream::read::Decoder::with_buffer(&mut reader)
            .map_err(|error| Error::file(path, error))?
            .single_frame();
        match frame.read_to_end(&mut lines) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(end),
            Err(error) => {
                let message = format!("after line {number}: the log is damaged ({error})");
                return Err(Error::file(path, message));
            }
        }
        drop(frame);
        read_lines(path, &mut lines.as_slice(), &mut number, &mut each)?;
        let buffered = reader.buffer().len() as u64;
        let position = reader.get_mut().stream_position();
        end = position.map_err(|error| Error::file(path, error))? - buffered;
    }
}

fn read_lines(
    path: &Path,
    reader: &mut impl BufRead,
    number: &mut u64,
    each: &mut impl FnMut(Call) -> Result<()>,
) -> Result<u64> {
    let mut end = 0;
    let mut line = Vec::new();
    loop {
        line.clear();
        let count =
            reader.read_until(b'\n', &mut line).map_err(|error| Error::file(path, error))?;
        if line.last() != Some(&b'\n') {
            return Ok(end);
        }
        *number += 1;
        end += count as u64;
        let call: Call = serde_json::from_slice(&line).map_err(|error| {
            Error::file(
                path,
                format!("line {number}: not a call as `massive llm run` logs it ({error})"),
            )
        })?;
        if call.format != FORMAT {
            return Err(Error::file(
                path,
                format!("line {number}: format `{}`, expected {FORMAT}", call.format),
            ));
        }
        each(call)?;
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::*;

    pub(crate) fn call(id: u64) -> Call {
        Call {
            format: FORMAT.to_owned(),
            digest: format!("{id:064x}"),
            locale: "en-US".to_owned(),
            id: id.to_string(),
            words: vec!["wake".to_owned(), "me".to_owned()],
            form: Form::Brackets,
            constrain: Constrain::None,
            api: Api::Chat,
            concurrency: 1,
            request: json!({ "model": "m" }),
            reply: Reply {
                text: "alarm_set\nwake me".to_owned(),
                finish: Some("stop".to_owned()),
                usage: None,
                first_ms: Some(1.5),
                total_ms: 2.0,
                model: None,
            },
            failures: Vec::new(),
        }
    }

    fn ids(path: &Path) -> Vec<String> {
        let mut ids = Vec::new();
        read(path, |call| {
            ids.push(call.id);
            Ok(())
        })
        .unwrap();
        ids
    }

    #[test]
    fn what_a_kill_cuts_off_is_dropped_and_the_rest_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["calls.jsonl", "calls.jsonl.zst"] {
            let path = folder.path().join(name);
            let log = LogWriter::create(&path).unwrap();
            for id in 0..3 {
                log.write(&call(id)).unwrap();
            }
            let whole = std::fs::read(&path).unwrap();
            let mut last = 0;
            for length in 0..=whole.len() {
                std::fs::write(&path, &whole[..length]).unwrap();
                let there = ids(&path);
                assert!(there.len() >= last, "{name} {length}");
                last = there.len();
                let log = LogWriter::resume(&path, |_| Ok(())).unwrap();
                log.write(&call(9)).unwrap();
                let mut expected = there;
                expected.push("9".to_owned());
                assert_eq!(ids(&path), expected, "{name} {length}");
            }
            assert_eq!(last, 3);
        }
    }

    #[test]
    fn threads_write_whole_lines() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl.zst");
        let log = LogWriter::create(&path).unwrap();
        std::thread::scope(|scope| {
            for thread in 0..8 {
                let log = &log;
                scope.spawn(move || {
                    for id in 0..25 {
                        log.write(&call(thread * 25 + id)).unwrap();
                    }
                });
            }
        });
        let mut ids: Vec<u64> = ids(&path).iter().map(|id| id.parse().unwrap()).collect();
        ids.sort_unstable();
        assert_eq!(ids, (0..200).collect::<Vec<_>>());
        assert!(LogWriter::create(&path).is_err());
    }

    #[test]
    fn a_line_that_is_no_call_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("calls.jsonl");
        std::fs::write(&path, "{\"id\": 1}\n").unwrap();
        let error = read(&path, |_| Ok(())).unwrap_err().to_string();
        assert!(error.contains("line 1: not a call"), "{error}");
    }
}
