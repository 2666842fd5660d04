//! What the signatures of scores say about whether they compare.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::evaluation::MissingRows;
use crate::interval::Interval;

/// The signature without the version: scores compare if these are equal.
pub fn comparable(signature: &str) -> &str {
    signature.rsplit_once("|v:").map_or(signature, |(rest, _)| rest)
}

/// A part of two signatures that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureDifference {
    /// The part's name.
    pub part: String,
    /// What the first signature says; `None` if it says nothing.
    pub here: Option<String>,
    /// What the second one says.
    pub there: Option<String>,
}

/// The parts of a signature by name.
pub(super) fn parts(signature: &str) -> BTreeMap<&str, &str> {
    signature.split('|').filter_map(|part| part.split_once(':')).collect()
}

/// Where two signatures differ, in the order of their parts; the version is no
/// difference.
pub fn signature_differences(here: &str, there: &str) -> Vec<SignatureDifference> {
    let (here_parts, there_parts) = (parts(comparable(here)), parts(comparable(there)));
    let mut names: Vec<&str> = Vec::new();
    for part in here.split('|').chain(there.split('|')) {
        if let Some((name, _)) = part.split_once(':')
            && !names.contains(&name)
        {
            names.push(name);
        }
    }
    names
        .into_iter()
        .filter(|name| here_parts.get(name) != there_parts.get(name))
        .map(|name| SignatureDifference {
            part: name.to_owned(),
            here: here_parts.get(name).map(|&value| value.to_owned()),
            there: there_parts.get(name).map(|&value| value.to_owned()),
        })
        .collect()
}

/// What a signature says about how to score anew; `None` where rows were chosen
/// by a filter, which a signature names but does not spell out.
pub fn settings(signature: &str) -> Option<(MissingRows, Interval)> {
    let parts = parts(signature);
    if parts.contains_key("filter") {
        return None;
    }
    let missing = match *parts.get("missing")? {
        "error" => MissingRows::Error,
        "wrong" => MissingRows::Wrong,
        _ => return None,
    };
    let interval = parts.get("ci")?.parse().ok()?;
    Some((missing, interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_no_difference() {
        let here = "massive|part:test|loc:51|gold:aa|ci:none|v:1.0";
        let there = "massive|part:test|loc:50|gold:bb|ci:none|filter:x|v:2.0";
        let parts: Vec<String> =
            signature_differences(here, there).into_iter().map(|one| one.part).collect();
        assert_eq!(parts, ["loc", "gold", "filter"]);
        assert!(
            signature_differences(here, "massive|part:test|loc:51|gold:aa|ci:none|v:3").is_empty()
        );
        assert_eq!(comparable(here), "massive|part:test|loc:51|gold:aa|ci:none");
    }
}
