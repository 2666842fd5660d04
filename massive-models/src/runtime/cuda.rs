//! NVIDIA's libraries from Python packages.
//!
//! The CUDA provider is linked against CUDA and cuDNN by name and says nothing of
//! where they lie. Where they came as Python packages, no loader finds them; once
//! loaded, they are found by their names.

use std::path::{Path, PathBuf};
use std::sync::Once;

use crate::runtime::Library;
use crate::runtime::places;

/// The libraries that the providers need, each after those that it needs itself.
const NEEDED: &[&str] = &[
    "libcudart",
    "libnvJitLink",
    "libcublasLt",
    "libcublas",
    "libnvrtc",
    "libcurand",
    "libcufft",
    "libcudnn",
    "libcudnn_graph",
    "libcudnn_ops",
    "libcudnn_heuristic",
    "libcudnn_adv",
    "libcudnn_cnn",
    "libcudnn_engines_precompiled",
    "libcudnn_engines_runtime_compiled",
    "libcudnn_engines_tensor_ir",
    "libcudnn_ext",
    "libnvinfer",
    "libnvinfer_plugin",
    "libnvonnxparser",
];

/// Loads, once, what is there of NVIDIA's libraries in the environment that
/// `library` belongs to or in the active one. What is not there may be elsewhere:
/// the provider says what it misses.
pub(super) fn preload(library: &Library) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        for name in NEEDED {
            for folder in folders(&library.path) {
                if let Some(file) = find(&folder, name) {
                    // A failure shows when the provider is registered.
                    let _ = ort::util::preload_dylib(&file);
                }
            }
        }
    });
}

/// The folders of NVIDIA's packages.
fn folders(library: &Path) -> Vec<PathBuf> {
    let own = library
        .ancestors()
        .find(|folder| folder.ends_with("site-packages") || folder.ends_with("dist-packages"))
        .map(Path::to_owned);
    let mut roots: Vec<PathBuf> = own.into_iter().chain(places::active_site_packages()).collect();
    if roots.is_empty() {
        let asked = places::ask_python("import sysconfig; print(sysconfig.get_paths()['purelib'])");
        roots.extend(asked.ok().filter(|folder| folder.is_dir()));
    }
    let mut folders = Vec::new();
    for root in roots {
        folders.push(root.join("tensorrt_libs"));
        let Ok(entries) = std::fs::read_dir(root.join("nvidia")) else { continue };
        let mut parts: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path().join("lib"))).collect();
        parts.sort();
        folders.extend(parts);
    }
    folders.retain(|folder| folder.is_dir());
    folders
}

/// `name.so` with the version that it has here.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    let start = format!("{name}.so");
    std::fs::read_dir(folder)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            let file = path.file_name().and_then(|file| file.to_str()).unwrap_or_default();
            file.strip_prefix(&start).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_found_in_the_packages_beside_that_of_onnx_runtime() {
        let environment = tempfile::tempdir().unwrap();
        let packages = environment.path().join("lib/python3.12/site-packages");
        let cuda = packages.join("nvidia/cu13/lib");
        std::fs::create_dir_all(&cuda).unwrap();
        std::fs::write(cuda.join("libcublas.so.13"), "").unwrap();
        std::fs::write(cuda.join("libcublasLt.so.13"), "").unwrap();
        let library = packages.join("onnxruntime/capi/libonnxruntime.so.1.31.1");
        assert!(folders(&library).contains(&cuda));
        assert_eq!(find(&cuda, "libcublas"), Some(cuda.join("libcublas.so.13")));
        assert_eq!(find(&cuda, "libcudart"), None);
    }
}
