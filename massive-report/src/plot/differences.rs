//! Differences between systems by locale as a dot plot.

use super::{
    CENTER, Canvas, GREY, GRID, HEADER, INK, INSET, LABEL, LEFT, MARGIN, NAME_LEFT, PANEL_GAP,
    PANELS_LEFT, PlotOptions, RIGHT, ROW, SMALL, SMALL_LINE, STRIPE, SUBTITLE, SUMMARY_GAP, TICK,
    TITLE, Type, VALUE, WIDTH, color, draw_error, fit, wrap_signature,
};
use crate::SortBy;
use crate::comparison::rows::{Row, average_rows, locale_rows, points, sign};
use massive_data::grouped;
use massive_eval::comparison::{CompareDocument, Comparison, Difference, Verdict};
use massive_eval::error::{Error, Result};
use massive_eval::metrics::Metric;
use plotters::prelude::*;

/// At the right of a panel, for a difference as a number and the sign of its verdict.
const VALUES: i32 = 58;
/// An axis reaches at least so many points to both sides, or noise would look large.
const LEAST_REACH: f64 = 2.0;
/// Between two systems.
const SYSTEM_GAP: i32 = 26;
/// A title, a header and the labels of an axis above the rows of a system.
const HEAD: i32 = 62;

/// Draws, for each new system, its difference from the baseline in every metric
/// that both predict, in points: of all rows, of the mean over locales, and of each
/// locale, with 95 % intervals. A dot is filled where the difference is decided.
///
/// Locales come in the order of `options.sort`'s differences, the greatest first.
///
/// # Errors
/// A document in which no metric was compared.
pub fn differences_svg(document: &CompareDocument, options: &PlotOptions) -> Result<String> {
    let shown = shown(document);
    if shown.is_empty() {
        return Err(Error::request("nothing to draw: no metric was compared"));
    }
    let sort = SortBy::Metric(if shown.contains(&options.sort) { options.sort } else { shown[0] });
    let panels = panels(document, &shown);
    let room = f64::from(WIDTH - 2 * MARGIN);
    let signature = wrap_signature(&document.signature.to_string(), room, SMALL.size);
    let top = 84;
    let heights: Vec<i32> = document.comparisons.iter().map(height).collect();
    let bottom = top + heights.iter().sum::<i32>();
    let total = bottom + 20 + (1 + signature.len() as i32) * SMALL_LINE + 8;
    let mut out = String::new();
    {
        let canvas = Canvas::new(&mut out, total)?;
        canvas.text(&fit(&options.title, room, TITLE.size), (MARGIN, 32), LEFT, TITLE)?;
        canvas.text(
            &fit(&subtitle(document), room, SUBTITLE.size),
            (MARGIN, 56),
            LEFT,
            SUBTITLE,
        )?;
        let mut at = top;
        for (comparison, height) in document.comparisons.iter().zip(heights) {
            system(&canvas, comparison, (&panels, sort), at)?;
            at += height;
        }
        let note = "Right of 0 is better than the baseline. Filled: decided; hollow: chance may \
                    explain it. Bars are 95% intervals, each for itself; where systems differ in \
                    few rows there is none.";
        canvas.text(note, (MARGIN, bottom + 8), LEFT, SMALL)?;
        canvas.lines(&signature, bottom + 8 + SMALL_LINE + 2, SMALL_LINE, SMALL)?;
        canvas.finish()?;
    }
    Ok(out)
}

/// The metrics that some comparison has.
fn shown(document: &CompareDocument) -> Vec<Metric> {
    let Some(first) = document.comparisons.first() else { return Vec::new() };
    let known = |metric: Metric| {
        document.comparisons.iter().any(|one| one.all.metrics.known(metric).is_some())
    };
    first.verdicts.metrics().filter(|&metric| known(metric)).collect()
}

fn height(comparison: &Comparison) -> i32 {
    HEAD + (2 + comparison.locales.len() as i32) * ROW + SUMMARY_GAP + SYSTEM_GAP
}

fn subtitle(document: &CompareDocument) -> String {
    format!(
        "against {} · partition {} · {} rows · points",
        document.baseline.name,
        document.partition,
        grouped(document.rows.compared)
    )
}

/// The place of a metric, and its axis from `-reach` to `reach` points.
struct Panel {
    metric: Metric,
    left: i32,
    width: i32,
    reach: f64,
}

impl Panel {
    fn x(&self, points: f64) -> i32 {
        let share = (points / self.reach).clamp(-1.0, 1.0) / 2.0 + 0.5;
        self.left + INSET + (share * f64::from(self.width - 2 * INSET)).round() as i32
    }

    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let enough = self.reach * (2.0 * 30.0 / f64::from(self.width)).max(0.25);
        let steps = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0];
        let step = steps.into_iter().find(|&step| step >= enough).unwrap_or(50.0);
        let last = (self.reach / step).floor() as i32;
        (-last..=last).map(move |tick| f64::from(tick) * step)
    }
}

/// One panel a metric, all with one scale, so that distances compare.
fn panels(document: &CompareDocument, shown: &[Metric]) -> Vec<Panel> {
    let ends = document.comparisons.iter().flat_map(|comparison| {
        let averages = average_rows(comparison);
        let locales = locale_rows(comparison, SortBy::Locale);
        let ends = |row: &Row<'_>| -> Vec<f64> {
            let found = shown.iter().filter_map(|&metric| row.metrics.known(metric));
            found
                .flat_map(|one| [one.difference].into_iter().chain(one.ci95.into_iter().flatten()))
                .collect()
        };
        averages.iter().chain(&locales).flat_map(ends).collect::<Vec<f64>>()
    });
    let reach = ends.map(|end| 104.0 * end.abs()).fold(LEAST_REACH, f64::max);
    let pitch = (WIDTH - MARGIN - PANELS_LEFT + PANEL_GAP) / shown.len() as i32;
    let lefts = (PANELS_LEFT..).step_by(pitch as usize);
    let width = pitch - PANEL_GAP - VALUES;
    shown.iter().zip(lefts).map(|(&metric, left)| Panel { metric, left, width, reach }).collect()
}

/// Draws one system from `top` on.
fn system(
    canvas: &Canvas<'_>,
    comparison: &Comparison,
    (panels, sort): (&[Panel], SortBy),
    top: i32,
) -> Result<()> {
    let room = f64::from(WIDTH - 2 * MARGIN);
    let name = Type { bold: true, ..LABEL };
    canvas.text(&fit(&comparison.system.name, room, name.size), (MARGIN, top + 6), LEFT, name)?;
    let first = top + HEAD;
    let averages = average_rows(comparison);
    let locales = locale_rows(comparison, sort);
    let locales_top = first + averages.len() as i32 * ROW + SUMMARY_GAP;
    let bottom = locales_top + locales.len() as i32 * ROW;
    for y in (locales_top + ROW..bottom).step_by(2 * ROW as usize) {
        canvas.rectangle((MARGIN - 6, y), (WIDTH - MARGIN + 6, y + ROW), STRIPE)?;
    }
    for panel in panels {
        canvas.text(panel.metric.title(), (panel.left, top + 28), LEFT, HEADER)?;
        for tick in panel.ticks() {
            let line = if tick == 0.0 { GREY } else { GRID };
            canvas.line((panel.x(tick), first), (panel.x(tick), bottom), 1, line.into())?;
            let label = if tick == 0.0 { "0".to_owned() } else { format!("{tick:+}") };
            canvas.text(&label, (panel.x(tick), top + HEAD - 12), CENTER, TICK)?;
        }
    }
    let ys = (first + ROW / 2..).step_by(ROW as usize).take(averages.len());
    let ys = ys.chain((locales_top + ROW / 2..).step_by(ROW as usize));
    for (row, y) in averages.iter().chain(&locales).zip(ys) {
        draw_row(canvas, row, panels, y)?;
    }
    Ok(())
}

fn draw_row(canvas: &Canvas<'_>, row: &Row<'_>, panels: &[Panel], y: i32) -> Result<()> {
    let label = Type { bold: row.kind == "average", ..LABEL };
    // What has no name is of another corpus, and its tag has the room of the name.
    let room = if row.description.is_empty() { PANELS_LEFT - MARGIN } else { PANELS_LEFT };
    canvas.text(&fit(row.name, f64::from(room), label.size), (MARGIN, y + 1), LEFT, label)?;
    let description = if row.name == "macro" { "mean" } else { row.description };
    canvas.text(description, (NAME_LEFT, y + 1), LEFT, label)?;
    for panel in panels {
        let Some(found) = row.metrics.known(panel.metric) else { continue };
        draw_difference(canvas, found, panel, y)?;
    }
    Ok(())
}

fn draw_difference(canvas: &Canvas<'_>, found: &Difference, panel: &Panel, y: i32) -> Result<()> {
    let ink = color(panel.metric);
    if let Some([low, high]) = found.ci95 {
        let ends = (panel.x(100.0 * low), panel.x(100.0 * high));
        canvas.line((ends.0, y), (ends.1, y), 3, ink.mix(0.4))?;
    }
    let at = (panel.x(100.0 * found.difference), y);
    let decided = found.verdict != Verdict::Undecided;
    let inside = if decided { ink } else { WHITE };
    canvas.0.draw(&Circle::new(at, 3, inside.filled())).map_err(draw_error)?;
    canvas.0.draw(&Circle::new(at, 3, ink.stroke_width(1))).map_err(draw_error)?;
    let value = Type { bold: decided, color: if decided { INK } else { GREY }, ..VALUE };
    let right = panel.left + panel.width + VALUES;
    canvas.text(sign(found.verdict).trim(), (right, y + 1), RIGHT, value)?;
    canvas.text(&points(found.difference), (right - 14, y + 1), RIGHT, value)
}
