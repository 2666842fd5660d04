//! The files that describe a model: `massive.json` up to the first NUL,
//! `config.json` up to the next, then a label map, in a folder without graphs.
//! It is examined to its end whatever they hold, and is never a model.
#![no_main]

use std::cell::OnceCell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use massive_data::LabelMap;
use massive_models::folder::{
    Choice, Config, Labels, MANIFEST, MANIFEST_FORMAT, Manifest, examine,
};
use tempfile::TempDir;

thread_local! {
    static FOLDER: OnceCell<TempDir> = const { OnceCell::new() };
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |&byte| byte == 0).chain(std::iter::repeat(&b""[..]));
    let mut part = || parts.next().unwrap_or_default();
    let (manifest, config, labels) = (part(), part(), part());
    if let Ok(manifest) = std::str::from_utf8(manifest).unwrap_or_default().parse::<Manifest>() {
        assert_eq!(manifest.format, MANIFEST_FORMAT);
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().expect("a folder")).path();
        look(folder, manifest, config, labels);
    });
});

fn look(folder: &Path, manifest: &[u8], config: &[u8], labels: &[u8]) {
    std::fs::write(folder.join(MANIFEST), manifest).expect("a file");
    std::fs::write(folder.join("config.json"), config).expect("a file");
    let map_path = folder.join("massive.intents");
    std::fs::write(&map_path, labels).expect("a file");
    let examination = examine(folder, &Choice::default());
    assert!(examination.model.is_none());
    assert!(!examination.problems.is_empty());
    for problem in &examination.problems {
        assert!(!problem.message.is_empty());
    }
    if let Ok(config) = Config::read(folder) {
        let length = config.max_length(folder).expect("there is no file to fail on");
        assert!(length > 0);
        let numbered =
            config.id2label.iter().filter_map(|map| Labels::of_config(map, &map_path).ok());
        numbered.for_each(|labels| assert_eq!(labels.slots().len(), labels.names().len()));
    }
    if let Ok(labels) = Labels::read(&map_path) {
        assert_eq!(labels.slots().len(), labels.names().len());
    }
    if let Ok(map) = LabelMap::from_json(&String::from_utf8_lossy(labels)) {
        let written = map.to_json().expect("a map can be written");
        assert_eq!(LabelMap::from_json(&written).expect("it was just written"), map);
    }
}
