//! Scores by locale as a dot plot, in SVG and PNG.

mod cost;
mod differences;
#[cfg_attr(not(feature = "png"), path = "plot/png_absent.rs")]
mod png;
mod scale;
mod toll;

use massive_data::{Locale, grouped};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use massive_eval::document::{MetricValue, ScoreDocument};
use massive_eval::error::{Error, Result};
use massive_eval::metrics::Metric;

pub use cost::cost_svg;
pub use differences::differences_svg;
pub use png::png;
pub use toll::toll_svg;

/// What a plot says and how it is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlotOptions {
    /// The title, in any script. A line that is too long is cut.
    pub title: String,
    /// The metric that orders the locales, the best on top. If it was not
    /// predicted, the last one that was takes its place.
    pub sort: Metric,
}

impl Default for PlotOptions {
    fn default() -> Self {
        PlotOptions { title: "Scores by locale".to_owned(), sort: Metric::ExactMatch }
    }
}

// Lengths are pixels of the SVG.
const WIDTH: i32 = 1000;
const MARGIN: i32 = 24;
const NAME_LEFT: i32 = 76;
const PANELS_LEFT: i32 = 172;
const PANEL_GAP: i32 = 28;
/// At the right of a panel, for the values as numbers.
const VALUES: i32 = 42;
/// Between the ends of an axis and the dots, so that none is cut.
const INSET: i32 = 8;
const ROW: i32 = 18;
const SMALL_LINE: i32 = 14;
const SUMMARY_GAP: i32 = 8;
/// From how many locales on the axis is repeated below them.
const SECOND_AXIS: usize = 16;
/// An axis shows no fewer percentage points, or noise would look like a trend.
const MIN_SPAN: f64 = 10.0;

const INK: RGBColor = RGBColor(0x22, 0x22, 0x22);
const GREY: RGBColor = RGBColor(0x66, 0x66, 0x66);
const GRID: RGBColor = RGBColor(0xd8, 0xd8, 0xd8);
const STRIPE: RGBColor = RGBColor(0xf4, 0xf4, 0xf4);

/// Blue, green and vermilion of Okabe & Ito, which stay apart for the colour-blind.
fn color(metric: Metric) -> RGBColor {
    match metric {
        Metric::IntentAccuracy => RGBColor(0x00, 0x72, 0xb2),
        Metric::SlotMicroF1 => RGBColor(0x00, 0x9e, 0x73),
        Metric::ExactMatch => RGBColor(0xd5, 0x5e, 0x00),
        Metric::ScenarioAccuracy => RGBColor(0xcc, 0x79, 0xa7),
        Metric::IntentMacroF1 => RGBColor(0x56, 0xb4, 0xe9),
        Metric::IntentWeightedF1 => RGBColor(0xe6, 0x9f, 0x00),
        Metric::SlotMacroF1 => RGBColor(0x4d, 0x4d, 0x4d),
        Metric::SluF1 => RGBColor(0x9a, 0x6a, 0x00),
    }
}

#[derive(Clone, Copy)]
struct Type {
    size: f64,
    bold: bool,
    color: RGBColor,
}

const TITLE: Type = Type { size: 18.0, bold: true, color: INK };
const SUBTITLE: Type = Type { size: 12.0, bold: false, color: GREY };
const HEADER: Type = Type { size: 12.0, bold: true, color: INK };
const TICK: Type = Type { size: 10.0, bold: false, color: GREY };
const LABEL: Type = Type { size: 12.0, bold: false, color: INK };
const VALUE: Type = Type { size: 11.0, bold: false, color: INK };
const SMALL: Type = Type { size: 10.0, bold: false, color: GREY };

/// Draws the metrics of every locale, and of all of them, with their 95 %
/// intervals. A metric that was not predicted has no panel.
///
/// Fails if there is nothing to draw, or a score that is no fraction.
pub fn svg(document: &ScoreDocument, options: &PlotOptions) -> Result<String> {
    let (shown, missing): (Vec<Metric>, Vec<Metric>) =
        document.metrics().partition(|&metric| document.all.metric(metric).is_some());
    let Some(&last) = shown.last() else {
        return Err(Error::request("nothing to draw: the document has no scores"));
    };
    let sort = if shown.contains(&options.sort) { options.sort } else { last };
    let (summary, locales) = rows(document, &shown, sort)?;
    let panels = panels(&shown, &summary, &locales);

    let text_width = f64::from(WIDTH - 2 * MARGIN);
    let title = fit(&options.title, text_width, TITLE.size);
    let subtitle: Vec<String> = subtitle(document, &missing, sort)
        .iter()
        .map(|line| fit(line, text_width, SUBTITLE.size))
        .collect();
    let signature = wrap_signature(&document.signature.to_string(), text_width, SMALL.size);

    let layout = Layout::of(
        [subtitle.len(), signature.len()].map(|lines| lines as i32),
        [summary.len(), locales.len()],
    );

    let mut out = String::new();
    {
        let canvas = Canvas::new(&mut out, layout.height)?;
        canvas.text(&title, (MARGIN, layout.title), LEFT, TITLE)?;
        canvas.lines(&subtitle, layout.subtitle, 17, SUBTITLE)?;

        for y in (layout.locales + ROW..layout.bottom).step_by(2 * ROW as usize) {
            canvas.rectangle((MARGIN - 6, y), (WIDTH - MARGIN + 6, y + ROW), STRIPE)?;
        }
        for panel in &panels {
            canvas.grid(panel, &layout, document.macro_.metric(panel.metric))?;
        }
        let rule = layout.locales - SUMMARY_GAP / 2;
        canvas.line((MARGIN - 6, rule), (WIDTH - MARGIN + 6, rule), 1, GREY.mix(0.6))?;

        let ys = (layout.summary + ROW / 2..).step_by(ROW as usize).take(summary.len());
        let ys = ys.chain((layout.locales + ROW / 2..).step_by(ROW as usize));
        for (row, y) in summary.iter().chain(&locales).zip(ys) {
            canvas.row(row, &panels, y)?;
        }

        canvas.text(&note(&panels, &summary, &locales), (MARGIN, layout.note), LEFT, SMALL)?;
        canvas.lines(&signature, layout.signature, SMALL_LINE, SMALL)?;
        canvas.finish()?;
    }
    Ok(out)
}

/// The heights of what stands in the plot, from top to bottom.
struct Layout {
    title: i32,
    subtitle: i32,
    header: i32,
    tick: i32,
    /// Where the rows of all locales together start.
    summary: i32,
    /// Where the rows of the locales start.
    locales: i32,
    /// Where they end.
    bottom: i32,
    /// Whether the axis is repeated below them.
    second_axis: bool,
    note: i32,
    signature: i32,
    height: i32,
}

impl Layout {
    /// For so many lines and rows.
    fn of([subtitle, signature]: [i32; 2], [summary, locales]: [usize; 2]) -> Layout {
        let title_y = 32;
        let subtitle_y = title_y + 24;
        let header_y = subtitle_y + subtitle * 17 + 14;
        let tick_y = header_y + 19;
        let summary_top = tick_y + 10;
        let locales_top = summary_top + summary as i32 * ROW + SUMMARY_GAP;
        let bottom = locales_top + locales as i32 * ROW;
        let second_axis = locales >= SECOND_AXIS;
        let note_y = bottom + if second_axis { 40 } else { 24 };
        let signature_y = note_y + SMALL_LINE + 2;
        Layout {
            title: title_y,
            subtitle: subtitle_y,
            header: header_y,
            tick: tick_y,
            summary: summary_top,
            locales: locales_top,
            bottom,
            second_axis,
            note: note_y,
            signature: signature_y,
            height: signature_y + signature * SMALL_LINE + 8,
        }
    }
}

/// One line of the plot, with a point for every metric shown.
struct Row<'a> {
    tag: &'a str,
    name: &'a str,
    bold: bool,
    points: Vec<Option<Point>>,
}

/// A score in per cent.
#[derive(Clone, Copy)]
struct Point {
    value: f64,
    interval: Option<[f64; 2]>,
}

impl Point {
    /// Documents may come from elsewhere: what is no fraction has no place on
    /// the axis.
    fn new(score: MetricValue) -> Result<Self> {
        let percent = |fraction: f64| {
            if (0.0..=1.0).contains(&fraction) {
                Ok(fraction * 100.0)
            } else {
                Err(Error::request(format!("a score of {fraction} is not between 0 and 1")))
            }
        };
        let interval = match score.ci95 {
            Some([low, high]) => Some([percent(low)?, percent(high)?]),
            None => None,
        };
        Ok(Point { value: percent(score.value)?, interval })
    }
}

/// The rows of all locales together, and those of each, the best first.
fn rows<'a>(
    document: &'a ScoreDocument,
    shown: &[Metric],
    sort: Metric,
) -> Result<(Vec<Row<'a>>, Vec<Row<'a>>)> {
    let points = |score: &dyn Fn(Metric) -> Option<MetricValue>| {
        shown
            .iter()
            .map(|&metric| score(metric).map(Point::new).transpose())
            .collect::<Result<Vec<_>>>()
    };
    let summary = vec![
        Row {
            tag: "all",
            name: "pooled",
            bold: true,
            points: points(&|metric| document.all.metric(metric))?,
        },
        Row {
            tag: "macro",
            name: "mean",
            bold: true,
            points: points(&|metric| document.macro_.metric(metric))?,
        },
    ];

    let mut scores: Vec<_> = document.locales.iter().collect();
    let key = |scores: &massive_eval::document::Scores| {
        scores.metric(sort).map_or(f64::NEG_INFINITY, |score| score.value)
    };
    scores.sort_by(|(_, a), (_, b)| key(b).total_cmp(&key(a)));
    let locales = scores
        .into_iter()
        .map(|(tag, scores)| {
            Ok(Row {
                tag,
                name: Locale::from_tag(tag).and_then(Locale::language).unwrap_or_default(),
                bold: false,
                points: points(&|metric| scores.metric(metric))?,
            })
        })
        .collect::<Result<_>>()?;
    Ok((summary, locales))
}

/// The place of a metric in the plot, and its axis.
struct Panel {
    metric: Metric,
    left: i32,
    /// Without the numbers at the right.
    width: i32,
    /// What is at the left end of the axis, in per cent.
    start: f64,
    /// How many percentage points the axis has.
    span: f64,
}

impl Panel {
    fn x(&self, percent: f64) -> i32 {
        let share = (percent - self.start) / self.span;
        self.left + INSET + (share * f64::from(self.width - 2 * INSET)).round() as i32
    }

    fn right(&self) -> i32 {
        self.left + self.width + VALUES
    }

    /// Round numbers, about ten at most and far enough apart for their labels.
    fn ticks(&self) -> impl Iterator<Item = f64> + use<> {
        let enough = self.span * (24.0 / f64::from(self.width)).max(0.1);
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().find(|&step| step >= enough).unwrap_or(20.0);
        let first = (self.start / step).ceil() as i32;
        let last = ((self.start + self.span) / step).floor() as i32;
        (first..=last).map(move |tick| f64::from(tick) * step)
    }
}

/// Lays out the panels. Their axes start where the scores do but have one
/// scale, so that distances and intervals compare between panels.
fn panels(shown: &[Metric], summary: &[Row<'_>], locales: &[Row<'_>]) -> Vec<Panel> {
    let extents: Vec<(f64, f64)> = (0..shown.len())
        .map(|panel| {
            summary
                .iter()
                .chain(locales)
                .filter_map(|row| row.points[panel])
                .flat_map(|point| {
                    [point.value].into_iter().chain(point.interval.into_iter().flatten())
                })
                .fold((100.0, 0.0), |(low, high), value| (value.min(low), value.max(high)))
        })
        .collect();
    let span =
        extents.iter().map(|(low, high)| (high - low) * 1.05).fold(MIN_SPAN, f64::max).min(100.0);

    let count = shown.len() as i32;
    let pitch = (WIDTH - MARGIN - PANELS_LEFT + PANEL_GAP) / count;
    shown
        .iter()
        .zip(extents)
        .zip((PANELS_LEFT..).step_by(pitch as usize))
        .map(|((&metric, (low, high)), left)| Panel {
            metric,
            left,
            width: pitch - PANEL_GAP - VALUES,
            start: ((low + high - span) / 2.0).clamp(0.0, 100.0 - span),
            span,
        })
        .collect()
}

fn subtitle(document: &ScoreDocument, missing: &[Metric], sort: Metric) -> Vec<String> {
    let locales = document.locales.len();
    let mut parts = vec![
        format!("partition {}", document.partition),
        format!("{locales} {}", if locales == 1 { "locale" } else { "locales" }),
        format!("{} utterances", grouped(document.all.utterances)),
        format!("labels {}", document.labels),
    ];
    if locales > 1 {
        parts.push(format!("sorted by {}", sort.title()));
    }
    let mut lines = vec![parts.join(" · ")];
    if !missing.is_empty() {
        let titles: Vec<&str> = missing.iter().map(|metric| metric.title()).collect();
        lines.push(format!("not predicted: {}", titles.join(", ")));
    }
    lines
}

fn note(panels: &[Panel], summary: &[Row<'_>], locales: &[Row<'_>]) -> String {
    let mut points = summary.iter().chain(locales).flat_map(|row| row.points.iter().flatten());
    let mut note = "Vertical coloured lines mark the macro mean.".to_owned();
    if points.any(|point| point.interval.is_some()) {
        note.push_str(" Bars are 95% intervals.");
    }
    if panels.len() > 1 {
        note.push_str(" Panels differ in range, not in scale.");
    }
    note
}

/// About how wide a character is, in units of the font size, and rather too
/// wide: what a viewer's font measures is not known here.
fn advance(character: char) -> f64 {
    match character {
        'f'
        | 'i'..='j'
        | 'l'
        | 'r'
        | 't'
        | 'I'
        | ' '..='!'
        | '\''..=')'
        | ','..='/'
        | ':'..=';' => 0.52,
        'm' | 'w' | 'M' | 'W' | '%' | '@' => 1.11,
        'a'..='z' | '0'..='9' | '|' | '_' => 0.72,
        '\0'..='\u{7f}' => 0.87,
        '\u{80}'..='\u{10ff}' => 0.9,
        _ => 1.1,
    }
}

fn text_width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// The text, cut so that it fits.
fn fit(text: &str, width: f64, size: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut room = width / size - advance('…');
    let kept = text.chars().take_while(|&character| {
        room -= advance(character);
        room >= 0.0
    });
    kept.chain(['…']).collect()
}

/// Lines that fit, broken between fields.
fn wrap_signature(signature: &str, width: f64, size: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in signature.split_inclusive('|') {
        match lines.last_mut() {
            Some(line) if text_width(line, size) + text_width(part, size) <= width => {
                line.push_str(part);
            }
            _ => lines.push(part.to_owned()),
        }
    }
    lines.iter().map(|line| fit(line, width, size)).collect()
}

const LEFT: HPos = HPos::Left;
const CENTER: HPos = HPos::Center;
const RIGHT: HPos = HPos::Right;

/// The SVG while it is drawn.
struct Canvas<'a>(DrawingArea<SVGBackend<'a>, Shift>);

impl<'a> Canvas<'a> {
    fn new(out: &'a mut String, height: i32) -> Result<Self> {
        let size = (WIDTH.unsigned_abs(), height.unsigned_abs());
        let area = SVGBackend::with_string(out, size).into_drawing_area();
        area.fill(&WHITE).map_err(draw_error)?;
        Ok(Canvas(area))
    }

    fn finish(self) -> Result<()> {
        self.0.present().map_err(draw_error)
    }

    /// Text at the middle of its height. The backend escapes markup, but
    /// characters that XML cannot have at all would break the file.
    fn text(&self, text: &str, at: (i32, i32), anchor: HPos, look: Type) -> Result<()> {
        let text = text
            .replace(|c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'), "\u{fffd}");
        // The backend divides sizes by this.
        let size = look.size * 1.24;
        let style = if look.bold { FontStyle::Bold } else { FontStyle::Normal };
        let style = TextStyle::from(("sans-serif", size, style))
            .color(&look.color)
            .pos(Pos::new(anchor, VPos::Center));
        self.0.draw_text(&text, &style, at).map_err(draw_error)
    }

    fn lines(&self, lines: &[String], top: i32, pitch: i32, look: Type) -> Result<()> {
        let mut ys = (top..).step_by(pitch.unsigned_abs() as usize);
        lines.iter().zip(&mut ys).try_for_each(|(line, y)| self.text(line, (MARGIN, y), LEFT, look))
    }

    fn line(&self, from: (i32, i32), to: (i32, i32), width: u32, color: RGBAColor) -> Result<()> {
        let path = PathElement::new([from, to], color.stroke_width(width));
        self.0.draw(&path).map_err(draw_error)
    }

    fn rectangle(&self, from: (i32, i32), to: (i32, i32), color: RGBColor) -> Result<()> {
        self.0.draw(&Rectangle::new([from, to], color.filled())).map_err(draw_error)
    }

    /// The name of a panel, its axis, and the mean of the locales.
    fn grid(&self, panel: &Panel, layout: &Layout, mean: Option<MetricValue>) -> Result<()> {
        let header = format!("{} (%)", panel.metric.title());
        self.text(&header, (panel.left, layout.header), LEFT, HEADER)?;
        for tick in panel.ticks() {
            let x = panel.x(tick);
            self.line((x, layout.summary), (x, layout.bottom), 1, GRID.into())?;
            self.text(&tick.to_string(), (x, layout.tick), CENTER, TICK)?;
            if layout.second_axis {
                self.text(&tick.to_string(), (x, layout.bottom + 11), CENTER, TICK)?;
            }
        }
        if let Some(score) = mean {
            let x = panel.x(score.value * 100.0);
            let colour = color(panel.metric).mix(0.5);
            self.line((x, layout.locales), (x, layout.bottom), 1, colour)?;
        }
        Ok(())
    }

    fn row(&self, row: &Row<'_>, panels: &[Panel], y: i32) -> Result<()> {
        // Text is centred on its small letters; figures and capitals look right
        // a little lower.
        let text_y = y + 1;
        let label = Type { bold: row.bold, ..LABEL };
        if row.name.is_empty() {
            // Of a later corpus; its tag has the room of the name too.
            let tag = fit(row.tag, f64::from(PANELS_LEFT - MARGIN), label.size);
            self.text(&tag, (MARGIN, text_y), LEFT, label)?;
        } else {
            self.text(row.tag, (MARGIN, text_y), LEFT, label)?;
            self.text(row.name, (NAME_LEFT, text_y), LEFT, label)?;
        }
        for (panel, point) in panels.iter().zip(&row.points) {
            let Some(point) = point else { continue };
            let color = color(panel.metric);
            if let Some([low, high]) = point.interval {
                self.line((panel.x(low), y), (panel.x(high), y), 3, color.mix(0.4))?;
            }
            let dot = Circle::new((panel.x(point.value), y), 3, color.filled());
            self.0.draw(&dot).map_err(draw_error)?;
            let value = Type { bold: row.bold, ..VALUE };
            self.text(&format!("{:.1}", point.value), (panel.right(), text_y), RIGHT, value)?;
        }
        Ok(())
    }
}

fn draw_error(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::output("the plot could not be drawn", error)
}

#[cfg(all(test, feature = "png"))]
mod tests;
