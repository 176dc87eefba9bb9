//! The beta-binomial law of passes: c ~ Binomial(n, p) with p ~ Beta(a, b) over problems.
//!
//! Maximum likelihood (Griffiths 1973, "Maximum likelihood estimation for the beta-binomial distribution"), with
//! the likelihood written by counts and without gamma functions:
//! ```text
//! ln L = sum_i A_i ln(a + i) + B_i ln(b + i) - N_i ln(a + b + i)
//! A_i, B_i, N_i = problems with c > i, with n - c > i, with n > i
//! ```
//! Given a problem's (n, c), its p is Beta(a + c, b + n - c), and
//! ```text
//! E (1-p)^k = B(a, b+k) / B(a, b) = exp(-sum_{i<k} ln((a + b + i) / (b + i)))      at the posterior's a and b
//! Var of 1 - (1-p)^k = (E (1-p)^k)^2 (exp(2 L_k - L_2k) - 1),   L_k the sum above
//! ```

use super::newton::{Peak, Surface, climb};
use super::rising::{log_double_ratio, log_ratio, sums};
use super::tallies::{Runs, Tallies};

/// A fitted beta-binomial law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BetaBinomial {
    /// The exponent of p, from e^-9 to e^9.
    pub a: f64,
    /// The exponent of 1 - p, from e^-9 to e^9.
    pub b: f64,
    /// The likelihood still rises at the end of the range of a or b: problems do not differ at all (a and b
    /// large) or are each all passes or all fails (small).
    pub at_bound: bool,
    /// The inverse of the observed information about (ln a, ln b): variances and covariance; none at a bound.
    pub covariance: Option<[[f64; 2]; 2]>,
}

impl BetaBinomial {
    /// The law of the greatest likelihood; none where no problem failed, none passed, or none has two samples.
    #[must_use]
    pub fn fit(tallies: &Tallies) -> Option<Self> {
        Self::fit_from(tallies, start(tallies))
    }

    /// The same from known (ln a, ln b).
    pub(crate) fn fit_from(tallies: &Tallies, start: [f64; 2]) -> Option<Self> {
        Self::can_fit(tallies).then(|| {
            let likelihood = Likelihood::new(tallies);
            Self::at(&climb(start, |at| likelihood.surface(at)))
        })
    }

    /// Whether there is a law of the greatest likelihood.
    pub(crate) fn can_fit(tallies: &Tallies) -> bool {
        tallies.any(|_, c| c > 0) && tallies.any(|n, c| c < n) && tallies.any(|n, _| n > 1)
    }

    pub(crate) fn at(peak: &Peak) -> Self {
        let [a, b] = peak.at.map(libm::exp);
        let [xx, xy, yy] = peak.surface.hessian;
        let determinant = xx * yy - xy * xy;
        let inverse = [[-yy / determinant, xy / determinant], [xy / determinant, -xx / determinant]];
        let known = !peak.at_edge && xx < 0.0 && determinant > 0.0;
        Self { a, b, at_bound: peak.at_edge, covariance: known.then_some(inverse) }
    }

    /// pass@k of a problem that nothing is known of.
    #[must_use]
    pub fn pass_at_k(&self, k: u64) -> f64 {
        -libm::expm1(-log_ratio(self.b, self.a, 0..k))
    }

    /// The derivatives of [`Self::pass_at_k`] by ln a and ln b.
    #[must_use]
    pub fn gradient(&self, k: u64) -> [f64; 2] {
        let none = libm::exp(-log_ratio(self.b, self.a, 0..k));
        let [_, both, _] = sums(self.a + self.b, 0..k);
        let [_, fails, _] = sums(self.b, 0..k);
        [none * self.a * both, none * self.b * (both - fails)]
    }

    /// The posterior mean and variance of 1 - (1-p)^k of a problem with c passes in n samples.
    #[must_use]
    pub fn posterior(&self, n: u64, c: u64, k: u64) -> (f64, f64) {
        let (a, b) = (self.a + c as f64, self.b + (n - c) as f64);
        let decay = log_ratio(b, a, 0..k);
        let spread = log_double_ratio(b, a, k as f64, 0..k);
        (-libm::expm1(-decay), libm::exp(-2.0 * decay) * libm::expm1(spread))
    }

    /// The probability that a problem without a pass in n samples has one in k, for k >= n.
    #[must_use]
    pub fn pass_later(&self, n: u64, k: u64) -> f64 {
        -libm::expm1(-log_ratio(self.b, self.a, n..k))
    }
}

/// (ln a, ln b) by the method of moments; where problems differ less than samples would, as if they did a little.
pub(crate) fn start(tallies: &Tallies) -> [f64; 2] {
    let mut moments = [0.0; 4];
    for (m, n, c) in tallies.iter().filter(|&(m, n, _)| m > 0.0 && n > 0) {
        let (n, rate) = (n as f64, c as f64 / n as f64);
        for (sum, term) in moments.iter_mut().zip([1.0, rate, rate * rate, 1.0 / n]) {
            *sum += m * term;
        }
    }
    let [problems, mean, square, inverse_n] = [moments[0], moments[1], moments[2], moments[3]];
    let (mean, inverse_n) = ((mean / problems).clamp(1e-4, 1.0 - 1e-4), inverse_n / problems);
    let spread = (square / problems - mean * mean) / (mean * (1.0 - mean));
    let correlation = ((spread - inverse_n) / (1.0 - inverse_n).max(1e-9)).clamp(0.01, 0.99);
    let total = 1.0 / correlation - 1.0;
    [libm::log(mean * total), libm::log((1.0 - mean) * total)]
}

/// The log-likelihood of (ln a, ln b).
struct Likelihood {
    passes: Runs,
    fails: Runs,
    samples: Runs,
}

impl Likelihood {
    fn new(tallies: &Tallies) -> Self {
        Self {
            passes: tallies.passes(|_, _| true),
            fails: tallies.fails(|_, _| true),
            samples: tallies.samples(|_, _| true),
        }
    }

    fn surface(&self, at: [f64; 2]) -> Surface {
        surface(at, &self.passes, &self.fails, &self.samples)
    }
}

/// The surface over (ln a, ln b) of `sum_i A_i ln(a + i) + B_i ln(b + i) - N_i ln(a + b + i)`.
pub(crate) fn surface(at: [f64; 2], passes: &Runs, fails: &Runs, samples: &Runs) -> Surface {
    let [a, b] = at.map(libm::exp);
    let (of_a, of_b, of_both) = (passes.sums(a), fails.sums(b), samples.sums(a + b));
    let flat = Surface {
        value: of_a[0] + of_b[0] - of_both[0],
        gradient: [of_a[1] - of_both[1], of_b[1] - of_both[1]],
        hessian: [of_both[2] - of_a[2], of_both[2], of_both[2] - of_b[2]],
    };
    flat.in_logarithms([a, b])
}

#[cfg(test)]
mod tests {
    use super::{BetaBinomial, Tallies, start, surface};

    #[track_caller]
    fn close(actual: f64, expected: f64, relative: f64) {
        assert!((actual / expected - 1.0).abs() <= relative, "{actual} for {expected}");
    }

    fn law(a: f64, b: f64) -> BetaBinomial {
        BetaBinomial { a, b, at_bound: false, covariance: None }
    }

    /// 30 problems of 8 samples.
    fn example() -> Tallies {
        Tallies::new([(12, 8, 0), (5, 8, 1), (3, 8, 2), (4, 8, 4), (2, 8, 7), (4, 8, 8)])
    }

    #[test]
    fn predictions() {
        // mpmath 1.3.0 at 60 digits
        close(law(0.3, 0.7).pass_at_k(100), 0.806_691_437_760_213_5, 5e-15);
        let table = [
            (1, 0.3, [0.21, -0.21]),
            (16, 0.666_855_230_624_182_8, [0.337_881_654_231_423_5, -0.145_625_948_772_990_7]),
            (1_000_000, 0.987_790_250_645_057_3, [0.052_719_475_746_113, -0.005_493_963_679_862_307]),
        ];
        for (k, value, gradient) in table {
            close(law(0.3, 0.7).pass_at_k(k), value, 1e-14);
            for (actual, expected) in law(0.3, 0.7).gradient(k).into_iter().zip(gradient) {
                close(actual, expected, 1e-13);
            }
        }
    }

    #[test]
    fn the_example() {
        let fit = BetaBinomial::fit(&example()).unwrap();
        // SciPy 1.17.1, optimize.minimize with L-BFGS-B
        assert!((fit.a - 0.24493).abs() < 3e-5 && (fit.b - 0.51008).abs() < 3e-5, "{fit:?}");
        assert!(!fit.at_bound);
    }

    #[test]
    fn the_surface_has_its_own_derivatives() {
        let t = example();
        let (passes, fails, samples) = (t.passes(|_, _| true), t.fails(|_, _| true), t.samples(|_, _| true));
        let at = |x: f64, y: f64| surface([x, y], &passes, &fails, &samples);
        let (x, y, h) = (-1.2, 0.4, 1e-5);
        let here = at(x, y);
        let slope = |high: f64, low: f64| (high - low) / (2.0 * h);
        close(slope(at(x + h, y).value, at(x - h, y).value), here.gradient[0], 1e-7);
        close(slope(at(x, y + h).value, at(x, y - h).value), here.gradient[1], 1e-7);
        close(slope(at(x + h, y).gradient[0], at(x - h, y).gradient[0]), here.hessian[0], 1e-7);
        close(slope(at(x + h, y).gradient[1], at(x - h, y).gradient[1]), here.hessian[1], 1e-7);
        close(slope(at(x, y + h).gradient[1], at(x, y - h).gradient[1]), here.hessian[2], 1e-7);
    }

    #[test]
    fn no_gradient_is_left_and_the_covariance_inverts_the_information() {
        let t = Tallies::new([(9, 8, 0), (3, 16, 1), (3, 5, 2), (4, 1000, 400), (2, 8, 7), (1, 1, 1)]);
        let fit = BetaBinomial::fit(&t).unwrap();
        let (passes, fails, samples) = (t.passes(|_, _| true), t.fails(|_, _| true), t.samples(|_, _| true));
        let peak = surface([fit.a, fit.b].map(libm::log), &passes, &fails, &samples);
        assert!(peak.gradient.iter().all(|slope| slope.abs() < 1e-8), "{peak:?}");
        let [[xx, xy], [_, yy]] = fit.covariance.unwrap();
        close(-(peak.hessian[0] * xx + peak.hessian[1] * xy), 1.0, 1e-9);
        close(-(peak.hessian[1] * xy + peak.hessian[2] * yy), 1.0, 1e-9);
        assert!((peak.hessian[0] * xy + peak.hessian[1] * yy).abs() < 1e-9);
    }

    #[test]
    fn where_there_is_no_fit() {
        for cells in [&[][..], &[(30, 8, 0)], &[(30, 8, 8)], &[(9, 1, 0), (4, 1, 1)], &[(2, 0, 0)]] {
            assert_eq!(BetaBinomial::fit(&Tallies::new(cells.iter().copied())), None);
        }
        // One problem, or problems that differ less than samples do, have a p and no spread.
        for cells in [&[(1, 8, 3)][..], &[(10, 16, 8), (3, 16, 7), (3, 16, 9)], &[(1, 1000, 1)]] {
            let fit = BetaBinomial::fit(&Tallies::new(cells.iter().copied())).unwrap();
            assert!(fit.at_bound && fit.covariance.is_none(), "{fit:?}");
            let (passed, all) =
                cells.iter().fold((0, 0), |(passed, all), &(m, n, c)| (passed + m * c, all + m * n));
            close(fit.pass_at_k(1), passed as f64 / all as f64, 0.07);
        }
        // All or nothing.
        let fit = BetaBinomial::fit(&Tallies::new([(6, 8, 0), (3, 8, 8)])).unwrap();
        assert!(fit.at_bound && fit.a < 2e-4);
        close(fit.pass_at_k(1), 1.0 / 3.0, 1e-3);
    }

    #[test]
    fn the_start_is_the_moments() {
        let [a, b] = start(&example()).map(libm::exp);
        // With divisor P where the sample variance has P - 1, so a little off (.197829, .452568).
        assert!((a / 0.197_829 - 1.0).abs() < 0.15 && (b / 0.452_568 - 1.0).abs() < 0.15, "{a} {b}");
    }
}
