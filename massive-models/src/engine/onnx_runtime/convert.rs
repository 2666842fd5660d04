//! Between our arrays and ONNX Runtime's tensors.

use half::f16;
use ndarray::{Array, ArrayD, CowArray, IxDyn};
use ort::memory::Allocator;
use ort::session::SessionInputValue;
use ort::value::{DynTensor, PrimitiveTensorElementType, TensorElementType, TensorRef};

use crate::engine::{ElementType, Port, Tensor, ports};
use crate::error::{Error, Result};

/// A tensor that borrows from `tensor` where the port takes its type, and owns a
/// converted copy where it does not. The outer error is ours, the inner one the
/// library's.
pub(super) fn borrowed<'a>(
    tensor: &'a Tensor,
    port: Option<&Port>,
    graph: &str,
    name: &str,
) -> Result<ort::Result<SessionInputValue<'a>>> {
    let element = port.map(|port| &port.element);
    Ok(match (tensor, element) {
        (Tensor::F32(array), None | Some(ElementType::F32)) => view(array),
        (Tensor::I64(array), None | Some(ElementType::I64)) => view(array),
        (Tensor::Bool(array), None | Some(ElementType::Bool)) => view(array),
        _ => owned(tensor, element, graph, name)?.map(SessionInputValue::from),
    })
}

fn view<'a, T>(array: &'a ArrayD<T>) -> ort::Result<SessionInputValue<'a>>
where
    T: PrimitiveTensorElementType + std::fmt::Debug + Clone + 'static,
{
    if array.is_standard_layout() {
        TensorRef::from_array_view(array.view()).map(SessionInputValue::from)
    } else {
        ort::value::Tensor::from_array(array.as_standard_layout().into_owned())
            .map(SessionInputValue::from)
    }
}

/// A tensor of its own, of the type that the port takes.
pub(super) fn owned(
    tensor: &Tensor,
    element: Option<&ElementType>,
    graph: &str,
    name: &str,
) -> Result<ort::Result<DynTensor>> {
    use ort::value::Tensor as Ort;
    let standard = |array: &ArrayD<f32>| array.as_standard_layout().into_owned();
    Ok(match (tensor, element) {
        (Tensor::F32(array), None | Some(ElementType::F32)) => {
            Ort::from_array(standard(array)).map(Ort::upcast)
        }
        (Tensor::F32(array), Some(ElementType::F16)) => {
            Ort::from_array(standard(array).mapv(f16::from_f32)).map(Ort::upcast)
        }
        (Tensor::I64(array), None | Some(ElementType::I64)) => {
            Ort::from_array(array.as_standard_layout().into_owned()).map(Ort::upcast)
        }
        (Tensor::I64(array), Some(ElementType::I32)) => {
            Ort::from_array(ports::narrowed(array, graph, name)?).map(Ort::upcast)
        }
        (Tensor::Bool(array), None | Some(ElementType::Bool)) => {
            Ort::from_array(array.as_standard_layout().into_owned()).map(Ort::upcast)
        }
        (tensor, Some(element)) => {
            return Err(ports::wrong_type(graph, name, tensor, element));
        }
    })
}

/// A copy in host memory, in the type that we count it as.
pub(super) fn to_host(value: &DynTensor, graph: &str, name: &str) -> Result<Tensor> {
    let failed = |error: ort::Error| {
        Error::inference(format!("{graph}: `{name}` cannot be read: {}", error.message()))
    };
    Ok(match value.data_type() {
        TensorElementType::Float32 => {
            Tensor::F32(value.try_extract_array::<f32>().map_err(failed)?.to_owned())
        }
        TensorElementType::Float16 => {
            Tensor::F32(value.try_extract_array::<f16>().map_err(failed)?.mapv(f16::to_f32))
        }
        TensorElementType::Int64 => {
            Tensor::I64(value.try_extract_array::<i64>().map_err(failed)?.to_owned())
        }
        TensorElementType::Int32 => {
            Tensor::I64(value.try_extract_array::<i32>().map_err(failed)?.mapv(i64::from))
        }
        TensorElementType::Bool => {
            Tensor::Bool(value.try_extract_array::<bool>().map_err(failed)?.to_owned())
        }
        other => {
            return Err(Error::inference(format!(
                "{graph}: `{name}` has elements of the type {other}, which is not understood"
            )));
        }
    })
}

/// Rows of a tensor in host memory.
pub(super) fn select_rows(value: &DynTensor, rows: &[usize]) -> Result<ort::Result<DynTensor>> {
    Ok(match value.data_type() {
        TensorElementType::Float32 => copy_rows::<f32>(value, rows),
        TensorElementType::Float16 => copy_rows::<f16>(value, rows),
        TensorElementType::Int64 => copy_rows::<i64>(value, rows),
        TensorElementType::Int32 => copy_rows::<i32>(value, rows),
        TensorElementType::Bool => copy_rows::<bool>(value, rows),
        other => {
            return Err(Error::inference(format!(
                "rows of a tensor with elements of the type {other} cannot be taken"
            )));
        }
    })
}

/// `value` has an axis, and no row lies beyond it.
fn copy_rows<T>(value: &DynTensor, rows: &[usize]) -> ort::Result<DynTensor>
where
    T: PrimitiveTensorElementType + std::fmt::Debug + Copy,
{
    let (shape, data) = value.try_extract_tensor::<T>()?;
    let width: usize =
        shape.iter().skip(1).map(|&axis| usize::try_from(axis).unwrap_or(0)).product();
    let mut axes: Vec<i64> = shape.to_vec();
    if let Some(first) = axes.first_mut() {
        *first = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    }
    let mut selected = ort::value::Tensor::<T>::new(&Allocator::default(), axes)?;
    let (_, into) = selected.try_extract_tensor_mut::<T>()?;
    if width > 0 {
        for (&row, into) in rows.iter().zip(into.chunks_exact_mut(width)) {
            into.copy_from_slice(&data[row * width..(row + 1) * width]);
        }
    }
    Ok(selected.upcast())
}

/// Row numbers as the library takes them.
pub(super) fn indices(rows: &[usize]) -> Array<i64, IxDyn> {
    let rows: Vec<i64> = rows.iter().map(|&row| i64::try_from(row).unwrap_or(i64::MAX)).collect();
    CowArray::from(ndarray::Array1::from_vec(rows)).into_owned().into_dyn()
}
