//! What reading the corpus and scoring a submission cost, beside peers that do
//! comparable work on the same input. `run.sh` runs everything.
//!
//! Each subcommand measures one part and writes its results as JSON lines;
//! `table` turns the lines of all parts, those of `peers.py` among them, into
//! one table. The readings of a part take turns, so that a ratio compares what
//! ran at about the same time.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program whose output is its purpose"
)]

mod files;
mod peers;
mod reading;
mod scoring;
mod table;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use serde::{Deserialize, Serialize};

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

const USAGE: &str = "\
usage:
  massive-benches read FOLDER TAR_GZ PARQUET RUNS       rates of reading, as JSON lines
  massive-benches read-once CORPUS [PARTITION]          one reading, for a profiler
  massive-benches score FOLDER TAR_GZ PREDICTIONS RUNS  times and memory of scoring, likewise
  massive-benches second-system PREDICTIONS             the predictions with seeded changes
  massive-benches dump-labels FOLDER PREDICTIONS        gold and predicted labels, for peers.py
  massive-benches table < RESULTS                       the results as a Markdown table";

/// The results of one thing that was measured.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    /// What: a key of the table's rows.
    key: String,
    /// A value a run.
    runs: Vec<f64>,
    /// The seconds of processor time of each run, all threads together, where
    /// they mean something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cpu: Vec<f64>,
    /// What has to be known to read them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl Measured {
    fn new(key: &str) -> Self {
        Measured { key: key.to_owned(), runs: Vec::new(), cpu: Vec::new(), note: None }
    }

    fn print(&self) -> Result<()> {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// What some work took, in seconds.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// On the clock.
    wall: f64,
    /// On the processors, all threads of this process together.
    cpu: f64,
}

/// The result of `work` and what it took.
fn timed<T>(work: impl FnOnce() -> Result<T>) -> Result<(T, Taken)> {
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let value = work()?;
    let taken = Taken { wall: start.elapsed().as_secs_f64(), cpu: cpu_seconds()? - cpu };
    Ok((value, taken))
}

/// The processor time that this process has used, from fields 14 and 15 of
/// `/proc/self/stat`, which count hundredths of a second.
fn cpu_seconds() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    // The name of the program, field 2, is in parentheses and may hold spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / 100.0)
}

fn run(args: &[&str]) -> Result<()> {
    match *args {
        ["read", folder, archive, parquet, runs] => reading::measure(
            Path::new(folder),
            Path::new(archive),
            Path::new(parquet),
            runs.parse()?,
        ),
        ["read-once", corpus] => reading::once(Path::new(corpus), None),
        ["read-once", corpus, partition] => {
            reading::once(Path::new(corpus), Some(partition.parse()?))
        }
        ["score", folder, archive, predictions, runs] => scoring::measure(
            Path::new(folder),
            Path::new(archive),
            Path::new(predictions),
            runs.parse()?,
        ),
        // What `score` runs in a process of its own.
        [scoring::PEAK_MEMORY, corpus, predictions] => {
            scoring::print_peak_memory(Path::new(corpus), Path::new(predictions))
        }
        ["second-system", predictions] => scoring::second_system(Path::new(predictions)),
        ["dump-labels", folder, predictions] => {
            scoring::dump_labels(Path::new(folder), Path::new(predictions))
        }
        ["table"] => table::print(std::io::stdin().lock()),
        _ => Err(USAGE.into()),
    }
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
