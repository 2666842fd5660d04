//! A leaderboard as static pages: an index that sorts, filters and ranks anew,
//! and a page an entry. They open from disk and ask no network.

mod data;
mod entry;
mod index;
mod plot;

use std::collections::BTreeMap;

use rayon::prelude::*;

use massive_eval::error::Result;
use massive_eval::leaderboard::{Board, EntryFile};

/// The folder of the entries' pages.
pub const ENTRIES: &str = "entries";

/// Styles of these pages, after those of every page.
const BOARD_CSS: &str = include_str!("assets/board.css");

/// Sorts, filters and ranks on the index.
const BOARD_JS: &str = include_str!("assets/board.js");

/// The files of the site, by path: `index.html`, and a page an entry below
/// [`ENTRIES`].
///
/// # Errors
/// None that a caller can cause; serde's own.
pub fn site(board: &Board, files: &[EntryFile]) -> Result<BTreeMap<String, String>> {
    let mut pages: BTreeMap<String, String> = files
        .par_iter()
        .map(|file| {
            let path = format!("{ENTRIES}/{}.html", file.slug);
            (path, entry::page(board, file))
        })
        .collect();
    pages.insert("index.html".to_owned(), index::page(board)?);
    Ok(pages)
}

/// Whether an address may be followed from a page.
fn is_address(text: &str) -> bool {
    text.starts_with("https://") || text.starts_with("http://")
}

/// The address of a report from a page that lies so deep.
fn report_address(report: &str, up: &str) -> Option<String> {
    if is_address(report) {
        Some(report.to_owned())
    } else {
        let name = report.strip_prefix("reports/")?;
        // Only a page beside the entries; no way out of the site.
        let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        (plain && !name.starts_with('.')).then(|| format!("{up}{report}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_stay_in_the_site() {
        let address = |report: &str| report_address(report, "../");
        assert_eq!(address("reports/a.html").as_deref(), Some("../reports/a.html"));
        assert_eq!(address("https://a.b/c").as_deref(), Some("https://a.b/c"));
        for report in ["javascript:alert(1)", "reports/../../x", "/etc/passwd", "reports/a\"b"] {
            assert_eq!(address(report), None, "{report}");
        }
        assert!(!BOARD_JS.contains("</") && !BOARD_CSS.contains("</"));
        assert!(!BOARD_JS.contains("innerHTML"));
    }
}
