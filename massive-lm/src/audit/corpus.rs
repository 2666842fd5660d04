//! Test rows that stand in a training text.
//!
//! Texts are compared in [normal form](super::normalised). A row is *exact* where
//! its text stands in a line as whole words, and *near* where most of its
//! n-grams of 13 characters do. A row shorter than that counts only where it is
//! the whole line, since `stop` stands in every text.

use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;

use serde::{Deserialize, Serialize};

use super::normalised;
use crate::error::{Error, ErrorKind, Result};
use crate::row::Row;

/// Characters of an n-gram.
pub const GRAM: usize = 13;

/// How a row stands in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// With its slots in brackets.
    Annotation,
    /// Its text.
    Exact,
    /// Most of its text.
    Near,
}

/// A row in a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// The locale of the row.
    pub locale: String,
    /// Its id.
    pub id: String,
    /// How it stands there.
    pub kind: Kind,
    /// The share of its n-grams that stand there; 1 where it is exact.
    pub share: f64,
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
}

/// The rows that are looked for.
#[derive(Debug)]
pub struct Index {
    rows: Vec<Target>,
    grams: HashMap<u64, Vec<u32>>,
    short: HashMap<String, Vec<u32>>,
    threshold: f64,
}

#[derive(Debug)]
struct Target {
    locale: String,
    id: String,
    text: String,
    annotation: Option<String>,
    grams: usize,
}

impl Index {
    /// An index of rows; `threshold` is the share of n-grams from which on a row
    /// is near.
    ///
    /// # Errors
    /// A threshold that is not above 0 and at most 1.
    pub fn new(rows: &[Row], threshold: f64) -> Result<Index> {
        if !(threshold > 0.0 && threshold <= 1.0) {
            return Err(Error::request("the share of n-grams must be above 0 and at most 1"));
        }
        let mut index =
            Index { rows: Vec::new(), grams: HashMap::new(), short: HashMap::new(), threshold };
        for row in rows {
            let number = index.rows.len() as u32;
            let text = normalised(&row.text);
            let mut grams: Vec<u64> = grams(&text).collect();
            grams.sort_unstable();
            grams.dedup();
            if grams.is_empty() {
                index.short.entry(text.clone()).or_default().push(number);
            }
            for gram in &grams {
                index.grams.entry(*gram).or_default().push(number);
            }
            let annotation = row
                .gold
                .as_ref()
                .filter(|gold| !gold.slots.is_empty())
                .map(|gold| gold.annotation.clone());
            index.rows.push(Target {
                locale: row.locale.clone(),
                id: row.id.clone(),
                text,
                annotation,
                grams: grams.len(),
            });
        }
        Ok(index)
    }

    /// How many rows are looked for in each locale.
    pub fn counts(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for row in &self.rows {
            *counts.entry(row.locale.clone()).or_default() += 1;
        }
        counts
    }

    /// The rows that stand in a line, each once, in the index's order.
    pub fn find(&self, line: &str) -> Vec<(&str, &str, Kind, f64)> {
        let raw = texts(line);
        // A line of an annotated corpus has brackets, which its normal form has not.
        let mut found: BTreeMap<u32, (Kind, f64)> = BTreeMap::new();
        for text in std::iter::once(raw.clone()).chain(bare(&raw)) {
            self.find_in(&normalised(&text), &raw, &mut found);
        }
        found
            .into_iter()
            .map(|(row, (kind, share))| {
                let row = &self.rows[row as usize];
                (row.locale.as_str(), row.id.as_str(), kind, share)
            })
            .collect()
    }

    fn find_in(&self, text: &str, raw: &str, found: &mut BTreeMap<u32, (Kind, f64)>) {
        let mut take = |row: u32, kind: Kind, share: f64| {
            let best = found.entry(row).or_insert((kind, share));
            if (kind, -share) < (best.0, -best.1) {
                *best = (kind, share);
            }
        };
        for row in self.short.get(text).into_iter().flatten() {
            take(*row, self.exact(*row, raw), 1.0);
        }
        let mut hits: HashMap<u32, usize> = HashMap::new();
        let mut seen = std::collections::HashSet::new();
        for gram in grams(text) {
            let Some(rows) = self.grams.get(&gram) else { continue };
            if seen.insert(gram) {
                for row in rows {
                    *hits.entry(*row).or_default() += 1;
                }
            }
        }
        let mut hits: Vec<(u32, usize)> = hits.into_iter().collect();
        hits.sort_unstable();
        for (row, count) in hits {
            let target = &self.rows[row as usize];
            let share = count as f64 / target.grams as f64;
            if share >= 1.0 && contains_words(text, &target.text) {
                take(row, self.exact(row, raw), 1.0);
            } else if share >= self.threshold {
                take(row, Kind::Near, share);
            }
        }
    }

    fn exact(&self, row: u32, raw: &str) -> Kind {
        match &self.rows[row as usize].annotation {
            Some(annotation) if raw.contains(annotation.as_str()) => Kind::Annotation,
            _ => Kind::Exact,
        }
    }
}

/// Hashes of the n-grams of a text (FNV-1a over code points).
fn grams(text: &str) -> impl Iterator<Item = u64> {
    let characters: Vec<char> = text.chars().collect();
    let count = (characters.len() + 1).saturating_sub(GRAM);
    (0..count).map(move |at| {
        characters[at..at + GRAM].iter().fold(0xcbf2_9ce4_8422_2325, |hash, c| {
            (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
        })
    })
}

/// Whether words stand in a text, not cut out of longer words. Texts without
/// spaces have no words to be cut.
fn contains_words(text: &str, words: &str) -> bool {
    let ideographic = !words.contains(' ');
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + words.len()..].chars().next();
        ideographic || before.is_none_or(|c| c == ' ') && after.is_none_or(|c| c == ' ')
    })
}

/// The texts of a line: all strings of a JSON value, or the line itself.
fn texts(line: &str) -> String {
    fn collect(value: &serde_json::Value, out: &mut String) {
        match value {
            serde_json::Value::String(text) => {
                out.push_str(text);
                out.push('\n');
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
            serde_json::Value::Object(fields) => {
                fields.values().for_each(|value| collect(value, out));
            }
            _ => {}
        }
    }
    if line.starts_with(['{', '['])
        && let Ok(value) = serde_json::from_str(line)
    {
        let mut out = String::new();
        collect(&value, &mut out);
        return out;
    }
    line.to_owned()
}

/// The strings of a JSON line one by one, and the text without slot names.
fn bare(raw: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    if raw.contains('\n') {
        all.extend(raw.lines().map(str::to_owned));
    }
    if raw.contains(" : ") {
        let mut out = String::new();
        let mut rest = raw;
        while let Some(open) = rest.find('[') {
            let inner = &rest[open + 1..];
            out.push_str(&rest[..open]);
            rest = match inner.find(" : ") {
                Some(colon) if !inner[..colon].contains([' ', ']']) => &inner[colon + 3..],
                _ => inner,
            };
        }
        out.push_str(rest);
        all.push(out.replace(']', ""));
    }
    all
}

/// What a scan found.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ScanReport {
    /// Lines that were read.
    pub lines: u64,
    /// Lines in which a row stands.
    pub lines_with_rows: u64,
    /// By locale: rows that were looked for, and those found by kind; a row counts
    /// once, for the closest way in which it was met.
    pub locales: BTreeMap<String, LocaleHits>,
}

/// What a scan found of a locale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LocaleHits {
    /// Rows that were looked for.
    pub rows: u64,
    /// Rows that stand there with their slots.
    pub annotation: u64,
    /// Rows that stand there as they are.
    pub exact: u64,
    /// Rows that stand there nearly.
    pub near: u64,
}

/// A scan of texts, file after file, in memory that does not grow with them.
#[derive(Debug)]
pub struct Scan<'a> {
    index: &'a Index,
    lines: u64,
    lines_with_rows: u64,
    best: BTreeMap<(String, String), Kind>,
}

impl<'a> Scan<'a> {
    /// A scan for these rows.
    pub fn new(index: &'a Index) -> Self {
        Scan { index, lines: 0, lines_with_rows: 0, best: BTreeMap::new() }
    }

    /// Reads a text; hands on every hit, and every line in which no row stands.
    ///
    /// # Errors
    /// A text that cannot be read, or is not UTF-8, and what the callbacks say.
    pub fn read(
        &mut self,
        file: &str,
        mut text: impl BufRead,
        mut on_hit: impl FnMut(Hit) -> Result<()>,
        mut on_clean: impl FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        let mut line = String::new();
        let mut number = 0;
        loop {
            line.clear();
            let failed = |error: std::io::Error| {
                Error::new(ErrorKind::File, format!("{file}:{}: {error}", number + 1))
            };
            if text.read_line(&mut line).map_err(failed)? == 0 {
                return Ok(());
            }
            number += 1;
            self.lines += 1;
            let found = self.index.find(line.trim_end_matches(['\n', '\r']));
            if found.is_empty() {
                on_clean(&line)?;
                continue;
            }
            self.lines_with_rows += 1;
            for (locale, id, kind, share) in found {
                let key = (locale.to_owned(), id.to_owned());
                let best = self.best.entry(key).or_insert(kind);
                *best = kind.min(*best);
                on_hit(Hit {
                    locale: locale.to_owned(),
                    id: id.to_owned(),
                    kind,
                    share,
                    file: file.to_owned(),
                    line: number,
                })?;
            }
        }
    }

    /// What was found.
    pub fn finish(self) -> ScanReport {
        let rows = self.index.counts().into_iter();
        let mut locales: BTreeMap<String, LocaleHits> = rows
            .map(|(locale, rows)| (locale, LocaleHits { rows, ..Default::default() }))
            .collect();
        for ((locale, _), kind) in self.best {
            let hits = locales.entry(locale).or_default();
            match kind {
                Kind::Annotation => hits.annotation += 1,
                Kind::Exact => hits.exact += 1,
                Kind::Near => hits.near += 1,
            }
        }
        ScanReport { lines: self.lines, lines_with_rows: self.lines_with_rows, locales }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, locale: &str, text: &str, annotation: &str) -> Row {
        Row {
            locale: locale.to_owned(),
            id: id.to_owned(),
            text: text.to_owned(),
            words: Vec::new(),
            gold: Some(crate::row::RowGold {
                intent: "x".to_owned(),
                annotation: annotation.to_owned(),
                labels: Vec::new(),
                slots: vec![("time".to_owned(), "five am".to_owned())],
            }),
        }
    }

    fn index() -> Index {
        let rows = [
            row(
                "1",
                "en-US",
                "wake me up at five am this week",
                "wake me up at [time : five am] this week",
            ),
            row("2", "en-US", "stop", "stop"),
            row("3", "ja-JP", "今週の午前五時に私を起こしてください", "x"),
            row("4", "de-DE", "weck mich diese woche um fünf uhr morgens auf", "x"),
        ];
        Index::new(&rows, 0.7).unwrap()
    }

    #[test]
    fn rows_are_found_in_whatever_stands_round_them() {
        let index = index();
        for (line, id, kind) in [
            ("Then say: \"Wake me up at FIVE am, this week!\" and wait.", "1", Kind::Exact),
            ("wake me up at [time : five am] this week", "1", Kind::Annotation),
            (r#"{"a": 1, "text": "wake me up at five am this w\u0065ek"}"#, "1", Kind::Exact),
            ("wake me up at five am this weekend", "1", Kind::Near),
            ("彼は「今週の午前五時に私を起こしてください」と言った", "3", Kind::Exact),
            ("Stop!", "2", Kind::Exact),
        ] {
            let found = index.find(line);
            let found: Vec<_> = found.iter().map(|found| (found.1, found.2)).collect();
            assert_eq!(found, [(id, kind)], "{line}");
        }
        for line in ["do not stop now", "wake me up at noon", "", "[ : ]", "{\"a\": "] {
            assert!(index.find(line).is_empty(), "{line}");
        }
    }

    #[test]
    fn a_scan_counts_rows_once_and_keeps_the_rest() {
        let index = index();
        let mut scan = Scan::new(&index);
        let text = "a\nwake me up at five am this weekend\nwake me up at five am this week\nb";
        let (mut clean, mut hits) = (String::new(), 0);
        scan.read(
            "text.txt",
            text.as_bytes(),
            |hit| {
                assert_eq!(hit.line, 2 + hits);
                hits += 1;
                Ok(())
            },
            |line| {
                clean.push_str(line);
                Ok(())
            },
        )
        .unwrap();
        let report = scan.finish();
        assert_eq!((report.lines, report.lines_with_rows, hits), (4, 2, 2));
        assert_eq!(clean, "a\nb");
        let english = report.locales["en-US"];
        assert_eq!((english.rows, english.exact, english.near), (2, 1, 0));
    }
}
