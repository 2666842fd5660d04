//! The scripts of a release: what `install.sh` installs, and what it refuses.

#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::support::Folder;

/// A target for which the release of the test has an archive.
const TARGET: &str = "x86_64-unknown-linux-musl";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn shell(command: &str, folder: &Path) {
    let status = Command::new("sh").args(["-ec", command]).current_dir(folder).status().unwrap();
    assert!(status.success(), "{command}");
}

/// A release of a script that says who it is.
fn release(folder: &Folder) -> PathBuf {
    let releases = folder.path("releases");
    let version = releases.join("v9.8.7");
    std::fs::create_dir_all(version.join(format!("massive-9.8.7-{TARGET}"))).unwrap();
    let packed = version.join(format!("massive-9.8.7-{TARGET}/massive"));
    std::fs::write(packed, "#!/bin/sh\necho I am massive\n").unwrap();
    let archive = format!("massive-9.8.7-{TARGET}.tar.gz");
    shell(
        &format!(
            "tar -czf {archive} massive-9.8.7-{TARGET}
            digest=$(sha256sum {archive} 2>/dev/null || shasum -a 256 {archive})
            echo \"$digest\" > SHA256SUMS"
        ),
        &version,
    );
    releases
}

fn install(releases: &Path, bin: &Path, version: &str) -> Output {
    Command::new("sh")
        .arg(root().join("install.sh"))
        .arg(version)
        .env("MASSIVE_RELEASES", format!("file://{}", releases.display()))
        .env("MASSIVE_BIN", bin)
        .env("MASSIVE_TARGET", TARGET)
        .output()
        .unwrap()
}

/// Only curl reads files by an address.
fn has_curl() -> bool {
    let found = Command::new("curl").arg("--version").output().is_ok();
    if !found {
        eprintln!("install.sh was not tried: curl is not here");
    }
    found
}

#[test]
fn a_release_is_installed_and_a_changed_one_is_not() {
    if !has_curl() {
        return;
    }
    let folder = Folder::new();
    let releases = release(&folder);
    let bin = folder.path("bin");
    let output = install(&releases, &bin, "9.8.7");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = Command::new(bin.join("massive")).output().unwrap();
    assert_eq!(said.stdout, b"I am massive\n");

    let archive = releases.join(format!("v9.8.7/massive-9.8.7-{TARGET}.tar.gz"));
    let mut bytes = std::fs::read(&archive).unwrap();
    bytes.push(0);
    std::fs::write(&archive, bytes).unwrap();
    let other = folder.path("other");
    let output = install(&releases, &other, "v9.8.7");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert!(message.contains("is not what was released"), "{message}");
    assert!(!other.exists());

    let output = install(&releases, &other, "1.2.3");
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(message.contains("there is no release 1.2.3"), "{message}");
}

#[test]
fn a_release_has_the_notes_of_its_version_alone() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path(".github")).unwrap();
    let script = folder.path(".github/release-notes.sh");
    std::fs::copy(root().join(".github/release-notes.sh"), &script).unwrap();
    let changelog = "# Changelog\n\n## 0.2.0 (2026)\n\n- new\n\n## 0.1.0\n\n- old\n\n## 0.0.9\n\n";
    std::fs::write(folder.path("CHANGELOG.md"), changelog).unwrap();
    let notes = |version: &str| Command::new("bash").arg(&script).arg(version).output().unwrap();
    let output = notes("0.2.0");
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "- new");
    for version in ["0.0.9", "0.3.0"] {
        let output = notes(version);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(version));
    }
}

#[test]
fn an_archive_holds_the_binary_its_pages_and_completions() {
    let output = Command::new("bash")
        .arg(root().join(".github/pack.sh"))
        .args(["9.8.7", "test-target"])
        .env("MASSIVE_BINARY", env!("CARGO_BIN_EXE_massive"))
        .env("GZIP", "-1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let archive = root().join("target/packed/massive-9.8.7-test-target.tar.gz");
    let list = Command::new("tar").arg("-tzf").arg(&archive).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for file in ["massive", "LICENSE", "man/massive-score.1", "completions/massive.zsh"] {
        let file = format!("massive-9.8.7-test-target/{file}\n");
        assert!(list.contains(&file), "{file:?} is not in {list}");
    }
    std::fs::remove_file(archive).unwrap();
}

#[test]
fn what_names_the_version_names_this_one() {
    let version = env!("CARGO_PKG_VERSION");
    for (file, line) in [
        ("install.sh", format!("version=${{1:-{version}}}")),
        ("CITATION.cff", format!("version: {version}")),
    ] {
        let text = std::fs::read_to_string(root().join(file)).unwrap();
        assert!(text.lines().any(|one| one == line), "{file} has no line {line}");
    }
}
