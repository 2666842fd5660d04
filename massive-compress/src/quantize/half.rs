//! Weights in 16-bit floating point.
//!
//! What is multiplied is 16 bits wide, what lies between stays 32 bits wide: sums and
//! normalisations of 16 bits overflow. Engines that do not know the type turn the
//! weights into 32 bits as they load them.

use half::f16;
use ndarray::Array2;

use super::matrix::{Matrix, Treated};
use super::rewritten::Rewritten;
use crate::error::{Error, Result};
use crate::onnx::message::{NodeProto, TensorProto, data_type};
use crate::tensor;

/// A tensor of 16-bit floating point; `None` if a value is too large for it.
fn tensor_of<'v>(
    name: String,
    shape: &[usize],
    values: impl IntoIterator<Item = &'v f32>,
) -> Option<TensorProto> {
    let mut raw = Vec::new();
    for &value in values {
        let narrow = f16::from_f32(value);
        if !narrow.is_finite() {
            return None;
        }
        raw.extend(narrow.to_le_bytes());
    }
    Some(tensor::of_bytes(name, data_type::FLOAT16, shape, raw))
}

fn too_large(name: &str) -> Error {
    Error::new(format!(
        "weight `{name}` has an element beyond {}, which 16-bit floating point does not hold",
        f16::MAX
    ))
}

fn cast(from: &str, to: &str, element: i32) -> NodeProto {
    NodeProto::new("Cast", &[from], to).with_int("to", element.into())
}

/// Columns as 16 bits hold them.
pub(crate) fn rounded_columns(columns: &[Vec<f32>]) -> Vec<Vec<f32>> {
    let narrow = |value: &f32| f16::from_f32(*value).to_f32();
    columns.iter().map(|column| column.iter().map(narrow).collect()).collect()
}

/// Stores a matrix: what it reads becomes 16 bits wide, and what it makes 32 again.
pub(crate) fn store(matrix: &Matrix<'_>, treated: &Treated, made: &mut Rewritten) -> Result<()> {
    let weight = format!("{}/float16", matrix.name);
    let shape = [matrix.inputs, matrix.outputs];
    let columns = &treated.columns;
    let values =
        (0..matrix.inputs).flat_map(|input| columns.iter().map(move |column| &column[input]));
    let stored = tensor_of(weight.clone(), &shape, values);
    made.weights.push(stored.ok_or_else(|| too_large(&matrix.name))?);
    made.gone.insert(matrix.name.clone());
    let narrow = format!("{}/float16", matrix.input);
    if made.halves.insert(narrow.clone()) {
        made.nodes.push(cast(matrix.input, &narrow, data_type::FLOAT16));
    }
    let product = format!("{}/float16_product", matrix.output);
    made.nodes.push(NodeProto::new("MatMul", &[&narrow, &weight], &product));
    made.nodes.push(cast(&product, &matrix.product(treated), data_type::FLOAT));
    matrix.finish(treated, made);
    Ok(())
}

/// Stores a table of embeddings; what is looked up becomes 32 bits wide.
pub(crate) fn store_table(
    node: &NodeProto,
    table: &TensorProto,
    made: &mut Rewritten,
) -> Result<()> {
    let name = tensor::name(table);
    let (Some(ids), Some(output)) = (node.input.get(1), node.output.first()) else {
        return Err(Error::new(format!("{} has no ids or no output", node.shown())));
    };
    let weight = format!("{name}/float16");
    let stored = tensor_of(weight.clone(), &tensor::shape(table)?, &tensor::floats(table)?);
    made.weights.push(stored.ok_or_else(|| too_large(name))?);
    made.gone.insert(name.to_owned());
    let row = format!("{output}/float16");
    made.nodes.push(NodeProto::new("Gather", &[&weight, ids], &row));
    made.nodes.push(cast(&row, output, data_type::FLOAT));
    Ok(())
}

/// Stores a factor of a low-rank term, in 16 bits where they hold it; returns the name
/// of its 32-bit form.
pub(crate) fn store_factor(name: String, factor: &Array2<f32>, made: &mut Rewritten) -> String {
    let shape = [factor.nrows(), factor.ncols()];
    match tensor_of(format!("{name}/float16"), &shape, factor) {
        Some(stored) => {
            made.nodes.push(cast(tensor::name(&stored), &name, data_type::FLOAT));
            made.weights.push(stored);
        }
        None => {
            let values: Vec<f32> = factor.iter().copied().collect();
            made.weights.push(tensor::of_floats(name.clone(), &shape, &values));
        }
    }
    name
}

/// A factor as it will be computed with.
pub(crate) fn as_stored(factor: &Array2<f32>) -> Array2<f64> {
    let narrow = factor.mapv(f16::from_f32);
    match narrow.iter().all(|value| value.is_finite()) {
        true => narrow.mapv(f64::from),
        false => factor.mapv(f64::from),
    }
}
