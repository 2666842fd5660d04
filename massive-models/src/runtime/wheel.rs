//! Reading the library out of a Python wheel.
//!
//! A wheel is a zip; `RECORD` in it lists every file with its SHA-256 in URL-safe
//! base64 (PEP 376, PEP 427).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zip::ZipArchive;

use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// A file that was taken out of a wheel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpacked {
    /// Its name.
    pub name: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// What a wheel's name says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// The name itself.
    pub(super) file: String,
    /// The version of ONNX Runtime.
    pub(super) version: String,
    /// True if it was built for GPUs.
    pub(super) gpu: bool,
}

impl Name {
    /// Reads a name such as `onnxruntime_gpu-1.31.1-cp312-cp312-….whl`.
    ///
    /// # Errors
    /// It is not the name of a wheel of ONNX Runtime.
    pub(super) fn of(path: &Path) -> Result<Self> {
        let refused = || {
            Error::request(format!(
                "{} is not named as a wheel of ONNX Runtime, such as \
                 onnxruntime-1.31.1-cp312-cp312-….whl",
                path.display()
            ))
        };
        let file = path.file_name().and_then(|name| name.to_str()).ok_or_else(refused)?;
        let parts: Vec<&str> = file.strip_suffix(".whl").ok_or_else(refused)?.split('-').collect();
        let (package, version) = match parts.as_slice() {
            [package, version, _, _, _] | [package, version, _, _, _, _] => (*package, *version),
            _ => return Err(refused()),
        };
        let gpu = match package {
            "onnxruntime" => false,
            "onnxruntime_gpu" => true,
            _ => return Err(refused()),
        };
        let holds = version
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || matches!(character, '.' | '+'));
        if !holds || !version.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(refused());
        }
        Ok(Name { file: file.to_owned(), version: version.to_owned(), gpu })
    }
}

/// Takes the library, the libraries of its providers and its licence out of
/// `wheel`, into `folder`, and checks each against the wheel's list.
///
/// # Errors
/// The wheel cannot be read, is damaged or does not agree with its list.
pub(super) fn unpack(wheel: &Path, folder: &Path) -> Result<Vec<Unpacked>> {
    let shown = wheel.display();
    let damaged = |what: &dyn std::fmt::Display| {
        Error::runtime(format!("{shown} is damaged: {what}; fetch it again"))
    };
    let file = File::open(wheel).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => Error::request(format!("{shown} is not there")),
        _ => Error::runtime(format!("{shown} cannot be read: {error}")),
    })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| damaged(&error))?;
    let names = archive
        .file_names()
        .map(|name| name.map(|name| name.into_owned()))
        .collect::<Result<Vec<String>, _>>()
        .map_err(|error| damaged(&error))?;
    let record = names
        .iter()
        .find(|name| name.ends_with(".dist-info/RECORD") && name.matches('/').count() == 1)
        .ok_or_else(|| damaged(&"it has no list of its files"))?;
    let mut text = String::new();
    archive
        .by_name(record)
        .map_err(|error| damaged(&error))?
        .read_to_string(&mut text)
        .map_err(|error| damaged(&error))?;
    let digests = digests(&text);

    let mut unpacked = Vec::new();
    for name in names.iter().filter(|name| is_wanted(name)) {
        let short = name.rsplit('/').next().unwrap_or(name);
        let expected = digests
            .get(name.as_str())
            .ok_or_else(|| damaged(&format!("its list does not have {name}")))?;
        let mut entry = archive.by_name(name).map_err(|error| damaged(&error))?;
        let target = folder.join(short);
        let mut out = File::create(&target).map_err(|error| cannot_write(&target, &error))?;
        let mut hash = Sha256::new();
        let mut bytes = 0;
        let mut buffer = vec![0; 1 << 16];
        loop {
            let length = entry.read(&mut buffer).map_err(|error| damaged(&error))?;
            if length == 0 {
                break;
            }
            hash.update(&buffer[..length]);
            bytes += length as u64;
            out.write_all(&buffer[..length]).map_err(|error| cannot_write(&target, &error))?;
        }
        out.sync_all().map_err(|error| cannot_write(&target, &error))?;
        let found = hash.finalize();
        if base64(&found) != *expected {
            return Err(damaged(&format!("{name} does not have the digest that its list gives")));
        }
        unpacked.push(Unpacked { name: short.to_owned(), bytes, sha256: hexadecimal(&found) });
    }
    unpacked.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(unpacked)
}

fn cannot_write(path: &Path, error: &io::Error) -> Error {
    Error::runtime(format!("{} cannot be written: {error}", path.display()))
}

/// True for libraries, licences and notices.
fn is_wanted(name: &str) -> bool {
    let Some(inner) = name.strip_prefix("onnxruntime/") else { return false };
    match inner.strip_prefix("capi/") {
        Some(file) => {
            let unix =
                file.starts_with("lib") && (file.contains(".so") || file.ends_with(".dylib"));
            !file.contains('/') && (unix || file.ends_with(".dll"))
        }
        None => matches!(inner, "LICENSE" | "ThirdPartyNotices.txt"),
    }
}

/// The SHA-256 of each file, as the list writes it.
fn digests(record: &str) -> BTreeMap<&str, &str> {
    record
        .lines()
        .filter_map(|line| {
            // Name, digest, length: a name may hold commas, and is quoted then; none
            // of those wanted does.
            let mut parts = line.splitn(3, ',');
            Some((parts.next()?, parts.next()?.strip_prefix("sha256=")?))
        })
        .collect()
}

/// URL-safe base64 without padding (RFC 4648, section 5).
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut number = 0_u32;
        for at in 0..3 {
            number = number << 8 | u32::from(group.get(at).copied().unwrap_or(0));
        }
        for at in 0..=group.len() {
            let digit = number >> (18 - 6 * at) & 63;
            text.push(char::from(DIGITS[digit as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        let cases = [
            ("", ""),
            ("f", "Zg"),
            ("fo", "Zm8"),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg"),
            ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (plain, encoded) in cases {
            assert_eq!(base64(plain.as_bytes()), encoded);
        }
        assert_eq!(base64(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn names_of_wheels_are_read() {
        let name = |text: &str| Name::of(Path::new(text)).map(|name| (name.version, name.gpu)).ok();
        let long = "x/onnxruntime-1.20.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28.whl";
        assert_eq!(name(long), Some(("1.20.1".to_owned(), false)));
        let gpu = "onnxruntime_gpu-1.31.1-cp312-cp312-win_amd64.whl";
        assert_eq!(name(gpu), Some(("1.31.1".to_owned(), true)));
        for text in ["onnxruntime-1.31.1.tar.gz", "numpy-2.0-cp312-cp312-x.whl", "a.whl", "/"] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    fn wheel(files: &[(&str, &str)], record: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut zip = ZipWriter::new(file.reopen().unwrap());
        for (name, text) in files.iter().chain(&[("onnxruntime-1.0.dist-info/RECORD", record)]) {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        file
    }

    /// The line of the list for a file.
    fn line(name: &str, text: &str) -> String {
        format!("{name},sha256={},{}\n", base64(&Sha256::digest(text)), text.len())
    }

    #[test]
    fn libraries_are_unpacked_and_held_against_the_list() {
        let library = "onnxruntime/capi/libonnxruntime.so.1.0";
        let files = [
            (library, "code"),
            ("onnxruntime/capi/onnxruntime_pybind11_state.so", "no"),
            ("onnxruntime/capi/deeper/libx.so", "no"),
            ("onnxruntime/LICENSE", "MIT"),
        ];
        let folder = tempfile::tempdir().unwrap();
        let record = line(library, "code") + &line("onnxruntime/LICENSE", "MIT");
        let unpacked = unpack(wheel(&files, &record).path(), folder.path()).unwrap();
        let names: Vec<&str> = unpacked.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["LICENSE", "libonnxruntime.so.1.0"]);
        assert_eq!(std::fs::read(folder.path().join("libonnxruntime.so.1.0")).unwrap(), b"code");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);

        let message = |record: &str| {
            unpack(wheel(&files, record).path(), folder.path()).unwrap_err().to_string()
        };
        let other = line(library, "c0de") + &line("onnxruntime/LICENSE", "MIT");
        assert!(message(&other).contains("does not have the digest"), "{}", message(&other));
        assert!(message("").contains("its list does not have"), "{}", message(""));
        let text = tempfile::NamedTempFile::new().unwrap();
        assert!(unpack(text.path(), folder.path()).unwrap_err().to_string().contains("damaged"));
        let nowhere = folder.path().join("nowhere.whl");
        assert!(unpack(&nowhere, folder.path()).unwrap_err().is_request());
    }
}
