//! What each language pays, against what its text is like.

use super::scale::Scale;
use super::{
    CENTER, Canvas, GREY, GRID, HEADER, INK, LABEL, LEFT, MARGIN, RIGHT, SMALL, SUBTITLE, TICK,
    TITLE, Type, WIDTH, draw_error, fit, text_width,
};
use crate::usage::label_places;
use massive_data::grouped;
use massive_eval::error::{Error, Result};
use massive_eval::toll::{LocaleText, TollDocument};
use plotters::prelude::*;

const HEIGHT: i32 = 560;
const TOP: i32 = 116;
const BOTTOM: i32 = HEIGHT - 76;
/// For the labels of the vertical axis.
const AXIS: i32 = 48;
const GAP: i32 = 28;

/// Colours of the variants, which stay apart for the colour-blind (Okabe & Ito).
const INKS: [RGBColor; 6] = [
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];

/// Draws the difference of every locale and variant from the base in the document's
/// metric, in points: against the pieces that a word of the locale has, and against its
/// share of the train text, where that is known.
///
/// # Errors
/// A document that does not say what the text is like, or has no differences.
pub fn toll_svg(document: &TollDocument) -> Result<String> {
    let points = points(document);
    if points.is_empty() {
        return Err(Error::request(
            "nothing to draw: the document does not say what the text of the locales is like",
        ));
    }
    let pieces = Panel { title: "pieces a word", of: |text| Some(text.pieces_per_word) };
    let share =
        Panel { title: "share of the train text (%)", of: |text| Some(100.0 * text.train_share?) };
    let mut panels = vec![pieces];
    if points.iter().any(|point| point.text.train_share.is_some()) {
        panels.push(share);
    }
    let y_axis = Scale::new(points.iter().map(|point| point.difference).chain([0.0]), BOTTOM, TOP);
    let room = f64::from(WIDTH - 2 * MARGIN);
    let mut out = String::new();
    {
        let canvas = Canvas::new(&mut out, HEIGHT)?;
        let title = format!("What each language pays, against {}", document.base.name);
        canvas.text(&fit(&title, room, TITLE.size), (MARGIN, 32), LEFT, TITLE)?;
        let subtitle = format!(
            "{}, points of 100 · partition {} · {} rows",
            document.metric.title(),
            document.partition,
            grouped(document.rows)
        );
        canvas.text(&fit(&subtitle, room, SUBTITLE.size), (MARGIN, 56), LEFT, SUBTITLE)?;
        legend(&canvas, document)?;
        let width = (WIDTH - 2 * MARGIN - GAP * (panels.len() as i32 - 1)) / panels.len() as i32;
        let mut hidden = 0;
        for (panel, left) in panels.iter().zip((MARGIN..).step_by((width + GAP) as usize)) {
            hidden += draw(&canvas, panel, &points, &y_axis, [left + AXIS, left + width])?;
        }
        let mut note = "A point is a locale. Below 0 it loses.".to_owned();
        if hidden > 0 {
            note.push_str(&format!(" {hidden} without room for their names."));
        }
        canvas.text(&note, (MARGIN, HEIGHT - 18), LEFT, SMALL)?;
        canvas.finish()?;
    }
    Ok(out)
}

/// A locale's loss with a variant.
struct Point<'a> {
    tag: &'a str,
    variant: usize,
    difference: f64,
    text: LocaleText,
}

/// What lies on a horizontal axis.
struct Panel {
    title: &'static str,
    of: fn(&LocaleText) -> Option<f64>,
}

fn points(document: &TollDocument) -> Vec<Point<'_>> {
    let variants = document.variants.iter().enumerate();
    variants
        .flat_map(|(number, variant)| {
            variant.locales.iter().filter_map(move |(tag, toll)| {
                Some(Point {
                    tag,
                    variant: number,
                    difference: 100.0 * toll.metrics.known(document.metric)?.difference,
                    text: *document.text.get(tag)?,
                })
            })
        })
        .collect()
}

fn ink(variant: usize) -> RGBColor {
    INKS[variant % INKS.len()]
}

/// The names of the variants in their colours.
fn legend(canvas: &Canvas<'_>, document: &TollDocument) -> Result<()> {
    let mut left = MARGIN;
    for (number, variant) in document.variants.iter().enumerate() {
        let name = fit(&variant.model.name, 300.0, LABEL.size);
        let right = left + 14 + text_width(&name, LABEL.size).ceil() as i32;
        if right > WIDTH - MARGIN {
            break;
        }
        let dot = Circle::new((left + 4, 80), 4, ink(number).filled());
        canvas.0.draw(&dot).map_err(draw_error)?;
        canvas.text(&name, (left + 14, 81), LEFT, LABEL)?;
        left = right + 24;
    }
    Ok(())
}

/// Draws a panel; gives how many names had no room.
fn draw(
    canvas: &Canvas<'_>,
    panel: &Panel,
    points: &[Point<'_>],
    y_axis: &Scale,
    [left, right]: [i32; 2],
) -> Result<usize> {
    let shown: Vec<(&Point<'_>, f64)> =
        points.iter().filter_map(|point| Some((point, (panel.of)(&point.text)?))).collect();
    let x_axis = Scale::new(shown.iter().map(|(_, value)| *value), left, right);
    canvas.text(panel.title, (right, BOTTOM + 36), RIGHT, HEADER)?;
    for tick in x_axis.ticks() {
        let x = x_axis.place(tick);
        canvas.line((x, TOP), (x, BOTTOM), 1, GRID.into())?;
        canvas.text(&x_axis.label(tick), (x, BOTTOM + 16), CENTER, TICK)?;
    }
    for tick in y_axis.ticks() {
        let y = y_axis.place(tick);
        let line = if tick == 0.0 { GREY } else { GRID };
        canvas.line((left, y), (right, y), 1, line.into())?;
        canvas.text(&y_axis.label(tick), (left - 8, y), RIGHT, TICK)?;
    }
    let places: Vec<(i32, i32)> = shown
        .iter()
        .map(|(point, value)| (x_axis.place(*value), y_axis.place(point.difference)))
        .collect();
    for ((point, _), &place) in shown.iter().zip(&places) {
        let dot = Circle::new(place, 4, ink(point.variant).filled());
        canvas.0.draw(&dot).map_err(draw_error)?;
    }
    let centres: Vec<(f64, f64)> =
        places.iter().map(|&(x, y)| (f64::from(x), f64::from(y))).collect();
    let name = Type { color: INK, ..TICK };
    let widths: Vec<f64> =
        shown.iter().map(|(point, _)| text_width(point.tag, name.size)).collect();
    let room = [left, TOP, right, BOTTOM].map(f64::from);
    let labels = label_places(&centres, &widths, 12.0, room);
    for ((point, _), label) in shown.iter().zip(&labels) {
        if let Some((at, middle)) = label {
            let at = (at.round() as i32, middle.round() as i32 + 1);
            canvas.text(point.tag, at, LEFT, name)?;
        }
    }
    Ok(labels.iter().filter(|label| label.is_none()).count())
}
