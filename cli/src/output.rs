//! Where results go: standard output, or files that appear whole or not at all.

use std::fs::{File, Permissions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::args::{ColorChoice, Global};
use crate::failure::{Failure, Result};

/// Prints a result.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::stdout)
}

/// Prints an error. There is nobody left to tell if that fails.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {message}");
}

/// Prints a remark, unless told to be quiet.
pub(crate) fn remark(global: &Global, message: &str) {
    if !global.quiet {
        let _ = writeln!(io::stderr().lock(), "{message}");
    }
}

/// Whether results on standard output are coloured.
pub(crate) fn coloured(global: &Global) -> bool {
    match global.color {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            io::stdout().is_terminal() && !set("NO_COLOR") && !dumb
        }
    }
}

/// Columns of the terminal: of the real one, as `COLUMNS` says, or 80.
pub(crate) fn width() -> u16 {
    let from_environment = || std::env::var("COLUMNS").ok()?.parse().ok();
    terminal_size::terminal_size_of(io::stdout())
        .map(|(width, _)| width.0)
        .or_else(from_environment)
        .unwrap_or(80)
}

/// What the name of a file says about its form.
pub(crate) fn extension(path: Option<&Path>) -> Option<&str> {
    path?.extension()?.to_str()
}

/// A file that appears under its name once it is complete.
///
/// It is created when the command starts, so that an unwritable place is known
/// before the work, and vanishes if the command fails.
pub(crate) struct PendingFile {
    path: PathBuf,
    target: Target,
}

enum Target {
    Replace(NamedTempFile),
    /// A device or pipe has no name to be renamed to.
    Direct(File),
}

impl PendingFile {
    /// Prepares a file.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let failed = |error: io::Error| {
            Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
        };
        let metadata = std::fs::metadata(path).ok();
        if metadata.as_ref().is_some_and(std::fs::Metadata::is_dir) {
            return Err(Failure::CannotRun(format!(
                "{} is a folder; name a file in it",
                path.display()
            )));
        }
        let target = match metadata {
            Some(metadata) if !metadata.is_file() => {
                Target::Direct(File::options().write(true).open(path).map_err(failed)?)
            }
            _ => {
                let folder = match path.parent() {
                    Some(parent) if !parent.as_os_str().is_empty() => parent,
                    _ => Path::new("."),
                };
                let mut builder = tempfile::Builder::new();
                let builder = builder.prefix(".massive-");
                Target::Replace(permitted(builder).tempfile_in(folder).map_err(failed)?)
            }
        };
        Ok(PendingFile { path: path.to_owned(), target })
    }

    /// Fills the file and gives it its name.
    pub(crate) fn finish(self, write: impl FnOnce(&mut dyn Write) -> Result<()>) -> Result<()> {
        let failed = |path: &Path, error: io::Error| {
            Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
        };
        match self.target {
            Target::Direct(file) => {
                let mut out = io::BufWriter::new(file);
                write(&mut out)?;
                out.flush().map_err(|error| failed(&self.path, error))
            }
            Target::Replace(mut file) => {
                let mut out = io::BufWriter::new(file.as_file_mut());
                write(&mut out)?;
                out.flush().map_err(|error| failed(&self.path, error))?;
                drop(out);
                file.as_file().sync_all().map_err(|error| failed(&self.path, error))?;
                file.persist(&self.path).map(drop).map_err(|error| failed(&self.path, error.error))
            }
        }
    }

    /// Fills the file with a text.
    pub(crate) fn finish_with(self, text: &[u8]) -> Result<()> {
        let path = self.path.clone();
        self.finish(|out| {
            out.write_all(text).map_err(|error| {
                Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
            })
        })
    }
}

/// Temporary files are private by default; these become ordinary ones.
#[cfg(unix)]
fn permitted<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(0o666))
}

#[cfg(not(unix))]
fn permitted<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
