//! What (n, c, k) an estimator is defined for, and the sentence that says so.

use super::Estimator;

/// Counts stay where every integer is an f64.
pub const LARGEST_COUNT: i64 = 1 << 53;

/// Up to here a sum over the number of passes ends within a tenth of a second.
const LARGEST_SUM: u64 = 1 << 32;
/// And a sum of such sums.
const LARGEST_DOUBLE_SUM: u64 = 1 << 16;

/// The rule that an (n, c, k) breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Invalid {
    /// n < 0
    #[error("n < 0: n counts samples")]
    NIsNegative,
    /// n = 0
    #[error("n = 0: a problem without samples has no estimate")]
    NIsZero,
    /// n > 2^53
    #[error("n > 2^53: counts past 9007199254740992 are not supported")]
    NTooLarge,
    /// n > 2^32, for a sum over the number of passes.
    #[error("n > 2^32: G-Pass@k of more than 4294967296 samples is not supported")]
    NTooLargeToSum,
    /// c < 0
    #[error("c < 0: c counts the correct samples")]
    CIsNegative,
    /// c > n
    #[error("c > n: there cannot be more correct samples than samples")]
    CExceedsN,
    /// k < 1
    #[error("k < 1: draw at least one sample")]
    KNotPositive,
    /// k > 2^53
    #[error("k > 2^53: counts past 9007199254740992 are not supported")]
    KTooLarge,
    /// k > n
    #[error("k > n: no unbiased estimate exists there; draw more samples or lower k")]
    KExceedsN,
    /// group size < 1
    #[error("group_size < 1: a group has at least one sample")]
    GroupNotPositive,
    /// group size > n
    #[error("group_size > n: no unbiased estimate exists there; draw more samples or take smaller groups")]
    GroupExceedsN,
    /// k > n + 1
    #[error("k > n + 1: no unbiased estimate of alpha_k exists there; draw more samples or lower k")]
    KExceedsNPlusOne,
    /// 2k > n
    #[error("2k > n: no unbiased variance exists there; draw more samples or lower k")]
    TwiceKExceedsN,
    /// 2k - 2 > n
    #[error("2k - 2 > n: no unbiased variance of alpha_k exists there; draw more samples or lower k")]
    TwiceKExceedsNPlusTwo,
}

impl Estimator {
    /// The largest k that is defined for `n` samples.
    #[inline]
    #[must_use]
    pub const fn max_k(self, n: u64) -> u64 {
        match self {
            Self::AlphaK => n + 1,
            Self::GPassAtKVariance(_) | Self::MgPassAtKVariance if n > LARGEST_DOUBLE_SUM => 0,
            Self::PassAtKVariance
            | Self::PassHatKVariance
            | Self::GPassAtKVariance(_)
            | Self::MgPassAtKVariance => n / 2,
            Self::AlphaKVariance => n / 2 + 1,
            Self::PassAtKPlugin | Self::AlphaKPlugin => LARGEST_COUNT.cast_unsigned(),
            Self::GPassAtK(_) | Self::MgPassAtK if n > LARGEST_SUM => 0,
            _ => n,
        }
    }

    /// Whether its k is the size of a training group.
    const fn is_of_group(self) -> bool {
        matches!(self, Self::ZeroSignal | Self::AllCorrect | Self::Informative)
    }

    /// Whether the estimator is defined at (n, c, k).
    ///
    /// # Errors
    /// The first rule that is broken, n's before c's before k's.
    #[inline]
    pub const fn check(self, n: i64, c: i64, k: i64) -> Result<(), Invalid> {
        if n > 0
            && n <= LARGEST_COUNT
            && c >= 0
            && c <= n
            && k > 0
            && k.cast_unsigned() <= self.max_k(n.cast_unsigned())
        {
            Ok(())
        } else {
            Err(self.broken_rule(n, c, k))
        }
    }

    #[cold]
    const fn broken_rule(self, n: i64, c: i64, k: i64) -> Invalid {
        match (n, c, k) {
            (..0, _, _) => Invalid::NIsNegative,
            (0, _, _) => Invalid::NIsZero,
            _ if n > LARGEST_COUNT => Invalid::NTooLarge,
            (_, ..0, _) => Invalid::CIsNegative,
            _ if c > n => Invalid::CExceedsN,
            (_, _, ..=0) if self.is_of_group() => Invalid::GroupNotPositive,
            (_, _, ..=0) => Invalid::KNotPositive,
            _ => match self {
                Self::AlphaK => Invalid::KExceedsNPlusOne,
                Self::PassAtKVariance
                | Self::PassHatKVariance
                | Self::GPassAtKVariance(_)
                | Self::MgPassAtKVariance => Invalid::TwiceKExceedsN,
                _ if self.is_of_group() => Invalid::GroupExceedsN,
                Self::AlphaKVariance => Invalid::TwiceKExceedsNPlusTwo,
                Self::PassAtKPlugin | Self::AlphaKPlugin => Invalid::KTooLarge,
                Self::GPassAtK(_) | Self::MgPassAtK if self.max_k(n.cast_unsigned()) == 0 => {
                    Invalid::NTooLargeToSum
                }
                _ => Invalid::KExceedsN,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Estimator, Invalid};

    #[test]
    fn the_first_broken_rule_is_named() {
        let check = |n, c, k| Estimator::PassAtK.check(n, c, k).err();
        assert_eq!(check(-1, -1, -1), Some(Invalid::NIsNegative));
        assert_eq!(check(0, 0, 1), Some(Invalid::NIsZero));
        assert_eq!(check((1 << 53) + 1, 0, 1), Some(Invalid::NTooLarge));
        assert_eq!(check(5, -1, 9), Some(Invalid::CIsNegative));
        assert_eq!(check(5, 6, 9), Some(Invalid::CExceedsN));
        assert_eq!(check(5, 0, 0), Some(Invalid::KNotPositive));
        assert_eq!(check(5, 0, 10), Some(Invalid::KExceedsN));
        assert_eq!(check(5, 5, 5), None);
        assert!(Invalid::KExceedsN.to_string().starts_with("k > n: "));
    }

    #[test]
    fn the_largest_k_is_valid_and_the_next_is_not() {
        for estimator in Estimator::ALL {
            for n in 1..20_i64 {
                let k = estimator.max_k(n.cast_unsigned()).cast_signed();
                assert_eq!(estimator.check(n, 0, k).is_ok(), k > 0);
                assert!(estimator.check(n, 0, k + 1).is_err());
            }
        }
    }
}
