//! A value for each of some metrics.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::metrics::Metric;

/// A value for each of some metrics, in the order of [`Metric::ALL`].
///
/// As JSON it is an object with a key for each metric; in a document it is
/// flattened into what it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerMetric<T>(Vec<(Metric, T)>);

impl<T> PerMetric<T> {
    /// A value for each of `metrics`, whatever their order.
    pub fn new(metrics: &[Metric], mut value: impl FnMut(Metric) -> T) -> Self {
        let mut metrics = metrics.to_vec();
        metrics.sort_unstable();
        metrics.dedup();
        PerMetric(metrics.into_iter().map(|metric| (metric, value(metric))).collect())
    }

    /// The value for one metric; `None` if there is none.
    pub fn get(&self, metric: Metric) -> Option<&T> {
        self.0.iter().find(|(known, _)| *known == metric).map(|(_, value)| value)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, metric: Metric) -> Option<&mut T> {
        self.0.iter_mut().find(|(known, _)| *known == metric).map(|(_, value)| value)
    }

    /// The metrics that have a value.
    pub fn metrics(&self) -> impl ExactSizeIterator<Item = Metric> + Clone {
        self.0.iter().map(|(metric, _)| *metric)
    }

    /// The metrics with their values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (Metric, &T)> {
        self.0.iter().map(|(metric, value)| (*metric, value))
    }

    /// The values made into others.
    pub fn map<U>(&self, mut value: impl FnMut(Metric, &T) -> U) -> PerMetric<U> {
        PerMetric(self.0.iter().map(|(metric, old)| (*metric, value(*metric, old))).collect())
    }
}

impl<T> PerMetric<Option<T>> {
    /// What is known of a metric; `None` too if it could not be computed.
    pub fn known(&self, metric: Metric) -> Option<&T> {
        self.get(metric)?.as_ref()
    }
}

impl<T> Default for PerMetric<T> {
    fn default() -> Self {
        PerMetric(Vec::new())
    }
}

impl<T: Serialize> Serialize for PerMetric<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(metric, value)| (metric.name(), value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for PerMetric<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Metrics<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Metrics<T> {
            type Value = PerMetric<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with a key for each metric")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<PerMetric<T>, A::Error> {
                let mut values = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    match Metric::with_name(&key) {
                        Some(metric) => values.push((metric, map.next_value()?)),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                values.sort_by_key(|(metric, _)| *metric);
                Ok(PerMetric(values))
            }
        }
        deserializer.deserialize_map(Metrics(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Outer {
        before: u64,
        #[serde(flatten)]
        values: PerMetric<Option<f64>>,
        after: u64,
    }

    #[test]
    fn it_is_flattened_and_read_back() {
        let values = PerMetric::new(&[Metric::ExactMatch, Metric::IntentAccuracy], |metric| {
            (metric == Metric::ExactMatch).then_some(0.1)
        });
        let outer = Outer { before: 1, values, after: 2 };
        let text = serde_json::to_string(&outer).unwrap();
        assert_eq!(text, r#"{"before":1,"intent_acc":null,"ex_match_acc":0.1,"after":2}"#);
        assert_eq!(serde_json::from_str::<Outer>(&text).unwrap(), outer);
        let unknown = text.replace("before", "later\":{\"x\":[]},\"before");
        assert_eq!(serde_json::from_str::<Outer>(&unknown).unwrap(), outer);
    }
}
