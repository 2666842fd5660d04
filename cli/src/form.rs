//! Which form an output has: as `--format` says, or as its name does.

use std::path::Path;

use crate::failure::{Failure, Result};

/// Suffixes that readers and programs know, whatever a command writes.
const WELL_KNOWN: [&str; 29] = [
    "arrow", "avif", "bz2", "conll", "csv", "docx", "eps", "gif", "gz", "htm", "html", "jpeg",
    "jpg", "json", "jsonl", "md", "ods", "odt", "parquet", "pdf", "png", "ps", "svg", "tex", "tsv",
    "xls", "xlsx", "xml", "zip",
];

/// The form of an output: the one asked for, else the one that its name's suffix
/// stands for, else the usual one where the name has no suffix or there is no
/// file.
///
/// `forms` pairs suffixes, in lower case and without the dot, with forms.
///
/// # Errors
/// A suffix that stands for none of the forms, or for another one than was asked
/// for: a file would hold something else than its name says.
pub(crate) fn chosen<F: Copy + PartialEq>(
    asked: Option<F>,
    output: Option<&Path>,
    forms: &[(&str, F)],
    usual: F,
) -> Result<F> {
    let Some((path, suffix)) = output.and_then(|path| Some((path, suffix(path)?))) else {
        return Ok(asked.unwrap_or(usual));
    };
    let named: Vec<F> =
        forms.iter().filter(|(known, _)| *known == suffix).map(|(_, form)| *form).collect();
    match (asked, named.first()) {
        (None, Some(named)) => Ok(*named),
        (Some(asked), Some(_)) if named.contains(&asked) => Ok(asked),
        // A name of one's own says nothing that could be wrong.
        (Some(asked), None) if !WELL_KNOWN.contains(&suffix.as_str()) => Ok(asked),
        (Some(asked), _) => {
            let fitting = suffixes_of(forms, asked);
            let fitting =
                if fitting.is_empty() { "another one".to_owned() } else { fitting.join(" or ") };
            Err(Failure::CannotRun(format!(
                "{}: the form that was asked for has the suffix {fitting}, not .{suffix}; name the \
                 file so, or let its name choose the form",
                path.display(),
            )))
        }
        (None, None) => {
            let mut known: Vec<String> = Vec::new();
            for (suffix, _) in forms {
                let suffix = format!(".{suffix}");
                if !known.contains(&suffix) {
                    known.push(suffix);
                }
            }
            Err(Failure::CannotRun(format!(
                "{}: .{suffix} is no form of this result; the suffix chooses the form, one of {}",
                path.display(),
                known.join(", ")
            )))
        }
    }
}

/// What is wrong where a form that is no text has no file to go to.
pub(crate) fn no_file() -> Failure {
    Failure::CannotRun("a spreadsheet needs a file: name one with --output".to_owned())
}

/// Refuses a name whose suffix is none of those that the form of a result has.
///
/// # Errors
/// Such a suffix.
pub(crate) fn demand(output: Option<&Path>, suffixes: &[&str]) -> Result<()> {
    let forms: Vec<(&str, ())> = suffixes.iter().map(|suffix| (*suffix, ())).collect();
    chosen(None, output, &forms, ())
}

/// Refuses a folder's name with the suffix of a file.
///
/// # Errors
/// Such a suffix.
pub(crate) fn demand_folder(output: Option<&Path>) -> Result<()> {
    let Some((path, suffix)) = output.and_then(|path| Some((path, suffix(path)?))) else {
        return Ok(());
    };
    if !WELL_KNOWN.contains(&suffix.as_str()) {
        return Ok(());
    }
    Err(Failure::CannotRun(format!(
        "{}: what is written is a folder, and .{suffix} is the suffix of a file; name it otherwise",
        path.display()
    )))
}

/// Refuses a name for predictions that is neither JSON lines nor those compressed.
///
/// # Errors
/// Another suffix, before `.gz` too.
pub(crate) fn demand_lines(output: Option<&Path>) -> Result<()> {
    demand(output, &["jsonl", "ndjson", "gz"])?;
    let unpacked = output.filter(|path| suffix(path).is_some_and(|suffix| suffix == "gz"));
    demand(unpacked.and_then(Path::file_stem).map(Path::new), &["jsonl", "ndjson"])
}

fn suffixes_of<F: Copy + PartialEq>(forms: &[(&str, F)], form: F) -> Vec<String> {
    forms.iter().filter(|(_, one)| *one == form).map(|(suffix, _)| format!(".{suffix}")).collect()
}

/// The suffix of a name in lower case; none where the name has none, or ends in a
/// dot. What is neither a file nor to become one, as a pipe, has none.
fn suffix(path: &Path) -> Option<String> {
    let is_special = std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir());
    let suffix = path.extension()?.to_string_lossy().to_lowercase();
    (!is_special && !suffix.is_empty()).then_some(suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMS: [(&str, u8); 4] = [("txt", 0), ("md", 1), ("markdown", 1), ("json", 2)];

    #[test]
    fn lines_and_folders_have_names_of_their_own() {
        for (name, lines, folder) in [
            ("p.jsonl", true, false),
            ("p.jsonl.gz", true, false),
            ("p.gz", true, false),
            ("p", true, true),
            ("p.csv", false, false),
            ("p.csv.gz", false, false),
            ("model-1.1", false, true),
        ] {
            let path = Some(Path::new(name));
            assert_eq!(demand_lines(path).is_ok(), lines, "{name}");
            assert_eq!(demand_folder(path).is_ok(), folder, "{name}");
        }
    }

    #[test]
    fn a_suffix_chooses_a_form_or_is_refused() {
        let chosen = |asked, name: &str| chosen(asked, Some(Path::new(name)), &FORMS, 0);
        for (asked, name, form) in [
            (None, "a.json", 2),
            (None, "a.JSON", 2),
            (None, "a", 0),
            (None, "a.", 0),
            (None, ".hidden", 0),
            (Some(1), "a.md", 1),
            (Some(1), "a.markdown", 1),
            (Some(2), "a", 2),
            (Some(2), "a.second-try", 2),
            (None, "/dev/null", 0),
        ] {
            assert_eq!(chosen(asked, name).ok(), Some(form), "{name}");
        }
        for (asked, name, message) in [
            (None, "a.xlsx", ".xlsx is no form of this result"),
            (None, "a.json.gz", "one of .txt, .md, .markdown, .json"),
            (Some(2), "a.md", "has the suffix .json, not .md"),
            (Some(1), "a.pdf", "has the suffix .md or .markdown, not .pdf"),
            (Some(7), "a.json", "has the suffix another one, not .json"),
        ] {
            match chosen(asked, name) {
                Err(Failure::CannotRun(text)) => assert!(text.contains(message), "{text}"),
                other => panic!("{name}: {:?}", other.ok()),
            }
        }
    }
}
