//! The analytic advantages of Pass@k Training, for rewards 0 and 1.
//!
//! ```text
//! R = pass@k = 1 - q,   q = C(n-c, k) / C(n, k),   sigma = sqrt(R (1-R))
//! A_pass = (1 - R) / sigma
//! A_fail = (1 - R - C(n-c-1, k-1) / C(n-1, k-1)) / sigma = -A_pass c / (n-c)
//! ```
//!
//! Chen, Qin et al. 2025 (arXiv 2508.10751): the mean over all groups of k of the group's
//! standardised maximum. The second form of `A_fail` has no subtraction, since C(n-c-1, k-1) / C(n-1, k-1) is
//! q n / (n-c). Where sigma is 0 (no sample passes, or fewer than k fail) both are 0. Their code adds 1e-6 to
//! sigma.

use crate::dd::Dd;
use crate::estimators::{Chance, Scaled, allfail_dd};

/// The advantages of samples that pass and that fail, in [0, inf) and (-inf, 0].
fn pair(n: u64, c: u64, k: u64, epsilon: f64) -> (f64, f64) {
    let Chance { q, p } = allfail_dd(n, c, k);
    if p.hi == 0.0 || q.to_f64() == 0.0 {
        return (0.0, 0.0);
    }
    let even = q.e & !1;
    let sigma = Scaled { m: (q.m.scale(f64::from(1 + (q.e & 1))) * p).sqrt(), e: even / 2 }.to_dd();
    let pass = Scaled { m: q.m / (sigma + Dd::from(epsilon)), e: q.e };
    let fail = Scaled { m: pass.m * Dd::quotient(c as f64, (n - c) as f64), e: q.e };
    (pass.to_f64(), -fail.to_f64())
}

/// The advantages of one group of rewards 0 and 1.
pub(super) fn fill(rewards: &[f64], k: u64, epsilon: f64, out: &mut Vec<f64>) {
    let passes = |reward: f64| reward > 0.5;
    let c = rewards.iter().filter(|&&reward| passes(reward)).count() as u64;
    let (pass, fail) = pair(rewards.len() as u64, c, k, epsilon);
    out.clear();
    out.extend(rewards.iter().map(|&reward| if passes(reward) { pass } else { fail }));
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use super::pair;

    #[test]
    fn vectors() {
        assert_eq!(pair(8, 3, 4, 0.0), (0.277_350_098_112_614_6, -0.166_410_058_867_568_74));
        assert_eq!(pair(8, 1, 4, 0.0), (1.0, -1.0 / 7.0));
        assert_eq!(pair(8, 1, 4, 0.5), (0.5, -0.5 / 7.0));
    }

    #[test]
    fn no_spread_no_advantage() {
        for (n, c, k) in [(8, 0, 4), (8, 5, 4), (8, 8, 2), (1, 1, 1), (1, 0, 1), (8, 1, 8)] {
            assert_eq!(pair(n, c, k, 0.0), (0.0, 0.0));
        }
    }

    #[test]
    fn large_groups_do_not_overflow() {
        // q is about 2^-c, and A_pass = sqrt(q / R).
        for (c, lost) in [(1_000, false), (1_070, false), (1_200, true)] {
            let (pass, fail) = pair(1 << 20, c, 1 << 19, 0.0);
            assert_eq!(pass == 0.0, lost);
            assert!(lost || (pass.log2() + c as f64 / 2.0).abs() < 1.0);
            assert!(fail.is_finite() && fail <= 0.0);
        }
    }
}
