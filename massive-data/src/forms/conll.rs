//! Columns, a word a line: xSID, AGIF's MixATIS, this tool's own, and their
//! relatives.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

use super::table::{Mended, Record};
use super::tags;
use super::value::Value;

/// A block of lines between blank ones.
#[derive(Default)]
struct Block<'a> {
    line: u64,
    comments: Vec<(String, String)>,
    rows: Vec<(u64, &'a str)>,
}

/// A column of intents may say that it has none.
fn no_intent(name: &str) -> bool {
    matches!(name, "_" | "PLACEHOLDER" | "-" | "")
}

/// True if a text looks like columns with tags at their end.
pub(super) fn looks_like(text: &str) -> bool {
    let mut lines = 0;
    let mut tagged = 0;
    for line in text.lines().take(400) {
        if line.starts_with("# ") && (line.contains(':') || line.contains('=')) {
            continue;
        }
        let mut cells = line.split_whitespace();
        let (first, last) = (cells.next(), cells.next_back());
        if first.is_some() {
            lines += 1;
            let tag = last.unwrap_or_default();
            tagged += usize::from(tag == "O" || tag.starts_with("B-") || tag.starts_with("I-"));
        }
    }
    lines > 0 && 2 * tagged >= lines
}

/// Reads blocks; what was mended comes as notes with lines.
pub(super) fn read(text: &str) -> Result<(Vec<Record>, Mended)> {
    let blocks = blocks(text);
    let width = usual_width(&blocks);
    let marked = blocks.iter().flat_map(|block| &block.rows).any(|(_, row)| {
        row.split_whitespace().next_back().and_then(tags::read).is_some_and(|tag| tag.marked)
    });
    let mut notes = Vec::new();
    let mut records = Vec::new();
    for block in blocks {
        if let Some(record) = record(&block, Layout { width, marked }, &mut notes)? {
            records.push(record);
        }
    }
    Ok((records, notes))
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks = Vec::new();
    let mut block = Block::default();
    for (index, line) in text.lines().enumerate() {
        let number = index as u64 + 1;
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.trim().is_empty() {
            if !block.rows.is_empty() {
                blocks.push(std::mem::take(&mut block));
            }
            continue;
        }
        if block.line == 0 {
            block.line = number;
        }
        match comment(line).filter(|_| block.rows.is_empty()) {
            Some(pair) => block.comments.push(pair),
            None => block.rows.push((number, line)),
        }
    }
    if !block.rows.is_empty() {
        blocks.push(block);
    }
    blocks
}

/// `# key: value` or `# key = value`.
fn comment(line: &str) -> Option<(String, String)> {
    let rest = line.strip_prefix('#')?;
    // A word may be `#`, with its tag after it.
    let rest = rest.strip_prefix([' ', '\t']).unwrap_or(rest);
    let at = rest.find([':', '='])?;
    let key = rest[..at].trim();
    let plain =
        !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"_- ".contains(&b));
    plain.then(|| (key.to_lowercase().replace(['-', ' '], "_"), rest[at + 1..].trim().to_owned()))
}

fn cells(row: &str) -> Vec<&str> {
    if row.contains('\t') { row.split('\t').collect() } else { row.split_whitespace().collect() }
}

/// How many columns most rows have.
fn usual_width(blocks: &[Block<'_>]) -> usize {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for (_, row) in blocks.iter().flat_map(|block| &block.rows) {
        *widths.entry(cells(row).len()).or_default() += 1;
    }
    widths
        .into_iter()
        .max_by_key(|&(width, count)| (count, width))
        .map_or(2, |(width, _)| width.max(2))
}

/// The cells of a row, mended where that is unambiguous.
fn mended(row: &str, width: usize) -> (Option<Vec<&str>>, bool) {
    let found = cells(row);
    if found.len() == width {
        return (Some(found), false);
    }
    let full: Vec<&str> = found.iter().copied().filter(|cell| !cell.trim().is_empty()).collect();
    if full.len() == width {
        return (Some(full), true);
    }
    let split: Vec<&str> = row.split_whitespace().collect();
    if split.len() == width {
        return (Some(split), true);
    }
    let plain: Vec<&str> = split.into_iter().filter(|&cell| cell != "+").collect();
    ((plain.len() == width).then_some(plain), true)
}

/// What all blocks of a file have in common.
#[derive(Clone, Copy)]
struct Layout {
    /// How many columns there are.
    width: usize,
    /// Whether tags have `B-` or `I-`.
    marked: bool,
}

/// What the rows of a block say.
#[derive(Default)]
struct Columns<'a> {
    words: Vec<Value>,
    tags: Vec<Value>,
    /// The intent of a column of its own.
    intent: Option<&'a str>,
    /// The intent that stands alone on the last line.
    last: Option<&'a str>,
}

fn record(
    block: &Block<'_>,
    layout: Layout,
    notes: &mut Vec<(String, u64)>,
) -> Result<Option<Record>> {
    let Columns { words, tags, intent: column, last } = columns(block, layout, notes)?;
    if words.is_empty() {
        return Ok(None);
    }
    let mut record = Record::new(block.line);
    let mut intent = None;
    for (key, value) in &block.comments {
        match key.as_str() {
            "intent" => intent = Some(value.as_str()).filter(|name| !no_intent(name)),
            "id" | "sent_id" => record.push("id", Value::text(value.as_str())),
            "locale" | "lang" | "language" | "partition" | "scenario" => {
                record.push(key, Value::text(value.as_str()));
            }
            "utt" => record.push("utt", Value::text(value.as_str())),
            "text" => record.push("comment_text", Value::text(value.as_str())),
            _ => {}
        }
    }
    if let Some(intent) = intent.or(column).or(last) {
        record.push("intent", Value::text(intent));
    }
    record.push("tokens", Value::List(words));
    record.push("tags", Value::List(tags));
    Ok(Some(record))
}

/// Reads the rows of a block.
fn columns<'a>(
    block: &Block<'a>,
    Layout { width, marked }: Layout,
    notes: &mut Vec<(String, u64)>,
) -> Result<Columns<'a>> {
    let mut columns = Columns::default();
    let numbered = width >= 3
        && block.rows.iter().take(3).all(|(_, row)| cells(row)[0].trim().parse::<u32>().is_ok());
    for (index, &(line, row)) in block.rows.iter().enumerate() {
        if index > 0
            && index + 1 == block.rows.len()
            && row.split_whitespace().count() == 1
            && !row.contains('\t')
        {
            columns.last = Some(row.trim());
            continue;
        }
        let (cells, was_mended) = mended(row, width);
        let Some(cells) = cells else {
            return Err(Error::line(format!(
                "{} columns where other rows have {width}, and it is not clear which is which",
                self::cells(row).len()
            ))
            .at_line(line));
        };
        if was_mended {
            notes.push(("rows with surplus or wrong separators were mended".to_owned(), line));
        }
        let word = cells[usize::from(numbered)].trim();
        if word.is_empty() {
            notes.push(("rows without a word were left out".to_owned(), line));
            continue;
        }
        let tag = plain_tag(cells[width - 1].trim(), marked, line, notes);
        let own = width - usize::from(numbered);
        if own >= 3 && columns.intent.is_none() {
            columns.intent = Some(cells[width - 2].trim()).filter(|name| !no_intent(name));
        }
        columns.words.push(Value::text(word));
        columns.tags.push(Value::text(tag));
    }
    Ok(columns)
}

/// A tag; one without `B-` or `I-`, where others have it, is noted.
fn plain_tag<'a>(tag: &'a str, marked: bool, line: u64, notes: &mut Vec<(String, u64)>) -> &'a str {
    let odd = tags::read(tag).is_some_and(|read| marked && !read.marked);
    if odd && tag.starts_with('O') {
        notes.push((format!("tags that are neither O nor B- or I-, read as O (`{tag}`)"), line));
        return "O";
    }
    if odd {
        notes.push((format!("tags without B- or I-, among such that have it (`{tag}`)"), line));
    }
    tag
}
