//! The score in as few words as can be, for scripts.

use massive_eval::document::ScoreDocument;

/// The values on all utterances, a line a metric, in per cent with two decimals;
/// an empty line where there is no value.
pub fn values(document: &ScoreDocument) -> String {
    let line = |metric| {
        let value = document.all.metric(metric);
        value.map_or(String::new(), |value| format!("{:.2}", 100.0 * value.value)) + "\n"
    };
    document.metrics().map(line).collect()
}

/// A line a metric: its name, its value on all utterances, and the bounds of its
/// interval, in per cent; then the signature.
pub fn lines(document: &ScoreDocument) -> String {
    let mut out = String::new();
    for metric in document.metrics() {
        out.push_str(metric.name());
        if let Some(value) = document.all.metric(metric) {
            for number in [value.value].into_iter().chain(value.ci95.into_iter().flatten()) {
                out.push_str(&format!("\t{:.2}", 100.0 * number));
            }
        }
        out.push('\n');
    }
    out.push_str(&document.signature.to_string());
    out.push('\n');
    out
}
