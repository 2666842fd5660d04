//! Filters that match nothing, and what there is instead.

use std::collections::BTreeSet;

use massive_data::error::nearest;
use massive_eval::Analysis;
use massive_eval::errors::{ErrorFilter, ErrorsDocument, Listing};
use massive_report::grouped;

use super::Request;
use crate::args::{ErrorsArgs, Global};
use crate::failure::{Failure, Result};
use crate::output;

/// How many names a message lists.
const LISTED: usize = 12;

/// Refuses names that neither the rows nor the predictions have.
pub(super) fn refuse_unknown(request: &Request, analysis: &Analysis) -> Result<()> {
    let slots = || -> BTreeSet<&str> {
        let slots = analysis.utterances(0).flat_map(|utterance| utterance.slots);
        slots
            .flat_map(|slot| [&slot.gold, &slot.predicted])
            .flatten()
            .map(|chunk| chunk.label.as_str())
            .collect()
    };
    let names: Vec<&str> = request.slots.iter().map(|name| name.as_str()).collect();
    refuse("slot", &names, slots)?;
    let names: Vec<&str> = request.intents.iter().map(|name| name.as_str()).collect();
    refuse("intent", &names, || analysis.rows.iter().map(|row| row.intent.as_str()).collect())?;
    let names: Vec<&str> = request.scenarios.iter().map(|name| name.as_str()).collect();
    refuse("scenario", &names, || analysis.rows.iter().map(|row| row.scenario.as_str()).collect())?;
    Ok(())
}

fn refuse<'a>(what: &str, names: &[&str], known: impl Fn() -> BTreeSet<&'a str>) -> Result<()> {
    if names.is_empty() {
        return Ok(());
    }
    let known = known();
    let Some(unknown) = names.iter().find(|name| !known.contains(*name)) else { return Ok(()) };
    let hint = match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => format!("there is no {what} at all"),
        None => {
            let listed: Vec<&str> = known.iter().take(LISTED).copied().collect();
            let more = match known.len().saturating_sub(LISTED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            format!("there are {}{more}", listed.join(", "))
        }
    };
    Err(Failure::CannotRun(format!(
        "no {what} `{}` in these rows and their predictions: {hint}",
        unknown.escape_debug()
    )))
}

/// Says that nothing was found, and what there would be without each filter.
pub(super) fn remark_on_nothing(
    args: &ErrorsArgs,
    request: &Request,
    analysis: &Analysis,
    document: &ErrorsDocument,
    global: &Global,
) {
    if document.errors.as_ref().is_some_and(|errors| errors.found > 0) {
        return;
    }
    let utterances = document.totals.utterances.map_or(0, |figures| figures.count);
    if document.summary.is_some() && utterances > 0 {
        return;
    }
    let test = request.test();
    let filter = request.filter(args, &test);
    let without: [(&str, bool, ErrorFilter<'_>); 5] = [
        ("--slot", !filter.slots.is_empty(), ErrorFilter { slots: &[], ..filter }),
        ("--class", !filter.classes.is_empty(), ErrorFilter { classes: &[], ..filter }),
        ("--intent", !filter.intents.is_empty(), ErrorFilter { intents: &[], ..filter }),
        ("--scenario", !filter.scenarios.is_empty(), ErrorFilter { scenarios: &[], ..filter }),
        ("--grep", filter.text.is_some(), ErrorFilter { text: None, ..filter }),
    ];
    let found = |filter: ErrorFilter<'_>| {
        let listing = Listing { sample: None, limit: Some(0) };
        let document = ErrorsDocument::list(analysis, filter, Default::default(), listing);
        document.errors.map_or(0, |errors| errors.found)
    };
    let hints: Vec<String> = without
        .into_iter()
        .filter(|(_, given, _)| *given)
        .map(|(name, _, filter)| {
            format!("{} utterances with errors without {name}", grouped(found(filter)))
        })
        .collect();
    let text = if hints.is_empty() {
        "no errors".to_owned()
    } else {
        let all = found(ErrorFilter::default());
        format!("nothing matches; there are {}, and {} in all", hints.join(", "), grouped(all))
    };
    output::remark(global, &text);
}
