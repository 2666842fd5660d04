//! Locale and partition of a row, without reading the rest of it.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use crate::error::Result;
use crate::json_line::{from_json, parse_locale, parse_partition};
use crate::locale::Locale;
use crate::partition::Partition;
use crate::record::explain_row;

/// Whether a second object may follow another on one line, as where files of
/// the release, which end without a line break, were joined: a row that is
/// passed over must not take a wanted one with it.
pub(crate) fn holds_joint(lines: &[u8]) -> bool {
    static JOINT: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"}{"));
    JOINT.find(lines).is_some()
}

/// Locale and partition of a row whose first three keys are `id`, `locale` and
/// `partition`, written as in the release; `None` where it is written otherwise.
pub(crate) fn quick_header(line: &[u8], promised: Option<Locale>) -> Option<(Locale, Partition)> {
    let rest = line.strip_prefix(b"{\"id\": \"")?;
    let (_, rest) = plain_string(rest)?;
    let rest = rest.strip_prefix(b", \"locale\": \"")?;
    let (tag, rest) = plain_string(rest)?;
    let locale = match promised.filter(|locale| locale.tag().as_bytes() == tag) {
        Some(locale) => locale,
        None => Locale::from_tag(std::str::from_utf8(tag).ok()?)?,
    };
    let rest = rest.strip_prefix(b", \"partition\": \"")?;
    let partition = Partition::ALL.into_iter().find(|partition| {
        rest.strip_prefix(partition.name().as_bytes()).is_some_and(|rest| rest.starts_with(b"\","))
    })?;
    Some((locale, partition))
}

/// A string without escapes after its opening quote, and what follows it.
fn plain_string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
    (text[end] == b'"').then(|| (&text[..end], &text[end + 1..]))
}

/// What decides whether a row is wanted.
#[derive(Deserialize)]
struct RawHeader<'a> {
    #[serde(borrow)]
    locale: Cow<'a, str>,
    #[serde(borrow)]
    partition: Cow<'a, str>,
}

/// Locale and partition of a row, without reading the rest of it.
pub(crate) fn parse_header(line: &str) -> Result<(Locale, Partition)> {
    let raw: RawHeader<'_> = from_json(line).map_err(|error| explain_row(line, error))?;
    Ok((parse_locale(line, &raw.locale)?, parse_partition(line, &raw.partition)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_header_reads_what_the_slow_one_reads() {
        let line = r#"{"id": "1", "locale": "de-DE", "partition": "test", "utt": "x"}"#;
        for promised in [None, Some(Locale::DE_DE), Some(Locale::FR_FR)] {
            let found = quick_header(line.as_bytes(), promised);
            assert_eq!(found, Some((Locale::DE_DE, Partition::Test)));
        }
        assert_eq!(parse_header(line).unwrap(), (Locale::DE_DE, Partition::Test));
        for line in [
            r#"{"id":"1","locale":"de-DE","partition":"test","utt":"x"}"#,
            r#"{"id": 1, "locale": "de-DE", "partition": "test", "utt": "x"}"#,
            r#"{"locale": "de-DE", "id": "1", "partition": "test", "utt": "x"}"#,
            r#"{"id": "1", "locale": "de\u002dDE", "partition": "test", "utt": "x"}"#,
        ] {
            assert_eq!(quick_header(line.as_bytes(), None), None);
            assert_eq!(parse_header(line).unwrap(), (Locale::DE_DE, Partition::Test));
        }
    }
}
