//! `massive audit order` and `massive audit mink`: what needs log-probabilities
//! of prompts.

use std::collections::BTreeMap;

use massive_data::Partition;
use massive_lm::audit::mink::{Separation, mink as lowest, separation};
use massive_lm::audit::order::{OrderResult, adjacency, judge, permutation};
use massive_lm::row::Row;
use serde::Serialize;

use super::super::llm::endpoint;
use super::super::score;
use super::ask::{drawn, rows};
use crate::args::{AuditMinkArgs, AuditOrderArgs, CheckFormat, Global};
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// A report. Its schema is `schemas/audit-mink.schema.json`.
#[derive(Serialize)]
struct MinkDocument {
    format: &'static str,
    k: f64,
    /// Train rows against test rows, by locale.
    locales: BTreeMap<String, Separation>,
    cannot_show: &'static str,
}

const MINK_CANNOT_SHOW: &str = "Utterances of eight tokens are far shorter than the method is made \
     for, and train and test are both public: near 0.5 shows nothing, and a difference only that \
     one of the two was seen more often.";

pub(crate) fn mink(args: &AuditMinkArgs, global: &Global) -> Result<()> {
    if !(args.k > 0.0 && args.k <= 1.0) {
        return Err(Failure::CannotRun("--k must be above 0 and at most 1".to_owned()));
    }
    let ask = &args.ask;
    let endpoint = endpoint(&ask.endpoint, 1)?;
    let mut scores: BTreeMap<String, [Vec<f64>; 2]> = BTreeMap::new();
    for (place, partition) in [Partition::Train, Partition::Test].into_iter().enumerate() {
        let all = rows(&ask.corpus, &ask.corpus.source, partition, global)?;
        for row in drawn(all, ask.rows, ask.seed) {
            if let Some(score) = lowest(&endpoint.log_probs(&row.text)?, args.k) {
                scores.entry(row.locale).or_default()[place].push(score);
            }
        }
    }
    let document = MinkDocument {
        format: "massive-audit-mink/1",
        k: args.k,
        locales: scores
            .into_iter()
            .filter_map(|(locale, [train, test])| Some((locale, separation(&train, &test)?)))
            .collect(),
        cannot_show: MINK_CANNOT_SHOW,
    };
    if let CheckFormat::Json = ask.format {
        return output::print(&score::json(&document)?);
    }
    let mut header = vec![("locale".to_owned(), Align::Left)];
    header.extend(["train", "test", "AUROC", "95 %"].map(|name| (name.to_owned(), Align::Right)));
    let mut table = TextTable::new(header);
    for (locale, result) in &document.locales {
        table.push(vec![
            locale.clone(),
            result.first.to_string(),
            result.second.to_string(),
            format!("{:.3}", result.auroc),
            format!("{:.3} to {:.3}", result.ci95[0], result.ci95[1]),
        ]);
    }
    output::print(&format!("{}\n{}\n", table.plain(), document.cannot_show))
}

/// A report. Its schema is `schemas/audit-order.schema.json`.
#[derive(Serialize)]
struct OrderDocument {
    format: &'static str,
    exploratory: bool,
    locales: BTreeMap<String, OrderLocale>,
    cannot_show: &'static str,
}

#[derive(Serialize)]
struct OrderLocale {
    rows: usize,
    /// Share of neighbours with the same intent: in a random order it is about
    /// 0.035.
    adjacency: Option<f64>,
    /// Share of places that the other orders fill with another row.
    moved: f64,
    result: Option<OrderResult>,
}

const ORDER_CANNOT_SHOW: &str = "Exploratory: the released order is by subject, so a model that \
     has seen nothing may find it likelier. A small p is no finding, only a reason to look on.";

pub(crate) fn order(args: &AuditOrderArgs, global: &Global) -> Result<()> {
    let ask = &args.ask;
    if args.shard < 2 || args.orders == 0 {
        return Err(Failure::CannotRun("--shard must be 2 at least, and --orders 1".to_owned()));
    }
    let endpoint = endpoint(&ask.endpoint, 1)?;
    let all = rows(&ask.corpus, &ask.corpus.source, ask.corpus.partition, global)?;
    let mut by_locale: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    for row in all {
        let rows = by_locale.entry(row.locale.clone()).or_default();
        // Neighbours belong together: the first rows, not drawn ones.
        if rows.len() < ask.rows {
            rows.push(row);
        }
    }
    let likelihood = |rows: &[Row], order: &[usize]| -> Result<f64> {
        let text: Vec<&str> = order.iter().map(|place| rows[*place].text.as_str()).collect();
        Ok(endpoint.log_probs(&text.join("\n"))?.iter().sum())
    };
    let mut locales = BTreeMap::new();
    for (locale, rows) in by_locale {
        let (mut shards, mut moved, mut places) = (Vec::new(), 0, 0);
        for (number, shard) in rows.chunks_exact(args.shard).enumerate() {
            let released: Vec<usize> = (0..shard.len()).collect();
            let mut others = Vec::new();
            for order in 0..args.orders {
                let seed = ask.seed ^ ((number * args.orders + order) as u64) << 20;
                let (other, count) = permutation(shard, seed);
                places += shard.len();
                moved += count;
                if count > 0 {
                    others.push(likelihood(shard, &other)?);
                }
            }
            if !others.is_empty() {
                shards.push((likelihood(shard, &released)?, others));
            }
        }
        let result = OrderLocale {
            rows: rows.len(),
            adjacency: adjacency(&rows),
            moved: moved as f64 / f64::max(places as f64, 1.0),
            result: judge(&shards, ask.seed),
        };
        locales.insert(locale, result);
    }
    let document = OrderDocument {
        format: "massive-audit-order/1",
        exploratory: true,
        locales,
        cannot_show: ORDER_CANNOT_SHOW,
    };
    match ask.format {
        CheckFormat::Json => output::print(&score::json(&document)?),
        CheckFormat::Table => output::print(&order_table(&document)),
    }
}

fn order_table(document: &OrderDocument) -> String {
    let mut header = vec![("locale".to_owned(), Align::Left)];
    let names = ["rows", "neighbours alike %", "moved %", "shards", "mean difference", "p"];
    header.extend(names.iter().map(|name| (name.to_string(), Align::Right)));
    let mut table = TextTable::new(header);
    for (locale, one) in &document.locales {
        let shown = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
        table.push(vec![
            locale.clone(),
            one.rows.to_string(),
            shown(one.adjacency.map(|share| format!("{:.1}", 100.0 * share))),
            format!("{:.1}", 100.0 * one.moved),
            shown(one.result.map(|result| result.shards.to_string())),
            shown(one.result.map(|result| format!("{:.3}", result.mean_difference))),
            shown(one.result.map(|result| format!("{:.4}", result.p))),
        ]);
    }
    format!("{}\n{}\n", table.plain(), document.cannot_show)
}
