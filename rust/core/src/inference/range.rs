//! The ranges of a problem's estimate, and of what it estimates.
//!
//! An unbiased estimate may pass what any p gives. With q = 1 - p, over all p
//! ```text
//! pass@k - pass@1      = q - q^k        <= (1 - 1/k) k^(-1/(k-1))   at q^(k-1) = 1/k
//! pass@k - pass@(k-1)  = p q^(k-1)      <= (1/k) (1 - 1/k)^(k-1)    at p = 1/k
//! alpha_k p            = k p q^(k-1)    <= (1 - 1/k)^(k-1)          at p = 1/k
//! informative          = 1 - p^k - q^k  <= 1 - 2^(1-k)              at p = 1/2
//! ```
//! and so are their means over problems. Intervals are made on the range of the estimates, and cut to the other.

use super::row::Row;
use crate::estimators::Estimator;

impl Estimator {
    /// The upper end of the range of its values.
    pub(super) fn largest(self, k: u64) -> f64 {
        if self == Self::AlphaK { k as f64 } else { 1.0 }
    }

    /// The most that what it estimates can be.
    pub(super) fn possible(self, k: u64) -> f64 {
        let (draws, others) = (k as f64, k as f64 - 1.0);
        // (1 - 1/k)^(k-1), of 1 draw 1.
        let left = || if k > 1 { libm::exp(others * libm::log1p(-1.0 / draws)) } else { 1.0 };
        match self {
            Self::PassGap if k > 1 => others / draws * libm::exp(-libm::log(draws) / others),
            Self::PassGap => 0.0,
            Self::MarginalGain => left() / draws,
            Self::SignalMass => left(),
            Self::Informative => 1.0 - libm::exp2(-others),
            _ => self.largest(k),
        }
    }

    /// Whether no sample is needed to know it: 1, as `alpha_1`, or 0, as pass@1 - pass@1.
    pub(super) fn is_known(self, k: u64) -> bool {
        (self == Self::AlphaK && k == 1) || self.possible(k) == 0.0
    }

    /// With the ends of the interval where the mean can be, but not short of the estimate.
    pub(super) fn cut(self, row: Row, k: u64) -> Row {
        let possible = self.possible(k);
        Row {
            lower: at_most(row.lower, possible),
            upper: at_most(row.upper, possible.max(row.estimate)),
            ..row
        }
    }
}

/// NaN stays.
fn at_most(end: f64, most: f64) -> f64 {
    if end > most { most } else { end }
}

#[cfg(test)]
mod tests {
    use super::Estimator;

    fn of_p(estimator: Estimator, p: f64, k: u64) -> f64 {
        let (draws, q) = (k as f64, 1.0 - p);
        let (passed, failed) = (libm::pow(p, draws), libm::pow(q, draws));
        match estimator {
            Estimator::PassGap => q - failed,
            Estimator::MarginalGain => p * libm::pow(q, draws - 1.0),
            Estimator::SignalMass => draws * p * libm::pow(q, draws - 1.0),
            _ => 1.0 - passed - failed,
        }
    }

    #[test]
    fn no_p_gives_more_and_one_gives_as_much() {
        let limited =
            [Estimator::PassGap, Estimator::MarginalGain, Estimator::SignalMass, Estimator::Informative];
        for estimator in limited {
            for k in [1, 2, 3, 4, 7, 16, 100, 1024] {
                let most = (0..=100_000).map(|i| of_p(estimator, f64::from(i) / 1e5, k)).fold(0.0, f64::max);
                let possible = estimator.possible(k);
                assert!(most <= possible + 1e-15, "{estimator:?} {k}: {most} over {possible}");
                assert!(possible - most <= 1e-4 * possible, "{estimator:?} {k}: {most} of {possible}");
            }
        }
    }

    #[test]
    fn large_k_and_others() {
        let k = 1 << 53;
        assert!((Estimator::SignalMass.possible(k) - (-1.0_f64).exp()).abs() < 1e-15);
        assert!((Estimator::PassGap.possible(k) - 1.0).abs() < 1e-14);
        assert_eq!(Estimator::AlphaK.possible(8).to_bits(), 8.0_f64.to_bits());
        assert_eq!(Estimator::ZeroSignal.possible(8).to_bits(), 1.0_f64.to_bits());
    }
}
