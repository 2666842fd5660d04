//! The names that tar archives give their members in records of their own.
//!
//! The library would hold such a record in memory whatever its size; here a name
//! has a longest length.

use std::io::{self, Read};
use std::path::PathBuf;

use tar::{Entry, PaxExtensions};

/// The most bytes of a record that may hold a name.
const MAX_RECORD: u64 = 1 << 20;

/// What stands before a member and says something of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Record {
    /// This is a member, not a record.
    Member,
    /// The next member has this name.
    Name(PathBuf),
    /// Nothing of its name.
    Other,
}

impl Record {
    /// Reads an entry that the archive gives raw, if it is a record.
    ///
    /// # Errors
    /// Those of reading, a record that is too long, and a member whose size does
    /// not fit into its header (more than 8 GiB).
    pub(crate) fn read(entry: &mut Entry<'_, impl Read>) -> io::Result<Record> {
        let kind = entry.header().entry_type();
        if kind.is_gnu_longname() {
            let mut name = whole(entry)?;
            name.truncate(name.iter().position(|&byte| byte == 0).unwrap_or(name.len()));
            return Ok(Record::Name(path_of(&name)));
        }
        if kind.is_pax_local_extensions() {
            let mut found = Record::Other;
            for extension in PaxExtensions::new(&whole(entry)?) {
                let extension = extension?;
                match extension.key_bytes() {
                    b"path" => found = Record::Name(path_of(extension.value_bytes())),
                    b"size" => return Err(io::Error::other("a member of more than 8 GiB")),
                    _ => {}
                }
            }
            return Ok(found);
        }
        if kind.is_gnu_longlink() || kind.is_pax_global_extensions() {
            return Ok(Record::Other);
        }
        Ok(Record::Member)
    }
}

fn whole(entry: &mut Entry<'_, impl Read>) -> io::Result<Vec<u8>> {
    if entry.size() > MAX_RECORD {
        return Err(io::Error::other(format!(
            "what stands before a member, such as its name, is longer than {} MiB",
            MAX_RECORD >> 20
        )));
    }
    let mut bytes = Vec::new();
    entry.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Names are only shown and compared with those of the release.
fn path_of(name: &[u8]) -> PathBuf {
    String::from_utf8_lossy(name).into_owned().into()
}

#[cfg(test)]
mod tests {
    use tar::{Archive, Builder, EntryType, Header};

    use super::*;

    fn records(archive: &[u8]) -> io::Result<Vec<Record>> {
        let mut archive = Archive::new(archive);
        archive.entries()?.raw(true).map(|entry| Record::read(&mut entry?)).collect()
    }

    fn record(kind: EntryType, bytes: &[u8]) -> Vec<u8> {
        let mut builder = Builder::new(Vec::new());
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(bytes.len() as u64);
        builder.append_data(&mut header, "x", bytes).unwrap();
        builder.into_inner().unwrap()
    }

    #[test]
    fn long_names_are_read_in_both_ways() {
        let name = format!("{}/de-DE.jsonl", "folder/".repeat(40));
        let mut builder = Builder::new(Vec::new());
        builder.append_pax_extensions([("path", name.as_bytes())]).unwrap();
        let mut header = Header::new_gnu();
        header.set_size(0);
        builder.append_data(&mut header, &name, &[][..]).unwrap();
        let found = records(&builder.into_inner().unwrap()).unwrap();
        let named = Record::Name(name.into());
        assert_eq!(
            found,
            [&named, &named, &Record::Member].map(|record| match record {
                Record::Name(path) => Record::Name(path.clone()),
                _ => Record::Member,
            })
        );
    }

    #[test]
    fn a_name_without_end_is_an_error() {
        for kind in [EntryType::GNULongName, EntryType::XHeader] {
            let bytes = vec![b'a'; (1 << 20) + 1];
            let error = records(&record(kind, &bytes)).unwrap_err();
            assert!(error.to_string().contains("longer than 1 MiB"), "{error}");
        }
        // A link's target is not read.
        let link = record(EntryType::GNULongLink, &vec![b'a'; 1 << 21]);
        assert_eq!(records(&link).unwrap(), [Record::Other]);
    }

    #[test]
    fn a_member_too_large_for_its_header_is_an_error() {
        let record = record(EntryType::XHeader, b"19 size=9999999999\n");
        assert!(records(&record).unwrap_err().to_string().contains("8 GiB"));
    }
}
