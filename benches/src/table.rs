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
    /// At most so many times the peer.
    AtMostPeer(f64),
    /// Less than this.
    Below(f64),
    /// At least this.
    AtLeast(f64),
}

impl Bar {
    /// Whether the median and the median of the ratios reach it; `None`
    /// without the peer.
    fn is_met(self, median: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Bar::TimesPeer(times) => ratio.map(|ratio| ratio >= times),
            Bar::BelowPeer => ratio.map(|ratio| ratio < 1.0),
            Bar::EqualsPeer => ratio.map(|ratio| (ratio - 1.0).abs() < 1e-9),
            Bar::AtMostPeer(times) => ratio.map(|ratio| ratio <= times),
            Bar::Below(limit) => Some(median < limit),
            Bar::AtLeast(limit) => Some(median >= limit),
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Bar::TimesPeer(times) => write!(f, "≥ {times:.1} ×"),
            Bar::AtMostPeer(times) => write!(f, "≤ {times} ×"),
            Bar::AtLeast(limit) => write!(f, "≥ {limit:.0}"),
            Bar::BelowPeer => f.write_str("< 1 ×"),
            Bar::EqualsPeer => f.write_str("= 1 ×"),
            Bar::Below(limit) => write!(f, "< {limit}"),
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
    row("read.folder_core", "corpus, all rows, folder, a core", "MB/CPU s", Some("read.sonic_core"), Some(Bar::TimesPeer(0.9))),
    row("read.folder_share", "corpus, all rows, folder: CPU time, of that of its limit", "×", None, None),
    row("read.test_core", "corpus, partition test, folder, a core", "MB/CPU s", Some("read.scan_core"), Some(Bar::AtLeast(2500.0))),
    row("read.archive", "corpus, all rows, tar.gz", "MB/s", Some("read.gunzip"), None),
    row("read.archive_test", "corpus, partition test, tar.gz", "MB/s", Some("read.gunzip"), None),
    row("read.parquet", "corpus, all rows, Parquet", "MB/s", Some("read.folder"), Some(Bar::TimesPeer(1.0))),
    row("read.parquet_test", "corpus, partition test, Parquet", "MB/s", Some("read.test"), None),
    row("read.value", "serde_json::Value, 1 thread", "MB/s", None, None),
    row("read.sonic", "sonic-rs, borrowed fields, 1 thread", "MB/s", Some("read.value"), None),
    row("read.sonic_core", "sonic-rs, borrowed fields, a core", "MB/CPU s", None, None),
    row("read.scan", "limit: read and count lines, 1 thread", "MB/s", Some("read.value"), None),
    row("read.scan_core", "limit: read and count lines, a core", "MB/CPU s", None, None),
    row("read.scan_seconds", "limit: read and count lines, 1 thread, in seconds", "s", None, None),
    row("read.gunzip", "limit: flate2 over the tar.gz, 1 thread", "MB/s", None, None),
    row("read.polars", "polars read_ndjson", "MB/s", Some("read.value"), None),
    row("score.bootstrap", "score, 1,000 resamples", "s", Some("score.seqeval"), Some(Bar::BelowPeer)),
    row("score.plain", "score, no resamples", "s", Some("score.seqeval"), None),
    row("score.added", "what the resamples add", "s", Some("score.products"), Some(Bar::Below(1.0))),
    row("score.products", "limit: as many sums of products of bytes, 1 thread", "s", None, None),
    row("score.gunzip", "limit: flate2 over the predictions, 1 thread", "s", None, None),
    row("score.limit", "limit: predictions unpacked and corpus scanned, 1 thread", "s", None, None),
    row("score.seqeval", "seqeval f1_score, labels in memory", "s", None, None),
    row("score.f1", "slot micro F1", "", Some("score.seqeval_f1"), Some(Bar::EqualsPeer)),
    row("score.seqeval_f1", "slot micro F1 of seqeval", "", None, None),
    row("binary.size", "size of the release binary", "MB", None, None),
    row("command.help", "massive --help", "ms", None, Some(Bar::Below(10.0))),
    row("command.score.folder", "massive score, folder", "s", Some("score.limit"), None),
    row("command.score.archive", "massive score, tar.gz", "s", Some("score.limit"), None),
    row("command.score.parquet", "massive score, Parquet", "s", Some("command.score.folder"), Some(Bar::Below(0.5))),
    row("command.score_plain.folder", "massive score, folder, plain predictions", "s", None, None),
    row("command.score_plain.parquet", "massive score, Parquet, plain predictions", "s", Some("command.score_plain.folder"), Some(Bar::AtMostPeer(0.5))),
    row("command.compare", "massive compare, Parquet, 10,000 trials", "s", Some("command.score.parquet"), Some(Bar::Below(5.0))),
    row("command.check", "massive check", "s", Some("command.score.parquet"), None),
    row("command.stats", "massive corpus stats", "s", Some("convert.python"), Some(Bar::BelowPeer)),
    row("command.corpus_check", "massive corpus check", "s", Some("read.scan_seconds"), None),
    row("command.convert", "massive corpus convert --to parquet", "s", Some("convert.python"), Some(Bar::BelowPeer)),
    row("convert.python", "Python conversion, one locale × 52", "s", None, None),
    row("command.show", "massive corpus show", "s", Some("read.scan_seconds"), None),
    row("command.grep", "massive corpus grep", "s", Some("read.scan_seconds"), None),
    row("command.sample", "massive corpus sample", "s", Some("read.scan_seconds"), None),
    row("command.demo", "massive demo", "s", None, None),
    row("command.report", "massive report", "s", Some("command.score.parquet"), None),
    row("command.errors", "massive errors, every one as JSON", "s", Some("command.score.parquet"), None),
    row("command.errors_summary", "massive errors --summary", "s", Some("command.score.parquet"), None),
    row("command.predict", "massive predict, 4 locales, built-in engine", "s", None, None),
    row("command.inspect", "massive model inspect", "s", None, None),
    row("command.leaderboard_add", "massive leaderboard add", "s", Some("command.score.parquet"), None),
    row("command.leaderboard_render", "massive leaderboard render, 2 entries", "s", None, None),
    row("command.leaderboard_check", "massive leaderboard check, 2 entries", "s", None, None),
    row("growth.read.1", "growth: all rows of 1 × the corpus", "MB/s", None, None),
    row("growth.read.2", "growth: all rows of 2 × the corpus", "MB/s", Some("growth.read.1"), None),
    row("growth.read.4", "growth: all rows of 4 × the corpus", "MB/s", Some("growth.read.1"), None),
    row("growth.read.8", "growth: all rows of 8 × the corpus", "MB/s", Some("growth.read.1"), Some(Bar::TimesPeer(0.8))),
    row("growth.score.1", "growth: score 6 locales", "s", None, None),
    row("growth.score.2", "growth: score 12 locales", "s", Some("growth.score.1"), None),
    row("growth.score.4", "growth: score 24 locales", "s", Some("growth.score.1"), None),
    row("growth.score.8", "growth: score 48 locales", "s", Some("growth.score.1"), Some(Bar::AtMostPeer(8.0))),
    row("growth.memory.1", "peak memory, one locale of 1 × the corpus", "MB", None, None),
    row("growth.memory.2", "peak memory, one locale of 2 × the corpus", "MB", Some("growth.memory.1"), None),
    row("growth.memory.4", "peak memory, one locale of 4 × the corpus", "MB", Some("growth.memory.1"), None),
    row("growth.memory.8", "peak memory, one locale of 8 × the corpus", "MB", Some("growth.memory.1"), Some(Bar::AtMostPeer(1.25))),
    row("memory.folder", "peak memory of scoring in process, folder", "MB", None, Some(Bar::Below(900.0))),
    row("memory.archive", "peak memory of scoring in process, tar.gz", "MB", None, Some(Bar::Below(300.0))),
    row("peak.score.folder", "peak memory, massive score, folder", "MB", None, None),
    row("peak.score.archive", "peak memory, massive score, tar.gz", "MB", None, Some(Bar::Below(300.0))),
    row("peak.score.parquet", "peak memory, massive score, Parquet", "MB", None, None),
    row("peak.score_plain.folder", "peak memory, massive score, folder, plain predictions", "MB", None, None),
    row("peak.score_plain.parquet", "peak memory, massive score, Parquet, plain predictions", "MB", None, None),
    row("peak.compare", "peak memory, massive compare", "MB", None, None),
    row("peak.check", "peak memory, massive check", "MB", None, None),
    row("peak.stats", "peak memory, massive corpus stats", "MB", None, Some(Bar::Below(1500.0))),
    row("peak.corpus_check", "peak memory, massive corpus check", "MB", None, None),
    row("peak.convert", "peak memory, massive corpus convert --to parquet", "MB", None, Some(Bar::Below(1500.0))),
    row("peak.show", "peak memory, massive corpus show", "MB", None, None),
    row("peak.grep", "peak memory, massive corpus grep", "MB", None, None),
    row("peak.sample", "peak memory, massive corpus sample", "MB", None, None),
    row("peak.demo", "peak memory, massive demo", "MB", None, None),
    row("peak.report", "peak memory, massive report", "MB", None, None),
    row("peak.errors", "peak memory, massive errors, every one as JSON", "MB", None, None),
    row("peak.errors_summary", "peak memory, massive errors --summary", "MB", None, None),
    row("peak.predict", "peak memory, massive predict, 4 locales, built-in engine", "MB", None, None),
    row("peak.inspect", "peak memory, massive model inspect", "MB", None, None),
    row("peak.leaderboard_add", "peak memory, massive leaderboard add", "MB", None, None),
    row("peak.leaderboard_render", "peak memory, massive leaderboard render, 2 entries", "MB", None, None),
    row("peak.leaderboard_check", "peak memory, massive leaderboard check, 2 entries", "MB", None, None),
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
