//! The one library of this process.

use std::collections::VecDeque;
use std::ffi::CStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ort::LoadDynamicError;
use ort::environment::Environment;
use ort::logging::LogLevel;

use crate::runtime::{OLDEST_VERSION, Place};

/// A loaded library of ONNX Runtime.
#[derive(Debug)]
pub struct Library {
    /// Its file.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
    /// Where it was found.
    pub place: Place,
    pub(crate) environment: Environment,
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ONNX Runtime {} ({})", self.version, self.path.display())
    }
}

impl Library {
    /// What the library says of how it was built.
    pub fn build(&self) -> &'static str {
        ort::info()
    }
}

/// The library in use. It is never dropped: ONNX Runtime does not survive being
/// taken down while a thread of it lives.
static LOADED: Mutex<Option<Arc<Library>>> = Mutex::new(None);

/// What the library complained about lately. It would print it otherwise.
static COMPLAINTS: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// How many complaints are kept.
const KEPT_COMPLAINTS: usize = 16;

/// Loads the library, or says why not.
pub(super) fn load(path: &Path, place: Place) -> Result<Arc<Library>, String> {
    let mut loaded = LOADED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(library) = &*loaded {
        let same = |a: &Path, b: &Path| {
            a == b || matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
        };
        return if same(&library.path, path) || place == Place::System {
            Ok(Arc::clone(library))
        } else {
            Err(format!(
                "{} is in use already, and a process can use one library only",
                library.path.display()
            ))
        };
    }
    if place != Place::System {
        let metadata = path.metadata().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })?;
        if metadata.is_dir() {
            return Err("there is no library of ONNX Runtime in this folder".to_owned());
        }
    }
    // The binding would take a relative path for one beside the executable.
    let path = &match place {
        Place::System => path.to_owned(),
        _ => std::path::absolute(path).map_err(|error| error.to_string())?,
    };
    let environment = ort::init_from(path)
        .map_err(refusal)?
        // Nobody is told what runs here.
        .with_telemetry(false)
        .with_name("massive")
        .with_logger(Arc::new(|level, _category: &str, _id: &str, _place: &str, message: &str| {
            if level >= LogLevel::Error {
                let mut kept = COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() == KEPT_COMPLAINTS {
                    kept.pop_front();
                }
                kept.push_back(message.to_owned());
            }
        }))
        .build()
        .map_err(|error| format!("it could not be set up: {error}"))?;
    environment.set_log_level(LogLevel::Error);
    let version = version(path).unwrap_or_else(|| "of unknown version".to_owned());
    let path = match place {
        Place::System => mapped(path).unwrap_or_else(|| path.to_owned()),
        _ => path.clone(),
    };
    let library = Arc::new(Library { path, version, place, environment });
    *loaded = Some(Arc::clone(&library));
    Ok(library)
}

/// What the library complained about since this was last asked.
pub(super) fn complaints() -> Vec<String> {
    COMPLAINTS.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
}

fn refusal(error: LoadDynamicError) -> String {
    match error {
        LoadDynamicError::Dlopen { error, path } => {
            // The loader's own words, without the name, which the reader has.
            let source = std::error::Error::source(&error);
            let words = source.map_or_else(|| error.to_string(), ToString::to_string);
            let words = words.strip_prefix(&format!("{}: ", path.display())).unwrap_or(&words);
            format!("it cannot be loaded: {words}")
        }
        LoadDynamicError::MissingApi { .. } => {
            "it is a library, but not that of ONNX Runtime".to_owned()
        }
        LoadDynamicError::InvalidVersionString => "it does not say which version it is".to_owned(),
        LoadDynamicError::BadVersion { version_str, .. } => {
            format!("it is version {version_str}; {OLDEST_VERSION} or newer is needed")
        }
    }
}

/// True if the reason is that the loader finds no such library.
pub(super) fn is_absence(reason: &str) -> bool {
    ["cannot open shared object file: No such file", "no such file", "could not be found"]
        .iter()
        .any(|sign| reason.contains(sign))
}

/// The version as the library itself says it, to the last digit; the binding
/// looks at it and does not hand it on.
#[allow(unsafe_code)]
fn version(path: &Path) -> Option<String> {
    type Base = unsafe extern "C" fn() -> *const ort::sys::OrtApiBase;
    // SAFETY: the binding has loaded this very file a moment ago and keeps it, so
    // that opening it runs no code; it has checked the symbol and called both
    // functions. Both live as long as the library, which is never closed.
    let text = unsafe {
        let library = libloading::Library::new(path).ok()?;
        let base: libloading::Symbol<'_, Base> = library.get(b"OrtGetApiBase").ok()?;
        let base = base().as_ref()?;
        let text = (base.GetVersionString)();
        if text.is_null() {
            return None;
        }
        CStr::from_ptr(text).to_owned()
    };
    text.into_string().ok()
}

/// The file that the loader found under this name.
fn mapped(name: &Path) -> Option<PathBuf> {
    let name = name.to_str()?;
    let maps = std::fs::read_to_string("/proc/self/maps").ok()?;
    let line = maps
        .lines()
        .find(|line| line.rsplit('/').next().is_some_and(|file| file.starts_with(name)))?;
    Some(PathBuf::from(line.get(line.find('/')?..)?))
}
