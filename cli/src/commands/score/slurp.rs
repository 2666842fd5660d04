//! `massive score --slu-f1` on SLURP's own gold and predictions.

use std::fmt::Write as _;

use massive_data::slurp::{is_slurp_gold, read_gold, read_predictions};
use massive_data::spreadsheet::harmless;
use massive_eval::slu_f1::LabelScore;
use massive_eval::slurp_score::{SlurpDocument, SlurpEvaluation, score};

use super::json;
use crate::args::{Global, Missing, ScoreArgs, ScoreFormat};
use crate::commands::submission::{LISTED, and_more, rows};
use crate::destination::Destination;
use crate::failure::{Failure, Result};
use crate::output;
use crate::table::{Align, TextTable};

/// The forms of SLURP's figures.
const FORMS: [ScoreFormat; 4] =
    [ScoreFormat::Table, ScoreFormat::Json, ScoreFormat::Csv, ScoreFormat::Markdown];

/// True if the corpus is SLURP's own gold.
pub(super) fn is_meant(args: &ScoreArgs) -> bool {
    is_slurp_gold(&args.corpus.source.corpus)
}

pub(super) fn run(args: &ScoreArgs, global: &Global) -> Result<()> {
    refuse_unfit(args)?;
    let destination = Destination::prepare(&args.output)?;
    if !FORMS.contains(&destination.form) {
        return Err(Failure::CannotRun(
            "SLURP's figures are a table, JSON, CSV or Markdown; choose one with --format"
                .to_owned(),
        ));
    }
    let gold = read_gold(&args.corpus.source.corpus)?;
    let predictions = read_predictions(&args.predictions)?;
    if predictions.is_empty() {
        let names: Vec<String> =
            args.predictions.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::CannotRun(format!("{}: no predictions in it", names.join(", "))));
    }
    let evaluation = score(&gold, &predictions, args.missing.into());
    refuse_problems(args, &evaluation)?;
    let document = evaluation.document;
    if document.missing > 0 {
        let what = match args.missing {
            Missing::Intersect => "left out",
            Missing::Error | Missing::Wrong => "counted as wrong",
        };
        output::remark(global, &format!("{} without prediction {what}", document.missing));
    }
    let text = match destination.form {
        ScoreFormat::Json => json(&document)?,
        ScoreFormat::Csv => csv(&document),
        ScoreFormat::Markdown => overview(&document).markdown(),
        _ => table(&document),
    };
    destination.write(text)
}

/// Refuses what has no meaning for SLURP's data.
fn refuse_unfit(args: &ScoreArgs) -> Result<()> {
    if !args.slu_f1 {
        return Err(Failure::CannotRun(
            "this corpus is SLURP's own gold: --slu-f1 scores predictions in SLURP's form on it"
                .to_owned(),
        ));
    }
    let unfit = [
        (args.per_utterance.is_some(), "--per-utterance"),
        (args.plot.is_some(), "--plot"),
        (!args.fail_under.is_empty(), "--fail-under"),
        (!args.group_by.is_empty(), "--group-by"),
        (args.sort.is_some(), "--sort"),
        (args.corpus.names_locales(), "--locales and --task"),
    ];
    match unfit.into_iter().find(|(given, _)| *given) {
        Some((_, name)) => {
            Err(Failure::CannotRun(format!("SLURP's own gold is scored without {name}")))
        }
        None => Ok(()),
    }
}

fn refuse_problems(args: &ScoreArgs, evaluation: &SlurpEvaluation) -> Result<()> {
    if !evaluation.duplicate_gold.is_empty() {
        let keys = &evaluation.duplicate_gold;
        let mut text = format!(
            "{}: the gold has {} more than once, so nothing can be scored on it:",
            args.corpus.source.corpus.display(),
            rows(keys.len())
        );
        for key in keys.iter().take(LISTED) {
            // Writing to a string cannot fail.
            let _ = write!(text, "\n  {key}");
        }
        and_more(&mut text, keys.len());
        return Err(Failure::CannotRun(text));
    }
    let missing: &[String] = if args.missing == Missing::Error { &evaluation.missing } else { &[] };
    let parts: Vec<String> = [
        (
            missing,
            "without a prediction",
            "\n  (--missing wrong counts them as wrong, --missing intersect leaves them out)",
        ),
        (&evaluation.duplicate[..], "there more than once", ""),
        (&evaluation.unknown[..], "that SLURP's gold does not have", ""),
    ]
    .into_iter()
    .filter(|(keys, ..)| !keys.is_empty())
    .map(|(keys, what, hint)| {
        let mut part = format!("{} {what}:", rows(keys.len()));
        for key in keys.iter().take(LISTED) {
            // Writing to a string cannot fail.
            let _ = write!(part, "\n  {key}");
        }
        and_more(&mut part, keys.len());
        part + hint
    })
    .collect();
    if parts.is_empty() {
        return Ok(());
    }
    Err(Failure::CheckFailed(format!("this submission cannot be scored: {}", parts.join("\nand "))))
}

fn percent(value: f64) -> String {
    format!("{:.2}", 100.0 * value)
}

/// A row a kind of score.
fn overview(document: &SlurpDocument) -> TextTable {
    let names = ["micro P", "micro R", "micro F1", "macro P", "macro R", "macro F1"];
    let mut header = vec![("".to_owned(), Align::Left)];
    header.extend(names.map(|name| (name.to_owned(), Align::Right)));
    let mut table = TextTable::new(header);
    for (_, title, scores) in document.blocks() {
        let (micro, mean) = (&scores.micro, &scores.macro_);
        let values =
            [micro.precision, micro.recall, micro.f1, mean.precision, mean.recall, mean.f1];
        let mut row = vec![title.to_owned()];
        row.extend(values.map(percent));
        table.push(row);
    }
    table
}

fn table(document: &SlurpDocument) -> String {
    let header = ["slot", "F1", "word F1", "char F1", "SLU-F1"];
    let align = |name: &str| if name == "slot" { Align::Left } else { Align::Right };
    let mut slots = TextTable::new(header.map(|name| (name.to_owned(), align(name))).to_vec());
    for (label, slu) in &document.slu_f1.labels {
        let parts = [&document.entities, &document.entities_word, &document.entities_char];
        let mut row = vec![label.clone()];
        row.extend(parts.map(|scores| {
            scores.labels.get(label).map_or(String::new(), |score| percent(score.f1))
        }));
        row.push(percent(slu.f1));
        slots.push(row);
    }
    format!(
        "{}\n{}\n{} utterances of SLURP; per cent\n",
        overview(document).plain(),
        slots.plain(),
        document.utterances
    )
}

/// A row a kind of score and label, and one of all its labels, first.
fn csv(document: &SlurpDocument) -> String {
    let mut text = "kind,label,precision,recall,f1,tp,fp,fn\n".to_owned();
    for (name, _, scores) in document.blocks() {
        let mut push = |label: &str, score: &LabelScore| {
            let LabelScore { precision, recall, f1, counts } = score;
            let (tp, fp, fn_) = (counts.tp, counts.fp, counts.fn_);
            // Writing to a string cannot fail.
            let _ =
                writeln!(text, "{name},{},{precision},{recall},{f1},{tp},{fp},{fn_}", field(label));
        };
        push("micro", &scores.micro);
        scores.labels.iter().for_each(|(label, score)| push(label, score));
        let mean = &scores.macro_;
        let _ = writeln!(text, "{name},macro,{},{},{},,,", mean.precision, mean.recall, mean.f1);
    }
    text
}

/// A label as a field: quoted where needed, and no formula.
fn field(label: &str) -> String {
    let harmless = harmless(label);
    if harmless.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", harmless.replace('"', "\"\""))
    } else {
        harmless.into_owned()
    }
}
