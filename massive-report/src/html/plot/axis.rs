//! From values to places.

use maud::{Markup, html};

use super::{AXIS, line, text};

/// A horizontal axis.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    left: f64,
    width: f64,
}

impl Axis {
    /// From `low` to `high`, drawn from `left` on.
    pub(super) fn new([low, high]: [f64; 2], left: f64, width: f64) -> Axis {
        Axis { low, high, left, width }
    }

    /// Where it starts.
    pub(super) fn left(&self) -> f64 {
        self.left
    }

    pub(super) fn x(&self, value: f64) -> f64 {
        let share = (value.clamp(self.low, self.high) - self.low) / (self.high - self.low);
        self.left + share * self.width
    }

    /// Round values, far enough apart for their labels.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let enough = (self.high - self.low) * 38.0 / self.width;
        let size = 10_f64.powf(enough.log10().floor());
        let step = [1.0, 2.0, 5.0].map(|factor| factor * size);
        let step = step.into_iter().find(|&step| step >= enough).unwrap_or(10.0 * size);
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        (first..=last).map(move |tick| tick as f64 * step)
    }

    /// Lines from `top` to `bottom`, their values above and, if there is much
    /// between, below.
    pub(super) fn draw(&self, top: f64, bottom: f64, label: impl Fn(f64) -> String) -> Markup {
        let tall = bottom - top > 400.0;
        html! {
            @for tick in self.ticks() {
                @let x = self.x(tick);
                (line("grid", (x, top), (x, bottom)))
                (text("tick", (x, top - AXIS / 2.0), &label(tick)))
                @if tall { (text("tick", (x, bottom + AXIS / 2.0), &label(tick))) }
            }
        }
    }
}

/// The ends of axes that differ in place but not in scale, so that distances
/// compare between them: each shows its values, and none less than `least`.
pub(super) fn ends(panels: &[Vec<f64>], least: f64, [low, high]: [f64; 2]) -> Vec<[f64; 2]> {
    let extents: Vec<[f64; 2]> = panels
        .iter()
        .map(|values| {
            values.iter().fold([high, low], |[from, to], &value| [from.min(value), to.max(value)])
        })
        .collect();
    let span = extents.iter().map(|[from, to]| (to - from) * 1.08).fold(least, f64::max);
    let span = span.min(high - low);
    extents
        .iter()
        .map(|[from, to]| {
            let start = ((from + to - span) / 2.0).clamp(low, high - span);
            [start, start + span]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_apart() {
        let ticks =
            |low, high| -> Vec<f64> { Axis::new([low, high], 0.0, 200.0).ticks().collect() };
        assert_eq!(ticks(0.0, 100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert_eq!(ticks(-3.0, 4.0), [-2.0, 0.0, 2.0, 4.0]);
        assert_eq!(ticks(0.0, 12_000.0), [0.0, 5_000.0, 10_000.0]);
    }

    #[test]
    fn axes_have_one_scale_and_hold_their_values() {
        let ends = ends(&[vec![40.0, 80.0], vec![95.0, 99.0], vec![]], 10.0, [0.0, 100.0]);
        for [low, high] in &ends {
            assert!((high - low - 43.2).abs() < 1e-9 && *low >= 0.0 && *high <= 100.0);
        }
        assert!(ends[1][0] < 95.0 && ends[1][1] >= 99.0);
    }
}
