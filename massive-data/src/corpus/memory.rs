//! Corpora of utterances in memory.

use super::{BlockPlace, BlockValue, Corpus, Merge, PassedOver};
use crate::blocks::{map_in_order, workers};
use crate::error::Result;
use crate::utterance::Utterance;

/// Utterances that are worked off at a time.
const BLOCK: usize = 1 << 10;

/// The file of places in memory, whose lines are rows.
const IN_MEMORY: &str = "memory";

impl Corpus {
    /// Folds the selected rows, block by block.
    pub(super) fn fold_memory<A: Send>(
        &self,
        rows: &[Utterance<'static>],
        start: &(impl Fn() -> A + Sync),
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
        merge: &mut Merge<'_, A>,
    ) -> Result<PassedOver> {
        map_in_order(
            4 * workers(),
            |send| {
                let _all_sent = rows.chunks(BLOCK).all(send);
                Ok(())
            },
            |(), rows: &[Utterance<'static>]| {
                Ok((rows.len() as u64, self.read_utterances(rows, start(), step)))
            },
            {
                let mut lines_before = 0;
                move |done: Result<(u64, Result<BlockValue<A>>)>| {
                    let (rows, block) = done?;
                    merge(BlockPlace { file: IN_MEMORY, lines_before }, block)?;
                    lines_before += rows;
                    Ok(())
                }
            },
        )?;
        Ok(PassedOver::default())
    }

    fn read_utterances<A>(
        &self,
        rows: &[Utterance<'static>],
        start: A,
        step: &(impl Fn(&mut A, u64, Utterance<'_>) -> Result<()> + Sync),
    ) -> Result<BlockValue<A>> {
        let mut block = BlockValue::new(start);
        for (number, row) in (1..).zip(rows) {
            let wanted = self.wants(row.locale(), row.partition(), None, &mut block.read);
            let row = wanted.and_then(|wanted| wanted.then(|| self.segmented(row)).transpose());
            self.take(number, row, &mut block, step)?;
        }
        Ok(block)
    }

    /// A row of memory, cut into words as was said.
    fn segmented(&self, row: &Utterance<'static>) -> Result<Utterance<'static>> {
        let row = row.clone();
        match self.segmentations.are_usual() {
            true => Ok(row),
            false => {
                let segmentation = self.segmentations.of(row.locale());
                row.segmented(segmentation)
            }
        }
    }
}
