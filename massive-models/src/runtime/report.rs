//! What is to be said of the library and of what it can do here.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::device::Device;
use crate::engine::{Builtin, Engine};
use crate::runtime::{Candidate, Installation, Library, State, cache, providers, survey};

/// The document of `massive runtime info`.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeDocument {
    /// The form of this document.
    pub format: &'static str,
    /// The library that is used; none if there is none that can be.
    pub library: Option<LibraryReport>,
    /// Where it was looked for, in order.
    pub candidates: Vec<CandidateReport>,
    /// The folder of the cache, where `massive runtime install` puts a library.
    pub cache: Option<PathBuf>,
    /// The engine that needs no library.
    pub builtin: String,
    /// The engine that is taken if none is asked for.
    pub auto: &'static str,
}

/// A library and what it can compute on.
#[derive(Debug, Clone, Serialize)]
pub struct LibraryReport {
    /// Its file.
    pub path: PathBuf,
    /// Its version.
    pub version: String,
    /// Where it was found.
    pub place: &'static str,
    /// What it says of how it was built.
    pub build: String,
    /// Its execution providers, and those of NVIDIA that it could have.
    pub providers: Vec<ProviderReport>,
}

/// An execution provider.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderReport {
    /// ONNX Runtime's name of it.
    pub name: &'static str,
    /// How it is asked for as a device, if it can be.
    pub device: Option<&'static str>,
    /// True if it was built into the library.
    pub built_in: bool,
    /// Whether a small graph ran on it; not tried for what cannot be asked for.
    pub works: Option<bool>,
    /// Why it does not work.
    pub reason: Option<String>,
}

/// A place where the library could be.
#[derive(Debug, Clone, Serialize)]
pub struct CandidateReport {
    /// The kind of place.
    pub place: &'static str,
    /// The file, if there is one.
    pub path: Option<PathBuf>,
    /// `taken`, `refused`, `spare` or `absent`.
    pub state: &'static str,
    /// Why it was refused, or is not there.
    pub reason: Option<String>,
}

/// The document of `massive runtime install`.
#[derive(Debug, Clone, Serialize)]
pub struct InstallDocument {
    /// The form of this document.
    pub format: &'static str,
    /// False if it was there before.
    pub new: bool,
    /// The library's file.
    pub library: PathBuf,
    /// Its version.
    pub version: String,
    /// True if it was built for GPUs.
    pub gpu: bool,
    /// The name of the wheel that it came in.
    pub wheel: String,
    /// The wheel's SHA-256.
    pub wheel_sha256: String,
    /// What was taken out of the wheel.
    pub files: Vec<super::wheel::Unpacked>,
}

impl RuntimeDocument {
    /// Looks for the library, loads it and tries what it can compute on. `named`
    /// is the file or folder that somebody asked for.
    pub fn make(named: Option<&Path>) -> Self {
        let search = survey(named);
        RuntimeDocument {
            format: "massive-runtime/1",
            auto: if search.library.is_some() { "onnxruntime" } else { Builtin.name() },
            library: search.library.as_deref().map(describe),
            candidates: search.candidates.iter().map(candidate).collect(),
            cache: cache::folder().ok(),
            builtin: Builtin.description(),
        }
    }
}

impl From<&Installation> for InstallDocument {
    fn from(installation: &Installation) -> Self {
        let manifest = installation.manifest.clone();
        InstallDocument {
            format: "massive-runtime-install/1",
            new: installation.is_new,
            library: installation.library.clone(),
            version: manifest.version,
            gpu: manifest.gpu,
            wheel: manifest.wheel,
            wheel_sha256: manifest.wheel_sha256,
            files: manifest.files,
        }
    }
}

fn describe(library: &Library) -> LibraryReport {
    let built_in = providers::built_in(library);
    let mut reports = Vec::new();
    for (name, device, id) in [
        ("TensorrtExecutionProvider", Device::TensorRt(0), "tensorrt"),
        ("CUDAExecutionProvider", Device::Cuda(0), "cuda"),
        ("CPUExecutionProvider", Device::Cpu, "cpu"),
    ] {
        let tried = providers::check(library, device);
        reports.push(ProviderReport {
            name,
            device: Some(id),
            built_in: built_in.contains(&name),
            works: Some(tried.is_ok()),
            reason: tried.err(),
        });
    }
    for name in built_in {
        if !reports.iter().any(|report| report.name == name) {
            reports.push(ProviderReport {
                name,
                device: None,
                built_in: true,
                works: None,
                reason: None,
            });
        }
    }
    LibraryReport {
        path: library.path.clone(),
        version: library.version.clone(),
        place: library.place.id(),
        build: library.build().to_owned(),
        providers: reports,
    }
}

fn candidate(candidate: &Candidate) -> CandidateReport {
    let (state, reason) = match &candidate.state {
        State::Taken => ("taken", None),
        State::Refused(reason) => ("refused", Some(reason.clone())),
        State::Spare => ("spare", None),
        State::Absent(reason) => ("absent", Some(reason.clone())),
    };
    CandidateReport { place: candidate.place.id(), path: candidate.path.clone(), state, reason }
}
