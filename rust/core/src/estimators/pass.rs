//! pass@k and what is read off its curve.
//!
//! ```text
//! pass@k   = 1 - C(n-c, k) / C(n, k)            Chen et al. 2021, eq. 1
//! pass^k   = C(c, k) / C(n, k)                  Yao et al. 2024 (tau-bench)
//! gap      = pass@k - pass@1                    Yu, eq. 19
//!          = (n-c)/n pass@(k-1) of n-1 samples, which has no subtraction
//! gain     = pass@k - pass@(k-1) = q_{k-1} c / (n-k+1)
//! ```
//!
//! Each is unbiased in k <= n draws: for 1-(1-p)^k, p^k, and their differences.

use super::allfail::Draws;

/// pass@k from draws of (n, c).
#[inline]
pub(crate) fn pass_at_k(draws: &mut Draws, k: u64) -> f64 {
    draws.some_pass(k)
}

/// pass^k from draws of (n, n-c): no failure is among k.
#[inline]
pub(crate) fn pass_hat_k(draws: &mut Draws, k: u64) -> f64 {
    draws.all_fail(k).q.to_f64()
}

/// pass@k - pass@1 from draws of (n-1, c): the first sample fails, then one of k-1 passes.
#[inline]
pub(crate) fn pass_gap(draws: &mut Draws, n: u64, c: u64, k: u64) -> f64 {
    draws.all_fail(k - 1).p.mul_f64((n - c) as f64).div_f64(n as f64).to_f64()
}

/// pass@k - pass@(k-1) from draws of (n, c): k-1 samples fail, then one passes.
#[inline]
pub(crate) fn marginal_gain(draws: &mut Draws, n: u64, c: u64, k: u64) -> f64 {
    draws.all_fail(k - 1).q.mul_f64(c as f64).div_f64((n - k + 1) as f64).to_f64()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use crate::estimators::Estimator::{MarginalGain, PassAtK, PassGap, PassHatK};

    #[test]
    fn vectors() {
        assert_eq!(PassAtK.evaluate(8, 3, 4), 13.0 / 14.0);
        assert_eq!(PassHatK.evaluate(8, 3, 2), 3.0 / 28.0);
        assert_eq!(PassGap.evaluate(8, 3, 4), 31.0 / 56.0);
        assert_eq!(MarginalGain.evaluate(8, 3, 4), 3.0 / 28.0);
    }

    #[test]
    fn edges() {
        for n in [1, 7, 1 << 15] {
            for k in [1, n] {
                assert_eq!(PassGap.evaluate(n, 0, k), 0.0);
                assert_eq!(PassGap.evaluate(n, n, k), 0.0);
                assert_eq!(MarginalGain.evaluate(n, 0, k), 0.0);
            }
            assert_eq!(PassGap.evaluate(n, 1, n), (n - 1) as f64 / n as f64);
            assert_eq!(MarginalGain.evaluate(n, n, 1), 1.0);
        }
    }
}
