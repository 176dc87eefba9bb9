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
//! Where few differences are not 0 Student's interval is too narrow, and MOVER (Zou & Donner 2008) joins the gamma
//! intervals [l, u] of both models; leaving out their correlation makes it wide:
//! ```text
//! lower = mean - sqrt((a - l_a)^2 + (u_b - b)^2),  upper = mean + sqrt((u_a - a)^2 + (b - l_b)^2)
//! ```

use super::clusters::Clusters;
use super::intervals::{Interval, gamma};
use super::matched::Matched;
use super::moments::{Minority, Moments};
use super::quantiles::student_critical;
use super::row::Label;
use crate::dd::Dd;

/// Differences closer than this, relative to the greatest value, differ by rounding only.
const SAME: f64 = 4.0 * f64::EPSILON;

/// Below this many effective differences Student's interval undercovers (docs/compare.md).
const FEWEST_EFFECTIVE: f64 = 10.0;

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

    /// Whether too few units differ for Student's interval.
    pub(super) fn are_few(&self) -> bool {
        self.effective < FEWEST_EFFECTIVE
    }

    /// The units that have k samples: distinct differences in ascending order, and how many of each.
    pub(super) fn distinct(&self) -> Vec<(u64, f64)> {
        let mut values: Vec<(u64, f64)> = self.values.iter().copied().filter(|(_, d)| !d.is_nan()).collect();
        values.sort_unstable_by(|(_, d), (_, other)| d.total_cmp(other));
        values.dedup_by(|(more, d), (m, other)| {
            let same = d == other;
            *m += u64::from(same) * *more;
            same
        });
        values
    }

    /// `mean` +- t `se`, cut to \[-1, 1\].
    pub(super) fn t(&self, level: f64) -> Interval {
        symmetric(self.mean, student_critical(level, self.units - 1) * self.se, Label::T)
    }

    /// The MOVER interval from the minority sides of both models.
    pub(super) fn mover(&self, minority: &[Minority; 2], level: f64) -> Interval {
        let [a, b] = [0, 1].map(|model| gamma(&minority[model], self.units, level, 1.0));
        let below = libm::hypot(self.a - a.lower, b.upper - self.b);
        let above = libm::hypot(a.upper - self.a, self.b - b.lower);
        Interval::new(self.mean - below, self.mean + above, Label::Mover)
    }
}

/// `centre` +- `margin`, cut to \[-1, 1\].
pub(super) fn symmetric(centre: f64, margin: f64, method: Label) -> Interval {
    Interval::new((centre - margin).max(-1.0), (centre + margin).min(1.0), method)
}

/// The minority sides of both models, over the problems or the clusters of a k.
pub(super) fn minorities(matched: &Matched, k: usize) -> [Minority; 2] {
    let clusters = matched.clusters.as_ref().map(|_| {
        let of_problem: Vec<u64> = matched.at(k).map(|(_, cell)| cell.cluster).collect();
        Clusters::new(&of_problem)
    });
    [0, 1].map(|model| {
        let values = matched.of_model(model, k);
        let minority = Moments::new(values.clone(), 1.0).minority;
        match &clusters {
            None => minority,
            Some(clusters) => clusters.minority(values.map(|(_, h)| h), minority.flipped, 1.0),
        }
    })
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
