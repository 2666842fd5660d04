//! Matrices that activations are multiplied with.

use std::collections::BTreeMap;

use super::half;
use super::rewritten::Rewritten;
use crate::compensate::Term;
use crate::error::Result;
use crate::onnx::message::{GraphProto, NodeProto, TensorProto, data_type};
use crate::tensor;

/// What is to be stored of a matrix.
pub(crate) struct Treated {
    /// Its columns, not rounded yet.
    pub(crate) columns: Vec<Vec<f32>>,
    /// What is added to its product.
    pub(crate) term: Option<Term>,
}

/// A `MatMul` or `Gemm` with a weight.
pub(crate) struct Matrix<'g> {
    /// The activations.
    pub(crate) input: &'g str,
    /// The weight's name.
    pub(crate) name: String,
    weight: &'g TensorProto,
    /// Whether the weight's axes are output, input.
    transposed: bool,
    /// What a `Gemm` adds.
    bias: Option<&'g str>,
    /// What the node makes.
    pub(crate) output: &'g str,
    /// Its inputs and outputs: K and N.
    pub(crate) inputs: usize,
    pub(crate) outputs: usize,
}

impl<'g> Matrix<'g> {
    /// The matrix of a node, if it has one of 32-bit floating point.
    pub(crate) fn of(
        node: &'g NodeProto,
        graph: &'g GraphProto,
        places: &BTreeMap<String, usize>,
    ) -> Option<Matrix<'g>> {
        let float = |name: &str, default| {
            node.attribute(name).and_then(|attribute| attribute.f).unwrap_or(default)
        };
        let int =
            |name: &str| node.attribute(name).and_then(|attribute| attribute.i).unwrap_or_default();
        let transposed = match node.standard() {
            "MatMul" => false,
            "Gemm"
                if float("alpha", 1.0) == 1.0
                    && float("beta", 1.0) == 1.0
                    && int("transA") == 0 =>
            {
                int("transB") != 0
            }
            _ => return None,
        };
        let name = node.input.get(1)?;
        let weight = &graph.initializer[*places.get(name)?];
        if !tensor::is_float(weight) {
            return None;
        }
        let [rows, columns] = tensor::shape(weight).ok()?[..] else { return None };
        let (inputs, outputs) = if transposed { (columns, rows) } else { (rows, columns) };
        (inputs > 0 && outputs > 0).then_some(Matrix {
            input: node.input.first()?,
            name: name.clone(),
            weight,
            transposed,
            bias: node.input.get(2).map(String::as_str).filter(|name| !name.is_empty()),
            output: node.output.first()?,
            inputs,
            outputs,
        })
    }

    /// Its columns: the weights of each output, by input.
    pub(crate) fn columns(&self) -> Result<Vec<Vec<f32>>> {
        let values = tensor::floats(self.weight)?;
        Ok((0..self.outputs)
            .map(|output| {
                let at = |input: usize| {
                    if self.transposed {
                        output * self.inputs + input
                    } else {
                        input * self.outputs + output
                    }
                };
                (0..self.inputs).map(|input| values[at(input)]).collect()
            })
            .collect())
    }

    /// The same weight with other values.
    pub(crate) fn with_columns(&self, columns: &[Vec<f32>]) -> TensorProto {
        let values: Vec<f32> = if self.transposed {
            columns.concat()
        } else {
            (0..self.inputs)
                .flat_map(|input| columns.iter().map(move |column| column[input]))
                .collect()
        };
        let shape = match self.transposed {
            true => [self.outputs, self.inputs],
            false => [self.inputs, self.outputs],
        };
        tensor::of_floats(self.name.clone(), &shape, &values)
    }

    /// Stores it as 32-bit floating point, in the node that it is.
    pub(crate) fn store_float(&self, node: &NodeProto, treated: &Treated, made: &mut Rewritten) {
        made.gone.insert(self.name.clone());
        made.weights.push(self.with_columns(&treated.columns));
        let mut node = node.clone();
        if let (Some(term), Some(output)) = (&treated.term, node.output.first_mut()) {
            *output = self.rounded();
            let (rounded, term) = (self.rounded(), self.add_term(term, made));
            made.nodes.push(node);
            made.nodes.push(NodeProto::new("Add", &[&rounded, &term], self.output));
            return;
        }
        made.nodes.push(node);
    }

    /// Where the product goes: through additions of a term and a bias, if there are.
    pub(crate) fn product(&self, treated: &Treated) -> String {
        match (&treated.term, self.bias) {
            (Some(_), _) => self.rounded(),
            (None, Some(_)) => self.whole(),
            (None, None) => self.output.to_owned(),
        }
    }

    /// The product without the term.
    fn rounded(&self) -> String {
        format!("{}/rounded", self.output)
    }

    /// The product without the bias.
    fn whole(&self) -> String {
        format!("{}/product", self.output)
    }

    /// Adds the term and the bias, where there are.
    pub(crate) fn finish(&self, treated: &Treated, made: &mut Rewritten) {
        if let Some(term) = &treated.term {
            let sum = if self.bias.is_some() { self.whole() } else { self.output.to_owned() };
            let term = self.add_term(term, made);
            made.nodes.push(NodeProto::new("Add", &[&self.rounded(), &term], &sum));
        }
        if let Some(bias) = self.bias {
            made.nodes.push(NodeProto::new("Add", &[&self.whole(), bias], self.output));
        }
    }

    /// Multiplies with the term's factors; returns the name of the product.
    fn add_term(&self, term: &Term, made: &mut Rewritten) -> String {
        let a = half::store_factor(format!("{}/a", self.name), &term.a, made);
        let b = half::store_factor(format!("{}/b", self.name), &term.b, made);
        let (low, product) = (format!("{}/low", self.output), format!("{}/term", self.output));
        made.nodes.push(NodeProto::new("MatMul", &[self.input, &a], &low));
        made.nodes.push(NodeProto::new("MatMul", &[&low, &b], &product));
        product
    }

    pub(crate) fn store_int8(&self, treated: &Treated, largest: f32, made: &mut Rewritten) {
        let columns = &treated.columns;
        let scales: Vec<f32> = columns.iter().map(|column| largest_of(column) / largest).collect();
        let mut raw = vec![0u8; self.inputs * self.outputs];
        for (output, (column, &scale)) in columns.iter().zip(&scales).enumerate() {
            for (input, &value) in column.iter().enumerate() {
                raw[input * self.outputs + output] = rounded(value, scale, largest) as i8 as u8;
            }
        }
        let shape = [self.inputs, self.outputs];
        let (weight, scale) = (format!("{}/int8", self.name), format!("{}/scale", self.name));
        made.weights.push(tensor::of_bytes(weight.clone(), data_type::INT8, &shape, raw));
        made.weights.push(tensor::of_floats(scale.clone(), &[self.outputs], &scales));
        made.gone.insert(self.name.clone());

        let [quantized, input_scale, zero] = rounded_activations(self.input, made);
        let of = |part: &str| format!("{}/{part}", self.output);
        let (sum, real, scales) = (of("sum"), of("sum_float"), of("scales"));
        made.nodes.extend([
            NodeProto::new("MatMulInteger", &[&quantized, &weight, &zero], &sum),
            NodeProto::new("Cast", &[&sum], &real).with_int("to", data_type::FLOAT.into()),
            NodeProto::new("Mul", &[&input_scale, &scale], &scales),
            NodeProto::new("Mul", &[&real, &scales], &self.product(treated)),
        ]);
        self.finish(treated, made);
    }
}

/// The rounded form of an activation: values, scale, zero point. Several
/// matrices may read the same one.
fn rounded_activations(input: &str, made: &mut Rewritten) -> [String; 3] {
    if let Some(names) = made.activations.get(input) {
        return names.clone();
    }
    let names = ["uint8", "uint8_scale", "uint8_zero"].map(|part| format!("{input}/{part}"));
    let mut node = NodeProto::new("DynamicQuantizeLinear", &[input], &names[0]);
    node.output = names.to_vec();
    made.nodes.push(node);
    made.activations.insert(input.to_owned(), names.clone());
    names
}

/// Columns after rounding, a scale a column, to at most `largest` steps.
pub(crate) fn rounded_columns(columns: &[Vec<f32>], largest: f32) -> Vec<Vec<f32>> {
    let of = |column: &Vec<f32>| {
        let scale = largest_of(column) / largest;
        column.iter().map(|&value| rounded(value, scale, largest) * scale).collect()
    };
    columns.iter().map(of).collect()
}

/// The largest absolute value.
pub(crate) fn largest_of(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, value| value.abs().max(largest))
}

/// A weight in steps of `scale`, at most `largest` of them.
pub(crate) fn rounded(value: f32, scale: f32, largest: f32) -> f32 {
    if scale > 0.0 { (value / scale).round_ties_even().clamp(-largest, largest) } else { 0.0 }
}
