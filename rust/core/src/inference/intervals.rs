//! Confidence intervals for the mean of P values in \[0, max\].
//!
//! Percentile and `BCa`: Efron, "Better bootstrap confidence intervals" (1987); `BCa` reads the replicates at
//! ```text
//! Phi(z0 + (z0 + z) / (1 - a (z0 + z))),  z0 = Phi^-1(share of replicates below the estimate)
//! ```
//! Gamma: Fay & Feuer (1997) with mid-p, for sum S and sum of squares Q of the distances d of the minority side,
//! ```text
//! lower = Q / (P S) G(alpha/2; S^2 / Q)
//! upper = (Q + 1/2) / (P (S + 1/2)) G(1 - alpha/2; (S + 1/2)^2 / (Q + 1/2)),  G(p; shape) a gamma quantile
//! ```

use super::moments::{Minority, Moments};
use super::quantiles::{gamma_quantile, normal_cdf, normal_quantile, student_critical};
use super::spec::{Label, Method};

/// An interval and how it was made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// How it was made, or why there is none.
    pub method: Label,
}

impl Interval {
    /// No interval, and why.
    #[must_use]
    pub(crate) fn none(reason: Label) -> Self {
        Self { lower: f64::NAN, upper: f64::NAN, method: reason }
    }

    /// `estimate` +- `margin`, cut to \[0, max\].
    fn symmetric(estimate: f64, margin: f64, max: f64, method: Label) -> Self {
        Self { lower: (estimate - margin).max(0.0), upper: (estimate + margin).min(max), method }
    }
}

/// How an interval over problems will be made, before any replicate is drawn.
#[must_use]
pub(crate) fn choose(method: Method, moments: &Moments) -> Label {
    match (moments.problems, method) {
        (0, _) => Label::NoProblem,
        (1, _) => Label::OneProblem,
        // All replicates would be alike, and the interval a point.
        _ if moments.sd == 0.0 => Label::Gamma,
        (problems, Method::Auto) if moments.minority.effective() < fewest_effective(problems) => Label::Gamma,
        (_, Method::Auto | Method::Bca) => Label::Bca,
        (_, Method::Percentile) => Label::Percentile,
        (_, Method::T) => Label::T,
    }
}

/// Below this many effective minority problems, of so many `units`, the others undercover (docs/intervals.md).
pub(super) fn fewest_effective(units: u64) -> f64 {
    if units < 100 { 10.0 } else { 20.0 }
}

/// `estimate` +- t `se`, cut to \[0, max\].
#[must_use]
pub(crate) fn t(estimate: f64, se: f64, freedom: u64, level: f64, max: f64) -> Interval {
    Interval::symmetric(estimate, student_critical(level, freedom) * se, max, Label::T)
}

/// `estimate` +- z `se`, cut to \[0, max\].
#[must_use]
pub(crate) fn normal(estimate: f64, se: f64, level: f64, max: f64) -> Interval {
    Interval::symmetric(estimate, normal_quantile(0.5 + 0.5 * level) * se, max, Label::Normal)
}

/// The mid-p gamma interval for P units.
#[must_use]
pub(crate) fn gamma(minority: &Minority, units: u64, level: f64, max: f64) -> Interval {
    let Minority { flipped, sum, squares } = *minority;
    let tail = 0.5 * (1.0 - level);
    let units = units as f64;
    let near =
        if sum > 0.0 { squares / (units * sum) * gamma_quantile(tail, minority.effective()) } else { 0.0 };
    let (sum, squares) = (sum + 0.5, squares + 0.5);
    let far = (squares / (units * sum) * gamma_quantile(1.0 - tail, sum * sum / squares)).min(1.0);
    let (lower, upper) = if flipped { (1.0 - far, 1.0 - near) } else { (near, far) };
    Interval { lower: max * lower, upper: max * upper, method: Label::Gamma }
}

/// The percentiles of the replicates.
#[must_use]
pub(crate) fn percentile(replicates: &mut [f64], level: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    let lower = quantile(replicates, tail);
    Interval { lower, upper: quantile(replicates, 1.0 - tail), method: Label::Percentile }
}

/// The `BCa` interval; percentiles where the correction does not exist.
///
/// The replicates are sums of `cells` terms, each rounded: one that equals the estimate in exact arithmetic is
/// within `cells` ulps of it, and counts as a tie, half below and half above. Without this, rounding decides on
/// which side the atom at the estimate lies, and moves z0 by up to 0.19 where 18 of 30 problems are solved.
#[must_use]
pub(crate) fn bca(replicates: &mut [f64], moments: &Moments, cells: usize, level: f64) -> Interval {
    let noise = cells as f64 * f64::EPSILON * moments.mean;
    let weight = |&replicate: &f64| match replicate - moments.mean {
        difference if difference < -noise => 2,
        difference if difference <= noise => 1,
        _ => 0,
    };
    let below = replicates.iter().map(weight).sum::<u64>() as f64 / (2 * replicates.len()) as f64;
    if below <= 0.0 || below >= 1.0 {
        return percentile(replicates, level);
    }
    let z0 = normal_quantile(below);
    let z = normal_quantile(0.5 + 0.5 * level);
    let corrected = |z: f64| {
        let stretch = 1.0 - moments.acceleration * (z0 + z);
        (stretch > 0.0).then(|| normal_cdf(z0 + (z0 + z) / stretch))
    };
    let (Some(low), Some(high)) = (corrected(-z), corrected(z)) else {
        return percentile(replicates, level);
    };
    Interval { lower: quantile(replicates, low), upper: quantile(replicates, high), method: Label::Bca }
}

/// `NumPy`'s default quantile: linear between order statistics, to the bit.
pub(super) fn quantile(values: &mut [f64], level: f64) -> f64 {
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
    if share >= 0.5 { high - gap * (1.0 - share) } else { low + gap * share }
}

#[cfg(test)]
mod tests {
    use super::gamma;
    use crate::inference::moments::Moments;

    #[test]
    fn gamma_intervals_are_scipys() {
        // 30 problems of 8 samples; SciPy 1.17.1: the formula with scipy.stats.chi2.ppf
        let solved = [(12, 0_u64), (5, 1), (3, 2), (4, 4), (2, 7), (4, 8)];
        let expected = [
            (0.95, 1, 0.158_414_210_348_915_7, 0.519_909_230_187_362_1),
            (0.95, 4, 0.286_675_519_326_709_5, 0.776_461_404_905_96),
            (0.95, 8, 0.322_558_847_995_413_34, 0.793_314_163_042_592_7),
            (0.99, 8, 0.217_868_497_331_987_65, 0.835_229_441_629_308_9),
        ];
        for (level, k, lower, upper) in expected {
            let pass = |c: u64| {
                1.0 - (0..k).map(|i| (8 - c).saturating_sub(i) as f64 / (8 - i) as f64).product::<f64>()
            };
            let moments = Moments::new(solved.iter().map(|&(m, c)| (m, pass(c))), 1.0);
            let interval = gamma(&moments.minority, 30, level, 1.0);
            assert!((interval.lower - lower).abs() < 1e-12 && (interval.upper - upper).abs() < 1e-12);
        }
    }
}
