//! Where JSON lines come from: files, folders, archives, standard input.
//!
//! Every kind of input becomes a sequence of [`Block`]s. Plain files are cut
//! into byte ranges that the workers read themselves; what has to be
//! decompressed is read once, in order, and cut into blocks of whole lines.
//! Nothing is mapped into memory, so a file that shrinks while it is read is an
//! error and not a crash, and nothing is unpacked to disk, so the names in an
//! archive cannot do harm.

mod memory;
mod range;

use std::cell::{Cell, RefCell};
use std::fs::{File, Metadata};
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use flate2::read::MultiGzDecoder;
use memchr::memrchr;

use self::memory::read_memory;
pub(crate) use self::range::RangeReader;
use crate::error::{Error, Result};
use crate::locale::Locale;
use crate::tar_names::Record;

/// The longest line that is read; the longest of the release has 1,615 bytes.
pub const MAX_LINE: usize = 16 << 20;

/// How many times its size compressed data may unpack to; the release unpacks to
/// 17 times its own. What grows more is taken for a decompression bomb, unless it
/// stays below 64 MiB.
pub const MAX_EXPANSION: u64 = 250;

/// Bytes that compressed data may unpack to, however small it is.
const HARMLESS: u64 = 64 << 20;

/// Bytes of a block before it is completed to whole lines.
const BLOCK: usize = 1 << 20;

/// Bytes of a block that a worker reads itself: few enough to stay in the cache
/// nearest to its core until they are worked off.
const RANGE: u64 = 1 << 18;

/// What a Parquet file starts with.
pub(crate) const PARQUET_MAGIC: &[u8] = b"PAR1";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A path, opened far enough to know what it holds.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    sources: Vec<Source>,
}

#[derive(Debug, Clone)]
enum Source {
    /// An uncompressed file of lines.
    Plain(Arc<Member>, PathBuf),
    /// Gzip or tar or both: found out while reading.
    Packed(Arc<Member>, PathBuf),
    /// A named pipe or device: it can be read once, and not looked into.
    Pipe(Arc<Member>, PathBuf),
    Stdin(Arc<Member>),
    /// Lines that were made of another form.
    Memory(Arc<Member>, Arc<Vec<u8>>),
}

/// A file, or a file in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// As the user knows it.
    pub(crate) name: String,
    /// The locale that its name promises, in a folder or an archive.
    pub(crate) locale: Option<Locale>,
}

/// A piece of work: some lines of a member.
pub(crate) struct Block {
    pub(crate) member: Arc<Member>,
    pub(crate) lines: Lines,
}

pub(crate) enum Lines {
    /// Whole lines.
    Bytes(Vec<u8>),
    /// The lines that start in these bytes of a file.
    Range { path: PathBuf, start: u64, end: u64, stamp: Stamp },
}

/// What tells that a file changed while it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

/// What the reader of an input decides and watches.
pub(crate) trait Visitor {
    /// Whether a member is to be read at all.
    fn wants(&mut self, member: &Member) -> bool;
    /// Takes a block; false stops.
    fn block(&mut self, block: Block) -> bool;
    /// So many bytes of the input (before decompression) were consumed.
    fn consumed(&mut self, bytes: u64);
}

impl Input {
    /// Looks at `path`: `-` is standard input.
    pub(crate) fn open(path: &Path) -> Result<Input> {
        if path == Path::new("-") {
            let member = Member { name: "standard input".to_owned(), locale: None };
            return Ok(Input { sources: vec![Source::Stdin(Arc::new(member))] });
        }
        let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
        let sources = if metadata.is_dir() {
            lines_files(path)?.iter().map(|file| source(file, true)).collect::<Result<_>>()?
        } else {
            vec![source(path, false)?]
        };
        Ok(Input { sources })
    }

    /// Bytes to be consumed, where that is known.
    pub(crate) fn size(&self) -> Option<u64> {
        self.sources
            .iter()
            .map(|source| match source {
                Source::Plain(_, path) | Source::Packed(_, path) => {
                    std::fs::metadata(path).ok().map(|metadata| metadata.len())
                }
                Source::Memory(_, lines) => Some(lines.len() as u64),
                Source::Pipe(..) | Source::Stdin(_) => None,
            })
            .sum()
    }

    /// True if it can be read more than once.
    pub(crate) fn rereadable(&self) -> bool {
        !self.sources.iter().any(|source| matches!(source, Source::Pipe(..) | Source::Stdin(_)))
    }

    /// The files that are read, where all of it is files.
    pub(crate) fn files(&self) -> Option<Vec<&Path>> {
        self.sources
            .iter()
            .map(|source| match source {
                Source::Plain(_, path) | Source::Packed(_, path) => Some(path.as_path()),
                Source::Memory(member, _) => Some(Path::new(&member.name)),
                Source::Pipe(..) | Source::Stdin(_) => None,
            })
            .collect()
    }

    /// Hands all blocks of all wanted members to `visitor`, in order.
    pub(crate) fn read(&self, visitor: &mut dyn Visitor) -> Result<()> {
        for source in &self.sources {
            let go_on = match source {
                Source::Plain(member, path) => read_plain(member, path, visitor)?,
                Source::Packed(member, path) | Source::Pipe(member, path) => {
                    let file = File::open(path).map_err(|error| unreadable(path, error))?;
                    read_stream(member, file, visitor)?
                }
                Source::Stdin(member) => read_stream(member, io::stdin().lock(), visitor)?,
                Source::Memory(member, lines) => read_memory(member, lines, visitor),
            };
            if !go_on {
                break;
            }
        }
        Ok(())
    }
}

pub(crate) fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Error::input(message).at_file(&path.display().to_string()).with_source(error)
}

pub(crate) fn is_lines_file(path: &Path) -> bool {
    path.file_name().is_some_and(|name| {
        let name = name.to_string_lossy();
        // macOS leaves `._de-DE.jsonl` beside files that it packs.
        !name.starts_with('.') && (name.ends_with(".jsonl") || name.ends_with(".jsonl.gz"))
    })
}

/// The locale that a file name such as `de-DE.jsonl` promises.
pub(crate) fn promised_locale(path: &Path) -> Option<Locale> {
    let name = path.file_name()?.to_str()?;
    let name = name.strip_suffix(".gz").unwrap_or(name);
    Locale::of_file(name.strip_suffix(".jsonl").or_else(|| name.strip_suffix(".parquet"))?)
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = std::fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| unreadable(folder, error))
        .map(|paths: Vec<PathBuf>| paths)?;
    paths.sort();
    Ok(paths)
}

/// The files of lines in a folder.
fn lines_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = files_in(folder, is_lines_file)?;
    if files.is_empty() {
        return Err(Error::input(
            "no .jsonl, .jsonl.gz or .parquet file in this folder, in data/ or in */data/; \
             give the folder of a release or of its files",
        )
        .at_file(&folder.display().to_string()));
    }
    Ok(files)
}

/// The wanted files in a folder, in its `data` folder or in that of the one
/// release that it holds; none if there are none.
pub(crate) fn files_in(folder: &Path, is_wanted: fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let files_of = |folder: &Path| -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for path in list(folder)?.into_iter().filter(|path| is_wanted(path)) {
            // A link to nowhere is an error: its rows would be missing in silence.
            if std::fs::metadata(&path).map_err(|error| unreadable(&path, error))?.is_file() {
                files.push(path);
            }
        }
        Ok(files)
    };
    let here = files_of(folder)?;
    if !here.is_empty() {
        return Ok(here);
    }
    let mut places = vec![folder.join("data")];
    places.extend(list(folder)?.into_iter().map(|path| path.join("data")));
    let mut found = Vec::new();
    for place in places.into_iter().filter(|place| place.is_dir()) {
        let files = files_of(&place)?;
        if !files.is_empty() {
            found.push((place, files));
        }
    }
    if found.len() > 1 {
        let places: Vec<String> =
            found.iter().map(|(place, _)| place.display().to_string()).collect();
        return Err(Error::input(format!(
            "more than one release here; give one of {}",
            places.join(", ")
        ))
        .at_file(&folder.display().to_string()));
    }
    Ok(found.pop().map(|(_, files)| files).unwrap_or_default())
}

fn source(path: &Path, in_folder: bool) -> Result<Source> {
    let locale = if in_folder { promised_locale(path) } else { None };
    let member = Arc::new(Member { name: path.display().to_string(), locale });
    if !std::fs::metadata(path).map_err(|error| unreadable(path, error))?.is_file() {
        return Ok(Source::Pipe(member, path.to_owned()));
    }
    let mut head = Vec::new();
    File::open(path)
        .and_then(|file| file.take(512).read_to_end(&mut head))
        .map_err(|error| unreadable(path, error))?;
    for (magic, what) in [
        (&b"PK\x03\x04"[..], "a zip archive"),
        (b"BZh", "compressed with bzip2"),
        (b"\xfd7zXZ\0", "compressed with xz"),
        (b"\x28\xb5\x2f\xfd", "compressed with zstd"),
        (PARQUET_MAGIC, "a Parquet file"),
    ] {
        if head.starts_with(magic) {
            return Err(Error::input(format!(
                "this is {what}; JSON lines are expected, plain, as .gz, .tar or .tar.gz"
            ))
            .at_file(&member.name));
        }
    }
    Ok(if is_gzip(&head) || is_tar(&head) {
        Source::Packed(member, path.to_owned())
    } else {
        Source::Plain(member, path.to_owned())
    })
}

fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&[0x1f, 0x8b])
}

fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

fn read_plain(member: &Arc<Member>, path: &Path, visitor: &mut dyn Visitor) -> Result<bool> {
    if !visitor.wants(member) {
        return Ok(true);
    }
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
    let (stamp, size) = (Stamp::of(&metadata), metadata.len());
    let mut start = 0;
    while start < size {
        let end = size.min(start + RANGE);
        let lines = Lines::Range { path: path.to_owned(), start, end, stamp };
        if !visitor.block(Block { member: member.clone(), lines }) {
            return Ok(false);
        }
        visitor.consumed(end - start);
        start = end;
    }
    Ok(true)
}

fn too_long(member: &Member) -> Error {
    Error::input(format!(
        "a line longer than {} MiB; JSON lines with one object a line are expected",
        MAX_LINE >> 20
    ))
    .at_file(&member.name)
}

/// A visitor that both the decompressor's input and its output report to.
type Shared<'v> = RefCell<&'v mut (dyn Visitor + 'v)>;

/// Counts what is read through it.
struct Counted<'s, 'v, R> {
    inner: R,
    visitor: &'s Shared<'v>,
    bytes: &'s Cell<u64>,
}

impl<R: Read> Read for Counted<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes.set(self.bytes.get() + read as u64);
        self.visitor.borrow_mut().consumed(read as u64);
        Ok(read)
    }
}

/// Unpacked data, as long as it is not out of all proportion to what it was
/// unpacked from.
struct Unpacked<'s, R> {
    inner: R,
    packed: &'s Cell<u64>,
    bytes: u64,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.bytes += read as u64;
        if self.bytes > HARMLESS.max(self.packed.get().saturating_mul(MAX_EXPANSION)) {
            return Err(io::Error::other(format!(
                "it unpacks to more than {MAX_EXPANSION} times its size, as a decompression bomb \
                 does; if it is to be trusted, unpack it and give the file"
            )));
        }
        Ok(read)
    }
}

/// Reads a stream that may be gzip, tar, both or neither.
fn read_stream(member: &Arc<Member>, stream: impl Read, visitor: &mut dyn Visitor) -> Result<bool> {
    let visitor: Shared<'_> = RefCell::new(visitor);
    let packed = Cell::new(0);
    let counted = Counted { inner: stream, visitor: &visitor, bytes: &packed };
    let (head, stream) =
        peek(BufReader::with_capacity(BLOCK, counted)).map_err(|error| broken(member, error))?;
    if !is_gzip(&head) {
        return read_unpacked(member, &head, stream, &visitor);
    }
    let stream = Unpacked { inner: MultiGzDecoder::new(stream), packed: &packed, bytes: 0 };
    let (head, stream) = peek(stream).map_err(|error| broken(member, error))?;
    read_unpacked(member, &head, stream, &visitor)
}

/// The first 512 bytes of a stream, and the stream as if they were unread.
fn peek<R: Read>(mut stream: R) -> io::Result<(Vec<u8>, impl Read)> {
    let mut head = Vec::with_capacity(512);
    stream.by_ref().take(512).read_to_end(&mut head)?;
    Ok((head.clone(), Cursor::new(head).chain(stream)))
}

fn broken(member: &Member, error: io::Error) -> Error {
    let message = match error.kind() {
        io::ErrorKind::UnexpectedEof => {
            "the compressed data ends early: the file is truncated; fetch it again".to_owned()
        }
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            format!("the compressed data is damaged ({error}); fetch it again")
        }
        _ => format!("cannot be read: {error}"),
    };
    Error::input(message).at_file(&member.name).with_source(error)
}

fn read_unpacked(
    member: &Arc<Member>,
    head: &[u8],
    stream: impl Read,
    visitor: &Shared<'_>,
) -> Result<bool> {
    if head.starts_with(PARQUET_MAGIC) {
        return Err(Error::input(
            "a Parquet file is read from its end, so it cannot come compressed or from standard \
             input; give the file itself",
        )
        .at_file(&member.name));
    }
    if !is_tar(head) {
        if !visitor.borrow_mut().wants(member) {
            return Ok(true);
        }
        return cut_into_blocks(member, stream, visitor);
    }
    let mut archive = tar::Archive::new(stream);
    let mut found = false;
    let mut long_name = None;
    for entry in archive.entries().map_err(|error| broken(member, error))?.raw(true) {
        let mut entry = entry.map_err(|error| broken(member, error))?;
        match Record::read(&mut entry).map_err(|error| broken(member, error))? {
            Record::Member => {}
            Record::Name(name) => {
                long_name = Some(name);
                continue;
            }
            Record::Other => continue,
        }
        let path = match long_name.take() {
            Some(name) => name,
            None => entry.path().map_err(|error| broken(member, error))?.into_owned(),
        };
        if !entry.header().entry_type().is_file() || !is_lines_file(&path) {
            continue;
        }
        found = true;
        let inner = Arc::new(Member {
            name: format!("{}:{}", member.name, path.display()),
            locale: promised_locale(&path),
        });
        if !visitor.borrow_mut().wants(&inner) {
            continue;
        }
        if !cut_into_blocks(&inner, entry, visitor)? {
            return Ok(false);
        }
    }
    if !found {
        return Err(Error::input("no .jsonl file in this archive").at_file(&member.name));
    }
    Ok(true)
}

fn cut_into_blocks(
    member: &Arc<Member>,
    mut stream: impl Read,
    visitor: &Shared<'_>,
) -> Result<bool> {
    let mut carried: Vec<u8> = Vec::new();
    let (mut first, mut lines) = (true, 0);
    loop {
        let mut bytes = Vec::with_capacity(carried.len() + BLOCK);
        bytes.append(&mut carried);
        let before = bytes.len();
        let read = stream
            .by_ref()
            .take(BLOCK as u64)
            .read_to_end(&mut bytes)
            .map_err(|error| broken(member, error))?;
        if std::mem::take(&mut first) && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let at_end = read < BLOCK;
        if !at_end {
            // What was carried over has no line break.
            match memrchr(b'\n', &bytes[before.min(bytes.len())..]) {
                Some(at) => carried = bytes.split_off(before + at + 1),
                None if bytes.len() > MAX_LINE => return Err(too_long(member).at_line(lines + 1)),
                None => {
                    carried = bytes;
                    continue;
                }
            }
        }
        lines += memchr::memchr_iter(b'\n', &bytes).count() as u64;
        let block = Block { member: member.clone(), lines: Lines::Bytes(bytes) };
        if !visitor.borrow_mut().block(block) {
            return Ok(false);
        }
        if at_end {
            return Ok(true);
        }
    }
}
