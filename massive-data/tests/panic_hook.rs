//! Reading Parquet replaces the process's panic hook only while it reads.
//!
//! The one test of its file, since a process has one hook.

use std::fs::File;
use std::io::BufWriter;
use std::panic::set_hook;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use massive_data::convert::{self, Parquet};
use massive_data::{Corpus, LabelMode};

const MINI: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/mini/data");

#[test]
fn the_hook_is_put_back() {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    set_hook(Box::new(|_| {
        SEEN.fetch_add(1, Ordering::SeqCst);
    }));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corpus.parquet");
    let format = Parquet { labels: LabelMode::Reference };
    let file = BufWriter::new(File::create(&path).unwrap());
    convert::to_one(&Corpus::open(MINI).unwrap(), &format, Box::new(file)).unwrap();
    let corpus = Corpus::open(&path).unwrap();
    assert!(corpus.read().unwrap().1.rows > 0);
    for panics in 1..=2 {
        assert!(thread::spawn(|| panic!("seen")).join().is_err());
        assert_eq!(SEEN.load(Ordering::SeqCst), panics);
        corpus.read().unwrap();
    }
}
