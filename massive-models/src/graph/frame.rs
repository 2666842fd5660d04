//! Whether a file is a whole ONNX graph, as far as its outermost fields tell.

use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// What the outermost fields of a file say about it.
pub(super) enum Frame {
    Whole,
    Empty,
    /// The file should have this many bytes at least.
    CutShort(u64),
    /// Git LFS left a note instead of the file.
    Pointer,
    Foreign,
}

/// Walks over the outermost fields of a serialised model. A parser would take a
/// file that ends between two fields of the graph for a whole one; its length
/// tells.
pub(super) fn frame(mut file: impl BufRead + Seek, size: u64) -> io::Result<Frame> {
    const IR_VERSION: u64 = 1;
    const GRAPH: u64 = 7;

    if size == 0 {
        return Ok(Frame::Empty);
    }
    if file.fill_buf()?.starts_with(b"version https://git-lfs") {
        return Ok(Frame::Pointer);
    }
    let (mut has_version, mut has_graph) = (false, false);
    let mut at = 0;
    while at < size {
        let Some(tag) = varint(&mut file, &mut at)? else { return Ok(Frame::Foreign) };
        let length = match tag & 7 {
            0 => {
                if varint(&mut file, &mut at)?.is_none() && at < size {
                    return Ok(Frame::Foreign);
                }
                0
            }
            1 => 8,
            2 => match varint(&mut file, &mut at)? {
                Some(length) => length,
                None => return Ok(if has_version { Frame::CutShort(at) } else { Frame::Foreign }),
            },
            5 => 4,
            _ => return Ok(Frame::Foreign),
        };
        match tag >> 3 {
            0 => return Ok(Frame::Foreign),
            IR_VERSION => has_version = true,
            GRAPH => has_graph = true,
            _ => {}
        }
        let end = at.saturating_add(length);
        if end > size {
            return Ok(if has_version { Frame::CutShort(end) } else { Frame::Foreign });
        }
        at = file.seek(SeekFrom::Start(end))?;
    }
    Ok(if has_version && has_graph { Frame::Whole } else { Frame::Foreign })
}

/// A number in base 128, least significant digit first; `None` if there is none.
fn varint(file: &mut impl Read, at: &mut u64) -> io::Result<Option<u64>> {
    let mut value = 0_u64;
    for place in 0..10 {
        let mut byte = [0];
        if file.read(&mut byte)? == 0 {
            return Ok(None);
        }
        *at += 1;
        value |= u64::from(byte[0] & 0x7f) << (7 * place);
        if byte[0] & 0x80 == 0 {
            return Ok(Some(value));
        }
    }
    Ok(None)
}
