//! The one error of this crate.

use std::fmt;
use std::path::Path;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file of a model cannot be read, or is not what it should be.
    Model,
    /// The rows cannot be learned from.
    Rows,
    /// What was asked for does not exist or contradicts itself.
    Request,
    /// The work was told to stop.
    Stopped,
    /// An error of the corpus or of predictions.
    Data,
}

/// What went wrong, in which file, what was expected and what to do.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: Kind, message: String) -> Self {
        Error { kind, message, source: None }
    }

    /// An error about a file of a model.
    pub(crate) fn model(path: &Path, message: impl fmt::Display) -> Self {
        Self::new(Kind::Model, format!("{}: {message}", path.display()))
    }

    /// An error about the rows to learn from.
    pub(crate) fn rows(message: impl Into<String>) -> Self {
        Self::new(Kind::Rows, message.into())
    }

    /// An error about what was asked for.
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(Kind::Request, message.into())
    }

    pub(crate) fn stopped() -> Self {
        Self::new(Kind::Stopped, "interrupted; nothing was written".to_owned())
    }

    /// True if a file of a model is at fault.
    pub fn is_model(&self) -> bool {
        self.kind == Kind::Model
    }

    /// True if the rows cannot be learned from.
    pub fn is_rows(&self) -> bool {
        self.kind == Kind::Rows
    }

    /// True if the work was told to stop.
    pub fn is_stopped(&self) -> bool {
        self.kind == Kind::Stopped
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

impl From<massive_data::Error> for Error {
    fn from(error: massive_data::Error) -> Self {
        let message = error.to_string();
        Error { kind: Kind::Data, message, source: Some(Box::new(error)) }
    }
}
