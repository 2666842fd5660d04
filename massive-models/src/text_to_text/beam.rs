//! Beam search as the reference's version of transformers (4.13) does it.
//!
//! In each step the `2 × beams` best continuations of an utterance are looked at
//! in order: one that ends becomes a hypothesis if it is among the first `beams`
//! of them, the others become the new beams. A hypothesis scores the sum of its
//! log-probabilities over its length, the end token included; one that is cut at
//! the length limit counts the start token in its place. An utterance is done
//! when it has `beams` hypotheses and the best continuation, were it to end here,
//! would not beat the worst of them.

use super::constraint::Cursor;
use super::decoder::{Decoder, State};
use super::scores;
use super::search::{Search, Written, each_row, logit};
use crate::error::Result;

/// A text that may be continued.
#[derive(Debug, Clone, Default)]
struct Beam {
    ids: Vec<u32>,
    sum: f32,
    log_probabilities: Vec<f32>,
    cursor: Option<Cursor>,
}

/// A text that has ended.
#[derive(Debug)]
struct Hypothesis {
    beam: Beam,
    score: f32,
    finished: bool,
}

/// The beams of one utterance.
#[derive(Debug)]
struct Group {
    /// Its place in the batch as it came.
    number: usize,
    beams: Vec<Beam>,
    hypotheses: Vec<Hypothesis>,
}

/// A way to go on from a beam of a group.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    beam: usize,
    id: u32,
    log_probability: f32,
    sum: f32,
}

/// Writes one output for each of the `count` rows of `state` with this many
/// beams. Utterances that are done leave the batch.
pub(super) fn beam_search(
    decoder: &mut Decoder,
    mut state: State,
    count: usize,
    beams: usize,
    search: &Search<'_>,
) -> Result<Vec<Written>> {
    let mut written: Vec<Option<Written>> = vec![None; count];
    // All beams of an utterance start as the same text: one row stands for them.
    let mut groups: Vec<Group> = (0..count).map(|number| Group::start(number, search)).collect();
    let mut last = vec![search.start; count];
    let mut length = 1;
    while !groups.is_empty() {
        if search.is_full(length) {
            for group in groups.drain(..) {
                let (number, best) = group.cut(length, beams).best();
                written[number] = Some(best);
            }
            break;
        }
        let logits = decoder.step(&mut state, &last)?;
        let places: Vec<(usize, usize)> = (0..)
            .zip(&groups)
            .flat_map(|(at, group)| (0..group.beams.len()).map(move |beam| (at, beam)))
            .collect();
        let mut candidates = each_row(&logits, |row, logits| {
            let (group, beam) = places[row];
            continuations(&groups[group], beam, logits, beams, search)
        })?
        .into_iter();
        let mut rows = Vec::with_capacity(count * beams);
        let mut open = Vec::with_capacity(groups.len());
        last.clear();
        let mut first_row = 0;
        for mut group in groups {
            let of_group = group.beams.len();
            let candidates = candidates.by_ref().take(of_group).flatten().collect();
            let parents = group.advance(candidates, length, beams, search);
            if parents.is_empty() {
                let (number, best) = group.best();
                written[number] = Some(best);
            } else {
                rows.extend(parents.iter().map(|parent| first_row + parent));
                last.extend(
                    group.beams.iter().filter_map(|b| b.ids.last()).map(|&id| i64::from(id)),
                );
                open.push(group);
            }
            first_row += of_group;
        }
        groups = open;
        length += 1;
        if !groups.is_empty() && !search.is_full(length) {
            decoder.select(&mut state, &rows)?;
        }
    }
    Ok(written.into_iter().flatten().collect())
}

/// The best ways to go on from a beam.
fn continuations(
    group: &Group,
    beam: usize,
    logits: &[f32],
    beams: usize,
    search: &Search<'_>,
) -> Result<Vec<Candidate>> {
    let all = scores::log_sum_exp(logits)?;
    let Beam { sum, cursor, .. } = &group.beams[beam];
    let candidate = |id: u32, logit: f32| {
        let log_probability = logit - all;
        Candidate { beam, id, log_probability, sum: sum + log_probability }
    };
    let mut allowed = Vec::new();
    if !search.each_allowed(group.number, *cursor, |id| allowed.push(id)) {
        let top = scores::top(logits, 2 * beams);
        return Ok(top.into_iter().map(|(id, logit)| candidate(id as u32, logit)).collect());
    }
    allowed.sort_unstable();
    let of = |id| Ok(candidate(id, logit(logits, id)?));
    let mut candidates: Vec<Candidate> = allowed.into_iter().map(of).collect::<Result<_>>()?;
    candidates.retain(|candidate| candidate.sum > f32::NEG_INFINITY);
    Ok(candidates)
}

impl Group {
    /// One empty text.
    fn start(number: usize, search: &Search<'_>) -> Group {
        let beams = vec![Beam { cursor: search.cursor(), ..Beam::default() }];
        Group { number, beams, hypotheses: Vec::new() }
    }

    /// Ends all texts, which are `length` ids long.
    fn cut(mut self, length: usize, beams: usize) -> Group {
        for beam in std::mem::take(&mut self.beams) {
            self.add(beam, length, false, beams);
        }
        self
    }

    /// Takes the best continuations of texts that are `length` ids long, the
    /// start included. Returns the beam that each new beam continues; none if the
    /// utterance is done.
    fn advance(
        &mut self,
        mut candidates: Vec<Candidate>,
        length: usize,
        beams: usize,
        search: &Search<'_>,
    ) -> Vec<usize> {
        // Stable: of equals the one of the earlier beam and the lower id.
        candidates.sort_by(|a, b| b.sum.total_cmp(&a.sum));
        candidates.truncate(2 * beams);
        let mut parents = Vec::with_capacity(beams);
        let mut next: Vec<Beam> = Vec::with_capacity(beams);
        for (rank, candidate) in candidates.iter().enumerate() {
            let mut beam = self.beams[candidate.beam].clone();
            beam.sum = candidate.sum;
            beam.log_probabilities.push(candidate.log_probability);
            if candidate.id == search.end {
                if rank < beams {
                    self.add(beam, length, true, beams);
                }
                continue;
            }
            beam.cursor = search.advance(self.number, beam.cursor, candidate.id);
            beam.ids.push(candidate.id);
            next.push(beam);
            parents.push(candidate.beam);
            if next.len() == beams {
                break;
            }
        }
        self.beams = next;
        let best = candidates.first().map(|candidate| candidate.sum / length as f32);
        let done = self.hypotheses.len() >= beams && best.is_none_or(|best| self.worst() >= best);
        if done {
            parents.clear();
        }
        parents
    }

    fn worst(&self) -> f32 {
        self.hypotheses.iter().map(|hypothesis| hypothesis.score).fold(f32::INFINITY, f32::min)
    }

    /// Adds a hypothesis if it is better than the worst or there is room.
    fn add(&mut self, beam: Beam, length: usize, finished: bool, beams: usize) {
        let score = beam.sum / length as f32;
        if self.hypotheses.len() >= beams && score <= self.worst() {
            return;
        }
        self.hypotheses.push(Hypothesis { beam, score, finished });
        if self.hypotheses.len() > beams {
            let worst = self.worst();
            if let Some(at) = self.hypotheses.iter().position(|other| other.score <= worst) {
                self.hypotheses.remove(at);
            }
        }
    }

    /// Where the utterance stands in the batch, and its best hypothesis; of
    /// equals the one that was found last.
    fn best(self) -> (usize, Written) {
        let best = self.hypotheses.into_iter().max_by(|a, b| a.score.total_cmp(&b.score));
        let (beam, score, finished) = match best {
            Some(best) => (best.beam, Some(best.score), best.finished),
            // Nothing could be written at all.
            None => (Beam::default(), None, false),
        };
        let Beam { ids, log_probabilities, .. } = beam;
        (self.number, Written { ids, finished, log_probabilities, score, constrained: None })
    }
}

#[cfg(test)]
mod tests {
    use super::super::greedy::greedy;
    use super::super::toy::{END, decoders, logits, state};
    use super::*;

    fn search(max_length: usize) -> Search<'static> {
        Search { start: 0, end: END, max_length, constraint: None, probabilities: true }
    }

    /// All texts of up to `max_length` ids and their scores, the best first.
    fn exhaustive(row: usize, max_length: usize) -> Vec<(Vec<u32>, f32)> {
        let mut ended = Vec::new();
        let mut open = vec![(vec![0.0], 0.0)];
        while let Some((ids, sum)) = open.pop() {
            if ids.len() == max_length {
                ended.push((ids.clone(), sum / ids.len() as f32));
                continue;
            }
            let logits = logits(row as f32, &ids);
            let all = scores::log_sum_exp(&logits).unwrap();
            for (id, logit) in logits.into_iter().enumerate() {
                let sum: f32 = sum + (logit - all);
                if id as u32 == END {
                    ended.push((ids.clone(), sum / ids.len() as f32));
                } else {
                    let mut longer = ids.clone();
                    longer.push(id as f32);
                    open.push((longer, sum));
                }
            }
        }
        ended.sort_by(|a, b| b.1.total_cmp(&a.1));
        ended
            .into_iter()
            .map(|(ids, score)| (ids[1..].iter().map(|&id| id as u32).collect(), score))
            .collect()
    }

    #[test]
    fn enough_beams_find_the_best_text_of_all() {
        for (name, mut decoder) in decoders() {
            // Two ids after the start: 24 beams are all there is.
            let written = beam_search(&mut decoder, state(8), 8, 24, &search(3)).unwrap();
            for (row, written) in written.iter().enumerate() {
                let (ids, score) = &exhaustive(row, 3)[0];
                assert_eq!(&written.ids, ids, "{name}, {row}");
                assert!((written.score.unwrap() - score).abs() < 1e-5, "{name}, {row}");
            }
        }
    }

    #[test]
    fn layouts_and_batches_do_not_matter() {
        for beams in [1, 2, 5] {
            let mut found = Vec::new();
            for (_, mut decoder) in decoders() {
                found.push(beam_search(&mut decoder, state(12), 12, beams, &search(12)).unwrap());
            }
            let (_, mut decoder) = decoders().remove(0);
            found.push(
                beam_search(&mut decoder, state(12), 12, beams, &search(12)).unwrap().to_vec(),
            );
            assert!(found.windows(2).all(|pair| pair[0] == pair[1]), "{beams}");
            assert!(found[0].iter().any(|written| written.finished));
        }
    }

    #[test]
    fn one_beam_is_greedy_search_that_looks_a_little_further() {
        let (_, mut decoder) = decoders().remove(1);
        let beams = beam_search(&mut decoder, state(20), 20, 1, &search(12)).unwrap();
        let greedy = greedy(&mut decoder, state(20), 20, &search(12)).unwrap();
        let same =
            beams.iter().zip(&greedy).filter(|(beam, greedy)| beam.ids == greedy.ids).count();
        assert!(same >= 10, "{same} of 20");
        for (beam, greedy) in beams.iter().zip(&greedy) {
            assert!(beam.score >= greedy.score, "{beam:?} {greedy:?}");
        }
    }
}
