//! ONNX Runtime for tests.

use std::path::Path;
use std::sync::OnceLock;

use massive_models::engine::OnnxRuntime;
use massive_models::runtime::{self, Wanted};

/// The version that tests run with.
const VERSION: &str = "1.31.1";

/// The engine: the library that `ORT_DYLIB_PATH` names, else one that is
/// installed, once for the tests of all crates, into `onnxruntime-cache` in the
/// target folder. Says so if neither can be had.
pub(crate) fn engine() -> Option<OnnxRuntime> {
    static ENGINE: OnceLock<Option<OnnxRuntime>> = OnceLock::new();
    ENGINE
        .get_or_init(|| {
            let library = match std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()) {
                Some(path) => path.into(),
                None => {
                    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../onnxruntime-cache");
                    let wanted = Wanted {
                        version: Some(VERSION.to_owned()),
                        cache: Some(cache),
                        ..Wanted::default()
                    };
                    match runtime::install(&wanted) {
                        Ok(installation) => installation.library,
                        Err(error) => {
                            eprintln!("not tested with ONNX Runtime: {error}");
                            return None;
                        }
                    }
                }
            };
            // One that is there and cannot be used is a failure, not a lack.
            let search = runtime::search(Some(&library));
            let failure = search.failure();
            Some(OnnxRuntime::new(search.library.unwrap_or_else(|| panic!("{failure}"))))
        })
        .clone()
}
