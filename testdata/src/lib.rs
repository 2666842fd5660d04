//! Where the corpus, golden files and models lie that tests read and that are
//! not in the repository.
//!
//! They are in the folder that `MASSIVE_SHARED` names, or in `shared` beside the
//! repository. Where they are absent a test says so and ends; with
//! `MASSIVE_REQUIRE_SHARED=1` that is a failure, so that a run that should have
//! them cannot pass without.
//!
//! ```no_run
//! let Some(shared) = massive_testdata::shared(&["oracle"]) else { return };
//! let golden = shared.join("oracle/REFERENCE.md");
//! ```

use std::path::PathBuf;

/// The folder of shared files, if it is there and holds each of `needed`
/// (paths below it).
///
/// # Panics
/// Something is absent and `MASSIVE_REQUIRE_SHARED` is 1.
#[allow(clippy::print_stderr, reason = "a test that does nothing says so")]
pub fn shared(needed: &[&str]) -> Option<PathBuf> {
    let folder = std::env::var_os("MASSIVE_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let absent = std::iter::once(folder.clone())
        .chain(needed.iter().map(|name| folder.join(name)))
        .find(|path| !path.exists());
    let Some(absent) = absent else {
        return Some(folder);
    };
    let sentence = format!("not tested: {} is not here (set MASSIVE_SHARED)", absent.display());
    assert!(
        std::env::var_os("MASSIVE_REQUIRE_SHARED").is_none_or(|required| required != "1"),
        "{sentence}, and MASSIVE_REQUIRE_SHARED is 1"
    );
    eprintln!("{sentence}");
    None
}
