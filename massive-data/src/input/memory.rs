//! Lines in memory, made of files of another form.

use std::sync::Arc;

use memchr::memchr;

use super::{BLOCK, Block, Input, Lines, Member, Source, Visitor};

impl Input {
    /// Lines that were made of another form.
    pub(crate) fn in_memory(members: impl Iterator<Item = (Member, Vec<u8>)>) -> Input {
        let sources = members
            .map(|(member, lines)| Source::Memory(Arc::new(member), Arc::new(lines)))
            .collect();
        Input { sources }
    }
}

/// Hands on lines in memory.
pub(super) fn read_memory(member: &Arc<Member>, lines: &[u8], visitor: &mut dyn Visitor) -> bool {
    if !visitor.wants(member) {
        return true;
    }
    let mut rest = lines;
    while !rest.is_empty() {
        let end = match rest.get(BLOCK..).and_then(|after| memchr(b'\n', after)) {
            Some(at) => BLOCK + at + 1,
            None => rest.len(),
        };
        let (block, after) = rest.split_at(end);
        let lines = Lines::Bytes(block.to_vec());
        if !visitor.block(Block { member: member.clone(), lines }) {
            return false;
        }
        visitor.consumed(end as u64);
        rest = after;
    }
    true
}
