//! The unbiased variance of pass@k, pass^k and `alpha_k` of one problem.
//!
//! ```text
//! v = q_k^2 - q_2k = q_k^2 (1 - prod_{i<k} (1 - x_i)),   x_i = ck / ((n-k-i)(n-c-i))
//!                  = q_k^2 (1 - prod_{i<c} (1 - y_i)),   y_i = k^2 / (n-k-i)^2
//! ```
//!
//! It exists where 2k <= n. pass^k has c -> n-c; `alpha_k` has `k^2 v` at k-1. Up to n = 2^14 the
//! difference loses at most 28 of the double-double's 106 bits. Past it the shorter product is taken, with
//! `(n-k-i)(n-c-i) - ck = (n-i)(n-c-k-i)` and `(n-k-i)^2 - k^2 = (n-i)(n-2k-i)`, or, where that is long, its
//! logarithm `ln q_2k - 2 ln q_k`.

use super::allfail::allfail_dd;
use super::chance::{Chance, Scaled, pow2};
use super::factorials::LARGEST;
use super::product::Product;
use super::stirling::{exp_neg, neg_ln_allfail};
use crate::dd::Dd;

/// Then 1 - `q_2k / q_k^2` rounds to 1, in double-double.
const NEGLIGIBLE: i32 = -108;
/// Then v rounds to 0, for any k, times k^2 too.
const VANISHED: i32 = -1200;
/// Up to so many factors are multiplied, more go through logarithms, which lose log2(n/k) bits to the difference.
const SHORT: u64 = 256;

/// The variance of pass@k; pass^k's is that of (n, n-c, k).
pub(crate) fn pass_at_k_variance(n: u64, c: u64, k: u64) -> f64 {
    variance(n, c, k).to_f64()
}

/// The variance of `alpha_k`.
pub(crate) fn alpha_k_variance(n: u64, c: u64, k: u64) -> f64 {
    variance(n, c, k - 1).mul_f64(k as f64).mul_f64(k as f64).to_f64()
}

fn variance(n: u64, c: u64, k: u64) -> Scaled {
    if c == 0 || k == 0 {
        return Scaled::ZERO;
    }
    let once = allfail_dd(n, c, k).q;
    let square = once.mul(once);
    if c + 2 * k > n || square.m.hi == 0.0 || square.e < VANISHED {
        return square;
    }
    if n <= LARGEST {
        let twice = allfail_dd(n, c, 2 * k).q;
        let twice = twice.m.scale(pow2((twice.e - square.e).max(-1000)));
        return Scaled { m: square.m - twice, e: square.e };
    }
    let u = overlap(n, c, k).p;
    Scaled { m: square.m * u, e: square.e }
}

/// `q_2k / q_k^2` and its complement.
fn overlap(n: u64, c: u64, k: u64) -> Chance {
    if c.min(k) > SHORT && c.max(2 * k) <= n / 5 {
        return exp_neg(neg_ln_allfail(n, c, 2 * k) - neg_ln_allfail(n, c, k).scale(2.0));
    }
    let times = |a: u64, b: u64| Dd::product(a as f64, b as f64);
    if k <= c {
        let diff = times(c, k);
        Product::in_blocks_of(8)
            .first(k, NEGLIGIBLE, |i| [times(n - i, n - c - k - i), times(n - k - i, n - c - i), diff])
    } else {
        let diff = times(k, k);
        Product::in_blocks_of(8)
            .first(c, NEGLIGIBLE, |i| [times(n - i, n - 2 * k - i), times(n - k - i, n - k - i), diff])
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use crate::estimators::Estimator::{AlphaKVariance, PassAtKVariance, PassHatKVariance};

    #[test]
    fn vectors() {
        assert_eq!(PassAtKVariance.evaluate(8, 3, 4), 1.0 / 196.0);
        assert_eq!(PassAtKVariance.evaluate(64, 10, 8), 0.012_077_982_171_429_94);
        assert_eq!(PassAtKVariance.evaluate(8, 2, 1), 2.0 * 6.0 / (64.0 * 7.0));
        assert_eq!(PassHatKVariance.evaluate(8, 6, 1), 2.0 * 6.0 / (64.0 * 7.0));
    }

    #[test]
    fn edges() {
        for n in [2, 8, 1 << 15] {
            assert_eq!(PassAtKVariance.evaluate(n, 0, n / 2), 0.0);
            assert_eq!(PassAtKVariance.evaluate(n, n, n / 2), 0.0);
            assert_eq!(PassHatKVariance.evaluate(n, 0, n / 2), 0.0);
            assert_eq!(PassHatKVariance.evaluate(n, n, n / 2), 0.0);
            assert_eq!(AlphaKVariance.evaluate(n, 1, 1), 0.0);
            assert_eq!(PassAtKVariance.evaluate(n, 1, n / 2), 0.25);
        }
    }
}
