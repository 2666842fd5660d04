//! Findings of a check, for a reader.

use std::fmt::Write as _;

use massive_data::findings::Findings;

/// Appends what was found of one kind, if anything was.
pub(crate) fn list(text: &mut String, severity: &str, title: &str, findings: &Findings) {
    if findings.count == 0 {
        return;
    }
    let _ = writeln!(text, "\n{severity}: {title}: {}", findings.count);
    if !findings.locales.is_empty() {
        let locales: Vec<String> =
            findings.locales.iter().map(|(locale, count)| format!("{locale} {count}")).collect();
        let _ = writeln!(text, "  in {}", locales.join(", "));
    }
    for example in &findings.examples {
        let mut place = String::new();
        if let (Some(locale), Some(id)) = (&example.locale, &example.id) {
            let _ = write!(place, "{locale} {id}");
        }
        if let Some(file) = &example.file {
            let separator = if place.is_empty() { "" } else { " at " };
            let _ = write!(place, "{separator}{file}");
            if let Some(line) = example.line {
                let _ = write!(place, ":{line}");
            }
        }
        let separator = if place.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "  {place}{separator}{}", example.message);
    }
    let listed = findings.examples.len() as u64;
    if findings.count > listed {
        let _ = writeln!(text, "  and {} more", findings.count - listed);
    }
}
