//! The memory that a warm session takes, measured in a process of its own: what one
//! model frees would hide what the next one takes.

use std::process::{Command, Stdio};

use massive_data::{Locale, UtteranceId};
use massive_predict::{Encoded, Example, Predictor, Worker};

use super::candidate::Candidate;
use crate::args::{ModelResidentArgs, ModelTollArgs};
use crate::failure::{Failure, Result};
use crate::output;

/// Utterances of the batch that warms the session, and words in each.
const BATCH: usize = 32;
const WORDS: usize = 16;

/// Asks a process of its own; `None` where that cannot be said.
pub(super) fn of_a_process(
    candidate: &Candidate,
    engine: &str,
    args: &ModelTollArgs,
) -> Option<u64> {
    let mut command = Command::new(std::env::current_exe().ok()?);
    command.args(["model", "resident"]).arg(candidate.path()).args(["--engine", engine]);
    command.args(["--threads", &candidate.threads().to_string()]);
    if let Some(library) = &args.engine.library.library {
        command.arg("--library").arg(library);
    }
    let done = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(done.stdout).ok()?.trim().parse().ok()
}

/// `massive model resident`: prints the bytes that this process takes more once a
/// session has run a batch.
pub(crate) fn run(args: &ModelResidentArgs) -> Result<()> {
    let candidate = Candidate::open(&args.folder, &args.engine)?;
    let before = resident()?;
    let predictor = candidate.predictor(candidate.engine(), Some(candidate.threads()))?;
    let example = Example {
        id: UtteranceId::from(0u64),
        locale: Locale::EN_US,
        text: vec!["one"; WORDS].join(" ").into(),
        words: vec!["one".into(); WORDS],
    };
    let batch = (0..BATCH).map(|_| predictor.encode(example.clone()));
    let batch = batch.collect::<massive_predict::Result<Vec<Encoded>>>()?;
    let mut worker: Box<dyn Worker + '_> = predictor.worker()?;
    worker.predict(&batch)?;
    let taken = resident()?.saturating_sub(before);
    output::print(&format!("{taken}\n"))
}

/// Bytes of memory that this process takes.
fn resident() -> Result<u64> {
    let unknown =
        || Failure::CannotRun("this system does not say how much memory it takes".to_owned());
    let status = std::fs::read_to_string("/proc/self/status").map_err(|_| unknown())?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB"));
    let kibibytes: u64 = line.and_then(|line| line.trim().parse().ok()).ok_or_else(unknown)?;
    Ok(kibibytes * 1024)
}
