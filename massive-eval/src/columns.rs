//! What a metric is made of: columns of counts, and a fold of their sums.
//!
//! Every metric here is a mean of ratios. A row adds a part and a whole to one
//! or more classes ([`Cell`]); the ratio of a class is its part divided by its
//! whole, once both are summed ([`Sums`]). An accuracy and a pooled F1 have one
//! class; an F1 averaged over intents has one for each intent.
//!
//! Since the value is a smooth function of the sums, what a row or a cluster of
//! rows adds to it is known to first order: its [residual](Linear::residual), the
//! gradient of the fold times the row's cells. Intervals and comparisons follow
//! from residuals alone, so that a new metric is columns and an [`Average`] and
//! nothing else (linearisation; Särndal, Swensson & Wretman 1992, section 5.5).

use std::ops::AddAssign;

/// What one row adds to one class of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// The class, from 0.
    pub class: u32,
    /// What is added to the numerator.
    pub part: f64,
    /// What is added to the denominator.
    pub whole: f64,
    /// What is added to the weight of the class ([`Average::Weighted`]).
    pub weight: f64,
}

impl Cell {
    /// A cell of a metric that has one class.
    pub fn single(part: f64, whole: f64) -> Cell {
        Cell { class: 0, part, whole, weight: 0.0 }
    }
}

/// How the ratios of the classes become one value. Classes whose whole is 0 have
/// no ratio and are left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Average {
    /// Each class weighs the same; of one class, its ratio.
    Plain,
    /// Each class weighs as much as its cells say.
    Weighted,
}

/// The columns of one metric: the cells of every row.
#[derive(Debug, Clone)]
pub struct Columns {
    /// Where the cells of each row begin, and where the last ones end.
    starts: Vec<u32>,
    cells: Vec<Cell>,
    average: Average,
}

impl Columns {
    /// Columns without rows.
    pub fn new(average: Average) -> Columns {
        Columns { starts: vec![0], cells: Vec::new(), average }
    }

    /// Adds a row.
    pub fn push(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.cells.extend(cells);
        self.starts.push(self.cells.len() as u32);
    }

    /// The cells of a row; none if there is no such row.
    pub fn row(&self, row: usize) -> &[Cell] {
        let (Some(&start), Some(&end)) = (self.starts.get(row), self.starts.get(row + 1)) else {
            return &[];
        };
        self.cells.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The sums over some rows.
    pub fn sum(&self, rows: impl IntoIterator<Item = usize>) -> Sums {
        let mut sums = Sums { classes: Vec::new(), average: self.average };
        for row in rows {
            sums.add(self.row(row));
        }
        sums
    }
}

/// The sums of a class.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
struct ClassSums {
    part: f64,
    whole: f64,
    weight: f64,
}

impl ClassSums {
    /// The ratio, unless the whole is 0, or what rounding leaves of it once
    /// fractions were taken away again.
    fn ratio(&self) -> Option<f64> {
        (self.whole > 1e-9).then(|| self.part / self.whole)
    }

    fn weight(&self, average: Average) -> f64 {
        match average {
            Average::Plain => 1.0,
            Average::Weighted => self.weight,
        }
    }
}

/// Sums of the columns of a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Sums {
    classes: Vec<ClassSums>,
    average: Average,
}

impl Sums {
    /// Adds the cells of a row.
    pub fn add(&mut self, cells: &[Cell]) {
        for cell in cells {
            let class = cell.class as usize;
            if class >= self.classes.len() {
                self.classes.resize(class + 1, ClassSums::default());
            }
            let sums = &mut self.classes[class];
            sums.part += cell.part;
            sums.whole += cell.whole;
            sums.weight += cell.weight;
        }
    }

    /// Takes the cells of a row away.
    pub fn take(&mut self, cells: &[Cell]) {
        for cell in cells {
            self.add(&[Cell {
                class: cell.class,
                part: -cell.part,
                whole: -cell.whole,
                weight: -cell.weight,
            }]);
        }
    }

    /// Makes them those of no row.
    pub fn clear(&mut self) {
        self.classes.clear();
    }

    /// Makes them the same as others, in the memory that they have.
    pub fn copy_from(&mut self, other: &Sums) {
        self.average = other.average;
        self.classes.clone_from(&other.classes);
    }

    /// The value of the metric; `None` where no class has a ratio.
    pub fn value(&self) -> Option<f64> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for class in &self.classes {
            if let Some(ratio) = class.ratio() {
                let weight = class.weight(self.average);
                sum += weight * ratio;
                weights += weight;
            }
        }
        (weights > 0.0).then(|| sum / weights)
    }

    /// The fold made ready to say what rows add to its value; `None` where there
    /// is no value.
    pub fn linear(&self) -> Option<Linear> {
        let value = self.value()?;
        let weights: f64 = self
            .classes
            .iter()
            .filter(|class| class.ratio().is_some())
            .map(|class| class.weight(self.average))
            .sum();
        let gradients = self.classes.iter().map(|class| {
            let Some(ratio) = class.ratio() else { return Gradient::default() };
            let share = class.weight(self.average) / weights;
            Gradient {
                ratio,
                part: share / class.whole,
                weight: match self.average {
                    Average::Plain => 0.0,
                    Average::Weighted => (ratio - value) / weights,
                },
            }
        });
        Some(Linear { value, gradients: gradients.collect() })
    }
}

impl AddAssign<&Sums> for Sums {
    fn add_assign(&mut self, other: &Sums) {
        if self.classes.len() < other.classes.len() {
            self.classes.resize(other.classes.len(), ClassSums::default());
        }
        for (sums, other) in self.classes.iter_mut().zip(&other.classes) {
            sums.part += other.part;
            sums.whole += other.whole;
            sums.weight += other.weight;
        }
    }
}

/// The derivative of the value by the sums of one class.
#[derive(Debug, Clone, Copy, Default)]
struct Gradient {
    ratio: f64,
    part: f64,
    weight: f64,
}

/// A fold near the sums that it was made for.
#[derive(Debug, Clone)]
pub struct Linear {
    /// The value there.
    pub value: f64,
    gradients: Vec<Gradient>,
}

impl Linear {
    /// The residual of a row: what it adds to the value, to first order. The
    /// residuals of all rows add up to 0.
    ///
    /// For a ratio with the value p it is (part − p · whole) divided by the sum
    /// of the wholes.
    pub fn residual(&self, cells: &[Cell]) -> f64 {
        let of_cell = |cell: &Cell| {
            let gradient = self.gradients.get(cell.class as usize).copied().unwrap_or_default();
            gradient.part * (cell.part - gradient.ratio * cell.whole)
                + gradient.weight * cell.weight
        };
        cells.iter().map(of_cell).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells() -> impl Strategy<Value = Vec<Cell>> {
        let cell = (0..3u32, 0..3u32, 1..4u32, 0..3u32).prop_map(|(class, part, more, weight)| {
            let part = f64::from(part);
            Cell { class, part, whole: part + f64::from(more), weight: f64::from(weight) }
        });
        prop::collection::vec(cell, 0..3)
    }

    fn columns(average: Average, rows: &[Vec<Cell>]) -> Columns {
        let mut columns = Columns::new(average);
        rows.iter().for_each(|row| columns.push(row.iter().copied()));
        columns
    }

    proptest! {
        /// The gradient against the quotient of differences, and the sum of all
        /// residuals against 0.
        #[test]
        fn residuals_are_the_gradient(
            rows in prop::collection::vec(cells(), 1..8),
            weighted: bool,
        ) {
            let average = if weighted { Average::Weighted } else { Average::Plain };
            let columns = columns(average, &rows);
            let sums = columns.sum(0..rows.len());
            let Some(linear) = sums.linear() else { return Ok(()) };
            let mut total = 0.0;
            for (at, row) in rows.iter().enumerate() {
                prop_assert_eq!(columns.row(at), &row[..]);
                let step = 1e-6;
                let scaled = |factor: f64| {
                    let mut sums = sums.clone();
                    sums.add(&row.iter().map(|cell| Cell {
                        part: factor * cell.part,
                        whole: factor * cell.whole,
                        weight: factor * cell.weight,
                        ..*cell
                    }).collect::<Vec<_>>());
                    sums.value().unwrap()
                };
                let quotient = (scaled(step) - scaled(-step)) / (2.0 * step);
                let residual = linear.residual(row);
                prop_assert!((quotient - residual).abs() < 1e-6, "{quotient} {residual}");
                total += residual;
            }
            prop_assert!(total.abs() < 1e-9);
        }

        #[test]
        fn sums_add_up(rows in prop::collection::vec(cells(), 2..8), cut in 0..8usize) {
            let columns = columns(Average::Plain, &rows);
            let cut = cut.min(rows.len());
            let mut sums = columns.sum(0..cut);
            sums += &columns.sum(cut..rows.len());
            prop_assert_eq!(sums.value(), columns.sum(0..rows.len()).value());
        }
    }

    #[test]
    fn a_weighted_mean_of_ratios() {
        let cell = |class, part, whole, weight| Cell { class, part, whole, weight };
        let rows = [vec![cell(0, 1.0, 2.0, 3.0), cell(1, 1.0, 4.0, 1.0)], vec![]];
        let value = |average| columns(average, &rows).sum(0..2).value();
        assert_eq!(value(Average::Plain), Some(0.375));
        assert_eq!(value(Average::Weighted), Some(0.4375));
        assert_eq!(columns(Average::Plain, &rows).sum(1..2).value(), None);
        assert!(columns(Average::Plain, &rows).row(7).is_empty());
    }
}
