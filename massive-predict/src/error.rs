//! The one error of this crate.

use std::fmt;
use std::io;
use std::path::Path;

/// What kind of thing went wrong, for who has to act on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The predictor failed.
    Predictor,
    /// The device has no memory left for a batch of this size; a smaller one may
    /// pass.
    OutOfMemory,
    /// What was asked for does not exist or contradicts itself.
    Request,
    /// An error of the corpus.
    Data,
    /// A result could not be written; the source is the [`io::Error`].
    Output,
    /// An output is left from a run that was not finished.
    Unfinished,
    /// There is no unfinished output.
    NothingToResume,
    /// The unfinished output was begun with another model, corpus or option.
    Changed,
    /// The unfinished output is damaged, or not of these rows.
    Damaged,
}

/// What went wrong, in which file, and what was expected.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error(Box::new(Inner { kind, message: message.into(), source: None }))
    }

    /// An error of a predictor.
    pub fn predictor(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Predictor, message)
    }

    /// The device has no memory left; a smaller batch may pass.
    pub fn out_of_memory(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::OutOfMemory, message)
    }

    /// An error about what was asked for.
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, message)
    }

    /// A result cannot be written to a stream.
    pub fn output(error: io::Error) -> Self {
        Self::new(ErrorKind::Output, format!("the output cannot be written: {error}"))
            .with_source(error)
    }

    /// A file cannot be written.
    pub(crate) fn unwritable(path: &Path, error: io::Error) -> Self {
        let message = format!("{} cannot be written: {error}", path.display());
        Self::new(ErrorKind::Output, message).with_source(error)
    }

    /// The same error with what caused it.
    #[must_use]
    pub fn with_source(
        mut self,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Its kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<massive_data::Error> for Error {
    fn from(error: massive_data::Error) -> Self {
        Self::new(ErrorKind::Data, error.to_string()).with_source(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}
