//! `massive train --teacher`: a student learns from what a teacher predicts.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use massive_data::{Corpus, Detail, LocaleFilter, Partition, PredictionFiles, Selection};
use massive_eval::wilson::wilson;
use massive_learn::{
    Lesson, LocaleModel, LocalePart, NamedLocale, Teacher, TrainedFolder, read_locales,
    train_locales,
};
use serde::Serialize;

use super::read::read;
use super::{Document, fill, pending, settings, threads};
use crate::args::{CheckFormat, Global, TrainArgs};
use crate::commands::predict::watch_for_interrupts;
use crate::commands::score::json;
use crate::failure::{Failure, Result};
use crate::output;

/// A locale's teacher and students.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Distilled {
    locale: String,
    /// Rows with labels of their own.
    labelled: usize,
    /// Rows that the teacher labelled.
    taught: usize,
    /// Rows of test that they are compared on.
    test_rows: usize,
    /// Rows of test that the teacher speaks of.
    teacher_rows: usize,
    /// `null` where the teacher says nothing about test.
    teacher: Option<Measured>,
    student: Option<Measured>,
    /// The student without the teacher.
    alone: Option<Measured>,
    /// What becomes of the student's errors through the teacher: -0.1 is a tenth
    /// less.
    relative_error_change: Option<f64>,
    /// Exact match of the student less that of the student without the teacher.
    difference: Option<Difference>,
    bytes: u64,
    microseconds: Option<f64>,
}

/// A share of rows, with its interval.
#[derive(Debug, Clone, Copy, Serialize)]
struct Measured {
    ex_match_acc: f64,
    ci95: [f64; 2],
}

impl Measured {
    fn of(right: f64, rows: usize) -> Option<Self> {
        let share = right / rows as f64;
        (rows > 0).then(|| Measured { ex_match_acc: share, ci95: wilson(share, rows as f64) })
    }
}

/// A difference of shares of the same rows, with its interval.
#[derive(Debug, Clone, Copy, Serialize)]
struct Difference {
    ex_match_acc: f64,
    ci95: [f64; 2],
}

impl Difference {
    /// Of paired rows: the normal interval of a difference of dependent
    /// proportions, with half a row more of either kind of change (Agresti and Min
    /// 2005, "Simple improved confidence intervals for comparing matched
    /// proportions").
    fn of(with: &[bool], without: &[bool]) -> Option<Self> {
        let rows = with.len() as f64;
        let count = |right: bool| {
            let pairs = with.iter().zip(without);
            pairs.filter(|(with, without)| **with == right && **without != right).count() as f64
        };
        let (gained, lost) = (count(true), count(false));
        let difference = (gained - lost) / rows;
        let spread = (gained + lost + 1.0 - (gained - lost).powi(2) / rows).max(0.0).sqrt() / rows;
        (rows > 0.0).then_some(Difference {
            ex_match_acc: difference,
            ci95: [difference - 1.96 * spread, difference + 1.96 * spread],
        })
    }
}

pub(super) fn run(args: &TrainArgs, output: &Path, global: &Global) -> Result<()> {
    let folder = pending(args, output)?;
    let stop = watch_for_interrupts()?;
    let files = PredictionFiles::open_with(&args.teacher, &args.source.forms.options(None), None)?;
    let teacher = Teacher::read(&files)?;
    let mut locales = read(args, |_| true, global)?.locales;
    add_unlabelled(args, &mut locales)?;
    teacher.demand_rows(&locales)?;
    let (mut taught, mut alone, mut lessons) = (Vec::new(), Vec::new(), Vec::new());
    for one in &locales {
        let few = one.few(args.amount(), args.seed);
        let (rows, lesson) = teacher.teach(&few, args.teacher_weight)?;
        if lesson.taught == 0 {
            return Err(Failure::CannotRun(format!(
                "the teacher teaches nothing about {}: its predictions are of rows of train with \
                 labels, or of test",
                one.locale()
            )));
        }
        taught.push(rows);
        alone.push(few.without(Partition::Dev).numbered()?);
        lessons.push(lesson);
    }
    let (trained, _) = fill(args, &folder, &taught, &[], stop, global)?;
    let students = TrainedFolder::open(folder.path())?;
    let mut distilled: Vec<Option<Distilled>> = vec![None; locales.len()];
    train_locales(&alone, &settings(args), threads(args), stop, |number, model, _| {
        let student = match students.part(locales[number].locale())? {
            LocalePart::Linear(student) => student,
            LocalePart::Memory(_) => return Ok(()),
        };
        let bytes = trained[number].bytes;
        let of = Compared { teacher: &teacher, rows: &locales[number], lesson: lessons[number] };
        distilled[number] = Some(of.measured(student, &model, bytes));
        Ok::<(), Failure>(())
    })?;
    drop(students);
    folder.finish()?;
    let distilled: Vec<Distilled> = distilled.into_iter().flatten().collect();
    output::print(&match args.format {
        CheckFormat::Table => table(&distilled),
        CheckFormat::Json => json(&Document {
            format: "massive-train/1",
            folder: output.display().to_string(),
            seed: args.seed,
            labels: args.labels.to_string(),
            from: Vec::new(),
            locales: trained,
            distillation: Some(distilled),
        })?,
    })
}

/// Adds the rows of the text without labels to their locales.
fn add_unlabelled(args: &TrainArgs, locales: &mut Vec<NamedLocale>) -> Result<()> {
    let Some(path) = &args.unlabelled else { return Ok(()) };
    let options = args.source.forms.options(Some(Partition::HeldOut));
    let selection = Selection { locales: LocaleFilter::ALL, partition: None };
    let corpus = Corpus::open_with(path, &options)?.select(selection).detail(Detail::Labels);
    for found in read_locales(&corpus, args.labels, |_| true)? {
        match locales.iter_mut().find(|one| one.locale() == found.locale()) {
            Some(known) => known.append(found)?,
            None => locales.push(found),
        }
    }
    Ok(())
}

/// What teacher and students are compared on.
struct Compared<'a> {
    teacher: &'a Teacher,
    rows: &'a NamedLocale,
    lesson: Lesson,
}

impl Compared<'_> {
    fn measured(&self, student: &LocaleModel, alone: &LocaleModel, bytes: u64) -> Distilled {
        let (teacher_rows, taught_right) = self.teacher.exact_matches(self.rows, Partition::Test);
        let started = Instant::now();
        let student = student.exact_matches(self.rows, Partition::Test);
        let test_rows = student.len();
        let microseconds = started.elapsed().as_secs_f64() * 1e6 / test_rows.max(1) as f64;
        let alone = alone.exact_matches(self.rows, Partition::Test);
        let measured = |matches: &[bool]| {
            let right = matches.iter().filter(|right| **right).count();
            Measured::of(right as f64, matches.len())
        };
        let (with, without) = (measured(&student), measured(&alone));
        let change = with.zip(without).and_then(|(with, without)| {
            let (with, without) = (1.0 - with.ex_match_acc, 1.0 - without.ex_match_acc);
            (without > 0.0).then(|| with / without - 1.0)
        });
        Distilled {
            locale: self.rows.locale().to_owned(),
            labelled: self.lesson.labelled,
            taught: self.lesson.taught,
            test_rows,
            teacher_rows,
            teacher: Measured::of(taught_right as f64, teacher_rows),
            student: with,
            alone: without,
            relative_error_change: change,
            difference: Difference::of(&student, &alone),
            bytes,
            microseconds: (test_rows > 0).then_some(microseconds),
        }
    }
}

fn table(all: &[Distilled]) -> String {
    let mut text = String::from(
        "                                 exact match on test, per cent\n \
         locale      labelled  taught       teacher       student   without it    difference  errors    MB  µs\n\
         ─────────────────────────────────────────────────────────────────────────────────────────────────────\n",
    );
    let cell = |measured: Option<Measured>| {
        measured.map_or_else(
            || "–".to_owned(),
            |one| {
                let arm = (one.ci95[1] - one.ci95[0]) / 2.0;
                format!("{:.1} ± {:.1}", 100.0 * one.ex_match_acc, 100.0 * arm)
            },
        )
    };
    for one in all {
        let change = one
            .relative_error_change
            .map_or_else(|| "–".to_owned(), |change| format!("{:+.1} %", 100.0 * change));
        let difference = one.difference.map_or_else(
            || "–".to_owned(),
            |one| {
                let arm = (one.ci95[1] - one.ci95[0]) / 2.0;
                format!("{:+.1} ± {:.1}", 100.0 * one.ex_match_acc, 100.0 * arm)
            },
        );
        let speed = one.microseconds.map_or_else(|| "–".to_owned(), |time| format!("{time:.0}"));
        let _ = writeln!(
            text,
            " {:<10} {:>9} {:>7} {:>13} {:>13} {:>12} {:>13} {:>7} {:>5.2} {:>3}",
            one.locale,
            one.labelled,
            one.taught,
            cell(one.teacher),
            cell(one.student),
            cell(one.alone),
            difference,
            change,
            one.bytes as f64 / 1e6,
            speed
        );
    }
    text
}
