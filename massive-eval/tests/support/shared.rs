//! Where the real corpus and the reference's golden files lie, if they are here.

use std::path::PathBuf;

/// The folder of shared files, where it is there; see `massive_testdata`.
pub(crate) fn shared() -> Option<PathBuf> {
    massive_testdata::shared(&["oracle"])
}
