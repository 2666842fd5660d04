//! The rows of a memory, and the file that they are kept in.
//!
//! The file is JSON lines: what it is, and then a row a line. It can be read, and
//! mended, by hand.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

const FORMAT: &str = "massive-memory/1";

/// Where a row of a memory comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A row of a corpus.
    Corpus,
    /// The description of a label.
    Label,
    /// A row that somebody added.
    Own,
}

/// A row of a memory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryRow {
    /// Its id; there is one row of an id.
    pub id: String,
    /// Where it comes from.
    pub source: Source,
    /// The intent.
    pub intent: String,
    /// The text.
    pub utt: String,
    /// The words.
    pub words: Vec<String>,
    /// The slot of each word, if it is in one.
    pub labels: Vec<Option<String>>,
}

/// The rows of a locale, in the order in which they came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryRows {
    locale: String,
    /// True where words are characters.
    characters: bool,
    rows: Vec<MemoryRow>,
}

/// The first line of the file.
#[derive(Serialize, Deserialize)]
struct Header {
    format: String,
    locale: String,
    characters: bool,
    rows: usize,
}

impl MemoryRows {
    /// No rows of a locale; `characters` is true where words are characters.
    pub fn new(locale: impl Into<String>, characters: bool) -> Self {
        MemoryRows { locale: locale.into(), characters, rows: Vec::new() }
    }

    /// The tag of the locale.
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// True where words are characters.
    pub fn characters(&self) -> bool {
        self.characters
    }

    /// The rows.
    pub fn rows(&self) -> &[MemoryRow] {
        &self.rows
    }

    /// The rows, alone.
    pub fn into_rows(self) -> Vec<MemoryRow> {
        self.rows
    }

    /// The names of intents and slots, in code-point order.
    pub fn labels(&self) -> (BTreeSet<&str>, BTreeSet<&str>) {
        (
            self.rows.iter().map(|row| row.intent.as_str()).collect(),
            self.rows.iter().flat_map(|row| &row.labels).flatten().map(String::as_str).collect(),
        )
    }

    /// Adds a row whose id no other has.
    pub(crate) fn push(&mut self, row: MemoryRow) -> Result<()> {
        check(&row).map_err(|why| Error::rows(format!("{} {}: {why}", self.locale, row.id)))?;
        self.rows.push(row);
        Ok(())
    }

    /// Adds rows; one whose id is there already replaces the row that has it.
    /// Returns how many were replaced.
    ///
    /// # Errors
    /// A row without words, or with labels for another number of words.
    pub fn add(&mut self, rows: impl IntoIterator<Item = MemoryRow>) -> Result<usize> {
        let places = self.rows.iter().enumerate().map(|(at, row)| (row.id.clone(), at));
        let mut places: BTreeMap<String, usize> = places.collect();
        let mut replaced = 0;
        for row in rows {
            check(&row).map_err(|why| Error::rows(format!("{} {}: {why}", self.locale, row.id)))?;
            match places.get(&row.id) {
                Some(&at) => {
                    self.rows[at] = row;
                    replaced += 1;
                }
                None => {
                    places.insert(row.id.clone(), self.rows.len());
                    self.rows.push(row);
                }
            }
        }
        Ok(replaced)
    }

    /// Removes the rows with these ids.
    ///
    /// # Errors
    /// An id that no row has; then nothing is removed.
    pub fn remove(&mut self, ids: &BTreeSet<String>) -> Result<()> {
        let known: BTreeSet<&str> = self.rows.iter().map(|row| row.id.as_str()).collect();
        if let Some(id) = ids.iter().find(|id| !known.contains(id.as_str())) {
            return Err(Error::request(format!(
                "the memory of {} has no row {}: nothing was removed",
                self.locale,
                id.escape_debug()
            )));
        }
        self.rows.retain(|row| !ids.contains(&row.id));
        Ok(())
    }

    /// The file.
    ///
    /// # Errors
    /// None that can be mended: a row that cannot be written as JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let header = Header {
            format: FORMAT.to_owned(),
            locale: self.locale.clone(),
            characters: self.characters,
            rows: self.rows.len(),
        };
        let mut bytes = Vec::new();
        let failed = |error: serde_json::Error| Error::rows(error.to_string());
        serde_json::to_writer(&mut bytes, &header).map_err(failed)?;
        bytes.push(b'\n');
        for row in &self.rows {
            serde_json::to_writer(&mut bytes, row).map_err(failed)?;
            bytes.push(b'\n');
        }
        Ok(bytes)
    }

    /// Rows from the bytes of a file; an error is a sentence without the file's
    /// name.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<MemoryRows, String> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| "is not UTF-8, so it is no memory".to_owned())?;
        let mut lines = (1..).zip(text.lines());
        let first = lines.next().map_or("", |(_, line)| line);
        let header: Header = serde_json::from_str(first).map_err(|error| {
            format!("line 1: does not say what the file is ({error}); build the memory again")
        })?;
        if header.format != FORMAT {
            return Err(format!(
                "is of format `{}`; this program reads {FORMAT}: update the program, or build the \
                 memory again",
                header.format
            ));
        }
        let mut rows = MemoryRows::new(header.locale, header.characters);
        for (number, line) in lines {
            let row: MemoryRow = serde_json::from_str(line)
                .map_err(|error| format!("line {number}: is no row of a memory: {error}"))?;
            check(&row).map_err(|why| format!("line {number}: {why}"))?;
            rows.rows.push(row);
        }
        if rows.rows.len() != header.rows {
            return Err(format!(
                "has {} rows where its first line says {}: it was cut off, or changed by hand \
                 without mending that number",
                rows.rows.len(),
                header.rows
            ));
        }
        Ok(rows)
    }
}

/// A row that can be used, or what is wrong with it.
fn check(row: &MemoryRow) -> Result<(), String> {
    if row.words.is_empty() {
        return Err("the row has no words".to_owned());
    }
    if row.words.len() != row.labels.len() {
        return Err(format!(
            "the row has {} words and {} labels; each word needs one, null where it is in no slot",
            row.words.len(),
            row.labels.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, text: &str) -> MemoryRow {
        let words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        MemoryRow {
            id: id.to_owned(),
            source: Source::Own,
            intent: "alarm_set".to_owned(),
            utt: text.to_owned(),
            labels: words.iter().map(|word| (word == "five").then(|| "time".to_owned())).collect(),
            words,
        }
    }

    #[test]
    fn rows_are_added_replaced_removed_and_kept() {
        let mut rows = MemoryRows::new("en-US", false);
        assert_eq!(rows.add([row("1", "wake me at five"), row("2", "wake me")]).unwrap(), 0);
        assert_eq!(rows.add([row("2", "get me up"), row("3", "call mum")]).unwrap(), 1);
        let ids: Vec<&str> = rows.rows().iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "3"]);
        assert_eq!(rows.rows()[1].utt, "get me up");
        let error = rows.remove(&["1".to_owned(), "9".to_owned()].into()).unwrap_err();
        assert!(error.to_string().contains("has no row 9"), "{error}");
        rows.remove(&["1".to_owned()].into()).unwrap();
        assert_eq!(rows.rows().len(), 2);
        assert_eq!(MemoryRows::from_bytes(&rows.to_bytes().unwrap()).unwrap(), rows);
    }

    #[test]
    fn a_file_that_is_no_whole_memory_is_a_sentence() {
        let mut rows = MemoryRows::new("en-US", false);
        rows.add([row("1", "wake me at five"), row("2", "wake me")]).unwrap();
        let text = String::from_utf8(rows.to_bytes().unwrap()).unwrap();
        for (changed, expected) in [
            (text.replace("memory/1", "memory/2"), "is of format `massive-memory/2`"),
            (text.lines().take(2).map(|line| format!("{line}\n")).collect(), "has 1 rows where"),
            (text.replace("\"time\"]", "\"time\",null]"), "line 2: the row has 4 words and 5"),
            (text.replace("\"own\"", "\"mine\""), "line 2: is no row of a memory"),
            (String::new(), "line 1: does not say what the file is"),
        ] {
            let error = MemoryRows::from_bytes(changed.as_bytes()).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        let mut short = row("1", "wake me");
        short.labels.pop();
        assert!(
            rows.add([short]).unwrap_err().to_string().contains("en-US 1: the row has 2 words")
        );
    }
}
