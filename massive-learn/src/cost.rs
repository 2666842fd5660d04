//! What errors on a training row cost.

/// What errors on a training row cost, against those on a labelled row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cost {
    /// For each error.
    pub(crate) all: f32,
    /// How probable intents are, where whoever labelled the row was not sure: number
    /// and probability.
    pub(crate) intents: Vec<(u16, f32)>,
}

/// The least part of the cost that is left.
const LEAST: f32 = 0.02;

impl Cost {
    /// The cost of a row whose label is certain.
    pub(crate) fn sure(all: f32) -> Self {
        Cost { all, intents: Vec::new() }
    }

    /// Fills in the cost for each intent: of not finding the row's own one, in
    /// proportion to its probability, and of taking another one for it, in
    /// proportion to the probability that it is wrong.
    pub(crate) fn fill(&self, target: usize, costs: &mut [f32]) {
        costs.fill(self.all);
        for &(intent, probability) in &self.intents {
            let intent = usize::from(intent);
            let part = if intent == target { probability } else { 1.0 - probability };
            if let Some(cost) = costs.get_mut(intent) {
                *cost = self.all * part.max(LEAST);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_unsure_costs_less() {
        let mut costs = [0.0; 4];
        Cost::sure(2.0).fill(1, &mut costs);
        assert_eq!(costs, [2.0; 4]);
        let unsure = Cost { all: 2.0, intents: vec![(1, 0.5), (3, 0.25), (0, 1.0)] };
        unsure.fill(1, &mut costs);
        assert_eq!(costs, [2.0 * LEAST, 1.0, 2.0, 1.5]);
    }
}
