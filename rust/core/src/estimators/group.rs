//! What a training group of k samples can teach: all wrong, all right, or some of both.
//!
//! ```text
//! zero signal  C(n-c, k) / C(n, k)     unbiased for (1-p)^k: every reward is 0
//! all correct  C(c, k) / C(n, k)       unbiased for p^k: every reward is 1
//! informative  1 - both                unbiased for 1 - (1-p)^k - p^k: rewards differ
//!            = c/n P(a failure among k-1 of n-1, c-1) + (n-c)/n P(a pass among k-1 of n-1, c)
//! ```
//!
//! The last form has no subtraction. Advantages that compare a sample with its group (GRPO, RLOO) are 0 in groups of
//! the first two kinds.

use super::allfail::{Draws, allfail_dd};

/// Every draw fails, from draws of (n, c).
#[inline]
pub(crate) fn zero_signal(draws: &mut Draws, k: u64) -> f64 {
    draws.all_fail(k).q.to_f64()
}

/// Some draws pass and some fail.
pub(crate) fn informative(n: u64, c: u64, k: u64) -> f64 {
    let first = |count: u64, others: u64| {
        // Where nobody can be first, nothing follows.
        let p = if count == 0 { crate::dd::Dd::ZERO } else { allfail_dd(n - 1, others, k - 1).p };
        p.mul_f64(count as f64)
    };
    (first(c, n - c) + first(n - c, c)).div_f64(n as f64).to_f64()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use crate::estimators::Estimator::{AllCorrect, Informative, ZeroSignal};

    #[test]
    fn vectors() {
        assert_eq!(Informative.evaluate(16, 4, 8), 25.0 / 26.0);
        assert_eq!(ZeroSignal.evaluate(16, 4, 8), 1.0 / 26.0);
        assert_eq!(AllCorrect.evaluate(16, 8, 4), 1.0 / 26.0);
    }

    #[test]
    fn edges() {
        for n in [1, 2, 8, 1 << 15] {
            for c in [0, n] {
                assert_eq!(Informative.evaluate(n, c, n), 0.0);
            }
            assert_eq!(Informative.evaluate(n, n / 2, 1), 0.0);
            assert_eq!(ZeroSignal.evaluate(n, 0, n), 1.0);
            assert_eq!(AllCorrect.evaluate(n, n, n), 1.0);
        }
        // One failure in 2^53 samples: 1 - q would have lost it.
        assert_eq!(Informative.evaluate(1 << 53, (1 << 53) - 1, 2), 2.0 / 9_007_199_254_740_992.0);
    }
}
