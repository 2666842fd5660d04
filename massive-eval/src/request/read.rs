//! Reading the predictions of a request.

use std::path::{Path, PathBuf};

use massive_data::{Corpus, LocaleFilter, PredictionFiles};

use crate::error::{Error, Result};
use crate::submission::{BadLines, Submission};

use super::{Obstacle, Reading, ReadingObserver, Rows, Unfit};

/// Reads all predictions of a system, and lists the lines that are none.
pub(super) fn read(
    paths: &[PathBuf],
    rows: &Rows,
    observer: &dyn ReadingObserver,
) -> Result<(Submission, BadLines)> {
    let stdin = |path: &Path| path.as_os_str() == "-";
    if stdin(&rows.source.path) && paths.iter().any(|path| stdin(path)) {
        return Err(Error::request(
            "predictions and corpus cannot both come from standard input (-)",
        ));
    }
    let all = rows.selection(&rows.locales.chosen(LocaleFilter::ALL)?);
    let options = rows.source.form_options(&all);
    let open = || -> massive_data::Result<Corpus> {
        Ok(Corpus::open_with(&rows.source.path, &options)?.select(all.clone()))
    };
    let mut files = PredictionFiles::open_with(paths, &options, Some(&open))?;
    let progress = observer.begin(Reading::Predictions, files.recognised(), files.size());
    if let Some(progress) = progress {
        files = files.on_progress(progress);
    }
    let read = Submission::read(&files)?;
    observer.end(Reading::Predictions);
    Ok(read)
}

/// Reads all predictions of a system that is to be scored: lines that are none
/// stop it, and so does having none.
pub(super) fn read_whole(
    paths: &[PathBuf],
    rows: &Rows,
    observer: &dyn ReadingObserver,
) -> Result<Submission> {
    let (submission, bad_lines) = read(paths, rows, observer)?;
    let BadLines { count, examples } = bad_lines;
    if let Some(first) = examples.into_iter().next() {
        return Err(Unfit::of(Obstacle::Unreadable { first, more: count - 1 }).into());
    }
    if submission.predictions().is_empty() {
        let files = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Unfit::of(Obstacle::NoPredictions { files }).into());
    }
    Ok(submission)
}

/// Reads the predictions of several systems, a file or folder each.
pub(super) fn read_systems(
    paths: &[PathBuf],
    rows: &Rows,
    observer: &dyn ReadingObserver,
) -> Result<Vec<Submission>> {
    if paths.iter().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Error::request("only one system can come from standard input (-)"));
    }
    paths.iter().map(|path| read_whole(std::slice::from_ref(path), rows, observer)).collect()
}

/// The systems' names: of their files, with the folder where that is not enough.
pub(super) fn system_names(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| {
        path.file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into())
    };
    let short: Vec<String> = paths.iter().map(name).collect();
    let is_alone = |name: &String| short.iter().filter(|other| *other == name).count() == 1;
    short
        .iter()
        .zip(paths)
        .map(|(name, path)| if is_alone(name) { name.clone() } else { path.display().to_string() })
        .collect()
}
