//! Time and memory of scoring a submission.

use std::hint::black_box;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use massive_data::{
    Corpus, LabelMode, LocaleSet, OTHER, Partition, PredictionFiles, Selection, SlotName, Utterance,
};
use massive_eval::alignment::align;
use massive_eval::bootstrap::Bootstrap;
use massive_eval::document::{Grouping, ScoreDocument, ScoreOptions};
use massive_eval::evaluation::{Evaluation, MissingRows};
use massive_eval::interval::Interval;
use massive_eval::metrics::Metric;
use massive_eval::submission::{StoredPrediction, Submission};
use serde::Serialize;

use crate::files::Files;
use crate::{Measured, Result, peers, timed};

/// The subcommand for one scoring in a process of its own.
pub(crate) const PEAK_MEMORY: &str = "peak-memory";

/// Measures scoring from the folder in seconds and its peak memory in MB, from
/// the folder and from the archive, `runs` times each.
pub(crate) fn measure(
    folder: &Path,
    archive: &Path,
    predictions: &Path,
    runs: usize,
) -> Result<()> {
    // Brings the files into the page cache.
    let document = score(folder, predictions, Interval::None)?;
    let f1 = document.all.score(Metric::SlotMicroF1).ok_or("no slots were predicted")?.value;

    let files = Files::find(folder)?;
    let columns = 6 * document.coverage.locales_scored as usize;
    let ids = document.all.utterances as usize / document.coverage.locales_scored as usize;
    let resamples = Bootstrap::default().resamples as usize;
    let [mut with, mut without, mut added] =
        ["score.bootstrap", "score.plain", "score.added"].map(Measured::new);
    let [mut products, mut gunzip, mut limit] =
        ["score.products", "score.gunzip", "score.limit"].map(Measured::new);
    let [mut f1s, mut from_folder, mut from_archive] =
        ["score.f1", "memory.folder", "memory.archive"].map(Measured::new);
    for _ in 0..runs {
        let (_, plain) = timed(|| score(folder, predictions, Interval::None))?;
        let (_, bootstrapped) =
            timed(|| score(folder, predictions, Interval::Bootstrap(Bootstrap::default())))?;
        let (_, unpacked) = timed(|| peers::gunzip(predictions))?;
        let (_, scanned) = timed(|| peers::lines(&files))?;
        let (_, multiplied) =
            timed(|| Ok(black_box(peers::sums_of_products(columns, ids, resamples))))?;
        add(&mut without, plain.wall, plain.cpu);
        add(&mut with, bootstrapped.wall, bootstrapped.cpu);
        add(&mut added, bootstrapped.wall - plain.wall, bootstrapped.cpu - plain.cpu);
        add(&mut gunzip, unpacked.wall, unpacked.cpu);
        add(&mut limit, unpacked.wall + scanned.wall, unpacked.cpu + scanned.cpu);
        add(&mut products, multiplied.wall, multiplied.cpu);
        f1s.runs.push(f1);
        from_folder.runs.push(peak_memory(folder, predictions)?);
        from_archive.runs.push(peak_memory(archive, predictions)?);
    }
    with.note = Some(format!(
        "Submission: {} rows of {} locales, {} words, {} gold and {} predicted slots.",
        document.all.utterances,
        document.coverage.locales_scored,
        document.all.words,
        document.all.slots.gold,
        document.all.slots.predicted,
    ));
    [with, without, added, products, gunzip, limit, f1s, from_folder, from_archive]
        .iter()
        .try_for_each(Measured::print)
}

/// Adds a run that took so many seconds, of the clock and of the processors.
fn add(result: &mut Measured, wall: f64, cpu: f64) {
    result.runs.push(wall);
    result.cpu.push(cpu);
}

/// The corpus as the submission needs it: its locales in partition `test`.
fn test_rows(corpus: &Path, locales: &LocaleSet) -> Result<Corpus> {
    Ok(Corpus::open(corpus)?
        .select(Selection { locales: locales.clone().into(), partition: Some(Partition::Test) }))
}

fn submission(predictions: &Path) -> Result<Submission> {
    let (submission, bad) = Submission::read(&PredictionFiles::open(&[predictions.to_owned()])?)?;
    match bad.examples.first() {
        None => Ok(submission),
        Some(error) => Err(error.to_string().into()),
    }
}

/// Everything from the files to the finished document.
fn score(corpus: &Path, predictions: &Path, interval: Interval) -> Result<ScoreDocument> {
    let submission = submission(predictions)?;
    let evaluation = Evaluation::run(
        &test_rows(corpus, submission.locales())?,
        &submission,
        Partition::Test,
        LabelMode::Reference,
        MissingRows::Error,
    )?;
    let problems = &evaluation.problems;
    if !(problems.missing.is_empty() && problems.unknown.is_empty()) {
        return Err("the predictions are not those of partition test, row by row".into());
    }
    Ok(evaluation.document(&ScoreOptions {
        interval,
        groupings: Grouping::ALL.into(),
        ..ScoreOptions::default()
    }))
}

/// The peak memory in MB of a process that does one scoring.
fn peak_memory(corpus: &Path, predictions: &Path) -> Result<f64> {
    let output = Command::new(std::env::current_exe()?)
        .args([PEAK_MEMORY.as_ref(), corpus, predictions])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}

/// Scores with the bootstrap and prints the peak resident memory of this
/// process in MB.
pub(crate) fn print_peak_memory(corpus: &Path, predictions: &Path) -> Result<()> {
    score(corpus, predictions, Interval::Bootstrap(Bootstrap::default()))?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"))
        .ok_or("this system does not tell a process its peak memory")?;
    println!("{}", peak.trim().parse::<f64>()? * 1024.0 / 1e6);
    Ok(())
}

/// Writes the predictions of a second system: those of the first, with another
/// intent in one row of 31 and no slots in one row of 13.
pub(crate) fn second_system(predictions: &Path) -> Result<()> {
    let text = std::fs::read_to_string(predictions)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for (number, line) in text.lines().enumerate() {
        let mut row: serde_json::Value = serde_json::from_str(line)?;
        if number % 31 == 0 {
            row["pred_intent"] = "general_quirky".into();
        }
        if number % 13 == 0 {
            let words: Vec<&str> =
                row["utt"].as_array().into_iter().flatten().filter_map(|w| w.as_str()).collect();
            row["pred_annot_utt"] = words.join(" ").into();
        }
        writeln!(out, "{row}")?;
    }
    Ok(out.flush()?)
}

/// Writes the gold and predicted labels of every row that [`score`] counts,
/// one label a gold word.
pub(crate) fn dump_labels(folder: &Path, predictions: &Path) -> Result<()> {
    let submission = submission(predictions)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    test_rows(folder, submission.locales())?.for_each(
        |utterance| {
            let key = (utterance.locale(), utterance.id().clone());
            let prediction = submission.find(&key).map(|index| &submission.predictions()[index]);
            Ok(labels_as_json(&utterance, prediction))
        },
        |_, line| {
            let line = line.ok_or_else(|| massive_data::Error::line("no labels"))?;
            writeln!(out, "{line}").map_err(|error| massive_data::Error::request(error.to_string()))
        },
    )?;
    Ok(out.flush()?)
}

fn labels_as_json(
    utterance: &Utterance<'_>,
    prediction: Option<&StoredPrediction>,
) -> Option<String> {
    #[derive(Serialize)]
    struct Line<'a> {
        gold: Vec<&'a str>,
        predicted: Vec<&'a str>,
    }
    fn names(labels: Vec<Option<&SlotName>>) -> Vec<&str> {
        labels.into_iter().map(|label| label.map_or(OTHER, SlotName::as_str)).collect()
    }
    let (words, gold): (Vec<&str>, Vec<_>) =
        utterance.labelled_words(LabelMode::Reference)?.into_iter().unzip();
    let predicted = prediction?.slots.as_ref()?.labels(utterance.locale().segmentation());
    let (predicted, _) = align(&words, &predicted);
    serde_json::to_string(&Line { gold: names(gold), predicted: names(predicted) }).ok()
}
