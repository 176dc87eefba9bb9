//! Intervals from the law of the mean of P problems drawn with replacement.
//!
//! Efron, "Better bootstrap confidence intervals" (1987). The law is known, so nothing is drawn but where Student's
//! ratio is bootstrapped or resamples are asked for. For a mean the bias correction equals the acceleration a to
//! second order, and `BCa` reads the law at
//! ```text
//! Phi(a + (a + z) / (1 - a (a + z)))
//! ```

use super::Interval;
use crate::inference::distributions::{normal_cdf, normal_quantile};
use crate::inference::law::{Lattice, Part, Smooth};
use crate::inference::moments::Moments;
use crate::inference::row::Label;

/// For a law that is neither smooth nor on a lattice: some 10 milliseconds.
const WORK: f64 = 8_388_608.0;

/// A smooth law is right to this much of 1 and better.
const FAR: f64 = 1e-6;

/// Why an interval is not `BCa`.
pub(super) const TOO_SKEWED: Option<&str> = Some("too skewed for bca");

/// The law of the sum of a resample.
enum Law {
    Smooth(Smooth),
    Lattice(Lattice),
}

/// Quantiles of the mean of a resample.
struct Means {
    law: Law,
    problems: f64,
    max: f64,
}

impl Means {
    /// For intervals with that much of the law in each tail.
    fn new(values: impl Iterator<Item = (u64, f64)> + Clone, tail: f64, max: f64) -> Self {
        let parts = [Part::resample(values)];
        // A law of a few values in different proportions is a lattice with wide steps.
        let law = Smooth::new(&parts, tail).map_or_else(|| atoms(&parts), Law::Smooth);
        Self { law, problems: parts[0].multiplicity as f64, max }
    }

    fn with_atoms(values: impl Iterator<Item = (u64, f64)> + Clone, max: f64) -> Self {
        let parts = [Part::resample(values)];
        Self { law: atoms(&parts), problems: parts[0].multiplicity as f64, max }
    }

    /// In \[0, max\]: the law of the sum reaches a rounding error beyond.
    fn quantile(&self, p: f64) -> f64 {
        let sum = match &self.law {
            Law::Smooth(law) => law.quantile(p),
            Law::Lattice(law) => law.quantile(p),
        };
        (sum / self.problems).clamp(0.0, self.max)
    }

    fn interval(&self, low: f64, high: f64, label: Label) -> Interval {
        let reason = match (&self.law, label) {
            (Law::Lattice(_), Label::Percentile | Label::Basic | Label::Bca) => {
                Some("too few outcomes for a smooth law")
            }
            _ => None,
        };
        Interval::new(self.quantile(low), self.quantile(high), label).because(reason)
    }
}

fn atoms(parts: &[Part]) -> Law {
    Law::Lattice(Lattice::new(parts).unwrap_or_else(|| Lattice::split(parts, WORK)))
}

/// The percentiles of the smooth law.
pub(crate) fn percentile(values: impl Iterator<Item = (u64, f64)> + Clone, level: f64, max: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    Means::new(values, tail, max).interval(tail, 1.0 - tail, Label::Percentile)
}

/// One less the level at which an end of that interval is x; none where the law is not smooth, or p is in its far tail.
pub(crate) fn percentile_p(
    values: impl Iterator<Item = (u64, f64)> + Clone,
    level: f64,
    x: f64,
) -> Option<f64> {
    let parts = [Part::resample(values)];
    let below = Smooth::new(&parts, 0.5 * (1.0 - level))?.below(x * parts[0].multiplicity as f64);
    let p = 2.0 * below.min(1.0 - below);
    (p > FAR).then_some(p)
}

/// The percentiles of the law with its atoms.
pub(crate) fn lattice(values: impl Iterator<Item = (u64, f64)> + Clone, level: f64, max: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    Means::with_atoms(values, max).interval(tail, 1.0 - tail, Label::Lattice)
}

/// The percentiles mirrored at the estimate, cut to the range.
pub(crate) fn basic(
    values: impl Iterator<Item = (u64, f64)> + Clone,
    estimate: f64,
    level: f64,
    max: f64,
) -> Interval {
    let tail = 0.5 * (1.0 - level);
    let Interval { lower, upper, reason, .. } =
        Means::new(values, tail, max).interval(tail, 1.0 - tail, Label::Basic);
    let mirrored = |end: f64| (2.0 * estimate - end).clamp(0.0, max);
    Interval::new(mirrored(upper), mirrored(lower), Label::Basic).because(reason)
}

/// The `BCa` interval; percentiles where the correction does not exist.
pub(crate) fn bca(
    values: impl Iterator<Item = (u64, f64)> + Clone,
    moments: &Moments,
    level: f64,
    max: f64,
) -> Interval {
    match bca_levels(moments.acceleration, level) {
        Some((low, high)) => Means::new(values, 0.5 * (1.0 - level), max).interval(low, high, Label::Bca),
        None => percentile(values, level, max).because(TOO_SKEWED),
    }
}

/// Where the law is read for `BCa` with the acceleration a; none where that is beyond its ends.
pub(super) fn bca_levels(a: f64, level: f64) -> Option<(f64, f64)> {
    let z = normal_quantile(0.5 + 0.5 * level);
    let corrected = |z: f64| {
        let stretch = 1.0 - a * (a + z);
        (stretch > 0.0).then(|| normal_cdf(a + (a + z) / stretch)).filter(|&p| p > 0.0 && p < 1.0)
    };
    Some((corrected(-z)?, corrected(z)?))
}

/// The percentiles of resampled means.
#[must_use]
pub(crate) fn monte_carlo(means: &mut [f64], level: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    let lower = quantile(means, tail);
    Interval::new(lower, quantile(means, 1.0 - tail), Label::Bootstrap)
}

/// Student's ratio bootstrapped, from each resample's mean deviation and mean squared deviation.
pub(crate) fn studentized(
    deviations: &mut [f64],
    squares: &[f64],
    moments: &Moments,
    level: f64,
    max: f64,
) -> Interval {
    let freedom = (moments.problems - 1) as f64;
    for (deviation, square) in deviations.iter_mut().zip(squares) {
        let variance = (square - *deviation * *deviation) / freedom;
        // A resample of problems that are all alike is as far out as can be, on the side of its mean.
        *deviation = match variance > 1e-14 * square {
            true => *deviation / variance.sqrt(),
            false if *deviation == 0.0 => 0.0,
            false => f64::INFINITY.copysign(*deviation),
        };
    }
    let tail = 0.5 * (1.0 - level);
    let end = |p: f64, ratios: &mut [f64]| (moments.mean - quantile(ratios, p) * moments.se).clamp(0.0, max);
    let lower = end(1.0 - tail, deviations);
    Interval::new(lower, end(tail, deviations), Label::Studentized)
}

/// `NumPy`'s default quantile: linear between order statistics, to the bit.
pub(crate) fn quantile(values: &mut [f64], level: f64) -> f64 {
    let position = level * (values.len() - 1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "below the length of a slice"
    )]
    let index = position as usize;
    let share = position - index as f64;
    let (_, &mut low, above) = values.select_nth_unstable_by(index, f64::total_cmp);
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    let gap = high - low;
    // Between equal infinities there is nothing to interpolate.
    if gap.is_nan() || share == 0.0 {
        return low;
    }
    if share >= 0.5 { high - gap * (1.0 - share) } else { low + gap * share }
}

#[cfg(test)]
mod tests {
    use super::{basic, bca, lattice, percentile};
    use crate::inference::law::tests::example;
    use crate::inference::moments::Moments;
    use crate::inference::row::Label;

    fn close(actual: f64, expected: f64) {
        assert!((actual - expected).abs() < 1e-6, "{actual} for {expected}");
    }

    #[test]
    fn bca_of_the_worked_example() {
        for (k, lower, upper) in [(1, 0.188_238, 0.453_218), (4, 0.336_935, 0.647_918)] {
            let values = example(k);
            let moments = Moments::new(values.iter().copied(), 1.0);
            let interval = bca(values.iter().copied(), &moments, 0.95, 1.0);
            close(interval.lower, lower);
            close(interval.upper, upper);
        }
    }

    #[test]
    fn basic_mirrors_percentiles() {
        let values = example(4);
        let (p, b) =
            (percentile(values.iter().copied(), 0.9, 1.0), basic(values.iter().copied(), 0.493, 0.9, 1.0));
        assert!((b.lower - (0.986 - p.upper)).abs() < 1e-15 && (b.upper - (0.986 - p.lower)).abs() < 1e-15);
        assert_eq!((p.method, b.method), (Label::Percentile, Label::Basic));
    }

    #[test]
    fn few_outcomes_have_no_smooth_law() {
        let values = [(29, 1.0), (1, 0.0)];
        let interval = percentile(values.into_iter(), 0.95, 1.0);
        let exact = lattice(values.into_iter(), 0.95, 1.0);
        assert_eq!(interval.reason, Some("too few outcomes for a smooth law"));
        assert_eq!((interval.lower, interval.upper), (exact.lower, exact.upper));
        assert_eq!((exact.method, exact.reason), (Label::Lattice, None));
        // Binomial(30, 1/30) at .975 is 3.
        close(exact.lower, 0.9);
        close(exact.upper, 1.0);
    }
}
