//! The shell of a page: head, landmarks, styles and scripts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// Styles of every page: colours in light and dark, type, tables, print.
pub const BASE_CSS: &str = include_str!("assets/base.css");

/// Sorts the tables of [`super::table`].
pub const SORT_JS: &str = include_str!("assets/sort.js");

/// Shows which boxes go on beyond their edge.
pub const WIDE_JS: &str = include_str!("assets/wide.js");

/// A page.
pub struct Page<'a> {
    /// What the browser's tab says.
    pub title: &'a str,
    /// What stands on top, before the navigation; it holds the one `h1`.
    pub header: Markup,
    /// What the navigation leads to.
    pub sections: &'a [Section<'a>],
    /// Styles after [`BASE_CSS`].
    pub styles: &'a [&'a str],
    /// Scripts of ours, which run once the page is read.
    pub scripts: &'a [&'a str],
    /// The content.
    pub main: Markup,
    /// What stands at the end.
    pub footer: Markup,
}

/// A place in a page that the navigation leads to.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    /// The `id` of its element.
    pub id: &'a str,
    /// What it is called.
    pub title: &'a str,
}

impl Page<'_> {
    /// The page as HTML.
    ///
    /// Its content security policy allows no request at all and only the scripts
    /// given here, so that nothing that found its way into a page can run or
    /// reach out.
    pub fn render(&self) -> String {
        let policy = policy(self.scripts);
        let markup = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta name="generator" content=(concat!("massive ", env!("CARGO_PKG_VERSION")));
                    title { (self.title) }
                    @for style in [BASE_CSS].iter().chain(self.styles) {
                        style { (PreEscaped(style)) }
                    }
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    header.page-header { (self.header) }
                    @if !self.sections.is_empty() {
                        nav.page-nav aria-label="Sections" {
                            ul {
                                @for section in self.sections {
                                    li { a href={ "#" (section.id) } { (section.title) } }
                                }
                            }
                        }
                    }
                    main id="main" tabindex="-1" { (self.main) }
                    footer.page-footer { (self.footer) }
                    @for script in self.scripts {
                        script { (PreEscaped(script)) }
                    }
                }
            }
        };
        markup.into_string()
    }
}

fn policy(scripts: &[&str]) -> String {
    let mut policy = "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; \
                      style-src 'unsafe-inline'; script-src"
        .to_owned();
    if scripts.is_empty() {
        policy.push_str(" 'none'");
    }
    for script in scripts {
        let digest = STANDARD.encode(Sha256::digest(script));
        policy.push_str(&format!(" 'sha256-{digest}'"));
    }
    policy
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_cannot_become_markup() {
        let title = "</title><script>alert(1)</script>";
        let page = Page {
            title,
            header: html! { h1 { (title) } },
            sections: &[],
            styles: &[],
            scripts: &[SORT_JS],
            main: html! {},
            footer: html! {},
        }
        .render();
        assert_eq!(page.matches("<script>").count(), 1);
        assert_eq!(page.matches("</title>").count(), 1);
    }

    #[test]
    fn only_our_scripts_may_run() {
        // The digest of the empty script, as openssl gives it.
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert!(policy(&[""]).ends_with(&format!("script-src {empty}")));
        assert!(policy(&[]).ends_with("script-src 'none'"));
        for asset in [SORT_JS, WIDE_JS, BASE_CSS] {
            assert!(!asset.contains("</"));
        }
    }
}
