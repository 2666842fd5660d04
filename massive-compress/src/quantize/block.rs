//! Weights in blocks along the input, each with a scale of its own.

use super::matrix::{Matrix, Treated, largest_of, rounded};
use super::rewritten::Rewritten;
use crate::onnx::message::{NodeProto, data_type};
use crate::tensor;

/// Whose operator `MatMulNBits` is.
pub(crate) const DOMAIN: &str = "com.microsoft";

/// Stores a matrix in 4 bits, as `MatMulNBits` reads it: for each output and
/// block of inputs, two weights a byte, the first in its low half, each 8 more
/// than it is. There are no zero points, which the built-in engine does not take.
pub(crate) fn store(matrix: &Matrix<'_>, treated: &Treated, block: usize, made: &mut Rewritten) {
    let blocks = matrix.inputs.div_ceil(block);
    let mut raw = Vec::with_capacity(matrix.outputs * blocks * block / 2);
    let mut scales = Vec::with_capacity(matrix.outputs * blocks);
    for column in &treated.columns {
        for values in column.chunks(block) {
            let scale = largest_of(values) / 7.0;
            scales.push(scale);
            let stored = |place: usize| {
                let value = values.get(place).map_or(0.0, |&value| rounded(value, scale, 7.0));
                (value + 8.0) as u8
            };
            raw.extend((0..block).step_by(2).map(|place| stored(place) | (stored(place + 1) << 4)));
        }
    }
    let (weight, scale) = (format!("{}/int4", matrix.name), format!("{}/scale", matrix.name));
    let shape = [matrix.outputs, blocks, block / 2];
    made.weights.push(tensor::of_bytes(weight.clone(), data_type::UINT8, &shape, raw));
    made.weights.push(tensor::of_floats(scale.clone(), &[matrix.outputs, blocks], &scales));
    made.gone.insert(matrix.name.clone());
    let product = matrix.product(treated);
    let mut node = NodeProto::new("MatMulNBits", &[matrix.input, &weight, &scale], &product)
        .with_int("K", matrix.inputs as i64)
        .with_int("N", matrix.outputs as i64)
        .with_int("bits", 4)
        .with_int("block_size", block as i64);
    node.domain = Some(DOMAIN.to_owned());
    made.nodes.push(node);
    matrix.finish(treated, made);
}

/// Columns after rounding to so many bits, a scale a block.
pub(crate) fn rounded_columns(columns: &[Vec<f32>], bits: u32, block: usize) -> Vec<Vec<f32>> {
    let largest = (1u32 << (bits - 1)) as f32 - 1.0;
    let mut columns = columns.to_vec();
    for values in columns.iter_mut().flat_map(|column| column.chunks_mut(block)) {
        let scale = largest_of(values) / largest;
        for value in values {
            *value = rounded(*value, scale, largest) * scale;
        }
    }
    columns
}
