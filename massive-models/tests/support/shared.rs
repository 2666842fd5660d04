//! Where the golden files are.

use std::path::PathBuf;

/// The folder of shared files, where it is there; see `massive_testdata`.
pub(crate) fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["models", "oracle"])
}
