//! `massive audit corpus`

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use massive_data::LocaleFilter;
use massive_lm::audit::corpus::{Hit, Index, LocaleHits, Scan, ScanReport};
use serde::Serialize;

use super::super::llm::read_rows;
use super::super::score;
use crate::args::{AuditCorpusArgs, CheckFormat, Global};
use crate::failure::{Failure, Result};
use crate::output::{self, PendingFile};
use crate::table::{Align, TextTable};

/// A report. Its schema is `schemas/audit-corpus.schema.json`.
#[derive(Serialize)]
struct Document {
    format: &'static str,
    near: f64,
    #[serde(flatten)]
    report: ScanReport,
    cannot_show: &'static str,
}

const CANNOT_SHOW: &str = "A row that is not found may stand there in other words, in another \
     language, or in a text that was not searched.";

pub(crate) fn run(args: &AuditCorpusArgs, global: &Global) -> Result<()> {
    let clean = args.clean.as_deref().map(PendingFile::create).transpose()?;
    let hits = args.hits.as_deref().map(PendingFile::create).transpose()?;
    let locales = args.corpus.chosen_locales(LocaleFilter::ALL)?;
    let rows = read_rows(&args.corpus.source, args.corpus.selection(&locales), global)?;
    if rows.is_empty() {
        return Err(Failure::CannotRun(format!(
            "the corpus has no rows of these locales in partition {}",
            args.corpus.partition
        )));
    }
    let index = Index::new(&rows, args.near)?;
    let mut report = None;
    with_file(hits, |hits| {
        with_file(clean, |clean| {
            report = Some(scan(args, &index, hits, clean)?);
            Ok(())
        })
    })?;
    let Some(report) = report else { return Ok(()) };
    let found: u64 = report.locales.values().map(|one| one.annotation + one.exact + one.near).sum();
    let document = Document {
        format: "massive-audit-corpus/1",
        near: args.near,
        report,
        cannot_show: CANNOT_SHOW,
    };
    match args.format {
        CheckFormat::Json => output::print(&score::json(&document)?)?,
        CheckFormat::Table => output::print(&table(&document))?,
    }
    match found {
        0 => Ok(()),
        found => Err(Failure::CheckFailed(format!(
            "{found} rows of partition {} stand in the text",
            args.corpus.partition
        ))),
    }
}

/// Fills a file, or nothing where none was asked for.
fn with_file(
    file: Option<PendingFile>,
    fill: impl FnOnce(&mut dyn Write) -> Result<()>,
) -> Result<()> {
    match file {
        Some(file) => file.finish(|out| fill(out)),
        None => fill(&mut std::io::sink()),
    }
}

fn scan(
    args: &AuditCorpusArgs,
    index: &Index,
    hits: &mut dyn Write,
    clean: &mut dyn Write,
) -> Result<ScanReport> {
    let mut scan = Scan::new(index);
    let unwritable =
        |error: std::io::Error| massive_lm::Error::request(format!("cannot be written: {error}"));
    for path in &args.texts {
        let text = BufReader::new(open(path)?);
        scan.read(
            &path.display().to_string(),
            text,
            |hit: Hit| {
                serde_json::to_writer(&mut *hits, &hit)
                    .map_err(std::io::Error::from)
                    .and_then(|()| hits.write_all(b"\n"))
                    .map_err(unwritable)
            },
            |line| clean.write_all(line.as_bytes()).map_err(unwritable),
        )?;
    }
    Ok(scan.finish())
}

fn open(path: &Path) -> Result<Box<dyn Read>> {
    let file = File::open(path)
        .map_err(|error| Failure::CannotRun(format!("{}: {error}", path.display())))?;
    let packed = path.extension().is_some_and(|extension| extension == "gz");
    Ok(if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

fn table(document: &Document) -> String {
    let mut header = vec![("locale".to_owned(), Align::Left)];
    let names = ["rows", "annotated", "exact", "near", "found %"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    let mut all = LocaleHits::default();
    let line = |name: &str, hits: &LocaleHits| {
        let found = hits.annotation + hits.exact + hits.near;
        vec![
            name.to_owned(),
            hits.rows.to_string(),
            hits.annotation.to_string(),
            hits.exact.to_string(),
            hits.near.to_string(),
            format!("{:.2}", 100.0 * found as f64 / hits.rows.max(1) as f64),
        ]
    };
    for (locale, hits) in &document.report.locales {
        all.rows += hits.rows;
        all.annotation += hits.annotation;
        all.exact += hits.exact;
        all.near += hits.near;
        table.push(line(locale, hits));
    }
    table.push(line("all", &all));
    format!(
        "{}\n{} lines, {} of them with rows\n{}\n",
        table.plain(),
        document.report.lines,
        document.report.lines_with_rows,
        document.cannot_show
    )
}
