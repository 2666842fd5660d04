//! The one error of this crate.

use std::fmt;

use crate::request::Unfit;

#[derive(Debug)]
enum Kind {
    Data(massive_data::Error),
    Request,
    Unfit(Unfit),
    Output(Box<dyn std::error::Error + Send + Sync>),
}

/// What went wrong, with what to do about it.
#[derive(Debug)]
pub struct Error(Box<(Kind, String)>);

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error about what was asked for, which cannot be done.
    pub fn request(message: impl Into<String>) -> Self {
        Error(Box::new((Kind::Request, message.into())))
    }

    /// An error while something was written or drawn.
    pub fn output(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Error(Box::new((Kind::Output(source.into()), message.into())))
    }

    /// True if what was asked for cannot be done.
    pub fn is_request(&self) -> bool {
        matches!(self.0.0, Kind::Request)
    }

    /// The error of the corpus or the predictions that this one passes on.
    pub fn as_data(&self) -> Option<&massive_data::Error> {
        match &self.0.0 {
            Kind::Data(error) => Some(error),
            _ => None,
        }
    }
}

impl Error {
    /// Why predictions cannot be scored, if that is what went wrong.
    pub fn as_unfit(&self) -> Option<&Unfit> {
        match &self.0.0 {
            Kind::Unfit(unfit) => Some(unfit),
            _ => None,
        }
    }
}

impl From<Unfit> for Error {
    fn from(unfit: Unfit) -> Self {
        let message = unfit.to_string();
        Error(Box::new((Kind::Unfit(unfit), message)))
    }
}

impl From<massive_data::Error> for Error {
    fn from(error: massive_data::Error) -> Self {
        let message = error.to_string();
        Error(Box::new((Kind::Data(error), message)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.1)?;
        match &self.0.0 {
            Kind::Output(source) => write!(f, ": {source}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.0 {
            Kind::Data(error) => Some(error),
            Kind::Request | Kind::Unfit(_) => None,
            Kind::Output(source) => Some(source.as_ref()),
        }
    }
}
