//! Which crate knows which: numbers compile without what draws pages, and the
//! arrows between crates go one way.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What draws tables, plots and pages, and brings fonts.
const DRAWING: [&str; 10] = [
    "comfy-table",
    "dejavu",
    "fontdb",
    "maud",
    "plotters",
    "png",
    "resvg",
    "rust_xlsxwriter",
    "tiny-skia",
    "usvg",
];

/// The crates of this repository that each of them may know.
const ARROWS: [(&str, &[&str]); 8] = [
    ("massive-data", &[]),
    ("massive-eval", &["massive-data"]),
    ("massive-report", &["massive-data", "massive-eval"]),
    ("massive-predict", &["massive-data"]),
    ("massive-models", &["massive-data", "massive-predict"]),
    ("massive-learn", &["massive-data", "massive-predict"]),
    ("massive-lm", &["massive-data", "massive-predict"]),
    ("massive-compress", &["massive-data", "massive-models", "massive-predict"]),
];

fn cargo(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let out = Command::new(cargo)
        .args(arguments)
        .args(["--locked", "--offline"])
        .current_dir(root)
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The names of all crates that one needs to be compiled, without features of
/// those that only tests need.
fn needed_by(package: &str) -> Vec<String> {
    let tree = cargo(&["tree", "-p", package, "-e", "normal", "--prefix", "none"]);
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn what_is_left_out_is_not_compiled() {
    let bare = ["tree", "-p", "massive-nlu", "-e", "normal", "--prefix", "none"];
    let names = |arguments: &[&str]| -> Vec<String> {
        let tree = cargo(arguments);
        tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
    };
    let without = names(&[&bare[..], &["--no-default-features"]].concat());
    for (feature, name) in [("builtin", "rten"), ("png", "resvg"), ("xlsx", "rust_xlsxwriter")] {
        assert!(!without.iter().any(|one| one == name), "{name}");
        let with = names(&[&bare[..], &["--no-default-features", "--features", feature]].concat());
        assert!(with.iter().any(|one| one == name), "{feature}");
    }
}

#[test]
fn numbers_compile_without_pages() {
    let needed = needed_by("massive-eval");
    assert!(needed.iter().any(|name| name == "massive-data"), "{needed:?}");
    for drawing in DRAWING {
        assert!(!needed.iter().any(|name| name == drawing), "massive-eval needs {drawing}");
    }
    // The names are right: pages need them.
    let pages = needed_by("massive-report");
    for drawing in DRAWING {
        assert!(pages.iter().any(|name| name == drawing), "massive-report needs no {drawing}");
    }
}

#[test]
fn arrows_between_crates_go_one_way() {
    let metadata: Value =
        serde_json::from_str(&cargo(&["metadata", "--no-deps", "--format-version", "1"])).unwrap();
    let packages: BTreeMap<&str, Vec<&str>> = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            let known = package["dependencies"].as_array().unwrap().iter();
            let known = known.filter(|known| known["kind"].is_null());
            let known = known.filter_map(|known| known["name"].as_str());
            let known = known.filter(|name| name.starts_with("massive"));
            (package["name"].as_str().unwrap(), known.collect())
        })
        .collect();
    assert!(packages.contains_key("massive-report"));
    for (package, allowed) in ARROWS {
        for known in packages.get(package).into_iter().flatten() {
            assert!(allowed.contains(known), "{package} must not know {known}");
        }
    }
}
