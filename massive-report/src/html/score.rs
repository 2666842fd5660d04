//! The score document as a page.

use maud::{Markup, html};

use super::page::{Page, SORT_JS, Section, WIDE_JS};
use super::report::{PLOT_CSS, REPORT_CSS, groups, scores};
use crate::SortBy;
use crate::rows::{irregularities, scope};
use massive_eval::document::ScoreDocument;

/// The score document as one HTML file, which loads nothing: the metrics of
/// everything, a plot and a table of the locales, and the groups of languages
/// that the document has.
pub fn render(document: &ScoreDocument, title: &str, sort: SortBy) -> String {
    let parts: Vec<(&str, &str, Markup)> = [
        Some(("scores", "Scores", headline(document))),
        Some(("locales", "Locales", locales(document, title, sort))),
        (!document.groups.is_empty())
            .then(|| ("groups", "Language groups", groups::tables("0", document))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let sections: Vec<Section<'_>> =
        parts.iter().map(|&(id, title, _)| Section { id, title }).collect();
    let page = Page {
        title,
        header: html! {
            h1 { bdi { (title) } }
            p.muted { (scope(document).join(" · ")) }
        },
        sections: &sections,
        styles: &[PLOT_CSS, REPORT_CSS],
        scripts: &[SORT_JS, WIDE_JS],
        main: html! {
            @for (id, title, markup) in &parts {
                section id=(id) aria-labelledby={ (id) "-heading" } {
                    h2 id={ (id) "-heading" } { (title) }
                    (markup)
                }
            }
        },
        footer: html! {
            p { "Made by " (document.tool.name) " " (document.tool.version) "." }
        },
    };
    page.render()
}

fn headline(document: &ScoreDocument) -> Markup {
    html! {
        (scores::figures(document))
        p.muted {
            "Per cent over all utterances pooled, with 95 % intervals. Two scores compare only if \
             their signatures agree but for the version."
        }
        @for line in irregularities(document) { p.note { (line) } }
        code.signature { (document.signature) }
    }
}

fn locales(document: &ScoreDocument, title: &str, sort: SortBy) -> Markup {
    html! {
        (scores::plot("metrics", &[(title, document)]))
        (scores::table("locales-table", document, sort, false))
    }
}
