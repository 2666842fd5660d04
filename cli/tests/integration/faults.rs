//! What no one plans for: full disks, files that change or lie about their
//! size, odd names, hostile archives, a kill at any moment. The answer is a whole
//! result or a sentence, never a panic, a lost row or half a file.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::support::{Folder, Run, finish, gzip, lines, massive, mini, run, run_with_stdin, score};

fn good() -> String {
    mini("predictions/good.jsonl")
}

/// A file system of 16 KiB, gone with the value.
#[cfg(target_os = "linux")]
struct SmallDisk(Folder);

#[cfg(target_os = "linux")]
impl SmallDisk {
    fn mount() -> Option<SmallDisk> {
        let folder = Folder::new();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16k", "tmpfs", &folder.at("")])
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallDisk(folder)),
            _ => {
                eprintln!("not tested: a small disk cannot be mounted here (it takes root)");
                None
            }
        }
    }
}

#[cfg(target_os = "linux")]
impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.at("")).status();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let Some(SmallDisk(disk)) = &SmallDisk::mount() else { return };
    let corpus = mini("data");
    for to in ["jsonl", "parquet", "arrow", "csv", "words", "conll", "hf"] {
        let out = disk.at(&format!("corpus.{to}"));
        let result = run(["corpus", "convert", "--corpus", &corpus, "--to", to, "--output", &out]);
        result.fails(2, "cannot be written: ");
        assert!(disk.names().is_empty(), "{to}: {:?}", disk.names());
    }
    // What was there stays as it was.
    let kept = disk.write("kept.json", "old");
    for (flag, name) in [("--output", "kept.json"), ("--per-utterance", "rows.csv")] {
        let path = disk.at(name);
        let stderr =
            score(&good(), &["--format", "json", flag, &path]).fails(2, "No space left on device");
        assert!(stderr.contains("cannot be written"), "{stderr}");
    }
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "old");
    assert_eq!(disk.names(), ["kept.json"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_on_standard_output() {
    let corpus = mini("data");
    for arguments in [
        &["score", &good(), "--corpus", &corpus, "--format", "json"][..],
        &["check", &good(), "--corpus", &corpus],
        &["corpus", "stats", "--corpus", &corpus],
        &["corpus", "grep", "e", "--corpus", &corpus],
        &["corpus", "convert", "--to", "jsonl", "--corpus", &corpus],
        &["corpus", "sample", "--shots", "1", "--corpus", &corpus],
    ] {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let result = finish(massive().args(arguments).stdout(full).output().unwrap());
        assert_eq!(result.code, 2, "{arguments:?}: {}", result.stderr);
        assert!(result.stderr.contains("No space left on device"), "{}", result.stderr);
    }
}

/// Whatever the moment, there is a whole answer or a sentence.
#[test]
fn a_corpus_that_changes_while_it_is_read() {
    let folder = Folder::new();
    let whole = std::fs::read(mini("data/de-DE.jsonl")).unwrap();
    let rows: Vec<u8> = [whole.as_slice(), b"\n"].concat().repeat(400);
    let corpus = folder.write("de-DE.jsonl", &rows);
    let done = std::sync::atomic::AtomicBool::new(false);
    let results = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let file = std::fs::File::options().write(true).open(&corpus).unwrap();
                file.set_len(rows.len() as u64 / 2).unwrap();
                std::thread::sleep(Duration::from_millis(5));
                std::fs::write(&corpus, &rows).unwrap();
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        // What fails is said once the other thread has ended.
        let results: Vec<Run> = (0..6)
            .map(|_| run(["corpus", "stats", "--corpus", &corpus, "--format", "json"]))
            .collect();
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        results
    });
    for result in results {
        assert!(!result.stderr.contains("panicked"), "{}", result.stderr);
        if result.code == 0 {
            result.json();
            continue;
        }
        assert_eq!((result.code, result.stdout.as_str()), (2, ""), "{}", result.stderr);
        // At the moment at which the file is written anew it is empty.
        let said = ["de-DE.jsonl", "the corpus has no rows"];
        assert!(said.iter().any(|text| result.stderr.contains(text)), "{}", result.stderr);
    }
}

/// A run of the binary and the most memory in MB that it held, where the system
/// tells.
fn run_watched(arguments: &[&str]) -> (Run, Option<f64>) {
    let folder = Folder::new();
    let file = |name: &str| std::fs::File::create(folder.path(name)).unwrap();
    let mut command = massive();
    command.args(arguments).stdout(file("stdout")).stderr(file("stderr"));
    let mut child = command.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = None;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
        peak = line.and_then(|kilobytes| kilobytes.trim().parse::<f64>().ok()).or(peak);
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().unwrap();
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    if peak.is_none() {
        eprintln!("not tested: this system does not tell the memory of a process");
    }
    let text = |name: &str| std::fs::read_to_string(folder.path(name)).unwrap();
    let run = Run { code, stdout: text("stdout"), stderr: text("stderr") };
    (run, peak.map(|kilobytes| kilobytes / 1024.0))
}

#[test]
fn a_million_lines_of_garbage() {
    let folder = Folder::new();
    let mut text = String::new();
    for number in 0..1_000_000u32 {
        let noise = number.wrapping_mul(2_654_435_761);
        text += &match number % 4 {
            0 => format!("{noise}\n"),
            1 => format!("{{\"id\": \"{noise}\", \"locale\": \"xx-{}\"}}\n", noise % 99),
            2 => format!("{{\"id\": {noise}, [[[\"{noise:x}\n"),
            _ => format!("]{noise:b}\u{0}\n"),
        };
    }
    let garbage = folder.write("garbage.jsonl", &text);
    let count = |arguments: &[&str], code: i32, counted: &str| {
        let (result, peak) = run_watched(arguments);
        assert_eq!(result.code, code, "{}", result.stderr);
        let text = format!("{}{}", result.stdout, result.stderr);
        assert!(text.contains(counted) && !text.contains("panicked"), "{text}");
        assert!(peak.is_none_or(|peak| peak < 300.0), "{arguments:?} held {peak:?} MB");
    };
    let corpus = mini("data");
    let check = ["check", &garbage, "--corpus", &corpus, "--format", "json"];
    count(&check, 1, "\"count\": 1000000");
    let skip = ["corpus", "stats", "--corpus", &garbage, "--skip-bad-lines"];
    count(&skip, 2, "1000000 lines of the corpus skipped");
    count(&["corpus", "stats", "--corpus", &garbage], 2, "garbage.jsonl:1:1: ");
}

#[test]
fn a_decompression_bomb() {
    let folder = Folder::new();
    let dense = |data: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    };
    // Short lines, so that no limit on lines is met.
    let bomb = dense(&b"\n".repeat(96 << 20));
    let message = "it unpacks to more than 250 times its size";
    let packed = folder.write("bomb.jsonl.gz", &bomb);
    score(&packed, &[]).fails(2, message);
    run(["check", &packed, "--corpus", &mini("data")]).fails(2, message);
    run(["score", &good(), "--corpus", &packed]).fails(2, message);
    run_with_stdin(["score", "-", "--corpus", &mini("data")], packed.as_ref()).fails(2, message);

    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(96 << 20);
    header.set_mode(0o644);
    archive
        .append_data(&mut header, "data/de-DE.jsonl", std::io::repeat(b'\n').take(96 << 20))
        .unwrap();
    let archive = folder.write("bomb.tar.gz", dense(&archive.into_inner().unwrap()));
    run(["corpus", "stats", "--corpus", &archive]).fails(2, message);
    // What merely repeats itself is read.
    let rows = std::fs::read(good()).unwrap();
    let often = folder.write("often.jsonl.gz", gzip(&rows.repeat(20)));
    score(&often, &[]).fails(1, "predicted more than once");
}

#[test]
fn names_with_spaces_and_links() {
    let folder = Folder::new();
    let spaced = folder.path("a corpus, with spaces & 'quotes'");
    std::fs::create_dir(&spaced).unwrap();
    for entry in std::fs::read_dir(mini("data")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, spaced.join(path.file_name().unwrap())).unwrap();
    }
    let predictions = folder.path("my predictions.jsonl");
    std::fs::copy(good(), &predictions).unwrap();
    let expected = score(&good(), &["--format", "json"]).json();
    let scored = |predictions: &Path, corpus: &Path| {
        let mut command = massive();
        command.arg("score").arg(predictions).arg("--corpus").arg(corpus);
        finish(command.args(["--format", "json"]).output().unwrap())
    };
    assert_eq!(scored(&predictions, &spaced).json(), expected);

    #[cfg(unix)]
    {
        use std::os::unix::fs::symlink;
        // A folder of links, and links to folder and file.
        let links = folder.path("links");
        std::fs::create_dir(&links).unwrap();
        for entry in std::fs::read_dir(&spaced).unwrap() {
            let path = entry.unwrap().path();
            symlink(&path, links.join(path.file_name().unwrap())).unwrap();
        }
        let (corpus, file) = (folder.path("corpus"), folder.path("link.jsonl"));
        symlink(&links, &corpus).unwrap();
        symlink(&predictions, &file).unwrap();
        assert_eq!(scored(&file, &corpus).json(), expected);
        // A link to nowhere is not passed over, nor one to itself.
        let lost = links.join("lost.jsonl");
        for target in [Path::new("nowhere"), Path::new("lost.jsonl")] {
            symlink(target, &lost).unwrap();
            scored(&file, &corpus).fails(2, "lost.jsonl: ");
            std::fs::remove_file(&lost).unwrap();
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = Folder::new();
    let corpus = folder.path("x").with_file_name(OsStr::from_bytes(b"corpus \xff"));
    std::fs::create_dir(&corpus).unwrap();
    for locale in ["de-DE", "fr-FR"] {
        std::fs::copy(
            mini(&format!("data/{locale}.jsonl")),
            corpus.join(format!("{locale}.jsonl")),
        )
        .unwrap();
    }
    let extra = corpus.join(OsStr::from_bytes(b"\xfe\xff.jsonl"));
    std::fs::copy(mini("data/ja-JP.jsonl"), &extra).unwrap();
    let run = |arguments: &[&OsStr]| finish(massive().args(arguments).output().unwrap());
    let [corpus_command, stats] = ["corpus", "stats"].map(OsStr::new);
    let json = [OsStr::new("--format"), OsStr::new("json")];
    let flag = OsStr::new("--corpus");
    let document = run(&[corpus_command, stats, flag, corpus.as_os_str(), json[0], json[1]]).json();
    assert_eq!(document["rows"].as_array().unwrap().len(), 3);
    let output = corpus.join(OsStr::from_bytes(b"out \xff.json"));
    let arguments = [
        corpus_command,
        stats,
        flag,
        corpus.as_os_str(),
        OsStr::new("--output"),
        output.as_os_str(),
    ];
    run(&arguments).ok();
    assert!(output.is_file());
    std::fs::write(&extra, "garbage").unwrap();
    run(&[corpus_command, stats, flag, corpus.as_os_str()]).fails(2, "\u{fffd}.jsonl:1");
}

#[test]
fn a_hostile_archive_does_no_harm() {
    let folder = Folder::new();
    let outside = folder.path("outside");
    let inside = outside.join("inside");
    std::fs::create_dir_all(&inside).unwrap();
    let victim = folder.write("victim", "untouched");

    let mut archive = tar::Builder::new(Vec::new());
    let mut append = |name: &str, kind: tar::EntryType, link: &str, data: &[u8]| {
        let mut header = tar::Header::new_gnu();
        // `set_path` would refuse these names.
        let header_name = &mut header.as_gnu_mut().unwrap().name;
        header_name[..name.len()].copy_from_slice(name.as_bytes());
        let link_name = &mut header.as_gnu_mut().unwrap().linkname;
        link_name[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_size(data.len() as u64);
        header.set_mode(0o777);
        header.set_cksum();
        archive.append(&header, data).unwrap();
    };
    let rows = |locale: &str| std::fs::read(mini(&format!("data/{locale}.jsonl"))).unwrap();
    let file = tar::EntryType::Regular;
    append("/absolute/de-DE.jsonl", file, "", &rows("de-DE"));
    append("../../fr-FR.jsonl", file, "", &rows("fr-FR"));
    append("data/ja-JP.jsonl", tar::EntryType::Symlink, &victim, b"");
    append("data/sw-KE.jsonl", tar::EntryType::Link, "/etc/passwd", b"");
    append("data/en-US.jsonl", tar::EntryType::Char, "", b"");
    append("data/it-IT.jsonl", tar::EntryType::Directory, "", b"");
    append("data/nl-NL.jsonl", file, "", &rows("nl-NL"));
    let archive = folder.write("hostile.tar.gz", gzip(&archive.into_inner().unwrap()));

    let output = massive()
        .args(["corpus", "stats", "--corpus", &archive, "--format", "json"])
        .current_dir(&inside)
        .output()
        .unwrap();
    let document = finish(output).json();
    let locales: Vec<&str> = document["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["locale"].as_str().unwrap())
        .collect();
    assert_eq!(locales, ["de-DE", "fr-FR", "nl-NL"]);
    assert_eq!(folder.names(), ["hostile.tar.gz", "outside", "victim"]);
    assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0);
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    assert_eq!(std::fs::read_to_string(victim).unwrap(), "untouched");
    assert!(!Path::new("/absolute").exists());
}

#[test]
fn predictions_cannot_plant_formulas_in_csv() {
    let folder = Folder::new();
    let formulas =
        ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\",\"y\")"];
    let rows = lines(&good()).into_iter().enumerate().map(|(number, line)| {
        let mut row: serde_json::Value = serde_json::from_str(&line).unwrap();
        row["pred_intent"] = formulas[number % formulas.len()].into();
        row.to_string()
    });
    let planted = folder.write_lines("=cmd|' x'!A1.jsonl", rows);
    let table = folder.at("rows.csv");
    let scores = score(&planted, &["--per-utterance", &table, "--format", "csv"]).ok();
    let baseline = good();
    let compared = run([
        "compare",
        &baseline,
        &planted,
        "--corpus",
        &mini("data"),
        "--trials",
        "10",
        "--resamples",
        "10",
        "--format",
        "csv",
    ])
    .ok();
    assert!(compared.contains("'=cmd|"));
    for text in [&std::fs::read_to_string(table).unwrap(), &scores, &compared] {
        for cell in text.lines().flat_map(|line| line.split(',')) {
            let cell = cell.trim_start_matches('"');
            let number = cell.parse::<f64>().is_ok();
            assert!(
                number && cell != "+1" && cell != "-1"
                    || !cell.starts_with(['=', '+', '-', '@', '\t', '\r']),
                "{cell}"
            );
        }
    }
}

/// An output is whole or not there, whenever the process dies.
#[test]
fn a_kill_leaves_no_half_file() {
    let folder = Folder::new();
    let corpus = mini("data");
    let (whole, killed) = (folder.at("whole.jsonl"), folder.at("killed.jsonl"));
    let arguments = |output: &str| {
        ["corpus", "convert", "--to", "jsonl", "--corpus", &corpus, "--output", output]
            .map(str::to_owned)
    };
    let start = std::time::Instant::now();
    run(arguments(&whole)).ok();
    let (whole, taken) = (std::fs::read(whole).unwrap(), start.elapsed());
    for share in 1..=12 {
        let mut child = massive()
            .args(arguments(&killed))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(taken * share / 10);
        let _ = child.kill();
        child.wait().unwrap();
        if let Ok(found) = std::fs::read(&killed) {
            assert!(found == whole, "{} of {} bytes", found.len(), whole.len());
            std::fs::remove_file(&killed).unwrap();
        }
    }
    let mut stdin = massive()
        .args(["score", "-", "--corpus", &corpus])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Nobody writes any more: what came is what there is.
    let rows = std::fs::read(good()).unwrap();
    stdin.stdin.take().unwrap().write_all(&rows[..rows.len() / 2]).unwrap();
    assert_eq!(finish(stdin.wait_with_output().unwrap()).code, 1);
}
