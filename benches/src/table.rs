//! The results of all parts as one table.

use std::fmt;
use std::io::BufRead;

use crate::{Measured, Result};

/// What a result is to reach on two cores.
#[derive(Debug, Clone, Copy)]
enum Bar {
    /// At least so many times the peer.
    TimesPeer(f64),
    /// Less than the peer.
    BelowPeer,
    /// The same as the peer.
    EqualsPeer,
    /// Less than this.
    Below(f64),
}

impl Bar {
    /// Whether the median and the median of the ratios reach it; `None`
    /// without the peer.
    fn is_met(self, median: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Bar::TimesPeer(times) => ratio.map(|ratio| ratio >= times),
            Bar::BelowPeer => ratio.map(|ratio| ratio < 1.0),
            Bar::EqualsPeer => ratio.map(|ratio| (ratio - 1.0).abs() < 1e-9),
            Bar::Below(limit) => Some(median < limit),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bar::TimesPeer(times) => write!(f, "≥ {times:.1} ×"),
            Bar::BelowPeer => f.write_str("< 1 ×"),
            Bar::EqualsPeer => f.write_str("= 1 ×"),
            Bar::Below(limit) => write!(f, "< {limit:.0}"),
        }
    }
}

struct Row {
    key: &'static str,
    what: &'static str,
    unit: &'static str,
    peer: Option<&'static str>,
    bar: Option<Bar>,
}

const fn row(
    key: &'static str,
    what: &'static str,
    unit: &'static str,
    peer: Option<&'static str>,
    bar: Option<Bar>,
) -> Row {
    Row { key, what, unit, peer, bar }
}

/// All rows, in their order.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("read.folder", "corpus, all rows, folder", "MB/s", Some("read.value"), Some(Bar::TimesPeer(3.5))),
    // 2.5 times the bar of all rows.
    row("read.test", "corpus, partition test, folder", "MB/s", Some("read.value"), Some(Bar::TimesPeer(8.75))),
    row("read.archive", "corpus, all rows, tar.gz", "MB/s", Some("read.gunzip"), None),
    row("read.archive_test", "corpus, partition test, tar.gz", "MB/s", Some("read.gunzip"), None),
    row("read.value", "serde_json::Value, 1 thread", "MB/s", None, None),
    row("read.sonic", "sonic-rs, borrowed fields, 1 thread", "MB/s", Some("read.value"), None),
    row("read.scan", "read and count lines, 1 thread", "MB/s", Some("read.value"), None),
    row("read.gunzip", "flate2 over the tar.gz, 1 thread", "MB/s", None, None),
    row("read.polars", "polars read_ndjson", "MB/s", Some("read.value"), None),
    row("score.bootstrap", "score, 1,000 resamples", "s", Some("score.seqeval"), Some(Bar::BelowPeer)),
    row("score.plain", "score, no resamples", "s", Some("score.seqeval"), None),
    row("score.added", "what the resamples add", "s", None, Some(Bar::Below(1.0))),
    row("score.seqeval", "seqeval f1_score, labels in memory", "s", None, None),
    row("score.f1", "slot micro F1", "", Some("score.seqeval_f1"), Some(Bar::EqualsPeer)),
    row("score.seqeval_f1", "slot micro F1 of seqeval", "", None, None),
    row("memory.folder", "peak memory of scoring, folder", "MB", None, Some(Bar::Below(900.0))),
    row("memory.archive", "peak memory of scoring, tar.gz", "MB", None, Some(Bar::Below(300.0))),
];

/// Prints the machine, the table and the notes of the results, a JSON object
/// a line.
pub(crate) fn print(results: impl BufRead) -> Result<()> {
    let mut all: Vec<Measured> = Vec::new();
    for line in results.lines() {
        let result: Measured = serde_json::from_str(&line?)?;
        if result.runs.is_empty() || !ROWS.iter().any(|row| row.key == result.key) {
            return Err(format!("`{}` has no runs or no row in the table", result.key).into());
        }
        all.push(result);
    }
    let find = |key: &str| all.iter().find(|result| result.key == key);
    let what = |key: &str| ROWS.iter().find(|row| row.key == key).map_or("", |row| row.what);

    println!("{}\n", machine());
    println!("| what | unit | median | min–max | CPU s | ratio | to | bar on two cores | |");
    println!("|---|---|--:|--:|--:|--:|---|--:|---|");
    for row in ROWS {
        let Some(result) = find(row.key) else { continue };
        let peer = row.peer.and_then(find);
        let median_ = median(&result.runs);
        let ratio = peer.map(|peer| {
            let ratios: Vec<f64> =
                result.runs.iter().zip(&peer.runs).map(|(value, peer)| value / peer).collect();
            median(&ratios)
        });
        let least = result.runs.iter().copied().fold(f64::INFINITY, f64::min);
        let most = result.runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let verdict = row.bar.and_then(|bar| bar.is_met(median_, ratio));
        println!(
            "| {} | {} | {} | {}–{} | {} | {} | {} | {} | {} |",
            row.what,
            row.unit,
            number(median_),
            number(least),
            number(most),
            if result.cpu.is_empty() { String::new() } else { number(median(&result.cpu)) },
            ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
            peer.map_or("", |peer| what(&peer.key)),
            row.bar.map(|bar| bar.to_string()).unwrap_or_default(),
            verdict.map_or("", |met| if met { "met" } else { "missed" }),
        );
    }
    println!();
    for note in all.iter().filter_map(|result| result.note.as_deref()) {
        println!("* {note}");
    }
    println!("* A ratio is the median of the ratios run by run; 1 MB is 10^6 bytes.");
    println!(
        "* CPU s is the processor time of a run, all threads together: what tells on a machine \
         that does other work, too."
    );
    Ok(())
}

/// Three digits or what stands before the point.
fn number(value: f64) -> String {
    match value.abs() {
        100.0.. => format!("{value:.0}"),
        10.0.. => format!("{value:.1}"),
        1.0.. => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 }
}

/// Cores and processor.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(':'))
        .map_or("unknown processor", |(_, model)| model.trim());
    format!("{cores} cores of {model}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0]), 2.5);
    }

    #[test]
    fn every_peer_has_a_row_before_its_bar_can_be_judged() {
        for row in ROWS {
            assert!(row.peer.is_none_or(|peer| ROWS.iter().any(|other| other.key == peer)));
        }
    }
}
