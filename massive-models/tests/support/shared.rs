//! Where the real corpus and the reference's golden files lie, if they are here.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

use std::path::PathBuf;

/// The folder `MASSIVE_SHARED`, or `shared` beside the repository.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = std::env::var_os("MASSIVE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("not tested: the reference's golden files are not here (set MASSIVE_SHARED)");
    None
}
