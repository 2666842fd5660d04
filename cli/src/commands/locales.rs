//! `massive locales`: what is known of locales.

use massive_data::{Locale, Politeness, WordOrder};
use serde::Serialize;

use super::score::json;
use crate::args::{LocalesArgs, LocalesFormat};
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// The document. Its schema is `schemas/locales.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    locales: Vec<Facts>,
}

/// What is known of a locale; `None` where there is no data.
#[derive(Serialize)]
struct Facts {
    locale: &'static str,
    language: Option<&'static str>,
    iso639_3: Option<&'static str>,
    script: Option<&'static str>,
    direction: &'static str,
    family: Option<&'static str>,
    genus: Option<&'static str>,
    order: Option<&'static str>,
    politeness: Option<&'static str>,
    segmentation: &'static str,
    in_release: bool,
}

impl Facts {
    /// The names of the columns, in the order of [`Facts::values`].
    const COLUMNS: [&str; 11] = [
        "locale",
        "language",
        "iso639_3",
        "script",
        "direction",
        "family",
        "genus",
        "order",
        "politeness",
        "segmentation",
        "in_release",
    ];

    fn of(locale: Locale) -> Facts {
        let script = locale.script();
        Facts {
            locale: locale.tag(),
            language: locale.language(),
            iso639_3: locale.iso639_3(),
            script: script.is_known().then(|| script.code()),
            direction: script.direction().name(),
            family: locale.family(),
            genus: locale.genus(),
            order: locale.word_order().map(WordOrder::name),
            politeness: locale.politeness().map(Politeness::name),
            segmentation: locale.segmentation().name(),
            in_release: locale.in_release(),
        }
    }

    fn values(&self) -> [Option<&'static str>; 11] {
        [
            Some(self.locale),
            self.language,
            self.iso639_3,
            self.script,
            Some(self.direction),
            self.family,
            self.genus,
            self.order,
            self.politeness,
            Some(self.segmentation),
            Some(if self.in_release { "yes" } else { "no" }),
        ]
    }
}

pub(crate) fn run(args: &LocalesArgs) -> Result<()> {
    let locales = if args.tags.is_empty() { Locale::RELEASE.to_vec() } else { args.tags.clone() };
    let facts: Vec<Facts> = locales.into_iter().map(Facts::of).collect();
    output::print(&match args.format {
        LocalesFormat::Json => json(&Document { format: "massive-locales/1", locales: facts })?,
        LocalesFormat::Csv => csv(&facts)?,
        LocalesFormat::Table => table(&facts),
    })
}

fn table(facts: &[Facts]) -> String {
    let header = Facts::COLUMNS.map(|name| (name.to_owned(), Align::Left));
    let mut table = TextTable::new(header.to_vec());
    for facts in facts {
        table.push(facts.values().map(|value| value.unwrap_or("no data").to_owned()).to_vec());
    }
    table.plain()
}

fn csv(facts: &[Facts]) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::CannotRun(format!("the table cannot be written: {error}"))
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(Facts::COLUMNS).map_err(|error| failed(&error))?;
    for facts in facts {
        let values = facts.values().map(Option::unwrap_or_default);
        writer.write_record(values).map_err(|error| failed(&error))?;
    }
    let bytes = writer.into_inner().map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|error| failed(&error))
}
