//! What a new system wins and loses against a baseline, locale by locale.

use massive_data::Locale;
use maud::{Markup, html};

use super::axis::{Axis, ends};
use super::{AXIS, Frame, NAMES_WIDTH, ROW, line, names, short, stripes, text};
use massive_eval::PerMetric;
use massive_eval::comparison::{Comparison, Difference, Verdict};
use massive_eval::metrics::Metric;

const WIDTH: f64 = 1100.0;
const GAP: f64 = 24.0;
const HEADER: f64 = 20.0;
/// At the right of a panel, for the differences as numbers.
const VALUES: f64 = 44.0;

/// A tag, its language, and the differences in each metric.
type Row<'c> = (&'c str, &'c str, &'c PerMetric<Option<Difference>>);

/// The rows of all locales together, and those of each, the largest gain in
/// `sort` first.
fn rows(comparison: &Comparison, sort: Metric) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = comparison
        .locales
        .iter()
        .map(|(tag, differences)| {
            let language = Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default();
            (tag.as_str(), language, &differences.metrics)
        })
        .collect();
    let key =
        |row: &PerMetric<Option<Difference>>| row.known(sort).map_or(0.0, |found| found.difference);
    rows.sort_by(|a, b| key(b.2).total_cmp(&key(a.2)));
    rows.splice(
        0..0,
        [("all", "pooled", &comparison.all.metrics), ("macro", "mean", &comparison.macro_.metrics)],
    );
    rows
}

/// The differences with their intervals, the largest gain in the last metric on
/// top. Nothing if no metric can be compared.
pub(in crate::html) fn draw(id: &str, comparison: &Comparison) -> Option<Markup> {
    let shown: Vec<Metric> = comparison
        .verdicts
        .metrics()
        .filter(|&metric| comparison.all.metrics.known(metric).is_some())
        .collect();
    let sort = *shown.last()?;
    let rows = rows(comparison, sort);
    let panels: Vec<Vec<f64>> = shown.iter().map(|&metric| extent(&rows, metric)).collect();
    let pitch = (WIDTH - NAMES_WIDTH + GAP) / shown.len() as f64;
    let width = pitch - GAP - VALUES;
    let axes: Vec<Axis> = ends(&panels, 4.0, [-100.0, 100.0])
        .into_iter()
        .enumerate()
        .map(|(index, ends)| Axis::new(ends, NAMES_WIDTH + index as f64 * pitch, width))
        .collect();
    let top = HEADER + AXIS;
    let bottom = top + rows.len() as f64 * ROW;
    let body = html! {
        (stripes(rows.len(), top, WIDTH))
        @for (metric, axis) in shown.iter().zip(&axes) {
            (text("head", (axis.left(), HEADER / 2.0), &format!("{} (points)", metric.title())))
            (axis.draw(top, bottom, signed))
            (line("zero", (axis.x(0.0), top), (axis.x(0.0), bottom)))
        }
        (line("rule", (0.0, top + 2.0 * ROW), (WIDTH, top + 2.0 * ROW)))
        @for (row, (tag, language, metrics)) in rows.iter().enumerate() {
            @let y = top + (row as f64 + 0.5) * ROW;
            g class=(if row < 2 { "row average" } else { "row" }) {
                (names(tag, language, y))
                @for (metric, axis) in shown.iter().zip(&axes) {
                    @if let Some(found) = metrics.known(*metric) {
                        g class=(found.verdict.name()) {
                            @if let Some([low, high]) = found.ci95 {
                                (line("interval", (axis.x(100.0 * low), y), (axis.x(100.0 * high), y)))
                            }
                            (mark(axis.x(100.0 * found.difference), y, found.verdict))
                            (text("value", (axis.left() + width + VALUES, y), &points(found)))
                        }
                    }
                }
            }
        }
    };
    let title = format!("Differences in {} locales, with intervals", comparison.locales.len());
    let frame = Frame { id, title: &title, width: WIDTH, height: bottom + AXIS };
    Some(html! { (legend()) div.differences { (frame.draw(body)) } })
}

/// What the marks mean.
fn legend() -> Markup {
    html! {
        ul.legend {
            @for (verdict, words) in [
                (Verdict::Won, "better"), (Verdict::Lost, "worse"), (Verdict::Undecided, "undecided"),
            ] {
                li {
                    svg.key.differences width="22" height="14" viewBox="0 0 22 14" aria-hidden="true" {
                        g class=(verdict.name()) {
                            (line("interval", (1.0, 7.0), (21.0, 7.0)))
                            (mark(11.0, 7.0, verdict))
                        }
                    }
                    (words)
                }
            }
        }
    }
}

/// All differences in a metric, with the ends of their intervals and nought.
fn extent(rows: &[Row<'_>], metric: Metric) -> Vec<f64> {
    let found = rows.iter().filter_map(|row| row.2.known(metric));
    let values = found
        .flat_map(|found| [found.difference].into_iter().chain(found.ci95.into_iter().flatten()));
    values.map(|value| 100.0 * value).chain([0.0]).collect()
}

fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", short(value)) } else { short(value).replace('-', "−") }
}

fn points(found: &Difference) -> String {
    let points = format!("{:+.1}", 100.0 * found.difference);
    match points.as_str() {
        "+0.0" | "-0.0" => "0.0".to_owned(),
        _ => points.replace('-', "−"),
    }
}

/// A triangle that points up or down where chance does not explain it, else a
/// hollow dot.
fn mark(x: f64, y: f64, verdict: Verdict) -> Markup {
    let triangle = |tip: f64, base: f64| {
        let corners = [(x, y + tip), (x + 4.6, y + base), (x - 4.6, y + base)];
        let corners = corners.map(|(x, y)| format!("{},{}", short(x), short(y)));
        html! { polygon.dot points=(corners.join(" ")) {} }
    };
    match verdict {
        Verdict::Won => triangle(-5.0, 3.4),
        Verdict::Lost => triangle(5.0, -3.4),
        Verdict::Undecided => {
            html! { circle class="dot hollow" cx=(short(x)) cy=(short(y)) r="3.4" {} }
        }
    }
}
