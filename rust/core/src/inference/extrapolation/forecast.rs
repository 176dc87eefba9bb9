//! What a fitted law says of the problems that were not solved.

use crate::inference::rates::BetaBinomial;
use crate::inference::rates::ZeroInflated;
use crate::inference::rates::log_ratio;

/// A law with its view of the problems that were not solved, which ascend in n.
pub(super) struct Forecast {
    law: BetaBinomial,
    /// The chance that a problem can be solved at all, for each n.
    solvable: Vec<f64>,
}

impl Forecast {
    pub(super) fn new(fit: ZeroInflated, unsolved: &[(u64, f64)]) -> Self {
        let (mut from, mut decay) = (0, 0.0);
        let solvable = |&(n, _): &(u64, f64)| {
            decay += log_ratio(fit.law.b, fit.law.a, from..n);
            from = n;
            fit.solvable(decay)
        };
        let solvable =
            if fit.share > 0.0 { unsolved.iter().map(solvable).collect() } else { vec![1.0; unsolved.len()] };
        Self { law: fit.law, solvable }
    }

    /// How many of the unsolved problems with n < k have a pass in k draws, on average.
    pub(super) fn solved_later(&self, unsolved: &[(u64, f64)], k: u64) -> f64 {
        let (mut to, mut decay, mut solved) = (k, 0.0, 0.0);
        for (&(n, problems), solvable) in unsolved.iter().zip(&self.solvable).rev() {
            if n < k {
                decay += log_ratio(self.law.b, self.law.a, n..to);
                to = n;
                solved += problems * solvable * -libm::expm1(-decay);
            }
        }
        solved
    }
}
