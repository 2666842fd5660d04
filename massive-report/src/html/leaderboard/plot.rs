//! Ranks over time.

use std::collections::BTreeMap;

use maud::{Markup, html};

use massive_eval::leaderboard::{Board, Group, Standings};

const WIDTH: f64 = 1040.0;
const LEFT: f64 = 36.0;
/// For the names at the end of the lines.
const NAMES: f64 = 250.0;
const ROW: f64 = 26.0;
const TOP: f64 = 14.0;
const AXIS: f64 = 34.0;

/// How many colours there are.
const COLOURS: usize = 10;

/// The places of the best entries on every day of a submission, and who led
/// since when in words. Nothing if there is but one day.
pub(super) fn ranks(board: &Board, group: &Group, id: &str) -> Markup {
    let days = &group.history;
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return html! {} };
    if first.date == last.date {
        return html! {};
    }
    let names: BTreeMap<&str, &str> = group
        .entries
        .iter()
        .map(|row| (row.entry.slug.as_str(), row.entry.name.as_str()))
        .collect();
    let name = |slug: &str| names.get(slug).copied().unwrap_or_default().to_owned();
    let depth = days.iter().map(|day| day.top.len()).max().unwrap_or(0);
    let height = TOP + depth as f64 * ROW + AXIS;
    let span = (last.date.day_number() - first.date.day_number()) as f64;
    let x =
        |day: i64| LEFT + (day - first.date.day_number()) as f64 / span * (WIDTH - LEFT - NAMES);
    let y = |place: usize| TOP + (place as f64 + 0.5) * ROW;
    let mut lines: BTreeMap<&str, Vec<(f64, f64)>> = BTreeMap::new();
    for day in days {
        for (place, slug) in day.top.iter().enumerate() {
            lines.entry(slug).or_default().push((x(day.date.day_number()), y(place)));
        }
    }
    let colour = |slug: &str| last.top.iter().position(|other| other == slug);
    let title = format!("Ranks over time by {}", crate::leaderboard::title_of(&board.metric));
    let view = format!("0 0 {WIDTH} {height}");
    html! {
        details.history open[group.entries.len() > 1] {
            summary { (title) }
            div.scroll role="region" tabindex="0" aria-label=(title) {
                svg.ranks id=(id) role="img" aria-label=(title) viewBox=(view)
                    width=(WIDTH) height=(height) {
                    @for place in 0..depth {
                        text.place x=(short(LEFT - 14.0)) y=(short(y(place))) { (place + 1) }
                    }
                    @for (slug, points) in &lines {
                        @let class = match colour(slug) {
                            Some(place) => format!("line c{}", place % COLOURS),
                            None => "line gone".to_owned(),
                        };
                        g class=(class) {
                            title { (name(slug)) }
                            polyline points=(steps(points)) {}
                            @if let Some((x, y)) = points.first() {
                                circle cx=(short(*x)) cy=(short(*y)) r="3.5" {}
                            }
                            @if let (Some((x, y)), Some(_)) = (points.last(), colour(slug)) {
                                text x=(short(x + 10.0)) y=(short(*y)) { (clipped(&name(slug))) }
                            }
                        }
                    }
                    (axis([first, last], height - AXIS))
                }
            }
            (leaders(days, name))
        }
    }
}

/// The line below the places, with the first and the last day.
fn axis([first, last]: [&Standings; 2], bottom: f64) -> Markup {
    html! {
        line.axis x1=(short(LEFT)) x2=(short(WIDTH - NAMES))
            y1=(short(bottom + 6.0)) y2=(short(bottom + 6.0)) {}
        text.date x=(short(LEFT)) y=(short(bottom + 20.0)) { (first.date) }
        text.date.end x=(short(WIDTH - NAMES)) y=(short(bottom + 20.0)) { (last.date) }
    }
}

/// Who led since when.
fn leaders(days: &[Standings], name: impl Fn(&str) -> String) -> Markup {
    html! {
        ul.leaders {
            @for (index, day) in days.iter().enumerate() {
                @let before = index.checked_sub(1).and_then(|index| days[index].top.first());
                @if let (Some(leader), true) = (day.top.first(), before != day.top.first()) {
                    li { (day.date) ": " bdi { (name(leader)) } " leads" }
                }
            }
        }
    }
}

/// A line that stays where it is until the next day.
fn steps(points: &[(f64, f64)]) -> String {
    let mut corners: Vec<String> = Vec::new();
    for (index, (x, y)) in points.iter().enumerate() {
        if let Some((_, before)) = index.checked_sub(1).map(|before| points[before])
            && before != *y
        {
            corners.push(format!("{},{}", short(*x), short(before)));
        }
        corners.push(format!("{},{}", short(*x), short(*y)));
    }
    corners.join(" ")
}

fn short(number: f64) -> String {
    let text = format!("{number:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// A name that has room beside the plot.
fn clipped(name: &str) -> String {
    const LONGEST: usize = 34;
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    name.chars().take(LONGEST - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_step_and_names_are_clipped() {
        assert_eq!(steps(&[(0.0, 1.0), (5.0, 1.0), (9.5, 2.0)]), "0,1 5,1 9.5,1 9.5,2");
        assert_eq!(clipped(&"ä".repeat(40)).chars().count(), 34);
    }
}
