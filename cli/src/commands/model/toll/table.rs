//! The document as tables.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use massive_data::grouped;
use massive_eval::Metric;
use massive_eval::toll::{Change, ModelFacts, Recovery, Toll, TollDocument, Variant};

use crate::table::{Align, TextTable, number};

pub(super) fn rendered(document: &TollDocument) -> String {
    let mut out = models(document);
    for variant in &document.variants {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n{} against {}\n\n", variant.model.name, document.base.name);
        out.push_str(&places(variant));
        out.push('\n');
        out.push_str(&sentence(variant, document.metric));
        out.extend(variant.recovery.as_ref().map(recovered));
    }
    let _ = write!(
        out,
        "\npoints of 100, variant − base, ± half of the paired 95 % interval (where the models \
         differ in 20 rows\nor more); {} rows of {}, labels {}\n",
        grouped(document.rows),
        document.partition,
        document.labels
    );
    out
}

/// Size and speed, a row a model.
fn models(document: &TollDocument) -> String {
    let all: Vec<&ModelFacts> = std::iter::once(&document.base)
        .chain(document.variants.iter().map(|variant| &variant.model))
        .collect();
    let engines: Vec<&String> = document.base.speed.keys().collect();
    let mut header = vec![("model", Align::Left), ("MB", Align::Right), ("", Align::Right)];
    for engine in &engines {
        header.extend([engine.as_str(), "", "memory"].map(|name| (name, Align::Right)));
    }
    let header = header.into_iter().map(|(name, align)| (name.to_owned(), align)).collect();
    let mut table = TextTable::new(header);
    for model in all {
        let share = model.bytes as f64 / document.base.bytes.max(1) as f64;
        let mut row =
            vec![model.name.clone(), megabytes(model.bytes), format!("{:.0} %", 100.0 * share)];
        for engine in &engines {
            let (rate, base) = (model.speed.get(*engine), document.base.speed.get(*engine));
            row.push(rate.map_or_else(|| "–".to_owned(), |rate| format!("{rate:.0}/s")));
            row.push(match (rate, base) {
                (Some(rate), Some(base)) => format!("{:.2}×", rate / base),
                _ => String::new(),
            });
            let memory = model.memory.get(*engine);
            row.push(memory.map_or_else(|| "–".to_owned(), |&bytes| megabytes(bytes)));
        }
        table.push(row);
    }
    table.plain()
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// A row a locale, script, family, and one for all.
fn places(variant: &Variant) -> String {
    let metrics: Vec<Metric> = Metric::PAPER
        .into_iter()
        .filter(|&metric| variant.all.metrics.known(metric).is_some())
        .collect();
    let mut header = vec![("".to_owned(), Align::Left), ("n".to_owned(), Align::Right)];
    header.extend(metrics.iter().map(|metric| (metric.short().to_owned(), Align::Right)));
    header.push(("changed".to_owned(), Align::Right));
    let mut table = TextTable::new(header);
    let mut add = |name: &str, toll: &Toll| {
        let mut row = vec![name.to_owned(), grouped(toll.utterances)];
        row.extend(metrics.iter().map(|&metric| points(toll.metrics.known(metric))));
        row.push(format!("{} %", number(Some(100.0 * toll.changed), 1)));
        table.push(row);
    };
    let group = |kind: &str, tolls: &BTreeMap<String, Toll>, add: &mut dyn FnMut(&str, &Toll)| {
        // One alone says what `all` says.
        if tolls.len() > 1 {
            tolls.iter().for_each(|(name, toll)| add(&format!("{kind}{name}"), toll));
        }
    };
    group("", &variant.locales, &mut add);
    group("script ", &variant.scripts, &mut add);
    group("family ", &variant.families, &mut add);
    add("all", &variant.all);
    table.plain()
}

fn points(change: Option<&Change>) -> String {
    let Some(change) = change else { return "–".to_owned() };
    // No minus before what is rounded to nothing.
    let difference = (1000.0 * change.difference).round() / 10.0 + 0.0;
    let half = change.ci95.map(|[low, high]| format!(" ± {:.1}", 50.0 * (high - low)));
    format!("{difference:+.1}{}", half.unwrap_or_default())
}

/// What a low-rank term brings back, in words.
fn recovered(recovery: &Recovery) -> String {
    let (without, eight) = (&recovery.without, &recovery.eight);
    let Some(share) = recovery.share else {
        return format!(
            "nothing to recover: {eight} is not better than {without} by more than chance\n"
        );
    };
    let interval = recovery.ci95.map_or_else(String::new, |[low, high]| {
        format!(" (95 % interval {:.0} to {:.0} %)", 100.0 * low, 100.0 * high)
    });
    format!(
        "its term recovers {:.0} % of what {without} loses against {eight}{interval}\n",
        100.0 * share
    )
}

/// Who pays most, in words.
fn sentence(variant: &Variant, metric: Metric) -> String {
    let worst = variant.worst.as_ref().and_then(|tag| Some((tag, variant.locales.get(tag)?)));
    let Some((tag, toll)) = worst else {
        return format!("no locale loses {}\n", metric.title());
    };
    let Some(change) = toll.metrics.known(metric) else { return String::new() };
    let sure = if change.is_worse_by(0.0) { "" } else { ", which may be chance" };
    format!(
        "pays most: {tag}, {:.1} → {:.1} {} ({} rows worse, {} better{sure})\n",
        100.0 * change.base,
        100.0 * change.variant,
        metric.title(),
        grouped(change.worse),
        grouped(change.better)
    )
}
