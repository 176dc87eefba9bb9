//! Intervals with a formula.
//!
//! Wilson (1927) for n problems that are solved or not, n such that their mean has this standard error:
//! ```text
//! (m + t^2/2n +- t sqrt(m(1-m)/n + t^2/4n^2)) / (1 + t^2/n),  n = max(P - 1, m(1-m) / se^2)
//! ```
//! Gamma: Fay & Feuer (1997) with half of their step to the far end, for sum S and sum of squares Q of the distances d
//! of the minority side,
//! ```text
//! lower = Q / (P S) G(alpha/2; S^2 / Q)
//! upper = (Q + 1/2) / (P (S + 1/2)) G(1 - alpha/2; (S + 1/2)^2 / (Q + 1/2)),  G(p; shape) a gamma quantile
//! ```
//! Beta: the same idea for both ends of a range. Either end x, 0 or 1, is a quantile of the beta law with the moments
//! of the mean as they would be with w = 0.7 of a problem more, which is at x:
//! ```text
//! y = (P m + w x) / (P + w),  V = (sum (h - y)^2 + w (x - y)^2) / ((P + w) (P + w - 1)),  n = y (1-y) / V
//! lower = B(alpha/2; n y, n (1-y)) of x = 0,  upper = B(1 - alpha/2; n y, n (1-y)) of x = 1,  B a beta quantile
//! ```
//! n is the effective sample size of Korn & Graubard (1998). Where values are 0 or 1, a whole problem more would give
//! about Clopper & Pearson's interval (1934), and 0.7 of one gives about its mid-p version. G clusters take 0.7 of a
//! cluster more, of the size b that a problem's cluster has on average; with s the sizes and r the sums over a cluster
//! of h - y,
//! ```text
//! b = sum s^2 / P,  y = (P m + w b x) / (P + w b)
//! V = (sum r^2 + w (b (x - y))^2) / (P + w b)^2 (G + w) / (G + w - 1)
//! ```
//!
//! MOVER: Zou & Donner (2008), for the difference of two means with intervals of their own.

use super::Interval;
use crate::inference::distributions::{
    beta_quantile, gamma_quantile, gamma_upper_quantile, normal_quantile, student_critical,
};
use crate::inference::moments::{Minority, Moments, UNSEEN};
use crate::inference::row::Label;

/// `estimate` +- t `se`, cut to \[0, max\].
#[must_use]
pub(crate) fn t(estimate: f64, se: f64, freedom: u64, level: f64, max: f64) -> Interval {
    Interval::symmetric(estimate, student_critical(level, freedom) * se, max, Label::T)
}

/// Wilson's interval with the effective number of problems; at least two problems, which differ.
#[must_use]
pub(crate) fn wilson(m: &Moments, level: f64, max: f64) -> Interval {
    let (mean, se, freedom) = (m.mean / max, m.se / max, m.problems - 1);
    let spread = mean * (1.0 - mean);
    let n = (spread / (se * se)).max(freedom as f64);
    let t = student_critical(level, freedom);
    let square = t * t / n;
    let margin = t * (spread / n + 0.25 * square / n).sqrt();
    let end = |margin: f64| ((mean + 0.5 * square + margin) / (1.0 + square)).clamp(0.0, 1.0) * max;
    Interval::new(end(-margin), end(margin), Label::Wilson)
}

/// The gamma interval for P units.
#[must_use]
pub(crate) fn gamma(minority: &Minority, units: u64, level: f64, max: f64) -> Interval {
    let (lower, upper) = gamma_ends(minority, units, 0.5 * (1.0 - level));
    Interval::new(max * lower, max * upper, Label::Gamma)
}

/// Its ends with the probability `tail` beyond each, as shares of the range.
#[must_use]
pub(crate) fn gamma_ends(minority: &Minority, units: u64, tail: f64) -> (f64, f64) {
    let Minority { flipped, sum, squares } = *minority;
    let units = units as f64;
    let near =
        if sum > 0.0 { squares / (units * sum) * gamma_quantile(tail, minority.effective()) } else { 0.0 };
    let (sum, squares) = (sum + 0.5, squares + 0.5);
    let far = (squares / (units * sum) * gamma_upper_quantile(tail, sum * sum / squares)).min(1.0);
    if flipped { (1.0 - far, 1.0 - near) } else { (near, far) }
}

/// What the beta interval needs of P values in units, of one problem or of a cluster; shares of the range.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    /// G, at least 2.
    pub units: f64,
    /// P
    pub problems: f64,
    /// m
    pub mean: f64,
    /// 1 - m, right where m is nearly 1.
    pub rest: f64,
    /// sum r^2 over the units, with r the sum of a unit's h - m.
    pub squares: f64,
    /// sum r s, with s the size of a unit.
    pub lean: f64,
    /// sum s^2
    pub sizes: f64,
}

impl Spread {
    /// Each problem a unit.
    pub(crate) fn of_problems(m: &Moments, max: f64) -> Self {
        let problems = m.problems as f64;
        let Minority { flipped, sum, .. } = m.minority;
        let (near, far) = (sum / problems, 1.0 - sum / problems);
        let (mean, rest) = if flipped { (far, near) } else { (near, far) };
        let sd = m.sd / max;
        let squares = sd * sd * (problems - 1.0);
        Self { units: problems, problems, mean, rest, squares, lean: 0.0, sizes: problems }
    }

    /// The standard error of the mean, a share of the range; NaN for one unit.
    pub(crate) fn se(&self) -> f64 {
        let freedom = if self.units > 1.0 { self.units - 1.0 } else { f64::NAN };
        (self.units / freedom * self.squares).sqrt() / self.problems
    }

    /// The quantile `p` with a part of a unit more at `x`, which is 0 or 1.
    fn end(&self, p: f64, x: f64) -> f64 {
        let size = self.sizes / self.problems;
        let more = UNSEEN * size;
        let total = self.problems + more;
        let y = (self.problems * self.mean + more * x) / total;
        let rest = (self.problems * self.rest + more * (1.0 - x)) / total;
        if y <= 0.0 || rest <= 0.0 {
            return x;
        }
        // m - y
        let shift = more * (self.mean * (1.0 - x) - self.rest * x) / total;
        let about = self.squares + shift * (2.0 * self.lean + shift * self.sizes);
        let away = size * if x > 0.5 { rest } else { y };
        let variance = (about + UNSEEN * away * away) / (total * total) * (self.units + UNSEEN)
            / (self.units + UNSEEN - 1.0);
        let n = y * rest / variance;
        if n > LARGEST_BETA {
            y + normal_quantile(p) * variance.sqrt()
        } else {
            beta_quantile(p, n * y, n * rest)
        }
    }
}

/// Beyond this many effective problems the beta law is normal.
const LARGEST_BETA: f64 = 1e7;

/// The beta interval.
#[must_use]
pub(crate) fn beta(spread: &Spread, level: f64, max: f64) -> Interval {
    let tail = 0.5 * (1.0 - level);
    let (lower, upper) = (spread.end(tail, 0.0), spread.end(1.0 - tail, 1.0));
    Interval::new(max * lower.clamp(0.0, spread.mean), max * upper.clamp(spread.mean, 1.0), Label::Beta)
}

/// A mean of distances from one end of the range, with the variance of its sampling noise.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Noisy {
    /// The mean.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
}

impl Noisy {
    /// The ends of the gamma interval; one more success in the noise would move the mean by `step`.
    pub(crate) fn gamma(self, step: f64, tail: f64) -> (f64, f64) {
        let Self { mean, variance } = self;
        let near = if variance > 0.0 {
            variance / mean * gamma_quantile(tail, mean * mean / variance)
        } else {
            mean
        };
        let (far_mean, far_variance) = (mean + 0.5 * step, variance + 0.5 * step * step);
        let far = far_variance / far_mean * gamma_upper_quantile(tail, far_mean * far_mean / far_variance);
        (near.min(self.mean), far.max(self.mean))
    }
}

/// The ends of the interval of a - b, from those of a and of b.
#[must_use]
pub(crate) fn mover([a, b]: [f64; 2], [of_a, of_b]: [(f64, f64); 2]) -> (f64, f64) {
    let below = libm::hypot(a - of_a.0, of_b.1 - b);
    let above = libm::hypot(of_a.1 - a, b - of_b.0);
    (a - b - below, a - b + above)
}

#[cfg(test)]
mod tests {
    use super::{gamma, wilson};
    use crate::inference::moments::Moments;

    /// 30 problems of 8 samples.
    fn example(k: u64) -> Moments {
        let solved = [(12, 0_u64), (5, 1), (3, 2), (4, 4), (2, 7), (4, 8)];
        let pass =
            |c: u64| 1.0 - (0..k).map(|i| (8 - c).saturating_sub(i) as f64 / (8 - i) as f64).product::<f64>();
        Moments::new(solved.iter().map(|&(m, c)| (m, pass(c))), 1.0)
    }

    #[test]
    fn gamma_intervals_are_scipys() {
        // SciPy 1.17.1: the formula with scipy.stats.chi2.ppf
        let expected = [
            (0.95, 1, 0.158_414_210_348_915_7, 0.519_909_230_187_362_1),
            (0.95, 4, 0.286_675_519_326_709_5, 0.776_461_404_905_96),
            (0.95, 8, 0.322_558_847_995_413_34, 0.793_314_163_042_592_7),
            (0.99, 8, 0.217_868_497_331_987_65, 0.835_229_441_629_308_9),
        ];
        for (level, k, lower, upper) in expected {
            let interval = gamma(&example(k).minority, 30, level, 1.0);
            assert!((interval.lower - lower).abs() < 1e-12 && (interval.upper - upper).abs() < 1e-12);
        }
    }

    #[test]
    fn wilson_of_the_worked_example() {
        let interval = wilson(&example(1), 0.95, 1.0);
        assert!((interval.lower - 0.186_451).abs() < 5e-7 && (interval.upper - 0.454_667).abs() < 5e-7);
    }

    #[test]
    fn wilson_of_verdicts_is_wilsons_but_for_t() {
        // R: prop.test(12, 30, correct = FALSE)$conf.int is [0.2459, 0.5768], with z where t stands here;
        // at a level where t of 29 is z of .95, both agree but for n - 1.
        let verdicts = Moments::new([(12, 1.0), (18, 0.0)].into_iter(), 1.0);
        let interval = wilson(&verdicts, 0.940_322, 1.0);
        let (z, n, mean) = (1.959_963_984_540_054_f64, 29.0, 0.4);
        let margin = z * (mean * (1.0 - mean) / n + z * z / (4.0 * n * n)).sqrt();
        let centre = mean + z * z / (2.0 * n);
        assert!((interval.lower - (centre - margin) / (1.0 + z * z / n)).abs() < 1e-5);
        assert!((interval.upper - (centre + margin) / (1.0 + z * z / n)).abs() < 1e-5);
    }
}
