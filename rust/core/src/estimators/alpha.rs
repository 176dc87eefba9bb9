//! `alpha_k`, the factor that pass@k puts on a problem's gradient, and the signal that is left of it.
//!
//! ```text
//! alpha_k       = k C(n-c, k-1) / C(n, k-1)     Yu, eq. 7; unbiased for k (1-p)^(k-1)
//! signal mass   = k C(n-c, k-1) / C(n, k-1) * c / (n-k+1)     unbiased for k p (1-p)^(k-1)
//! ```
//!
//! `alpha_k` needs k-1 draws only, so k may be n+1.

use super::allfail::Draws;

/// `alpha_k` from draws of (n, c).
#[inline]
pub(crate) fn alpha_k(draws: &mut Draws, k: u64) -> f64 {
    draws.all_fail(k - 1).q.mul_f64(k as f64).to_f64()
}

/// `alpha_k` times p from draws of (n, c).
#[inline]
pub(crate) fn signal_mass(draws: &mut Draws, n: u64, c: u64, k: u64) -> f64 {
    draws.all_fail(k - 1).q.mul_f64(k as f64).mul_f64(c as f64).div_f64((n - k + 1) as f64).to_f64()
}

#[cfg(test)]
#[allow(clippy::float_cmp)] // to the last bit
mod tests {
    use crate::estimators::Estimator::{AlphaK, SignalMass};

    #[test]
    fn vectors() {
        assert_eq!(AlphaK.evaluate(8, 3, 4), 5.0 / 7.0);
        assert_eq!(SignalMass.evaluate(8, 3, 4), 3.0 / 7.0);
    }

    #[test]
    fn edges() {
        for n in [1, 9, 1 << 15] {
            assert_eq!(AlphaK.evaluate(n, n, 1), 1.0);
            assert_eq!(AlphaK.evaluate(n, 0, n + 1), (n + 1) as f64);
            assert_eq!(AlphaK.evaluate(n, n, 2), 0.0);
            assert_eq!(AlphaK.evaluate(n, 1, n + 1), 0.0);
            assert_eq!(SignalMass.evaluate(n, 1, n), 1.0);
        }
    }
}
