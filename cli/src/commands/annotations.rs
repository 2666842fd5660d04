//! Findings as GitHub's workflow commands, which show them beside the lines of a
//! pull request.
//!
//! Source: "Workflow commands for GitHub Actions", GitHub Docs: `::error
//! file={name},line={line},title={title}::{message}`, with `%`, line breaks and,
//! in properties, `:` and `,` percent-encoded.

use std::fmt;

use massive_data::findings::Findings;

/// One annotation.
#[derive(Debug, Default)]
pub(crate) struct Annotation<'a> {
    /// `error` or `warning`.
    pub(crate) severity: &'a str,
    /// What kind of thing it is.
    pub(crate) title: &'a str,
    /// The file, as the checkout has it.
    pub(crate) file: Option<&'a str>,
    /// The line, from 1.
    pub(crate) line: Option<u64>,
    /// What is wrong.
    pub(crate) message: &'a str,
}

/// As a line, with its line break.
impl fmt::Display for Annotation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "::{} ", self.severity)?;
        if let Some(file) = self.file {
            write!(f, "file={},", property(file))?;
            if let Some(line) = self.line {
                write!(f, "line={line},")?;
            }
        }
        writeln!(f, "title={}::{}", property(self.title), data(self.message))
    }
}

/// What a report found, each kind by its title: errors, then warnings.
pub(crate) fn of_report<'f>(
    errors: impl IntoIterator<Item = (&'static str, &'f Findings)>,
    warnings: impl IntoIterator<Item = (&'static str, &'f Findings)>,
) -> String {
    let errors = errors.into_iter().map(|(title, found)| of_findings("error", title, found));
    let warnings = warnings.into_iter().map(|(title, found)| of_findings("warning", title, found));
    errors.chain(warnings).collect()
}

/// The findings of one kind: an annotation each of those listed, and one that
/// says how many more there are.
fn of_findings(severity: &str, title: &str, findings: &Findings) -> String {
    let mut lines = String::new();
    for example in &findings.examples {
        let message = match (&example.locale, &example.id) {
            (Some(locale), Some(id)) => format!("{locale} {id}: {}", example.message),
            _ => example.message.clone(),
        };
        let (file, line) = (example.file.as_deref(), example.line);
        let one = Annotation { severity, title, file, line, message: &message };
        lines.push_str(&one.to_string());
    }
    let listed = findings.examples.len() as u64;
    if findings.count > listed {
        let message = format!("and {} more", findings.count - listed);
        let one = Annotation { severity, title, message: &message, ..Annotation::default() };
        lines.push_str(&one.to_string());
    }
    lines
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_ends_the_command() {
        let one = Annotation {
            severity: "error",
            title: "a: b, c",
            file: Some("x,y.jsonl"),
            line: Some(7),
            message: "100 %\n::set-env name=x::y",
        };
        assert_eq!(
            one.to_string(),
            "::error file=x%2Cy.jsonl,line=7,title=a%3A b%2C c::100 %25%0A::set-env name=x::y\n"
        );
    }
}
