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
mod half;
mod matrix;
mod rewritten;
mod stored;
mod table;
mod treatment;

use serde::{Deserialize, Serialize};

use crate::activations::Activations;
use crate::compensate::Compensation;
use crate::error::{Error, Result};
use crate::graph::{Uses, remove_weights, weights};
use crate::onnx::message::{GraphProto, ModelProto, OperatorSetIdProto};
use crate::prune::Prune;

use self::matrix::Matrix;
use self::rewritten::Rewritten;
use self::treatment::Treatment;

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
    /// 16-bit floating point, matrices and tables of embeddings: for GPUs, which
    /// multiply it faster.
    Fp16,
    /// Rounded to so many bits and stored as floating point: as large and as fast
    /// as before, to show what the rounding costs.
    Simulated {
        /// Bits a weight, 2 to 8.
        bits: u32,
        /// Weights that share a scale.
        block: usize,
    },
}

/// What is to become of the weights.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan<'a> {
    /// How they are stored; as 32-bit floating point if this is absent.
    pub weights: Option<Weights>,
    /// Which of them become zero.
    pub prune: Option<Prune>,
    /// The low-rank term beside each matrix, for what rounding and zeros lose.
    pub compensate: Option<Compensation>,
    /// What the matrices read on the calibration text.
    pub activations: Option<&'a Activations>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Quantized {
    /// Matrices that have fewer bits now.
    pub matrices: u64,
    /// Tables of embeddings that do.
    pub tables: u64,
    /// Matrices of heads, which stay as they are.
    pub heads: u64,
    /// The share of the matrices' weights that was set to zero; `None` if none was to.
    #[serde(default)]
    pub zeros: Option<f64>,
    /// What the outputs of the matrices lose; `None` without calibration.
    #[serde(default)]
    pub error: Option<OutputError>,
}

/// The squared error of the outputs of all matrices on the calibration text, as a share
/// of their squares: Σ tr(EᵀCE) / Σ tr(WᵀCW), where E is what is lost of a matrix W and
/// C the second moments of what it reads.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OutputError {
    /// By rounding, and by the weights that became zero.
    pub rounded: f64,
    /// With the low-rank term; `None` if there is none.
    pub compensated: Option<f64>,
}

/// Stores the weights of a model in this form.
///
/// # Errors
/// No matrix or table to change, a weight that is shared by two nodes or not
/// finite, an opset that lacks the operators, a block size that does not exist.
pub fn quantize(model: &mut ModelProto, how: Weights) -> Result<Quantized> {
    rewrite(model, &Plan { weights: Some(how), ..Plan::default() })
}

/// Turns weights that are integers in the file and floating point once it is loaded
/// into floating point.
///
/// # Errors
/// No graph, or weights that do not fill their shape.
pub fn unfold(model: &mut ModelProto) -> Result<()> {
    stored::unfold(model.graph.as_mut().ok_or_else(|| Error::new("the model has no graph"))?)
}

/// Does with the weights of a model what a plan says.
///
/// # Errors
/// Those of [`quantize`]; a rank of 0, no activations where the plan needs them.
pub fn rewrite(model: &mut ModelProto, plan: &Plan<'_>) -> Result<Quantized> {
    demand(model, plan)?;
    unfold(model)?;
    let graph = model.graph.as_mut().ok_or_else(|| Error::new("the model has no graph"))?;
    let done = rewrite_graph(graph, plan)?;
    if done.matrices == 0 {
        return Err(Error::new(format!(
            "the graph is no encoder of a known shape: MatMul or Gemm nodes with a weight of two \
             axes in 32-bit floating point were looked for, and none of its {} nodes is one \
             (heads apart); is it compressed already?",
            graph.node.len()
        )));
    }
    if let Some(Weights::Int4 { .. }) = plan.weights {
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

/// The names of the values that matrices read, each once.
pub(crate) fn inputs_of_matrices(graph: &GraphProto) -> Vec<String> {
    let (uses, places) = (Uses::of(graph), weights(graph));
    let mut names: Vec<String> = Vec::new();
    for node in &graph.node {
        if let Some(matrix) = Matrix::of(node, graph, &places)
            && !uses.is_head(graph, node)
            && !names.iter().any(|name| name == matrix.input)
        {
            names.push(matrix.input.to_owned());
        }
    }
    names
}

fn demand(model: &ModelProto, plan: &Plan<'_>) -> Result<()> {
    let (bits, block) = match plan.weights {
        Some(Weights::Int8 { .. } | Weights::Fp16) | None => (8, 128),
        Some(Weights::Int4 { block }) => (4, block),
        Some(Weights::Simulated { bits, block }) => (bits, block),
    };
    if !(2..=8).contains(&bits) || !block.is_power_of_two() || !(16..=256).contains(&block) {
        return Err(Error::new(format!(
            "weights of {bits} bits in blocks of {block} are not known: 2 to 8 bits, and blocks \
             of 16, 32, 64, 128 or 256 are"
        )));
    }
    if plan.compensate.is_some_and(|how| how.rank == 0) {
        return Err(Error::new("a low-rank term of rank 0 makes up for nothing; 1 or more"));
    }
    if plan.compensate.is_some() && plan.weights.is_none() && plan.prune.is_none() {
        return Err(Error::new(
            "a low-rank term makes up for what rounding or zeros lose, and neither is asked for",
        ));
    }
    let standard =
        |set: &&OperatorSetIdProto| matches!(set.domain.as_deref(), None | Some("" | "ai.onnx"));
    let opset = model.opset_import.iter().find(standard).and_then(|set| set.version);
    let integers = matches!(plan.weights, Some(Weights::Int8 { .. } | Weights::Int4 { .. }));
    match opset {
        Some(opset) if opset < 11 && integers => Err(Error::new(format!(
            "the graph is of opset {opset}, and DynamicQuantizeLinear begins with opset 11; \
             export it anew"
        ))),
        _ => Ok(()),
    }
}

fn rewrite_graph(graph: &mut GraphProto, plan: &Plan<'_>) -> Result<Quantized> {
    let uses = Uses::of(graph);
    let places = weights(graph);
    let look_ups = match plan.weights {
        Some(Weights::Simulated { .. }) | None => Vec::new(),
        Some(_) => crate::graph::look_ups(graph)?,
    };
    let mut done = Quantized::default();
    let mut made = Rewritten::default();
    let mut treatment = Treatment::new(plan);
    for (number, node) in graph.node.iter().enumerate() {
        if look_ups.contains(&number) {
            let name = node.input.first().map(String::as_str).unwrap_or_default();
            let weight = places.get(name).map(|&place| &graph.initializer[place]);
            if let Some(weight) = weight.filter(|weight| table::is_worth_it(weight)) {
                uses.demand_alone(graph, name, number)?;
                match plan.weights {
                    Some(Weights::Fp16) => half::store_table(node, weight, &mut made)?,
                    _ => table::store(node, weight, &mut made)?,
                }
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
        treatment.apply(&matrix, node, &mut made)?;
        done.matrices += 1;
    }
    remove_weights(graph, &made.gone);
    graph.node = made.nodes;
    graph.initializer.extend(made.weights);
    Ok(treatment.finish(done))
}
