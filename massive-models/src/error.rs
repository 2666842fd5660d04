//! The one error of this crate.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A file of a model cannot be read, or is not what it should be.
    Model,
    /// No library or engine can do what was asked for.
    Runtime,
    /// What was asked for does not exist or contradicts itself.
    Request,
    /// The engine failed while it ran a graph.
    Inference,
    /// The device has no memory left for a batch of this size.
    OutOfMemory,
    /// An error of the corpus.
    Data,
}

/// What went wrong, in which file, what was expected and what to do.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    fn new(kind: Kind, message: String) -> Self {
        Error(Box::new(Inner { kind, message, source: None }))
    }

    /// An error about a model folder or a file in it.
    pub fn model(message: impl Into<String>) -> Self {
        Self::new(Kind::Model, message.into())
    }

    /// An error about the library or engine that is to run a model.
    pub fn runtime(message: impl Into<String>) -> Self {
        Self::new(Kind::Runtime, message.into())
    }

    /// An error about what was asked for.
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(Kind::Request, message.into())
    }

    /// An error while a graph ran.
    pub fn inference(message: impl Into<String>) -> Self {
        Self::new(Kind::Inference, message.into())
    }

    /// The device has no memory left; a smaller batch may pass.
    pub fn out_of_memory(message: impl Into<String>) -> Self {
        Self::new(Kind::OutOfMemory, message.into())
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

    /// True if a file of a model is at fault.
    pub fn is_model(&self) -> bool {
        self.0.kind == Kind::Model
    }

    /// True if no library or engine can do what was asked for.
    pub fn is_runtime(&self) -> bool {
        self.0.kind == Kind::Runtime
    }

    /// True if what was asked for does not exist or contradicts itself.
    pub fn is_request(&self) -> bool {
        self.0.kind == Kind::Request
    }

    /// True if a smaller batch may pass.
    pub fn is_out_of_memory(&self) -> bool {
        self.0.kind == Kind::OutOfMemory
    }
}

impl From<massive_data::Error> for Error {
    fn from(error: massive_data::Error) -> Self {
        Self::new(Kind::Data, error.to_string()).with_source(error)
    }
}

impl From<Error> for massive_predict::Error {
    fn from(error: Error) -> Self {
        let kind = match error.0.kind {
            Kind::OutOfMemory => massive_predict::ErrorKind::OutOfMemory,
            Kind::Request => massive_predict::ErrorKind::Request,
            Kind::Data => massive_predict::ErrorKind::Data,
            Kind::Model | Kind::Runtime | Kind::Inference => massive_predict::ErrorKind::Predictor,
        };
        massive_predict::Error::new(kind, error.to_string()).with_source(error)
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
