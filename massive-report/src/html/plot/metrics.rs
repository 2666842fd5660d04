//! The metrics of every locale, and of all of them, with their intervals.

use massive_data::Locale;
use maud::{Markup, html};

use super::axis::{Axis, ends};
use super::{AXIS, Frame, NAMES_WIDTH, ROW, line, names, short, stripes, text};
use crate::rows::percent;
use massive_eval::document::{MetricValue, ScoreDocument};
use massive_eval::metrics::Metric;

const WIDTH: f64 = 1100.0;
const GAP: f64 = 24.0;
/// At the right of a panel, for the values as numbers.
const VALUES: f64 = 40.0;
const HEADER: f64 = 20.0;

/// A system with its scores.
#[derive(Clone, Copy)]
pub(in crate::html) struct Series<'a> {
    pub(in crate::html) name: &'a str,
    pub(in crate::html) scores: &'a ScoreDocument,
}

/// A dot a metric, locale and system; the locales in the order of the last
/// metric that the first system has, best first. Nothing if it has none.
pub(in crate::html) fn draw(id: &str, series: &[Series<'_>]) -> Option<Markup> {
    let first = series.first()?;
    let shown: Vec<Metric> = first
        .scores
        .metrics()
        .filter(|&metric| series.iter().any(|one| one.scores.all.metric(metric).is_some()))
        .collect();
    let sort = *shown.last()?;
    let tags = tags(first.scores, sort);
    let panels: Vec<Vec<f64>> = shown.iter().map(|&metric| extent(series, &tags, metric)).collect();
    let pitch = (WIDTH - NAMES_WIDTH + GAP) / shown.len() as f64;
    let width = pitch - GAP - VALUES;
    let axes = ends(&panels, 10.0, [0.0, 100.0])
        .into_iter()
        .enumerate()
        .map(|(index, ends)| Axis::new(ends, NAMES_WIDTH + index as f64 * pitch, width));
    let axes: Vec<Axis> = axes.collect();
    let top = HEADER + AXIS;
    let bottom = top + tags.len() as f64 * ROW;
    let y = |row: usize| top + (row as f64 + 0.5) * ROW;

    let body = html! {
        (stripes(tags.len(), top, WIDTH))
        @for (metric, axis) in shown.iter().zip(&axes) {
            (text("head", (axis.left(), HEADER / 2.0), &format!("{} (%)", metric.title())))
            (axis.draw(top, bottom, short))
            @if let (Some(mean), [_]) = (first.scores.macro_.metric(*metric), series) {
                @let x = axis.x(100.0 * mean.value);
                (line(&format!("mean {}", metric.name()), (x, top), (x, bottom)))
            }
        }
        (line("rule", (0.0, top + 2.0 * ROW), (WIDTH, top + 2.0 * ROW)))
        @for (row, tag) in tags.iter().enumerate() {
            @let class = if row < 2 { "row average" } else { "row" };
            g class=(class) {
                (names(tag, description(tag), y(row)))
                @for (metric, axis) in shown.iter().zip(&axes) {
                    g class=(metric.name()) {
                        @for (number, one) in series.iter().enumerate() {
                            @if let Some(value) = value(one.scores, tag, *metric) {
                                @let y = y(row) + offset(number, series.len());
                                (dot(axis, value, y, number, series.len()))
                            }
                        }
                        @if let ([one], x) = (series, axis.left() + width + VALUES) {
                            @if let Some(value) = value(one.scores, tag, *metric) {
                                (text("value", (x, y(row)), &percent(value.value)))
                            }
                        }
                    }
                }
            }
        }
    };
    let title = format!("Metrics of {} locales, with intervals", first.scores.locales.len());
    let height = bottom + AXIS;
    let frame = Frame { id, title: &title, width: WIDTH, height };
    Some(html! { (legend(series)) (frame.draw(body)) })
}

/// All locales together, their mean, and each, the best in `sort` first.
fn tags(scores: &ScoreDocument, sort: Metric) -> Vec<&str> {
    let mut tags: Vec<&str> = scores.locales.keys().map(String::as_str).collect();
    let key = |tag: &str| value(scores, tag, sort).map_or(-1.0, |value| value.value);
    tags.sort_by(|a, b| key(b).total_cmp(&key(a)));
    tags.splice(0..0, ["all", "macro"]);
    tags
}

/// The marks of systems, if there are several.
fn legend(series: &[Series<'_>]) -> Markup {
    html! {
        @if series.len() > 1 {
            ul.legend {
                @for (number, one) in series.iter().enumerate() {
                    li {
                        svg.key width="22" height="14" viewBox="0 0 22 14" aria-hidden="true" {
                            (line("interval", (1.0, 7.0), (21.0, 7.0)))
                            (marker((11.0, 7.0), number, series.len()))
                        }
                        bdi { (one.name) }
                    }
                }
            }
        }
    }
}

fn description(tag: &str) -> &'static str {
    match tag {
        "all" => "pooled",
        "macro" => "mean",
        _ => Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default(),
    }
}

fn value(scores: &ScoreDocument, tag: &str, metric: Metric) -> Option<MetricValue> {
    match tag {
        "all" => scores.all.metric(metric),
        "macro" => scores.macro_.metric(metric),
        _ => scores.locales.get(tag)?.metric(metric),
    }
}

/// All values of a metric in per cent, with the ends of their intervals.
fn extent(series: &[Series<'_>], tags: &[&str], metric: Metric) -> Vec<f64> {
    let values =
        series.iter().flat_map(|one| tags.iter().filter_map(|tag| value(one.scores, tag, metric)));
    values
        .flat_map(|value| [value.value].into_iter().chain(value.ci95.into_iter().flatten()))
        .map(|value| 100.0 * value)
        .collect()
}

/// Systems stand beside each other in a row.
fn offset(number: usize, of: usize) -> f64 {
    (number as f64 - (of as f64 - 1.0) / 2.0) * (10.0 / of as f64)
}

fn dot(axis: &Axis, value: MetricValue, y: f64, number: usize, of: usize) -> Markup {
    html! {
        @if let Some([low, high]) = value.ci95 {
            (line("interval", (axis.x(100.0 * low), y), (axis.x(100.0 * high), y)))
        }
        (marker((axis.x(100.0 * value.value), y), number, of))
    }
}

/// The mark of a system: of several the first is hollow, and each has its form.
pub(super) fn marker((x, y): (f64, f64), number: usize, of: usize) -> Markup {
    let class = if of > 1 && number == 0 { "dot hollow" } else { "dot" };
    let r = if of > 2 { 3.0 } else { 3.6 };
    let path = |points: &[(f64, f64)]| -> String {
        let corners = points
            .iter()
            .map(|(dx, dy)| format!("{},{}", short(x + r * dx), short(y + r * dy)))
            .collect::<Vec<_>>();
        corners.join(" ")
    };
    match number {
        0 | 1 => html! { circle class=(class) cx=(short(x)) cy=(short(y)) r=(short(r)) {} },
        2 => html! {
            polygon class=(class) points=(path(&[(-1.2, 0.0), (0.0, -1.2), (1.2, 0.0), (0.0, 1.2)])) {}
        },
        3 => html! {
            polygon class=(class) points=(path(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)])) {}
        },
        _ => html! {
            polygon class=(class) points=(path(&[(0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)])) {}
        },
    }
}
