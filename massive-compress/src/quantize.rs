//! Weights in fewer bits.
//!
//! Only weights that matrices multiply with and tables of embeddings are
//! changed; heads, normalisations and biases stay as they are. Symmetric
//! rounding throughout: s = max|w| / (2^(b−1) − 1), q = round(w / s).
//!
//! 8-bit weights come with activations that are rounded while the graph runs
//! (`DynamicQuantizeLinear` → `MatMulInteger` → `Cast` → `Mul`), so that engines
//! multiply integers. Weights behind a `DequantizeLinear` alone would be turned
//! back into floating point as the graph is loaded. The range of the activations
//! is that of a whole batch, so an utterance's logits depend a little on what
//! is beside it.

mod block;
mod matrix;
mod rewritten;
mod stored;
mod table;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::graph::{Uses, remove_weights, weights};
use crate::onnx::message::{GraphProto, ModelProto, OperatorSetIdProto};

use self::matrix::Matrix;
use self::rewritten::Rewritten;

/// How weights are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Weights {
    /// 8-bit integers, a scale a column.
    Int8 {
        /// Use 7 of the 8 bits: without VNNI, processors add products of 8 bits
        /// in 16, which overflow.
        reduce_range: bool,
    },
    /// 4-bit integers in blocks along the input, a scale a block (`MatMulNBits`);
    /// tables of embeddings in 8 bits.
    Int4 {
        /// Weights that share a scale: 16, 32, 64 or 128.
        block: usize,
    },
    /// Rounded to so many bits and stored as floating point: as large and as fast
    /// as before, to show what the rounding costs.
    Simulated {
        /// Bits a weight, 2 to 8.
        bits: u32,
        /// Weights that share a scale.
        block: usize,
    },
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantized {
    /// Matrices that have fewer bits now.
    pub matrices: u64,
    /// Tables of embeddings that do.
    pub tables: u64,
    /// Matrices of heads, which stay as they are.
    pub heads: u64,
}

/// Stores the weights of a model in this form.
///
/// # Errors
/// No matrix or table to change, a weight that is shared by two nodes or not
/// finite, an opset that lacks the operators, a block size that does not exist.
pub fn quantize(model: &mut ModelProto, how: Weights) -> Result<Quantized> {
    demand(model, how)?;
    let graph = model.graph.as_mut().ok_or_else(|| Error::new("the model has no graph"))?;
    stored::unfold(graph)?;
    let done = rewrite(graph, how)?;
    if done.matrices == 0 {
        return Err(Error::new(format!(
            "the graph is no encoder of a known shape: MatMul or Gemm nodes with a weight of two \
             axes in 32-bit floating point were looked for, and none of its {} nodes is one \
             (heads apart); is it compressed already?",
            graph.node.len()
        )));
    }
    if let Weights::Int4 { .. } = how {
        let ours = |set: &&OperatorSetIdProto| set.domain.as_deref() == Some(block::DOMAIN);
        if model.opset_import.iter().find(ours).is_none() {
            let domain = Some(block::DOMAIN.to_owned());
            model.opset_import.push(OperatorSetIdProto {
                domain,
                version: Some(1),
                ..OperatorSetIdProto::default()
            });
        }
    }
    Ok(done)
}

fn demand(model: &ModelProto, how: Weights) -> Result<()> {
    let (bits, block) = match how {
        Weights::Int8 { .. } => (8, 128),
        Weights::Int4 { block } => (4, block),
        Weights::Simulated { bits, block } => (bits, block),
    };
    if !(2..=8).contains(&bits) || !block.is_power_of_two() || !(16..=256).contains(&block) {
        return Err(Error::new(format!(
            "weights of {bits} bits in blocks of {block} are not known: 2 to 8 bits, and blocks \
             of 16, 32, 64, 128 or 256 are"
        )));
    }
    let standard =
        |set: &&OperatorSetIdProto| matches!(set.domain.as_deref(), None | Some("" | "ai.onnx"));
    let opset = model.opset_import.iter().find(standard).and_then(|set| set.version);
    match opset {
        Some(opset) if opset < 11 && !matches!(how, Weights::Simulated { .. }) => {
            Err(Error::new(format!(
                "the graph is of opset {opset}, and DynamicQuantizeLinear begins with opset 11; \
                 export it anew"
            )))
        }
        _ => Ok(()),
    }
}

fn rewrite(graph: &mut GraphProto, how: Weights) -> Result<Quantized> {
    let uses = Uses::of(graph);
    let places = weights(graph);
    let look_ups = match how {
        Weights::Simulated { .. } => Vec::new(),
        _ => crate::graph::look_ups(graph)?,
    };
    let mut done = Quantized::default();
    let mut made = Rewritten::default();
    for (number, node) in graph.node.iter().enumerate() {
        if look_ups.contains(&number) {
            let name = node.input.first().map(String::as_str).unwrap_or_default();
            let weight = places.get(name).map(|&place| &graph.initializer[place]);
            if let Some(weight) = weight.filter(|weight| table::is_worth_it(weight)) {
                uses.demand_alone(graph, name, number)?;
                table::store(node, weight, &mut made)?;
                done.tables += 1;
                continue;
            }
        }
        let Some(matrix) = Matrix::of(node, graph, &places) else {
            made.nodes.push(node.clone());
            continue;
        };
        if uses.is_head(graph, node) {
            done.heads += 1;
            made.nodes.push(node.clone());
            continue;
        }
        uses.demand_alone(graph, &matrix.name, number)?;
        match how {
            Weights::Int8 { reduce_range } => matrix.store_int8(reduce_range, &mut made)?,
            Weights::Int4 { block } => block::store(&matrix, block, &mut made)?,
            Weights::Simulated { bits, block } => {
                block::simulate(&matrix, node, (bits, block), &mut made)?;
            }
        }
        done.matrices += 1;
    }
    remove_weights(graph, &made.gone);
    graph.node = made.nodes;
    graph.initializer.extend(made.weights);
    Ok(done)
}
