//! Exact match against cost, a point a locale.

use super::scale::Scale;
use super::{
    CENTER, Canvas, GRID, HEADER, INK, LABEL, LEFT, MARGIN, RIGHT, SMALL, SUBTITLE, TICK, TITLE,
    Type, WIDTH, color, draw_error, fit, text_width,
};
use crate::usage::{Point, label_places, points};
use massive_data::grouped;
use massive_eval::document::ScoreDocument;
use massive_eval::error::{Error, Result};
use massive_eval::metrics::Metric;
use plotters::prelude::*;

const HEIGHT: i32 = 640;
const PLOT_LEFT: i32 = 72;
const PLOT_TOP: i32 = 92;
const PLOT_BOTTOM: i32 = HEIGHT - 84;

/// Draws the exact match of every locale against what 1,000 of its utterances
/// cost or, without a price, against the tokens of an utterance.
///
/// # Errors
/// A document without usage or without exact match.
pub fn cost_svg(document: &ScoreDocument, title: &str) -> Result<String> {
    let Some((axis, points)) = points(document) else {
        return Err(Error::request(
            "nothing to draw: the document does not say what its predictions took",
        ));
    };
    let x_axis = Scale::new(points.iter().map(|point| point.cost), PLOT_LEFT, WIDTH - MARGIN);
    let exact = points
        .iter()
        .flat_map(|point| [point.exact].into_iter().chain(point.interval.into_iter().flatten()));
    let y_axis = Scale::new(exact, PLOT_BOTTOM, PLOT_TOP);
    let mut out = String::new();
    {
        let canvas = Canvas::new(&mut out, HEIGHT)?;
        let room = f64::from(WIDTH - 2 * MARGIN);
        canvas.text(&fit(title, room, TITLE.size), (MARGIN, 32), LEFT, TITLE)?;
        canvas.text(
            &fit(&subtitle(document), room, SUBTITLE.size),
            (MARGIN, 56),
            LEFT,
            SUBTITLE,
        )?;
        canvas.text("Exact match (%)", (MARGIN, PLOT_TOP - 14), LEFT, HEADER)?;
        canvas.text(axis, (WIDTH - MARGIN, PLOT_BOTTOM + 40), RIGHT, HEADER)?;
        for tick in x_axis.ticks() {
            let x = x_axis.place(tick);
            canvas.line((x, PLOT_TOP), (x, PLOT_BOTTOM), 1, GRID.into())?;
            canvas.text(&x_axis.label(tick), (x, PLOT_BOTTOM + 16), CENTER, TICK)?;
        }
        for tick in y_axis.ticks() {
            let y = y_axis.place(tick);
            canvas.line((PLOT_LEFT, y), (WIDTH - MARGIN, y), 1, GRID.into())?;
            canvas.text(&y_axis.label(tick), (PLOT_LEFT - 8, y), RIGHT, TICK)?;
        }
        let hidden = dots(&canvas, &points, &x_axis, &y_axis)?;
        let mut note = "A point is a locale; vertical lines are 95% intervals.".to_owned();
        if hidden > 0 {
            let names = if hidden == 1 { "its name" } else { "their names" };
            note.push_str(&format!(" {hidden} without room for {names}."));
        }
        canvas.text(&note, (MARGIN, PLOT_BOTTOM + 40), LEFT, SMALL)?;
        let signature = fit(&document.signature.to_string(), room, SMALL.size);
        canvas.text(&signature, (MARGIN, HEIGHT - 18), LEFT, SMALL)?;
        canvas.finish()?;
    }
    Ok(out)
}

/// Draws the points with their names; gives how many names had no room.
fn dots(canvas: &Canvas<'_>, points: &[Point<'_>], x: &Scale, y: &Scale) -> Result<usize> {
    let ink = color(Metric::ExactMatch);
    let places: Vec<(i32, i32)> =
        points.iter().map(|point| (x.place(point.cost), y.place(point.exact))).collect();
    for (point, &(at, _)) in points.iter().zip(&places) {
        if let Some([low, high]) = point.interval {
            canvas.line((at, y.place(low)), (at, y.place(high)), 2, ink.mix(0.25))?;
        }
    }
    for &place in &places {
        canvas.0.draw(&Circle::new(place, 4, ink.filled())).map_err(draw_error)?;
    }
    let centres: Vec<(f64, f64)> =
        places.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect();
    let name = Type { color: INK, ..LABEL };
    let widths: Vec<f64> = points.iter().map(|point| text_width(point.tag, name.size)).collect();
    let room = [PLOT_LEFT, PLOT_TOP, WIDTH - 4, PLOT_BOTTOM].map(f64::from);
    let labels = label_places(&centres, &widths, 14.0, room);
    for (point, label) in points.iter().zip(&labels) {
        if let Some((left, middle)) = label {
            let at = (left.round() as i32, middle.round() as i32 + 1);
            canvas.text(point.tag, at, LEFT, name)?;
        }
    }
    Ok(labels.iter().filter(|label| label.is_none()).count())
}

fn subtitle(document: &ScoreDocument) -> String {
    let usage = document.usage.as_ref();
    let models = usage.map_or(String::new(), |usage| usage.model.join(", "));
    let calls = usage.map_or(0, |usage| usage.all.calls);
    let price = usage.and_then(|usage| usage.price).map_or("no price".to_owned(), |price| {
        format!("price {} in, {} out for a million tokens", price.input, price.output)
    });
    format!("{models} · partition {} · {} calls · {price}", document.partition, grouped(calls))
}
