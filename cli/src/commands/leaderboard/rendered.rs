//! Whether what was rendered is what the entries say now.

use std::path::Path;

use massive_eval::leaderboard::{Board, Defect, DefectKind, Folder, sha256_of};
use massive_report::leaderboard::Marker;

/// The list of the files of a site with their digests, as `sha256sum` writes it.
pub(super) const SUMS: &str = "SHA256SUMS";

/// What is out of date or changed in a rendered file or site.
pub(super) fn defects(path: &Path, folder: &Folder) -> Vec<Defect> {
    let defect = |path: &Path, message: String| {
        Defect::new(DefectKind::Rendered, &path.display().to_string(), message)
    };
    if path.is_dir() {
        let index = path.join("index.html");
        let mut found: Vec<Defect> = file_defect(&index, folder)
            .map(|message| defect(&index, message))
            .into_iter()
            .collect();
        found.extend(changed_files(path).into_iter().map(|message| defect(path, message)));
        return found;
    }
    file_defect(path, folder).map(|message| defect(path, message)).into_iter().collect()
}

fn file_defect(path: &Path, folder: &Folder) -> Option<String> {
    let again = "render it again";
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => return Some(format!("it cannot be read: {error}; {again}")),
    };
    let extension = path.extension().and_then(|extension| extension.to_str());
    let marker = match extension {
        Some("json") => of_json(&text),
        Some("csv") => of_csv(&text, folder),
        _ => Marker::find(&text),
    };
    let Some(marker) = marker else {
        return Some(format!("it is no leaderboard rendered by massive; {again}"));
    };
    if marker.entries != folder.digest() {
        return Some(format!("the entries have changed since it was rendered; {again}"));
    }
    if marker.version != env!("CARGO_PKG_VERSION") {
        return Some(format!(
            "massive {} rendered it, and this is {}; {again}",
            marker.version,
            env!("CARGO_PKG_VERSION")
        ));
    }
    None
}

fn of_json(text: &str) -> Option<Marker> {
    let board: Board = serde_json::from_str(text).ok()?;
    Some(Marker { entries: board.entries_digest, version: board.tool.version })
}

/// The last two fields of the first row; a board without entries has no row.
fn of_csv(text: &str, folder: &Folder) -> Option<Marker> {
    let mut lines = text.lines();
    if !lines.next()?.ends_with(",entries_digest,tool_version") {
        return None;
    }
    let Some(row) = lines.last() else {
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let entries = if folder.entries.is_empty() { folder.digest() } else { String::new() };
        return Some(Marker { entries, version });
    };
    let mut fields = row.rsplit(',');
    let version = fields.next()?.to_owned();
    Some(Marker { version, entries: fields.next()?.to_owned() })
}

/// Files of a site that are not what they were when it was rendered.
fn changed_files(site: &Path) -> Vec<String> {
    let Ok(sums) = std::fs::read_to_string(site.join(SUMS)) else {
        return vec![format!("{SUMS} is not there; render it again")];
    };
    sums.lines()
        .filter_map(|line| {
            let (digest, name) = line.split_once("  ")?;
            match sha256_of(&site.join(name)) {
                Err(error) => Some(format!("{name} cannot be read: {error}; render it again")),
                Ok((_, found)) => {
                    let found: String = found.iter().map(|byte| format!("{byte:02x}")).collect();
                    (found != digest).then(|| {
                        format!("{name} was changed after it was rendered; render it again")
                    })
                }
            }
        })
        .collect()
}
