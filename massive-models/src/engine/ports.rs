//! What holds for the inputs and outputs of every engine.

use ndarray::{ArrayD, Axis as NdAxis};

use crate::engine::{ElementType, Keep, Port, Tensor, Value};
use crate::error::{Error, Result};

/// The port of this name.
pub(crate) fn find<'a>(ports: &'a [Port], name: &str) -> Option<&'a Port> {
    ports.iter().find(|port| port.name == name)
}

/// Checks that what is given is what the graph has, and all of it.
pub(crate) fn check(
    graph: &str,
    has_inputs: &[Port],
    has_outputs: &[Port],
    inputs: &[(&str, &Value)],
    outputs: &[(&str, Keep)],
) -> Result<()> {
    for (at, (name, _)) in inputs.iter().enumerate() {
        if find(has_inputs, name).is_none() {
            return Err(unknown(graph, "input", name, has_inputs));
        }
        if inputs[..at].iter().any(|(other, _)| other == name) {
            return Err(Error::request(format!("{graph}: the input `{name}` is given twice")));
        }
    }
    for (at, (name, _)) in outputs.iter().enumerate() {
        if find(has_outputs, name).is_none() {
            return Err(unknown(graph, "output", name, has_outputs));
        }
        if outputs[..at].iter().any(|(other, _)| other == name) {
            return Err(Error::request(format!("{graph}: the output `{name}` is wanted twice")));
        }
    }
    match has_inputs.iter().find(|port| !inputs.iter().any(|(name, _)| *name == port.name)) {
        Some(missing) => {
            Err(Error::request(format!("{graph}: the input `{}` is not given", missing.name)))
        }
        None => Ok(()),
    }
}

fn unknown(graph: &str, kind: &str, name: &str, ports: &[Port]) -> Error {
    let names: Vec<&str> = ports.iter().map(|port| port.name.as_str()).collect();
    Error::request(format!(
        "{graph} has no {kind} `{name}`; it has {}",
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    ))
}

/// The error for a tensor of a type that the port does not take.
pub(crate) fn wrong_type(graph: &str, name: &str, tensor: &Tensor, wanted: &ElementType) -> Error {
    let given = match tensor {
        Tensor::F32(_) => "float32",
        Tensor::I64(_) => "int64",
        Tensor::Bool(_) => "bool",
    };
    let wanted = match wanted {
        ElementType::F32 => "float32",
        ElementType::F16 => "float16",
        ElementType::I64 => "int64",
        ElementType::I32 => "int32",
        ElementType::Bool => "bool",
        ElementType::Other(name) => name,
    };
    Error::request(format!("{graph}: the input `{name}` takes {wanted}, and {given} is given"))
}

/// The same numbers in 32 bits, as `array`.
pub(crate) fn narrowed(array: &ArrayD<i64>, graph: &str, name: &str) -> Result<ArrayD<i32>> {
    let mut beyond = None;
    let narrow = array.as_standard_layout().mapv(|value| {
        i32::try_from(value).unwrap_or_else(|_| {
            beyond = Some(value);
            0
        })
    });
    match beyond {
        Some(value) => Err(Error::request(format!(
            "{graph}: {value} in the input `{name}` does not fit into 32 bits"
        ))),
        None => Ok(narrow),
    }
}

/// The length of the first axis.
pub(crate) fn first_axis(shape: &[usize]) -> Result<usize> {
    shape.first().copied().ok_or_else(no_rows)
}

/// The error for a value without axes.
pub(crate) fn no_rows() -> Error {
    Error::request("a single number has no rows to select from")
}

/// Checks that there are such rows.
pub(crate) fn check_rows(length: usize, rows: &[usize]) -> Result<()> {
    match rows.iter().find(|&&row| row >= length) {
        Some(row) => Err(Error::request(format!(
            "row {row} was selected of a tensor that has {length}, counted from 0"
        ))),
        None => Ok(()),
    }
}

/// These rows along the first axis.
pub(crate) fn select_rows(tensor: &Tensor, rows: &[usize]) -> Result<Tensor> {
    check_rows(first_axis(tensor.shape())?, rows)?;
    Ok(match tensor {
        Tensor::F32(array) => Tensor::F32(array.select(NdAxis(0), rows)),
        Tensor::I64(array) => Tensor::I64(array.select(NdAxis(0), rows)),
        Tensor::Bool(array) => Tensor::Bool(array.select(NdAxis(0), rows)),
    })
}

#[cfg(test)]
mod tests {
    use ndarray::{ArrayD, IxDyn, arr2};

    use super::*;

    fn port(name: &str) -> Port {
        Port { name: name.to_owned(), element: ElementType::F32, axes: None }
    }

    #[test]
    fn what_a_graph_does_not_have_is_named_with_what_it_has() {
        let (inputs, outputs) = ([port("a"), port("b")], [port("y")]);
        let value = Value::Host(Tensor::F32(ArrayD::zeros(IxDyn(&[1]))));
        let check = |given: &[&str], wanted: &[&str]| {
            let given: Vec<(&str, &Value)> = given.iter().map(|name| (*name, &value)).collect();
            let wanted: Vec<(&str, Keep)> = wanted.iter().map(|name| (*name, Keep::Host)).collect();
            check("g", &inputs, &outputs, &given, &wanted).map_err(|error| error.to_string())
        };
        assert_eq!(check(&["b", "a"], &["y"]), Ok(()));
        assert_eq!(check(&["a", "c"], &[]), Err("g has no input `c`; it has a, b".to_owned()));
        assert_eq!(check(&["a", "b"], &["z"]), Err("g has no output `z`; it has y".to_owned()));
        assert_eq!(check(&["a"], &[]), Err("g: the input `b` is not given".to_owned()));
        assert_eq!(check(&["a", "a"], &[]), Err("g: the input `a` is given twice".to_owned()));
        let twice = check(&["a", "b"], &["y", "y"]);
        assert_eq!(twice, Err("g: the output `y` is wanted twice".to_owned()));
    }

    #[test]
    fn rows_are_selected_in_order_and_again() {
        let tensor = Tensor::I64(arr2(&[[1, 2], [3, 4], [5, 6]]).into_dyn());
        let selected = select_rows(&tensor, &[2, 0, 2]).unwrap();
        assert_eq!(selected, Tensor::I64(arr2(&[[5, 6], [1, 2], [5, 6]]).into_dyn()));
        assert!(select_rows(&tensor, &[3]).unwrap_err().is_request());
        let single = Tensor::F32(ArrayD::zeros(IxDyn(&[])));
        assert!(select_rows(&single, &[]).unwrap_err().is_request());
    }

    #[test]
    fn numbers_that_do_not_fit_are_refused() {
        let array = arr2(&[[1, -2], [i64::from(i32::MAX), 0]]).into_dyn();
        assert_eq!(narrowed(&array, "g", "a").unwrap()[[1, 0]], i32::MAX);
        let error = narrowed(&array.mapv(|value| value + 1), "g", "a").unwrap_err();
        assert!(error.to_string().contains("2147483648 in the input `a`"), "{error}");
    }
}
