//! The reader of score documents: what it accepts survives writing, and every
//! rendering takes it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use massive_eval::Metric;
use massive_eval::ScoreDocument;
use massive_report::table::TableOptions;
use massive_report::{SortBy, csv, latex, markdown, plot, table};

fuzz_target!(|bytes: &[u8]| {
    let Ok(document) = serde_json::from_slice::<ScoreDocument>(bytes) else { return };
    let written = serde_json::to_vec(&document).expect("a document can be written");
    let again: ScoreDocument = serde_json::from_slice(&written).expect("it was just written");
    assert_eq!(document, again);
    for sort in [SortBy::Locale, SortBy::Metric(Metric::SlotMicroF1)] {
        for width in [20, 80] {
            table::render(&document, TableOptions { width, colour: width == 80, sort });
        }
        csv::render(&document, sort).expect("a document is a table");
        latex::render(&document, sort);
        markdown::render(&document, sort);
    }
    let _ = plot::svg(&document, &plot::PlotOptions::default());
});
