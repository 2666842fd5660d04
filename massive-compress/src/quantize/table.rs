//! Tables of embeddings.

use super::matrix::{largest_of, rounded};
use super::rewritten::Rewritten;
use crate::error::{Error, Result};
use crate::onnx::message::{NodeProto, TensorProto, data_type};
use crate::tensor;

/// Whether a table has rows of floating point that are long enough to be worth a scale
/// each: scales that are looked up themselves are not.
pub(crate) fn is_worth_it(table: &TensorProto) -> bool {
    tensor::is_float(table) && table.dims.last().is_some_and(|&width| width >= 16)
}

/// Stores a table in 8 bits, with a scale a row: rows and scales are looked up
/// apart and multiplied.
pub(crate) fn store(node: &NodeProto, table: &TensorProto, made: &mut Rewritten) -> Result<()> {
    let name = tensor::name(table);
    let [rows, width] = tensor::shape(table)?[..] else {
        return Err(Error::new(format!(
            "table `{name}` has the shape {:?}; rows and columns were expected",
            table.dims
        )));
    };
    let (Some(ids), Some(output)) = (node.input.get(1), node.output.first()) else {
        return Err(Error::new(format!("{} has no ids or no output", node.shown())));
    };
    let values = tensor::floats(table)?;
    let mut raw = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(rows);
    for row in values.chunks(width.max(1)) {
        let scale = largest_of(row) / 127.0;
        scales.push(scale);
        raw.extend(row.iter().map(|&value| rounded(value, scale, 127.0) as i8 as u8));
    }
    let (weight, scale) = (format!("{name}/int8"), format!("{name}/scale"));
    made.weights.push(tensor::of_bytes(weight.clone(), data_type::INT8, &[rows, width], raw));
    made.weights.push(tensor::of_floats(scale.clone(), &[rows, 1], &scales));
    made.gone.insert(name.to_owned());
    let of = |part: &str| format!("{output}/{part}");
    let (row, real, row_scale) = (of("int8"), of("float"), of("scale"));
    made.nodes.extend([
        NodeProto::new("Gather", &[&weight, ids], &row),
        NodeProto::new("Cast", &[&row], &real).with_int("to", data_type::FLOAT.into()),
        NodeProto::new("Gather", &[&scale, ids], &row_scale),
        NodeProto::new("Mul", &[&real, &row_scale], output),
    ]);
    Ok(())
}
