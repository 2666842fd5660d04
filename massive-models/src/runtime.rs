//! The library of ONNX Runtime: finding it, loading it, installing it, saying
//! what it can do.
//!
//! The library is not part of this crate and no build fetches it. It is looked
//! for when it is needed, in this order, and the first that can be used is taken:
//!
//! 1. the file or folder that was named;
//! 2. the file or folder that `ORT_DYLIB_PATH` names;
//! 3. the [cache](cache::folder), where [`install()`] puts it, newest first, one for
//!    GPUs before one of the same version for CPUs only;
//! 4. the package `onnxruntime` of the active Python environment: that of
//!    `VIRTUAL_ENV` or `CONDA_PREFIX`, else the one that `python3` finds;
//! 5. the folder of the executable;
//! 6. wherever the system's loader looks.
//!
//! A process can use one library: once one is loaded, it stays.

pub mod cache;
mod cuda;
mod file_names;
pub mod install;
pub mod library;
mod places;
pub mod providers;
pub mod report;
mod wheel;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::install::{Installation, Manifest, Wanted, install};
pub use self::library::Library;
pub use self::places::Place;
pub use self::report::{InstallDocument, RuntimeDocument};
pub use self::wheel::Unpacked;
use crate::error::Error;

/// The oldest version that the binding can use.
pub const OLDEST_VERSION: &str = "1.17";

/// What became of a place where the library could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It is the one in use.
    Taken,
    /// It cannot be used, for this reason.
    Refused(String),
    /// It comes after the one in use and was not tried.
    Spare,
    /// There is none, or nobody looked, for this reason.
    Absent(String),
}

/// A place where the library could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The kind of place.
    pub place: Place,
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// What became of it.
    pub state: State,
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} ({})", path.display(), self.place)?,
            None => write!(f, "{}", self.place)?,
        }
        match &self.state {
            State::Taken => f.write_str(": in use"),
            State::Spare => f.write_str(": not needed"),
            State::Refused(reason) | State::Absent(reason) => write!(f, ": {reason}"),
        }
    }
}

/// What a search for the library brought.
#[derive(Debug, Clone)]
pub struct Search {
    /// The library that was taken.
    pub library: Option<Arc<Library>>,
    /// Where it was looked for, in order.
    pub candidates: Vec<Candidate>,
}

impl Search {
    /// The error for somebody who needs the library, where there is none.
    pub fn failure(&self) -> Error {
        if let [only] = self.candidates.as_slice()
            && only.place == Place::Named
        {
            return Error::runtime(format!("ONNX Runtime cannot be used: {only}"));
        }
        let mut message = String::from("no library of ONNX Runtime can be used:");
        for candidate in &self.candidates {
            message.push_str(&format!("\n  {candidate}"));
        }
        message.push_str(
            "\nit can be installed (command runtime install); the built-in engine works without it \
             (option engine builtin)",
        );
        Error::runtime(message)
    }
}

/// Searches for the library and loads it. `named` is the file or folder that
/// somebody asked for: then no other place is tried.
pub fn search(named: Option<&Path>) -> Search {
    look(named, false)
}

/// As [`search`], and lists the places that come after the one that was taken.
pub fn survey(named: Option<&Path>) -> Search {
    look(named, true)
}

fn look(named: Option<&Path>, thorough: bool) -> Search {
    let mut search = Search { library: None, candidates: Vec::new() };
    let places: &[Place] = if named.is_some() { &[Place::Named] } else { Place::SEARCHED };
    for &place in places {
        if search.library.is_some() && !thorough {
            break;
        }
        let files = match place.files(named, search.library.is_some()) {
            Ok(files) => files,
            Err(reason) => {
                let state = State::Absent(reason);
                search.candidates.push(Candidate { place, path: None, state });
                continue;
            }
        };
        for path in files {
            let (path, state) = if search.library.is_some() {
                if !thorough {
                    break;
                }
                (Some(path), State::Spare)
            } else {
                match library::load(&path, place) {
                    Ok(library) => {
                        let path = library.path.clone();
                        search.library = Some(library);
                        (Some(path), State::Taken)
                    }
                    // The loader is asked for several names.
                    Err(reason) if place == Place::System && library::is_absence(&reason) => {
                        (None, State::Absent("none there".to_owned()))
                    }
                    Err(reason) => (Some(path), State::Refused(reason)),
                }
            };
            let candidate = Candidate { place, path, state };
            if search.candidates.last() != Some(&candidate) {
                search.candidates.push(candidate);
            }
            if place == Place::System && search.library.is_some() {
                break;
            }
        }
    }
    search
}
