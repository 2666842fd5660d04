//! Rates of reading the corpus.

use std::hint::black_box;
use std::path::Path;

use massive_data::{Corpus, LocaleFilter, Partition, Selection};

use crate::files::Files;
use crate::{Measured, Result, peers, timed};

const TEST: Selection = Selection { locales: LocaleFilter::ALL, partition: Some(Partition::Test) };

/// Measures the corpus and its peers, `runs` times each, in MB/s of the
/// unpacked files.
pub(crate) fn measure(folder: &Path, archive: &Path, parquet: &Path, runs: usize) -> Result<()> {
    let files = Files::find(folder)?;
    // Also brings the files into the page cache.
    let rows = peers::lines(&files)?;
    let test_rows = read(folder, TEST)?;
    let unpacked = peers::gunzip(archive)?;

    type Reading<'a> = Box<dyn Fn() -> Result<u64> + 'a>;
    let readings: [(&str, u64, Reading<'_>); 10] = [
        ("read.folder", rows, Box::new(|| read(folder, Selection::ALL))),
        ("read.value", rows, Box::new(|| peers::json_value(&files))),
        ("read.test", test_rows, Box::new(|| read(folder, TEST))),
        ("read.sonic", rows, Box::new(|| peers::sonic_borrowed(&files))),
        ("read.scan", rows, Box::new(|| peers::lines(&files))),
        ("read.archive", rows, Box::new(|| read(archive, Selection::ALL))),
        ("read.archive_test", test_rows, Box::new(|| read(archive, TEST))),
        ("read.parquet", rows, Box::new(|| read(parquet, Selection::ALL))),
        ("read.parquet_test", test_rows, Box::new(|| read(parquet, TEST))),
        ("read.gunzip", unpacked, Box::new(|| peers::gunzip(archive))),
    ];
    let mut results: Vec<Measured> = readings.iter().map(|(key, ..)| Measured::new(key)).collect();
    for _ in 0..runs {
        for ((key, expected, reading), result) in readings.iter().zip(&mut results) {
            let (found, taken) = timed(reading)?;
            if found != *expected {
                return Err(format!(
                    "{key} found {found} where {expected} were expected: \
                     are folder and archive the same release?"
                )
                .into());
            }
            result.runs.push(files.bytes() as f64 / 1e6 / taken.wall);
            result.cpu.push(taken.cpu);
        }
    }
    results[0].note = Some(format!(
        "Corpus: {rows} rows, {test_rows} of them in partition test, in {} files of {:.1} MB; \
         rates are of these MB, whatever is selected.",
        files.len(),
        files.bytes() as f64 / 1e6,
    ));
    results.extend([
        per_core("read.folder_core", &results[0], files.bytes()),
        per_core("read.test_core", &results[2], files.bytes()),
        per_core("read.sonic_core", &results[3], files.bytes()),
        per_core("read.scan_core", &results[4], files.bytes()),
    ]);
    let scan = &results[4];
    let mut seconds = Measured::new("read.scan_seconds");
    seconds.runs = scan.runs.iter().map(|rate| files.bytes() as f64 / 1e6 / rate).collect();
    seconds.cpu.clone_from(&scan.cpu);
    let mut share = Measured::new("read.folder_share");
    share.runs = results[0].cpu.iter().zip(&scan.cpu).map(|(cpu, scan)| cpu / scan).collect();
    results.extend([seconds, share]);
    results.iter().try_for_each(Measured::print)
}

/// Reads a corpus once and says how long it took.
pub(crate) fn once(corpus: &Path, partition: Option<Partition>) -> Result<()> {
    let selection = Selection { locales: LocaleFilter::ALL, partition };
    let (rows, taken) = timed(|| read(corpus, selection))?;
    println!("{rows} rows in {:.3} s, {:.2} s on the processors", taken.wall, taken.cpu);
    Ok(())
}

/// The rates in MB a second of processor time, all threads together: what one
/// core does, however many work.
fn per_core(key: &str, result: &Measured, bytes: u64) -> Measured {
    let mut rates = Measured::new(key);
    rates.runs = result.cpu.iter().map(|seconds| bytes as f64 / 1e6 / seconds).collect();
    rates
}

/// Reads the selected rows into typed utterances, judgments included.
fn read(path: &Path, selection: Selection) -> Result<u64> {
    let report = Corpus::open(path)?.select(selection).fold(
        || (),
        |(), _, utterance| {
            black_box(utterance);
            Ok(())
        },
        |_, _, ()| Ok(()),
    )?;
    Ok(report.rows)
}
