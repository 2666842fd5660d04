//! What stands for workbooks where they are left out.

use massive_eval::error::{Error, Result};

use super::sheet::Sheet;

/// Nothing: workbooks were left out of this build.
///
/// # Errors
/// Always.
pub fn book(_: &[Sheet]) -> Result<Vec<u8>> {
    Err(Error::request(
        "this build writes no workbooks: it was built without the feature `xlsx`; take csv or json, \
         or build it with the feature",
    ))
}
