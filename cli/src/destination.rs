//! Where a result is going to, and in which form.

use crate::args::{Global, OutputArgs, ResultForm};
use crate::failure::Result;
use crate::form;
use crate::output::{self, PendingFile};

/// Where a result is going to.
pub(crate) struct Destination<F> {
    /// The form that it is to have.
    pub(crate) form: F,
    file: Option<PendingFile>,
}

impl<F: ResultForm> Destination<F> {
    /// Decides on the form and prepares the file, so that a wrong or unwritable one
    /// is known before the work.
    ///
    /// # Errors
    /// Those of [`form_of`]; a file that cannot be written.
    pub(crate) fn prepare(args: &OutputArgs<F>) -> Result<Self> {
        let form = form_of(args)?;
        let file = args.file.as_deref().map(PendingFile::create).transpose()?;
        Ok(Destination { form, file })
    }

    /// True if it goes to a file.
    pub(crate) fn is_file(&self) -> bool {
        self.file.is_some()
    }

    /// How wide tables may be: as standard output, or as `in_file`.
    pub(crate) fn width(&self, in_file: u16) -> u16 {
        if self.is_file() { in_file } else { output::width() }
    }

    /// Whether it has colours.
    pub(crate) fn coloured(&self, global: &Global) -> bool {
        !self.is_file() && output::coloured(global)
    }

    /// Writes the result.
    pub(crate) fn write(self, result: impl AsRef<[u8]>) -> Result<()> {
        match self.file {
            Some(file) => file.finish_with(result.as_ref()),
            None => output::print_bytes(result.as_ref()),
        }
    }
}

/// The form of a result, asked for or by the name of its file.
///
/// # Errors
/// A name that says another form; a form that needs a file, without one.
pub(crate) fn form_of<F: ResultForm>(args: &OutputArgs<F>) -> Result<F> {
    let usual = F::SUFFIXES[0].1;
    let form = form::chosen(args.format, args.file.as_deref(), F::SUFFIXES, usual)?;
    if form.needs_file() && args.file.is_none() {
        return Err(form::no_file());
    }
    Ok(form)
}
