//! An ONNX file, cut or made up: it is read or refused. What is read is written so that
//! it is read again, and each change of it is made or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_compress::onnx::Onnx;
use massive_compress::onnx::wire::Message;
use massive_compress::quantize::{Weights, quantize};
use massive_compress::trim::{Kept, trim_graph};

fuzz_target!(|bytes: &[u8]| {
    let Ok(onnx) = Onnx::from_bytes(bytes) else { return };
    let mut written = Vec::new();
    onnx.model.write(&mut written);
    let again = Onnx::from_bytes(&written).expect("what was written can be read");
    let mut twice = Vec::new();
    again.model.write(&mut twice);
    assert_eq!(written, twice);
    let mut trimmed = again.clone();
    let _ = trim_graph(trimmed.graph_mut().expect("it has a graph"), &Kept { ids: vec![0, 1, 3] });
    for how in [
        Weights::Int8 { reduce_range: false },
        Weights::Int4 { block: 16 },
        Weights::Fp16,
        Weights::Simulated { bits: 2, block: 16 },
    ] {
        let _ = quantize(&mut again.model.clone(), how);
    }
});
