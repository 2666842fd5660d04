//! Files that were changed at random: whatever a file holds, the binary ends
//! with a result or a sentence, never with a panic, a signal or without an end.
//!
//! The cases are drawn from a seed. `MASSIVE_MUTATIONS` says how many there are,
//! `MASSIVE_MUTATION_SEED` from which seed, `MASSIVE_MUTATION` runs the case of
//! this number alone.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::{Folder, finish, fixture, gzip, lines, massive, mini, run};

/// How many cases run unless the environment says otherwise.
const CASES: u64 = 500;
/// How long one may take. Cases end in milliseconds; this is for those that do
/// not end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A file that a command reads, with what is beside it.
struct Subject {
    /// What kind of file it is.
    kind: &'static str,
    /// The file or the folder of files that is copied for each case.
    source: PathBuf,
    /// The file in that folder that is changed; nothing for the file itself.
    file: Option<String>,
    /// Commands that read it; `{}` stands for the copy.
    commands: Vec<Vec<String>>,
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`, which is not 0.
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Pieces that readers trip over.
const PIECES: [&[u8]; 22] = [
    b"null",
    b"-1",
    b"1e999",
    b"18446744073709551616",
    b"0",
    b"\"",
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b":",
    b"\\u0000",
    b"\\ud800",
    b"\0",
    b"\xff\xfe",
    b"\xe2\x80\x8b",
    b"\n",
    b"\r",
    b"[x : y]",
    b"../",
    b"\xf0\x9f\x8e\xb5",
];

/// Changes bytes in one to four places.
fn change_bytes(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let span = 1 + random.below(16);
        let end = (at + span).min(bytes.len());
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, copy);
            }
            3 => drop(bytes.splice(at..at, random.choose(&PIECES).iter().copied())),
            4 if at < bytes.len() => bytes[at] = *random.choose(&[0, 1, 0x7f, 0x80, 0xff]),
            5 if at < bytes.len() => bytes[at] = random.next() as u8,
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
}

/// A value of another kind or size.
fn odd_value(random: &mut Random) -> Value {
    let nested = "[".repeat(200) + &"]".repeat(200);
    let values = [
        "null",
        "true",
        "-1",
        "0",
        "1e308",
        "18446744073709551615",
        "4294967296",
        "\"\"",
        "[]",
        "{}",
        "\"\\u0000\"",
        "\"[a : b] ]\"",
        "\"\\u200b\"",
        "[[]]",
        "[null]",
        "{\"\": {}}",
        "0.5",
        &nested,
    ];
    serde_json::from_str(random.choose::<&str>(&values)).unwrap_or(Value::Null)
}

/// Changes one place of a JSON value: a member goes, or something else stands
/// there.
fn change_value(value: &mut Value, random: &mut Random) {
    let size = match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    };
    if size == 0 || random.below(6) == 0 {
        *value = odd_value(random);
        return;
    }
    let index = random.below(size);
    let (goes, comes) = (random.below(6) == 0, random.below(8) == 0);
    match value {
        Value::Array(items) if goes => drop(items.remove(index)),
        Value::Array(items) if comes => items.push(odd_value(random)),
        Value::Array(items) => change_value(&mut items[index], random),
        Value::Object(members) => {
            let Some(key) = members.keys().nth(index).cloned() else { return };
            if goes {
                members.remove(&key);
            } else if comes {
                members.insert(format!("{key}x"), odd_value(random));
            } else if let Some(member) = members.get_mut(&key) {
                change_value(member, random);
            }
        }
        _ => {}
    }
}

/// A file that was changed: as JSON, as JSON lines, or byte by byte.
fn changed(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    if random.below(3) > 0
        && let Ok(mut value) = serde_json::from_slice::<Value>(original)
    {
        for _ in 0..=random.below(2) {
            change_value(&mut value, random);
        }
        return value.to_string().into_bytes();
    }
    if random.below(2) == 0
        && let Ok(text) = std::str::from_utf8(original)
    {
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        if let Some(at) = rows.len().checked_sub(1).map(|last| random.below(last + 1))
            && let Ok(mut value) = serde_json::from_str::<Value>(&rows[at])
        {
            change_value(&mut value, random);
            rows[at] = value.to_string();
            return rows.join("\n").into_bytes();
        }
    }
    change_bytes(&mut bytes, random);
    bytes
}

/// Rows of two locales, one written without spaces, and predictions of them.
fn write_rows(folder: &Folder) {
    std::fs::create_dir(folder.path("corpus")).unwrap();
    let mut predictions = Vec::new();
    for tag in ["de-DE", "ja-JP"] {
        let rows = lines(&mini(&format!("data/{tag}.jsonl")));
        let is_test = |row: &&String| row.contains("\"test\"");
        let rows: Vec<String> = rows.iter().filter(is_test).take(4).cloned().collect();
        let ids: Vec<Value> = rows
            .iter()
            .map(|row| serde_json::from_str::<Value>(row).unwrap()["id"].clone())
            .collect();
        folder.write_lines(&format!("corpus/{tag}.jsonl"), &rows);
        let all = lines(&mini("predictions/poor.jsonl"));
        predictions.extend(all.into_iter().filter(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["locale"] == tag && ids.contains(&row["id"])
        }));
    }
    folder.write_lines("p.jsonl", &predictions);
    folder.write("p.jsonl.gz", gzip(&std::fs::read(folder.path("p.jsonl")).unwrap()));
    folder.write("p.json", format!("[{}]", predictions.join(",")));
    let rows = predictions.iter().map(|line| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| row[key].as_str().unwrap_or_default().replace('"', "");
        format!(
            "{},{},{},\"{}\"",
            text("id"),
            text("locale"),
            text("pred_intent"),
            text("pred_annot_utt")
        )
    });
    let header = "id,locale,pred_intent,pred_annot_utt".to_owned();
    folder.write_lines("p.csv", std::iter::once(header).chain(rows));
    let numbered = predictions.iter().map(|line| {
        let mut row: Value = serde_json::from_str(line).unwrap();
        row["pred_intent"] = 1.into();
        row.to_string()
    });
    folder.write_lines("numbered.jsonl", numbered);
    folder.write("x.intents", r#"{"alarm_set": 0, "alarm_query": 1, "play_music": 2}"#);
    folder.write_lines(
        "slurp.jsonl",
        [r#"{"slurp_id": 1, "sentence": "wake me at five am", "intent": "alarm_set", "scenario": "alarm", "action": "set", "tokens": [{"surface": "wake", "id": 0}, {"surface": "me", "id": 1}, {"surface": "at", "id": 2}, {"surface": "five", "id": 3}, {"surface": "am", "id": 4}], "entities": [{"span": [3, 4], "type": "time"}], "recordings": [{"file": "a.flac"}]}"#],
    );
    folder.write_lines(
        "slurped.jsonl",
        [r#"{"slurp_id": 1, "file": "a.flac", "scenario": "alarm", "action": "set", "entities": [{"type": "time", "filler": "five am"}]}"#],
    );
}

/// Everything that the cases change, made by the binary where it writes it.
fn prepare(folder: &Folder) -> Vec<Subject> {
    write_rows(folder);
    let (corpus, poor) = (folder.at("corpus"), folder.at("p.jsonl"));
    for (to, name) in [
        ("parquet", "c.parquet"),
        ("arrow", "c.arrow"),
        ("csv", "c.csv"),
        ("words", "w.jsonl"),
        ("conll", "de-DE.conll"),
        ("hf", "hf"),
    ] {
        let output = folder.at(name);
        run(["corpus", "convert", "--corpus", &corpus, "--to", to, "--output", &output]).ok();
    }
    let trained = folder.at("trained");
    let options = ["--locales", "de-DE", "--rare-labels", "--output", &trained];
    run([&["train", "--corpus", &mini("data")], &options[..]].concat()).ok();
    let board = folder.at("board");
    let options = ["--folder", &board, "--name", "a", "--resamples", "0", "--date", "2022-01-01"];
    let rows = ["--corpus", &corpus, "--locales", "de-DE,ja-JP"];
    run([&["leaderboard", "add", &poor], &options[..], &rows].concat()).ok();
    folder.write(
        "meta.json",
        r#"{"name": "b", "team": "x", "links": [], "model": {"family": "other"}}"#,
    );
    tarred(folder);

    let words = |text: &str| -> Vec<String> {
        let text = text.replace("CORPUS", &corpus).replace("POOR", &poor);
        let text = text.replace("TEST", &folder.at(""));
        text.split(' ').map(str::to_owned).collect()
    };
    let subject = |kind, name: &str, commands: &[&str]| Subject {
        kind,
        source: folder.path(name),
        file: None,
        commands: commands.iter().map(|text| words(text)).collect(),
    };
    let reading = [
        "corpus check --corpus {}",
        "corpus stats --by slot --corpus {}",
        "score POOR --corpus {} --missing wrong",
    ];
    let scoring = [
        "score {} --corpus CORPUS --missing wrong",
        "check {} --corpus CORPUS",
        "errors {} --corpus CORPUS --missing wrong --format csv",
        "score {} --corpus CORPUS --missing wrong --reading tolerant",
    ];
    let mut subjects = vec![
        subject("corpus, JSON lines", "corpus/de-DE.jsonl", &reading),
        subject("corpus of characters", "corpus/ja-JP.jsonl", &reading),
        subject("corpus, Parquet", "c.parquet", &reading),
        subject("corpus, Arrow", "c.arrow", &reading),
        subject("corpus, CSV", "c.csv", &reading),
        subject("corpus, words", "w.jsonl", &reading),
        subject("corpus, CoNLL", "de-DE.conll", &reading),
        subject("corpus, archive", "c.tar", &reading),
        subject("corpus, compressed archive", "c.tar.gz", &reading),
        subject("predictions, JSON lines", "p.jsonl", &scoring),
        subject("predictions, compressed", "p.jsonl.gz", &scoring),
        subject("predictions, JSON", "p.json", &scoring),
        subject("predictions, CSV", "p.csv", &scoring),
        subject(
            "label map",
            "x.intents",
            &["score TEST/numbered.jsonl --corpus CORPUS --missing wrong --labels-map {}"],
        ),
        subject("SLURP's gold", "slurp.jsonl", &["score TEST/slurped.jsonl --slu-f1 --corpus {}"]),
        subject("SLURP's form", "slurped.jsonl", &["score {} --slu-f1 --corpus TEST/slurp.jsonl"]),
        subject(
            "words about an entry",
            "meta.json",
            &[
                "leaderboard add POOR --corpus CORPUS --folder {}.board --resamples 0 --locales de-DE,ja-JP --meta {}",
            ],
        ),
    ];
    let mut within = |kind, source: &Path, commands: &[&str]| {
        for file in files_of(source) {
            let commands = commands.iter().map(|text| words(text)).collect();
            subjects.push(Subject { kind, source: source.to_owned(), file: Some(file), commands });
        }
    };
    within("dataset", &folder.path("hf"), &reading);
    let parse = ["predict --model {} --text wake --locale de-DE", "model inspect {}"];
    within("linear model", &folder.path("trained"), &parse);
    within(
        "leaderboard",
        &folder.path("board"),
        &["leaderboard check {}", "leaderboard render {}"],
    );
    let parse = [
        "predict --model {} --text wake --locale en-US --engine builtin",
        "model inspect {}",
        "model tokenize --model {} --corpus CORPUS",
    ];
    within("model", &slim(folder, "tiny"), &parse);
    let generate =
        ["predict --model {} --text wake --locale en-US --engine builtin --max-new-tokens 8"];
    within("text-to-text model", &slim(folder, "models/text-to-text"), &generate);
    subjects
}

/// A model of the fixtures with nothing but what is read of it.
fn slim(folder: &Folder, name: &str) -> PathBuf {
    let source = PathBuf::from(fixture(name));
    let to = folder.path(source.file_name().unwrap().to_str().unwrap());
    std::fs::create_dir(&to).unwrap();
    for file in
        files_of(&source).iter().filter(|file| !file.ends_with(".py") && !file.contains('/'))
    {
        std::fs::copy(source.join(file), to.join(file)).unwrap();
    }
    to
}

/// The files of a folder, by their paths in it; none whose names start with a dot.
fn files_of(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(inner) = left.pop() {
        for entry in std::fs::read_dir(folder.join(&inner)).unwrap() {
            let path = inner.join(entry.unwrap().file_name());
            if folder.join(&path).is_dir() {
                left.push(path);
            } else if !path.file_name().unwrap().to_str().unwrap().starts_with('.') {
                found.push(path.to_str().unwrap().to_owned());
            }
        }
    }
    found.sort();
    found
}

/// The corpus as an archive, plain and compressed.
fn tarred(folder: &Folder) {
    let mut archive = tar::Builder::new(Vec::new());
    for tag in ["de-DE", "ja-JP"] {
        let name = format!("1.1/data/{tag}.jsonl");
        archive.append_path_with_name(folder.path(&format!("corpus/{tag}.jsonl")), name).unwrap();
    }
    let bytes = archive.into_inner().unwrap();
    folder.write("c.tar.gz", gzip(&bytes));
    folder.write("c.tar", bytes);
}

fn copy(source: &Path, to: &Path) {
    if source.is_file() {
        std::fs::copy(source, to).unwrap();
        return;
    }
    for file in files_of(source) {
        let to = to.join(&file);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(source.join(&file), to).unwrap();
    }
}

/// Runs one case in a folder of its own; what is wrong with how it ended.
fn case(subjects: &[Subject], seed: u64, number: u64) -> Result<(), String> {
    let mut random = Random(seed ^ number.wrapping_mul(0xd134_2543_de82_ef95));
    let subject = &subjects[(number % subjects.len() as u64) as usize];
    let command = random.choose(&subject.commands).clone();
    let folder = Folder::new();
    let copied = folder.path(subject.source.file_name().unwrap().to_str().unwrap());
    copy(&subject.source, &copied);
    let file = subject.file.as_ref().map_or(copied.clone(), |file| copied.join(file));
    let bytes = changed(&std::fs::read(&file).unwrap(), &mut random);
    std::fs::write(&file, bytes).unwrap();
    let arguments: Vec<String> =
        command.iter().map(|word| word.replace("{}", copied.to_str().unwrap())).collect();
    let wrong = ended(&arguments).err();
    wrong.map_or(Ok(()), |what| {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("mutation-{seed}-{number}"));
        copy(&file, &kept);
        let name = file.file_name().unwrap().display();
        Err(format!(
            "case {number} of seed {seed}, {} ({name}): massive {}: {what}; the file is {}",
            subject.kind,
            arguments.join(" "),
            kept.display()
        ))
    })
}

/// Runs the binary and sees how it ends.
fn ended(arguments: &[String]) -> Result<(), String> {
    let mut command = massive();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped());
    command.env("RAYON_NUM_THREADS", "2").env("RUST_BACKTRACE", "0");
    let child = command.spawn().unwrap();
    let Some((code, stderr)) = waited(child) else {
        return Err(format!("it did not end in {} s", PATIENCE.as_secs()));
    };
    let first: String = stderr.chars().take(300).collect();
    match code {
        _ if stderr.contains("panicked") => Err(format!("it panicked: {first}")),
        None => Err(format!("a signal ended it: {first}")),
        Some(0 | 1) => Ok(()),
        Some(2) if stderr.contains("error: ") => Ok(()),
        Some(code) => Err(format!("exit code {code}: {first}")),
    }
}

/// Exit code, `None` for a signal, and standard error; nothing if it does not end.
fn waited(mut child: Child) -> Option<(Option<i32>, String)> {
    let stderr = child.stderr.take();
    let reading = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stderr) = stderr {
            let _ = std::io::Read::read_to_end(&mut stderr, &mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    });
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    Some((status.code(), reading.join().unwrap_or_default()))
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

#[test]
fn a_file_changed_at_random_ends_in_a_result_or_a_sentence() {
    let folder = Folder::new();
    let subjects = prepare(&folder);
    // Unchanged, everything is read.
    let mut unread = Vec::new();
    for subject in &subjects {
        for command in &subject.commands {
            let source = subject.source.to_str().unwrap();
            let arguments: Vec<String> =
                command.iter().map(|word| word.replace("{}", source)).collect();
            let done = finish(massive().args(&arguments).output().unwrap());
            if done.code > 1 {
                unread.push(format!("{arguments:?}: {}", done.stderr));
            }
        }
    }
    assert!(unread.is_empty(), "{}", unread.join("\n"));
    let seed = number("MASSIVE_MUTATION_SEED").unwrap_or(12_345);
    let only = number("MASSIVE_MUTATION");
    let cases = number("MASSIVE_MUTATIONS").unwrap_or(CASES);
    let (start, end) = only.map_or((0, cases), |only| (only, only + 1));
    let (next, failures) = (AtomicU64::new(start), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        break;
                    }
                    if let Err(failure) = case(&subjects, seed, number) {
                        failures.lock().unwrap().push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {cases}:\n{}", failures.len(), failures.join("\n"));
}

/// Which the tokenizers library panicked at.
#[test]
fn a_tokenizer_whose_template_lacks_a_token_is_a_broken_file() {
    let Some(shared) = massive_testdata::shared(&["cases/models/tokenizer-panics"]) else { return };
    let folder = Folder::new();
    let model = slim(&folder, "tiny");
    let broken = shared.join("cases/models/tokenizer-panics/template.json");
    std::fs::copy(broken, model.join("tokenizer.json")).unwrap();
    let model = model.display().to_string();
    let parse = ["predict", "--model", &model, "--text", "wake me", "--locale", "en-US"];
    let message = run([&parse[..], &["--engine", "builtin"]].concat()).fails(2, "tokenizer.json");
    assert_eq!(message.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{message}");
    let inspected = run(["model", "inspect", &model]);
    assert!(matches!(inspected.code, 1 | 2), "{}", inspected.stderr);
    assert!(!inspected.stderr.contains("panicked"), "{}", inspected.stderr);
}

/// A decoder that the library does not know, and one that contradicts itself.
#[test]
fn a_tokenizer_with_an_odd_decoder_is_a_broken_file() {
    let folder = Folder::new();
    let model = slim(&folder, "models/text-to-text");
    let path = model.join("tokenizer.json");
    let original: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let model = model.display().to_string();
    for decoder in [r#"{"type": "Nothing"}"#, r#"{"type": "CTC"}"#, "7", r#"{"type": "Sequence"}"#]
    {
        let mut tokenizer = original.clone();
        tokenizer["decoder"] = serde_json::from_str(decoder).unwrap();
        std::fs::write(&path, tokenizer.to_string()).unwrap();
        let done = run(["predict", "--model", &model, "--text", "wake", "--locale", "en-US"]);
        assert!(matches!(done.code, 0 | 2), "{decoder}: {} {}", done.code, done.stderr);
        assert!(!done.stderr.contains("panicked"), "{decoder}: {}", done.stderr);
    }
}
