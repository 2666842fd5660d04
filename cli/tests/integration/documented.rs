//! The documentation: commands that it says to type work, and links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;

use crate::support::{Folder, mini};

/// Before a block of commands that is run. The blocks of a page share a folder,
/// in which the mini corpus stands for the release.
const MARK: &str = "<!-- run -->\n```sh\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The pages of a folder and of those below it.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = paths
        .flat_map(|path| if path.is_dir() { pages(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

fn blocks(text: &str) -> Vec<&str> {
    text.split(MARK).skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[cfg(unix)]
#[test]
fn documented_commands_work() {
    let bin = Path::new(env!("CARGO_BIN_EXE_massive")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut count = 0;
    for page in pages(&root().join("docs")) {
        let text = std::fs::read_to_string(&page).unwrap();
        let work = Folder::new();
        let copy = |from: &str, to: &str| std::fs::copy(mini(from), work.path(to)).unwrap();
        copy("mini.tar.gz", "amazon-massive-dataset-1.1.tar.gz");
        copy("predictions/good.jsonl", "predictions.jsonl");
        copy("predictions/poor.jsonl", "baseline.jsonl");
        for block in blocks(&text) {
            let mut command = Command::new("bash");
            command.args(["-euo", "pipefail", "-c", block]).current_dir(work.path(""));
            let output = command.env("PATH", &path).output().unwrap();
            let message = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}:\n{block}\n{message}", page.display());
            count += 1;
        }
    }
    assert!(count >= 12, "{count} blocks");
}

/// The name by which a heading is linked to: GitHub's and mdBook's rule.
fn anchor(heading: &str) -> String {
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let heading = link.replace_all(heading, "$1").to_lowercase();
    let kept = heading.trim().chars().filter_map(|character| match character {
        ' ' => Some('-'),
        '-' | '_' => Some(character),
        other => other.is_alphanumeric().then_some(other),
    });
    kept.collect()
}

fn anchors(page: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(page).unwrap();
    text.lines()
        .filter_map(|line| {
            line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#'))
        })
        .map(anchor)
        .collect()
}

/// What is wrong with the links of a page.
fn broken(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).unwrap();
    let code = Regex::new(r"(?ms)^```.*?^```|`[^`\n]*`").unwrap();
    let text = code.replace_all(&text, "");
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let targets = link.captures_iter(&text).map(|found| found[1].to_owned());
    targets
        .filter(|target| !target.contains("://"))
        .filter(|target| {
            let (file, name) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => page.to_owned(),
                file => page.parent().unwrap().join(file),
            };
            let is_named = name.is_empty() || file.is_file() && anchors(&file).contains(name);
            !file.exists() || !is_named
        })
        .map(|target| format!("{}: {target}", page.display()))
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut all = pages(&root().join("docs"));
    assert!(all.len() >= 30, "{}", all.len());
    let others = ["README", "CONTRIBUTING", "CHANGELOG", "SECURITY", "CODE_OF_CONDUCT"];
    all.extend(others.map(|name| root().join(format!("{name}.md"))));
    let broken: Vec<String> = all.iter().flat_map(|page| broken(page)).collect();
    assert!(broken.is_empty(), "links to nowhere:\n{}", broken.join("\n"));
}

#[test]
fn every_page_is_in_the_table_of_the_site() {
    let docs = root().join("docs");
    let table = std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    for page in pages(&docs) {
        let name = page.strip_prefix(&docs).unwrap().to_string_lossy().replace('\\', "/");
        let is_listed = name == "SUMMARY.md" || table.contains(&format!("]({name})"));
        assert!(is_listed, "docs/SUMMARY.md does not list {name}");
    }
}

#[test]
fn headings_become_names() {
    assert_eq!(anchor("The leak in ja-JP, zh-CN and zh-TW"), "the-leak-in-ja-jp-zh-cn-and-zh-tw");
    assert_eq!(anchor("`all` and `macro`"), "all-and-macro");
}
