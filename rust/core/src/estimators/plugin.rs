//! The plug-in estimates: p replaced by c/n. Defined for every k, and biased.
//!
//! ```text
//! pass@k  ~ 1 - (1 - c/n)^k          biased low (Jensen)
//! alpha_k ~ k (1 - c/n)^(k-1)        biased high
//! ```

use super::chance::{Chance, Scaled};
use super::stirling::{exp_neg, neg_ln_complement};
use crate::dd::Dd;

/// Up to here squaring loses at most 20 of 106 bits.
const SMALL_POWER: u64 = 1 << 20;

/// 1 - (1 - c/n)^k
pub(crate) fn pass_at_k_plugin(n: u64, c: u64, k: u64) -> f64 {
    all_fail(n, c, k).p.to_f64()
}

/// k (1 - c/n)^(k-1)
pub(crate) fn alpha_k_plugin(n: u64, c: u64, k: u64) -> f64 {
    all_fail(n, c, k - 1).q.mul_f64(k as f64).to_f64()
}

/// All of k draws with replacement fail.
pub(crate) fn all_fail(n: u64, c: u64, k: u64) -> Chance {
    let p = Dd::quotient(c as f64, n as f64);
    if c == n && k > 0 {
        Chance::SURE
    } else if k <= SMALL_POWER {
        let q = Dd::quotient((n - c) as f64, n as f64);
        Chance { q: Scaled::new(q, 0), p }.repeat(k)
    } else if p.hi * k as f64 > 800.0 {
        Chance::SURE
    } else {
        exp_neg(neg_ln_complement(p).mul_f64(k as f64))
    }
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use crate::estimators::Estimator::{AlphaKPlugin, PassAtKPlugin};

    #[test]
    fn vectors() {
        assert_eq!(PassAtKPlugin.evaluate(8, 3, 4), 3471.0 / 4096.0);
        assert_eq!(AlphaKPlugin.evaluate(8, 3, 4), 125.0 / 128.0);
    }

    #[test]
    fn edges() {
        for k in [1, 2, 1 << 20, (1 << 20) + 1, 1 << 53] {
            assert_eq!(PassAtKPlugin.evaluate(5, 0, k), 0.0);
            assert_eq!(PassAtKPlugin.evaluate(5, 5, k), 1.0);
            assert_eq!(AlphaKPlugin.evaluate(5, 0, k), k as f64);
            assert_eq!(AlphaKPlugin.evaluate(5, 5, k), if k == 1 { 1.0 } else { 0.0 });
        }
        assert_eq!(PassAtKPlugin.evaluate(1 << 53, 1, 1 << 53), 0.632_120_558_828_557_7);
    }
}
