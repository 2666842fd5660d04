//! The one error of this crate.

use std::fmt;
use std::path::Path;

/// What kind of thing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for contradicts itself or cannot be done.
    Request,
    /// The endpoint refused, or said what cannot be understood.
    Endpoint,
    /// A prompt could not be made of its template.
    Template,
    /// A log or another file could not be read or written.
    File,
    /// The limit of what may be spent was reached.
    Budget,
}

/// What went wrong, what was expected and what to do. Holds no key.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into() }
    }

    /// An error about what was asked for.
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Request, message)
    }

    pub(crate) fn endpoint(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Endpoint, message)
    }

    pub(crate) fn file(path: &Path, error: impl fmt::Display) -> Self {
        Self::new(ErrorKind::File, format!("{}: {error}", path.display()))
    }

    /// What kind of thing went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<massive_data::Error> for Error {
    fn from(error: massive_data::Error) -> Self {
        Self::new(ErrorKind::File, error.to_string())
    }
}

impl From<minijinja::Error> for Error {
    fn from(error: minijinja::Error) -> Self {
        // The alternate form has the causes.
        let place = match (error.name(), error.line()) {
            (Some(name), Some(line)) => format!("template {name}, line {line}: "),
            _ => String::new(),
        };
        let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
        Self::new(ErrorKind::Template, format!("{place}{}{detail}", error.kind()))
    }
}

/// At most this many characters of a text, on one line, for messages.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &one_line[..end]),
        None => one_line,
    }
}
