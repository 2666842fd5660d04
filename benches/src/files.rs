//! The files of an unpacked corpus, for peers that know nothing of releases.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::Result;

/// All files `*.jsonl` under a folder.
pub(crate) struct Files {
    paths: Vec<PathBuf>,
    bytes: u64,
}

impl Files {
    pub(crate) fn find(folder: &Path) -> Result<Files> {
        let mut files = Files { paths: Vec::new(), bytes: 0 };
        files.add(folder)?;
        if files.paths.is_empty() {
            return Err(format!("{}: no .jsonl file here", folder.display()).into());
        }
        files.paths.sort();
        Ok(files)
    }

    fn add(&mut self, folder: &Path) -> Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let metadata = std::fs::metadata(&path)?;
            if metadata.is_dir() {
                self.add(&path)?;
            } else if path.extension().is_some_and(|extension| extension == "jsonl") {
                self.bytes += metadata.len();
                self.paths.push(path);
            }
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The size of all of them.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Reads one file after the other into one buffer.
    pub(crate) fn for_each(&self, mut work: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut buffer = Vec::new();
        for path in &self.paths {
            buffer.clear();
            File::open(path)?.read_to_end(&mut buffer)?;
            work(&buffer)?;
        }
        Ok(())
    }

    /// Reads one piece after the other, each where it stays in the nearest cache,
    /// and says which of them end their file.
    pub(crate) fn for_each_piece(&self, mut work: impl FnMut(&[u8], bool)) -> Result<()> {
        const PIECE: usize = 1 << 18;
        // The kernel copies fastest to where bytes lie in the page cache.
        const ALIGNED: usize = 64;
        let mut buffer = vec![0; PIECE + ALIGNED];
        let start = buffer.as_ptr().align_offset(ALIGNED).min(ALIGNED);
        for path in &self.paths {
            let mut file = File::open(path)?;
            let mut left = usize::try_from(file.metadata()?.len())?;
            while left > 0 {
                let piece = &mut buffer[start..start + left.min(PIECE)];
                file.read_exact(piece)?;
                left -= piece.len();
                work(piece, left == 0);
            }
        }
        Ok(())
    }

    /// Reads one line after the other; empty ones are passed over.
    pub(crate) fn for_each_line(&self, mut work: impl FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.for_each(|bytes| {
            let mut start = 0;
            for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
                if end > start {
                    work(&bytes[start..end])?;
                }
                start = end + 1;
            }
            Ok(())
        })
    }
}
