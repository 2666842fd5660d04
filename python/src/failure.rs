//! Errors as the exceptions of `massive_nlu.exceptions`.

use massive_data::Place;
use pyo3::prelude::*;

/// What an exception says.
#[derive(Debug)]
pub(crate) struct Failure {
    kind: Kind,
    message: String,
    place: Option<Place>,
}

/// Which exception it is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// A file or row that is not what it should be.
    Input,
    /// What was asked for cannot be done.
    Request,
    /// A fault of ours.
    Internal,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl Failure {
    /// A fault of ours.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Failure { kind: Kind::Internal, message: message.into(), place: None }
    }

    /// Something that was asked for and cannot be done.
    pub(crate) fn request(message: impl Into<String>) -> Self {
        Failure { kind: Kind::Request, message: message.into(), place: None }
    }

    /// Raises it.
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        let name = match self.kind {
            Kind::Input => "InputError",
            Kind::Request => "RequestError",
            Kind::Internal => "InternalError",
        };
        let place = self.place.unwrap_or_default();
        let exception = py
            .import("massive_nlu.exceptions")
            .and_then(|errors| errors.getattr(name))
            .and_then(|kind| kind.call1((self.message, place.file, place.line, place.column)));
        exception.map_or_else(|error| error, PyErr::from_value)
    }
}

impl From<massive_data::Error> for Failure {
    fn from(error: massive_data::Error) -> Self {
        let kind = if error.is_request() { Kind::Request } else { Kind::Input };
        Failure { kind, message: error.to_string(), place: error.place().cloned() }
    }
}

impl From<massive_eval::Error> for Failure {
    fn from(error: massive_eval::Error) -> Self {
        let place = error.as_data().and_then(massive_data::Error::place).cloned();
        let kind = if place.is_some() { Kind::Input } else { Kind::Request };
        Failure { kind, message: error.to_string(), place }
    }
}

impl From<massive_cli::CommandError> for Failure {
    fn from(error: massive_cli::CommandError) -> Self {
        let kind = if error.place.is_some() { Kind::Input } else { Kind::Request };
        Failure { kind, message: error.message, place: error.place }
    }
}
