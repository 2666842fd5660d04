//! The signature of a score: one line that names everything that changes a
//! number, as sacreBLEU's does (Post 2018, "A Call for Clarity in Reporting BLEU
//! Scores", section 4).
//!
//! `massive|part:test|loc:51|rows:151674|gold:3fa4c2d1|labels:reference|read:reference|f1:chunk-micro|all:pooled|ci:wilson-ids|v:0.1.0`
//!
//! Parts that say nothing are left out: `missing` where no row is missing,
//! `ids` where predictions have ids, `seg` where words were cut as usual, `ar` without a test, `filter` where no row
//! had to pass one.

use std::fmt;
use std::str::FromStr;

use massive_data::{LabelMode, Matching, Partition, Reading, Segmentations};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::counts::ChunkRule;
use crate::error::{Error, Result};
use crate::evaluation::MissingRows;
use crate::interval::Interval;
use crate::randomisation::Randomisation;

/// Everything that changes a number of a score.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// `part`: the partition.
    pub partition: Partition,
    /// `loc`: how many locales were scored.
    pub locales: u64,
    /// `rows`: how many rows were scored.
    pub rows: u64,
    /// `gold`: the first 8 hexadecimal digits of the gold's digest.
    pub gold: String,
    /// `labels`: how gold labels were derived.
    pub labels: LabelMode,
    /// `read`: how the text of predictions was read.
    pub reading: Reading,
    /// `ids:order`: that predictions found their rows by their order.
    pub matching: Matching,
    /// `f1`: where chunks begin.
    pub chunks: ChunkRule,
    /// `seg`: the locales that were cut into words otherwise than usual.
    pub segmentations: Segmentations,
    /// `missing`: what was done about missing rows; `None` if none was missing.
    pub missing: Option<MissingRows>,
    /// `ci`: how intervals were made.
    pub interval: Interval,
    /// `ar`: trials and seed of a test.
    pub randomisation: Option<Randomisation>,
    /// `filter` and `kept`: what rows had to pass, and how many did.
    pub filter: Option<Filtered>,
    /// Parts that this version does not know, by name.
    pub others: Vec<(String, String)>,
    /// `v`: the version that computed the score; it changes no number.
    pub version: String,
}

/// That rows were chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filtered {
    /// What they had to pass, without spaces and `|`.
    pub by: String,
    /// How many passed.
    pub kept: u64,
    /// Of how many.
    pub of: u64,
}

impl Signature {
    /// True if scores with these signatures compare: everything but the version
    /// is the same.
    pub fn compares_with(&self, other: &Signature) -> bool {
        self.without_version() == other.without_version()
    }

    /// All but the version, as text.
    pub fn without_version(&self) -> String {
        let parts: Vec<String> =
            self.parts().into_iter().map(|(name, value)| format!("|{name}:{value}")).collect();
        format!("massive{}", parts.concat())
    }

    /// The names and values of all parts but the version, in their order.
    pub fn parts(&self) -> Vec<(&str, String)> {
        let mut parts = vec![
            ("part", self.partition.to_string()),
            ("loc", self.locales.to_string()),
            ("rows", self.rows.to_string()),
            ("gold", self.gold.clone()),
            ("labels", self.labels.to_string()),
            ("read", self.reading.to_string()),
        ];
        if self.matching == Matching::ByOrder {
            parts.push(("ids", "order".to_owned()));
        }
        if !self.segmentations.are_usual() {
            parts.push(("seg", self.segmentations.to_string()));
        }
        parts.push(("f1", self.chunks.signature().to_owned()));
        parts.push(("all", "pooled".to_owned()));
        parts.extend(self.missing.map(|policy| ("missing", policy.name().to_owned())));
        parts.push(("ci", self.interval.to_string()));
        parts.extend(
            self.randomisation
                .map(|Randomisation { trials, seed }| ("ar", format!("{trials}@{seed}"))),
        );
        if let Some(Filtered { by, kept, of }) = &self.filter {
            parts.push(("filter", by.clone()));
            parts.push(("kept", format!("{kept}/{of}")));
        }
        parts.extend(self.others.iter().map(|(name, value)| (name.as_str(), value.clone())));
        parts
    }

    /// Where two signatures differ, in the order of their parts; the version is
    /// no difference.
    pub fn differences(&self, other: &Signature) -> Vec<SignatureDifference> {
        let (here, there) = (self.parts(), other.parts());
        let value = |parts: &[(&str, String)], name: &str| {
            parts.iter().find(|(part, _)| *part == name).map(|(_, value)| value.clone())
        };
        let mut names: Vec<&str> = here.iter().map(|(name, _)| *name).collect();
        let more = there.iter().map(|(name, _)| *name).filter(|name| !names.contains(name));
        let more: Vec<&str> = more.collect();
        names.extend(more);
        names
            .into_iter()
            .map(|name| SignatureDifference {
                part: name.to_owned(),
                here: value(&here, name),
                there: value(&there, name),
            })
            .filter(|difference| difference.here != difference.there)
            .collect()
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}|v:{}", self.without_version(), self.version))
    }
}

/// A part of two signatures that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignatureDifference {
    /// The part's name.
    pub part: String,
    /// What the first signature says; `None` if it says nothing.
    pub here: Option<String>,
    /// What the second one says.
    pub there: Option<String>,
}

/// The parts of a signature that is being read.
struct Parts<'t> {
    text: &'t str,
    left: Vec<(&'t str, &'t str)>,
}

impl<'t> Parts<'t> {
    fn take(&mut self, name: &str) -> Option<&'t str> {
        let index = self.left.iter().position(|(part, _)| *part == name)?;
        Some(self.left.remove(index).1)
    }

    fn demand(&mut self, name: &str) -> Result<&'t str> {
        let text = self.text;
        self.take(name).ok_or_else(|| wrong(text, &format!("it has no `{name}`")))
    }

    fn number(&mut self, name: &str) -> Result<u64> {
        let value = self.demand(name)?;
        value.parse().map_err(|_| wrong(self.text, &format!("`{name}` is no number")))
    }

    fn matching(&mut self) -> Result<Matching> {
        match self.take("ids") {
            None => Ok(Matching::ById),
            Some("order") => Ok(Matching::ByOrder),
            Some(_) => Err(wrong(self.text, "`ids` is not `order`")),
        }
    }

    fn chunks(&mut self) -> Result<ChunkRule> {
        let chunks = self.demand("f1")?;
        [ChunkRule::Runs, ChunkRule::Bio]
            .into_iter()
            .find(|rule| rule.signature() == chunks)
            .ok_or_else(|| wrong(self.text, "`f1` is neither chunk-micro nor chunk-bio"))
    }

    fn missing(&mut self) -> Result<Option<MissingRows>> {
        match self.take("missing") {
            None => Ok(None),
            // Its name in earlier documents.
            Some("left-out") => Ok(Some(MissingRows::LeftOut)),
            Some(name) => [MissingRows::Error, MissingRows::Wrong, MissingRows::LeftOut]
                .into_iter()
                .find(|policy| policy.name() == name)
                .ok_or_else(|| wrong(self.text, "`missing` is not error, wrong or intersect"))
                .map(|policy| (policy != MissingRows::Error).then_some(policy)),
        }
    }

    fn interval(&mut self) -> Result<Interval> {
        match self.take("bs") {
            Some("none") => Ok(Interval::None),
            Some(bootstrap) => format!("bootstrap:{bootstrap}").parse(),
            None => self.demand("ci")?.parse(),
        }
    }

    fn randomisation(&mut self) -> Result<Option<Randomisation>> {
        let read = |value: &str| {
            let (trials, seed) = value.split_once('@')?;
            Some(Randomisation { trials: trials.parse().ok()?, seed: seed.parse().ok()? })
        };
        let Some(value) = self.take("ar") else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| wrong(self.text, "`ar` is not TRIALS@SEED"))
    }

    fn filter(&mut self) -> Result<Option<Filtered>> {
        let Some(by) = self.take("filter") else { return Ok(None) };
        let kept = self.demand("kept")?.split_once('/');
        let (kept, of) = kept
            .and_then(|(kept, of)| Some((kept.parse().ok()?, of.parse().ok()?)))
            .ok_or_else(|| wrong(self.text, "`kept` is not KEPT/ROWS"))?;
        Ok(Some(Filtered { by: by.to_owned(), kept, of }))
    }

    /// All that were not taken.
    fn others(self) -> Vec<(String, String)> {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.left.into_iter().map(owned).collect()
    }
}

fn wrong(text: &str, why: &str) -> Error {
    Error::request(format!("`{}` is no signature of a score: {why}", text.escape_debug()))
}

impl FromStr for Signature {
    type Err = Error;

    /// Reads a signature, older ones too: without `read` it is `read:reference`;
    /// `bs:1000@12345` is `ci:bootstrap:1000@12345`; `missing:error`, which no
    /// score with a missing row has, is the same as nothing.
    fn from_str(text: &str) -> Result<Self> {
        let Some(rest) = text.strip_prefix("massive|") else {
            return Err(wrong(text, "it does not begin with `massive|`"));
        };
        let named: Option<Vec<(&str, &str)>> =
            rest.split('|').map(|part| part.split_once(':')).collect();
        let left = named.ok_or_else(|| wrong(text, "a part has no colon"))?;
        let mut parts = Parts { text, left };
        let of = |error: massive_data::Error| wrong(text, &error.to_string());
        let partition = parts.demand("part")?.parse().map_err(of)?;
        let locales = parts.number("loc")?;
        let rows = parts.number("rows")?;
        let gold = parts.demand("gold")?.to_owned();
        let labels = parts.demand("labels")?.parse().map_err(of)?;
        let reading = parts.take("read").map_or(Ok(Reading::Reference), str::parse).map_err(of)?;
        let matching = parts.matching()?;
        let segmentations = parts.take("seg").map_or(Ok(Segmentations::default()), str::parse);
        let segmentations = segmentations.map_err(of)?;
        let chunks = parts.chunks()?;
        if parts.demand("all")? != "pooled" {
            return Err(wrong(text, "`all` is not `pooled`"));
        }
        Ok(Signature {
            partition,
            locales,
            rows,
            gold,
            labels,
            reading,
            matching,
            chunks,
            segmentations,
            missing: parts.missing()?,
            interval: parts.interval()?,
            randomisation: parts.randomisation()?,
            filter: parts.filter()?,
            version: parts.demand("v")?.to_owned(),
            others: parts.others(),
        })
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::bootstrap::Bootstrap;

    const HERE: &str = "massive|part:test|loc:51|rows:9|gold:aa|labels:reference\
                        |read:reference|f1:chunk-micro|all:pooled|ci:none|v:1.0";

    fn read(text: &str) -> Signature {
        text.parse().unwrap()
    }

    #[test]
    fn the_version_is_no_difference() {
        let there = HERE
            .replace("loc:51", "loc:50")
            .replace("gold:aa", "gold:bb")
            .replace("|v:1.0", "|filter:x|kept:1/2|v:2.0");
        let parts: Vec<String> =
            read(HERE).differences(&read(&there)).into_iter().map(|one| one.part).collect();
        assert_eq!(parts, ["loc", "gold", "filter", "kept"]);
        let newer = read(&HERE.replace("v:1.0", "v:3"));
        assert!(read(HERE).differences(&newer).is_empty() && read(HERE).compares_with(&newer));
    }

    #[test]
    fn older_signatures_say_the_same_in_more_or_fewer_words() {
        let older = HERE.replace("|read:reference", "").replace("|ci", "|missing:error|ci");
        assert_eq!(read(&older), read(HERE));
        assert_eq!(read(&older.replace("|ci:none", "|bs:none")), read(HERE));
        let bootstrap = older.replace("|ci:none", "|bs:1000@12345");
        assert_eq!(read(&bootstrap).interval, Interval::Bootstrap(Bootstrap::default()));
        assert!(!read(&HERE.replace("|ci", "|missing:wrong|ci")).compares_with(&read(HERE)));
    }

    #[test]
    fn what_is_no_signature_is_said() {
        for (text, why) in [
            ("", "begin"),
            ("massive|part", "colon"),
            ("massive|part:x", "partition"),
            (&HERE.replace("rows:9", "rows:nine"), "`rows` is no number"),
            (&HERE.replace("|all:pooled", ""), "no `all`"),
            (&HERE.replace("|ci", "|ids:7|ci"), "`ids`"),
            (&HERE.replace("|ci", "|ar:7|ci"), "`ar`"),
            (&HERE.replace("|ci", "|missing:no|ci"), "`missing`"),
        ] {
            let error = text.parse::<Signature>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn signatures_read_back(
            locales in 0_u64..60,
            tolerant: bool,
            by_order: bool,
            wrong: bool,
            resamples in 0_u32..5,
            trials in proptest::option::of(1_u32..9),
            kept in proptest::option::of(0_u64..9),
            other in proptest::option::of("[a-z]{2,5}x"),
        ) {
            let bootstrap = Bootstrap { resamples, seed: 7 };
            let signature = Signature {
                locales,
                reading: if tolerant { Reading::Tolerant } else { Reading::Reference },
                matching: if by_order { Matching::ByOrder } else { Matching::ById },
                missing: wrong.then_some(MissingRows::Wrong),
                interval: if resamples == 0 { Interval::WilsonIds } else { Interval::Bootstrap(bootstrap) },
                randomisation: trials.map(|trials| Randomisation { trials, seed: 3 }),
                filter: kept.map(|kept| Filtered { by: "judges>=3".to_owned(), kept, of: 9 }),
                others: other.into_iter().map(|name| (name, "a:b".to_owned())).collect(),
                ..read(HERE)
            };
            prop_assert_eq!(read(&signature.to_string()), signature);
        }
    }
}
