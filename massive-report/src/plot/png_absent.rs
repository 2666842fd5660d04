//! What stands for pixels where they are left out.

use massive_eval::error::{Error, Result};

/// Nothing: plots in pixels were left out of this build.
///
/// # Errors
/// Always.
pub fn png(_: &str) -> Result<Vec<u8>> {
    Err(Error::request(
        "this build writes no PNG: it was built without the feature `png`; write SVG, or build it \
         with the feature",
    ))
}
