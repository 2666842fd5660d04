//! The error browser: utterances that are wrong, to be filtered and read.

use maud::{Markup, PreEscaped, html};

use super::book;
use super::classes::{sign, title};
use crate::grouped;
use massive_eval::error::Result;
use massive_eval::report::ReportDocument;
use massive_eval::slot_errors::SlotClass;

/// The filters, which a script fills and brings to life, and the utterances.
pub(super) fn draw(document: &ReportDocument) -> Result<Markup> {
    let wrong = &document.wrong;
    let several = document.systems.len() > 1;
    Ok(html! {
        p {
            (grouped(wrong.found)) " of "
            (grouped(document.systems.first().map_or(0, |system| system.scores.all.utterances)))
            " utterances have an error"
            @if several { " in at least one system" }
            @if wrong.listed < wrong.found {
                "; " (grouped(wrong.listed)) " of them, drawn at random, are here"
            }
            @if let Some(right) = wrong.right { "; " (grouped(right)) " right ones are here, too" }
            ". Each has an address of its own that can be passed on."
        }
        p.note #browser-problem {
            "Reading the utterances needs JavaScript. " code { "massive errors" }
            " lists them without."
        }
        (filters(several, wrong.right.is_some()))
        ul.legend.signs aria-label="Signs" {
            @for class in SlotClass::ALL {
                li { span class={ "sign " (class.name()) } { (sign(class)) } " " (title(class)) }
            }
        }
        p #result-count role="status" aria-live="polite" {}
        p #print-note {}
        p #list-actions.actions hidden {
            button #copy type="button" { "Copy the list" }
            " "
            button #save type="button" { "Save as CSV" }
            " "
            span #copied.muted role="status" {}
        }
        ol #results {}
        p.actions { button #more type="button" hidden { "Show more" } }
        script #book type="text/plain" { (PreEscaped(book::packed(document)?)) }
    })
}

/// What narrows the list; `several` systems and right rows can be chosen among.
fn filters(several: bool, with_right: bool) -> Markup {
    html! {
        form #filters role="search" aria-label="Utterances with errors" hidden {
            (choice("locale", "Locale", "all"))
            (choice("slot", "Slot", "all"))
            (choice("class", "Kind of error", "all"))
            (choice("intent", "Intent", "all"))
            (choice("predicted", "Predicted intent", "all"))
            @if several { (choice("system", "System", "any is wrong")) }
            @if with_right {
                p.field {
                    label for="filter-rows" { "Rows" }
                    select #filter-rows name="rows" {
                        option value="" { "wrong" }
                        option value="right" { "right" }
                        option value="all" { "wrong and right" }
                    }
                }
            }
            p.field.wide {
                label for="filter-q" { "Words" }
                input #filter-q name="q" type="search" autocomplete="off" spellcheck="false"
                    dir="auto" aria-describedby="filter-q-help";
                span #filter-q-help.help { "in the utterance or its English source, or an id; case, width and \
                     invisible characters do not matter. A regular expression is one as in "
                    code { "massive corpus grep" } }
            }
            p.switches {
                label { input type="checkbox" name="regex" value="1"; " regular expression" }
                label { input type="checkbox" name="marks" value="1"; " show invisible characters" }
            }
            p.actions { button type="reset" { "Show all" } }
        }
    }
}

fn choice(name: &str, label: &str, all: &str) -> Markup {
    let id = format!("filter-{name}");
    html! {
        p.field {
            label for=(id) { (label) }
            select id=(id) name=(name) { option value="" { (all) } }
        }
    }
}
