//! The card of trained models, and the table that is printed.

use std::fmt::Write as _;

use massive_learn::Manifest;

use super::{Scores, Trained};

/// What `massive train` prints.
pub(super) fn table(trained: &[Trained]) -> String {
    let mut text = String::from(
        " locale        rows   passes      MB   dev intent   slot F1   exact match\n\
         ───────────────────────────────────────────────────────────────────────\n",
    );
    for one in trained {
        let _ = writeln!(
            text,
            " {:<12} {:>5} {:>8} {:>7.2} {}",
            one.locale,
            one.rows,
            one.passes,
            one.bytes as f64 / 1e6,
            scores(one.dev)
        );
    }
    if trained.len() > 1 {
        let _ = writeln!(text, " {:<34} {}", "macro", scores(mean(trained)));
    }
    text
}

fn scores(scores: Option<Scores>) -> String {
    match scores {
        Some(scores) => format!(
            "{:>12.1} {:>9.1} {:>13.1}",
            100.0 * scores.intent_acc,
            100.0 * scores.slot_micro_f1,
            100.0 * scores.ex_match_acc
        ),
        None => format!("{:>12} {:>9} {:>13}", "–", "–", "–"),
    }
}

/// The mean over locales, where all have dev rows.
fn mean(trained: &[Trained]) -> Option<Scores> {
    let all: Vec<Scores> = trained.iter().map(|one| one.dev).collect::<Option<_>>()?;
    let mean = |of: fn(&Scores) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
    Some(Scores {
        intent_acc: mean(|scores| scores.intent_acc),
        slot_micro_f1: mean(|scores| scores.slot_micro_f1),
        ex_match_acc: mean(|scores| scores.ex_match_acc),
    })
}

/// The card of a folder, as Markdown.
pub(super) fn card(manifest: &Manifest, trained: &[Trained], from: &[String]) -> String {
    let mut text = String::from(CARD);
    let besides = match from {
        [] => String::new(),
        from => format!(", besides those of {}", from.join(", ")),
    };
    let _ = writeln!(
        text,
        "Gold labels: `{}`. Seed: {}. Rows: partition train{besides}; partition dev decided the \
         number of passes, so that its scores are a little too good.\n",
        manifest.labels, manifest.seed
    );
    text.push_str("| locale | rows | passes | MB | intent | slot F1 | exact match |\n");
    text.push_str("|:--|--:|--:|--:|--:|--:|--:|\n");
    for one in trained {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} |{} |",
            one.locale,
            one.rows,
            one.passes,
            one.bytes as f64 / 1e6,
            cells(one.dev)
        );
    }
    if trained.len() > 1 {
        let _ = writeln!(text, "| macro | | | |{} |", cells(mean(trained)));
    }
    text.push_str(TRIED);
    text
}

fn cells(scores: Option<Scores>) -> String {
    scores.map_or_else(
        || " – | – | –".to_owned(),
        |scores| {
            format!(
                " {:.1} | {:.1} | {:.1}",
                100.0 * scores.intent_acc,
                100.0 * scores.slot_micro_f1,
                100.0 * scores.ex_match_acc
            )
        },
    )
}

const CARD: &str = "\
# A linear model of intents and slots

Made by `massive train`, a model a locale. Intents: linear support vector machines over n-grams of \
words and characters, weighted by tf-idf. Slots: a linear chain over words, the mean of three \
averaged structured perceptrons with a margin; the predicted intent is among its features. No pretrained \
weights are in it.

Scores on partition dev, in per cent:

";

const TRIED: &str = "
## What was tried

Measured on dev rows of release 1.1 while the settings were chosen.

| what | effect |
|:--|:--|
| the mean of three perceptrons that see the rows in different orders, instead of one (en-US, am-ET, ur-PK) | slot F1 +0.6, exact match +0.6 |
| machines that find scenarios, added to those of their intents | intent +0.3 over four locales |
| n-grams of characters as long as 1.4 times those of words | intent +0.1 over five locales |
| pairs of words in which the values of slots stand for all values, and unknown words for each other | \
intent +0.2 over six locales with spaces between words, −2.4 over two without |
| features weighted besides by how unevenly intents share them | intent −0.5 over five locales |
| n-grams over the bounds of words, instead of within | intent −0.4 over five locales |
| n-grams of characters that one row only has (they share that row's weights) | intent +0.3 over five locales |
| pairs of words with one between them | intent +0.04 over five locales |
| n-grams of at most four characters, instead of five or six | intent +0.2, +0.3 over twelve locales |
| triples of words besides | intent −0.1 over five locales |
| the first and last words as features of their own | intent +0.1 over twelve locales |
| twice the cost of an error | intent between −0.4 and +0.2 in seven locales |
| one perceptron that chooses intent and slots together, instead of slots under a given intent | en-US intent −1 to −2, exact match −1 |
| rows that models of other locales find unlikely cost less | intent between −0.4 and +0.4 in four locales |
";
