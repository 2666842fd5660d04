//! Who is told what is being read.

use massive_data::{OnProgress, ReadReport, Recognised};

/// What is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// The predictions of a system.
    Predictions,
    /// The corpus.
    Corpus,
}

impl Reading {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Reading::Predictions => "predictions",
            Reading::Corpus => "corpus",
        }
    }
}

/// Is told what is being read while a request runs. What it is not interested in
/// it need not say.
pub trait ReadingObserver {
    /// Files are open, recognised as another form than the usual one if that is
    /// so, and hold so many bytes if that is known. What is returned is called
    /// with the number of bytes that were read so far.
    fn begin(
        &self,
        what: Reading,
        recognised: Option<&Recognised>,
        bytes: Option<u64>,
    ) -> Option<OnProgress> {
        let _ = (what, recognised, bytes);
        None
    }

    /// All of it was read.
    fn end(&self, what: Reading) {
        let _ = what;
    }

    /// Lines of the corpus were skipped, as asked.
    fn skipped(&self, report: &ReadReport) {
        let _ = report;
    }
}

/// Takes no notice.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl ReadingObserver for Silent {}
