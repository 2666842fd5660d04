//! Trimming vocabularies: the pieces that text uses, and no other.
//!
//! Ids keep their order, so that special ids at the beginning keep their
//! numbers. Text whose pieces are all kept is cut into the same pieces as
//! before: a Unigram model takes the best way of cutting, which is still there,
//! with the same score for what is unknown; a BPE model keeps every merge on
//! the way to a kept piece.

mod ids;
mod vocabulary;

use crate::error::{Error, Result};
use crate::graph::{Uses, look_ups, weights};
use crate::onnx::message::GraphProto;
use crate::tensor;

pub use self::ids::{Kept, Used};
pub use self::vocabulary::{Scheme, Vocabulary};

/// Keeps these rows of the tables that `input_ids` look up, and returns how many
/// they had.
///
/// # Errors
/// No table is found, one is shared with another node, tables of different
/// length, or ids beyond their end.
pub fn trim_graph(graph: &mut GraphProto, kept: &Kept) -> Result<usize> {
    let uses = Uses::of(graph);
    let weights = weights(graph);
    let mut rows = None;
    for number in look_ups(graph)? {
        let Some(table) = graph.node[number].input.first() else { continue };
        uses.demand_alone(graph, table, number)?;
        let Some(&place) = weights.get(table) else { continue };
        let trimmed = tensor::select_rows(&graph.initializer[place], &kept.ids)?;
        let had = tensor::shape(&graph.initializer[place])?[0];
        if *rows.get_or_insert(had) != had {
            return Err(Error::new(format!(
                "table `{table}` has {had} rows, another one that the same ids look up {}",
                rows.unwrap_or(0)
            )));
        }
        let name = tensor::name(&trimmed).to_owned();
        graph.initializer[place] = trimmed;
        // Old files say the shape of each weight among the inputs, too.
        graph.input.retain(|input| input.name.as_deref() != Some(&name));
    }
    Ok(rows.unwrap_or(0))
}
