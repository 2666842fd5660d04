//! ONNX Runtime for tests.

use massive_models::engine::OnnxRuntime;
use massive_models::runtime;

/// The engine, if a library is there. Says so if it is not.
pub fn engine() -> Option<OnnxRuntime> {
    let search = runtime::search(None);
    if search.library.is_none() {
        eprintln!("not tested with ONNX Runtime: {}", search.failure());
    }
    search.library.map(OnnxRuntime::new)
}
