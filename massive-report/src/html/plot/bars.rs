//! Counts of several kinds as bars, a row a locale.

use maud::{Markup, html};

use super::axis::Axis;
use super::{AXIS, Frame, NAMES_WIDTH, ROW, names, rectangle, stripes, text};
use crate::grouped;

const WIDTH: f64 = 1100.0;
/// At the right, for the sums as numbers.
const SUMS: f64 = 60.0;

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub(in crate::html) struct Part<'a> {
    /// Its name for readers.
    pub(in crate::html) title: &'a str,
    /// The class that gives it colour and pattern.
    pub(in crate::html) class: &'a str,
}

/// A row.
pub(in crate::html) struct Bar<'a> {
    pub(in crate::html) tag: &'a str,
    pub(in crate::html) language: &'a str,
    /// As many as there are parts.
    pub(in crate::html) counts: Vec<u64>,
}

/// The bars, the longest on top.
pub(in crate::html) fn draw(
    id: &str,
    title: &str,
    parts: &[Part<'_>],
    mut bars: Vec<Bar<'_>>,
) -> Markup {
    let sum = |bar: &Bar<'_>| bar.counts.iter().sum::<u64>();
    bars.sort_by_key(|bar| std::cmp::Reverse(sum(bar)));
    let longest = bars.first().map_or(0, sum).max(1) as f64;
    let axis = Axis::new([0.0, longest], NAMES_WIDTH, WIDTH - NAMES_WIDTH - SUMS);
    let bottom = AXIS + bars.len() as f64 * ROW;
    let body = html! {
        (stripes(bars.len(), AXIS, WIDTH))
        (axis.draw(AXIS, bottom, |tick| grouped(tick as u64)))
        @for (row, bar) in bars.iter().enumerate() {
            @let top = AXIS + row as f64 * ROW;
            (names(bar.tag, bar.language, top + ROW / 2.0))
            @for (part, (from, count)) in parts.iter().zip(stacked(&bar.counts)) {
                @if count > 0 {
                    @let (x, end) = (axis.x(from as f64), axis.x((from + count) as f64));
                    g {
                        title { (bar.tag) " " (part.title) ": " (grouped(count)) }
                        (rectangle(
                            &format!("bar {}", part.class), (x, top + 3.0), (end - x, ROW - 6.0)))
                    }
                }
            }
            (text("value", (WIDTH - 4.0, top + ROW / 2.0), &grouped(sum(bar))))
        }
    };
    let legend = html! {
        ul.legend {
            @for part in parts {
                li {
                    svg.key width="22" height="14" viewBox="0 0 22 14" aria-hidden="true" {
                        (rectangle(&format!("bar {}", part.class), (1.0, 1.0), (20.0, 12.0)))
                    }
                    (part.title)
                }
            }
        }
    };
    html! { (legend) (Frame { id, title, width: WIDTH, height: bottom + AXIS }.draw(body)) }
}

/// Each count with the sum of those before it.
fn stacked(counts: &[u64]) -> impl Iterator<Item = (u64, u64)> {
    counts.iter().scan(0, |from, &count| {
        let start = *from;
        *from += count;
        Some((start, count))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_stacked() {
        let parts: Vec<(u64, u64)> = stacked(&[2, 0, 3]).collect();
        assert_eq!(parts, [(0, 2), (2, 0), (2, 3)]);
    }
}
