//! The documentation: commands that it says to type work, and links lead somewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
#[cfg(unix)]
use std::sync::Mutex;
#[cfg(unix)]
use std::sync::atomic::{AtomicUsize, Ordering};

use regex::Regex;

#[cfg(unix)]
use crate::stand_in::StandIn;
use crate::support::Folder;

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

/// The pages outside `docs` that tell people what to type.
fn front_pages() -> Vec<PathBuf> {
    let others = ["README", "CONTRIBUTING", "SECURITY", "cli/README", "fixtures/README"];
    others.map(|name| root().join(format!("{name}.md"))).into()
}

/// A block of commands of a page, and how it ends: with 0 unless the line before it
/// says `<!-- exit code 1: WHY -->`, or that it is not run, `<!-- not run: WHY -->`.
#[derive(Debug, PartialEq)]
struct Block {
    commands: String,
    exit_code: Option<i32>,
}

fn blocks(text: &str) -> Vec<Block> {
    let block = r"(?ms)^ *(?:<!-- (not run|exit code 1): [^\n]+? -->\n *)?```(?:sh|bash|console)\n(.*?)^ *```";
    Regex::new(block)
        .unwrap()
        .captures_iter(text)
        .map(|found| Block {
            exit_code: match found.get(1).map(|end| end.as_str()) {
                None => Some(0),
                Some("not run") => None,
                Some(_) => Some(1),
            },
            commands: found[2].to_owned(),
        })
        .collect()
}

#[test]
fn blocks_of_commands_are_found() {
    let text = "- a list\n\n  ```sh\n  a\n  ```\n\n<!-- not run: slow -->\n```console\nb\nc\n```\n```json\n```\n";
    let block = |commands: &str, exit_code| Block { commands: commands.into(), exit_code };
    assert_eq!(blocks(text), [block("  a\n", Some(0)), block("b\nc\n", None)]);
    let text = "<!-- exit code 1: it fails -->\n```sh\nfalse\n```\n";
    assert_eq!(blocks(text), [block("false\n", Some(1))]);
}

/// Runs the blocks of a page in one folder, in which the mini corpus stands for the
/// release, up to one that fails: gives how many were run, and what failed.
#[cfg(unix)]
fn run_page(page: &Path, stand_in: &StandIn) -> (usize, Option<String>) {
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = blocks(&text).into_iter().filter(|block| block.exit_code.is_some());
    let work = stand_in.folder();
    let mut count = 0;
    for Block { commands, exit_code } in blocks {
        let output = stand_in.shell(&commands, &work);
        count += 1;
        if output.status.code() != exit_code {
            let message = String::from_utf8_lossy(&output.stderr);
            return (count, Some(format!("{}:\n{commands}\n{message}", page.display())));
        }
    }
    (count, None)
}

#[cfg(unix)]
#[test]
fn documented_commands_work() {
    let stand_in = StandIn::new();
    let left = Mutex::new([pages(&root().join("docs")), front_pages()].concat());
    let (count, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(page) = left.lock().unwrap().pop() else { break };
                    let (run, failure) = run_page(&page, &stand_in);
                    count.fetch_add(run, Ordering::Relaxed);
                    failures.lock().unwrap().extend(failure);
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(
        failures.is_empty(),
        "these do not work (if they cannot here, say why in the line above the block: \
         <!-- not run: WHY -->):\n{}",
        failures.join("\n")
    );
    let count = count.into_inner();
    assert!(count >= 20, "{count} blocks were run");
}

/// The examples of a manual page, a line each.
#[cfg(unix)]
fn examples(manual: &str) -> Vec<String> {
    let Some((_, rest)) = manual.split_once(".SH EXAMPLES\n.nf\n") else { return Vec::new() };
    let (text, _) = rest.split_once(".fi").unwrap();
    let text =
        text.replace("\\-", "-").replace("\\&", "").replace("\\e\n", " ").replace("\\e", "\\");
    text.lines().map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn examples_of_the_help_work() {
    let stand_in = StandIn::new();
    let manuals = Folder::new();
    crate::support::run(["man", "--quiet", "--output-dir", &manuals.at("")]).ok();
    let mut all: Vec<String> = Vec::new();
    for name in manuals.names() {
        all.extend(examples(&std::fs::read_to_string(manuals.path(&name)).unwrap()));
    }
    assert!(all.len() > 80, "{}", all.len());
    // What makes the files that others read comes first.
    all.retain(|example| !NOT_RUN.iter().any(|not| example.contains(not)));
    all.sort_by_key(|example| !FIRST.iter().any(|first| example.starts_with(first)));
    let work = stand_in.folder();
    let (mut succeeded, mut wrong) = (0, Vec::new());
    for example in &all {
        let output = stand_in.shell(example, &work);
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        match output.status.code() {
            Some(0 | 1) => succeeded += 1,
            // It is about the files of the mini corpus, which has no row 7 in test, say.
            Some(2) if !message.contains("For more information, try '--help'") => {}
            _ => wrong.push(format!("{example}\n{message}")),
        }
    }
    assert!(wrong.is_empty(), "these examples do not work:\n{}", wrong.join("\n"));
    assert!(10 * succeeded >= 8 * all.len(), "{succeeded} of {} examples work", all.len());
}

/// Examples that make what others read.
#[cfg(unix)]
const FIRST: [&str; 6] = [
    "massive corpus convert",
    "massive leaderboard add",
    "massive llm run",
    "massive memory build",
    "massive model compress",
    "massive train",
];

/// What an example does that a test must not, cannot everywhere, or not in seconds.
#[cfg(unix)]
const NOT_RUN: [&str; 6] = [
    // Asks the registry of Python packages.
    "massive runtime install",
    // Needs a reader of manual pages.
    "| man -l -",
    // Asks somebody else.
    "https://api.example.com",
    // Writes where everybody may.
    "--folder /tmp/demo",
    // Run three models on 52 locales; the one on two locales is run.
    "massive model toll xlmr/ xlmr-int8/",
    "massive model toll xlmr/ xlmr-2bit/",
];

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
