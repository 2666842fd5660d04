//! Axes.

/// An axis from values to pixels, with some room at both ends.
pub(super) struct Scale {
    low: f64,
    high: f64,
    from: i32,
    to: i32,
}

impl Scale {
    pub(super) fn new(values: impl Iterator<Item = f64>, from: i32, to: i32) -> Scale {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        // What has no negative values has no negative room.
        let least = if low < 0.0 { f64::NEG_INFINITY } else { 0.0 };
        let margin = ((high - low) * 0.08).max(high.abs() * 0.02).max(1e-9);
        Scale { low: (low - margin).max(least), high: high + margin, from, to }
    }

    pub(super) fn place(&self, value: f64) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + (share * f64::from(self.to - self.from)).round() as i32
    }

    fn step(&self) -> f64 {
        let enough = (self.high - self.low) / 8.0;
        let size = 10_f64.powf(enough.log10().floor());
        let steps = [1.0, 2.0, 5.0].map(|factor| factor * size);
        steps.into_iter().find(|step| *step >= enough).unwrap_or(10.0 * size)
    }

    pub(super) fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let step = self.step();
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step).floor() as i64);
        (first..=last).map(move |tick| tick as f64 * step)
    }

    /// A tick with as many decimals as tell it from the next.
    pub(super) fn label(&self, tick: f64) -> String {
        let digits = (-self.step().log10().floor()).clamp(0.0, 9.0) as usize;
        format!("{tick:.digits$}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_hold_their_values_and_ticks_are_told_apart() {
        let scale = Scale::new([0.012, 0.034].into_iter(), 0, 1000);
        assert!(scale.place(0.012) > 0 && scale.place(0.034) < 1000);
        let labels: Vec<String> = scale.ticks().map(|tick| scale.label(tick)).collect();
        assert_eq!(labels, ["0.015", "0.020", "0.025", "0.030", "0.035"]);
        let one = Scale::new([5.0].into_iter(), 0, 100);
        assert_eq!(one.place(5.0), 50);
        let losses = Scale::new([-0.4, 0.1].into_iter(), 0, 100);
        assert!(losses.place(-0.4) > 0 && losses.place(0.1) < 100);
        assert!(losses.ticks().any(|tick| tick == 0.0));
    }
}
