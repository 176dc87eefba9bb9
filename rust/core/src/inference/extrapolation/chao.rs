//! Chao2: pass@k beyond n from the problems that were solved once and twice, without a law of p.
//!
//! Chao (1987), "Estimating the population size for capture-recapture data with unequal catchability"; extrapolated
//! by Colwell et al. (2012), "Models and estimators linking individual-based and sample-based rarefaction,
//! extrapolation and comparison of assemblages", eq. 18. With S of P problems solved, Q1 once and Q2 twice in n,
//! ```text
//! Q0 = (n-1)/n Q1^2 / (2 Q2),   the least number of solvable problems among the unsolved, at most all of them
//! pass@k = (S + Q0 (1 - (1 - Q1 / (Q1 + n Q0))^(k-n))) / P
//! ```
//! and Q1 (Q1 - 1) / 2 for Q1^2 / (2 Q2) where Q2 = 0. Where n differs, S, Q1 and Q2 are of the problems with n < k,
//! and what the least n of them would give on average, by the hypergeometric law; the others are known.

use crate::dd::Dd;
use crate::estimators::{Estimator, allfail, allfail_dd};

/// S, Q1 and Q2 of one problem in m of its n samples, and 1 - S: the chances of a pass, of one alone, of two, of none.
#[must_use]
pub(super) fn rarefied(n: u64, c: u64, m: u64) -> [f64; 4] {
    let once = Estimator::SignalMass.evaluate(n, c, m);
    let twice = if c < 2 || m < 2 {
        0.0
    } else {
        // C(c, 2) C(n-c, m-2) / C(n, m)
        let pairs = Dd::product(c as f64, (c - 1) as f64).scale(0.5) * Dd::product(m as f64, (m - 1) as f64);
        let others = Dd::product((n - m + 2) as f64, (n - m + 1) as f64);
        (allfail_dd(n, c, m - 2).q.to_dd() * (pairs / others)).to_f64()
    };
    let (unsolved, solved) = allfail(n, c, m);
    [solved, once, twice, unsolved]
}

/// How many problems have a pass in k samples, from the sums of S, Q1, Q2 and 1 - S over problems of n >= 2, for k >= n.
#[must_use]
pub(super) fn chao2([solved, once, twice, unsolved]: [f64; 4], n: u64, k: u64) -> f64 {
    let samples = n as f64;
    // Whole counts leave the two formulas of the literature; in between, a line from one to the other.
    let ratio = if twice >= 1.0 { once / twice } else { (once - 1.0 + twice).max(0.0) };
    let unseen = ((samples - 1.0) / samples * once * ratio / 2.0).min(unsolved);
    if unseen <= 0.0 {
        return solved;
    }
    let stays = libm::log1p(-once / (once + samples * unseen));
    solved + unseen * -libm::expm1((k - n) as f64 * stays)
}

#[cfg(test)]
mod tests {
    use super::{chao2, rarefied};

    #[test]
    fn the_example() {
        // 30 problems of 8 samples; S = 18, Q1 = 5, Q2 = 3
        assert!((chao2([18.0, 5.0, 3.0, 12.0], 8, 16) / 30.0 - 0.687_255_019_5).abs() < 5e-11);
        assert!((chao2([18.0, 5.0, 3.0, 12.0], 8, 8) - 18.0).abs() < 1e-15);
        // No problem solved once: nothing is left to find.
        assert!((chao2([18.0, 0.0, 3.0, 12.0], 8, 16) - 18.0).abs() < 1e-15);
        // Q0 = 7/8 * 5 * 4 / 2, by the formula for Q2 = 0.
        let all = 18.0 + 8.75 * (1.0 - (1.0 - 5.0 / 75.0_f64).powi(8));
        assert!((chao2([18.0, 5.0, 0.0, 12.0], 8, 16) - all).abs() < 1e-14);
    }

    #[test]
    fn no_more_are_found_than_are_unsolved() {
        // Q0 = 7/8 * 12 * 11 / 2 for 3 problems
        let all = 12.0 + 3.0 * (1.0 - (1.0 - 12.0 / (12.0 + 8.0 * 3.0_f64)).powi(8));
        assert!((chao2([12.0, 12.0, 0.0, 3.0], 8, 16) - all).abs() < 1e-14);
        assert!((chao2([5.0, 5.0, 0.0, 1.0], 64, 1 << 50) - 6.0).abs() < 1e-15);
    }

    #[test]
    fn rarefaction_is_hypergeometric() {
        let choose = |n: u64, k: u64| (0..k).fold(1.0, |c, i| c * (n - i.min(n)) as f64 / (i + 1) as f64);
        for n in 1..=12 {
            for (m, c) in (1..=n).flat_map(|m| (0..=n).map(move |c| (m, c))) {
                let chance = |j: u64| {
                    if j > m { 0.0 } else { choose(c, j) * choose(n - c, m - j) / choose(n, m) }
                };
                let expected = [1.0 - chance(0), chance(1), chance(2), chance(0)];
                for (actual, expected) in rarefied(n, c, m).into_iter().zip(expected) {
                    assert!((actual - expected).abs() < 1e-14, "{n} {c} {m}: {actual} for {expected}");
                }
            }
        }
    }
}
