//! Moments of the P values behind a mean, from distinct values and how many problems share each.
//!
//! ```text
//! mean = (1/P) sum m_d h_d,   sd^2 = sum m_d (h_d - mean)^2 / (P - 1),   se = sd / sqrt(P)
//! acceleration = sum m_d (h_d - mean)^3 / (6 (sum m_d (h_d - mean)^2)^(3/2))     Efron (1987)
//! effective = (sum m_d (h_d - mean)^2)^2 / sum m_d (h_d - mean)^4 = P / kurtosis
//! ```
//! with 0.7 of a problem more at the end of the range where that makes it fewer: a rare kind of problem may be one
//! that was not drawn.
//!
//! Sums are double-double in the order given, so the mean is right to the last digit.

use crate::dd::Dd;

/// Values closer than this, relative to the greatest, differ by rounding only.
const SAME: f64 = 4.0 * f64::EPSILON;

/// What the intervals need to know of P values in \[0, max\].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moments {
    /// P
    pub problems: u64,
    /// The mean; NaN without problems.
    pub mean: f64,
    /// The standard deviation with divisor P - 1; NaN below two problems, 0 exactly where all values agree.
    pub sd: f64,
    /// The standard error of the mean over a population of problems.
    pub se: f64,
    /// The acceleration of the `BCa` interval, skewness / (6 sqrt(P)).
    pub acceleration: f64,
    /// How many problems the variance rests on, from 1 to P, an unseen one included; 0 where all agree, NaN without
    /// problems.
    pub effective: f64,
    /// The side of the range with less weight on it.
    pub minority: Minority,
}

/// Distances of the values from the end of their range that they are nearer to on average, as shares of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minority {
    /// The distances are from the upper end.
    pub flipped: bool,
    /// The sum of the distances.
    pub sum: f64,
    /// The sum of their squares.
    pub squares: f64,
}

impl Minority {
    /// How many problems, all at the far end, would weigh as much: from 0 to P.
    #[must_use]
    pub fn effective(&self) -> f64 {
        if self.squares > 0.0 { self.sum * self.sum / self.squares } else { 0.0 }
    }
}

impl Moments {
    /// The moments of `values`, pairs of a multiplicity and a value in \[0, max\].
    #[must_use]
    pub fn new(values: impl Iterator<Item = (u64, f64)> + Clone, max: f64) -> Self {
        let problems = values.clone().map(|(m, _)| m).sum::<u64>();
        let count = problems as f64;
        let total = values.clone().fold(Dd::ZERO, |sum, (m, h)| sum + Dd::product(m as f64, h));
        let mean = total.div_f64(count);
        let powers = if all_agree(values.clone()) { [0.0; 3] } else { central_powers(values.clone(), mean) };
        let [squares, cubes, _] = powers;
        let variance = if problems > 1 { squares / (count - 1.0) } else { f64::NAN };
        let spread = squares * squares.sqrt();
        let bend = if spread == 0.0 { 0.0 } else { cubes / spread };
        Self {
            problems,
            mean: mean.to_f64(),
            sd: variance.sqrt(),
            se: (variance / count).sqrt(),
            acceleration: bend / 6.0,
            effective: effective(powers, problems, [-mean.to_f64(), (Dd::from(max) - mean).to_f64()]),
            minority: minority(values, mean.to_f64() > 0.5 * max, max),
        }
    }
}

/// So much of a unit more is allowed for at an end of the range. Where all values are at the other end, 0.7 gives the
/// ends of the binomial mid-p interval.
pub(super) const UNSEEN: f64 = 0.7;

/// How many of the units behind a variance it rests on, from the sums of their deviations' 2nd, 3rd and 4th powers; an
/// unseen one would be at one of the `ends`, as deviations, and the worse of them counts.
pub(super) fn effective(powers: [f64; 3], units: u64, ends: [f64; 2]) -> f64 {
    let [squares, cubes, fourths] = powers;
    if units == 0 {
        return f64::NAN;
    }
    if squares == 0.0 {
        return 0.0;
    }
    let seen = units as f64;
    let with = |end: f64| {
        let shift = UNSEEN * end / (seen + UNSEEN);
        let (own, square) = ((end - shift) * (end - shift), shift * shift);
        let second = squares + seen * square + UNSEEN * own;
        let fourth = fourths - 4.0 * shift * cubes
            + 6.0 * square * squares
            + seen * square * square
            + UNSEEN * own * own;
        second / fourth * second
    };
    ends.map(with).into_iter().fold(squares / fourths * squares, f64::min)
}

/// `sqrt(sum m_d v_d) / P`, the standard error on these very problems, from their own sampling variances.
///
/// NaN where a variance is undefined.
#[must_use]
pub fn fixed_benchmark_se(variances: impl Iterator<Item = (u64, f64)> + Clone) -> f64 {
    let problems = variances.clone().map(|(m, _)| m).sum::<u64>();
    let total = variances.fold(Dd::ZERO, |sum, (m, v)| sum + Dd::product(m as f64, v));
    total.to_f64().sqrt() / problems as f64
}

/// Equal values as one, in ascending order.
pub(super) fn distinct(mut values: Vec<(u64, f64)>) -> Vec<(u64, f64)> {
    values.sort_unstable_by(|(_, h), (_, other)| h.total_cmp(other));
    values.dedup_by(|(more, h), (m, other)| {
        let same = h.total_cmp(other).is_eq();
        *m += u64::from(same) * *more;
        same
    });
    values
}

fn all_agree(values: impl Iterator<Item = (u64, f64)>) -> bool {
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for (_, h) in values {
        least = least.min(h);
        greatest = greatest.max(h);
    }
    greatest - least <= SAME * greatest
}

fn central_powers(values: impl Iterator<Item = (u64, f64)>, mean: Dd) -> [f64; 3] {
    let (mut squares, mut cubes, mut fourths) = (Dd::ZERO, Dd::ZERO, Dd::ZERO);
    for (m, h) in values {
        let deviation = (Dd::from(h) - mean).to_f64();
        let square = Dd::product(deviation, deviation).mul_f64(m as f64);
        squares = squares + square;
        let cube = square.mul_f64(deviation);
        cubes = cubes + cube;
        fourths = fourths + cube.mul_f64(deviation);
    }
    [squares, cubes, fourths].map(Dd::to_f64)
}

/// From the lower end of \[0, max\], or from the upper if `flipped`, as a share of the range.
pub(super) fn distance(h: f64, flipped: bool, max: f64) -> f64 {
    if flipped { (max - h) / max } else { h / max }
}

/// The distances of `values` from one end of \[0, max\].
pub(super) fn minority(values: impl Iterator<Item = (u64, f64)>, flipped: bool, max: f64) -> Minority {
    let (mut sum, mut squares) = (Dd::ZERO, Dd::ZERO);
    for (m, h) in values {
        let distance = distance(h, flipped, max);
        let weighted = Dd::product(m as f64, distance);
        sum = sum + weighted;
        squares = squares + weighted.mul_f64(distance);
    }
    Minority { flipped, sum: sum.to_f64(), squares: squares.to_f64() }
}
