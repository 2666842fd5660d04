//! The one error of this crate.

use std::fmt;

/// Where in an input something is: file, line, column, record.
///
/// Lines and columns count from 1; a column counts characters (code points),
/// not bytes. Whatever is not known is absent from the text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// The file as the user named it; a member of an archive follows its
    /// archive after a colon.
    pub file: Option<String>,
    /// Line, from 1; in a Parquet file the row, from 1.
    pub line: Option<u64>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Which record, for instance `de-DE 42`.
    pub record: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.file.as_deref().unwrap_or("input"))?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
            if let Some(column) = self.column {
                write!(f, ":{column}")?;
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// The input could not be opened, read or decoded.
    Input,
    /// One line of an input is not what it should be; others may be fine.
    Line,
    /// What was asked for does not exist or contradicts itself.
    Request,
    /// A result could not be written.
    Output,
}

/// What went wrong, where, what was expected and what to do.
///
/// The `Display` text is one sentence or two for the person who has to act,
/// preceded by the place (`file:line:column`) where that is known.
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: Kind,
    message: String,
    place: Option<Place>,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Bytes of a message, after which it is cut.
const LONGEST_MESSAGE: usize = 4_096;

impl Error {
    fn new(kind: Kind, mut message: String) -> Self {
        // A message quotes the input, which may be as long as a line may be.
        if message.len() > LONGEST_MESSAGE {
            let end = (0..=LONGEST_MESSAGE).rev().find(|&at| message.is_char_boundary(at));
            message.truncate(end.unwrap_or(0));
            message.push('…');
        }
        Error(Box::new(Inner { kind, message, place: None, source: None }))
    }

    /// An error about an input as a whole (missing, unreadable, truncated).
    pub fn input(message: impl Into<String>) -> Self {
        Self::new(Kind::Input, message.into())
    }

    /// An error about one line; see [`Error::is_bad_line`].
    pub fn line(message: impl Into<String>) -> Self {
        Self::new(Kind::Line, message.into())
    }

    /// An error about what was asked for (an unknown locale, an empty selection).
    pub fn request(message: impl Into<String>) -> Self {
        Self::new(Kind::Request, message.into())
    }

    /// An error while writing a result; see [`Error::is_output`].
    pub(crate) fn output(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(Kind::Output, format!("cannot be written: {error}")).with_source(error)
    }

    pub(crate) fn with_source(
        mut self,
        source: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        self.0.source = Some(Box::new(source));
        self
    }

    pub(crate) fn at_file(mut self, file: &str) -> Self {
        self.0.place.get_or_insert_default().file.get_or_insert_with(|| file.to_owned());
        self
    }

    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.0.place.get_or_insert_default().line = Some(line);
        self
    }

    pub(crate) fn at_column(mut self, column: usize) -> Self {
        self.0.place.get_or_insert_default().column = Some(column);
        self
    }

    pub(crate) fn at_record(mut self, record: impl Into<String>) -> Self {
        self.0.place.get_or_insert_default().record = Some(record.into());
        self
    }

    /// Moves a line that was counted from the start of a block down by `lines`.
    pub(crate) fn shift_lines(mut self, lines: u64) -> Self {
        if let Some(line) = self.0.place.as_mut().and_then(|place| place.line.as_mut()) {
            *line += lines;
        }
        self
    }

    /// True if one line of an input is at fault, so that reading could go on
    /// with the next one.
    pub fn is_bad_line(&self) -> bool {
        self.0.kind == Kind::Line
    }

    /// True if an input could not be opened, read or decoded.
    pub fn is_input(&self) -> bool {
        self.0.kind == Kind::Input
    }

    /// True if what was asked for does not exist or contradicts itself.
    pub fn is_request(&self) -> bool {
        self.0.kind == Kind::Request
    }

    /// True if a result could not be written; the source says why, as an
    /// [`std::io::Error`] where it is one.
    pub fn is_output(&self) -> bool {
        self.0.kind == Kind::Output
    }

    /// Where it happened, as far as known.
    pub fn place(&self) -> Option<&Place> {
        self.0.place.as_ref()
    }

    /// The text without its place.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.0.place
            && (place.file.is_some() || place.line.is_some())
        {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.0.message)?;
        if let Some(record) = self.0.place.as_ref().and_then(|place| place.record.as_ref()) {
            write!(f, " (utterance {record})")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// Characters of a name that may be meant for a known one.
const LONGEST_NAME: usize = 100;

/// The known name nearest to `name`, if one is near enough to be a slip of
/// the hand (Damerau-Levenshtein distance, at most a third of the length).
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let length = name.chars().count();
    let limit = length.div_ceil(3).max(1);
    // The distance takes time and memory of the product of the lengths, and is
    // at least their difference.
    let near = |known: &&str| known.chars().count().abs_diff(length) <= limit;
    if length > LONGEST_NAME {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .into_iter()
        .filter(near)
        .map(|candidate| {
            (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_any_length_has_a_nearest_or_none() {
        assert_eq!(nearest("de-DD", ["de-DE", "fr-FR"]), Some("de-DE"));
        assert_eq!(nearest("DE_de", ["de-DE"]), Some("de-DE"));
        assert_eq!(nearest(&"d".repeat(1 << 24), ["de-DE"]), None);
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        for shift in 0..3 {
            let message = format!("{}{}", "x".repeat(shift), "日".repeat(1 << 20));
            let error = Error::line(message);
            assert!(error.message().len() <= LONGEST_MESSAGE + '…'.len_utf8());
            assert!(error.message().ends_with("日…"));
        }
        assert_eq!(Error::line("short").message(), "short");
    }
}
