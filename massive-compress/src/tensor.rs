//! The numbers of a tensor.

use crate::error::{Error, Result};
use crate::onnx::message::{TensorProto, data_type};
use crate::onnx::wire::Packed;

/// The shape of a tensor.
pub(crate) fn shape(tensor: &TensorProto) -> Result<Vec<usize>> {
    let dims = tensor.dims.iter();
    dims.map(|&dim| usize::try_from(dim).map_err(|_| misshapen(tensor))).collect()
}

/// How many elements that is.
pub(crate) fn count(tensor: &TensorProto) -> Result<usize> {
    let shape = shape(tensor)?;
    let count = shape.iter().try_fold(1usize, |count, &dim| count.checked_mul(dim));
    count.ok_or_else(|| misshapen(tensor))
}

fn misshapen(tensor: &TensorProto) -> Error {
    Error::new(format!("weight `{}` has the shape {:?}", name(tensor), tensor.dims))
}

pub(crate) fn name(tensor: &TensorProto) -> &str {
    tensor.name.as_deref().unwrap_or_default()
}

/// Whether its elements are 32-bit floating point.
pub(crate) fn is_float(tensor: &TensorProto) -> bool {
    tensor.data_type == Some(data_type::FLOAT)
}

/// The elements of a tensor of 32-bit floating point.
///
/// # Errors
/// Another type, more or fewer elements than its shape says, or one that is not
/// finite.
pub(crate) fn floats(tensor: &TensorProto) -> Result<Vec<f32>> {
    let values: Vec<f32> = match &tensor.raw_data {
        Some(raw) => {
            let (words, rest) = raw.as_chunks::<4>();
            demand_count(tensor, words.len() + usize::from(!rest.is_empty()))?;
            words.iter().map(|&word| f32::from_le_bytes(word)).collect()
        }
        None => tensor.float_data.0.clone(),
    };
    demand_count(tensor, values.len())?;
    if let Some(value) = values.iter().find(|value| !value.is_finite()) {
        return Err(Error::new(format!(
            "weight `{}` has an element that is {value}; is the model damaged?",
            name(tensor)
        )));
    }
    Ok(values)
}

fn demand_count(tensor: &TensorProto, found: usize) -> Result<()> {
    let wanted = count(tensor)?;
    if found == wanted {
        return Ok(());
    }
    Err(Error::new(format!(
        "weight `{}` has {found} elements, but its shape {:?} wants {wanted}",
        name(tensor),
        tensor.dims
    )))
}

/// A tensor of these bytes.
pub(crate) fn of_bytes(name: String, data_type: i32, shape: &[usize], raw: Vec<u8>) -> TensorProto {
    TensorProto {
        dims: shape.iter().map(|&dim| dim as i64).collect(),
        data_type: Some(data_type),
        name: Some(name),
        raw_data: Some(raw),
        ..TensorProto::default()
    }
}

/// A tensor of 32-bit floating point.
pub(crate) fn of_floats(name: String, shape: &[usize], values: &[f32]) -> TensorProto {
    let raw = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    of_bytes(name, data_type::FLOAT, shape, raw)
}

/// These rows of a tensor, along its first axis.
///
/// # Errors
/// No first axis, a row beyond the end, or elements that do not fill the shape.
pub(crate) fn select_rows(tensor: &TensorProto, rows: &[u32]) -> Result<TensorProto> {
    let shape = shape(tensor)?;
    let Some(&first) = shape.first() else { return Err(misshapen(tensor)) };
    if let Some(row) = rows.iter().find(|&&row| row as usize >= first) {
        return Err(Error::new(format!(
            "table `{}` has {first} rows and row {row} is wanted; does the tokenizer belong to \
             the model?",
            name(tensor)
        )));
    }
    let mut chosen = tensor.clone();
    chosen.dims[0] = rows.len() as i64;
    let width = count(tensor)?.checked_div(first).unwrap_or(0);
    match &tensor.raw_data {
        Some(raw) => {
            let bytes = raw.len().checked_div(first).unwrap_or(0);
            if bytes * first != raw.len() || (width > 0 && bytes % width != 0) {
                return Err(Error::new(format!(
                    "table `{}` has {} bytes for {first} rows",
                    name(tensor),
                    raw.len()
                )));
            }
            let pick = |&row: &u32| &raw[row as usize * bytes..][..bytes];
            chosen.raw_data = Some(rows.iter().flat_map(pick).copied().collect());
        }
        None => {
            let picked = |len: usize| len == width * first;
            if picked(tensor.float_data.len()) {
                let data = &tensor.float_data;
                let pick = |&row: &u32| &data[row as usize * width..][..width];
                chosen.float_data = Packed(rows.iter().flat_map(pick).copied().collect());
            } else if picked(tensor.int32_data.len()) {
                let data = &tensor.int32_data;
                let pick = |&row: &u32| &data[row as usize * width..][..width];
                chosen.int32_data = Packed(rows.iter().flat_map(pick).copied().collect());
            } else {
                return Err(misshapen(tensor));
            }
        }
    }
    Ok(chosen)
}
