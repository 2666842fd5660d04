//! Graphs that are read and written, whole and damaged.

#![allow(clippy::print_stderr, reason = "a test that does nothing says so")]

mod support;

use std::path::PathBuf;

use massive_compress::onnx::wire::Message;
use massive_compress::onnx::{External, Onnx};
use massive_compress::quantize::{Weights, quantize};
use massive_compress::trim::{Kept, trim_graph};
use support::{engines, fixture, logits, shared};

/// The encoders that are here.
fn encoders() -> Vec<PathBuf> {
    let mut graphs = vec![fixture("models/joint/model.onnx")];
    if let Some(shared) = shared() {
        graphs.extend(
            [
                "xlmr-joint/model.onnx",
                "xlmr-joint/model_int8.onnx",
                "mt5-encoder-joint/model.onnx",
                "mt5-encoder-joint/model_int8.onnx",
                "hf-intent/model.onnx",
                "hf-slots/model.onnx",
                "e5-joint/model.onnx",
            ]
            .map(|name| shared.join("models").join(name)),
        );
    }
    graphs
}

#[test]
fn a_graph_read_and_written_gives_the_same_logits_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for graph in encoders() {
        let (inside, beside) = (folder.path().join("a.onnx"), folder.path().join("b.onnx"));
        let onnx = Onnx::read(&graph).unwrap();
        let bytes = onnx.clone().write(&inside, External::AsNeeded).unwrap();
        assert_eq!(bytes, std::fs::metadata(&inside).unwrap().len());
        onnx.write(&beside, External::Always).unwrap();
        assert!(std::fs::metadata(&beside).unwrap().len() < bytes / 4, "{}", graph.display());
        // Weights beside the graph are read again, and stay beside it.
        let again = Onnx::read(&beside).unwrap();
        assert!(again.was_external);
        again.write(&beside, External::AsNeeded).unwrap();
        assert!(folder.path().join("b.onnx.data").exists());
        for engine in engines() {
            let expected = logits(&*engine, &graph);
            for written in [&inside, &beside] {
                let found = logits(&*engine, written);
                let same = expected.iter().flatten().zip(found.iter().flatten());
                let same = same.map(|(a, b)| a.to_bits() == b.to_bits());
                assert!(
                    same.clone().count() > 0 && same.into_iter().all(|same| same),
                    "{} in {}",
                    graph.display(),
                    engine.name()
                );
            }
        }
    }
}

#[test]
fn every_graph_survives_being_read_and_written() {
    let Some(shared) = shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let written = folder.path().join("model.onnx");
    for name in
        ["encoder_model", "decoder_model", "decoder_model_merged", "decoder_with_past_model"]
    {
        let graph = shared.join(format!("models/mt5-text-to-text/{name}.onnx"));
        let onnx = Onnx::read(&graph).unwrap();
        onnx.clone().write(&written, External::AsNeeded).unwrap();
        assert!(Onnx::read(&written).unwrap() == onnx, "{name}");
        for engine in engines() {
            let session = engine.load(&written, &support::options()).unwrap();
            assert!(!session.outputs().is_empty());
        }
    }
}

#[test]
fn weights_in_other_files_are_looked_for_in_the_folder_only() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.onnx");
    Onnx::read(&fixture("models/joint/model.onnx"))
        .unwrap()
        .write(&path, External::Always)
        .unwrap();
    let data = folder.path().join("model.onnx.data");
    let cut = std::fs::read(&data).unwrap()[..5000].to_vec();
    std::fs::write(&data, cut).unwrap();
    let short = Onnx::read(&path).unwrap_err().to_string();
    assert!(short.contains("is cut short") && short.contains("it has 5000"), "{short}");
    std::fs::remove_file(&data).unwrap();
    let missing = Onnx::read(&path).unwrap_err().to_string();
    assert!(missing.contains("model.onnx.data cannot be read"), "{missing}");
    let bytes = std::fs::read(&path).unwrap();
    let name = b"model.onnx.data";
    let at = bytes.windows(name.len()).position(|window| window == name).unwrap();
    let mut outside = bytes;
    outside[at..at + name.len()].copy_from_slice(b"../../etc/shado");
    std::fs::write(&path, outside).unwrap();
    let outside = Onnx::read(&path).unwrap_err().to_string();
    assert!(outside.contains("a file in the model's folder was expected"), "{outside}");
}

/// A small generator of numbers (Steele et al. 2014, SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % below.max(1)
    }
}

/// As many as `MASSIVE_MUTATIONS` says.
fn mutations() -> usize {
    match std::env::var("MASSIVE_MUTATIONS") {
        Ok(count) => count.parse().expect("MASSIVE_MUTATIONS is a number"),
        Err(_) => 5000,
    }
}

#[test]
fn damaged_graphs_give_errors_and_never_a_panic() {
    let whole = std::fs::read(fixture("tiny/model.onnx")).unwrap();
    let mut numbers = Numbers(18);
    let (mut read, mut refused) = (0, 0);
    for _ in 0..mutations() {
        let mut bytes = whole.clone();
        for _ in 0..=numbers.next(4) {
            let at = numbers.next(bytes.len());
            match numbers.next(4) {
                0 => bytes[at] ^= 1 << numbers.next(8),
                1 => bytes[at] = numbers.next(256) as u8,
                2 => bytes.truncate(at.max(1)),
                _ => bytes.insert(at, numbers.next(256) as u8),
            }
        }
        let Ok(mut onnx) = Onnx::from_bytes(&bytes) else {
            refused += 1;
            continue;
        };
        read += 1;
        let (mut once, mut twice) = (Vec::new(), Vec::new());
        onnx.model.write(&mut once);
        Onnx::from_bytes(&once).unwrap().model.write(&mut twice);
        assert!(once == twice, "what was written is not read as it was");
        let kept = Kept { ids: vec![0, 1, 2, 9, 20] };
        let _ = trim_graph(onnx.graph_mut().unwrap(), &kept);
        for how in [
            Weights::Int8 { reduce_range: false },
            Weights::Int4 { block: 32 },
            Weights::Fp16,
            Weights::Simulated { bits: 2, block: 32 },
        ] {
            let _ = quantize(&mut onnx.model.clone(), how);
        }
    }
    assert!(read > 300 && refused > 300, "{read} were read, {refused} refused");
}
