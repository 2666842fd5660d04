//! What the files show as files: digests, line breaks, ways of writing.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use memchr::memmem::Finder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::kinds::WarningKind;
use crate::corpus::Corpus;
use crate::findings::{Example, Findings};
use crate::input::{Block, Lines, Member, Visitor};
use crate::locale::Locale;
use crate::locale_filter::LocaleFilter;
use crate::release::ReleaseFile;

/// A file of the corpus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileFacts {
    /// As the user knows it.
    pub name: String,
    /// The locale that it is named after, if any.
    pub locale: Option<String>,
    /// Its size, uncompressed.
    pub bytes: u64,
    /// Its SHA-256, uncompressed.
    pub sha256: String,
    /// Whether it is a file of the release.
    pub release: ReleaseState,
}

/// Whether a file is a file of release 1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseState {
    /// Byte for byte.
    Same,
    /// It has the name of one and other bytes.
    Differs,
    /// It is not named after a locale of the release, and no file of the release has its digest.
    Unnamed,
}

/// Examines the files of the selected locales.
pub(super) fn examine(
    corpus: &Corpus,
    warnings: &mut BTreeMap<WarningKind, Findings>,
) -> Vec<FileFacts> {
    let mut scan = Scan {
        locales: corpus.selection().locales.clone(),
        escape: Finder::new(b"\\u"),
        files: Vec::new(),
        warnings,
    };
    // Parquet has no lines, and is no file of the release.
    let Some(input) = corpus.lines_input() else { return Vec::new() };
    // That a file cannot be read was found when its rows were.
    let complete = input.read(&mut scan).is_ok();
    let Scan { escape, mut files, warnings, .. } = scan;
    if !complete {
        files.pop();
    }
    files.into_iter().map(|file| file.finish(&escape, warnings)).collect()
}

struct Scan<'w> {
    locales: LocaleFilter,
    escape: Finder<'static>,
    files: Vec<Scanned>,
    warnings: &'w mut BTreeMap<WarningKind, Findings>,
}

struct Scanned {
    member: Arc<Member>,
    digest: Sha256,
    bytes: u64,
    lines: u64,
    last: Option<u8>,
    /// Bytes after the last line break.
    rest: Vec<u8>,
}

impl Visitor for Scan<'_> {
    fn wants(&mut self, member: &Member) -> bool {
        member.locale.is_none_or(|locale| self.locales.contains(locale))
    }

    fn block(&mut self, block: Block) -> bool {
        if self.files.last().is_none_or(|file| !Arc::ptr_eq(&file.member, &block.member)) {
            self.files.push(Scanned::new(block.member));
        }
        let (Some(file), Some(bytes)) = (self.files.last_mut(), bytes_of(block.lines)) else {
            return false;
        };
        file.add(&bytes, &self.escape, self.warnings);
        true
    }

    fn consumed(&mut self, _: u64) {}
}

/// The very bytes of a block, not completed to lines.
fn bytes_of(lines: Lines) -> Option<Vec<u8>> {
    match lines {
        Lines::Bytes(bytes) => Some(bytes),
        Lines::Range { path, start, end, .. } => {
            let mut file = File::open(path).ok()?;
            file.seek(SeekFrom::Start(start)).ok()?;
            let mut bytes = Vec::new();
            file.take(end - start).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        }
    }
}

impl Scanned {
    fn new(member: Arc<Member>) -> Self {
        Scanned { member, digest: Sha256::new(), bytes: 0, lines: 0, last: None, rest: Vec::new() }
    }

    fn add(
        &mut self,
        bytes: &[u8],
        escape: &Finder<'_>,
        warnings: &mut BTreeMap<WarningKind, Findings>,
    ) {
        self.digest.update(bytes);
        self.bytes += bytes.len() as u64;
        self.last = bytes.last().copied().or(self.last);
        let mut from = 0;
        for at in memchr::memchr_iter(b'\n', bytes) {
            let line = &bytes[from..at];
            if self.rest.is_empty() {
                self.line(line, escape, warnings);
            } else {
                let mut whole = std::mem::take(&mut self.rest);
                whole.extend_from_slice(line);
                self.line(&whole, escape, warnings);
            }
            from = at + 1;
        }
        self.rest.extend_from_slice(&bytes[from..]);
    }

    fn line(
        &mut self,
        line: &[u8],
        escape: &Finder<'_>,
        warnings: &mut BTreeMap<WarningKind, Findings>,
    ) {
        self.lines += 1;
        let mut warn = |kind, message: &str| {
            warnings.entry(kind).or_default().add_example(Example {
                locale: self.member.locale.map(|locale| locale.tag().to_owned()),
                file: Some(self.member.name.clone()),
                line: Some(self.lines),
                message: message.to_owned(),
                ..Example::default()
            });
        };
        if escape.find(line).is_some() {
            warn(WarningKind::EscapedLine, "has \\u escapes");
        }
        if has_numeric_id(line) {
            warn(WarningKind::NumericId, "has a number where a string of digits is usual");
        }
    }

    fn finish(
        mut self,
        escape: &Finder<'_>,
        warnings: &mut BTreeMap<WarningKind, Findings>,
    ) -> FileFacts {
        let last_line = std::mem::take(&mut self.rest);
        if !last_line.is_empty() {
            self.line(&last_line, escape, warnings);
        }
        let name = self.member.name.clone();
        let locale = self.member.locale;
        let mut warn = |kind, message: String| {
            warnings.entry(kind).or_default().add_example(Example {
                locale: locale.map(|locale| locale.tag().to_owned()),
                file: Some(name.clone()),
                message,
                ..Example::default()
            });
        };
        if self.last.is_some_and(|last| last != b'\n') {
            let message = "joined to another file by `cat`, it joins two rows on one line";
            warn(WarningKind::NoFinalLineBreak, message.to_owned());
        }
        let sha256: String =
            self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let state = state(locale, self.bytes, &sha256);
        if let (ReleaseState::Differs, Some(file)) = (state, locale.and_then(ReleaseFile::of)) {
            warn(
                WarningKind::NotTheRelease,
                format!(
                    "{} bytes, SHA-256 {sha256}; the release's has {} bytes, {}",
                    self.bytes, file.bytes, file.sha256
                ),
            );
        }
        FileFacts {
            name,
            locale: locale.map(|locale| locale.tag().to_owned()),
            bytes: self.bytes,
            sha256,
            release: state,
        }
    }
}

fn state(locale: Option<Locale>, bytes: u64, sha256: &str) -> ReleaseState {
    let same = |file: &ReleaseFile| file.bytes == bytes && file.sha256 == sha256;
    match locale.and_then(ReleaseFile::of) {
        Some(file) if same(file) => ReleaseState::Same,
        Some(_) => ReleaseState::Differs,
        None if crate::release::FILES.iter().any(same) => ReleaseState::Same,
        None => ReleaseState::Unnamed,
    }
}

/// True if `id` or `worker_id` is a number, at whatever depth.
fn has_numeric_id(line: &[u8]) -> bool {
    memchr::memmem::find_iter(line, b"id\"").any(|at| {
        let named = line[..at].ends_with(b"\"") || line[..at].ends_with(b"\"worker_");
        let value = line[at + 3..].trim_ascii_start();
        let value = value.strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        named && value.and_then(<[u8]>::first).is_some_and(u8::is_ascii_digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_ids_are_seen() {
        for (line, numeric) in [
            (r#"{"id": "1", "worker_id": "2"}"#, false),
            (r#"{"id": 1, "worker_id": "2"}"#, true),
            (r#"{"id": "1", "judgments": [{"worker_id":2}]}"#, true),
            (r#"{"grid": 1}"#, false),
        ] {
            assert_eq!(has_numeric_id(line.as_bytes()), numeric, "{line}");
        }
    }
}
