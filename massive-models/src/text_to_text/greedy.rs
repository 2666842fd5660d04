//! Greedy search: always the most probable id.

use super::constraint::Cursor;
use super::decoder::{Decoder, State};
use super::scores;
use super::search::{Search, Written, each_row, logit};
use crate::error::Result;

/// An output that is being written.
struct Row {
    /// Its place in the batch as it came.
    number: usize,
    ids: Vec<u32>,
    log_probabilities: Vec<f32>,
    cursor: Option<Cursor>,
    constrained: bool,
}

struct Pick {
    id: u32,
    log_probability: f32,
    constrained: bool,
}

/// Writes one output for each of the `count` rows of `state`. Rows that are
/// finished leave the batch.
pub(super) fn greedy(
    decoder: &mut Decoder,
    mut state: State,
    count: usize,
    search: &Search<'_>,
) -> Result<Vec<Written>> {
    let mut written: Vec<Option<Written>> = vec![None; count];
    let mut rows: Vec<Row> = (0..count)
        .map(|number| Row {
            number,
            ids: Vec::new(),
            log_probabilities: Vec::new(),
            cursor: search.cursor(),
            constrained: false,
        })
        .collect();
    let mut last = vec![search.start; count];
    let mut length = 1;
    while !rows.is_empty() {
        if search.is_full(length) {
            for row in rows.drain(..) {
                let number = row.number;
                written[number] = Some(finish(row, length, false, search));
            }
            break;
        }
        let logits = decoder.step(&mut state, &last)?;
        let picks = each_row(&logits, |at, logits| pick(&rows[at], logits, search))?;
        length += 1;
        let mut keep = Vec::with_capacity(rows.len());
        last.clear();
        let mut open = Vec::with_capacity(rows.len());
        for (at, (mut row, pick)) in rows.into_iter().zip(picks).enumerate() {
            row.constrained |= pick.constrained;
            if search.probabilities {
                row.log_probabilities.push(pick.log_probability);
            }
            if pick.id == search.end {
                let number = row.number;
                written[number] = Some(finish(row, length - 1, true, search));
                continue;
            }
            row.ids.push(pick.id);
            row.cursor = search.advance(row.number, row.cursor, pick.id);
            last.push(i64::from(pick.id));
            keep.push(at);
            open.push(row);
        }
        rows = open;
        if !rows.is_empty() && !search.is_full(length) {
            decoder.select(&mut state, &keep)?;
        }
    }
    Ok(written.into_iter().flatten().collect())
}

/// An output that ends here; `length` is what its score is divided by.
fn finish(row: Row, length: usize, finished: bool, search: &Search<'_>) -> Written {
    let score =
        search.probabilities.then(|| row.log_probabilities.iter().sum::<f32>() / length as f32);
    Written {
        ids: row.ids,
        finished,
        log_probabilities: row.log_probabilities,
        score,
        constrained: search.constraint.is_some().then_some(row.constrained),
    }
}

fn pick(row: &Row, logits: &[f32], search: &Search<'_>) -> Result<Pick> {
    let (best, logit_of_best) = scores::highest(logits)?;
    let mut chosen = (best as u32, logit_of_best);
    let mut allowed: Vec<u32> = Vec::new();
    let mut constrained = false;
    if search.each_allowed(row.number, row.cursor, |id| allowed.push(id))
        && !allowed.contains(&chosen.0)
    {
        constrained = true;
        chosen = (search.end, f32::NEG_INFINITY);
        for id in allowed {
            let logit = logit(logits, id)?;
            if logit > chosen.1 {
                chosen = (id, logit);
            }
        }
    }
    let log_probability = match search.probabilities {
        true => chosen.1 - scores::log_sum_exp(logits)?,
        false => 0.0,
    };
    Ok(Pick { id: chosen.0, log_probability, constrained })
}

#[cfg(test)]
mod tests {
    use super::super::decoder::DecoderGraphs;
    use super::super::toy::{END, Part, Toy, decoders, logits, state};
    use super::*;

    fn search(max_length: usize) -> Search<'static> {
        Search { start: 0, end: END, max_length, constraint: None, probabilities: true }
    }

    /// Step by step and row by row, without any cache.
    fn by_hand(row: usize, max_length: usize) -> (Vec<u32>, bool) {
        let mut ids = vec![0.0];
        while ids.len() < max_length {
            let (id, _) = scores::highest(&logits(row as f32, &ids)).unwrap();
            if id as u32 == END {
                return (ids[1..].iter().map(|&id| id as u32).collect(), true);
            }
            ids.push(id as f32);
        }
        (ids[1..].iter().map(|&id| id as u32).collect(), false)
    }

    #[test]
    fn every_layout_writes_what_is_written_by_hand() {
        for max_length in [1, 2, 5, 30] {
            let wanted: Vec<_> = (0..20).map(|row| by_hand(row, max_length)).collect();
            for (name, mut decoder) in decoders() {
                let written = greedy(&mut decoder, state(20), 20, &search(max_length)).unwrap();
                let found: Vec<_> =
                    written.iter().map(|written| (written.ids.clone(), written.finished)).collect();
                assert_eq!(found, wanted, "{name}, {max_length}");
            }
        }
        let lengths: std::collections::BTreeSet<usize> =
            (0..20).map(|row| by_hand(row, 30).0.len()).collect();
        assert!(lengths.len() > 3, "rows leave the batch at different times: {lengths:?}");
    }

    #[test]
    fn the_score_is_the_mean_log_probability() {
        let (_, mut decoder) = decoders().remove(0);
        for written in greedy(&mut decoder, state(20), 20, &search(6)).unwrap() {
            let ids = written.ids.len() + usize::from(written.finished);
            assert_eq!(written.log_probabilities.len(), ids);
            assert!(written.log_probabilities.iter().all(|&log| log <= 0.0));
            // A cut one counts the start in place of the end.
            let mean =
                written.log_probabilities.iter().sum::<f32>() / (written.ids.len() + 1) as f32;
            assert_eq!(written.score, Some(mean));
        }
    }

    #[test]
    fn logits_that_are_no_numbers_are_an_error() {
        let mut toy = Toy::new(Part::Plain);
        toy.spoil = |mut logits| {
            logits[[1, 0, 7]] = f32::NAN;
            logits
        };
        let mut decoder = Decoder::new(DecoderGraphs::Plain(Box::new(toy))).unwrap();
        let error = greedy(&mut decoder, state(2), 2, &search(5)).unwrap_err();
        assert!(error.to_string().contains("NaN"), "{error}");
    }
}
