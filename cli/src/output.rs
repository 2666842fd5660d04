//! Where results go: standard output, or files that appear whole or not at all.

use std::cell::RefCell;
use std::fs::{File, Permissions};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, TempDir};

use crate::args::{ColorChoice, Global};
use crate::failure::{Failure, Result, with_flags};

/// What a command would print that is not run in a terminal.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    /// Results.
    pub(crate) results: String,
    /// Remarks.
    pub(crate) remarks: Vec<String>,
}

thread_local! {
    /// Takes what a command of this thread prints, where it is not printed.
    static KEPT: RefCell<Option<Printed>> = const { RefCell::new(None) };
}

/// Runs a command whose output is kept instead of printed.
pub(crate) fn kept<T>(command: impl FnOnce() -> T) -> (T, Printed) {
    /// Ends it also where the command panics.
    struct Ended;
    impl Drop for Ended {
        fn drop(&mut self) {
            KEPT.set(None);
        }
    }
    KEPT.set(Some(Printed::default()));
    let ended = Ended;
    let result = command();
    let printed = KEPT.take().unwrap_or_default();
    drop(ended);
    (result, printed)
}

/// Whether this thread's output is kept: there is no terminal then.
pub(crate) fn is_kept() -> bool {
    KEPT.with_borrow(Option::is_some)
}

/// Hands a text to what keeps the output, if something does.
fn keep(take: impl FnOnce(&mut Printed)) -> bool {
    KEPT.with_borrow_mut(|kept| kept.as_mut().map(take).is_some())
}

/// Prints a result.
pub(crate) fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints a result that need not be text.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<()> {
    if keep(|printed| printed.results.push_str(&String::from_utf8_lossy(bytes))) {
        return Ok(());
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(Failure::stdout)
}

/// Prints an error. There is nobody left to tell if that fails.
pub(crate) fn complain(message: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {message}");
}

/// Prints a remark, unless told to be quiet.
pub(crate) fn remark(global: &Global, message: &str) {
    // What is said may come from a library, which names no flags.
    let message = with_flags(message);
    if !global.quiet && !keep(|printed| printed.remarks.push(message.clone())) {
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
        demand_folder_of(path)?;
        let failed = |error: io::Error| cannot_be_written(path, error);
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
                let mut builder = tempfile::Builder::new();
                let builder = permitted(builder.prefix(PREFIX), 0o666);
                Target::Replace(builder.tempfile_in(parent_of(path)).map_err(failed)?)
            }
        };
        Ok(PendingFile { path: path.to_owned(), target })
    }

    /// Fills the file and gives it its name.
    pub(crate) fn finish(
        self,
        write: impl FnOnce(&mut (dyn Write + Send)) -> Result<()>,
    ) -> Result<()> {
        match self.target {
            Target::Direct(file) => {
                let mut out = io::BufWriter::new(file);
                write(&mut out)?;
                out.flush().map_err(|error| cannot_be_written(&self.path, error))
            }
            Target::Replace(mut file) => {
                let mut out = io::BufWriter::new(file.as_file_mut());
                write(&mut out)?;
                out.flush().map_err(|error| cannot_be_written(&self.path, error))?;
                drop(out);
                file.as_file().sync_all().map_err(|error| cannot_be_written(&self.path, error))?;
                file.persist(&self.path)
                    .map(drop)
                    .map_err(|error| cannot_be_written(&self.path, error.error))
            }
        }
    }

    /// Fills the file with a text.
    pub(crate) fn finish_with(self, text: &[u8]) -> Result<()> {
        let path = self.path.clone();
        self.finish(|out| out.write_all(text).map_err(|error| cannot_be_written(&path, error)))
    }
}

/// A file that appears under a name that nobody has.
pub(crate) struct NewFile;

impl NewFile {
    /// Writes a file whole, or not at all if the name is taken by then.
    pub(crate) fn write(path: &Path, text: &[u8]) -> Result<()> {
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => Failure::CannotRun(format!(
                "{} exists already; --force replaces it",
                path.display()
            )),
            _ => cannot_be_written(path, error),
        };
        let mut builder = tempfile::Builder::new();
        let builder = permitted(builder.prefix(PREFIX), 0o666);
        let mut file = builder.tempfile_in(parent_of(path)).map_err(failed)?;
        file.write_all(text).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(path).map(drop).map_err(|error| failed(error.error))
    }
}

/// What the names of unfinished files and folders start with.
const PREFIX: &str = ".massive-";

/// The folder in which `path` lies.
pub(crate) fn parent_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Refuses an output whose folder is not there.
pub(crate) fn demand_folder_of(path: &Path) -> Result<()> {
    let folder = parent_of(path);
    match std::fs::metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => Err(Failure::CannotRun(format!(
            "{} cannot be written: {} is no folder",
            path.display(),
            folder.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Failure::CannotRun(format!(
            "{} cannot be written: there is no folder {}; make it first",
            path.display(),
            folder.display()
        ))),
        _ => Ok(()),
    }
}

/// Refuses to write over a file unless that was asked for.
pub(crate) fn refuse_existing(path: &Path, force: bool) -> Result<()> {
    let is_there = path.symlink_metadata().is_ok_and(|metadata| {
        // Devices and pipes are written to, not replaced.
        metadata.is_file() || metadata.is_dir() || metadata.is_symlink()
    });
    if is_there && !force {
        return Err(Failure::CannotRun(format!(
            "{} exists already; --force replaces it",
            path.display()
        )));
    }
    Ok(())
}

/// A folder that appears under its name once it is complete, and vanishes if the
/// command fails.
pub(crate) struct PendingFolder {
    path: PathBuf,
    folder: TempDir,
}

impl PendingFolder {
    /// Prepares a folder. With `force` it replaces one that holds nothing but
    /// names of `ours`.
    pub(crate) fn create(path: &Path, force: bool, ours: impl Fn(&str) -> bool) -> Result<Self> {
        refuse_existing(path, force)?;
        demand_folder_of(path)?;
        let failed = |error: io::Error| cannot_be_written(path, error);
        if path.symlink_metadata().is_ok() {
            if !path.is_dir() {
                return Err(Failure::CannotRun(format!(
                    "{} is not a folder and is not replaced by one; remove it or name another",
                    path.display()
                )));
            }
            for entry in std::fs::read_dir(path).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                if !name.to_str().is_some_and(&ours) {
                    return Err(Failure::CannotRun(format!(
                        "{} is not replaced: it holds {}, which this command does not write; \
                         remove it or name another folder",
                        path.display(),
                        name.display()
                    )));
                }
            }
        }
        let mut builder = tempfile::Builder::new();
        let builder = permitted(builder.prefix(PREFIX), 0o777);
        let folder = builder.tempdir_in(parent_of(path)).map_err(failed)?;
        Ok(PendingFolder { path: path.to_owned(), folder })
    }

    /// Where its files are written.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder its name.
    pub(crate) fn finish(self) -> Result<()> {
        let failed = |error: io::Error| cannot_be_written(&self.path, error);
        // A folder cannot be renamed onto another that holds something, so the
        // old one steps aside first, into a folder that vanishes.
        let aside = tempfile::Builder::new()
            .prefix(PREFIX)
            .tempdir_in(parent_of(&self.path))
            .map_err(failed)?;
        let old = aside.path().join("old");
        let replaced = self.path.is_dir();
        if replaced {
            std::fs::rename(&self.path, &old).map_err(failed)?;
        }
        if let Err(error) = std::fs::rename(self.folder.path(), &self.path) {
            if replaced {
                let _ = std::fs::rename(&old, &self.path);
            }
            return Err(failed(error));
        }
        let _ = self.folder.keep();
        Ok(())
    }
}

pub(crate) fn cannot_be_written(path: &Path, error: io::Error) -> Failure {
    Failure::CannotRun(format!("{} cannot be written: {error}", path.display()))
}

/// Temporary files are private by default; these become ordinary ones.
#[cfg(unix)]
fn permitted<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
    mode: u32,
) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn permitted<'a, 'b>(
    builder: &'a mut tempfile::Builder<'b, 'b>,
    _mode: u32,
) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
