//! Other ways to read the same lines, on one thread. Each gives the number of
//! rows that it saw.

use std::borrow::Cow;
use std::fs::File;
use std::hint::black_box;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use serde::Deserialize;

use crate::Result;
use crate::files::Files;

/// What one writes first: every line becomes a tree of owned values.
pub(crate) fn json_value(files: &Files) -> Result<u64> {
    let mut rows = 0;
    files.for_each_line(|line| {
        black_box(serde_json::from_slice::<serde_json::Value>(line)?);
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

/// A row with borrowed texts, none of them interpreted.
#[derive(Deserialize)]
#[expect(dead_code, reason = "read by no one: filling the fields is the work")]
struct Row<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    locale: Cow<'a, str>,
    #[serde(borrow)]
    partition: Cow<'a, str>,
    #[serde(borrow)]
    scenario: Option<Text<'a>>,
    #[serde(borrow)]
    intent: Option<Text<'a>>,
    #[serde(borrow)]
    utt: Cow<'a, str>,
    #[serde(borrow)]
    annot_utt: Option<Text<'a>>,
    #[serde(borrow)]
    worker_id: Cow<'a, str>,
    #[serde(borrow)]
    slot_method: Option<Vec<SlotMethod<'a>>>,
    #[serde(borrow)]
    judgments: Option<Vec<Judgment<'a>>>,
}

/// Inside an `Option` a bare `Cow` would be copied.
#[derive(Deserialize)]
#[expect(dead_code, reason = "as in `Row`")]
#[serde(transparent)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
#[expect(dead_code, reason = "as in `Row`")]
struct SlotMethod<'a> {
    #[serde(borrow)]
    slot: Cow<'a, str>,
    #[serde(borrow)]
    method: Cow<'a, str>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "as in `Row`")]
struct Judgment<'a> {
    #[serde(borrow)]
    worker_id: Cow<'a, str>,
    intent_score: u8,
    slots_score: u8,
    grammar_score: u8,
    spelling_score: u8,
    #[serde(borrow)]
    language_identification: Option<Text<'a>>,
}

/// What the parser under the corpus does at best: no types, no checks.
pub(crate) fn sonic_borrowed(files: &Files) -> Result<u64> {
    let mut rows = 0;
    files.for_each_line(|line| {
        black_box(sonic_rs::from_slice::<Row<'_>>(line)?);
        rows += 1;
        Ok(())
    })?;
    Ok(rows)
}

/// The ceiling: the bytes are read and lines counted.
pub(crate) fn lines(files: &Files) -> Result<u64> {
    let mut rows = 0;
    files.for_each_piece(|bytes, at_end| {
        let unended = at_end && bytes.last().is_some_and(|&byte| byte != b'\n');
        rows += memchr::memchr_iter(b'\n', bytes).count() as u64 + u64::from(unended);
    })?;
    Ok(rows)
}

/// The ceiling for an archive: it is decompressed, and nothing else. Gives the
/// number of bytes.
pub(crate) fn gunzip(archive: &Path) -> Result<u64> {
    let mut stream = MultiGzDecoder::new(BufReader::with_capacity(1 << 17, File::open(archive)?));
    let mut buffer = vec![0; 1 << 18];
    let mut bytes = 0;
    loop {
        match black_box(stream.read(&mut buffer)?) {
            0 => return Ok(bytes),
            read => bytes += read as u64,
        }
    }
}

/// The ceiling for resamples: the sums of products of so many columns of so many
/// small counts with the weights of every resample. Gives the sum of them all.
pub(crate) fn sums_of_products(columns: usize, ids: usize, resamples: usize) -> u64 {
    let column = |number: usize| (0..ids).map(|at| ((at + number) % 3) as u8).collect();
    let values: Vec<Vec<u8>> = (0..columns).map(column).collect();
    let weights: Vec<Vec<u8>> = (0..8).map(column).collect();
    let mut all = 0;
    for _ in 0..resamples.div_ceil(weights.len()) {
        for column in black_box(&values) {
            for weights in &weights {
                let products = column
                    .iter()
                    .zip(weights)
                    .map(|(&value, &weight)| u32::from(value) * u32::from(weight));
                all += u64::from(products.sum::<u32>());
            }
        }
    }
    all
}
