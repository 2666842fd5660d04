//! Ranges of a file, each completed to whole lines by the worker that reads it.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

use memchr::{memchr, memrchr};

use super::{BYTE_ORDER_MARK, MAX_LINE, Member, Stamp, too_long, unreadable};
use crate::error::{Error, Result};

/// What the kernel copies is a multiple of this apart from where it lies in the
/// file: copying takes up to four times as long otherwise.
const ALIGNED: usize = 64;

/// Bytes that are read at a time to complete the last line of a range.
const TAIL: usize = 1 << 12;

/// A file that a worker reads piece by piece.
///
/// The pieces that a worker gets are mostly of one file, so it stays open until
/// the next one is asked for.
#[derive(Default)]
pub(crate) struct RangeReader {
    open: Option<(PathBuf, File)>,
    buffer: Vec<u8>,
}

impl RangeReader {
    /// The lines that start in `[start, end)` of a file that is still what `stamp`
    /// says.
    pub(crate) fn read(
        &mut self,
        member: &Member,
        path: &Path,
        [start, end]: [u64; 2],
        stamp: Stamp,
    ) -> Result<&[u8]> {
        let failed = |error: io::Error| unreadable(path, error);
        let file = match self.open.take() {
            Some((open, file)) if open == path => file,
            _ => File::open(path).map_err(failed)?,
        };
        let (_, file) = self.open.insert((path.to_owned(), file));
        let buffer = &mut self.buffer;
        // The byte before tells whether a line starts right here. More are read,
        // so that the range lies in memory as it does in the pages of the file.
        let lead = start.min(ALIGNED as u64) as usize;
        let range =
            fill(buffer, file, [start - lead as u64, end]).map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => {
                    Error::input("the file was cut short while it was read").at_file(&member.name)
                }
                _ => failed(error),
            })?;
        let body = range.start + lead;
        let first = match start {
            0 if buffer[range.clone()].starts_with(BYTE_ORDER_MARK) => body + BYTE_ORDER_MARK.len(),
            0 => body,
            // No line may start here.
            _ => memchr(b'\n', &buffer[body - 1..range.end]).map_or(range.end, |at| body + at),
        };
        if first >= range.end && start > 0 {
            return Ok(&[]);
        }
        let lines = complete(buffer, file, first..range.end, path, member)?;
        // After reading, so that nothing read is of a later state.
        if Stamp::of(&file.metadata().map_err(failed)?) != stamp {
            return Err(Error::input(
                "the file changed while it was read; read it again once nothing writes to it",
            )
            .at_file(&member.name));
        }
        Ok(&buffer[lines])
    }
}

/// Reads the bytes `[from, end)` of a file into the buffer; where they lie there.
fn fill(buffer: &mut Vec<u8>, file: &mut File, [from, end]: [u64; 2]) -> io::Result<Range<usize>> {
    let wanted = usize::try_from(end - from).unwrap_or(usize::MAX / 2);
    // The buffer only grows, so that it is zeroed once.
    if buffer.len() < wanted + ALIGNED {
        buffer.resize(wanted + ALIGNED, 0);
    }
    let origin = buffer.as_ptr().align_offset(ALIGNED).min(ALIGNED);
    let range = origin..origin + wanted;
    file.seek(SeekFrom::Start(from))?;
    file.read_exact(&mut buffer[range.clone()])?;
    Ok(range)
}

/// Reads on behind these bytes of the buffer until their last line is whole.
fn complete(
    buffer: &mut Vec<u8>,
    file: &mut File,
    Range { start: first, end: mut filled }: Range<usize>,
    path: &Path,
    member: &Member,
) -> Result<Range<usize>> {
    let mut line = memrchr(b'\n', &buffer[first..filled]).map_or(first, |at| first + at + 1);
    while line < filled {
        if buffer.len() < filled + TAIL {
            buffer.resize(filled + TAIL, 0);
        }
        let read = match file.read(&mut buffer[filled..filled + TAIL]) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(unreadable(path, error)),
        };
        if let Some(at) = memchr(b'\n', &buffer[filled..filled + read]) {
            filled += at + 1;
            line = filled;
        } else {
            filled += read;
            if filled - line > MAX_LINE {
                let before = memchr::memchr_iter(b'\n', &buffer[first..filled]).count() as u64;
                return Err(too_long(member).at_line(before + 1));
            }
        }
    }
    Ok(first..filled)
}
