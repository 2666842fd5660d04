//! Finding one's way in a graph.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};
use crate::onnx::message::{GraphProto, NodeProto};
use crate::tensor;

/// The name of the input with ids.
pub(crate) const IDS: &str = "input_ids";

/// Which nodes read each value; a node of a graph within counts as the outermost
/// one that it lies in, the graph's outputs as [`OUTPUT`].
pub(crate) struct Uses(BTreeMap<String, Vec<usize>>);

/// The number of the graph's outputs, beside those of nodes.
const OUTPUT: usize = usize::MAX;

impl Uses {
    pub(crate) fn of(graph: &GraphProto) -> Uses {
        let mut uses: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (number, node) in graph.node.iter().enumerate() {
            let mut read = BTreeSet::new();
            all_inputs(node, &mut read);
            for name in read {
                uses.entry(name.to_owned()).or_default().push(number);
            }
        }
        for output in &graph.output {
            let name = output.name.clone().unwrap_or_default();
            uses.entry(name).or_default().push(OUTPUT);
        }
        Uses(uses)
    }

    /// The nodes that read a value.
    pub(crate) fn of_value(&self, name: &str) -> &[usize] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Fails if another node than `user` reads the weight.
    ///
    /// # Errors
    /// The weight is shared; says by whom.
    pub(crate) fn demand_alone(&self, graph: &GraphProto, weight: &str, user: usize) -> Result<()> {
        let others = self.of_value(weight).iter().filter(|&&number| number != user);
        let Some(other) = others.into_iter().next() else { return Ok(()) };
        let shown = |number: usize| match graph.node.get(number) {
            Some(node) => node.shown(),
            None => "an output of the graph".to_owned(),
        };
        Err(Error::new(format!(
            "weight `{weight}` is shared by two nodes, {} and {}; what is right for one may be \
             wrong for the other, so it is not changed: export the model with a weight for each",
            shown(user),
            shown(*other)
        )))
    }

    /// Whether what a node makes is an output of the graph, at most an addition
    /// away: it is a head then.
    pub(crate) fn is_head(&self, graph: &GraphProto, node: &NodeProto) -> bool {
        let Some(made) = node.output.first() else { return false };
        self.of_value(made).iter().any(|&number| {
            number == OUTPUT
                || graph.node.get(number).is_some_and(|next| {
                    next.standard() == "Add"
                        && next
                            .output
                            .first()
                            .is_some_and(|name| self.of_value(name).contains(&OUTPUT))
                })
        })
    }
}

fn all_inputs<'n>(node: &'n NodeProto, read: &mut BTreeSet<&'n str>) {
    read.extend(node.input.iter().map(String::as_str));
    for attribute in &node.attribute {
        for inner in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
            inner.node.iter().for_each(|node| all_inputs(node, read));
            read.extend(inner.output.iter().filter_map(|output| output.name.as_deref()));
        }
    }
}

/// The weights of a graph by name: their numbers.
pub(crate) fn weights(graph: &GraphProto) -> BTreeMap<String, usize> {
    graph
        .initializer
        .iter()
        .enumerate()
        .map(|(number, weight)| (tensor::name(weight).to_owned(), number))
        .collect()
}

/// The look-ups of tables of weights by `input_ids`: numbers of nodes.
///
/// # Errors
/// None is found.
pub(crate) fn look_ups(graph: &GraphProto) -> Result<Vec<usize>> {
    let weights = weights(graph);
    let mut ids = BTreeSet::from([IDS]);
    let mut found = Vec::new();
    for (number, node) in graph.node.iter().enumerate() {
        let reads_ids =
            |place: usize| node.input.get(place).is_some_and(|name| ids.contains(name.as_str()));
        match node.standard() {
            "Cast" | "Identity" | "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze"
                if reads_ids(0) =>
            {
                ids.extend(node.output.iter().map(String::as_str));
            }
            "Gather"
                if reads_ids(1)
                    && node.input.first().is_some_and(|table| weights.contains_key(table))
                    && node.attribute("axis").and_then(|axis| axis.i).unwrap_or(0) == 0 =>
            {
                found.push(number);
            }
            _ => {}
        }
    }
    if found.is_empty() {
        return Err(Error::new(format!(
            "the graph is no encoder of a known shape: a Gather of a table of weights by the \
             input `{IDS}` was looked for, and none of its {} nodes is one",
            graph.node.len()
        )));
    }
    Ok(found)
}

/// Removes weights, also from the inputs, among which old files list them.
pub(crate) fn remove_weights(graph: &mut GraphProto, names: &BTreeSet<String>) {
    graph.initializer.retain(|weight| !names.contains(tensor::name(weight)));
    graph.input.retain(|input| !names.contains(input.name.as_deref().unwrap_or_default()));
}
