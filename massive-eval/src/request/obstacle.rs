//! Why predictions cannot be scored on rows, as values and in words.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use massive_data::{Locale, Partition, Place};

use crate::error::Result;
use crate::submission::Key;

/// How many rows a message lists.
const LISTED: usize = 10;

/// Something for which predictions cannot be scored. Its text says what it is; what
/// to do about it depends on how it was asked for.
#[derive(Debug)]
pub enum Obstacle {
    /// Lines are no predictions.
    Unreadable {
        /// Why the first is none.
        first: massive_data::Error,
        /// How many more there are.
        more: u64,
    },
    /// The files hold nothing.
    NoPredictions {
        /// Their names.
        files: Vec<String>,
    },
    /// Rows have no prediction.
    Missing {
        /// The first of them.
        first: Vec<Key>,
        /// How many there are.
        count: usize,
    },
    /// Rows have several predictions.
    Duplicate {
        /// The first of them, with the place of the later prediction.
        first: Vec<(Key, String)>,
        /// How many there are.
        count: usize,
    },
    /// Predictions have no row.
    Unknown(UnknownRows),
    /// Systems predict different rows.
    Uneven {
        /// How many rows not all systems predict.
        count: usize,
        /// How many each system lacks, by locale.
        lacking: Vec<(String, BTreeMap<Locale, usize>)>,
        /// The first of the rows, with the systems that lack them.
        first: Vec<(Key, Vec<String>)>,
    },
    /// No system predicts these rows.
    Unpredicted {
        /// The first of them.
        first: Vec<Key>,
        /// How many there are.
        count: usize,
    },
}

/// Predictions for rows that the corpus does not have.
#[derive(Debug)]
pub struct UnknownRows {
    /// The partition they were held against.
    pub partition: Partition,
    /// The first of them, with their place and, where another partition has such a
    /// row, that one.
    pub first: Vec<(Key, String, Option<Partition>)>,
    /// How many there are.
    pub count: usize,
    /// The partitions that have rows of them.
    pub partitions: Vec<Partition>,
    /// The corpus can be read again, so that the other partitions were searched.
    pub searched: bool,
    /// What is said of locales that the corpus lacks.
    pub lacking: Option<String>,
    /// A regular expression for ids that finds more rows: one side's ids have a
    /// prefix.
    pub id_pattern: Option<String>,
}

impl Obstacle {
    /// How many rows are listed.
    pub(super) const LISTED: usize = LISTED;
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Unreadable { first, more } => {
                write!(f, "{first}")?;
                match more {
                    0 => Ok(()),
                    more => write!(f, "\n{more} more lines cannot be read"),
                }
            }
            Obstacle::NoPredictions { files } => {
                write!(f, "{}: no predictions in it", files.join(", "))
            }
            Obstacle::Missing { first, count } => {
                write!(f, "{} without a prediction:", Rows(*count))?;
                keys(f, first, *count)
            }
            Obstacle::Duplicate { first, count } => {
                write!(f, "{} predicted more than once:", Rows(*count))?;
                for ((locale, id), place) in first {
                    write!(f, "\n  {locale} {id} again in {place}")?;
                }
                and_more(f, *count)
            }
            Obstacle::Unknown(unknown) => write!(f, "{unknown}"),
            Obstacle::Uneven { count, lacking, first } => uneven(f, *count, lacking, first),
            Obstacle::Unpredicted { first, count } => {
                write!(f, "{} that no system predicts:", Rows(*count))?;
                keys(f, first, *count)
            }
        }
    }
}

impl fmt::Display for UnknownRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let partition = self.partition;
        write!(f, "{} that partition {partition} does not have:", Rows(self.count))?;
        for ((locale, id), place, other) in &self.first {
            write!(f, "\n  {locale} {id} in {place}")?;
            if let Some(other) = other {
                write!(f, " (it is in partition {other})")?;
            }
        }
        and_more(f, self.count)?;
        if self.partitions.len() != 1 && !self.searched {
            f.write_str(
                "\n  (a corpus on standard input cannot be searched for them; give a file to \
                 learn which partition has them)",
            )?;
        }
        match &self.lacking {
            Some(lacking) => write!(f, "\n  ({lacking})"),
            None => Ok(()),
        }
    }
}

fn uneven(
    f: &mut fmt::Formatter<'_>,
    count: usize,
    lacking: &[(String, BTreeMap<Locale, usize>)],
    first: &[(Key, Vec<String>)],
) -> fmt::Result {
    write!(f, "the systems cover different rows; not predicted by all: {}", Rows(count))?;
    for (system, locales) in lacking.iter().filter(|(_, locales)| !locales.is_empty()) {
        let counts: Vec<String> = locales
            .iter()
            .take(LISTED)
            .map(|(locale, count)| format!("{locale} {count}"))
            .collect();
        write!(f, "\n  {system} lacks {}", counts.join(", "))?;
        if locales.len() > LISTED {
            write!(f, " and rows of {} more locales", locales.len() - LISTED)?;
        }
    }
    f.write_str("\nthese rows are:")?;
    for ((locale, id), systems) in first {
        write!(f, "\n  {locale} {id} not in {}", systems.join(", "))?;
    }
    and_more(f, count)
}

fn keys(f: &mut fmt::Formatter<'_>, first: &[Key], count: usize) -> fmt::Result {
    for (locale, id) in first {
        write!(f, "\n  {locale} {id}")?;
    }
    and_more(f, count)
}

fn and_more(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    if count > LISTED { write!(f, "\n  and {} more", count - LISTED) } else { Ok(()) }
}

/// So many rows, in words.
struct Rows(usize);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 1 { f.write_str("1 row") } else { write!(f, "{} rows", self.0) }
    }
}

/// Why predictions cannot be scored.
#[derive(Debug, Default)]
pub struct Unfit {
    /// The obstacles, with the system that has them where there are several.
    pub obstacles: Vec<(Option<String>, Obstacle)>,
}

impl Unfit {
    /// One obstacle, for the only system.
    pub(super) fn of(obstacle: Obstacle) -> Unfit {
        Unfit { obstacles: vec![(None, obstacle)] }
    }

    /// Fails with these obstacles, if there are any.
    pub(super) fn refuse(
        obstacles: impl IntoIterator<Item = (Option<String>, Obstacle)>,
    ) -> Result<()> {
        let obstacles: Vec<_> = obstacles.into_iter().collect();
        if obstacles.is_empty() { Ok(()) } else { Err(Unfit { obstacles }.into()) }
    }

    /// Where the first of it is, if it is about a line of a file.
    pub fn place(&self) -> Option<&Place> {
        self.obstacles.iter().find_map(|(_, obstacle)| match obstacle {
            Obstacle::Unreadable { first, .. } => first.place(),
            _ => None,
        })
    }

    /// All of it in words, with what `hint` adds to each obstacle.
    pub fn text(&self, hint: impl Fn(&Obstacle) -> String) -> String {
        let mut text = String::new();
        let mut before: Option<&Option<String>> = None;
        for (system, obstacle) in &self.obstacles {
            let of_system = matches!(
                obstacle,
                Obstacle::Missing { .. } | Obstacle::Duplicate { .. } | Obstacle::Unknown(_)
            );
            let goes_on = of_system && before == Some(system);
            before = of_system.then_some(system);
            text.push_str(match (text.is_empty(), goes_on) {
                (true, _) => "",
                (false, true) => "\nand ",
                (false, false) => "\n",
            });
            if of_system && !goes_on {
                if let Some(system) = system {
                    // Writing to a string cannot fail.
                    let _ = write!(text, "{system}: ");
                }
                text.push_str("this submission cannot be scored: ");
            }
            let _ = write!(text, "{obstacle}{}", hint(obstacle));
        }
        text
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(|_| String::new()))
    }
}
