//! The form of a result, and where it goes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// The forms that a result can have.
pub(crate) trait ResultForm: ValueEnum + Copy + PartialEq + Send + Sync + 'static {
    /// The suffixes of files, in lower case and without the dot, with their forms.
    /// The first form is the usual one.
    const SUFFIXES: &'static [(&'static str, Self)];

    /// True for a form that is no text, and so needs a file.
    fn needs_file(self) -> bool {
        false
    }
}

/// The form of a result, and where it goes.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs<F: ResultForm> {
    /// The form of the result (default: by the suffix of --output, else the first)
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<F>,

    /// Write the result to a file instead of standard output
    #[arg(id = "output", long = "output", short, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}
