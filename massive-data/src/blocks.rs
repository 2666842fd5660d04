//! Reading an input with all cores: one thread cuts it into blocks, workers
//! turn each block into a value, the caller receives the values in the order
//! of the input.
//!
//! At most a fixed number of blocks is under way, so memory does not grow with
//! the input.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use memchr::memchr;

use crate::error::{Error, Result};
use crate::input::{Block, Input, Lines, Member, Visitor, read_range};

/// Called with the number of input bytes consumed so far.
pub type OnProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// The lines of one block.
pub(crate) struct BlockLines<'a> {
    pub(crate) member: &'a Member,
    rest: &'a [u8],
    line: u64,
}

impl<'a> Iterator for BlockLines<'a> {
    /// The line's number in the block, from 1, and its bytes. Lines without
    /// anything in them are passed over.
    type Item = (u64, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let end = memchr(b'\n', self.rest).unwrap_or(self.rest.len());
            let line = &self.rest[..end];
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            self.line += 1;
            if line.first().is_some_and(|byte| !byte.is_ascii_whitespace())
                || !line.trim_ascii().is_empty()
            {
                return Some((self.line, line));
            }
        }
        None
    }
}

/// Where a block lies, for those who receive its value.
pub(crate) struct BlockPlace<'a> {
    pub(crate) member: &'a Member,
    /// Lines of the member before the block.
    pub(crate) lines_before: u64,
}

/// What the caller receives, in order.
enum Outcome<T> {
    /// A block of so many lines; an error's line counts from the block's start.
    Block { member: Arc<Member>, lines: u64, value: Result<T> },
    /// The input could not be read on; an error's line is the member's.
    Failed(Error),
}

/// Maps every block with `step`, on all cores, and hands the values to `merge`
/// in the order of the input.
pub(crate) fn map_blocks<T: Send>(
    input: &Input,
    wants: &mut (dyn FnMut(&Member) -> bool + Send),
    progress: Option<&OnProgress>,
    step: &(dyn Fn(&mut BlockLines<'_>) -> T + Sync),
    merge: &mut dyn FnMut(&BlockPlace<'_>, T) -> Result<()>,
) -> Result<()> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let window = 4 * workers + 4;
    let (work, to_do) = bounded::<(u64, Block)>(window);
    let (done, results) = unbounded::<(u64, Outcome<T>)>();
    let (permit, permits) = bounded::<()>(window);
    for _ in 0..window {
        // The channel has room for exactly these.
        let _ = permit.send(());
    }
    thread::scope(|scope| {
        let failed = done.clone();
        scope.spawn(move || {
            let mut producer =
                Producer { wants, progress, work, permits, sent: 0, bytes: AtomicU64::new(0) };
            if let Err(error) = input.read(&mut producer) {
                // Reported in its turn, after everything that was read.
                let _ = failed.send((producer.sent, Outcome::Failed(error)));
            }
        });
        for _ in 0..workers {
            let (to_do, done) = (to_do.clone(), done.clone());
            scope.spawn(move || work_off(&to_do, &done, step));
        }
        drop((to_do, done));
        // Returning drops `permit` and `results`, which ends the others.
        receive(results, permit, merge)
    })
}

fn receive<T>(
    results: Receiver<(u64, Outcome<T>)>,
    permit: Sender<()>,
    merge: &mut dyn FnMut(&BlockPlace<'_>, T) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    let mut current: Option<Arc<Member>> = None;
    let mut lines_before = 0;
    for (number, outcome) in results {
        early.insert(number, outcome);
        while let Some(outcome) = early.remove(&next) {
            next += 1;
            let _ = permit.send(());
            let (member, lines, value) = match outcome {
                Outcome::Block { member, lines, value } => (member, lines, value),
                Outcome::Failed(error) => return Err(error),
            };
            if current.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &member)) {
                lines_before = 0;
            }
            let value = value.map_err(|error| error.shift_lines(lines_before))?;
            merge(&BlockPlace { member: &member, lines_before }, value)?;
            lines_before += lines;
            current = Some(member);
        }
    }
    Ok(())
}

struct Producer<'a> {
    wants: &'a mut (dyn FnMut(&Member) -> bool + Send),
    progress: Option<&'a OnProgress>,
    work: Sender<(u64, Block)>,
    permits: Receiver<()>,
    sent: u64,
    bytes: AtomicU64,
}

impl Visitor for Producer<'_> {
    fn wants(&mut self, member: &Member) -> bool {
        (self.wants)(member)
    }

    fn block(&mut self, block: Block) -> bool {
        if self.permits.recv().is_err() || self.work.send((self.sent, block)).is_err() {
            return false;
        }
        self.sent += 1;
        true
    }

    fn consumed(&mut self, bytes: u64) {
        let total = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(progress) = self.progress {
            progress(total);
        }
    }
}

fn work_off<T>(
    to_do: &Receiver<(u64, Block)>,
    done: &Sender<(u64, Outcome<T>)>,
    step: &(dyn Fn(&mut BlockLines<'_>) -> T + Sync),
) {
    let mut buffer = Vec::new();
    for (number, Block { member, lines }) in to_do {
        let outcome = match read_lines(&member, &lines, &mut buffer) {
            Ok(bytes) => {
                let mut lines = BlockLines { member: &member, rest: bytes, line: 0 };
                let value = step(&mut lines);
                // A step may stop early; the rest still counts for later places.
                let rest = memchr::memchr_iter(b'\n', lines.rest).count() as u64;
                Outcome::Block { lines: lines.line + rest, value: Ok(value), member }
            }
            Err(error) => Outcome::Block { member, lines: 0, value: Err(error) },
        };
        if done.send((number, outcome)).is_err() {
            return;
        }
    }
}

fn read_lines<'a>(
    member: &Member,
    lines: &'a Lines,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a [u8], Error> {
    match lines {
        Lines::Bytes(bytes) => Ok(bytes),
        Lines::Range { path, start, end } => {
            let range = read_range(member, path, *start, *end, buffer)?;
            Ok(&buffer[range])
        }
    }
}
