//! How a command can end other than well.

use std::io;

use massive_data::Place;

/// Why a command did not succeed; each kind has its exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It ran, and what it checked does not hold: exit code 1.
    CheckFailed(String),
    /// It could not run: exit code 2.
    CannotRun(String),
    /// One of the two, for something at a known place in a file.
    AtPlace {
        /// 1 or 2.
        exit_code: u8,
        /// What is wrong and what to do about it.
        message: String,
        /// Where.
        place: Place,
    },
    /// Whoever read the output has enough of it: exit code 0.
    ClosedPipe,
}

pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<massive_data::Error> for Failure {
    fn from(error: massive_data::Error) -> Self {
        Failure::at(with_flags(&error.to_string()), error.place())
    }
}

impl From<massive_eval::Error> for Failure {
    fn from(error: massive_eval::Error) -> Self {
        if let Some(unfit) = error.as_unfit() {
            let message = with_flags(&unfit.text(crate::commands::submission::hint));
            return Failure::check_failed_at(message, unfit.place());
        }
        let place = error.as_data().and_then(massive_data::Error::place);
        Failure::at(with_flags(&error.to_string()), place)
    }
}

impl From<massive_compress::Error> for Failure {
    fn from(error: massive_compress::Error) -> Self {
        Failure::CannotRun(error.to_string())
    }
}

impl From<massive_learn::Error> for Failure {
    fn from(error: massive_learn::Error) -> Self {
        Failure::CannotRun(error.to_string())
    }
}

impl From<massive_lm::Error> for Failure {
    fn from(error: massive_lm::Error) -> Self {
        Failure::CannotRun(error.to_string())
    }
}

impl From<massive_models::Error> for Failure {
    fn from(error: massive_models::Error) -> Self {
        Failure::CannotRun(with_flags(&error.to_string()))
    }
}

impl From<massive_predict::Error> for Failure {
    fn from(error: massive_predict::Error) -> Self {
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
        if error.kind() == massive_predict::ErrorKind::Output && source.is_some_and(is_closed_pipe)
        {
            return Failure::ClosedPipe;
        }
        let hint = crate::commands::predict::hint(error.kind());
        Failure::CannotRun(with_flags(&format!("{error}{hint}")))
    }
}

impl Failure {
    /// It could not run, for something at this place, where it is known.
    pub(crate) fn at(message: String, place: Option<&Place>) -> Self {
        match place {
            Some(place) => Failure::AtPlace { exit_code: 2, message, place: place.clone() },
            None => Failure::CannotRun(message),
        }
    }

    /// What it checked does not hold, at this place, where it is known.
    pub(crate) fn check_failed_at(message: String, place: Option<&Place>) -> Self {
        match place {
            Some(place) => Failure::AtPlace { exit_code: 1, message, place: place.clone() },
            None => Failure::CheckFailed(message),
        }
    }

    /// An error of reading a corpus or of writing it to standard output.
    pub(crate) fn of_stdout(error: massive_data::Error) -> Self {
        let source = std::error::Error::source(&error).and_then(|source| source.downcast_ref());
        match source {
            Some(source) if error.is_output() && is_closed_pipe(source) => Failure::ClosedPipe,
            _ => error.into(),
        }
    }

    /// An error while writing to standard output.
    pub(crate) fn stdout(error: io::Error) -> Self {
        if is_closed_pipe(&error) {
            return Failure::ClosedPipe;
        }
        Failure::CannotRun(format!("standard output cannot be written: {error}"))
    }
}

/// The options and commands that a library names, as they are typed: `(option
/// in-order)` is `(--in-order)`, `(command runtime install)` is `(massive runtime
/// install)`.
pub(crate) fn with_flags(message: &str) -> String {
    message.replace("(option ", "(--").replace("(command ", "(massive ")
}

fn is_closed_pipe(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}
