//! Reading an input with all cores: one thread cuts it into pieces of work,
//! workers turn each piece into a value, the caller receives the values in the
//! order of the input.
//!
//! At most a fixed number of pieces is under way, so memory does not grow with
//! the input.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use memchr::memchr;

use crate::error::Result;
use crate::input::{Block, Input, Lines, Member, RangeReader, Visitor};

/// Called with the number of input bytes consumed so far.
pub type OnProgress = Arc<dyn Fn(u64) + Send + Sync>;

/// The lines of one block.
pub(crate) struct BlockLines<'a> {
    pub(crate) member: &'a Member,
    rest: &'a [u8],
    line: u64,
}

impl<'a> BlockLines<'a> {
    /// The bytes of all lines that are still to come.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }
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

/// A block that was worked off; an error's line counts from the block's start.
struct Done<T> {
    member: Arc<Member>,
    lines: u64,
    value: Result<T>,
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
    let mut current: Option<Arc<Member>> = None;
    let mut lines_before = 0;
    map_in_order(
        8 * workers() + 8,
        |send| input.read(&mut Producer { wants, progress, send, bytes: AtomicU64::new(0) }),
        |reader, block| Ok(work_off(block, reader, step)),
        |result: Result<Done<T>>| {
            // An error here is one of reading on, and knows its line.
            let done = result?;
            if current.as_ref().is_none_or(|member| !Arc::ptr_eq(member, &done.member)) {
                lines_before = 0;
            }
            let value = done.value.map_err(|error| error.shift_lines(lines_before))?;
            merge(&BlockPlace { member: &done.member, lines_before }, value)?;
            lines_before += done.lines;
            current = Some(done.member);
            Ok(())
        },
    )
}

/// How many threads work.
pub(crate) fn workers() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Lets `produce` send pieces of work, of which at most `window` are under way,
/// turns each into a value on all cores, with something of the thread's own, and
/// hands the values to `merge` in the order in which they were sent.
///
/// What `produce` sends to answers false once nobody wants more. An error of
/// `produce` comes in its turn, after everything that was sent.
pub(crate) fn map_in_order<W: Send, T: Send, L: Default>(
    window: usize,
    produce: impl FnOnce(&mut dyn FnMut(W) -> bool) -> Result<()> + Send,
    step: impl Fn(&mut L, W) -> Result<T> + Sync,
    mut merge: impl FnMut(Result<T>) -> Result<()>,
) -> Result<()> {
    let (work, to_do) = bounded::<(u64, W)>(window);
    let (done, results) = unbounded::<(u64, Result<T>)>();
    let (permit, permits) = bounded::<()>(window);
    for _ in 0..window {
        // The channel has room for exactly these.
        let _ = permit.send(());
    }
    thread::scope(|scope| {
        let failed = done.clone();
        scope.spawn(move || {
            let mut sent = 0;
            let result = produce(&mut |piece| {
                let taken = permits.recv().is_ok() && work.send((sent, piece)).is_ok();
                sent += u64::from(taken);
                taken
            });
            if let Err(error) = result {
                let _ = failed.send((sent, Err(error)));
            }
        });
        for _ in 0..workers() {
            let (to_do, done, step) = (to_do.clone(), done.clone(), &step);
            scope.spawn(move || {
                let mut own = L::default();
                for (number, piece) in to_do {
                    if done.send((number, step(&mut own, piece))).is_err() {
                        return;
                    }
                }
            });
        }
        drop((to_do, done));
        // Returning drops `permit` and `results`, which ends the others.
        receive(results, permit, &mut merge)
    })
}

fn receive<T>(
    results: Receiver<(u64, Result<T>)>,
    permit: Sender<()>,
    merge: &mut dyn FnMut(Result<T>) -> Result<()>,
) -> Result<()> {
    let mut early = BTreeMap::new();
    let mut next = 0;
    for (number, result) in results {
        early.insert(number, result);
        while let Some(result) = early.remove(&next) {
            next += 1;
            let _ = permit.send(());
            merge(result)?;
        }
    }
    Ok(())
}

struct Producer<'a> {
    wants: &'a mut (dyn FnMut(&Member) -> bool + Send),
    progress: Option<&'a OnProgress>,
    send: &'a mut dyn FnMut(Block) -> bool,
    bytes: AtomicU64,
}

impl Visitor for Producer<'_> {
    fn wants(&mut self, member: &Member) -> bool {
        (self.wants)(member)
    }

    fn block(&mut self, block: Block) -> bool {
        (self.send)(block)
    }

    fn consumed(&mut self, bytes: u64) {
        let total = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if let Some(progress) = self.progress {
            progress(total);
        }
    }
}

fn work_off<T>(
    Block { member, lines }: Block,
    reader: &mut RangeReader,
    step: &(dyn Fn(&mut BlockLines<'_>) -> T + Sync),
) -> Done<T> {
    let bytes = match &lines {
        Lines::Bytes(bytes) => Ok(bytes.as_slice()),
        Lines::Range { path, start, end, stamp } => {
            reader.read(&member, path, [*start, *end], *stamp)
        }
    };
    match bytes {
        Ok(bytes) => {
            let mut lines = BlockLines { member: &member, rest: bytes, line: 0 };
            let value = step(&mut lines);
            // A step may stop early; the rest still counts for later places.
            let rest = memchr::memchr_iter(b'\n', lines.rest).count() as u64;
            Done { lines: lines.line + rest, value: Ok(value), member }
        }
        Err(error) => Done { member, lines: 0, value: Err(error) },
    }
}
