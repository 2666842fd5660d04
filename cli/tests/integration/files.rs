//! How the source files of the workspace stand to each other: none is long, nor
//! is a function in them, and no two of a crate use each other, however far round.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The most lines of a file.
const LONGEST: usize = 600;

/// Files that are longer still. The list only shrinks.
const LONG: [&str; 0] = [];

/// The most lines of a function.
const LONGEST_FUNCTION: usize = 60;

/// What a comment says above or in a longer function, with the reason.
const EXCUSE: &str = "// Long:";

/// Modules that use each other still. The list only shrinks.
const CIRCLES: [&str; 0] = [];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folders of the workspace's crates.
fn crates() -> Vec<PathBuf> {
    let folders = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path());
    let mut crates: Vec<PathBuf> = folders
        .filter(|path| path.join("src").is_dir() && path.join("Cargo.toml").is_file())
        .collect();
    crates.sort();
    crates
}

/// The source files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = paths
        .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/")
}

#[test]
fn no_file_is_long() {
    let mut found = BTreeSet::new();
    for file in crates().iter().flat_map(|one| files(&one.join("src"))) {
        if fs::read_to_string(&file).unwrap().lines().count() > LONGEST {
            found.insert(shown(&file));
        }
    }
    let new: Vec<&String> = found.iter().filter(|file| !LONG.contains(&file.as_str())).collect();
    assert!(new.is_empty(), "of more than {LONGEST} lines: {new:?}; split them");
}

/// The functions of a source text that are too long: name, line and length, from
/// the line of its `fn` to the brace that closes it.
fn long_functions(source: &str) -> Vec<(String, usize, usize)> {
    let begins =
        Regex::new(r"^(\s*)(?:pub(?:\([^)]*\))? )?(?:(?:const|async|unsafe) )*fn (\w+)").unwrap();
    let lines: Vec<&str> = source.lines().collect();
    let is_excuse = |line: &&str| line.trim_start().starts_with(EXCUSE);
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let Some(start) = begins.captures(line) else { continue };
        // One without a body, or on one line, closes nothing.
        let head = lines[at..].iter().find(|line| line.ends_with(['{', '}', ';']));
        if head.is_none_or(|head| !head.ends_with('{')) {
            continue;
        }
        let close = format!("{}}}", &start[1]);
        let Some(length) = lines[at..].iter().position(|line| *line == close) else { continue };
        let excused = lines[at.saturating_sub(1)..=at + length].iter().any(is_excuse);
        if length + 1 > LONGEST_FUNCTION && !excused {
            found.push((start[2].to_owned(), at + 1, length + 1));
        }
    }
    found
}

#[test]
fn no_function_is_long() {
    let mut found = Vec::new();
    for file in crates().iter().flat_map(|one| files(&one.join("src"))) {
        for (name, line, length) in long_functions(&fs::read_to_string(&file).unwrap()) {
            found.push(format!("{}:{line}: {name} has {length} lines", shown(&file)));
        }
    }
    assert!(
        found.is_empty(),
        "functions of more than {LONGEST_FUNCTION} lines: {found:#?}; split them, or say why not \
         in a comment that begins with `{EXCUSE}`"
    );
}

#[test]
fn lengths_of_functions_are_measured() {
    let function = |lines: usize| {
        let body = "        let _ = 1;\n".repeat(lines - 2);
        format!("impl X {{\n    pub(crate) const fn one(\n{body}    }}\n}}\n").replacen(
            "one(\n        let _ = 1;\n",
            "one(\n    ) {\n",
            1,
        )
    };
    assert!(long_functions(&function(60)).is_empty());
    assert_eq!(long_functions(&function(61)), [("one".to_owned(), 2, 61)]);
    let excused = function(61).replacen("let _ = 1;", "// Long: a table.", 1);
    assert!(long_functions(&excused).is_empty());
    // What has no body is not as long as what comes after it.
    let signature = format!("trait X {{\n    fn two(\n    );\n{}", "    fn a() {}\n".repeat(61));
    assert!(long_functions(&format!("{signature}    fn b() {{\n    }}\n}}\n")).is_empty());
}

/// The paths that a `use` names: `a::{b, c::d}` are `a::b` and `a::c::d`.
fn paths(text: &str) -> Vec<String> {
    let Some((before, group)) = text.split_once('{') else { return vec![text.trim().to_owned()] };
    let group = group.trim_end().strip_suffix('}').unwrap_or(group);
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for character in group.chars() {
        depth += i32::from(character == '{') - i32::from(character == '}');
        if character == ',' && depth == 0 {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(character);
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| paths(part)).map(|path| before.trim().to_owned() + &path).collect()
}

/// Which modules each module of a crate uses by `use crate::…`, its tests aside.
fn uses(folder: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let src = folder.join("src");
    let sources: BTreeMap<String, String> = files(&src)
        .into_iter()
        .map(|file| {
            let module = file.strip_prefix(&src).unwrap().with_extension("");
            let module: Vec<_> = module.iter().map(|part| part.to_string_lossy()).collect();
            (module.join("::"), fs::read_to_string(&file).unwrap())
        })
        .collect();
    let statement = Regex::new(r"(?m)^\s*(?:pub(?:\([^)]*\))? )?use crate::([^;]*);").unwrap();
    let module_of = |path: &str| -> Option<String> {
        let parts: Vec<&str> = path.split("::").map(str::trim).collect();
        let prefixes = (1..=parts.len()).rev().map(|length| parts[..length].join("::"));
        prefixes.into_iter().find(|prefix| sources.contains_key(prefix))
    };
    let of = |module: &str, source: &str| {
        let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let used = statement.captures_iter(code).flat_map(|found| paths(&found[1]));
        used.filter_map(|path| module_of(&path)).filter(|used| used != module).collect()
    };
    sources.iter().map(|(module, source)| (module.clone(), of(module, source))).collect()
}

/// All that a module uses, directly or not.
fn reached<'a>(uses: &'a BTreeMap<String, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for used in uses.get(module).into_iter().flatten() {
            if reached.insert(used.as_str()) {
                open.push(used);
            }
        }
    }
    reached
}

#[test]
fn no_modules_use_each_other() {
    let mut circles = BTreeSet::new();
    for folder in crates() {
        let uses = uses(&folder);
        let reached: BTreeMap<&str, BTreeSet<&str>> =
            uses.keys().map(|module| (module.as_str(), reached(&uses, module))).collect();
        for (module, others) in &reached {
            let circle: Vec<&str> = others
                .iter()
                .copied()
                .filter(|&other| reached.get(other).is_some_and(|back| back.contains(module)))
                .collect();
            if circle.len() > 1 {
                circles.insert(format!("{}: {}", shown(&folder), circle.join(", ")));
            }
        }
    }
    let new: Vec<&String> =
        circles.iter().filter(|circle| !CIRCLES.contains(&circle.as_str())).collect();
    assert!(new.is_empty(), "modules that use each other: {new:?}; move what they share");
}

#[test]
fn uses_are_read() {
    assert_eq!(paths("a::{b, c::{d, e}, f::g}"), ["a::b", "a::c::d", "a::c::e", "a::f::g"]);
    let uses = uses(&root().join("massive-data"));
    assert!(uses["corpus"].contains("selection") && uses["record"].contains("utterance"));
    assert!(reached(&uses, "corpus").contains("locale"));
}
