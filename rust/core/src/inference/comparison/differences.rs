//! The differences of two models at one k, or of a problem's ends along a run, and the intervals of their mean.
//!
//! Over P problems with d the difference of a problem, Student's interval takes
//! ```text
//! se^2 = sum (d - mean)^2 / (P (P - 1))
//! ```
//! Problems that come in G clusters become G units (pseudo-values) of the same mean,
//! ```text
//! u_g = mean + (G / P) sum_{i in g} (d_i - mean)
//! ```
//! whose standard error, by the same formula, is the cluster-robust one (Miller, "Adding error bars to evals", 2024,
//! with the factor G/(G-1)); all else treats units as problems.
//!
//! Where few differences are not 0 Student's interval is too narrow; `gains` has another.

use super::inversion::p_of_bca;
use super::matched::Matched;
use crate::dd::Dd;
use crate::inference::clusters::Clusters;
use crate::inference::distributions::student_critical;
use crate::inference::intervals::{Interval, bca, lattice, percentile, percentile_p};
use crate::inference::moments::{Moments, distinct, effective};
use crate::inference::row::Label;

/// Differences closer than this, relative to the greatest value, differ by rounding only.
pub(super) const SAME: f64 = 4.0 * f64::EPSILON;

/// What is known of the differences at one k.
#[derive(Clone, Debug)]
pub(super) struct Differences {
    pub a: f64,
    pub b: f64,
    /// a - b
    pub mean: f64,
    /// How many problems, or clusters, vary.
    pub units: u64,
    /// NaN below two units, 0 exactly where all agree.
    pub se: f64,
    /// How many units the variance rests on, an unseen one at -1 or 1 included.
    pub effective: f64,
    /// What changes its sign where the models are alike: multiplicity and sum of d, one row a unit.
    pub totals: Vec<(u64, f64)>,
    /// Multiplicity and difference of each unit, rows of the resampler; NaN for one that has no k samples.
    pub values: Vec<(u64, f64)>,
    /// Deviations of the units from the mean over the root of their sum of squares, 0 for one without; empty where
    /// all agree.
    pub scores: Vec<f64>,
}

impl Differences {
    pub(super) fn new(matched: &Matched, k: usize) -> Self {
        let [a, b] = [0, 1].map(|model| mean(matched.of_model(model, k)));
        let exact: Vec<(usize, u64, Dd)> = matched
            .at(k)
            .map(|(row, cell)| {
                let at = row * matched.ks.len() + k;
                (row, cell.multiplicity, Dd::sum(matched.values[0][at], -matched.values[1][at]))
            })
            .collect();
        let largest =
            matched.of_model(0, k).chain(matched.of_model(1, k)).fold(0.0, |top, (_, h)| h.max(top));
        Self { a, b, ..Self::of_rows(matched.cells.len(), &exact, matched.clusters.as_ref(), largest) }
    }

    /// One difference a problem, which need not be of two models: `a` and `b` are NaN. The values behind them are up
    /// to `largest`.
    pub(super) fn of_problems(differences: &[Dd], clusters: Option<&Clusters>, largest: f64) -> Self {
        let exact: Vec<(usize, u64, Dd)> =
            differences.iter().enumerate().map(|(row, &d)| (row, 1, d)).collect();
        Self::of_rows(exact.len(), &exact, clusters, largest)
    }

    /// From the place, multiplicity and difference of each row that has one.
    fn of_rows(rows: usize, exact: &[(usize, u64, Dd)], clusters: Option<&Clusters>, largest: f64) -> Self {
        let problems: u64 = exact.iter().map(|&(_, m, _)| m).sum();
        let total = exact.iter().fold(Dd::ZERO, |sum, &(_, m, d)| sum + d.mul_f64(m as f64));
        let mean = total.div_f64(problems as f64);
        let noise = SAME * largest;
        let units = match clusters {
            None => alone(rows, exact, mean, noise),
            Some(clusters) => together(clusters, exact, mean, noise),
        };
        Self::of_units(units, mean.to_f64())
    }

    fn of_units(units: Units, mean: f64) -> Self {
        let Units { values, deviations, totals, size } = units;
        let there = || values.iter().zip(&deviations).filter(|((_, d), _)| !d.is_nan());
        let count: u64 = there().map(|((m, _), _)| m).sum();
        let sum_of = |term: &dyn Fn(f64) -> f64| {
            there()
                .fold(Dd::ZERO, |sum, (&(m, _), &deviation)| sum + Dd::product(m as f64, term(deviation)))
                .to_f64()
        };
        let powers =
            [2, 3, 4].map(|power| sum_of(&|deviation| (1..power).fold(deviation, |d, _| d * deviation)));
        let [squares, ..] = powers;
        let freedom = if count > 1 { (count - 1) as f64 } else { f64::NAN };
        let root = squares.sqrt();
        let score = |&deviation: &f64| if deviation.is_nan() { 0.0 } else { deviation / root };
        Self {
            a: f64::NAN,
            b: f64::NAN,
            mean,
            units: count,
            se: (squares / freedom / count as f64).sqrt(),
            effective: effective(powers, count, [-size * (1.0 + mean), size * (1.0 - mean)]),
            totals,
            scores: if squares > 0.0 { deviations.iter().map(score).collect() } else { Vec::new() },
            values,
        }
    }

    /// What turns a sum of scores into a deviation of the mean.
    pub(super) fn scale(&self) -> f64 {
        self.se * ((self.units - 1) as f64 / self.units as f64).sqrt()
    }

    /// The units that have k samples: distinct differences in ascending order, and how many of each.
    pub(super) fn distinct(&self) -> Vec<(u64, f64)> {
        distinct(self.values.iter().copied().filter(|(_, d)| !d.is_nan()).collect())
    }

    /// The same of the sums over units.
    pub(super) fn distinct_totals(&self) -> Vec<(u64, f64)> {
        distinct(self.totals.iter().copied().filter(|(_, d)| !d.is_nan()).collect())
    }

    /// `mean` +- t `se`, cut to \[-1, 1\].
    pub(super) fn t(&self, level: f64) -> Interval {
        symmetric(self.mean, student_critical(level, self.units - 1) * self.se, Label::T)
    }

    /// Percentiles of the bootstrap's law, smooth or with its atoms, or `BCa`, at some levels; and the p-value that
    /// belongs to the first, from that of the law with its atoms.
    pub(super) fn resampled(&self, label: Label, levels: [f64; 2], with_atoms: f64) -> ([Interval; 2], f64) {
        // The law of values in [0, 2].
        let values: Vec<(u64, f64)> = self.distinct().into_iter().map(|(m, d)| (m, d + 1.0)).collect();
        let values = values.iter().copied();
        let moments = Moments::new(values.clone(), 2.0);
        let intervals = levels.map(|level| {
            let Interval { lower, upper, method, reason } = match label {
                Label::Percentile => percentile(values.clone(), level, 2.0),
                Label::Lattice => lattice(values.clone(), level, 2.0),
                _ => bca(values.clone(), &moments, level, 2.0),
            };
            Interval { lower: lower - 1.0, upper: upper - 1.0, method, reason }
        });
        let smooth = || percentile_p(values.clone(), levels[0], 1.0).unwrap_or(with_atoms);
        // Of one sign no resample reaches 0, and the signs alone tell how little that says.
        let one_way = values.clone().all(|(_, d)| d > 1.0) || values.clone().all(|(_, d)| d < 1.0);
        let p = match intervals[0].method {
            _ if one_way => with_atoms,
            Label::Percentile => smooth(),
            Label::Bca => p_of_bca(self.mean, smooth(), moments.acceleration),
            _ => with_atoms,
        };
        (intervals, p)
    }
}

/// `centre` +- `margin`, cut to \[-1, 1\].
fn symmetric(centre: f64, margin: f64, method: Label) -> Interval {
    Interval::new((centre - margin).max(-1.0), (centre + margin).min(1.0), method)
}

fn mean(values: impl Iterator<Item = (u64, f64)> + Clone) -> f64 {
    let problems = values.clone().map(|(m, _)| m).sum::<u64>();
    let total = values.fold(Dd::ZERO, |sum, (m, h)| sum + Dd::product(m as f64, h));
    total.div_f64(problems as f64).to_f64()
}

/// What varies, one row a unit: multiplicity and difference, the deviation from the mean, and the sum of differences.
struct Units {
    values: Vec<(u64, f64)>,
    deviations: Vec<f64>,
    totals: Vec<(u64, f64)>,
    /// The weight of the unit that a problem is in, on average, in problems.
    size: f64,
}

/// Each cell a unit.
fn alone(cells: usize, exact: &[(usize, u64, Dd)], mean: Dd, noise: f64) -> Units {
    let (mut values, mut deviations) = (vec![(0, f64::NAN); cells], vec![f64::NAN; cells]);
    let ends = exact.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), (_, _, d)| {
        (least.min(d.to_f64()), greatest.max(d.to_f64()))
    });
    let agree = ends.1 - ends.0 <= noise;
    for &(row, m, d) in exact {
        values[row] = (m, d.to_f64());
        deviations[row] = if agree { 0.0 } else { (d - mean).to_f64() };
    }
    Units { totals: values.clone(), values, deviations, size: 1.0 }
}

/// Each cluster a unit, of its pseudo-value.
fn together(clusters: &Clusters, exact: &[(usize, u64, Dd)], mean: Dd, noise: f64) -> Units {
    let mut terms = vec![Dd::ZERO; clusters.of_problem.len()];
    let (mut deviations, mut sizes) = (terms.clone(), vec![0.0; clusters.count]);
    for &(row, _, d) in exact {
        (terms[row], deviations[row]) = (d, d - mean);
        sizes[clusters.of_problem[row]] += 1.0;
    }
    let (problems, count) = (exact.len() as f64, sizes.iter().filter(|&&size| size > 0.0).count() as f64);
    let (totals, sums) = (clusters.sums(terms.into_iter()), clusters.sums(deviations.into_iter()));
    let agree = sums.iter().all(|sum| sum.to_f64().abs() <= noise * problems);
    let squares: f64 = sizes.iter().map(|size| size * size).sum();
    let mut units = Units {
        values: Vec::new(),
        deviations: Vec::new(),
        totals: Vec::new(),
        size: count / problems * squares / problems,
    };
    for ((sum, total), size) in sums.iter().zip(&totals).zip(sizes) {
        let there = size > 0.0;
        let share = sum.mul_f64(count).div_f64(problems);
        let deviation = if agree { 0.0 } else { share.to_f64() };
        let or_nan = |value: f64| if there { value } else { f64::NAN };
        units.deviations.push(or_nan(deviation));
        units.values.push((u64::from(there), or_nan(mean.to_f64() + deviation)));
        units.totals.push((u64::from(there), or_nan(total.to_f64())));
    }
    units
}
