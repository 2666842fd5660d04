//! Where the golden files are.

use std::path::PathBuf;

/// The folder `MASSIVE_SHARED`, or `shared` beside the repository. Says so if it
/// is not there.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("MASSIVE_SHARED").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    if folder.join("models").is_dir() && folder.join("oracle").is_dir() {
        return Some(folder);
    }
    eprintln!("not tested: the shared models and golden files are not here (set MASSIVE_SHARED)");
    None
}
