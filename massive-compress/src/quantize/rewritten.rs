//! A graph on its way to another one.

use std::collections::{BTreeMap, BTreeSet};

use crate::onnx::message::{NodeProto, TensorProto};

/// Nodes and weights in the making.
#[derive(Default)]
pub(crate) struct Rewritten {
    pub(super) nodes: Vec<NodeProto>,
    pub(super) weights: Vec<TensorProto>,
    pub(super) gone: BTreeSet<String>,
    /// The rounded form of each activation that has one.
    pub(super) activations: BTreeMap<String, [String; 3]>,
    /// Activations that have a 16-bit form.
    pub(super) halves: BTreeSet<String>,
}
