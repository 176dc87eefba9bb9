//! The differences of two models at one k, and the intervals of their mean.
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
//! Where few differences are not 0 Student's interval is too narrow. Then MOVER (Zou & Donner 2008) joins the gamma
//! intervals [l, u] of the mean gain g and the mean loss h, the parts of d above and below 0, whose units are the
//! problems too:
//! ```text
//! lower = g - h - sqrt((g - l_g)^2 + (u_h - h)^2),  upper = g - h + sqrt((u_g - g)^2 + (h - l_h)^2)
//! ```
//! Joining the intervals of both models instead would leave out how alike they are: two to five times as wide where
//! few problems differ.

use super::matched::Matched;
use crate::dd::Dd;
use crate::inference::clusters::Clusters;
use crate::inference::distributions::student_critical;
use crate::inference::intervals::{Interval, bca, gamma, lattice, mover, percentile};
use crate::inference::moments::{Minority, Moments, minority};
use crate::inference::row::Label;

/// Differences closer than this, relative to the greatest value, differ by rounding only.
const SAME: f64 = 4.0 * f64::EPSILON;

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
    /// (sum |d|)^2 / sum d^2 over the units.
    pub effective: f64,
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
        let problems: u64 = exact.iter().map(|&(_, m, _)| m).sum();
        let total = exact.iter().fold(Dd::ZERO, |sum, &(_, m, d)| sum + d.mul_f64(m as f64));
        let mean = total.div_f64(problems as f64);
        let largest =
            matched.of_model(0, k).chain(matched.of_model(1, k)).fold(0.0, |top, (_, h)| h.max(top));
        let noise = SAME * largest;
        let units = match &matched.clusters {
            None => alone(matched.cells.len(), &exact, mean, noise),
            Some(clusters) => together(clusters, &exact, mean, noise),
        };
        Self::of_units(units, [a, b, mean.to_f64()])
    }

    fn of_units(units: Units, [a, b, mean]: [f64; 3]) -> Self {
        let Units { values, deviations } = units;
        let there = || values.iter().zip(&deviations).filter(|((_, d), _)| !d.is_nan());
        let count: u64 = there().map(|((m, _), _)| m).sum();
        let sum_of = |term: &dyn Fn(f64, f64) -> f64| {
            there()
                .fold(Dd::ZERO, |sum, (&(m, d), &deviation)| sum + Dd::product(m as f64, term(d, deviation)))
                .to_f64()
        };
        let squares = sum_of(&|_, deviation| deviation * deviation);
        let (size, power) = (sum_of(&|d, _| d.abs()), sum_of(&|d, _| d * d));
        let freedom = if count > 1 { (count - 1) as f64 } else { f64::NAN };
        let root = squares.sqrt();
        let score = |&deviation: &f64| if deviation.is_nan() { 0.0 } else { deviation / root };
        Self {
            a,
            b,
            mean,
            units: count,
            se: (squares / freedom / count as f64).sqrt(),
            effective: if power > 0.0 { size * size / power } else { 0.0 },
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
        let mut values: Vec<(u64, f64)> = self.values.iter().copied().filter(|(_, d)| !d.is_nan()).collect();
        values.sort_unstable_by(|(_, d), (_, other)| d.total_cmp(other));
        values.dedup_by(|(more, d), (m, other)| {
            let same = d.total_cmp(other).is_eq();
            *m += u64::from(same) * *more;
            same
        });
        values
    }

    /// `mean` +- t `se`, cut to \[-1, 1\].
    pub(super) fn t(&self, level: f64) -> Interval {
        symmetric(self.mean, student_critical(level, self.units - 1) * self.se, Label::T)
    }

    /// The MOVER interval from the gamma intervals of gains and losses.
    pub(super) fn mover(&self, level: f64) -> Interval {
        let [gains, losses] = [1.0, -1.0].map(|sign| Side::new(&self.values, sign));
        let ends = [&gains, &losses].map(|side| side.interval(self.units, level));
        let (lower, upper) = mover([gains.mean, losses.mean], ends);
        let shift = self.mean - (gains.mean - losses.mean);
        Interval::new((lower + shift).max(-1.0), (upper + shift).min(1.0), Label::Mover)
    }

    /// Percentiles of the bootstrap's law, smooth or with its atoms, or `BCa`.
    pub(super) fn resampled(&self, label: Label, level: f64) -> Interval {
        // The law of values in [0, 2].
        let values = self.distinct().into_iter().map(|(m, d)| (m, d + 1.0)).collect::<Vec<_>>();
        let values = values.iter().copied();
        let Interval { lower, upper, method, reason } = match label {
            Label::Percentile => percentile(values, level, 2.0),
            Label::Lattice => lattice(values, level, 2.0),
            _ => bca(values.clone(), &Moments::new(values, 2.0), level, 2.0),
        };
        Interval { lower: lower - 1.0, upper: upper - 1.0, method, reason }
    }
}

/// The gains, or the losses, of all units: their differences of one sign, others 0.
struct Side {
    mean: f64,
    minority: Minority,
}

impl Side {
    fn new(values: &[(u64, f64)], sign: f64) -> Self {
        let sizes =
            || values.iter().filter(|(_, d)| !d.is_nan()).map(move |&(m, d)| (m, (sign * d).max(0.0)));
        let moments = Moments::new(sizes(), 1.0);
        // The pseudo-value of a large cluster may be above 1, and has no distance from there.
        let flipped = moments.mean > 0.5 && sizes().all(|(_, size)| size <= 1.0);
        Self { mean: moments.mean, minority: minority(sizes(), flipped, 1.0) }
    }

    fn interval(&self, units: u64, level: f64) -> (f64, f64) {
        let Interval { lower, upper, .. } = gamma(&self.minority, units, level, 1.0);
        (lower.min(self.mean), upper.max(self.mean))
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

/// What varies, one row a unit: multiplicity and difference, and the deviation from the mean.
struct Units {
    values: Vec<(u64, f64)>,
    deviations: Vec<f64>,
}

/// Each cell a unit.
fn alone(cells: usize, exact: &[(usize, u64, Dd)], mean: Dd, noise: f64) -> Units {
    let mut units = Units { values: vec![(0, f64::NAN); cells], deviations: vec![f64::NAN; cells] };
    let ends = exact.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, greatest), (_, _, d)| {
        (least.min(d.to_f64()), greatest.max(d.to_f64()))
    });
    let agree = ends.1 - ends.0 <= noise;
    for &(row, m, d) in exact {
        units.values[row] = (m, d.to_f64());
        units.deviations[row] = if agree { 0.0 } else { (d - mean).to_f64() };
    }
    units
}

/// Each cluster a unit, of its pseudo-value.
fn together(clusters: &Clusters, exact: &[(usize, u64, Dd)], mean: Dd, noise: f64) -> Units {
    let mut terms = vec![Dd::ZERO; clusters.of_problem.len()];
    let mut there = vec![false; clusters.count];
    for &(row, _, d) in exact {
        terms[row] = d - mean;
        there[clusters.of_problem[row]] = true;
    }
    let count = there.iter().filter(|&&there| there).count() as f64;
    let sums = clusters.sums(terms.into_iter());
    let agree = sums.iter().all(|sum| sum.to_f64().abs() <= noise * exact.len() as f64);
    let mut units = Units { values: Vec::new(), deviations: Vec::new() };
    for (sum, there) in sums.iter().zip(there) {
        let share = sum.mul_f64(count).div_f64(exact.len() as f64);
        let deviation = if agree { 0.0 } else { share.to_f64() };
        units.deviations.push(if there { deviation } else { f64::NAN });
        units.values.push((u64::from(there), if there { mean.to_f64() + deviation } else { f64::NAN }));
    }
    units
}
