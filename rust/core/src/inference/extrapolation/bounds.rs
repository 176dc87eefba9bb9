//! What pass@k beyond n can be, whatever the law of p: the least and the greatest value over all laws whose
//! pass@j stays within a band for some j <= n.
//!
//! A law on a grid of p is a vector of weights, and both ends are linear programs,
//! ```text
//! min or max of sum_i w_i (1 - (1-p_i)^k)   with   w >= 0,  sum_i w_i = 1,
//!                                           low_j <= sum_i w_i (1 - (1-p_i)^j) <= high_j  for each j
//! ```
//! Without them there is Jensen's inequality: pass@n <= pass@k <= 1 - (1 - pass@n)^(k/n).

use microlp::{ComparisonOp, OptimizationDirection, Problem, Variable};

/// Grid points a decade of p / (1 - p).
const DENSITY: f64 = 100.0;

/// A p between two grid points is missed by less than this of its pass@k, as a mixture of the two.
///
/// In x = ln(p / (1 - p)) its second derivative is below 0.31, so that a chord misses it by 0.31 dx^2 / 8.
pub(super) const RESOLUTION: f64 = 2.1e-5;

/// The least p on the grid, but for 0, is this much of 1/k.
const LEAST: f64 = 1e-3;

/// Nor is it less than this, which no solver tells from 0.
const NOTHING: f64 = 1e-13;

/// The greatest p on the grid, but for 1, has these odds.
const GREATEST: f64 = 1e3;

/// A band that a curve stays in: at j draws from `low` to `high`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Band {
    /// The number of draws.
    pub j: u64,
    /// The least pass@j.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// More widening than this is no matter of rounding.
const WIDENED: f64 = 1e-6;

/// What pass@k can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bounds {
    /// The least and the greatest value.
    pub ends: [f64; 2],
    /// No curve stays within the bands as they were.
    pub widened: bool,
}

/// The least and the greatest pass@k of a curve within the bands, which ascend in j up to n <= k.
///
/// Where no curve stays within them, each is first widened as little as all together need (the least sum of
/// widenings, each in units of its band's width).
#[must_use]
pub(super) fn bounds(bands: &[Band], k: u64) -> Bounds {
    let program = Program::new(k);
    let mut widened = false;
    let again = || {
        let (bands, most) = program.widened(bands)?;
        widened = most > WIDENED;
        program.solve(&bands)
    };
    let sharp = program.solve(bands).or_else(again);
    // Where the solver gives up there are still the bounds without it.
    let outer = bands.last().map_or([0.0, 1.0], |band| [band.low, jensen(band.high, band.j, k)]);
    let [low, high] = sharp.unwrap_or(outer);
    Bounds { ends: [low.clamp(0.0, 1.0), high.clamp(0.0, 1.0)], widened }
}

/// The greatest pass@k, k >= n, that goes with a pass@n.
#[must_use]
pub(super) fn jensen(pass_at_n: f64, n: u64, k: u64) -> f64 {
    -libm::expm1(libm::log1p(-pass_at_n) * (k as f64 / n as f64))
}

/// The grid and the objective.
struct Program {
    grid: Vec<f64>,
    k: u64,
}

impl Program {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
    fn new(k: u64) -> Self {
        let (low, high) = (libm::log((LEAST / k as f64).max(NOTHING)), libm::log(GREATEST));
        let steps = ((high - low) * DENSITY / std::f64::consts::LN_10).ceil() as u32;
        let at = |i: u32| {
            let odds = libm::exp(low + (high - low) * f64::from(i) / f64::from(steps));
            odds / (1.0 + odds)
        };
        Self { grid: [0.0].into_iter().chain((0..=steps).map(at)).chain([1.0]).collect(), k }
    }

    /// The weights, which sum to 1.
    fn weights(&self, problem: &mut Problem, price: f64) -> Vec<Variable> {
        let add = |&p| problem.add_var(price * passes(p, self.k), (0.0, f64::INFINITY));
        let weights: Vec<Variable> = self.grid.iter().map(add).collect();
        let ones: Vec<_> = weights.iter().map(|&weight| (weight, 1.0)).collect();
        problem.add_constraint(ones, ComparisonOp::Eq, 1.0);
        weights
    }

    /// pass@j as a sum over the weights.
    fn curve(&self, weights: &[Variable], j: u64) -> Vec<(Variable, f64)> {
        weights.iter().zip(&self.grid).map(|(&weight, &p)| (weight, passes(p, j))).collect()
    }

    fn solve(&self, bands: &[Band]) -> Option<[f64; 2]> {
        let end = |direction| {
            let mut problem = Problem::new(direction);
            let weights = self.weights(&mut problem, 1.0);
            for &Band { j, low, high } in bands {
                let value = problem.add_var(0.0, (low, high));
                let mut curve = self.curve(&weights, j);
                curve.push((value, -1.0));
                problem.add_constraint(curve, ComparisonOp::Eq, 0.0);
            }
            Some(problem.solve().ok()?.into_solution().ok()?.objective())
        };
        Some([end(OptimizationDirection::Minimize)?, end(OptimizationDirection::Maximize)?])
    }

    /// The bands that a curve is in after the least widening, and the widest of it.
    fn widened(&self, bands: &[Band]) -> Option<(Vec<Band>, f64)> {
        let mut problem = Problem::new(OptimizationDirection::Minimize);
        let weights = self.weights(&mut problem, 0.0);
        let mut slack = Vec::new();
        for &Band { j, low, high } in bands {
            let price = 1.0 / (high - low).max(1e-3);
            let [up, down] = [(); 2].map(|()| problem.add_var(price, (0.0, 1.0)));
            let value = problem.add_var(0.0, (low, high));
            let mut curve = self.curve(&weights, j);
            curve.extend([(value, -1.0), (up, 1.0), (down, -1.0)]);
            problem.add_constraint(curve, ComparisonOp::Eq, 0.0);
            slack.push([up, down]);
        }
        let solution = problem.solve().ok()?.into_solution().ok()?;
        let most = slack.iter().flatten().map(|&variable| solution.var_value(variable)).fold(0.0, f64::max);
        let widen = |(band, [up, down]): (&Band, [Variable; 2])| {
            // A little more than the solver's own tolerance.
            let by = |variable| solution.var_value(variable) + 1e-9;
            Band { low: band.low - by(up), high: band.high + by(down), ..*band }
        };
        Some((bands.iter().zip(slack).map(widen).collect(), most))
    }
}

/// 1 - (1-p)^k
fn passes(p: f64, k: u64) -> f64 {
    -libm::expm1(k as f64 * libm::log1p(-p))
}

#[cfg(test)]
mod tests {
    use super::{Band, bounds, jensen};
    use crate::inference::rates::BetaBinomial;

    fn bands(js: impl IntoIterator<Item = u64>, slack: f64) -> Vec<Band> {
        let law = BetaBinomial { a: 0.3, b: 0.7, at_bound: false, covariance: None };
        let band = |j| Band { j, low: law.pass_at_k(j) - slack, high: law.pass_at_k(j) + slack };
        js.into_iter().map(band).collect()
    }

    #[track_caller]
    fn close(actual: [f64; 2], expected: [f64; 2], tolerance: f64) {
        let far = actual.iter().zip(expected).any(|(a, e)| (a - e).abs() > tolerance);
        assert!(!far, "{actual:?} for {expected:?}");
    }

    #[test]
    fn eight_moments_known_to_a_millionth() {
        // SciPy 1.17.1, optimize.linprog with HiGHS
        let table = [(16, [0.6634, 0.6705]), (32, [0.6996, 0.7623]), (80, [0.7057, 0.9089])];
        for (k, expected) in table {
            close(bounds(&bands(1..=8, 1e-6), k).ends, expected, 1e-4);
        }
    }

    #[test]
    fn more_knowledge_is_narrower() {
        let wide = bounds(&bands([1, 2, 4, 8], 1e-3), 32).ends;
        let narrow = bounds(&bands(1..=8, 1e-6), 32).ends;
        let exact = bounds(&bands(1..=8, 0.0), 32).ends;
        assert!(wide[0] < narrow[0] && narrow[0] < exact[0] && exact[0] < 0.7285);
        assert!(wide[1] > narrow[1] && narrow[1] > exact[1] && exact[1] > 0.7285);
    }

    #[test]
    fn one_known_value_gives_jensens_bounds() {
        for (n, k, pass) in [(1, 2, 0.3), (8, 64, 0.6), (16, 1_000_000, 0.25), (4, 9, 0.0), (4, 9, 1.0)] {
            let known = Band { j: n, low: pass, high: pass };
            close(bounds(&[known], k).ends, [pass, jensen(pass, n, k)], 1e-4);
        }
        close(bounds(&[], 5).ends, [0.0, 1.0], 1e-9);
    }

    #[test]
    fn bands_that_no_curve_is_in_are_widened() {
        // With pass@1 = .1, pass@2 is at most .19, where all problems have p = .1.
        let one = Band { j: 1, low: 0.1, high: 0.1 };
        let beyond = bounds(&[one, Band { j: 2, low: 0.3, high: 0.4 }], 4);
        close(beyond.ends, [1.0 - 0.9_f64.powi(4); 2], 1e-4);
        assert!(beyond.widened && !bounds(&[one], 4).widened);
    }
}
