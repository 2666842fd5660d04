//! Weights that are integers in the file and floating point once it is loaded.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::graph::{remove_weights, weights};
use crate::onnx::message::{GraphProto, TensorProto, data_type};
use crate::tensor;

/// Turns weights behind `Cast` and `Mul` (integers, a scale for each row or
/// column) into what they are when the graph runs: such a file is small, but its
/// matrices are multiplied in floating point.
///
/// # Errors
/// Weights that do not fill their shape.
pub(crate) fn unfold(graph: &mut GraphProto) -> Result<()> {
    let places = weights(graph);
    let mut gone = BTreeSet::new();
    let mut nodes = BTreeSet::new();
    let mut made = Vec::new();
    for (number, cast) in graph.node.iter().enumerate() {
        let to = cast.attribute("to").and_then(|to| to.i);
        let (Some(stored), Some(real)) = (cast.input.first(), cast.output.first()) else {
            continue;
        };
        let Some(&stored) = places.get(stored) else { continue };
        if cast.standard() != "Cast" || to != Some(data_type::FLOAT.into()) {
            continue;
        }
        let mut users = graph.node.iter().enumerate().filter(|(_, node)| node.input.contains(real));
        let (Some((user, mul)), None) = (users.next(), users.next()) else { continue };
        let scale = mul.input.iter().find_map(|name| places.get(name));
        let (Some(&scale), Some(output), "Mul") = (scale, mul.output.first(), mul.standard())
        else {
            continue;
        };
        let (stored, scale) = (&graph.initializer[stored], &graph.initializer[scale]);
        let Some(values) = multiplied(stored, scale)? else { continue };
        made.push(tensor::of_floats(output.clone(), &tensor::shape(stored)?, &values));
        gone.extend([tensor::name(stored).to_owned(), tensor::name(scale).to_owned()]);
        nodes.extend([number, user]);
    }
    let mut number = 0;
    graph.node.retain(|_| {
        number += 1;
        !nodes.contains(&(number - 1))
    });
    // What another node reads as well stays.
    let read: BTreeSet<&String> = graph.node.iter().flat_map(|node| &node.input).collect();
    gone.retain(|name| !read.contains(name));
    remove_weights(graph, &gone);
    graph.initializer.extend(made);
    Ok(())
}

/// Integers times a scale for each row `[rows, 1]` or column `[1, columns]`.
fn multiplied(stored: &TensorProto, scale: &TensorProto) -> Result<Option<Vec<f32>>> {
    let shape = tensor::shape(stored)?;
    let (Some(raw), &[rows, columns]) = (&stored.raw_data, shape.as_slice()) else {
        return Ok(None);
    };
    let (int8, float) = (Some(data_type::INT8), Some(data_type::FLOAT));
    if stored.data_type != int8 || scale.data_type != float || raw.len() != tensor::count(stored)? {
        return Ok(None);
    }
    let scales = tensor::floats(scale)?;
    let by_row = match tensor::shape(scale)?.as_slice() {
        [1, width] | [width] if *width == columns => false,
        [height, 1] if *height == rows => true,
        _ => return Ok(None),
    };
    let of = |at: usize| if by_row { scales[at / columns] } else { scales[at % columns] };
    Ok(Some(raw.iter().enumerate().map(|(at, &byte)| f32::from(byte as i8) * of(at)).collect()))
}
