//! Tags a word: BIO, IOBES, BILOU, plain names, and what means no slot.

/// What a tag says of its word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    /// A new slot starts here, whatever came before.
    pub(crate) begins: bool,
    /// It is written with a prefix or suffix.
    pub(crate) marked: bool,
    pub(crate) label: String,
}

/// True for a tag that means no slot.
pub(crate) fn is_outside(tag: &str) -> bool {
    matches!(
        tag.to_ascii_lowercase().as_str(),
        "o" | "other" | "" | "0" | "nolabel" | "_" | "-" | "none" | "pad" | "[pad]" | "null"
    )
}

/// Reads a tag; `None` outside every slot.
pub(crate) fn read(tag: &str) -> Option<Tag> {
    let tag = tag.trim();
    if is_outside(tag) {
        return None;
    }
    let marked = |mark: &str, label: &str| {
        (!is_outside(label)).then(|| Tag {
            begins: matches!(mark, "B" | "S" | "U" | "W"),
            marked: true,
            label: label.to_owned(),
        })
    };
    for separator in ['-', '_', ':'] {
        if let Some((mark, label)) = tag.split_once(separator)
            && is_mark(mark)
            && !label.is_empty()
        {
            return marked(mark, label);
        }
        if let Some((label, mark)) = tag.rsplit_once(separator)
            && is_mark(mark)
            && !label.is_empty()
        {
            return marked(mark, label);
        }
    }
    Some(Tag { begins: false, marked: false, label: tag.to_owned() })
}

fn is_mark(mark: &str) -> bool {
    matches!(mark, "B" | "I" | "E" | "L" | "S" | "U" | "M" | "W")
}

/// Slots over words: first word, word after the last, label.
pub(crate) fn chunks(tags: &[Option<Tag>]) -> Vec<(usize, usize, &str)> {
    let mut chunks: Vec<(usize, usize, &str)> = Vec::new();
    for (index, tag) in tags.iter().enumerate() {
        let Some(tag) = tag else { continue };
        match chunks.last_mut() {
            Some((_, end, label)) if *end == index && *label == tag.label && !tag.begins => {
                *end += 1;
            }
            _ => chunks.push((index, index + 1, &tag.label)),
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_before_or_after() {
        for (text, begins, label) in [
            ("B-time", true, "time"),
            ("I-time", false, "time"),
            ("E-time", false, "time"),
            ("L-time", false, "time"),
            ("S-time", true, "time"),
            ("U-time", true, "time"),
            ("time-B", true, "time"),
            ("B_time_zone", true, "time_zone"),
            ("B-weather/attribute", true, "weather/attribute"),
            ("time_zone", false, "time_zone"),
        ] {
            let tag = read(text).unwrap();
            assert_eq!((tag.begins, tag.label.as_str()), (begins, label), "{text}");
        }
        for text in ["O", "o", "Other", "", "0", "NoLabel", "_", "-", "None", "PAD"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn a_new_slot_starts_at_its_mark() {
        let tags: Vec<_> = ["B-a", "I-a", "B-a", "O", "I-a", "b"].into_iter().map(read).collect();
        assert_eq!(chunks(&tags), [(0, 2, "a"), (2, 3, "a"), (4, 5, "a"), (5, 6, "b")]);
    }
}
