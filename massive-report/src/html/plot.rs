//! Plots as parts of a page: SVG that takes its colours from the page's styles,
//! so that it follows light, dark and print.

mod axis;
pub(super) mod bars;
pub(super) mod differences;
pub(super) mod matrix;
pub(super) mod metrics;

use maud::{Markup, html};

/// Lengths of the two columns that name a locale.
const TAG_LEFT: f64 = 4.0;
const NAME_LEFT: f64 = 56.0;
const NAMES_WIDTH: f64 = 146.0;

/// Height of a row and of the space for an axis.
const ROW: f64 = 18.0;
const AXIS: f64 = 22.0;

/// What a plot is called and how large it is.
struct Frame<'a> {
    id: &'a str,
    /// What it shows, for those who do not see it.
    title: &'a str,
    width: f64,
    height: f64,
}

impl Frame<'_> {
    /// The plot, in a box that scrolls where the screen is too narrow for it.
    fn draw(&self, body: Markup) -> Markup {
        let title = format!("{}-title", self.id);
        let view = format!("0 0 {} {}", short(self.width), short(self.height));
        html! {
            div.scroll role="group" tabindex="0" aria-labelledby=(title) {
                svg.plot id=(self.id) role="img" aria-labelledby=(title) viewBox=(view)
                    width=(short(self.width)) height=(short(self.height)) {
                    title id=(title) { (self.title) }
                    (body)
                }
            }
        }
    }
}

/// A number with at most one decimal, which is fine enough for a pixel.
fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Markup {
    html! {
        line class=(class) x1=(short(from.0)) y1=(short(from.1)) x2=(short(to.0)) y2=(short(to.1)) {}
    }
}

fn text(class: &str, at: (f64, f64), content: &str) -> Markup {
    html! { text class=(class) x=(short(at.0)) y=(short(at.1)) { (content) } }
}

fn rectangle(class: &str, at: (f64, f64), size: (f64, f64)) -> Markup {
    html! {
        rect class=(class) x=(short(at.0)) y=(short(at.1))
            width=(short(size.0)) height=(short(size.1)) {}
    }
}

/// The two columns that name a locale; the middle of its row is at `y`.
fn names(tag: &str, language: &str, y: f64) -> Markup {
    html! {
        (text("tag", (TAG_LEFT, y), tag))
        (text("muted", (NAME_LEFT, y), language))
    }
}

/// Every other row of `count` has a ground.
fn stripes(count: usize, top: f64, width: f64) -> Markup {
    html! {
        @for row in (1..count).step_by(2) {
            (rectangle("stripe", (0.0, top + row as f64 * ROW), (width, ROW)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let shown: Vec<String> = [0.0, 1.04, 1.05, 12.96, -0.5].map(short).into();
        assert_eq!(shown, ["0", "1", "1.1", "13", "-0.5"]);
    }
}
