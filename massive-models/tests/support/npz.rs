//! Arrays that NumPy saved with `savez`: a zip of files, each with one array.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use massive_models::engine::Tensor;
use ndarray::{ArrayD, IxDyn};

/// The arrays of an archive by name; only float32 and int64 in row-major order.
pub(crate) fn read(path: &Path) -> BTreeMap<String, Tensor> {
    let mut archive = zip::ZipArchive::new(File::open(path).unwrap()).unwrap();
    (0..archive.len())
        .map(|at| {
            let mut entry = archive.by_index(at).unwrap();
            let name = entry.name().unwrap().strip_suffix(".npy").unwrap().to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).unwrap();
            (name, array(&bytes))
        })
        .collect()
}

/// Magic number, version, length of the header, header (a Python dictionary),
/// elements in little-endian order.
fn array(bytes: &[u8]) -> Tensor {
    assert_eq!(bytes[..8], *b"\x93NUMPY\x01\x00");
    let end = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..end]).unwrap();
    assert!(header.contains("'fortran_order': False"), "{header}");
    let (_, shape) = header.split_once("'shape': (").unwrap();
    let (shape, _) = shape.split_once(')').unwrap();
    let shape: Vec<usize> = shape
        .split(',')
        .map(str::trim)
        .filter(|axis| !axis.is_empty())
        .map(|axis| axis.parse().unwrap())
        .collect();
    let (data, shape) = (&bytes[end..], IxDyn(&shape));
    if header.contains("'<f4'") {
        let values = data.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
        Tensor::F32(ArrayD::from_shape_vec(shape, values.collect()).unwrap())
    } else {
        assert!(header.contains("'<i8'"), "{header}");
        let values =
            data.chunks_exact(8).map(|eight| i64::from_le_bytes(eight.try_into().unwrap()));
        Tensor::I64(ArrayD::from_shape_vec(shape, values.collect()).unwrap())
    }
}
