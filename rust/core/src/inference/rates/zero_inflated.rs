//! The zero-inflated beta-binomial law: a share pi of the problems has p = 0, the others have p ~ Beta(a, b).
//!
//! A problem with passes has p > 0. One without any in n samples has the likelihood
//! ```text
//! pi + (1 - pi) q_n,   q_n = B(a, b + n) / B(a, b)
//! ```
//! For each (a, b) the likelihood is concave in pi, whose best value a safeguarded Newton iteration finds; what is
//! left is climbed over (ln a, ln b), with the Hessian of the profile (the Schur complement of pi).

use super::beta_binomial::{BetaBinomial, start, surface};
use super::newton::{Surface, climb};
use super::rising::{log_ratio, sums};
use super::tallies::{Runs, Tallies};

/// A fitted law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ZeroInflated {
    /// The share of problems with p = 0.
    pub share: f64,
    /// The law of the others; its covariance is that of the profile.
    pub law: BetaBinomial,
}

impl ZeroInflated {
    /// The law of the greatest likelihood; none where [`BetaBinomial::fit`] has none.
    #[must_use]
    pub fn fit(tallies: &Tallies) -> Option<Self> {
        let whole = BetaBinomial::fit(tallies)?;
        let mut solved = tallies.clone();
        solved.reweigh(tallies.iter().map(|(m, _, c)| if c > 0 { m } else { 0.0 }).collect::<Vec<_>>());
        let starts = [[whole.a, whole.b].map(libm::log), start(&solved)];
        let climbs = starts.map(|start| Self::climb_from(tallies, start));
        let best = if climbs[1].1 > climbs[0].1 { climbs[1] } else { climbs[0] };
        Some(best.0)
    }

    /// The same by one climb, from known (ln a, ln b).
    pub(crate) fn fit_from(tallies: &Tallies, start: [f64; 2]) -> Option<Self> {
        BetaBinomial::can_fit(tallies).then(|| Self::climb_from(tallies, start).0)
    }

    fn climb_from(tallies: &Tallies, start: [f64; 2]) -> (Self, f64) {
        let likelihood = Likelihood::new(tallies);
        let peak = climb(start, |at| likelihood.profile(at).1);
        let (share, _) = likelihood.profile(peak.at);
        (Self { share, law: BetaBinomial::at(&peak) }, peak.surface.value)
    }

    /// pass@k of a problem that nothing is known of.
    #[must_use]
    pub fn pass_at_k(&self, k: u64) -> f64 {
        (1.0 - self.share) * self.law.pass_at_k(k)
    }

    /// The probability that a problem without a pass in n samples has one in k, for k >= n.
    #[must_use]
    pub fn pass_later(&self, n: u64, k: u64) -> f64 {
        self.solvable(log_ratio(self.law.b, self.law.a, 0..n)) * self.law.pass_later(n, k)
    }

    /// The probability that a problem is not one of the share, where `decay` is -ln `q_n`.
    pub(crate) fn solvable(&self, decay: f64) -> f64 {
        let other = (1.0 - self.share) * libm::exp(-decay);
        if self.share > 0.0 { other / (self.share + other) } else { 1.0 }
    }
}

/// The log-likelihood of (pi, ln a, ln b).
struct Likelihood {
    solved: f64,
    passes: Runs,
    fails: Runs,
    samples: Runs,
    unsolved: Vec<(u64, f64)>,
}

/// -ln of the chance of no pass in n samples, and the derivatives of its negative by a and b.
struct Silence {
    problems: f64,
    decay: f64,
    gradient: [f64; 2],
    hessian: [f64; 3],
}

impl Likelihood {
    fn new(tallies: &Tallies) -> Self {
        let solved = |_, c| c > 0;
        Self {
            solved: tallies.count(solved),
            passes: tallies.passes(solved),
            fails: tallies.fails(solved),
            samples: tallies.samples(solved),
            unsolved: tallies.unsolved(),
        }
    }

    /// The best share at (ln a, ln b), and the surface there.
    fn profile(&self, at: [f64; 2]) -> (f64, Surface) {
        let ab = at.map(libm::exp);
        let silences = self.silences(ab);
        let share = best_share(self.solved, &silences);
        let solved = surface(at, &self.passes, &self.fails, &self.samples);
        let unsolved = unsolved(share, self.solved, &silences).in_logarithms(ab);
        let sum = |i: usize| solved.hessian[i] + unsolved.hessian[i];
        let total = Surface {
            value: solved.value + unsolved.value,
            gradient: [0, 1].map(|i| solved.gradient[i] + unsolved.gradient[i]),
            hessian: [sum(0), sum(1), sum(2)],
        };
        (share, total)
    }

    /// Ascending in n, each from the last.
    fn silences(&self, [a, b]: [f64; 2]) -> Vec<Silence> {
        let (mut from, mut decay) = (0, 0.0);
        let ([mut both, mut both2], [mut fails, mut fails2]) = ([0.0; 2], [0.0; 2]);
        let silence = |&(n, problems): &(u64, f64)| {
            decay += log_ratio(b, a, from..n);
            let ([_, x, x2], [_, y, y2]) = (sums(a + b, from..n), sums(b, from..n));
            (both, both2, fails, fails2) = (both + x, both2 + x2, fails + y, fails2 + y2);
            from = n;
            let (gradient, hessian) = ([-both, fails - both], [both2, both2, both2 - fails2]);
            Silence { problems, decay, gradient, hessian }
        };
        self.unsolved.iter().map(silence).collect()
    }
}

/// The pi in [0, 1) that `solved ln(1 - pi) + sum m ln(pi + (1 - pi) q)` is greatest at.
fn best_share(solved: f64, silences: &[Silence]) -> f64 {
    let slopes = |share: f64| {
        let (mut slope, mut bend) = (-solved / (1.0 - share), -solved / ((1.0 - share) * (1.0 - share)));
        for silence in silences {
            let passes = -libm::expm1(-silence.decay);
            let pull = passes / (libm::exp(-silence.decay) + share * passes);
            slope += silence.problems * pull;
            bend -= silence.problems * pull * pull;
        }
        (slope, bend)
    };
    if slopes(0.0).0 <= 0.0 {
        return 0.0;
    }
    let (mut low, mut high, mut share) = (0.0, 1.0, 0.0);
    for _ in 0..200 {
        let (slope, bend) = slopes(share);
        *(if slope > 0.0 { &mut low } else { &mut high }) = share;
        let newton = share - slope / bend;
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        let moved = (next - share).abs();
        share = next;
        if moved <= 1e-15 {
            break;
        }
    }
    share
}

/// The surface over (a, b) of the part of the likelihood that pi is in, profiled.
fn unsolved(share: f64, solved: f64, silences: &[Silence]) -> Surface {
    let rest = 1.0 - share;
    let mut total = Surface { value: solved * libm::log1p(-share), gradient: [0.0; 2], hessian: [0.0; 3] };
    let (mut bend, mut cross) = (-solved / (rest * rest), [0.0; 2]);
    for Silence { problems: m, decay, gradient: [ga, gb], hessian } in silences {
        let q = libm::exp(-decay);
        let chance = share + rest * q;
        let weight = rest * q / chance;
        let pull = (1.0 - q) / chance;
        total.value += m * if share > 0.0 { libm::log(chance) } else { -decay };
        total.gradient[0] += m * weight * ga;
        total.gradient[1] += m * weight * gb;
        let outer = [ga * ga, ga * gb, gb * gb];
        for ((sum, own), outer) in total.hessian.iter_mut().zip(hessian).zip(outer) {
            *sum += m * weight * (own + (1.0 - weight) * outer);
        }
        bend -= m * pull * pull;
        cross[0] -= m * ga * q / (chance * chance);
        cross[1] -= m * gb * q / (chance * chance);
    }
    if share > 0.0 {
        let outer = [cross[0] * cross[0], cross[0] * cross[1], cross[1] * cross[1]];
        total.hessian.iter_mut().zip(outer).for_each(|(sum, outer)| *sum -= outer / bend);
    }
    total
}

#[cfg(test)]
mod tests {
    use super::{Likelihood, Tallies, ZeroInflated};

    fn uneven() -> Tallies {
        Tallies::new([(40, 16, 0), (9, 11, 0), (5, 16, 1), (6, 16, 3), (4, 11, 5), (3, 16, 9), (1, 40, 38)])
    }

    #[test]
    fn the_profile_has_its_own_derivatives() {
        let likelihood = Likelihood::new(&uneven());
        let at = |x: f64, y: f64| likelihood.profile([x, y]).1;
        // The share is positive at the first place and 0 at the second.
        for ([x, y], inflated) in [([0.2, 0.9], true), ([-3.0, 0.3], false)] {
            assert_eq!(likelihood.profile([x, y]).0 > 0.0, inflated);
            let (here, h) = (at(x, y), 1e-5);
            let close = |high: f64, low: f64, expected: f64| {
                let slope = (high - low) / (2.0 * h);
                assert!((slope / expected - 1.0).abs() < 1e-6, "{slope} for {expected}");
            };
            close(at(x + h, y).value, at(x - h, y).value, here.gradient[0]);
            close(at(x, y + h).value, at(x, y - h).value, here.gradient[1]);
            close(at(x + h, y).gradient[0], at(x - h, y).gradient[0], here.hessian[0]);
            close(at(x + h, y).gradient[1], at(x - h, y).gradient[1], here.hessian[1]);
            close(at(x, y + h).gradient[1], at(x, y - h).gradient[1], here.hessian[2]);
        }
    }

    #[test]
    fn nothing_is_inflated_where_nothing_is_unsolved() {
        let fit = ZeroInflated::fit(&Tallies::new([(5, 8, 1), (6, 8, 3), (4, 8, 8)])).unwrap();
        assert!(fit.share == 0.0);
        assert_eq!(ZeroInflated::fit(&Tallies::new([(30, 8, 0)])), None);
    }

    #[test]
    fn later_passes_are_a_conditional_chance() {
        let fit = ZeroInflated::fit(&uneven()).unwrap();
        assert!(fit.share > 0.0 && fit.share < 49.0 / 68.0, "{fit:?}");
        for (n, k) in [(0, 1), (16, 17), (16, 1000)] {
            let (early, late) = (fit.pass_at_k(n), fit.pass_at_k(k));
            assert!((fit.pass_later(n, k) - (late - early) / (1.0 - early)).abs() < 1e-14);
        }
    }
}
