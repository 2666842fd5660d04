//! `massive demo`

use super::support::{Folder, assert_valid, finish, massive, run};

#[test]
fn the_demo_needs_nothing_and_writes_what_it_names() {
    let folder = Folder::new();
    // Away from the repository: the data is in the binary.
    let shown = massive().args(["demo"]).current_dir(folder.path("")).output().unwrap();
    let shown = finish(shown);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains(" sw-KE ") && shown.stdout.contains(" all "));
    let mut names: Vec<String> = std::fs::read_dir(folder.path("massive-demo"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "corpus.tar.gz",
            "good.jsonl",
            "good.json",
            "good.md",
            "good.png",
            "good.svg",
            "model",
            "model.jsonl",
            "poor.json",
            "poor.jsonl",
            "report.html"
        ]
        .map(str::to_owned)
        .iter()
        .cloned()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert!(shown.stderr.contains("model (linear, 4 locales) on "), "{}", shown.stderr);
    for name in ["good.json", "good.md", "good.svg", "report.html"] {
        assert!(shown.stderr.contains(name), "{}", shown.stderr);
    }
    let value = |name: &str| -> f64 {
        let text = std::fs::read_to_string(folder.path("massive-demo").join(name)).unwrap();
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        document["all"]["ex_match_acc"]["value"].as_f64().unwrap()
    };
    assert!(value("good.json") > value("poor.json") + 0.2);
}

#[test]
fn an_impossible_folder_is_named() {
    let folder = Folder::new();
    let file = folder.write("file", "");
    run(["demo", "--folder", &format!("{file}/inside")]).fails(2, "cannot be made");
}

#[test]
fn the_demo_names_its_files_as_a_document() {
    let folder = Folder::new();
    let shown = run(["demo", "--quiet", "--format", "json", "--folder", &folder.at("demo")]).json();
    assert_valid("demo", &shown);
    for file in shown["files"].as_array().unwrap() {
        assert!(std::path::Path::new(file.as_str().unwrap()).is_file(), "{file}");
    }
}
