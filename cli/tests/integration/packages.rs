//! What a registry gets: every published crate says what it is, carries its
//! licence, and compiles nothing from outside its folder.

use std::path::{Component, Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn cargo(folder: &Path, arguments: &[&str]) -> String {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo).args(arguments).current_dir(folder).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The published crates: their folders and what their manifests say.
fn published() -> Vec<(PathBuf, Value)> {
    let metadata = cargo(
        &root(),
        &["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"],
    );
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    // What may not be published has an empty list of registries.
    let packages = packages.filter(|package| package["publish"].is_null());
    let folder = |package: &Value| {
        Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
    };
    packages.map(|package| (folder(package), package.clone())).collect()
}

#[test]
fn published_crates_say_what_they_are() {
    let published = published();
    assert!(published.len() >= 8, "{}", published.len());
    for (folder, package) in published {
        let name = package["name"].as_str().unwrap();
        for field in ["description", "license", "readme", "rust_version"] {
            assert!(package[field].is_string(), "{name} has no {field}");
        }
        for field in ["keywords", "categories"] {
            let count = package[field].as_array().unwrap().len();
            assert!((1..=5).contains(&count), "{name} has {count} {field}");
        }
        let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.starts_with(&format!("# {name}\n")), "{name}'s README names another crate");
    }
}

#[test]
fn packages_hold_what_they_compile() {
    for (folder, package) in published() {
        let name = package["name"].as_str().unwrap();
        let list = cargo(&folder, &["package", "--list", "--offline", "--allow-dirty"]);
        // A package's names have slashes, or the system's own separators.
        let list: Vec<String> = list.lines().map(|line| line.replace('\\', "/")).collect();
        for file in ["Cargo.toml", "LICENSE", "README.md"] {
            assert!(list.iter().any(|held| held == file), "{name} does not hold {file}");
        }
        assert!(!list.iter().any(|held| held.starts_with("tests/")), "{name} holds its tests");
        for (source, included) in inclusions(&folder, &list) {
            assert!(list.contains(&included), "{name}: {source} includes {included}");
        }
    }
}

/// Which files the sources of a package include: the source's name, and that of
/// the file from the package's folder.
fn inclusions(folder: &Path, list: &[String]) -> Vec<(String, String)> {
    let inclusion = Regex::new(r#"include_(?:str|bytes)!\(\s*"([^"]+)"\s*\)"#).unwrap();
    let mut found = Vec::new();
    for source in list.iter().filter(|file| file.ends_with(".rs")) {
        let text = std::fs::read_to_string(folder.join(source)).unwrap();
        for captures in inclusion.captures_iter(&text) {
            let path = Path::new(source).parent().unwrap().join(&captures[1]);
            found.push((source.clone(), without_dots(&path)));
        }
    }
    found
}

/// A path without `..`; what leads out of the folder keeps it.
fn without_dots(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::ParentDir if parts.last().is_some_and(|last| last != "..") => {
                parts.pop();
            }
            Component::CurDir => {}
            other => parts.push(other.as_os_str().to_string_lossy().into_owned()),
        }
    }
    parts.join("/")
}

#[test]
fn inclusions_are_found() {
    let folder = root().join("massive-eval");
    let list = ["src/lib.rs".to_owned()];
    let included: Vec<String> =
        inclusions(&folder, &list).into_iter().map(|(_, file)| file).collect();
    assert!(included.contains(&"docs/metrics.md".to_owned()), "{included:?}");
    assert_eq!(without_dots(Path::new("src/../../docs/x.md")), "../docs/x.md");
}
