//! Plots in files, whose names choose SVG or PNG.

use std::path::Path;

use massive_report::plot;

use crate::failure::{Failure, Result};
use crate::output::PendingFile;

/// A plot's file, until the plot is drawn.
pub(crate) struct PlotFile {
    file: PendingFile,
    form: PlotForm,
}

#[derive(Debug, Clone, Copy)]
enum PlotForm {
    Svg,
    Png,
}

/// The forms of plots, by how their names end.
const FORMS: [(&str, PlotForm); 2] = [("svg", PlotForm::Svg), ("png", PlotForm::Png)];

impl PlotFile {
    /// Prepares the file, so that an unwritable one is known before the work.
    ///
    /// # Errors
    /// Another suffix; a place that cannot be written.
    pub(crate) fn create(path: Option<&Path>) -> Result<Option<PlotFile>> {
        Ok(pending(path, &FORMS)?.map(|(file, form)| PlotFile { file, form }))
    }

    /// Writes a plot that was drawn as SVG.
    pub(crate) fn finish(self, svg: String) -> Result<()> {
        let bytes = match self.form {
            PlotForm::Svg => svg.into_bytes(),
            PlotForm::Png => plot::png(&svg)?,
        };
        self.file.finish_with(&bytes)
    }
}

/// A file whose extension says what goes into it.
pub(crate) fn pending<K: Copy>(
    path: Option<&Path>,
    kinds: &[(&str, K)],
) -> Result<Option<(PendingFile, K)>> {
    let Some(path) = path else { return Ok(None) };
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let kind = kinds.iter().find(|(name, _)| extension.as_deref() == Some(name));
    let Some((_, kind)) = kind else {
        let known: Vec<String> = kinds.iter().map(|(name, _)| format!(".{name}")).collect();
        return Err(Failure::CannotRun(format!(
            "{}: the name must end in {}",
            path.display(),
            known.join(" or ")
        )));
    };
    Ok(Some((PendingFile::create(path)?, *kind)))
}
