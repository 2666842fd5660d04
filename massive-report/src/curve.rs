//! Scores by the number of rows that models learned from, as a line chart.

use std::fmt::Write as _;

/// A line.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What stands at its end.
    pub name: String,
    /// Numbers of rows, ascending, each with a score in per cent.
    pub points: Vec<(f64, f64)>,
}

// Lengths are pixels of the SVG.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 440.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 660.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 392.0;

/// Colours that people with any colour vision tell apart (Okabe and Ito 2008).
const COLOURS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

/// The lines over a logarithmic axis of rows, the scores from 0 to 100 under
/// `title`.
pub fn svg(curves: &[Curve], title: &str) -> String {
    let rows = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0.max(1.0)));
    let (least, most) =
        rows.fold((f64::INFINITY, 1.0f64), |(least, most), rows| (least.min(rows), most.max(rows)));
    let (from, to) = (least.min(most).ln(), most.ln());
    let x = |rows: f64| {
        let share = if to > from { (rows.max(1.0).ln() - from) / (to - from) } else { 0.5 };
        LEFT + (RIGHT - LEFT) * share
    };
    let y = |score: f64| BOTTOM - (BOTTOM - TOP) * score.clamp(0.0, 100.0) / 100.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{}</text>\n",
        escaped(title),
        escaped(title)
    );
    for score in [0.0, 20.0, 40.0, 60.0, 80.0, 100.0] {
        let at = y(score);
        let _ = writeln!(
            text,
            "<path d=\"M{LEFT} {at:.1}H{RIGHT}\" stroke=\"#ddd\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{score}</text>",
            LEFT - 8.0,
            at + 4.0
        );
    }
    let mut ticks: Vec<f64> =
        curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0)).collect();
    ticks.sort_by(f64::total_cmp);
    ticks.dedup();
    let mut last = f64::NEG_INFINITY;
    for rows in ticks {
        // Numbers that would stand on one another are left out.
        if x(rows) - last >= 44.0 {
            last = x(rows);
            let _ = writeln!(
                text,
                "<text x=\"{last:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{rows}</text>",
                BOTTOM + 18.0
            );
        }
    }
    let _ = writeln!(
        text,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">rows of train (logarithmic)</text>",
        (LEFT + RIGHT) / 2.0,
        BOTTOM + 38.0
    );
    lines(curves, x, y, &mut text);
    text.push_str("</svg>\n");
    text
}

fn lines(curves: &[Curve], x: impl Fn(f64) -> f64, y: impl Fn(f64) -> f64, text: &mut String) {
    // Names keep their distance, from the top down.
    let mut order: Vec<(usize, f64)> = (curves.iter().enumerate())
        .filter_map(|(number, curve)| Some((number, y(curve.points.last()?.1))))
        .collect();
    order.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
    let mut free = TOP;
    for (number, end) in order {
        let (curve, colour) = (&curves[number], COLOURS[number % COLOURS.len()]);
        let points: Vec<String> = curve
            .points
            .iter()
            .map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1)))
            .collect();
        let at = end.max(free);
        free = at + 13.0;
        let _ = writeln!(
            text,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            points.join(" ")
        );
        for point in &curve.points {
            let _ = writeln!(
                text,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"3\" fill=\"{colour}\"><title>{}: {} rows, {:.1} \
                 %</title></circle>",
                x(point.0),
                y(point.1),
                escaped(&curve.name),
                point.0,
                point.1
            );
        }
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
            RIGHT + 8.0,
            at + 4.0,
            escaped(&curve.name)
        );
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_rows_stand_further_right_and_better_scores_higher() {
        let curve = Curve { name: "a<b".to_owned(), points: vec![(10.0, 20.0), (1000.0, 60.0)] };
        let svg = svg(&[curve], "exact match");
        assert!(svg.contains(&format!("points=\"{LEFT:.1},321.6 {RIGHT:.1},180.8\"")), "{svg}");
        assert!(svg.contains("a&lt;b: 10 rows, 20.0 %") && !svg.contains("a<b"), "{svg}");
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
    }
}
